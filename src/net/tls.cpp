#include "net/tls.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "base/text.hpp"
#include "net/openssl.hpp"
#include "net/tls_stream.hpp"

namespace postern::net {
namespace {

using detail::CertPtr;
using detail::SslPtr;
using detail::TlsStream;

// Where Linux distributions keep their roots: Debian and Alpine, Fedora and RHEL (old, new), openSUSE, and OpenSSL's
// own default.
constexpr std::array<std::string_view, 6> tls_ca_paths = {"/etc/ssl/certs/ca-certificates.crt",
                                                          "/etc/pki/tls/certs/ca-bundle.crt",
                                                          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                                          "/etc/ssl/ca-bundle.pem",
                                                          "/var/lib/ca-certificates/ca-bundle.pem",
                                                          "/etc/ssl/cert.pem"};

constexpr std::string_view tls_advice =
    "if this endpoint is meant to have its own certificate authority, name its certificate file in AWS_CA_BUNDLE (or "
    "ca_bundle "
    "in the profile)";

std::string cert_name(const X509_NAME* name) {
  std::array<char, 200> text{};
  const int length = X509_NAME_get_text_by_NID(name, NID_commonName, text.data(), static_cast<int>(text.size()));
  if (length > 0) return printable(std::string_view(text.data(), static_cast<std::size_t>(length)), 100);
  X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
  return printable(std::string_view(text.data()), 150);
}

std::string ip_text(const unsigned char* bytes, int size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool known = size == 4 || size == 16;
  if (!known || inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text.data(), text.size()) == nullptr)
    return "(no address)";
  return text.data();
}

std::string cert_names(X509* cert) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return cert_name(X509_get_subject_name(cert));
  std::string text;
  const int count = sk_GENERAL_NAME_num(names);
  for (int i = 0; i < count && i < 8; ++i) {
    int type = 0;
    auto* value = static_cast<ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
    if (!text.empty()) text += ", ";
    if (type == GEN_DNS) {
      const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
      text += printable(std::string_view(data, static_cast<std::size_t>(ASN1_STRING_length(value))), 100);
    } else if (type == GEN_IPADD) {
      text += ip_text(ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
    } else {
      text += "(another kind of name)";
    }
  }
  if (count > 8) text += ", ...";
  GENERAL_NAMES_free(names);
  return text;
}

std::string cert_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable time";
  return format_rfc3339(WallTime(std::chrono::seconds(timegm(&parts))));
}

/// Why a certificate did not verify, and what mends it.
std::string verify_reason(long code, X509* cert, const Endpoint& server, const CaBundle& ca, WallTime now) {
  const std::string checked = " (trusted roots: " + ca.origin + ")";
  const std::string issuer = cert != nullptr ? cert_name(X509_get_issuer_name(cert)) : "unknown";
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate expired at " + cert_time(X509_get0_notAfter(cert)) + "; this host's clock says " +
             format_rfc3339(now);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is valid only from " + cert_time(X509_get0_notBefore(cert)) +
             "; this host's clock says " + format_rfc3339(now) + ": check the clock";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for " + cert_names(cert) + ", not for " + server.host;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "its certificate is self-signed and not trusted" + checked + "; " + std::string(tls_advice);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its certificate was issued by the unknown authority \"" + issuer + "\"" + checked + "; " +
             std::string(tls_advice);
    default:
      return std::string(X509_verify_cert_error_string(code)) + checked;
  }
}

