#pragma once

/// What a config says of Elastic Disaster Recovery: sites, servers that replicate into them, and what goes wrong.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace postern::sim {

enum class DrsFaultKind : std::uint8_t {
  install,     ///< the agent's installation; `what` is one of install_classes()
  step,        ///< a step of the initiation fails; `what` is its name
  stall,       ///< STALLED; `what` is the error's name, AGENT_NOT_SEEN when empty
  disconnect,  ///< DISCONNECTED
  lag,         ///< falls behind by `lag`
  launch,      ///< a phase of a job fails; `what` is cleanup, snapshot, conversion or launch
};

/// Something that goes wrong with some servers of a site.
struct DrsFault {
  DrsFault() = default;
  DrsFault(DrsFaultKind k, std::string which, std::string detail)
      : kind(k), instance(std::move(which)), what(std::move(detail)) {}
  DrsFaultKind kind = DrsFaultKind::stall;
  std::string instance = "*";  ///< a glob over the source instances' names and ids
  std::string what;
  std::string text;  ///< rawError; empty: what AWS would say
  /// Of stall, disconnect and lag: from when on, counted from the later of the cloud's begin and the server's
  /// registration - or from when it was added, while the cloud runs.
  Duration at{};
  Duration lasts{};    ///< zero: for ever
  Duration lag{};      ///< of lag
  unsigned times = 0;  ///< of install, step and launch: how often; 0: always
};

/// Instances that replicate into the site when the cloud begins.
struct DrsServersConfig {
  DrsServersConfig() = default;
  std::string instance;  ///< a glob over names, or an id
  std::string account;   ///< theirs; empty: the site's
  std::string region;
  std::optional<Duration> age;  ///< since the registration; absent: 30 days
  std::map<std::string, std::string> tags;
};

enum class DrsReadiness : std::uint8_t { initialized, uninitialized };

/// One Region of an account into which servers replicate.
struct DrsSiteConfig {
  DrsSiteConfig() = default;
  std::string region;
  DrsReadiness readiness = DrsReadiness::initialized;
  /// How many times faster than AWS installation, initiation, the first synchronisation and jobs go. Lag and points in
  /// time keep their pace.
  unsigned pace = 1;
  std::vector<DrsServersConfig> servers;
  std::vector<DrsFault> faults;
};

/// Names as the world file has them.
std::string_view to_string(DrsFaultKind kind) noexcept;
std::optional<DrsFaultKind> parse_drs_fault_kind(std::string_view text);
/// What `what` may be for this kind; empty: anything.
std::vector<std::string> drs_fault_words(DrsFaultKind kind);

}  // namespace postern::sim
