#include "net/proxy.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::net {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

std::optional<ip::address> parse_ip(std::string_view text) {
  error_code ec;
  const ip::address address = ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return address;
}

bool in_block(const ip::address& address, std::string_view block) {
  error_code ec;
  if (address.is_v4()) {
    const ip::network_v4 network = ip::make_network_v4(block, ec);
    if (ec) return false;
    const ip::network_v4 single(address.to_v4(), 32);
    return network.canonical() == ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ||
           single == network;
  }
  const ip::network_v6 network = ip::make_network_v6(block, ec);
  if (ec) return false;
  return network.canonical() == ip::network_v6(address.to_v6(), network.prefix_length()).canonical();
}

bool never_proxied(std::string_view host, const std::optional<ip::address>& address) {
  if (!address) return host == "localhost" || host.ends_with(".localhost");
  if (address->is_loopback()) return true;
  if (address->is_v4()) return in_block(*address, "169.254.0.0/16");
  return address->to_v6().is_link_local();
}

/// Takes a ":port" off the end of a rule; IPv6 needs brackets to have one.
std::optional<std::uint16_t> take_port(std::string_view& rule) {
  const std::size_t colon = rule.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  if (rule.find(':') != colon && rule.front() != '[') return std::nullopt;
  if (rule.front() == '[' && (colon == 0 || rule[colon - 1] != ']')) return std::nullopt;
  std::uint16_t port = 0;
  const std::string_view digits = rule.substr(colon + 1);
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (ec != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  rule = rule.substr(0, colon);
  return port;
}

bool rule_matches(std::string_view rule, const Endpoint& endpoint, std::string_view host,
                  const std::optional<ip::address>& address) {
  if (rule == "*") return true;
  const std::optional<std::uint16_t> port = take_port(rule);
  if (port && *port != endpoint.port) return false;
  if (rule.size() > 2 && rule.front() == '[' && rule.back() == ']') rule = rule.substr(1, rule.size() - 2);
  if (rule.starts_with("*.")) rule.remove_prefix(2);
  if (rule.starts_with(".")) rule.remove_prefix(1);
  if (rule.empty()) return false;
  if (address) {
    if (rule.find('/') != std::string_view::npos) return in_block(*address, rule);
    const std::optional<ip::address> other = parse_ip(rule);
    return other && *other == *address;
  }
  if (host == rule) return true;
  return host.size() > rule.size() && host.ends_with(rule) && host[host.size() - rule.size() - 1] == '.';
}

bool is_excluded(const std::string& no_proxy, const Endpoint& endpoint) {
  const std::string host = to_lower(endpoint.host);
  const std::optional<ip::address> address = parse_ip(host);
  if (never_proxied(host, address)) return true;
  const std::string rules = to_lower(no_proxy);
  std::size_t begin = 0;
  while (begin < rules.size()) {
    std::size_t end = rules.find_first_of(", \t", begin);
    if (end == std::string::npos) end = rules.size();
    const std::string_view rule = std::string_view(rules).substr(begin, end - begin);
    if (!rule.empty() && rule_matches(rule, endpoint, host, address)) return true;
    begin = end + 1;
  }
  return false;
}

Result<Proxy> parse_proxy(std::string_view text, const char* variable) {
  const auto wrong = [variable](const std::string& why) {
    return fail(ErrorKind::usage,
                std::string(variable) + " is not a proxy URL: " + why + " (expected http://[user:password@]host:port)");
  };
  Proxy proxy;
  std::uint16_t default_port = 80;
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    const std::string name = to_lower(text.substr(0, scheme));
    if (name != "http" && name != "https") return wrong("the scheme \"" + printable(name, 20) + "\" is not supported");
    if (name == "https") {
      proxy.hop = Traffic::tls;
      default_port = 443;
    }
    text.remove_prefix(scheme + 3);
  }
  text = text.substr(0, text.find_first_of("/?#"));
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::optional<std::string> credentials = percent_decode(text.substr(0, at));
    if (!credentials || credentials->find_first_of("\r\n") != std::string::npos)
      return wrong("its user:password part is malformed");
    proxy.credentials = Secret<std::string>(*credentials);
    text.remove_prefix(at + 1);
  }
  if (text.empty()) return wrong("it names no host");
  const std::optional<std::uint16_t> port = take_port(text);
  proxy.endpoint.port = port.value_or(default_port);
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (text.empty() || proxy.endpoint.port == 0 || text.find_first_of("[] \t\r\n") != std::string_view::npos ||
      (text.find(':') != std::string_view::npos && !parse_ip(text))) {
    return wrong("its host or port is malformed");
  }
  proxy.endpoint.host = std::string(text);
  return proxy;
}

}  // namespace

ProxySettings proxy_settings_from(FunctionRef<std::optional<std::string>(std::string_view name)> environment) {
  const auto pick = [&environment](std::string_view lower, std::string_view upper) {
    std::optional<std::string> value = environment(lower);
    if (!value) value = environment(upper);
    return std::string(trim(value.value_or(std::string())));
  };
  ProxySettings settings;
  settings.http_proxy = pick("http_proxy", "HTTP_PROXY");
  settings.https_proxy = pick("https_proxy", "HTTPS_PROXY");
  settings.no_proxy = pick("no_proxy", "NO_PROXY");
  return settings;
}

Result<std::optional<Proxy>> choose_proxy(const ProxySettings& settings, Traffic traffic, const Endpoint& endpoint) {
  const std::string& url = traffic == Traffic::tls ? settings.https_proxy : settings.http_proxy;
  if (url.empty() || is_excluded(settings.no_proxy, endpoint)) return std::optional<Proxy>();
  TRY(Proxy proxy, parse_proxy(url, traffic == Traffic::tls ? "HTTPS_PROXY" : "HTTP_PROXY"));
  return std::optional<Proxy>(std::move(proxy));
}

