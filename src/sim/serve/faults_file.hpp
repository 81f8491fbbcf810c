#pragma once

/// The faults file, schema version 1 (docs/formats/faults.md).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_reader.hpp"
#include "sim/serve/faults.hpp"
#include "sim/sessions/session_faults.hpp"

namespace postern::sim {

struct FaultPlan {
  FaultPlan() = default;
  std::vector<FaultRule> rules;
  std::vector<SessionFaultRule> session_rules;
  std::optional<std::uint64_t> seed;  ///< instead of the world's own
  std::optional<Duration> clock_skew;
  std::optional<Duration> list_lag;
};

/// Errors of kind usage: every mistake, one a line, "file:line:column: text".
Result<FaultPlan> parse_faults(std::string_view text, std::string name);

/// The list under `faults`, of a faults file and of a world file. `node` may be null.
std::vector<FaultRule> read_fault_rules(const yaml::Node* node, yaml::Problems& problems);

/// The list under `session_faults`, likewise.
std::vector<SessionFaultRule> read_session_fault_rules(const yaml::Node* node, yaml::Problems& problems);

/// "300ms", "10s", "5m", "2h", "3d", with a leading minus where the sign makes sense; reported at the node when it is
/// none of these.
std::optional<Duration> read_span(const yaml::Node* node, std::string_view what, yaml::Problems& problems);
/// The shortest spelling that read_span() reads back, "1500ms".
std::string format_span(Duration span);

}  // namespace postern::sim
