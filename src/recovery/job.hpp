#pragma once

/// Jobs of Elastic Disaster Recovery, as values. A job's status never says how it went: PENDING, STARTED or COMPLETED
/// is all that there is. What became of a server is in the list of those that take part, and in the job's log.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "fleet/types.hpp"

namespace postern::recovery {

/// DRS's own limits, per site (quotas L-B827C881, L-D88FAC3A, L-05AFA8C6). A server is in one job at a time.
inline constexpr std::size_t kJobServersMax = 100;
inline constexpr std::size_t kSiteJobsMax = 20;
inline constexpr std::size_t kSiteServersMax = 500;

/// The tags of a job by which it is found again and known by others.
inline constexpr std::string_view kRunTag = "postern:run";
inline constexpr std::string_view kOpTag = "postern:op";
inline constexpr std::string_view kModeTag = "postern:mode";

/// launchStatus. `unknown` is one that this program was not made with.
enum class LaunchStatus : std::uint8_t { pending, in_progress, launched, failed, terminated, unknown };
std::string_view to_string(LaunchStatus status) noexcept;
LaunchStatus parse_launch_status(std::string_view text) noexcept;

/// One server of a job.
struct JobServer {
  JobServer() = default;
  std::string server_id;
  std::string instance_id;  ///< of the recovery instance; empty: none yet
  LaunchStatus status = LaunchStatus::unknown;
  std::string status_text;  ///< as AWS says it
  bool is_over() const noexcept {
    return status == LaunchStatus::launched || status == LaunchStatus::failed || status == LaunchStatus::terminated;
  }
};

struct Job {
  Job() = default;
  fleet::ScopePtr site;
  std::string id;            ///< "drsjob-" and 17 digits
  std::string type;          ///< LAUNCH, TERMINATE, CREATE_CONVERTED_SNAPSHOT
  std::string initiated_by;  ///< START_DRILL, START_RECOVERY, TERMINATE_RECOVERY_INSTANCES ...
  std::string status;        ///< PENDING, STARTED, COMPLETED
  std::optional<WallTime> created;
  std::optional<WallTime> ended;
  std::vector<JobServer> servers;
  fleet::Tags tags;
  bool is_active() const { return status != "COMPLETED"; }
  /// Every server has ended: the job itself does in a moment.
  bool is_closing() const;
  /// A tag's value; empty: it has none.
  std::string tag(std::string_view key) const;
};

/// One line of a job's log.
struct JobEvent {
  JobEvent() = default;
  std::optional<WallTime> at;
  std::string event;      ///< CONVERSION_START, LAUNCH_FAILED, ...
  std::string server_id;  ///< empty: of the whole job
  std::string instance_id;
  std::string raw_error;
  std::optional<std::int64_t> attempt;
  std::optional<std::int64_t> attempts_max;
  bool is_failure() const;
};
/// "2026-03-01T12:00:00Z LAUNCH_FAILED attempt 2 of 3: InsufficientInstanceCapacity: ..."
std::string describe(const JobEvent& event);

struct RecoveryInstance {
  RecoveryInstance() = default;
  std::string id;  ///< the EC2 instance's
  std::string server_id;
  std::string job_id;            ///< that launched it
  std::string ec2_state;         ///< RUNNING, STOPPED, TERMINATED, NOT_FOUND ...
  std::optional<bool> is_drill;  ///< absent: not said
  std::optional<WallTime> point;
};

/// Why a phase of a job failed, as far as the raw error tells, and what to do about it.
struct FailureCause {
  FailureCause() = default;
  FailureCause(std::string_view c, std::string_view t, std::string_view f) : code(c), text(t), fix(f) {}
  std::string_view
      code;  ///< "capacity", "permissions", "quota", "network", "protected", "key", "snapshot"; empty: not known
  std::string_view text;
  std::string_view fix;
};
FailureCause cause_of(std::string_view raw_error) noexcept;

/// What became of one server in a job.
struct ServerVerdict {
  ServerVerdict() = default;
  enum class End : std::uint8_t { open, good, bad };
  End end = End::open;
  std::string reason;  ///< one sentence, of a bad end
  std::string raw_error;
  FailureCause cause;
  std::string instance_id;
  std::string ec2_state;
  std::optional<WallTime> point;
  std::optional<Duration> rpo;     ///< from the order to recover back to `point`; absent: not known
  bool previous_snapshot = false;  ///< no new snapshot could be taken: an earlier one was used
};

/// `instance`: the server's recovery instance if it is known. A job that has ended is given `kSettleTime` to show the
/// end of its servers; what is still open then has failed.
inline constexpr Duration kSettleTime = std::chrono::minutes(2);
ServerVerdict verdict_of(const Job& job, const JobServer& server, const std::vector<JobEvent>& log,
                         const RecoveryInstance* instance, WallTime now);

/// What is under way in a site, whoever began it.
struct SiteLoad {
  SiteLoad() = default;
  std::size_t jobs = 0;
  std::size_t servers = 0;
  bool has_room(std::size_t more) const noexcept { return jobs < kSiteJobsMax && servers + more <= kSiteServersMax; }
  /// "3 of 20 jobs are under way with 120 of 500 servers"
  std::string text() const;
};
SiteLoad load_of(const std::vector<Job>& jobs);

/// "45s", "12m", "3h20m", "2d4h".
std::string describe_span(Duration span);

}  // namespace postern::recovery