namespace {

// A proxy's answer to CONNECT is a status line and a few fields.
constexpr std::size_t proxy_answer_limit = 16 * 1024;

std::string connect_request(const Proxy& proxy, const Endpoint& endpoint) {
  const std::string target = endpoint.to_text();
  std::string text = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!proxy.credentials.empty()) {
    text += "Proxy-Authorization: Basic " + to_base64(proxy.credentials.reveal()) + "\r\n";
  }
  text += "\r\n";
  return text;
}

Error proxy_error(ErrorKind kind, const Proxy& proxy, const Endpoint& endpoint, const std::string& reason) {
  Error error(kind, "no connection to " + endpoint.to_text() + " through the proxy " + proxy.endpoint.to_text() + ": " +
                        reason);
  return std::move(error)
      .delivered(Delivery::not_sent)
      .with("endpoint", endpoint.to_text())
      .with("proxy", proxy.endpoint.to_text());
}

Error judge_status(std::string_view answer, const Proxy& proxy, const Endpoint& endpoint) {
  const std::string line = printable(answer.substr(0, answer.find("\r\n")), 120);
  const std::string_view code = answer.substr(9, 3);
  if (code == "407") {
    return proxy_error(
        ErrorKind::denied, proxy, endpoint,
        proxy.credentials.empty()
            ? "it wants a user and a password: put them into the proxy's URL (http://user:password@host:port)"
            : "it refused the user and password of the proxy's URL");
  }
  const bool denied = code == "401" || code == "403" || code == "405";
  return proxy_error(denied ? ErrorKind::denied : ErrorKind::unavailable, proxy, endpoint,
                     "it answered \"" + line + "\"");
}

/// Reads the answer to CONNECT, which must be all that comes: in what is tunnelled the client speaks first.
rt::Task<Result<void>> read_answer(Stream& stream, const Proxy& proxy, const Endpoint& endpoint) {
  std::string answer;
  std::byte buffer[2048];
  for (;;) {
    Result<std::size_t> got = co_await stream.read_some(std::span<std::byte>(buffer));
    if (!got) co_return fail(proxy_error(got.error().kind(), proxy, endpoint, got.error().message()));
    if (*got == 0) co_return fail(proxy_error(ErrorKind::unavailable, proxy, endpoint, "it closed the connection"));
    answer.append(as_text(std::span<const std::byte>(buffer, *got)));
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos && answer.size() < proxy_answer_limit) continue;
    if (answer.size() < 12 || !answer.starts_with("HTTP/1.") || end == std::string::npos) {
      co_return fail(proxy_error(ErrorKind::malformed, proxy, endpoint, "its answer is not HTTP"));
    }
    if (answer[9] != '2') co_return fail(judge_status(answer, proxy, endpoint));
    if (end + 4 != answer.size()) {
      co_return fail(proxy_error(ErrorKind::malformed, proxy, endpoint, "it sent data before the tunnel was used"));
    }
    co_return Result<void>();
  }
}

}  // namespace

rt::Task<Result<std::unique_ptr<Stream>>> ProxyDialer::dial_proxy(rt::CallContext ctx, const Proxy& proxy) {
  if (proxy.hop == Traffic::tls && tls_ == nullptr) {
    co_return fail(ErrorKind::unsupported, "https:// proxies are not possible here");
  }
  CO_TRY(std::unique_ptr<Stream> stream, co_await inner_->dial(ctx, proxy.endpoint));
  if (proxy.hop == Traffic::plain) co_return stream;
  Result<std::unique_ptr<Stream>> secure = co_await tls_->connect(ctx, std::move(stream), proxy.endpoint);
  co_return secure;
}

rt::Task<Result<std::unique_ptr<Stream>>> ProxyDialer::dial(rt::CallContext ctx, Endpoint endpoint) {
  CO_TRY(const std::optional<Proxy> proxy, choose_proxy(settings_, traffic_, endpoint));
  if (!proxy) {
    Result<std::unique_ptr<Stream>> direct = co_await inner_->dial(ctx, std::move(endpoint));
    co_return direct;
  }
  Result<std::unique_ptr<Stream>> dialled = co_await dial_proxy(ctx, *proxy);
  if (!dialled) {
    Error error = proxy_error(dialled.error().kind(), *proxy, endpoint, "the proxy cannot be reached");
    co_return fail(std::move(error).caused_by(std::move(dialled).error()));
  }
  std::unique_ptr<Stream> stream = std::move(*dialled);
  bool late = false;
  rt::Clock::TimerId timer = 0;
  if (!ctx.deadline().is_never()) {
    Stream* closing = stream.get();
    timer = ctx.clock().schedule(ctx.deadline().at(), [&late, closing] {
      late = true;
      closing->close();
    });
  }
  const std::string request = connect_request(*proxy, endpoint);
  Result<void> done = co_await stream->write_all(as_bytes(request));
  if (!done) {
    done = fail(proxy_error(done.error().kind(), *proxy, endpoint, done.error().message()));
  } else {
    done = co_await read_answer(*stream, *proxy, endpoint);
  }
  if (timer != 0) ctx.clock().unschedule(timer);
  if (done) co_return stream;
  if (late && done.error().kind() != ErrorKind::cancelled) {
    co_return fail(proxy_error(ErrorKind::timeout, *proxy, endpoint, "the deadline passed before it answered"));
  }
  co_return fail(std::move(done).error());
}

}  // namespace postern::net
