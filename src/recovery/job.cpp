#include "recovery/job.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace postern::recovery {
namespace job {

constexpr std::array<std::string_view, 6> kLaunchStatuses = {"PENDING", "IN_PROGRESS", "LAUNCHED",
                                                             "FAILED",  "TERMINATED",  "UNKNOWN"};
constexpr std::size_t kRawMax = 400;

struct KnownCause {
  std::string_view word;  ///< in the raw error, in lower case
  std::string_view code;
  std::string_view text;
  std::string_view fix;
};

constexpr std::string_view kNoRights =
    "DRS calls EC2 and IAM with the permissions of whoever starts the job, and these lack one";
constexpr std::string_view kGiveRights =
    "deploy the role of the duty: postern deploy roles --duty recover --duty cleanup";
constexpr std::string_view kSettings = "change the server's launch settings, then run the failed ones again";

// The first that matches counts: from the particular to the general.
constexpr KnownCause kCauses[] = {
    {"insufficientinstancecapacity", "capacity", "EC2 has no such instance type to give in that Availability Zone now",
     "another instance type or subnet in the launch settings, or the failed ones again later"},
    {"insufficienthostcapacity", "capacity", "the dedicated host is full", kSettings},
    {"insufficientfreeaddressesinsubnet", "network", "the subnet has no free address", kSettings},
    {"vcpulimitexceeded", "quota", "the account's vCPU quota is used up", "ask for a higher quota of EC2"},
    {"limitexceeded", "quota", "a quota of the account is used up", "ask for a higher quota"},
    {"unauthorizedoperation", "permissions", kNoRights, kGiveRights},
    {"accessdenied", "permissions", kNoRights, kGiveRights},
    {"not authorized", "permissions", kNoRights, kGiveRights},
    {"passrole", "permissions", kNoRights, kGiveRights},
    {"disableapitermination", "protected", "the instance is protected from termination",
     "take the protection away, then clean up again"},
    {"operationnotpermitted", "protected", "EC2 does not allow it for this instance", "see the message"},
    {"vpcidnotspecified", "network", "the launch settings name no subnet, and the account has no default VPC",
     kSettings},
    {"invalidsubnet", "network", "the subnet of the launch settings is not there", kSettings},
    {"invalidgroup", "network", "a security group of the launch settings is not there", kSettings},
    {"inuse", "network", "the private address is taken", "do not copy the private address, or free it"},
    {"kms", "key", "a key of KMS cannot be used", "let the key's policy allow the recovery role and the service"},
    {"snapshot", "snapshot", "no snapshot could be taken or used",
     "see the replication of the server: postern dr status"},
    {"not replicating", "snapshot", "no snapshot could be taken: the server does not replicate",
     "see the replication of the server: postern dr status"},
};

/// The last event of the server that says why it failed.
const JobEvent* last_failure(const std::vector<JobEvent>& log, std::string_view server) {
  const JobEvent* last = nullptr;
  for (const JobEvent& event : log) {
    if (event.server_id == server && event.is_failure() && event.event != "SNAPSHOT_FAIL") last = &event;
  }
  if (last != nullptr) return last;
  for (const JobEvent& event : log) {
    if (event.server_id == server && event.is_failure()) last = &event;
  }
  return last;
}

bool has_event(const std::vector<JobEvent>& log, std::string_view server, std::string_view name) {
  return std::any_of(log.begin(), log.end(),
                     [&](const JobEvent& event) { return event.server_id == server && event.event == name; });
}

void say_failure(const Job& job, const JobServer& server, const std::vector<JobEvent>& log, ServerVerdict& out) {
  const JobEvent* failure = last_failure(log, server.server_id);
  if (failure != nullptr) {
    out.raw_error = printable(failure->raw_error, kRawMax);
    out.cause = cause_of(failure->raw_error);
    out.reason = failure->event + (out.raw_error.empty() ? "" : ": " + out.raw_error);
    if (!out.cause.code.empty()) out.reason += " (" + std::string(out.cause.text) + ")";
    return;
  }
  if (has_event(log, server.server_id, "SERVER_SKIPPED")) {
    out.reason = "the job skipped it";
  } else if (server.status == LaunchStatus::failed) {
    out.reason = "it failed, and the log of " + job.id + " does not say why";
  } else {
    out.reason = job.id + " ended, and its status is still " + printable(server.status_text, 40);
  }
}

}  // namespace job

