// A URL that is taken must survive being written and read again.
#include <cstdlib>

#include "http/client.hpp"
#include "net/proxy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = postern::http::parse_url(text)) {
    const auto again = postern::http::parse_url(url->origin.to_text() + url->target);
    if (!again || !(again->origin == url->origin) || again->target != url->target) std::abort();
  }
  postern::net::ProxySettings settings;
  const std::size_t middle = text.find('|');
  settings.https_proxy = std::string(text.substr(0, middle));
  settings.no_proxy = middle == std::string_view::npos ? std::string() : std::string(text.substr(middle + 1));
  for (const char* host : {"sts.amazonaws.com", "10.1.2.3", "fd00::1"}) {
    const auto proxy =
        postern::net::choose_proxy(settings, postern::net::Traffic::tls, postern::net::Endpoint(host, 443));
    if (proxy && *proxy && (*proxy)->endpoint.host.empty()) std::abort();
  }
  return 0;
}