/// Sessions by "host:port", the least recently stored dropped first.
class SessionCache {
 public:
  explicit SessionCache(std::size_t limit) : limit_(limit) {}
  void put(const std::string& key, SSL_SESSION* session) {  // takes over one reference
    detail::SessionPtr owned(session);
    if (limit_ == 0) return;
    if (sessions_.size() >= limit_ && sessions_.find(key) == sessions_.end()) {
      const auto oldest = std::min_element(sessions_.begin(), sessions_.end(),
                                           [](const auto& a, const auto& b) { return a.second.age < b.second.age; });
      sessions_.erase(oldest);
    }
    Stored& stored = sessions_[key];
    stored.session = std::move(owned);
    stored.age = ++next_age_;
  }
  /// The newest session, which stays: connections that are opened at once share its ticket, and only the first of them
  /// pays for a certificate. RFC 8446 appendix C.4 advises one use for each ticket, so that who listens cannot tell
  /// that two connections are of one client; ours come from one address at one time, for as long as one command runs.
  SSL_SESSION* newest(const std::string& key) const {
    const auto found = sessions_.find(key);
    return found == sessions_.end() ? nullptr : found->second.session.get();
  }
  void drop(const std::string& key) { sessions_.erase(key); }

 private:
  struct Stored {
    Stored() = default;
    detail::SessionPtr session;
    std::uint64_t age = 0;
  };
  std::size_t limit_;
  std::uint64_t next_age_ = 0;
  std::map<std::string, Stored> sessions_;
};

class TlsClientImpl final : public TlsClient, public std::enable_shared_from_this<TlsClientImpl> {
 public:
  TlsClientImpl(TlsClientConfig config, detail::SslCtxPtr context)
      : config_(std::move(config)),
        method_(detail::make_bio_method()),
        context_(std::move(context)),
        sessions_(config_.max_sessions) {
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), remember);
  }

  rt::Task<Result<std::unique_ptr<Stream>>> connect(rt::CallContext ctx, std::unique_ptr<Stream> inner,
                                                    Endpoint server) override;
  std::uint64_t resumed() const noexcept override { return resumed_; }

 private:
  /// What OpenSSL's callback finds at the SSL object.
  struct Link {
    Link(TlsClientImpl* c, std::string k) : client(c), key(std::move(k)) {}
    TlsClientImpl* client;
    std::string key;
    std::shared_ptr<TlsClientImpl> keep;
    /// The certificate at which verification stopped: OpenSSL keeps no peer certificate of a failed handshake.
    detail::CertPtr refused;
  };

  static int verify(int accepted, X509_STORE_CTX* store) {
    if (accepted == 1) return 1;
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* link = static_cast<Link*>(SSL_get_app_data(ssl));
    X509* cert = X509_STORE_CTX_get_current_cert(store);
    if (link != nullptr && cert != nullptr && X509_up_ref(cert) == 1) link->refused.reset(cert);
    return 0;
  }

  static int remember(SSL* ssl, SSL_SESSION* session) {
    auto* link = static_cast<Link*>(SSL_get_app_data(ssl));
    if (link == nullptr) return 0;
    link->client->sessions_.put(link->key, session);
    return 1;
  }
  Result<SslPtr> prepare(const rt::CallContext& ctx, const Endpoint& server, Link* link);
  Error explain(Error error, const TlsStream& stream, X509* refused, const Endpoint& server, WallTime now) const;

  TlsClientConfig config_;
  detail::BioMethodPtr method_;
  detail::SslCtxPtr context_;
  SessionCache sessions_;
  std::uint64_t resumed_ = 0;
};

Result<SslPtr> TlsClientImpl::prepare(const rt::CallContext& ctx, const Endpoint& server, Link* link) {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return fail(ErrorKind::internal, "OpenSSL: " + detail::take_openssl_error());
  SSL_set_app_data(ssl.get(), link);
  SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, verify);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_time(verify, std::chrono::system_clock::to_time_t(
                                         std::chrono::time_point_cast<std::chrono::seconds>(ctx.clock().wall_now())));
  const bool literal = is_address_literal(server.host);
  const int named = literal ? X509_VERIFY_PARAM_set1_ip_asc(verify, server.host.c_str())
                            : SSL_set1_host(ssl.get(), server.host.c_str());
  if (named != 1 || server.host.empty()) {
    return fail(ErrorKind::usage, "\"" + printable(server.host) + "\" is not a host name");
  }
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SNI carries names only (RFC 6066 section 3).
  if (!literal) SSL_set_tlsext_host_name(ssl.get(), server.host.c_str());
  if (SSL_SESSION* session = sessions_.newest(link->key)) SSL_set_session(ssl.get(), session);  // takes a reference
  return ssl;
}

