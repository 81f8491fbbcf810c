#pragma once

/// The server half of SigV4: what AWS checks before it looks at an operation, and how each protocol says no
/// (aws.md 7.3).

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/core/codec.hpp"
#include "aws/core/sigv4.hpp"
#include "base/function_ref.hpp"
#include "base/secret.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// What the server knows about an access key.
struct KnownKey {
  KnownKey() = default;
  Secret<> secret_access_key;
  Secret<> session_token;  ///< empty: a long-term key
  std::optional<WallTime> expires;
  /// For keys that are no secrets (a managed node signs with its private key): judges the signature over the string to
  /// sign instead of the HMAC.
  std::function<bool(std::string_view string_to_sign, std::string_view signature)> verify;
};

struct VerifyOptions {
  VerifyOptions() = default;
  std::string region;                                       ///< what the credential scope must name; empty: any
  std::string service;                                      ///< the signing name; empty: any
  std::chrono::seconds skew_max = std::chrono::minutes(5);  ///< STS: 15 minutes
  SigningOptions signing;
};

/// In the order in which they are decided.
enum class SignatureProblem : std::uint8_t {
  missing,          ///< neither an Authorization header nor X-Amz-* parameters
  malformed,        ///< a part is missing or makes no sense
  unknown_key,      ///< no such access key, or its session token is absent or another's
  expired_token,    ///< the session ended
  expired,          ///< the signature is too old
  not_yet_current,  ///< the signature is from the future
  mismatch,         ///< the signature or the scope is not what the request says
};

struct SignatureFailure {
  SignatureFailure(SignatureProblem p, std::string m) : problem(p), message(std::move(m)) {}
  SignatureProblem problem;
  std::string message;  ///< AWS's text
};

/// Who signed, once it is proven.
struct SignedBy {
  SignedBy() = default;
  std::string access_key_id;
  std::string region;
  std::string service;
  WallTime signed_at;
  bool presigned = false;
};

/// The access key id that a request names, without any checking: what a server that must find the caller first asks
/// for. Empty when there is none.
std::string claimed_access_key(const http::Request& request);

/// Parses the header or the query form, computes the signature again with `signer` and compares in constant time. Every
/// input is bounded by the HTTP limits and none makes it crash. `lookup` answers for an access key id; absent is
/// unknown.
tl::expected<SignedBy, SignatureFailure> verify_signature(Signer& signer, const http::Request& request,
                                                          FunctionRef<std::optional<KnownKey>(std::string_view)> lookup,
                                                          WallTime now, const VerifyOptions& options = VerifyOptions());

/// The error as the service's protocol spells it: code and status ("InvalidClientTokenId" 403 in query, ...).
WireError to_wire_error(const SignatureFailure& failure, const ServiceSpec& service);

}  // namespace postern::aws
