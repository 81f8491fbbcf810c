#pragma once

/// What recoveries call. Adapters implement it with AWS, tests with values.

#include <optional>
#include <string>
#include <vector>

#include "recovery/job.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::recovery {

/// One server to launch.
struct LaunchServer {
  LaunchServer() = default;
  std::string id;
  std::string snapshot;  ///< "pit-..."; empty: a snapshot is taken for this launch
};

struct LaunchOrder {
  LaunchOrder() = default;
  std::vector<LaunchServer> servers;
  bool drill = true;  ///< always sent: AWS takes a call without it for a real recovery
  fleet::Tags tags;
};

/// Which jobs are asked for; neither: all that the site keeps.
struct JobQuery {
  JobQuery() = default;
  std::optional<WallTime> from;
  std::vector<std::string> ids;
};

class JobService {
 public:
  virtual ~JobService() = default;
  /// Both send once, never again by themselves; Error::delivery() tells whether the call can have been executed. A
  /// conflict with another job is of kind conflict, a quota that is used up of kind throttled.
  virtual rt::Task<Result<Job>> start(rt::CallContext ctx, fleet::ScopePtr site, LaunchOrder order) = 0;
  virtual rt::Task<Result<Job>> terminate(rt::CallContext ctx, fleet::ScopePtr site,
                                          std::vector<std::string> instance_ids) = 0;
  /// All pages, newest first.
  virtual rt::Task<Result<std::vector<Job>>> jobs(rt::CallContext ctx, fleet::ScopePtr site, JobQuery query) = 0;
  virtual rt::Task<Result<std::vector<JobEvent>>> log(rt::CallContext ctx, fleet::ScopePtr site,
                                                      std::string job_id) = 0;
  /// Of these source servers; of all when there are none.
  virtual rt::Task<Result<std::vector<RecoveryInstance>>> instances(rt::CallContext ctx, fleet::ScopePtr site,
                                                                    std::vector<std::string> server_ids) = 0;
};

}  // namespace postern::recovery
