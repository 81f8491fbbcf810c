#pragma once

/// Which servers may be launched now, and from which point in time. Pure. Replication health and recoverability are two
/// facts: in a Region that is lost every server is stalled, and a recovery must go on all the same; a drill must not.

#include <string>
#include <vector>

#include "recovery/job.hpp"
#include "recovery/source_server.hpp"

namespace postern::recovery {

enum class LaunchMode : std::uint8_t { drill, recovery };

/// --point.
struct PointChoice {
  PointChoice() = default;
  enum class Kind : std::uint8_t {
    latest,    ///< a snapshot taken for the launch, or the newest there is of a server that does not replicate
    previous,  ///< the newest that is there
    named      ///< `id`, of the one server that has it
  };
  Kind kind = Kind::latest;
  std::string id;
  std::string text() const;
  /// "latest", "previous", "pit-...": usage otherwise.
  static Result<PointChoice> parse(std::string_view text);
};

/// One server, and what was asked about it.
struct LaunchCandidate {
  LaunchCandidate() = default;
  SourceServer server;
  std::string name;                          ///< for people
  fleet::Tags tags;                          ///< what the selector saw
  bool duplicate = false;                    ///< another live source server is the same instance
  std::optional<RecoveryInstance> instance;  ///< what its recovery_instance_id refers to; absent: not listed
  bool point_read = false;                   ///< `point` was asked for
  std::optional<RecoveryPoint> point;        ///< the newest
  std::string point_error;                   ///< why it could not be read
};

struct LaunchPolicy {
  LaunchPolicy() = default;
  LaunchMode mode = LaunchMode::drill;
  PointChoice point;
  Duration fresh = std::chrono::minutes(15);  ///< a stalled server may be drilled from a point that is no older
  std::string override_reason;                ///< a person lets stalled servers go
};

struct LaunchChoice {
  LaunchChoice() = default;
  bool go = false;
  std::string why;           ///< why not; of one that goes over the gate: what the gate said
  bool overridable = false;  ///< --override lets it go
  bool overridden = false;
  std::string snapshot;           ///< empty: one is taken for the launch
  std::optional<WallTime> point;  ///< of the snapshot, if it is known
  std::optional<Duration> rpo;    ///< what is to be expected; absent: not known
  std::string replaces;           ///< the recovery instance that the launch ends
  bool replaces_live = false;     ///< and it is a real recovery
};

/// Whether the decision needs the server's newest point.
bool needs_point(const SourceServer& server, const LaunchPolicy& policy);

LaunchChoice choose_launch(const LaunchCandidate& candidate, const LaunchPolicy& policy, WallTime now);

}  // namespace postern::recovery
