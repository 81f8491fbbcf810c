#pragma once

/// One site of Elastic Disaster Recovery as a value: servers, jobs that take their time, and faults at chosen calls.
/// For tests.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "flow/testing/fake_port.hpp"
#include "recovery/job_service.hpp"
#include "recovery/server_source.hpp"

namespace postern::recovery::testing {

class FakeDrs final : public JobService, public ServerSource {
 public:
  /// What goes wrong at a launch or termination, by its number from 0.
  struct Fault {
    Fault() = default;
    Fault(Error e, bool taken) : error(std::move(e)), executed(taken) {}
    Error error{ErrorKind::internal, "no fault"};
    bool executed = false;
  };

  flow::testing::Killer* killer = nullptr;
  std::map<std::size_t, Fault> call_faults;
  std::map<std::string, std::string> launch_errors;  ///< raw error by server
  std::set<std::string> previous_snapshot;           ///< servers whose snapshot fails
  Duration latency = std::chrono::milliseconds(40);
  Duration list_lag{};
  Duration job_time = std::chrono::minutes(8);
  Duration close_time{};   ///< from the end of a job's servers to its own
  MonoTime denied_from{};  ///< between these nothing may be read
  MonoTime denied_until{};
  bool tags_hidden = false;
  bool last_launch_hidden = false;

  struct Kept {
    Kept() = default;
    Job job;
    MonoTime at;
    WallTime wall;
    bool foreign = false;
  };
  std::vector<Kept> kept;  ///< every job that was begun, in order
  std::map<std::string, SourceServer> servers;
  std::map<std::string, RecoveryInstance> alive;  ///< recovery instances by server
  std::size_t most_jobs = 0;
  std::size_t most_servers = 0;
  std::size_t calls = 0;

  void add_server(const fleet::ScopePtr& site, const std::string& id) {
    SourceServer server;
    server.site = site;
    server.id = id;
    server.state = ReplicationState::continuous;
    server.state_text = "CONTINUOUS";
    servers[id] = std::move(server);
  }

  /// Somebody else's job, from now.
  void begin_foreign(rt::CallContext ctx, const std::vector<std::string>& ids) {
    LaunchOrder order;
    for (const std::string& id : ids) order.servers.emplace_back().id = id;
    order.drill = false;
    keep(ctx, launch_of(order)).foreign = true;
  }

  rt::Task<Result<Job>> start(rt::CallContext ctx, fleet::ScopePtr, LaunchOrder order) override {
    co_return co_await change(ctx, launch_of(order));
  }

  rt::Task<Result<Job>> terminate(rt::CallContext ctx, fleet::ScopePtr, std::vector<std::string> ids) override {
    Job job;
    job.type = "TERMINATE";
    job.initiated_by = "TERMINATE_RECOVERY_INSTANCES";
    for (const std::string& id : ids) {
      for (const auto& [server, instance] : alive) {
        if (instance.id != id) continue;
        JobServer& one = job.servers.emplace_back();
        one.server_id = server;
        one.instance_id = id;
      }
    }
    if (job.servers.size() != ids.size()) co_return fail(refusal(ErrorKind::not_found, "no such RecoveryInstance"));
    co_return co_await change(ctx, std::move(job));
  }

  rt::Task<Result<std::vector<Job>>> jobs(rt::CallContext ctx, fleet::ScopePtr, JobQuery query) override {
    CO_TRY_VOID(co_await read(ctx));
    std::vector<Job> out;
    for (auto one = kept.rbegin(); one != kept.rend(); ++one) {
      const bool asked =
          query.ids.empty() || std::find(query.ids.begin(), query.ids.end(), one->job.id) != query.ids.end();
      if (!asked || ctx.now() < one->at + list_lag) continue;
      if (query.from && one->wall < *query.from) continue;
      out.push_back(shown(*one, ctx.now()));
    }
    co_return out;
  }

