#pragma once

/// Elastic Disaster Recovery's jobs and recovery instances.

#include "adapters/aws_session.hpp"
#include "recovery/job_service.hpp"

namespace postern::adapters {

/// recovery::JobService on DRS. The session outlives it.
class DrsJobs final : public recovery::JobService {
 public:
  explicit DrsJobs(AwsSession& session) : session_(session) {}
  rt::Task<Result<recovery::Job>> start(rt::CallContext ctx, fleet::ScopePtr site,
                                        recovery::LaunchOrder order) override;
  rt::Task<Result<recovery::Job>> terminate(rt::CallContext ctx, fleet::ScopePtr site,
                                            std::vector<std::string> instance_ids) override;
  rt::Task<Result<std::vector<recovery::Job>>> jobs(rt::CallContext ctx, fleet::ScopePtr site,
                                                    recovery::JobQuery query) override;
  rt::Task<Result<std::vector<recovery::JobEvent>>> log(rt::CallContext ctx, fleet::ScopePtr site,
                                                        std::string job_id) override;
  rt::Task<Result<std::vector<recovery::RecoveryInstance>>> instances(rt::CallContext ctx, fleet::ScopePtr site,
                                                                      std::vector<std::string> server_ids) override;

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
