#pragma once

/// What a run came to: one final state for every target.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_text.hpp"
#include "fleet/types.hpp"
#include "flow/output_text.hpp"

namespace postern::flow {

enum class Outcome : std::uint8_t { succeeded, failed, skipped, unknown };
std::string_view to_string(Outcome outcome) noexcept;

/// A target's one final state.
struct TargetResult {
  TargetResult() = default;
  TargetResult(fleet::TargetRef t, Outcome o, std::string why)
      : target(std::move(t)), outcome(o), reason(std::move(why)) {}
  fleet::TargetRef target;
  Outcome outcome = Outcome::unknown;
  std::string name;    ///< for people; empty: none is known
  std::string reason;  ///< a sentence unless it succeeded; why for skipped and unknown
  std::optional<int> exit_code;
  SharedText command_id;  ///< of its batch; empty: nothing was sent
  OutputText out;         ///< stderr is mixed in while `err` is empty
  OutputText err;
  bool truncated = false;
  bool unreachable = false;  ///< nothing ran there because we could not get to it
  /// Set on failed targets to which nothing was sent because AWS, or we, refused the send.
  std::optional<ErrorKind> refusal;
};

struct Totals {
  Totals() = default;
  std::size_t succeeded = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t unknown = 0;
  std::size_t all() const noexcept { return succeeded + failed + skipped + unknown; }
  void count(Outcome outcome) noexcept;
};

struct RunResult {
  RunResult() = default;
  std::string run_id;
  std::string parent;                 ///< the run that this one repeats in part; empty: none
  std::vector<TargetResult> targets;  ///< sorted; exactly the plan's targets and skipped
  bool interrupted = false;
  Totals totals() const;
};

}  // namespace postern::flow