  rt::Task<Result<std::vector<JobEvent>>> log(rt::CallContext ctx, fleet::ScopePtr, std::string job_id) override {
    CO_TRY_VOID(co_await read(ctx));
    std::vector<JobEvent> out;
    for (const Kept& one : kept) {
      if (one.job.id != job_id) continue;
      for (const JobServer& server : one.job.servers) {
        JobEvent event;
        event.at = one.wall;
        event.server_id = server.server_id;
        if (previous_snapshot.contains(server.server_id)) {
          event.event = "SNAPSHOT_FAIL";
          out.push_back(event);
          event.event = "USING_PREVIOUS_SNAPSHOT";
          out.push_back(event);
        }
        if (!launch_errors.contains(server.server_id)) continue;
        event.event = "LAUNCH_FAILED";
        event.raw_error = launch_errors.at(server.server_id);
        out.push_back(event);
      }
    }
    co_return out;
  }

  rt::Task<Result<std::vector<RecoveryInstance>>> instances(rt::CallContext ctx, fleet::ScopePtr,
                                                            std::vector<std::string> ids) override {
    CO_TRY_VOID(co_await read(ctx));
    settle(ctx.now());
    std::vector<RecoveryInstance> out;
    for (const auto& [server, instance] : alive) {
      const bool asked = ids.empty() || std::find(ids.begin(), ids.end(), server) != ids.end();
      if (asked) out.push_back(instance);
    }
    co_return out;
  }

  rt::Task<Result<std::vector<SourceServer>>> list_servers(rt::CallContext ctx, fleet::ScopePtr,
                                                           std::vector<std::string> ids) override {
    CO_TRY_VOID(co_await read(ctx));
    std::vector<SourceServer> out;
    for (const auto& [id, server] : servers) {
      if (!ids.empty() && std::find(ids.begin(), ids.end(), id) == ids.end()) continue;
      out.push_back(server);
      if (last_launch_hidden) out.back().last_launch.reset();
    }
    co_return out;
  }

  rt::Task<Result<std::optional<RecoveryPoint>>> newest_point(rt::CallContext ctx, fleet::ScopePtr,
                                                              std::string) override {
    CO_TRY_VOID(co_await read(ctx));
    co_return std::optional<RecoveryPoint>();
  }

  /// How often each server was launched by us.
  std::map<std::string, std::size_t> launches() const {
    std::map<std::string, std::size_t> out;
    for (const Kept& one : kept) {
      if (one.foreign || one.job.type != "LAUNCH") continue;
      for (const JobServer& server : one.job.servers) ++out[server.server_id];
    }
    return out;
  }

  static Error refusal(ErrorKind kind, std::string message) {
    return Error(kind, std::move(message)).delivered(Delivery::answered);
  }

 private:
  Job launch_of(const LaunchOrder& order) {
    Job job;
    job.type = "LAUNCH";
    job.initiated_by = order.drill ? "START_DRILL" : "START_RECOVERY";
    job.tags = order.tags;
    for (const LaunchServer& server : order.servers) job.servers.emplace_back().server_id = server.id;
    return job;
  }

  rt::Task<Result<void>> read(rt::CallContext ctx) {
    if (killer != nullptr && !killer->begin()) co_return fail(flow::testing::Killer::death());
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (ctx.now() >= denied_from && ctx.now() < denied_until) co_return fail(refusal(ErrorKind::denied, "no role"));
    co_return slept;
  }

  rt::Task<Result<Job>> change(rt::CallContext ctx, Job job) {
    const std::size_t number = calls++;
    const auto fault = call_faults.find(number);
    if (killer != nullptr && !killer->begin()) co_return fail(flow::testing::Killer::death());
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (killer != nullptr && killer->dead) {
      if (number % 2 == 0) (void)take(ctx, std::move(job));
      co_return fail(flow::testing::Killer::death());
    }
    if (!slept) {
      (void)take(ctx, std::move(job));
      co_return fail(Error(ErrorKind::cancelled, "cancelled").delivered(Delivery::sent));
    }
    if (fault != call_faults.end()) {
      if (fault->second.executed) (void)take(ctx, std::move(job));
      co_return fail(fault->second.error);
    }
    Result<Job> taken = take(ctx, std::move(job));
    if (killer != nullptr && !killer->end()) co_return fail(flow::testing::Killer::death());
    co_return taken;
  }