Error TlsClientImpl::explain(Error error, const TlsStream& stream, X509* refused, const Endpoint& server,
                             WallTime now) const {
  const long code = SSL_get_verify_result(stream.ssl());
  if (error.kind() == ErrorKind::malformed && code != X509_V_OK && refused != nullptr) {
    error = Error(ErrorKind::refused, "the TLS certificate of " + server.to_text() +
                                          " was refused: " + verify_reason(code, refused, server, config_.ca, now))
                .with("rail", "certificate");
  } else {
    std::string text = "no TLS connection to " + server.to_text() + ": " + error.message();
    error = std::move(error).reworded(std::move(text));
  }
  return std::move(error).delivered(Delivery::not_sent).with("endpoint", server.to_text());
}

rt::Task<Result<std::unique_ptr<Stream>>> TlsClientImpl::connect(rt::CallContext ctx, std::unique_ptr<Stream> inner,
                                                                 Endpoint server) {
  auto link = std::make_shared<Link>(this, server.to_text());
  link->keep = shared_from_this();
  Result<SslPtr> ssl = prepare(ctx, server, link.get());
  if (!ssl) co_return fail(std::move(ssl).error().delivered(Delivery::not_sent));
  auto stream =
      std::make_unique<TlsStream>(std::move(inner), std::move(*ssl), method_.get(), detail::TlsRole::client, link);
  bool late = false;
  rt::Clock::TimerId timer = 0;
  if (!ctx.deadline().is_never()) {
    TlsStream* closing = stream.get();
    timer = ctx.clock().schedule(ctx.deadline().at(), [&late, closing] {
      late = true;
      closing->close();
    });
  }
  Result<void> shaken = co_await stream->handshake();
  if (timer != 0) ctx.clock().unschedule(timer);
  if (!shaken) {
    sessions_.drop(link->key);  // whatever it was, the next attempt begins anew
    Error error = explain(std::move(shaken).error(), *stream, link->refused.get(), server, ctx.clock().wall_now());
    if (late && error.kind() != ErrorKind::cancelled) {
      error = std::move(error)
                  .as(ErrorKind::timeout)
                  .reworded("the deadline passed during the TLS handshake with " + server.to_text());
    }
    co_return fail(std::move(error));
  }
  if (SSL_session_reused(stream->ssl()) != 0) ++resumed_;
  std::unique_ptr<Stream> result = std::move(stream);
  co_return result;
}

Result<void> trust(SSL_CTX* context, const CaBundle& ca) {
  const detail::BioPtr bio = detail::memory_bio(ca.pem);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  std::size_t count = 0;
  ERR_clear_error();
  while (const CertPtr cert{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(store, cert.get());
    ++count;
  }
  const unsigned long end = ERR_peek_last_error();
  const bool clean = ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (count == 0 || !clean) {
    return fail(ErrorKind::usage, "the CA bundle " + ca.origin +
                                      (count == 0 ? " has no certificate in PEM form"
                                                  : " is damaged after certificate " + std::to_string(count)));
  }
  return {};
}

detail::SslCtxPtr base_context(const SSL_METHOD* method) {
  detail::SslCtxPtr context(SSL_CTX_new(method));
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Most connections of a fleet wait most of the time: they hold no buffers then, which are 33 KB each.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

class TlsServerImpl final : public TlsServer, public std::enable_shared_from_this<TlsServerImpl> {
 public:
  explicit TlsServerImpl(detail::SslCtxPtr context)
      : method_(detail::make_bio_method()), context_(std::move(context)) {}

  std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> inner) override {
    SslPtr ssl(SSL_new(context_.get()));
    if (ssl == nullptr) return nullptr;
    return std::make_unique<TlsStream>(std::move(inner), std::move(ssl), method_.get(), detail::TlsRole::server,
                                       shared_from_this());
  }

 private:
  detail::BioMethodPtr method_;
  detail::SslCtxPtr context_;
};

// We speak HTTP/1.1 only; an old or absent offer is served all the same.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours, sizeof(ours) - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<CaBundle> find_ca_bundle(std::string_view ssl_cert_file,
                                FunctionRef<Result<std::string>(const std::string& path)> read_file) {
  CaBundle bundle;
  if (!ssl_cert_file.empty()) {
    Result<std::string> pem = read_file(std::string(ssl_cert_file));
    if (!pem) {
      return fail(Error(ErrorKind::credentials, "cannot read SSL_CERT_FILE=" + printable(ssl_cert_file))
                      .caused_by(pem.error()));
    }
    bundle.pem = std::move(*pem);
    bundle.origin = "SSL_CERT_FILE=" + std::string(ssl_cert_file);
    return bundle;
  }
  std::string tried;
  for (const std::string_view path : tls_ca_paths) {
    Result<std::string> pem = read_file(std::string(path));
    if (pem && !pem->empty()) {
      bundle.pem = std::move(*pem);
      bundle.origin = std::string(path);
      return bundle;
    }
    tried.append(tried.empty() ? "" : ", ").append(path);
  }
  return fail(ErrorKind::credentials, "no bundle of trusted CA certificates found (tried " + tried +
                                          "): install ca-certificates or set AWS_CA_BUNDLE or SSL_CERT_FILE");
}

