#pragma once

/// Waves: in which order a run reaches its targets, and how many may fail before it stops (issue: canary, a share, the
/// rest). Pure: instances and rules in, a frozen and digested plan out.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/batch.hpp"
#include "fleet/inventory.hpp"
#include "flow/plan.hpp"
#include "ledger/chain.hpp"

namespace postern::flow {

/// How many targets may fail: a number, or a share of the targets that it is about (rounded down).
struct Budget {
  Budget() = default;
  Budget(std::uint32_t v, bool p) : value(v), percent(p) {}
  std::uint32_t value = 0;
  bool percent = false;
  std::size_t allowed(std::size_t targets) const noexcept;
  /// "0", "5%".
  std::string text() const;
  /// "3" or "5%" (0 to 100); usage otherwise.
  static Result<Budget> parse(std::string_view text);
  friend bool operator==(const Budget&, const Budget&) = default;
};

/// One rule of --waves. Each takes its targets from those that the rules before it left.
struct WaveRule {
  enum class Kind : std::uint8_t {
    pick,        ///< `number` targets of each platform ("canary" is pick:1)
    percent,     ///< up to `number` percent of all targets, counting those of earlier waves, evenly over the scopes
    rest,        ///< everything
    by_account,  ///< a wave per account
    by_region,   ///< a wave per Region
    by_tag       ///< a wave per value of the tag `key`, those without it last
  };
  WaveRule() = default;
  WaveRule(Kind k, std::uint32_t n, std::string tag = {}) : kind(k), number(n), key(std::move(tag)) {}
  Kind kind = Kind::rest;
  std::uint32_t number = 0;
  std::string key;
};

/// "canary,10%,rest", "pick:2,by:account", "by:tag:ring", "all" (as "rest": one wave). The last rule takes everything
/// that is left: `rest` is added when it does not. Errors of kind usage.
Result<std::vector<WaveRule>> parse_waves(std::string_view text);

struct WavePolicy {
  WavePolicy() = default;
  std::vector<WaveRule> rules;  ///< empty: one wave
  Budget canary;                ///< of `pick` waves: 0
  Budget other = Budget(5, true);
  std::size_t batch_max = fleet::kBatchTargetsMax;
  /// Why this instance cannot take what is sent (its platform, say), or empty: it is skipped like one that cannot be
  /// reached. No function: each can.
  std::function<std::string(const fleet::Instance&)> unfit;
};

/// One command's worth of targets: a range of Plan::targets.
struct BatchPlan {
  BatchPlan() = default;
  std::uint32_t scope = 0;  ///< index
  std::uint32_t wave = 0;   ///< index
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  Shell shell = Shell::sh;
};

struct WavePlan {
  WavePlan() = default;
  std::string name;  ///< "canary", "10%", "account 444455556666", "rest"
  Budget budget;
  std::uint32_t first_batch = 0;
  std::uint32_t batches = 0;
  std::uint32_t targets = 0;
};

struct PlanTarget {
  PlanTarget() = default;
  fleet::InstanceId id;
  std::string name;  ///< for people
  /// What belongs to it in the call: of a launch the point in time (empty: what is newest then), of a cleanup the
  /// source server. Empty for commands.
  std::string detail;
};

/// Which content of a document a scope's targets are sent: neither a resume nor a later wave runs another.
struct DocumentPin {
  DocumentPin() = default;
  std::uint32_t scope = 0;  ///< index
  Shell shell = Shell::sh;
  std::string version;
  std::string hash;  ///< SHA-256, hex; empty: not known, the version is a number that was given
  friend bool operator==(const DocumentPin&, const DocumentPin&) = default;
};

/// Who will be reached, by what, in which order. Frozen: a run never adds a target later.
struct Plan {
  Plan() = default;
  std::vector<fleet::ScopePtr> scopes;  ///< each once, sorted
  std::vector<WavePlan> waves;
  std::vector<BatchPlan> batches;   ///< in the order of the waves
  std::vector<PlanTarget> targets;  ///< in the order of the batches
  std::vector<SkippedTarget> skipped;
  std::vector<DocumentPin> pins;  ///< none for scripts

  const fleet::Scope& scope_of(const BatchPlan& batch) const { return *scopes[batch.scope]; }
  fleet::TargetRef ref(const BatchPlan& batch, std::uint32_t target) const {
    return fleet::TargetRef(scopes[batch.scope], targets[target].id);
  }
  /// Over the targets with their scopes, waves and documents, and `what` (the command): two operators with the same
  /// plan have the same digest. Names and those skipped are not in it.
  ledger::Digest digest(std::string_view what) const;
};

/// What a batch is sent, with the document that its scope is pinned to.
CommandSpec spec_for(const Plan& plan, const CommandSpec& spec, const BatchPlan& batch);

/// Every instance is in exactly one batch or among the skipped, the first of one that is given twice counts. Not
/// running, not managed, connection lost: skipped as unreachable, because AWS refuses a whole batch for one such
/// target.
Plan plan_waves(const std::vector<fleet::Instance>& instances, const WavePolicy& policy);

}  // namespace postern::flow
