#pragma once

/// TLS 1.2 and 1.3 over any Stream (OpenSSL without its own I/O), as decorators of Dialer and Listener.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "base/secret.hpp"
#include "net/stream.hpp"

namespace postern::net {

/// Trusted root certificates and where they came from.
struct CaBundle {
  CaBundle() = default;
  std::string pem;     ///< one or more certificates
  std::string origin;  ///< what messages call it: "/etc/ssl/certs/ca-certificates.crt", "AWS_CA_BUNDLE=/x.pem"
};

/// Finds the system's CA bundle. `ssl_cert_file` is the value of SSL_CERT_FILE (empty: not set) and, when given, the
/// only candidate; otherwise the well-known paths of Linux distributions are tried in a fixed order. `read_file` fails
/// for what cannot be read. Fails with credentials (the environment lacks something): the message lists what was tried.
Result<CaBundle> find_ca_bundle(std::string_view ssl_cert_file,
                                FunctionRef<Result<std::string>(const std::string& path)> read_file);

struct TlsClientConfig {
  TlsClientConfig() = default;
  CaBundle ca;
  /// How many sessions are kept for resumption, one per server; 0 turns resumption off.
  std::size_t max_sessions = 256;
};

/// What all TLS connections of a client share: trust, settings and sessions. Immutable but for the session cache; loop
/// thread only.
class TlsClient {
 public:
  /// Fails with usage when the bundle has no certificate or cannot be parsed.
  static Result<std::shared_ptr<TlsClient>> create(TlsClientConfig config);
  virtual ~TlsClient() = default;
  /// Does the handshake over `inner` as a client of `server` (its host is used for SNI and must be in the certificate;
  /// validity is judged by ctx's wall clock). Closes `inner` at ctx's deadline. Errors have delivery not_sent: refused
  /// when the certificate does not verify (the message says why, which bundle was used and what mends it), malformed
  /// when the peer does not speak TLS, unavailable when the connection breaks, timeout, cancelled.
  virtual rt::Task<Result<std::unique_ptr<Stream>>> connect(rt::CallContext ctx, std::unique_ptr<Stream> inner,
                                                            Endpoint server) = 0;
  /// Handshakes that resumed an earlier session, for metrics and tests.
  virtual std::uint64_t resumed() const noexcept = 0;
};

/// Dials with `inner`, then does the TLS handshake. `inner` outlives it.
class TlsDialer final : public Dialer {
 public:
  TlsDialer(Dialer& inner, std::shared_ptr<TlsClient> client) : inner_(&inner), client_(std::move(client)) {}
  rt::Task<Result<std::unique_ptr<Stream>>> dial(rt::CallContext ctx, Endpoint endpoint) override;

 private:
  Dialer* inner_;
  std::shared_ptr<TlsClient> client_;
};

struct TlsServerConfig {
  TlsServerConfig() = default;
  /// The server's certificate, then its intermediates.
  std::string certificate_chain_pem;
  Secret<std::string> private_key_pem;
};

class TlsServer {
 public:
  /// Fails with usage when the PEM texts do not parse or key and certificate do not belong together.
  static Result<std::shared_ptr<TlsServer>> create(TlsServerConfig config);
  virtual ~TlsServer() = default;
  /// The server's end of TLS over `inner`. The handshake is done by the first read: accepting never waits for a slow
  /// peer.
  virtual std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> inner) = 0;
};

/// Accepts with `inner` and wraps what comes.
class TlsListener final : public Listener {
 public:
  TlsListener(std::unique_ptr<Listener> inner, std::shared_ptr<TlsServer> server)
      : inner_(std::move(inner)), server_(std::move(server)) {}
  rt::Task<Result<std::unique_ptr<Stream>>> accept() override;
  Endpoint local() const override { return inner_->local(); }
  void close() noexcept override { inner_->close(); }

 private:
  std::unique_ptr<Listener> inner_;
  std::shared_ptr<TlsServer> server_;
};

}  // namespace postern::net
