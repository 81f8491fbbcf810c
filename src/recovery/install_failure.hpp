#pragma once

/// What an installation of the replication agent that failed says, as a class with cause and fix. The fragments are
/// those of "Troubleshooting agent issues" in the DRS User Guide.

#include <string>
#include <string_view>

namespace postern::recovery {

struct InstallFailure {
  InstallFailure() = default;
  std::string code;  ///< "NOT_INITIALIZED"; "UNKNOWN" when the text says nothing known, "SILENT" when there is none
  std::string cause;
  std::string fix;
  bool transient = false;  ///< the same installation may succeed later without anybody mending anything
};

/// `text`: what both streams had, whatever else is in it.
InstallFailure classify_installation(std::string_view text);

/// The id that the installer says it registered ("s-..."); empty: none.
std::string registered_server(std::string_view text);

}  // namespace postern::recovery
