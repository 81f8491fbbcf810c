#pragma once

/// The look inside a server before the replication agent is installed: a read-only script, what it prints, and what
/// that means. Requirements: "Installation requirements" and "Supported operating systems" of the DRS User Guide.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/inventory.hpp"

namespace postern::recovery {

/// The first line that the script prints; what comes before it is not its own.
inline constexpr std::string_view kProbeMark = "postern-drs-probe 1";

/// The script for Linux (POSIX sh) and Windows (PowerShell). It writes nothing and starts nothing that stays. `region`
/// is the site's: its S3 and DRS are tried on port 443.
std::string probe_script(fleet::Platform platform, std::string_view region);

/// KEY=VALUE lines after the mark; absent when the mark is not there. Hostile output gives odd values, nothing worse.
std::optional<std::map<std::string, std::string, std::less<>>> read_probe(std::string_view output);

/// Why a server is not ready. `blocks` is false for what the installer may settle by itself.
struct Blocker {
  Blocker() = default;
  Blocker(std::string c, std::string w, std::string f, bool b = true)
      : code(std::move(c)), why(std::move(w)), fix(std::move(f)), blocks(b) {}
  std::string code;  ///< "DISK_SPACE"
  std::string why;
  std::string fix;
  bool blocks = true;
};

/// What the answers of a probe mean. A probe that cannot be read is PROBE_UNREADABLE.
std::vector<Blocker> judge_probe(std::string_view output, fleet::Platform platform);

}  // namespace postern::recovery
