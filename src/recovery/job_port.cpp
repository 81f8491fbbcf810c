#include "recovery/job_port.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "recovery/launch_plan.hpp"
#include "recovery/server_evidence.hpp"

namespace postern::recovery {
namespace job_port {

constexpr Duration kClockError = std::chrono::minutes(5);  // SigV4 refuses a clock that is further off
constexpr Duration kActiveFor = std::chrono::hours(72);    // no job is under way for longer

std::string word_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

bool takes_part(const Job& job, std::string_view server_id) {
  return std::any_of(job.servers.begin(), job.servers.end(),
                     [&](const JobServer& one) { return one.server_id == server_id; });
}

std::set<std::string> servers_of(const Job& job) {
  std::set<std::string> ids;
  for (const JobServer& one : job.servers) ids.insert(one.server_id);
  return ids;
}

/// Whose a job is that keeps our servers.
std::string owner_of(const Job& job, const std::string& run) {
  const std::string theirs = job.tag(kRunTag);
  if (!theirs.empty() && theirs == run) return "an earlier job of this run";
  const std::string since =
      job.created ? " since " + format_rfc3339(std::chrono::floor<std::chrono::seconds>(*job.created)) : "";
  if (!theirs.empty()) return "not ours: run " + printable(theirs, 40) + since;
  return "not ours: " + printable(job.initiated_by.empty() ? job.type : job.initiated_by, 40) + since;
}

const RecoveryInstance* instance_of(const std::vector<RecoveryInstance>& all, const JobServer& server) {
  for (const RecoveryInstance& one : all) {
    if (one.server_id == server.server_id) return &one;
  }
  return nullptr;
}

/// The error of a call, with what is told of one that came to nothing before a byte left.
Error unsent(Error error) {
  return std::move(error).delivered(Delivery::not_sent);
}

}  // namespace job_port

std::string op_in(std::string_view comment) {
  return job_port::word_after(comment, "op=");
}

std::string run_in(std::string_view comment) {
  return job_port::word_after(comment, " r=");
}

JobPort::JobPort(JobService& service, ServerSource& servers, flow::RunKind kind, const flow::Plan& plan)
    : service_(service), servers_(servers), kind_(kind) {
  for (const flow::BatchPlan& batch : plan.batches) {
    for (std::uint32_t target = batch.first; target < batch.first + batch.count; ++target) {
      const std::string& detail = plan.targets[target].detail;
      if (!detail.empty()) details_.emplace(plan.ref(batch, target).label(), detail);
    }
  }
}

const std::string& JobPort::detail_of(const fleet::Scope& site, const std::string& target) const {
  static const std::string kNone;
  const auto found = details_.find(site.account.text() + "/" + site.region.text() + "/" + target);
  return found == details_.end() ? kNone : found->second;
}

std::string JobPort::server_of(const fleet::Scope& site, const std::string& target) const {
  return cleans_up() ? server_of_detail(detail_of(site, target)) : target;
}

/// Before a call: is there room, and is every server free? What this run began already is taken for the answer.
rt::Task<Result<void>> JobPort::look_around(rt::CallContext ctx, const fleet::Batch* batch, std::string run,
                                            std::string* adopted) {
  JobQuery query;
  query.from = ctx.clock().wall_now() - job_port::kActiveFor;
  Result<std::vector<Job>> jobs = co_await service_.jobs(ctx, batch->scope_ptr(), std::move(query));
  if (!jobs) co_return fail(job_port::unsent(std::move(jobs).error()));
  std::erase_if(*jobs, [](const Job& job) { return !job.is_active(); });
  std::set<std::string> mine;
  for (const fleet::InstanceId& id : batch->ids()) mine.insert(server_of(batch->scope(), id.text()));
  for (const Job& job : *jobs) {
    const bool own = job.tag(kRunTag) == run || (cleans_up() && job.type == "TERMINATE");
    if (own && job_port::servers_of(job) == mine) {
      *adopted = job.id;
      co_return Result<void>();
    }
  }
  Error conflict = conflict_of(Error(ErrorKind::conflict, ""), *batch, *jobs, run);
  if (conflict.kind() == ErrorKind::throttled) co_return fail(job_port::unsent(std::move(conflict)));
  // As if AWS had said it: what another job has is parked at once, not tried again first.
  if (!conflict.context("instances").empty()) co_return fail(std::move(conflict).delivered(Delivery::answered));
  const SiteLoad load = load_of(*jobs);
  if (load.has_room(batch->ids().size())) co_return Result<void>();
  co_return fail(job_port::unsent(Error(ErrorKind::throttled, "the site is full: " + load.text())));
}

/// Names the targets that the first job keeps which keeps any of them; throttled when that job is about to give them
/// back.
Error JobPort::conflict_of(Error error, const fleet::Batch& batch, const std::vector<Job>& jobs,
                           const std::string& run) const {
  for (const Job& job : jobs) {
    if (!job.is_active()) continue;
    std::string named;
    for (const fleet::InstanceId& id : batch.ids()) {
      if (!job_port::takes_part(job, server_of(batch.scope(), id.text()))) continue;
      named += (named.empty() ? "" : " ") + id.text();
    }
    if (named.empty()) continue;
    // Asked again, as when there is no room.
    if (job.is_closing()) return Error(ErrorKind::throttled, job.id + " has these servers until it closes");
    std::string why = "blocked_by " + job.id + " (" + job_port::owner_of(job, run) + ")";
    return std::move(error).reworded(std::move(why)).with("instances", named);
  }
  return error;
}

rt::Task<Result<Job>> JobPort::call(rt::CallContext ctx, const fleet::Batch* batch, fleet::Tags tags) {
  if (cleans_up()) {
    std::vector<std::string> ids;
    for (const fleet::InstanceId& id : batch->ids()) ids.push_back(id.text());
    co_return co_await service_.terminate(ctx, batch->scope_ptr(), std::move(ids));
  }
  LaunchOrder order;
  order.drill = kind_ == flow::RunKind::drill;
  order.tags = std::move(tags);
  for (const fleet::InstanceId& id : batch->ids()) {
    order.servers.emplace_back();
    order.servers.back().id = id.text();
    order.servers.back().snapshot = detail_of(batch->scope(), id.text());
  }
  co_return co_await service_.start(ctx, batch->scope_ptr(), std::move(order));
}

rt::Task<Result<std::string>> JobPort::send(rt::CallContext ctx, fleet::Batch batch, flow::CommandSpec, flow::Shell,
                                            std::string comment) {
  const std::string run = run_in(comment);
  std::string adopted;
  CO_TRY_VOID(co_await look_around(ctx, &batch, run, &adopted));
  if (!adopted.empty()) co_return adopted;
  fleet::Tags tags;
  tags.emplace(std::string(kRunTag), run);
  tags.emplace(std::string(kOpTag), op_in(comment));
  tags.emplace(std::string(kModeTag), std::string(to_string(kind_)));
  Result<Job> job = co_await call(ctx, &batch, std::move(tags));
  if (job && !job->id.empty()) co_return job->id;
  if (job) {
    co_return fail(Error(ErrorKind::malformed, "the answer names no job").delivered(Delivery::answered));
  }
  Error error = std::move(job).error();
  if (error.kind() != ErrorKind::conflict) co_return fail(std::move(error));
  // One server refuses the whole call. The message may name it, or the list of jobs, a moment later.
  JobQuery query;
  query.from = ctx.clock().wall_now() - job_port::kActiveFor;
  const Result<std::vector<Job>> jobs = co_await service_.jobs(ctx, batch.scope_ptr(), std::move(query));
  if (jobs) error = conflict_of(std::move(error), batch, *jobs, run);
  if (error.kind() == ErrorKind::throttled) co_return fail(std::move(error).delivered(Delivery::answered));
  if (!error.context("instances").empty()) co_return fail(std::move(error));
  std::string named;
  for (const fleet::InstanceId& id : batch.ids()) {
    const bool there = error.message().find(id.text()) != std::string::npos ||
                       error.message().find(server_of(batch.scope(), id.text())) != std::string::npos;
    if (there) named += (named.empty() ? "" : " ") + id.text();
  }
  if (!named.empty()) co_return fail(std::move(error).with("instances", named));
  // Nobody is named yet: asked again, as when there is no room.
  co_return fail(std::move(error).as(ErrorKind::throttled));
}

/// The job with its log and instances, these read again whenever more of its servers have ended. Null: it is not
/// listed.
rt::Task<Result<const JobPort::Seen*>> JobPort::see(rt::CallContext ctx, fleet::ScopePtr site, std::string job_id) {
  JobQuery query;
  query.ids.push_back(job_id);
  CO_TRY(std::vector<Job> jobs, co_await service_.jobs(ctx, site, std::move(query)));
  std::erase_if(jobs, [&job_id](const Job& job) { return job.id != job_id; });
  if (jobs.empty()) co_return nullptr;
  std::size_t over = 0;
  std::vector<std::string> launched;
  for (const JobServer& server : jobs.front().servers) {
    over += server.is_over() || !jobs.front().is_active() ? 1 : 0;
    if (server.status == LaunchStatus::launched) launched.push_back(server.server_id);
  }
  if (over > seen_[job_id].over) {
    CO_TRY(std::vector<JobEvent> log, co_await service_.log(ctx, site, job_id));
    std::vector<RecoveryInstance> instances;
    if (!launched.empty()) {
      CO_TRY(instances, co_await service_.instances(ctx, site, std::move(launched)));
    }
    Seen& seen = seen_[job_id];
    seen.over = over;
    seen.log = std::move(log);
    seen.instances = std::move(instances);
  }
  Seen& seen = seen_[job_id];
  seen.job = std::move(jobs.front());
  co_return &seen;
}

rt::Task<Result<std::vector<flow::Invocation>>> JobPort::invocations(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                     std::string command_id) {
  CO_TRY(const Seen* const seen, co_await see(ctx, scope, std::move(command_id)));
  std::vector<flow::Invocation> out;
  if (seen == nullptr) co_return out;
  const WallTime now = ctx.clock().wall_now();
  std::map<std::string, std::string> targets;  // by source server, of a cleanup
  if (cleans_up()) {
    const std::string place = scope->account.text() + "/" + scope->region.text() + "/";
    for (const auto& [label, server] : details_) {
      if (label.starts_with(place)) targets[server_of_detail(server)] = label.substr(place.size());
    }
  }
  for (const JobServer& server : seen->job.servers) {
    const RecoveryInstance* instance = job_port::instance_of(seen->instances, server);
    const ServerVerdict verdict = verdict_of(seen->job, server, seen->log, instance, now);
    flow::Invocation& one = out.emplace_back();
    one.instance_id = cleans_up() ? targets[server.server_id] : server.server_id;
    one.status =
        server.status == LaunchStatus::in_progress ? flow::InvocationStatus::running : flow::InvocationStatus::pending;
    if (seen->job.status == "STARTED") one.status = flow::InvocationStatus::running;
    if (verdict.end == ServerVerdict::End::good) one.status = flow::InvocationStatus::succeeded;
    if (verdict.end == ServerVerdict::End::bad) one.status = flow::InvocationStatus::failed;
    one.details = verdict.reason;
    if (verdict.end != ServerVerdict::End::open) one.output = evidence_of(seen->job, server, verdict).dump();
  }
  co_return out;
}

rt::Task<Result<std::vector<flow::CommandCount>>> JobPort::counts(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                  WallTime not_before) {
  JobQuery query;
  query.from = not_before - job_port::kClockError;
  CO_TRY(const std::vector<Job> jobs, co_await service_.jobs(ctx, std::move(scope), std::move(query)));
  std::vector<flow::CommandCount> out;
  for (const Job& job : jobs) {
    flow::CommandCount& count = out.emplace_back();
    count.command_id = job.id;
    count.targets = job.servers.size();
    for (const JobServer& server : job.servers) count.completed += server.is_over() ? 1 : 0;
    count.done = !job.is_active();
  }
  co_return out;
}

rt::Task<Result<void>> JobPort::cancel(rt::CallContext, fleet::ScopePtr, std::string) {
  co_return fail(ErrorKind::unsupported, "Elastic Disaster Recovery cannot cancel a job: it runs to its end");
}

rt::Task<Result<flow::Output>> JobPort::output(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                               fleet::InstanceId instance) {
  const std::string id = server_of(*scope, instance.text());
  CO_TRY(const Seen* const seen, co_await see(ctx, scope, command_id));
  if (seen == nullptr) co_return fail(ErrorKind::not_found, "the job " + command_id + " is not listed");
  flow::Output out;
  if (seen->job.ended && seen->job.created) out.elapsed = *seen->job.ended - *seen->job.created;
  for (const JobServer& server : seen->job.servers) {
    if (server.server_id != id) continue;
    const RecoveryInstance* found = job_port::instance_of(seen->instances, server);
    const ServerVerdict verdict = verdict_of(seen->job, server, seen->log, found, ctx.clock().wall_now());
    out.out = evidence_of(seen->job, server, verdict).dump();
  }
  for (const JobEvent& event : seen->log) {
    if (event.server_id == id) out.err += describe(event) + "\n";
  }
  co_return out;
}

rt::Task<Result<std::optional<std::string>>> JobPort::find(rt::CallContext ctx, fleet::ScopePtr scope,
                                                           flow::LostSend lost) {
  JobQuery query;
  query.from = lost.not_before - job_port::kClockError;
  CO_TRY(std::vector<Job> jobs, co_await service_.jobs(ctx, scope, std::move(query)));
  if (cleans_up()) co_return co_await find_cleanup(ctx, std::move(scope), std::move(lost), std::move(jobs));
  co_return co_await find_launch(ctx, std::move(scope), std::move(lost), std::move(jobs));
}

/// Absent only when no job has the mark, and no job without one can be it.
rt::Task<Result<std::optional<std::string>>> JobPort::find_launch(rt::CallContext ctx, fleet::ScopePtr site,
                                                                  flow::LostSend lost, std::vector<Job> jobs) {
  const std::string op = op_in(lost.mark);
  std::map<std::string, const Job*> listed;
  for (const Job& job : jobs) {
    if (!op.empty() && job.tag(kOpTag) == op) co_return std::optional<std::string>(job.id);
    listed[job.id] = &job;
  }
  std::set<std::string> mine;
  std::vector<std::string> ids;
  for (const fleet::InstanceId& id : lost.targets) {
    mine.insert(id.text());
    ids.push_back(id.text());
  }
  CO_TRY(const std::vector<SourceServer> servers, co_await servers_.list_servers(ctx, site, std::move(ids)));
  const std::string type = kind_ == flow::RunKind::drill ? "DRILL" : "RECOVERY";
  // A call is taken as a whole or not at all: a job of other servers, or of another kind, is not this one.
  const auto may_be_ours = [&](const Job& job) {
    return job.tag(kOpTag).empty() && job.initiated_by == "START_" + type && job_port::servers_of(job) == mine;
  };
  std::set<std::string> launches;  // jobs that the servers name as their last, and that may be it
  std::size_t launched = 0;
  for (const SourceServer& server : servers) {
    if (!server.last_launch || !server.last_launch->at || !mine.contains(server.id)) continue;
    const LastLaunch& last = *server.last_launch;
    if (*last.at < lost.not_before - job_port::kClockError || last.type != type) continue;
    const auto job = listed.find(last.job_id);
    if (job != listed.end() && !may_be_ours(*job->second)) continue;
    launches.insert(last.job_id);
    ++launched;
  }
  if (launches.size() == 1 && launched == mine.size()) co_return std::optional<std::string>(*launches.begin());
  if (!launches.empty()) {
    co_return fail(ErrorKind::conflict, "servers of it were launched since by " + *launches.begin() +
                                            ", which carries no mark and is not certainly this run's");
  }
  for (const Job& job : jobs) {
    if (may_be_ours(job)) {
      co_return fail(ErrorKind::conflict, job.id + " has the same servers, and carries no mark");
    }
  }
  co_return std::optional<std::string>();
}

/// A job that ends exactly these; absent when there is none and all of them are still there.
rt::Task<Result<std::optional<std::string>>> JobPort::find_cleanup(rt::CallContext ctx, fleet::ScopePtr site,
                                                                   flow::LostSend lost, std::vector<Job> jobs) {
  std::map<std::string, std::string> mine;  // instance by source server
  for (const fleet::InstanceId& id : lost.targets) mine[server_of(*site, id.text())] = id.text();
  for (const Job& job : jobs) {
    if (job.type != "TERMINATE" || job.servers.size() != mine.size()) continue;
    const bool same = std::all_of(job.servers.begin(), job.servers.end(), [&mine](const JobServer& one) {
      const auto own = mine.find(one.server_id);
      return own != mine.end() && (one.instance_id.empty() || one.instance_id == own->second);
    });
    if (same) co_return std::optional<std::string>(job.id);
  }
  std::vector<std::string> ids;
  for (const auto& [server, instance] : mine) ids.push_back(server);
  CO_TRY(const std::vector<RecoveryInstance> there, co_await service_.instances(ctx, site, std::move(ids)));
  for (const auto& [server, instance] : mine) {
    const bool found =
        std::any_of(there.begin(), there.end(), [&id = instance](const RecoveryInstance& one) { return one.id == id; });
    if (!found) {
      co_return fail(ErrorKind::conflict, instance + " is gone, though no job that ends these instances is listed");
    }
  }
  co_return std::optional<std::string>();
}

}  // namespace postern::recovery