  Result<Job> take(rt::CallContext ctx, Job job) {
    std::size_t under_way = 0;
    std::size_t busy = 0;
    for (const Kept& one : kept) {
      if (!shown(one, ctx.now()).is_active()) continue;
      ++under_way;
      busy += one.job.servers.size();
      for (const JobServer& server : one.job.servers) {
        for (const JobServer& ours : job.servers) {
          if (ours.server_id == server.server_id) {
            return fail(refusal(ErrorKind::conflict,
                                "SourceServer " + ours.server_id + " is already part of the active job " + one.job.id));
          }
        }
      }
    }
    if (under_way >= kSiteJobsMax || busy + job.servers.size() > kSiteServersMax) {
      return fail(refusal(ErrorKind::throttled, "quota"));
    }
    const Kept& made = keep(ctx, std::move(job));
    most_jobs = std::max(most_jobs, under_way + 1);
    most_servers = std::max(most_servers, busy + made.job.servers.size());
    return shown(made, ctx.now());
  }

  Kept& keep(rt::CallContext ctx, Job job) {
    settle(ctx.now());
    Kept& one = kept.emplace_back();
    one.at = ctx.now();
    one.wall = ctx.clock().wall_now();
    const std::string number = std::to_string(kept.size());
    job.id = "drsjob-" + std::string(17 - number.size(), '0') + number;
    job.created = one.wall;
    one.job = std::move(job);
    for (const JobServer& server : one.job.servers) {
      if (one.job.type != "LAUNCH" || !servers.contains(server.server_id)) continue;
      LastLaunch& last = servers[server.server_id].last_launch.emplace();
      last.at = one.wall;
      last.job_id = one.job.id;
      last.type = one.job.initiated_by == "START_DRILL" ? "DRILL" : "RECOVERY";
    }
    return one;
  }

  /// What ended jobs have made and taken away.
  void settle(MonoTime now) {
    for (const Kept& one : kept) {
      if (now < one.at + job_time || settled_.contains(one.job.id)) continue;
      settled_.insert(one.job.id);
      for (const JobServer& server : one.job.servers) {
        if (one.job.type == "TERMINATE") {
          alive.erase(server.server_id);
        } else if (!launch_errors.contains(server.server_id)) {
          RecoveryInstance& made = alive[server.server_id];
          made.id = "i-" + server.server_id.substr(2);
          made.server_id = server.server_id;
          made.job_id = one.job.id;
          made.ec2_state = "RUNNING";
          made.is_drill = one.job.initiated_by == "START_DRILL";
          made.point = previous_snapshot.contains(server.server_id) ? one.wall - std::chrono::minutes(70)
                                                                    : one.wall + std::chrono::minutes(1);
        }
      }
    }
  }

  Job shown(const Kept& one, MonoTime now) {
    settle(now);
    Job job = one.job;
    const bool over = now >= one.at + job_time;
    const bool closed = now >= one.at + job_time + close_time;
    job.status = closed ? "COMPLETED" : "STARTED";
    if (closed) job.ended = one.wall + job_time + close_time;
    if (tags_hidden) job.tags.clear();
    for (JobServer& server : job.servers) {
      server.status = !over                                      ? LaunchStatus::in_progress
                      : job.type == "TERMINATE"                  ? LaunchStatus::terminated
                      : launch_errors.contains(server.server_id) ? LaunchStatus::failed
                                                                 : LaunchStatus::launched;
      server.status_text = std::string(to_string(server.status));
    }
    return job;
  }

  std::set<std::string> settled_;
};

}  // namespace postern::recovery::testing