std::string_view to_string(LaunchStatus status) noexcept {
  return job::kLaunchStatuses.at(static_cast<std::size_t>(status));
}

LaunchStatus parse_launch_status(std::string_view text) noexcept {
  for (std::size_t i = 0; i < job::kLaunchStatuses.size(); ++i) {
    if (job::kLaunchStatuses.at(i) == text) return static_cast<LaunchStatus>(i);
  }
  return LaunchStatus::unknown;
}

bool Job::is_closing() const {
  return is_active() && !servers.empty() &&
         std::all_of(servers.begin(), servers.end(), [](const JobServer& one) { return one.is_over(); });
}

std::string Job::tag(std::string_view key) const {
  const auto found = tags.find(key);
  return found == tags.end() ? std::string() : found->second;
}

bool JobEvent::is_failure() const {
  return event.ends_with("_FAIL") || event.ends_with("_FAILED");
}

std::string describe(const JobEvent& event) {
  std::string out = (event.at ? format_rfc3339(std::chrono::floor<std::chrono::seconds>(*event.at)) : "-") + " " +
                    printable(event.event, 60);
  if (event.attempt) out += " attempt " + std::to_string(*event.attempt);
  if (event.attempt && event.attempts_max) out += " of " + std::to_string(*event.attempts_max);
  if (!event.instance_id.empty()) out += " " + printable(event.instance_id, 40);
  if (!event.raw_error.empty()) out += ": " + printable(event.raw_error, job::kRawMax);
  return out;
}

FailureCause cause_of(std::string_view raw_error) noexcept {
  const std::string text = to_lower(raw_error.substr(0, 4096));
  for (const job::KnownCause& one : job::kCauses) {
    if (text.find(one.word) != std::string::npos) return FailureCause(one.code, one.text, one.fix);
  }
  return FailureCause();
}

ServerVerdict verdict_of(const Job& job, const JobServer& server, const std::vector<JobEvent>& log,
                         const RecoveryInstance* instance, WallTime now) {
  ServerVerdict out;
  out.instance_id = server.instance_id;
  const bool ends = job.type == "TERMINATE";
  const LaunchStatus good = ends ? LaunchStatus::terminated : LaunchStatus::launched;
  const bool settled = !job.is_active() && now >= job.ended.value_or(now) + kSettleTime;
  if (server.status == good) {
    out.end = ServerVerdict::End::good;
  } else if (server.is_over() || settled) {
    out.end = ServerVerdict::End::bad;
    job::say_failure(job, server, log, out);
  }
  if (ends) return out;
  out.previous_snapshot = job::has_event(log, server.server_id, "USING_PREVIOUS_SNAPSHOT");
  if (instance == nullptr || instance->job_id != job.id) return out;
  out.instance_id = instance->id;
  out.ec2_state = instance->ec2_state;
  out.point = instance->point;
  // A snapshot that was taken for this launch is newer than the order.
  if (out.point && job.created) out.rpo = std::max<Duration>(*job.created - *out.point, Duration{});
  return out;
}

std::string SiteLoad::text() const {
  return std::to_string(jobs) + " of " + std::to_string(kSiteJobsMax) + " jobs are under way with " +
         std::to_string(servers) + " of " + std::to_string(kSiteServersMax) + " servers";
}

SiteLoad load_of(const std::vector<Job>& jobs) {
  SiteLoad load;
  for (const Job& job : jobs) {
    if (!job.is_active() || job.type == "CREATE_CONVERTED_SNAPSHOT") continue;
    ++load.jobs;
    load.servers += job.servers.size();
  }
  return load;
}

std::string describe_span(Duration span) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  const auto two = [](std::int64_t whole, const char* unit, std::int64_t part, const char* part_unit) {
    return std::to_string(whole) + unit + (part == 0 ? "" : std::to_string(part) + part_unit);
  };
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return two(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86'400) return two(seconds / 3600, "h", seconds % 3600 / 60, "m");
  return two(seconds / 86'400, "d", seconds % 86'400 / 3600, "h");
}

}  // namespace postern::recovery
