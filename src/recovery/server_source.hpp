#pragma once

/// Reads what DRS has. Adapters implement it with AWS, tests with values.

#include <optional>
#include <string>
#include <vector>

#include "recovery/source_server.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::recovery {

/// Whether `error` says that DRS has never been set up in a site (UninitializedAccountException).
bool is_uninitialized(const Error& error);

class ServerSource {
 public:
  virtual ~ServerSource() = default;
  /// Every source server of a site, all pages, disconnected and extended ones too. `ids`, if any, are all that is asked
  /// for, 200 a call.
  virtual rt::Task<Result<std::vector<SourceServer>>> list_servers(rt::CallContext ctx, fleet::ScopePtr site,
                                                                   std::vector<std::string> ids) = 0;
  /// The newest point of one server: one call. Absent: there is none.
  virtual rt::Task<Result<std::optional<RecoveryPoint>>> newest_point(rt::CallContext ctx, fleet::ScopePtr site,
                                                                      std::string server_id) = 0;
};

}  // namespace postern::recovery
