#pragma once

/// HTTP proxies: which one to use for an endpoint, and a Dialer that goes through it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/function_ref.hpp"
#include "base/secret.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace postern::net {

/// The environment's proxy variables, raw.
struct ProxySettings {
  ProxySettings() = default;
  std::string http_proxy;
  std::string https_proxy;
  std::string no_proxy;
};

/// Reads http_proxy, https_proxy and no_proxy; the lower-case spelling wins over the upper-case one, as with curl and
/// Python.
ProxySettings proxy_settings_from(FunctionRef<std::optional<std::string>(std::string_view name)> environment);

/// What travels to the endpoint: https_proxy is for TLS, http_proxy for the rest.
enum class Traffic : unsigned char { plain, tls };

struct Proxy {
  Proxy() = default;
  Endpoint endpoint;
  Traffic hop = Traffic::plain;     ///< tls: the proxy's own URL was https://
  Secret<std::string> credentials;  ///< "user:password", decoded; empty when the URL had none
};

/// The proxy for an endpoint, or none. Pure. NO_PROXY is a list (commas or spaces) of: `*`; a host or domain, which
/// matches itself and its subdomains with or without a leading "." or "*."; an address; a CIDR block (for address
/// literals only); each with an optional
/// ":port". Loopback and link-local addresses (instance metadata) and "localhost" never go through a proxy.
/// Fails with usage when the proxy's URL is wrong; the message names the variable and never shows credentials.
Result<std::optional<Proxy>> choose_proxy(const ProxySettings& settings, Traffic traffic, const Endpoint& endpoint);

/// Dials through the proxy that the settings choose, by CONNECT (RFC 9110 section 9.3.6) for TLS and plain traffic
/// alike; directly when they choose none. The proxy's refusal fails with denied (401, 403, 407) or unavailable; the
/// message names the proxy. `inner` outlives it. `tls` is used for https:// proxies only and may be null: those then
/// fail with unsupported.
class ProxyDialer final : public Dialer {
 public:
  ProxyDialer(Dialer& inner, ProxySettings settings, Traffic traffic, std::shared_ptr<TlsClient> tls)
      : inner_(&inner), settings_(std::move(settings)), traffic_(traffic), tls_(std::move(tls)) {}
  rt::Task<Result<std::unique_ptr<Stream>>> dial(rt::CallContext ctx, Endpoint endpoint) override;

 private:
  rt::Task<Result<std::unique_ptr<Stream>>> dial_proxy(rt::CallContext ctx, const Proxy& proxy);

  Dialer* inner_;
  ProxySettings settings_;
  Traffic traffic_;
  std::shared_ptr<TlsClient> tls_;
};

}  // namespace postern::net
