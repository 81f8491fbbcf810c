#include "recovery/launch_gate.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::recovery {
namespace launch_gate {

/// States in which a snapshot of now can be taken.
bool replicates(const SourceServer& server) {
  switch (server.state) {
    case ReplicationState::continuous:
    case ReplicationState::backlog:
    case ReplicationState::rescan:
      return true;
    default:
      return false;
  }
}

std::string state_of(const SourceServer& server) {
  std::string out = "its replication is " + printable(server.state_text.empty() ? "UNKNOWN" : server.state_text, 40);
  if (!server.error.empty()) out += " (" + printable(server.error, 60) + ")";
  return out;
}

/// What keeps a server from being launched whoever wants it.
std::string never(const LaunchCandidate& candidate) {
  const SourceServer& server = candidate.server;
  if (server.state == ReplicationState::disconnected) return "it is disconnected from the service";
  if (server.failback) return "it replicates home (FAILBACK), and is not recovered here";
  if (candidate.duplicate) return "another source server is the same instance: take the stale one away first";
  if (server.staging_status == "EXTENSION_ERROR")
    return "its extension is broken: " + printable(server.staging_error, 200);
  return {};
}

/// A drill ends the recovery instance that the server has: never a real one.
std::string live_recovery(const LaunchCandidate& candidate) {
  const std::string& id = candidate.server.recovery_instance_id;
  if (id.empty()) return {};
  if (!candidate.instance)
    return "whether its recovery instance " + id + " is a drill's is not known: it is not listed";
  if (!candidate.instance->is_drill) return "whether its recovery instance " + id + " is a drill's is not said";
  if (*candidate.instance->is_drill) return {};
  return "it runs as the real recovery instance " + id + " (" + printable(candidate.instance->ec2_state, 20) +
         "), which a drill would replace";
}

void take_point(const LaunchCandidate& candidate, WallTime now, LaunchChoice& out) {
  out.snapshot = candidate.point->id;
  out.point = candidate.point->at;
  if (out.point) out.rpo = std::max<Duration>(now - *out.point, Duration{});
}

std::string no_point(const LaunchCandidate& candidate) {
  return candidate.point_error.empty()
             ? "it has no point in time to launch from"
             : "its points in time could not be read: " + printable(candidate.point_error, 200);
}

/// From what, and at what loss. False: there is nothing to launch from.
bool choose_point(const LaunchCandidate& candidate, const LaunchPolicy& policy, WallTime now, LaunchChoice& out) {
  if (policy.point.kind == PointChoice::Kind::named) {
    out.snapshot = policy.point.id;
    return true;
  }
  const bool fresh_one = policy.point.kind == PointChoice::Kind::latest && replicates(candidate.server);
  if (fresh_one) {
    out.rpo = candidate.server.lag;
    return true;
  }
  if (!candidate.point) {
    out.why = no_point(candidate);
    return false;
  }
  take_point(candidate, now, out);
  return true;
}

/// What a drill wants of the replication besides.
std::string stale(const LaunchCandidate& candidate, const LaunchPolicy& policy, const LaunchChoice& choice) {
  if (replicates(candidate.server)) return {};
  if (choice.rpo && *choice.rpo <= policy.fresh) return {};
  std::string out = state_of(candidate.server);
  if (policy.point.kind == PointChoice::Kind::named) return out;
  out += choice.rpo ? ", and its newest point in time is " + describe_span(*choice.rpo) + " old"
                    : ", and how old its newest point in time is is not known";
  return out;
}

}  // namespace launch_gate

std::string PointChoice::text() const {
  if (kind == Kind::named) return id;
  return kind == Kind::latest ? "latest" : "previous";
}

Result<PointChoice> PointChoice::parse(std::string_view text) {
  PointChoice out;
  if (text == "latest") return out;
  out.kind = Kind::previous;
  if (text == "previous") return out;
  out.kind = Kind::named;
  out.id = std::string(text);
  const std::string_view digits = text.substr(std::min<std::size_t>(4, text.size()));
  const bool hex = std::all_of(digits.begin(), digits.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (text.starts_with("pit-") && digits.size() == 17 && hex) return out;
  return fail(ErrorKind::usage,
              "--point is latest, previous, or a snapshot's id (pit- and 17 hexadecimal digits), and not '" +
                  printable(text, 40) + "'");
}

bool needs_point(const SourceServer& server, const LaunchPolicy& policy) {
  if (policy.point.kind == PointChoice::Kind::previous) return true;
  return policy.point.kind == PointChoice::Kind::latest && !launch_gate::replicates(server) &&
         server.state != ReplicationState::disconnected;
}

LaunchChoice choose_launch(const LaunchCandidate& candidate, const LaunchPolicy& policy, WallTime now) {
  LaunchChoice out;
  out.why = launch_gate::never(candidate);
  if (!out.why.empty()) return out;
  const std::string live = launch_gate::live_recovery(candidate);
  if (policy.mode == LaunchMode::drill && !live.empty()) {
    out.why = live;
    return out;
  }
  out.replaces = candidate.server.recovery_instance_id;
  out.replaces_live = !live.empty();
  if (!launch_gate::choose_point(candidate, policy, now, out)) return out;
  if (policy.mode == LaunchMode::drill) {
    out.why = launch_gate::stale(candidate, policy, out);
    if (!out.why.empty()) {
      out.overridable = true;
      out.overridden = !policy.override_reason.empty();
      out.go = out.overridden;
      return out;
    }
  }
  out.go = true;
  return out;
}

}  // namespace postern::recovery
