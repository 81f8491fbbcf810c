#pragma once

/// Forwards of ports: what stands on the command line, and the fleet file's named sets of them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::fleet {

inline constexpr std::size_t kTunnelsMax = 500;
inline constexpr std::size_t kForwardsMax = 100;

/// [LOCAL:][HOST:]PORT. LOCAL is a port (0: any) or the path of a unix socket, which has a slash; without it, the port
/// that is forwarded. HOST is asked of the node (IPv6 in brackets); without it, the node itself.
struct ForwardSpec {
  ForwardSpec() = default;
  std::uint16_t local_port = 0;
  std::string local_path;  ///< not empty: a unix socket instead
  std::string host;
  std::uint16_t port = 0;
  /// Errors of kind usage.
  static Result<ForwardSpec> parse(std::string_view text);
  /// "5432" or "orders.internal:5432": what is at the far end.
  std::string far_end() const;
  friend bool operator==(const ForwardSpec&, const ForwardSpec&) = default;
};

/// An entry of the fleet file's `tunnels`.
struct Tunnel {
  Tunnel() = default;
  std::string target;  ///< as on a command line
  std::vector<ForwardSpec> forwards;
};

}  // namespace postern::fleet
