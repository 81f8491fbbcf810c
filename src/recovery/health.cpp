#include "recovery/health.hpp"

#include <algorithm>
#include <array>

namespace postern::recovery {
namespace health_detail {

struct Known {
  std::string_view name;
  Advice advice;
};

constexpr std::string_view kStagingNetwork =
    "give the staging subnet a way to DRS, S3 and EC2 on port 443: interface endpoints for drs and ec2, a gateway "
    "endpoint for S3";
constexpr std::string_view kDataPath =
    "open TCP 1500 from the source to the replication servers: their security group, network ACLs, routes of both "
    "VPCs, and dataPlaneRouting PRIVATE_IP where there is no internet";

// By the step that failed; FAILED_TO_<step> is the error.
const std::array<Known, 10> kSteps = {{
    {"CREATE_SECURITY_GROUP",
     Advice("DRS may not make its security group in the staging VPC, or the quota of groups is reached",
            "look for UnauthorizedOperation in CloudTrail of the staging account; an SCP or the quota is in the way")},
    {"LAUNCH_REPLICATION_SERVER",
     Advice("no replication server could be launched: quota of vCPUs, no free address in the staging subnet, capacity, "
            "an SCP, or the key of EBS encryption",
            "free addresses or raise the vCPU quota; let the DRS roles use the KMS key")},
    {"BOOT_REPLICATION_SERVER", Advice("the replication server did not come up in time",
                                       "DRS tries again; if it stays, the instance type of the "
                                       "replication servers may lack capacity in this zone")},
    {"AUTHENTICATE_WITH_SERVICE",
     Advice("the replication server does not reach DRS from the staging subnet", kStagingNetwork)},
    {"DOWNLOAD_REPLICATION_SOFTWARE",
     Advice("the replication server cannot fetch its software from S3", kStagingNetwork)},
    {"CREATE_STAGING_DISKS", Advice("the staging disks could not be made: EBS quota, or the KMS key may not be used",
                                    "raise the quota of volumes; give the DRS roles the grants of the key")},
    {"ATTACH_STAGING_DISKS",
     Advice("the staging disks could not be attached to the replication server",
            "DRS tries again; more than a server's worth of disks needs a dedicated replication server")},
    {"PAIR_REPLICATION_SERVER_WITH_AGENT", Advice("agent and replication server do not find each other", kDataPath)},
    {"CONNECT_AGENT_TO_REPLICATION_SERVER", Advice("the agent cannot connect to the replication server", kDataPath)},
    {"START_DATA_TRANSFER", Advice("the first bytes do not flow", kDataPath)},
}};

const std::array<Known, 4> kErrors = {{
    {"AGENT_NOT_SEEN",
     Advice("the agent has not been heard of: the source is off, its agent has stopped, or port 443 to DRS is shut",
            "start the instance; look at the service aws-replication-agent and at the endpoint of drs on the way")},
    {"SNAPSHOTS_FAILURE",
     Advice("points in time cannot be made: a quota of snapshots, the rights of the DRS roles, or the KMS key",
            "look for the refused CreateSnapshot in CloudTrail of the staging account; mend role, key or quota")},
    {"NOT_CONVERGING",
     Advice("the source writes faster than is copied",
            "raise bandwidthThrottling, use a dedicated or larger replication server, or faster staging disks")},
    {"UNSTABLE_NETWORK", Advice("the connection between agent and replication server breaks again and again",
                                "look at the link (VPN, peering, firewall time-outs) on TCP 1500")},
}};

Advice with_fallback(std::string_view name) {
  for (const Known& one : kErrors) {
    if (one.name == name) return one.advice;
  }
  constexpr std::string_view kFailedTo = "FAILED_TO_";
  return name.starts_with(kFailedTo) ? advice_of_step(name.substr(kFailedTo.size())) : Advice();
}

Duration since(WallTime then, WallTime now) {
  // Clocks differ: what has just been seen may lie ahead of us.
  return std::max(Duration(0), std::chrono::duration_cast<Duration>(now - then));
}

Replication replication_of(const SourceServer& server, const Health& health, const HealthPolicy& policy) {
  switch (server.state) {
    case ReplicationState::stopped:
      return Replication::stopped;
    case ReplicationState::initiating:
      return Replication::starting;
    case ReplicationState::initial_sync:
    case ReplicationState::backlog:
    case ReplicationState::creating_snapshot:
      return Replication::catching_up;
    case ReplicationState::paused:
      return Replication::paused;
    case ReplicationState::rescan:
      return Replication::rescanning;
    case ReplicationState::stalled:
      return server.error == "AGENT_NOT_SEEN" ? Replication::agent_missing : Replication::stalled;
    case ReplicationState::disconnected:
      return Replication::disconnected;
    case ReplicationState::continuous:
      break;
    case ReplicationState::unknown:
      return Replication::unknown;
  }
  if (!health.sample_age) return Replication::unknown;
  if (*health.sample_age > policy.silence) return Replication::agent_missing;
  if (server.error == "NOT_CONVERGING") return Replication::lagging;
  // DRS leaves the lag out when there is none.
  return server.lag.value_or(Duration(0)) > policy.rpo ? Replication::lagging : Replication::healthy;
}

bool copies(Replication replication) {
  return replication == Replication::healthy || replication == Replication::lagging;
}

void take_points(const PointsRead& points, WallTime now, const HealthPolicy& policy, Health& health) {
  if (!points.asked) return;
  if (points.failed) {
    health.recoverability = Recoverability::unknown;
    return;
  }
  if (!points.newest) {
    health.recoverability = Recoverability::none;
    return;
  }
  if (!points.newest->at) {
    health.recoverability = Recoverability::unknown;
    return;
  }
  health.point_age = since(*points.newest->at, now);
  health.recoverability = *health.point_age <= policy.rpo ? Recoverability::fresh : Recoverability::aged;
}

std::string_view plain_cause(Replication replication) {
  switch (replication) {
    case Replication::lagging:
      return "more than the limit has not been copied yet";
    case Replication::agent_missing:
      return "the service has not heard of the agent for too long";
    case Replication::paused:
      return "replication is paused";
    case Replication::stopped:
      return "replication was stopped: nothing is copied and its points are gone";
    case Replication::disconnected:
      return "disconnected from the service: nothing is copied";
    case Replication::unknown:
      return "a state that is not known here";
    default:
      return {};
  }
}

void explain(const SourceServer& server, Health& health) {
  Advice advice = with_fallback(server.error);
  if (advice.cause.empty()) {
    for (const InitiationStep& step : server.steps) {
      if (step.status == "FAILED") advice = advice_of_step(step.name);
    }
  }
  if (advice.cause.empty() && health.replication == Replication::agent_missing) {
    advice = with_fallback("AGENT_NOT_SEEN");
  }
  health.cause = advice.cause.empty() ? plain_cause(health.replication) : advice.cause;
  health.fix = advice.fix;
  if (health.cause.empty() && !server.error.empty()) health.cause = server.error;
  if (health.recoverability == Recoverability::none && health.cause.empty()) {
    health.cause = "there is no point in time to recover to yet";
  }
}

}  // namespace health_detail

std::string_view to_string(Replication replication) noexcept {
  constexpr std::array<std::string_view, 11> kNames = {"healthy",    "lagging",      "starting",      "catching_up",
                                                       "rescanning", "stalled",      "agent_missing", "paused",
                                                       "stopped",    "disconnected", "unknown"};
  return kNames.at(static_cast<std::size_t>(replication));
}

std::string_view to_string(Recoverability recoverability) noexcept {
  constexpr std::array<std::string_view, 5> kNames = {"fresh", "aged", "none", "not_read", "unknown"};
  return kNames.at(static_cast<std::size_t>(recoverability));
}

Health assess(const SourceServer& server, const PointsRead& points, WallTime now, const HealthPolicy& policy) {
  using namespace health_detail;
  Health health;
  if (server.last_seen) health.sample_age = since(*server.last_seen, now);
  health.replication = replication_of(server, health, policy);
  take_points(points, now, policy, health);
  if (copies(health.replication) && health.sample_age) {
    health.exposure = server.lag.value_or(Duration(0)) + *health.sample_age;
  } else if (health.point_age) {
    health.exposure = health.point_age;
  }
  const bool syncs = server.state == ReplicationState::initial_sync || server.state == ReplicationState::initiating;
  if (syncs && server.disks.total > 0) {
    const std::int64_t share = server.disks.replicated * 100 / server.disks.total;
    health.percent = static_cast<int>(std::clamp<std::int64_t>(share, 0, 100));
  }
  explain(server, health);
  return health;
}

bool needs_points(const SourceServer& server, WallTime now, const HealthPolicy& policy) {
  return assess(server, PointsRead(), now, policy).replication != Replication::healthy;
}

Advice advice_of(std::string_view replication_error) {
  return health_detail::with_fallback(replication_error);
}

Advice advice_of_step(std::string_view step) {
  for (const health_detail::Known& one : health_detail::kSteps) {
    if (one.name == step) return one.advice;
  }
  return {};
}

std::string step_text(const SourceServer& server) {
  for (std::size_t i = 0; i < server.steps.size(); ++i) {
    const InitiationStep& step = server.steps[i];
    if (step.status == "SUCCEEDED" || step.status == "SKIPPED") continue;
    return "step " + std::to_string(i + 1) + " of " + std::to_string(server.steps.size()) + ": " + step.name +
           (step.status == "FAILED" ? " failed" : "");
  }
  return {};
}

}  // namespace postern::recovery
