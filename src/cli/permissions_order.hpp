#pragma once

/// What `postern permissions` is asked about: the command line and the fleet file as one order. Calls nothing.

#include <optional>
#include <string>
#include <vector>

#include "access/permissions.hpp"
#include "base/error.hpp"
#include "cli/parse.hpp"
#include "fleet/fleet_file.hpp"

namespace postern::cli {

struct AskedPermissions {
  AskedPermissions() = default;
  access::PermissionOrder order;
  std::vector<std::string> notes;  ///< one line each, for stderr
};

/// The commands that the words name: {"deploy", "roles", "run"} are two. Usage for a word that is none.
Result<std::vector<std::string>> named_commands(const std::vector<std::string>& words);

/// Errors of kind usage: unknown commands, options that do not go together, a selector that no policy can say.
Result<AskedPermissions> permission_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet);

}  // namespace postern::cli
