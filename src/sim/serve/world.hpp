#pragma once

/// The world file, schema version 1 (docs/formats/world.md): a simulated cloud as people write it down.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/certificates.hpp"
#include "sim/config.hpp"
#include "sim/serve/faults.hpp"
#include "sim/sessions/session_faults.hpp"

namespace postern::sim {

struct World {
  World() = default;
  CloudConfig config;
  std::vector<FaultRule> faults;
  std::vector<SessionFaultRule> session_faults;
  std::optional<net::CertifiedKey> authority;  ///< absent: made anew whenever the world is served
};

/// Errors of kind usage: every mistake, one a line, "file:line:column: text". `name` stands in front of every message.
/// What the parts say together is checked by check_config().
Result<World> parse_world(std::string_view text, std::string name);

/// A world file that parse_world() reads as the same world. `comment` is its heading, without '#'.
std::string write_world(const World& world, std::string_view comment);

}  // namespace postern::sim