Result<std::shared_ptr<TlsClient>> TlsClient::create(TlsClientConfig config) {
  detail::SslCtxPtr context = base_context(TLS_client_method());
  if (context == nullptr) return fail(ErrorKind::internal, "OpenSSL: " + detail::take_openssl_error());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  static constexpr unsigned char alpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), alpn, sizeof(alpn) - 1);
  TRY_VOID(trust(context.get(), config.ca));
  config.ca.pem.clear();
  return std::shared_ptr<TlsClient>(std::make_shared<TlsClientImpl>(std::move(config), std::move(context)));
}

Result<std::shared_ptr<TlsServer>> TlsServer::create(TlsServerConfig config) {
  detail::SslCtxPtr context = base_context(TLS_server_method());
  if (context == nullptr) return fail(ErrorKind::internal, "OpenSSL: " + detail::take_openssl_error());
  SSL_CTX_set_alpn_select_cb(context.get(), choose_alpn, nullptr);
  const detail::BioPtr chain = detail::memory_bio(config.certificate_chain_pem);
  const CertPtr leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (leaf == nullptr || SSL_CTX_use_certificate(context.get(), leaf.get()) != 1) {
    return fail(ErrorKind::usage, "the server certificate is not PEM: " + detail::take_openssl_error());
  }
  while (const CertPtr next{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)}) {
    SSL_CTX_add1_chain_cert(context.get(), next.get());
  }
  ERR_clear_error();
  const detail::BioPtr key_text = detail::memory_bio(config.private_key_pem.reveal());
  const detail::KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    return fail(ErrorKind::usage,
                "the server's private key does not fit its certificate: " + detail::take_openssl_error());
  }
  return std::shared_ptr<TlsServer>(std::make_shared<TlsServerImpl>(std::move(context)));
}

rt::Task<Result<std::unique_ptr<Stream>>> TlsDialer::dial(rt::CallContext ctx, Endpoint endpoint) {
  CO_TRY(std::unique_ptr<Stream> inner, co_await inner_->dial(ctx, endpoint));
  Result<std::unique_ptr<Stream>> stream = co_await client_->connect(ctx, std::move(inner), std::move(endpoint));
  co_return stream;
}

rt::Task<Result<std::unique_ptr<Stream>>> TlsListener::accept() {
  CO_TRY(std::unique_ptr<Stream> inner, co_await inner_->accept());
  std::unique_ptr<Stream> stream = server_->wrap(std::move(inner));
  if (stream == nullptr) co_return fail(ErrorKind::internal, "OpenSSL gave no TLS connection");
  co_return stream;
}

}  // namespace postern::net
