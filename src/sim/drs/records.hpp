#pragma once

/// What Elastic Disaster Recovery keeps, as values: source servers, jobs, recovery instances and the sites they are in.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/core/server.hpp"
#include "aws/drs/types.hpp"
#include "sim/cloud.hpp"
#include "sim/drs/replication.hpp"

namespace postern::sim::drs {

/// Account and Region.
using SiteKey = std::pair<std::string, std::string>;

/// The machine that is replicated, as it was when its agent was installed.
struct Machine {
  Machine() = default;
  std::string instance_id;
  std::string account;
  std::string region;
  std::string zone;
  std::string name;
  std::string instance_type;
  std::string private_ip;
  std::string mac;
  std::string os;
  Platform platform = Platform::linux;
  std::string platform_name;
  std::string platform_version;
  std::int64_t disk_bytes = 0;
  AgentConfig agent;
  std::map<std::string, std::string> tags;  ///< of the instance, Name among them
};

enum class Replicating : std::uint8_t { running, stopped, disconnected };

struct Server {
  Server() = default;
  std::string id;
  std::string arn;
  SiteKey site;
  Machine machine;
  Tags tags;
  WallTime added;
  Replicating replicating = Replicating::running;
  WallTime changed;  ///< when it was stopped or disconnected
  Course course;
  std::vector<WallTime> on_demand;  ///< points that jobs took, oldest first
  std::string agent_version = "6.4.2.20260801";
  aws::drs::ReplicationDirection::Value direction = aws::drs::ReplicationDirection::failover;
  std::string reversed_arn;
  std::string recovery_instance;  ///< id; empty: none
  std::string launch_template;    ///< id in EC2; made when first asked for
  aws::drs::LaunchConfiguration launch;
  aws::drs::ReplicationConfiguration replication;
  std::optional<aws::drs::LifeCycleLastLaunch> last_launch;
  aws::drs::LastLaunchResult::Value last_result = aws::drs::LastLaunchResult::not_started;
  std::string staging_arn;      ///< of an extension: the server in the staging account
  std::string extension_error;  ///< empty: none
};

enum class JobKind : std::uint8_t { launch, terminate, converted_snapshot };
enum class LaunchState : std::uint8_t { pending, in_progress, launched, failed, terminated };

struct JobServer {
  JobServer() = default;
  std::string server_id;
  std::string instance_id;        ///< of the recovery instance, once there is one
  std::optional<WallTime> point;  ///< asked for; then the one that is launched from
  LaunchState state = LaunchState::pending;
};

struct LogItem {
  LogItem() = default;
  WallTime time;
  aws::drs::JobLogEvent::Value event = aws::drs::JobLogEvent::job_start;
  std::string server_id;
  std::string conversion_server;
  std::string instance_id;
  std::string raw_error;
};

struct Job {
  explicit Job(aws::server::CallInfo by) : caller(std::move(by)) {}
  std::string id;
  std::string arn;
  SiteKey site;
  JobKind kind = JobKind::launch;
  aws::drs::InitiatedBy::Value initiated_by = aws::drs::InitiatedBy::start_recovery;
  aws::drs::JobStatus::Value status = aws::drs::JobStatus::pending;
  WallTime created;
  std::optional<WallTime> ended;
  std::vector<JobServer> servers;
  Tags tags;
  std::vector<LogItem> log;
  /// Whose permissions everything in EC2 is done with.
  aws::server::CallInfo caller;
  std::size_t open = 0;  ///< servers that are not done yet
  std::string staging_job;

  bool is_drill() const noexcept { return initiated_by == aws::drs::InitiatedBy::start_drill; }
  bool is_active() const noexcept { return status != aws::drs::JobStatus::completed; }
};

struct RecoveryInstanceRecord {
  RecoveryInstanceRecord() = default;
  std::string id;  ///< the EC2 instance's
  std::string arn;
  std::string server_id;
  std::string job_id;
  bool drill = false;
  bool disconnected = false;
  WallTime launched;
  WallTime point;
  Tags tags;
  std::string reversed_arn;  ///< of the server that replicates it back; empty: not reversed
};

/// A fault with the moment from which its times count.
struct ActiveFault {
  ActiveFault() = default;
  DrsFault fault;
  std::optional<WallTime> added;         ///< absent: it is the config's
  std::map<std::string, unsigned> used;  ///< times, by instance
};

struct SiteRecord {
  SiteRecord() = default;
  SiteKey key;
  DrsReadiness readiness = DrsReadiness::uninitialized;
  unsigned pace = 1;
  std::map<std::string, aws::drs::ReplicationConfigurationTemplate> replication_templates;
  std::map<std::string, aws::drs::LaunchConfigurationTemplate> launch_templates;
  std::map<std::string, Server> servers;  ///< by id
  std::map<std::string, RecoveryInstanceRecord> instances;
  std::deque<std::string> job_order;  ///< ids, oldest first
  std::map<std::string, Job> jobs;
  std::vector<ActiveFault> faults;
  std::uint64_t made = 0;  ///< counts what was created here, for ids
};

}  // namespace postern::sim::drs
