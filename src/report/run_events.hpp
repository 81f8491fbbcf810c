#pragma once

/// The ndjson stream of a run under way, schema postern.run.event/1: docs/formats/run-events.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "flow/result.hpp"
#include "report/facts.hpp"

namespace postern::report {

struct PlannedWave {
  PlannedWave() = default;
  PlannedWave(std::string n, std::size_t t) : name(std::move(n)), targets(t) {}
  std::string name;
  std::size_t targets = 0;
};

/// What a plan event tells.
struct PlanEvent {
  PlanEvent() = default;
  std::string digest;  ///< of the frozen target list; empty: none
  std::size_t accounts = 0;
  std::size_t targets = 0;  ///< to which something will be sent
  std::size_t skipped = 0;
  std::vector<PlannedWave> waves;
};

enum class WaveState : std::uint8_t { started, held, released, ended };
std::string_view to_string(WaveState state) noexcept;

struct WaveEvent {
  WaveEvent() = default;
  std::size_t number = 1;  ///< from 1
  std::string name;
  WaveState state = WaveState::started;
  std::size_t targets = 0;
  std::string reason;  ///< of a hold, or of an end before its time
};

struct RunEventOptions {
  RunEventOptions() = default;
  std::size_t output_max = 64U << 10U;  ///< bytes of stdout and of stderr that a target event carries
};

/// Makes one line, with its line feed, per event and numbers them. Lines are valid UTF-8 JSON whatever targets wrote.
/// The caller keeps the order: plan first, end last (CHECKed).
class RunEventWriter {
 public:
  /// A copy of what it needs of the facts.
  RunEventWriter(std::string run_id, const RunFacts& facts, RunEventOptions options);

  std::string plan(WallTime at, const PlanEvent& plan);
  std::string wave(WallTime at, const WaveEvent& wave);
  /// A target's one final state.
  std::string target(WallTime at, const flow::TargetResult& target, std::string_view name);
  /// `running`: sent and not ended; `pending`: neither sent nor ended.
  std::string totals(WallTime at, const flow::Totals& done, std::size_t running, std::size_t pending);
  /// The last one. `exit_code` is what the process will say.
  std::string end(WallTime at, std::string_view status, const flow::Totals& totals, std::optional<int> exit_code);

 private:
  enum class Stage : std::uint8_t { planning, running, ended };
  class Line;

  std::string run_id_;
  std::string world_;
  std::string selector_;
  std::string document_;
  std::string title_;
  RunEventOptions options_;
  std::uint64_t next_ = 1;
  Stage stage_ = Stage::planning;
};

}  // namespace postern::report
