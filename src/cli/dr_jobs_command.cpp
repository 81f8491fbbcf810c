// dr jobs

#include <algorithm>
#include <map>

#include "adapters/drs_jobs.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_work.hpp"
#include "cli/failure.hpp"
#include "recovery/server_source.hpp"
#include "rt/combine.hpp"
#include "rt/context.hpp"

namespace postern::cli {
namespace dr_jobs {

using recovery::Job;
using recovery::JobEvent;
using recovery::JobServer;

constexpr std::chrono::seconds kSinceMax = std::chrono::hours(24 * 365);
constexpr Duration kFirstGap = std::chrono::seconds(10);
constexpr Duration kLongestGap = std::chrono::seconds(60);

struct Wanted {
  Wanted() = default;
  std::string job;  ///< empty: all
  std::chrono::seconds since = std::chrono::hours(24);
  bool active = false;
  bool log = false;
  bool follow = false;
  std::size_t concurrency = 16;
};

Result<Wanted> read_wanted(const Command& command) {
  const Invocation& invocation = command.invocation();
  Wanted wanted;
  if (invocation.words.size() > 1) return fail(ErrorKind::usage, "name one job, or none for all");
  if (!invocation.words.empty()) {
    wanted.job = invocation.words.front();
    const std::string_view digits = std::string_view(wanted.job).substr(std::min<std::size_t>(7, wanted.job.size()));
    if (!wanted.job.starts_with("drsjob-") || digits.size() != 17) {
      return fail(ErrorKind::usage, "'" + printable(wanted.job, 60) + "' is no job's id: drsjob- and 17 digits");
    }
  }
  if (const auto text = invocation.value("--since")) {
    TRY(wanted.since, parse_duration(*text, "--since"));
    if (wanted.since.count() <= 0 || wanted.since > kSinceMax) return fail(ErrorKind::usage, "--since: 1s to 365d");
  }
  wanted.active = invocation.has("--active");
  wanted.log = invocation.has("--log");
  wanted.follow = invocation.has("--follow");
  if (wanted.log && wanted.job.empty()) return fail(ErrorKind::usage, "--log belongs to one job: name it");
  TRY(wanted.concurrency, chosen_concurrency(command));
  return wanted;
}

/// What one look saw.
struct Seen {
  Seen() = default;
  std::vector<Job> jobs;
  std::vector<JobEvent> log;
  bool log_read = false;
  fleet::Discovery asked;
};

class Lister {
 public:
  Lister(rt::CallContext ctx, adapters::DrsJobs& service, const std::vector<fleet::ScopePtr>& sites,
         const recovery::JobQuery& query, std::vector<std::optional<Result<std::vector<Job>>>>* into)
      : ctx_(ctx), service_(&service), sites_(&sites), query_(&query), into_(into) {}
  rt::Task<void> operator()(std::size_t index) const {
    recovery::JobQuery query = *query_;
    (*into_)[index].emplace(co_await service_->jobs(ctx_, (*sites_)[index], std::move(query)));
  }

 private:
  rt::CallContext ctx_;
  adapters::DrsJobs* service_;
  const std::vector<fleet::ScopePtr>* sites_;
  const recovery::JobQuery* query_;
  std::vector<std::optional<Result<std::vector<Job>>>>* into_;
};

rt::Task<Result<Seen>> look(const Command& command, DrWork& work, Wanted wanted) {
  const rt::CallContext ctx = command.ctx();
  adapters::DrsJobs service(*work.aws.session);
  recovery::JobQuery query;
  if (wanted.job.empty()) {
    query.from = ctx.clock().wall_now() - wanted.since;
  } else {
    query.ids.push_back(wanted.job);
  }
  std::vector<std::optional<Result<std::vector<Job>>>> answers(work.sites.size());
  const Lister lister(ctx, service, work.sites, query, &answers);
  co_await rt::for_each_bounded(work.sites.size(), wanted.concurrency, lister);
  if (co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "interrupted");
  Seen seen;
  seen.asked.scopes_asked = work.sites.size();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) continue;
    if (!*answers[i]) {
      // A site that was never set up has no jobs.
      const bool none = recovery::is_uninitialized(answers[i]->error());
      if (!none) seen.asked.problems.emplace_back(work.sites[i], answers[i]->error());
      continue;
    }
    for (Job& job : **answers[i]) {
      const bool other = !wanted.job.empty() && job.id != wanted.job;
      if (!other && (!wanted.active || job.is_active())) seen.jobs.push_back(std::move(job));
    }
  }
  const auto newest_first = [](const Job& a, const Job& b) {
    if (a.created != b.created) return a.created > b.created;
    return a.id > b.id;
  };
  std::sort(seen.jobs.begin(), seen.jobs.end(), newest_first);
  if (wanted.job.empty() || seen.jobs.empty()) co_return seen;
  if (wanted.log || !seen.jobs.front().is_active()) {
    CO_TRY(seen.log, co_await service.log(ctx, seen.jobs.front().site, wanted.job));
    seen.log_read = true;
  }
  co_return seen;
}

