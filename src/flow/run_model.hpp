#pragma once

/// RunModel: the state of a run, folded from its records. The same for a run that goes on and for one that is read from
/// the ledger; apply() is the only way to change it.

#include <map>
#include <span>

#include "flow/run_records.hpp"

namespace postern::flow {

enum class BatchPhase : std::uint8_t {
  waiting,    ///< to be sent
  sending,    ///< an intent without an outcome: indeterminate, whoever reads this
  lost,       ///< the outcome is that nobody knows; its mark is looked for
  held,       ///< the mark was not found: a person must decide
  following,  ///< a command runs
  done        ///< every target has ended
};

struct BatchState {
  BatchState() = default;
  BatchPhase phase = BatchPhase::waiting;
  std::uint32_t open = 0;  ///< targets that have not ended
  std::uint32_t intents = 0;
  std::string op;  ///< of the last intent
  WallTime op_at;  ///< when it was recorded; once its command was accepted: when that was
  std::string command_id;
  bool may_have_run = false;  ///< a send whose answer was lost is to be repeated: the first may have been executed
  std::string trouble;        ///< why the last send came to nothing
  ErrorKind trouble_kind = ErrorKind::internal;
};

/// A target's end; reasons and digests are kept once each.
struct TargetState {
  TargetState() = default;
  std::optional<std::int32_t> exit_code;
  std::uint32_t reason = 0;  ///< index of RunModel::reason()
  std::uint32_t out = 0;     ///< index of RunModel::digest(); 0: nothing
  std::uint32_t err = 0;
  Outcome outcome = Outcome::unknown;
  bool ended = false;
  bool unreachable = false;
  bool truncated = false;
  std::optional<ErrorKind> refusal;
};

/// The gate that was reached last.
struct GateState {
  GateState() = default;
  std::uint32_t wave = 0;
  WallTime since;
  bool passed = false;
};

class RunModel {
 public:
  RunModel();

  /// Malformed when the record does not fit what came before: a target that ends twice, an outcome without an intent.
  Result<void> apply(const RunRecord& record, WallTime at);

  /// Another way into the same account and Region: what the ledger does not keep (a literal ExternalId) was given
  /// again.
  void set_access(std::uint32_t scope, fleet::Access access);

  const RunHeader& header() const noexcept { return header_; }
  const Plan& plan() const noexcept { return plan_; }
  std::span<const BatchState> batches() const noexcept { return batches_; }
  std::span<const TargetState> targets() const noexcept { return targets_; }
  const std::string& reason(std::uint32_t index) const { return reasons_[index]; }
  const ledger::Digest& digest(std::uint32_t index) const { return digests_[index]; }
  std::size_t digest_count() const noexcept { return digests_.size(); }

  bool started() const noexcept { return started_; }
  bool closed() const noexcept { return closed_.has_value(); }
  const std::optional<record::Closed>& close() const noexcept { return closed_; }
  const std::optional<record::Held>& hold() const noexcept { return held_; }
  const std::optional<record::Cancelling>& cancelling() const noexcept { return cancelling_; }
  const std::optional<GateState>& gate() const noexcept { return gate_; }
  bool deadline_passed() const noexcept { return deadline_passed_; }
  /// Why it went over the rails, when it began or when it was last taken up so; empty: it did not.
  const std::string& break_glass() const noexcept {
    return break_glass_.empty() ? header_.break_glass.reason : break_glass_;
  }
  WallTime opened_at() const noexcept { return opened_at_; }
  WallTime last_at() const noexcept { return last_at_; }

  const Totals& totals() const noexcept { return totals_; }  ///< with those skipped by the plan
  /// Targets of the plan's batches that have not ended.
  std::size_t open() const noexcept { return open_; }
  /// Failures of a wave's targets that count against its budget: ran and failed, or refused; not those we could not get
  /// to.
  std::size_t failures(std::uint32_t wave) const { return failures_[wave]; }
  std::size_t open_of_wave(std::uint32_t wave) const { return wave_open_[wave]; }
  /// Batches that a person must decide about.
  std::size_t in_doubt() const noexcept { return in_doubt_; }

  /// The batch whose last intent this is.
  std::optional<std::uint32_t> batch_of(std::string_view op) const;
  std::uint32_t batch_of_target(std::uint32_t target) const;

 private:
  Result<void> on(const record::Opened& record);
  Result<void> on(const record::Places& record);
  Result<void> on(const record::Documents& record);
  Result<void> on(const record::Targets& record);
  void make_room();
  Result<void> on(const record::Skipped& record);
  Result<void> on(const record::Started& record);
  Result<void> on(const record::Intent& record);
  Result<void> on(const record::SendEnded& record);
  Result<void> on(const record::Decided& record);
  Result<void> on(const record::Ended& record);
  Result<void> on(const record::Held& record);
  Result<void> on(const record::Resumed& record);
  Result<void> on(const record::Cancelling& record);
  Result<void> on(const record::Gate& record);
  Result<void> on(const record::DeadlinePassed& record);
  Result<void> on(const record::Closed& record);
  Result<void> end_target(const record::TargetEnd& end);
  void enter(BatchState& batch, BatchPhase phase);
  std::uint32_t intern(const std::string& reason);
  std::uint32_t intern(const std::optional<ledger::Digest>& digest);

  RunHeader header_;
  Plan plan_;
  record::Opened opened_;  ///< its counts
  std::vector<BatchState> batches_;
  std::vector<TargetState> targets_;
  std::map<std::string, std::uint32_t, std::less<>> ops_;  ///< last intents
  std::vector<std::string> reasons_;
  std::map<std::string, std::uint32_t, std::less<>> reason_index_;
  std::vector<ledger::Digest> digests_;
  std::map<ledger::Digest, std::uint32_t> digest_index_;
  std::vector<std::size_t> failures_;
  std::vector<std::size_t> wave_open_;
  Totals totals_;
  std::size_t open_ = 0;
  std::size_t in_doubt_ = 0;
  bool started_ = false;
  std::optional<record::Held> held_;
  std::optional<record::Cancelling> cancelling_;
  std::optional<record::Closed> closed_;
  std::optional<GateState> gate_;
  bool deadline_passed_ = false;
  std::string break_glass_;  ///< of the last resumption that had one
  WallTime opened_at_;
  WallTime last_at_;
  WallTime now_;  ///< of the record that is being applied
};

}  // namespace postern::flow
