#include <charconv>

#include "base/text.hpp"
#include "http/client.hpp"

namespace postern::http {
namespace {

constexpr std::size_t kUrlMax = 8192;

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

tl::unexpected<Error> bad_url(std::string_view text, std::string_view why) {
  return fail(ErrorKind::usage,
              "'" + printable(text, 200) + "' is not a URL that postern can use: " + std::string(why));
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == ':' || c == '%';
}

}  // namespace

std::string Origin::host_header() const {
  const bool usual = port == (tls ? 443 : 80);
  return usual ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

std::string Origin::to_text() const {
  return (tls ? "https://" : "http://") + host_header();
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlMax) return bad_url(text, "it is too long");
  Url url;
  std::string_view rest;
  if (starts_with_ignore_case(text, "https://")) {
    rest = text.substr(8);
  } else if (starts_with_ignore_case(text, "http://")) {
    rest = text.substr(7);
    url.origin.tls = false;
    url.origin.port = 80;
  } else {
    return bad_url(text, "it must begin with https:// or http://");
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return bad_url(text, "it has a blank or a control character");
  }
  const std::size_t end = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, end);
  std::string_view target = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  target = target.substr(0, target.find('#'));
  if (authority.find('@') != std::string_view::npos) return bad_url(text, "it may not hold a user name or password");
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url(text, "the bracket of the address is not closed");
    url.origin.host = std::string(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!port.empty() && port[0] != ':') return bad_url(text, "something stands behind the address");
  } else {
    const std::size_t colon = authority.find(':');
    url.origin.host = to_lower(authority.substr(0, colon));
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  if (url.origin.host.empty()) return bad_url(text, "it has no host");
  for (const char c : url.origin.host) {
    if (!is_host_character(c)) return bad_url(text, "the host has a character that no host has");
  }
  if (!port.empty()) {
    port.remove_prefix(1);
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || stop != port.data() + port.size() || number == 0 || number > 65535) {
      return bad_url(text, "the port is not a number from 1 to 65535");
    }
    url.origin.port = static_cast<std::uint16_t>(number);
  }
  url.target = target.empty() || target[0] == '?' ? "/" + std::string(target) : std::string(target);
  return url;
}

}  // namespace postern::http