struct Counts {
  Counts() = default;
  std::size_t good = 0;
  std::size_t bad = 0;
  std::size_t open = 0;
};

Counts counts_of(const Job& job) {
  Counts out;
  for (const JobServer& server : job.servers) {
    if (server.status == recovery::LaunchStatus::failed) {
      ++out.bad;
    } else if (server.is_over()) {
      ++out.good;
    } else {
      ++out.open;
    }
  }
  return out;
}

std::string time_text(const std::optional<WallTime>& time) {
  return time ? format_rfc3339(std::chrono::floor<std::chrono::seconds>(*time)) : std::string();
}

Json job_json(const Job& job) {
  const Counts counts = counts_of(job);
  Json out = Json::object().set("account_id", job.site->account.text()).set("account", job.site->account_name);
  out.set("region", job.site->region.text()).set("job_id", job.id).set("type", scrub_utf8(job.type));
  out.set("initiated_by", scrub_utf8(job.initiated_by)).set("status", scrub_utf8(job.status));
  if (job.created) out.set("created", time_text(job.created));
  if (job.ended) out.set("ended", time_text(job.ended));
  out.set("servers", job.servers.size()).set("succeeded", counts.good).set("failed", counts.bad);
  out.set("open", counts.open);
  if (const std::string run = job.tag(recovery::kRunTag); !run.empty()) out.set("run_id", scrub_utf8(run));
  if (const std::string op = job.tag(recovery::kOpTag); !op.empty()) out.set("op", scrub_utf8(op));
  if (const std::string mode = job.tag(recovery::kModeTag); !mode.empty()) out.set("mode", scrub_utf8(mode));
  return out;
}

Json event_json(const JobEvent& event) {
  Json out = Json::object();
  if (event.at) out.set("at", time_text(event.at));
  out.set("event", scrub_utf8(event.event));
  if (!event.server_id.empty()) out.set("source_server_id", event.server_id);
  if (!event.instance_id.empty()) out.set("instance_id", event.instance_id);
  if (event.attempt) out.set("attempt", *event.attempt);
  if (event.attempts_max) out.set("attempts_max", *event.attempts_max);
  if (event.raw_error.empty()) return out;
  out.set("raw_error", scrub_utf8(event.raw_error));
  const recovery::FailureCause cause = recovery::cause_of(event.raw_error);
  if (!cause.code.empty()) {
    out.set("cause", std::string(cause.code)).set("means", std::string(cause.text)).set("fix", std::string(cause.fix));
  }
  return out;
}

Json server_json(const Job& job, const JobServer& server, const Seen& seen, WallTime now) {
  Json out = Json::object().set("source_server_id", server.server_id);
  if (!server.instance_id.empty()) out.set("recovery_instance_id", server.instance_id);
  out.set("launch_status", scrub_utf8(server.status_text));
  const recovery::ServerVerdict verdict = recovery::verdict_of(job, server, seen.log, nullptr, now);
  if (verdict.previous_snapshot) out.set("previous_snapshot", true);
  if (verdict.end != recovery::ServerVerdict::End::bad || !seen.log_read) return out;
  out.set("reason", scrub_utf8(verdict.reason));
  if (!verdict.cause.code.empty()) {
    out.set("cause", std::string(verdict.cause.code)).set("fix", std::string(verdict.cause.fix));
  }
  return out;
}

Json document_of(const Seen& seen, const Wanted& wanted, WallTime now) {
  Json jobs = Json::array();
  for (const Job& job : seen.jobs) {
    Json one = job_json(job);
    if (!wanted.job.empty()) {
      Json servers = Json::array();
      for (const JobServer& server : job.servers) servers.push_back(server_json(job, server, seen, now));
      one.set("participating_servers", std::move(servers));
    }
    if (wanted.log) {
      Json log = Json::array();
      for (const JobEvent& event : seen.log) log.push_back(event_json(event));
      one.set("log", std::move(log));
    }
    jobs.push_back(std::move(one));
  }
  Json out = Json::object().set("schema", "postern.jobs/1").set("jobs", std::move(jobs));
  return out.set("problems", problems_json(seen.asked));
}

term::Cell failed_cell(const Json& row) {
  const std::int64_t failed = row["failed"].to_int().value_or(0);
  return term::Cell(std::to_string(failed), failed > 0 ? term::Style::bad : term::Style::dim);
}

std::string details_of(const Job& job, const Seen& seen, const Wanted& wanted, WallTime now) {
  std::string out;
  for (const JobServer& server : job.servers) {
    const Json row = server_json(job, server, seen, now);
    out += "  " + printable(server.server_id, 40) + "  " + printable(server.status_text, 20);
    if (!server.instance_id.empty()) out += "  " + printable(server.instance_id, 40);
    if (row.contains("previous_snapshot")) out += "  from an earlier snapshot";
    if (row.contains("reason")) out += "  " + printable(row["reason"].as_string(), 400);
    if (row.contains("fix")) out += "; " + row["fix"].as_string();
    out += "\n";
  }
  if (!wanted.log) return out;
  out += "log:\n";
  for (const JobEvent& event : seen.log) {
    out += "  " + recovery::describe(event) + (event.server_id.empty() ? "" : "  " + printable(event.server_id, 40)) +
           "\n";
  }
  return out;
}

