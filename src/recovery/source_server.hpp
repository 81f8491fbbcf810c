#pragma once

/// What Elastic Disaster Recovery knows of one server that it protects. Values of an observation: nothing here calls
/// anything. Shapes: DescribeSourceServers and DescribeRecoverySnapshots in the DRS API Reference.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "fleet/types.hpp"

namespace postern::recovery {

/// dataReplicationState. `unknown` is a state that this program was not made with: never taken for a healthy one.
enum class ReplicationState : std::uint8_t {
  stopped,
  initiating,
  initial_sync,
  backlog,
  creating_snapshot,
  continuous,
  paused,
  rescan,
  stalled,
  disconnected,
  unknown
};
/// "INITIAL_SYNC"; "UNKNOWN".
std::string_view to_string(ReplicationState state) noexcept;
/// AWS's spelling; anything else is unknown.
ReplicationState parse_replication_state(std::string_view text) noexcept;

/// One of the eleven steps before the first byte is copied, in their order.
struct InitiationStep {
  InitiationStep() = default;
  std::string name;    ///< "LAUNCH_REPLICATION_SERVER"
  std::string status;  ///< NOT_STARTED, IN_PROGRESS, SUCCEEDED, FAILED, SKIPPED
};

/// Sums over the disks, in bytes.
struct DiskTotals {
  DiskTotals() = default;
  std::int64_t total = 0;
  std::int64_t replicated = 0;
  std::int64_t rescanned = 0;
  std::int64_t backlog = 0;
  std::uint32_t disks = 0;
};

/// lifeCycle.lastLaunch.
struct LastLaunch {
  LastLaunch() = default;
  std::optional<WallTime> at;
  std::string job_id;
  std::string type;    ///< "RECOVERY", "DRILL"
  std::string status;  ///< "PENDING", "IN_PROGRESS", "LAUNCHED", "FAILED", "TERMINATED"
};

struct SourceServer {
  SourceServer() = default;
  fleet::ScopePtr site;  ///< where it was seen
  std::string id;        ///< "s-" and 17 digits
  std::string arn;
  fleet::Tags tags;

  std::string instance_id;  ///< the EC2 instance that it is; empty: no EC2 instance
  std::string hostname;
  std::string origin_account;
  std::string origin_region;
  std::string os;

  ReplicationState state = ReplicationState::unknown;
  std::string state_text;                ///< as AWS says it
  std::string error;                     ///< dataReplicationError.error; empty: none
  std::string raw_error;                 ///< what a person should read
  std::optional<Duration> lag;           ///< absent: not said
  std::optional<WallTime> eta;           ///< of the initial sync
  std::optional<WallTime> last_seen;     ///< of the agent, by the service
  std::optional<WallTime> added;         ///< to the service
  std::optional<WallTime> next_attempt;  ///< of an initiation that failed
  DiskTotals disks;
  std::vector<InitiationStep> steps;

  std::string recovery_instance_id;  ///< empty: none
  std::string last_launch_result;    ///< NOT_STARTED, PENDING, SUCCEEDED, FAILED
  std::optional<LastLaunch> last_launch;

  bool failback = false;        ///< replicationDirection FAILBACK: replicates home
  std::string staging_status;   ///< EXTENDED, EXTENSION_ERROR, NOT_EXTENDED; empty: not said
  std::string staging_account;  ///< where it replicates, of an extended server
  std::string staging_server_arn;
  std::string staging_error;
  std::string agent_version;

  /// Replicates in another account and is only launched here.
  bool is_extended() const { return staging_status == "EXTENDED" || staging_status == "EXTENSION_ERROR"; }
  /// Of those that one instance may have left behind, one that is in use: neither disconnected nor on its way home.
  bool is_live() const { return state != ReplicationState::disconnected && !failback; }
};

/// One point in time that a server can be recovered to.
struct RecoveryPoint {
  RecoveryPoint() = default;
  std::string id;  ///< "pit-" and 17 digits
  std::optional<WallTime> at;
};

/// ISO 8601 durations as DRS writes them ("PT6M10S", "P1DT2H"); absent for what is none, and for years and months,
/// which have no length.
std::optional<Duration> parse_iso_duration(std::string_view text);

/// The servers of sites by the instance that they are: (account of origin, instance id). An instance may have several.
using ServersByInstance = std::multimap<std::pair<std::string, std::string>, const SourceServer*>;
ServersByInstance by_instance(const std::vector<SourceServer>& servers);

}  // namespace postern::recovery
