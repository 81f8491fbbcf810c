#include "cli/world_guard.hpp"

#include "base/text.hpp"
#include "http/client.hpp"

namespace postern::cli {

Result<std::string> simulated_world(const os::Environment& environment) {
  constexpr std::size_t kWorldMax = 80;
  const std::string world = environment.get("POSTERN_WORLD").value_or("");
  if (world.empty() || world == "aws" || world.starts_with("aws:")) return std::string();
  if (world.starts_with("sim:") && world.size() > 4 && world.size() <= kWorldMax) return world;
  return fail(ErrorKind::usage, "POSTERN_WORLD '" + printable(world, kWorldMax) + "' is no world: sim:NAME or aws");
}

Result<net::AllowDialer> world_dialer(net::Dialer& inner, const os::Environment& environment,
                                      const std::string& world) {
  std::vector<net::Endpoint> allowed;
  for (const auto& [name, value] : environment.all()) {
    const bool endpoint = name == "AWS_ENDPOINT_URL" || name.starts_with("AWS_ENDPOINT_URL_");
    const bool metadata = name == "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    if (value.empty() || (!endpoint && !metadata && name != "POSTERN_SIM_PLAIN_URL")) continue;
    Result<http::Url> url = http::parse_url(value);
    if (!url) return fail(ErrorKind::usage, name + ": " + url.error().message());
    // The real service would hand out real credentials; a simulated one is on this host.
    const bool here = url->origin.host == "::1" || url->origin.host.starts_with("127.");
    if (metadata && !here) continue;
    allowed.emplace_back(url->origin.host, url->origin.port);
  }
  if (allowed.empty()) {
    return fail(ErrorKind::usage, "POSTERN_WORLD says " + world +
                                      ", but no AWS_ENDPOINT_URL says where that is; `unset POSTERN_WORLD` to work on "
                                      "real accounts");
  }
  return net::AllowDialer(inner, std::move(allowed), "the simulated world " + world);
}

}  // namespace postern::cli