Result<void> answer(const Command& command, const Seen& seen, const Wanted& wanted) {
  const WallTime now = command.ctx().clock().wall_now();
  Answer answer;
  answer.document = document_of(seen, wanted, now);
  answer.rows_key = "jobs";
  answer.markdown_title = "Jobs";
  answer.columns.push_back(member_column("ACCOUNT", 3, "account"));
  answer.columns.push_back(id_column("REGION", 3, "region"));
  answer.columns.push_back(id_column("JOB", 0, "job_id"));
  answer.columns.push_back(member_column("BY", 1, "initiated_by"));
  answer.columns.push_back(member_column("STATUS", 0, "status"));
  answer.columns.push_back(member_column("SERVERS", 1, "servers"));
  answer.columns.push_back(member_column("DONE", 1, "succeeded"));
  answer.columns.emplace_back("FAILED", 0, failed_cell);
  answer.columns.push_back(member_column("OPEN", 1, "open"));
  answer.columns.push_back(member_column("CREATED", 2, "created"));
  answer.columns.push_back(id_column("RUN", 4, "run_id"));
  if (!wanted.job.empty() && !seen.jobs.empty()) {
    answer.table_footer = details_of(seen.jobs.front(), seen, wanted, now);
  }
  return command.answer(answer);
}

bool any_active(const Seen& seen) {
  return std::any_of(seen.jobs.begin(), seen.jobs.end(), [](const Job& job) { return job.is_active(); });
}

/// Says on stderr what has changed since the last look.
class Teller {
 public:
  explicit Teller(const Command& command) : command_(command) {}
  void tell(const Seen& seen) {
    for (const Job& job : seen.jobs) {
      const Counts counts = counts_of(job);
      std::string text = job.id + " " + printable(job.status, 20) + ": " + std::to_string(counts.good) + " done, " +
                         std::to_string(counts.bad) + " failed, " + std::to_string(counts.open) + " open";
      std::string& said = said_[job.id];
      if (said == text) continue;
      command_.err(text + "\n");
      said = std::move(text);
    }
    for (std::size_t i = logged_; i < seen.log.size(); ++i) {
      command_.err("  " + recovery::describe(seen.log[i]) + "\n");
    }
    logged_ = std::max(logged_, seen.log.size());
  }

 private:
  const Command& command_;
  std::map<std::string, std::string> said_;
  std::size_t logged_ = 0;
};

/// Looks until nothing is under way: after ten seconds, then less often.
rt::Task<Result<Seen>> follow(const Command& command, DrWork& work, Wanted wanted) {
  Teller teller(command);
  Duration gap = kFirstGap;
  for (;;) {
    CO_TRY(Seen seen, co_await look(command, work, wanted));
    teller.tell(seen);
    if (!any_active(seen)) co_return seen;
    const rt::CallContext ctx = command.ctx();
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + gap));
    gap = std::min<Duration>(gap * 3 / 2, kLongestGap);
  }
}

int exit_code(const Seen& seen) {
  const int problems = exit_code_of(seen.asked);
  if (problems != kExitOk) return problems;
  const bool failed = std::any_of(seen.jobs.begin(), seen.jobs.end(), [](const Job& job) {
    return counts_of(job).bad > 0 || (!job.is_active() && counts_of(job).open > 0);
  });
  return failed ? kExitTargetFailed : kExitOk;
}

rt::Task<Result<int>> run(const Command& command, DrWork& work, Wanted wanted) {
  const std::string job = wanted.job;
  const Wanted shown = wanted;
  Result<Seen> seen = Seen();
  if (wanted.follow) {
    seen = co_await follow(command, work, std::move(wanted));
  } else {
    seen = co_await look(command, work, std::move(wanted));
  }
  if (!seen) co_return fail(std::move(seen).error());
  const bool asked_all = seen->asked.problems.empty();
  if (!job.empty() && seen->jobs.empty() && asked_all) {
    co_return fail(ErrorKind::not_found, "no site has a job " + job + ": jobs are kept for a while only");
  }
  CO_TRY_VOID(answer(command, *seen, shown));
  command.err(summarize_problems(seen->asked));
  co_return exit_code(*seen);
}

}  // namespace dr_jobs

rt::Task<Result<int>> run_dr_jobs(const Command& command) {
  CO_TRY(dr_jobs::Wanted wanted, dr_jobs::read_wanted(command));
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::observe));
  Result<int> code = co_await dr_jobs::run(command, work, std::move(wanted));
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace postern::cli
