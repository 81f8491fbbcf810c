#pragma once

/// What AWS's installer of the replication agent prints, and how it ends. Fragments are those of AWS's troubleshooting
/// pages; the lines around them are ours.

#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"

namespace postern::sim::drs {

/// "kernel", "disk_space", "phantom", ...: what an install fault may be, sorted.
std::vector<std::string> install_classes();

struct InstallOutcome {
  InstallOutcome() = default;
  std::string output;
  std::string errors;
  int exit_code = 0;
  bool registers = false;  ///< whether there is a source server afterwards
  bool early = false;      ///< it ends within seconds
};

/// Of a class, or "" for an installation that succeeds. `server_id` is of the server that it registers; `detail` is put
/// into the message of some classes: the denial, the other Region.
InstallOutcome install_outcome(std::string_view name, Platform platform, const std::string& server_id,
                               std::string_view region, const std::string& detail);

}  // namespace postern::sim::drs
