#pragma once

/// How well a source server is protected, as two facts: whether it replicates, and what it could be recovered to. Pure.
/// In an incident the first is expected to be bad, and only the second counts.

#include <optional>
#include <string>
#include <string_view>

#include "recovery/source_server.hpp"

namespace postern::recovery {

enum class Replication : std::uint8_t {
  healthy,        ///< continuous, and the lag is within the limit
  lagging,        ///< continuous, and it is not
  starting,       ///< no byte has been copied yet
  catching_up,    ///< initial sync, backlog, a snapshot under way
  rescanning,     ///< after an unclean reboot: compares every block
  stalled,        ///< by an error that somebody has to mend
  agent_missing,  ///< the service has not seen the agent, whatever the state still says
  paused,
  stopped,
  disconnected,
  unknown  ///< a state or a time that was not said: never shown as healthy
};
/// "healthy", "agent_missing".
std::string_view to_string(Replication replication) noexcept;

enum class Recoverability : std::uint8_t {
  fresh,     ///< the newest point is within the limit
  aged,      ///< there is one, older than that
  none,      ///< nothing to recover to
  not_read,  ///< nobody asked for its points
  unknown    ///< they could not be read
};
std::string_view to_string(Recoverability recoverability) noexcept;

struct HealthPolicy {
  HealthPolicy() = default;
  Duration rpo = std::chrono::minutes(15);      ///< how much may be lost: limit of lag and of the newest point's age
  Duration silence = std::chrono::minutes(15);  ///< how long the agent may be unseen
};

/// What was learnt of a server's points.
struct PointsRead {
  PointsRead() = default;
  bool asked = false;
  bool failed = false;
  std::optional<RecoveryPoint> newest;
};

struct Health {
  Health() = default;
  Replication replication = Replication::unknown;
  Recoverability recoverability = Recoverability::not_read;
  /// How long ago the service last heard from the agent: what is shown is no younger. Absent: never, or not said.
  std::optional<Duration> sample_age;
  std::optional<Duration> point_age;  ///< of the newest point
  /// How much would be lost now: lag and the age of the sample while it replicates; else the newest point's age. Never
  /// better than what was seen says; absent: unknown, or there is nothing to recover to.
  std::optional<Duration> exposure;
  /// Initial sync: 0 to 100.
  std::optional<int> percent;
  std::string cause;  ///< a sentence; empty while all is well
  std::string fix;

  /// Copies are made all the time, and there is at least one to recover to as far as that was asked.
  bool is_protected() const {
    const bool runs = replication == Replication::healthy || replication == Replication::lagging ||
                      replication == Replication::rescanning;
    return runs && recoverability != Recoverability::none;
  }
  /// Whether the limit is kept for certain.
  bool keeps(Duration rpo) const { return exposure && *exposure <= rpo; }
};

Health assess(const SourceServer& server, const PointsRead& points, WallTime now, const HealthPolicy& policy);

/// Whether the points of a server say more than its replication does: it does not replicate as it should.
bool needs_points(const SourceServer& server, WallTime now, const HealthPolicy& policy);

/// What lies behind dataReplicationError and what mends it; AWS's troubleshooting pages name the causes.
struct Advice {
  Advice() = default;
  Advice(std::string_view c, std::string_view f) : cause(c), fix(f) {}
  std::string_view cause;
  std::string_view fix;
};
/// Empty texts for an error that this program does not know.
Advice advice_of(std::string_view replication_error);
/// The same for a step of the initiation that failed.
Advice advice_of_step(std::string_view step);

/// "step 4 of 11: BOOT_REPLICATION_SERVER"; empty when there are no steps, or all are done.
std::string step_text(const SourceServer& server);

}  // namespace postern::recovery
