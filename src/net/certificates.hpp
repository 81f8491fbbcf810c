#pragma once

/// Certificates of our own: `sim serve` and tests make a CA and issue server certificates from it.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace postern::net {

/// A certificate with its private key (EC P-256), both PEM.
struct CertifiedKey {
  CertifiedKey() = default;
  std::string certificate_pem;
  Secret<std::string> key_pem;
};

struct Validity {
  Validity() = default;
  Validity(WallTime from, WallTime to) : not_before(from), not_after(to) {}
  WallTime not_before;
  WallTime not_after;
};

/// A self-signed certificate authority that may sign server certificates only (path length 0). Key and serial number
/// come from OpenSSL's generator, in simulation too: no output but the certificate itself depends on them. Fails with
/// internal.
Result<CertifiedKey> make_ca(const std::string& common_name, Validity validity);

/// A server certificate for `names`: DNS names, which may begin with "*.", and address literals. Fails with usage when
/// there are none.
Result<CertifiedKey> issue_server_certificate(const CertifiedKey& ca, const std::vector<std::string>& names,
                                              Validity validity);

/// A server certificate that signs itself: what tests of refusal need.
Result<CertifiedKey> make_self_signed(const std::vector<std::string>& names, Validity validity);

}  // namespace postern::net
