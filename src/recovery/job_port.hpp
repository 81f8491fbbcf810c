#pragma once

/// JobPort: jobs of Elastic Disaster Recovery as the batches of a run (flow::CommandPort). A batch is at most 100
/// servers of one site, its "command" is a job. A lost StartRecovery is found by the job's tag postern:op, then by what
/// the servers say of their last launch; a lost TerminateRecoveryInstances, which takes no tags, by the servers that
/// take part.

#include <map>
#include <string>
#include <string_view>

#include "flow/command_port.hpp"
#include "flow/run_records.hpp"
#include "recovery/job_service.hpp"
#include "recovery/server_source.hpp"

namespace postern::recovery {

class JobPort final : public flow::CommandPort {
 public:
  /// For the run of this kind and plan, whose details of targets it takes. Both services outlive it.
  JobPort(JobService& service, ServerSource& servers, flow::RunKind kind, const flow::Plan& plan);

  rt::Task<Result<std::string>> send(rt::CallContext ctx, fleet::Batch batch, flow::CommandSpec spec, flow::Shell shell,
                                     std::string comment) override;
  rt::Task<Result<std::vector<flow::Invocation>>> invocations(rt::CallContext ctx, fleet::ScopePtr scope,
                                                              std::string command_id) override;
  rt::Task<Result<std::vector<flow::CommandCount>>> counts(rt::CallContext ctx, fleet::ScopePtr scope,
                                                           WallTime not_before) override;
  rt::Task<Result<std::optional<std::string>>> find(rt::CallContext ctx, fleet::ScopePtr scope,
                                                    flow::LostSend lost) override;
  /// There is no such call: a job runs to its end.
  rt::Task<Result<void>> cancel(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id) override;
  /// What is known of the server as JSON (server_evidence.hpp), and its part of the job's log as errors.
  rt::Task<Result<flow::Output>> output(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                        fleet::InstanceId instance) override;

 private:
  /// What was read of a job once servers of it had ended.
  struct Seen {
    Seen() = default;
    Job job;
    std::size_t over = 0;  ///< servers that had ended then
    std::vector<JobEvent> log;
    std::vector<RecoveryInstance> instances;
  };
  bool cleans_up() const noexcept { return kind_ == flow::RunKind::cleanup; }
  const std::string& detail_of(const fleet::Scope& site, const std::string& target) const;
  /// The source server of a target.
  std::string server_of(const fleet::Scope& site, const std::string& target) const;
  rt::Task<Result<void>> look_around(rt::CallContext ctx, const fleet::Batch* batch, std::string run,
                                     std::string* adopted);
  rt::Task<Result<Job>> call(rt::CallContext ctx, const fleet::Batch* batch, fleet::Tags tags);
  Error conflict_of(Error error, const fleet::Batch& batch, const std::vector<Job>& jobs, const std::string& run) const;
  rt::Task<Result<const Seen*>> see(rt::CallContext ctx, fleet::ScopePtr site, std::string job_id);
  rt::Task<Result<std::optional<std::string>>> find_launch(rt::CallContext ctx, fleet::ScopePtr site,
                                                           flow::LostSend lost, std::vector<Job> jobs);
  rt::Task<Result<std::optional<std::string>>> find_cleanup(rt::CallContext ctx, fleet::ScopePtr site,
                                                            flow::LostSend lost, std::vector<Job> jobs);

  JobService& service_;
  ServerSource& servers_;
  flow::RunKind kind_;
  std::map<std::string, std::string, std::less<>> details_;  ///< by TargetRef::label()
  std::map<std::string, Seen, std::less<>> seen_;            ///< by job
};

/// The op and the run in a command's comment ("postern op=... r=... "); empty: there is none.
std::string op_in(std::string_view comment);
std::string run_in(std::string_view comment);

}  // namespace postern::recovery
