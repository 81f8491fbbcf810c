#include "fleet/tunnel.hpp"

#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "fleet/fleet_reader.hpp"

namespace postern::fleet {
namespace tunnel_detail {

constexpr std::size_t kUnixPathMax = 107;
constexpr std::size_t kHostMax = 253;

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// At colons outside of brackets.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool bracket = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bracket = text[i] == '[' || (bracket && text[i] != ']');
    if (text[i] != ':' || bracket) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

bool is_host(std::string_view text) {
  // A number is a port that is none, or nonsense; the rest is what the session documents of AWS refuse in a host.
  if (text.find_first_not_of("0123456789") == std::string_view::npos) return false;
  return !text.empty() && text.size() <= kHostMax && text.find_first_of(" ,$^&()!;'\"<>`{}[]|#=") == text.npos;
}

bool take_local(std::string_view text, ForwardSpec& spec) {
  if (text.find('/') != std::string_view::npos) {
    spec.local_path = std::string(text);
    return text.size() <= kUnixPathMax;
  }
  const std::optional<std::uint16_t> port = port_number(text);
  if (port) spec.local_port = *port;
  return port.has_value();
}

bool take_host(std::string_view text, ForwardSpec& spec) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  spec.host = std::string(text);
  return is_host(text);
}

bool take_parts(const std::vector<std::string_view>& parts, ForwardSpec& spec) {
  const std::optional<std::uint16_t> port = port_number(parts.back());
  if (!port || *port == 0 || parts.size() > 3) return false;
  spec.port = spec.local_port = *port;
  if (parts.size() == 1) return true;
  if (parts.size() == 3) return take_local(parts[0], spec) && take_host(parts[1], spec);
  const bool local = port_number(parts[0]) || parts[0].find('/') != std::string_view::npos;
  return local ? take_local(parts[0], spec) : take_host(parts[0], spec);
}

Tunnel read_tunnel(const yaml::Node& node, Problems& problems) {
  const MapReader map(node, "tunnels.NAME", {"target", "forward"}, problems);
  Tunnel tunnel;
  if (!node.is_map()) return tunnel;
  tunnel.target = map.text("target");
  if (tunnel.target.empty()) problems.add(node, "the tunnel has no target");
  const yaml::Node* forwards = map.get("forward");
  if (forwards == nullptr) {
    problems.add(node, "the tunnel forwards nothing: forward: [\"15432:5432\"]");
    return tunnel;
  }
  for (const yaml::Node* item : scalars(*forwards, "forward", problems)) {
    Result<ForwardSpec> spec = ForwardSpec::parse(item->text);
    if (!spec) {
      problems.add(*item, spec.error().message());
    } else if (tunnel.forwards.size() == kForwardsMax) {
      problems.add(*item, "more than " + std::to_string(kForwardsMax) + " forwards");
      break;
    } else {
      tunnel.forwards.push_back(std::move(*spec));
    }
  }
  return tunnel;
}

}  // namespace tunnel_detail

Result<ForwardSpec> ForwardSpec::parse(std::string_view text) {
  ForwardSpec spec;
  if (tunnel_detail::take_parts(tunnel_detail::parts_of(text), spec)) return spec;
  return fail(ErrorKind::usage, "'" + printable(text, 80) +
                                    "' is no forward: [LOCAL:][HOST:]PORT, as in 5432, 15432:5432, "
                                    "15432:orders.internal:5432 or /tmp/db.sock:5432");
}

std::string ForwardSpec::far_end() const {
  const bool address = host.find(':') != std::string::npos;
  const std::string name = address ? "[" + host + "]" : host;
  return host.empty() ? std::to_string(port) : name + ":" + std::to_string(port);
}

void read_tunnels(const yaml::Node* node, FleetFile& file, Problems& problems) {
  if (node == nullptr) return;
  if (!node->is_map()) {
    problems.add(*node, "tunnels must be a map of names, not " + std::string(yaml::to_string(node->kind)));
    return;
  }
  for (const yaml::Entry& entry : node->entries) {
    if (file.tunnels.size() == kTunnelsMax) {
      problems.add(entry, "more than " + std::to_string(kTunnelsMax) + " tunnels");
      return;
    }
    file.tunnels.emplace(entry.key, tunnel_detail::read_tunnel(entry.value, problems));
  }
}

}  // namespace postern::fleet
