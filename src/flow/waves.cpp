#include "flow/waves.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <tuple>

#include "base/text.hpp"

namespace postern::flow {
namespace {

constexpr std::uint32_t kPickMax = 10'000;

/// A target that no wave has taken yet.
struct Open {
  Open() = default;
  std::uint32_t scope = 0;
  std::uint32_t number = 0;  ///< in the order of the targets
  Shell shell = Shell::sh;
  fleet::Platform platform = fleet::Platform::unknown;
  const fleet::Instance* instance = nullptr;
};

std::optional<std::uint32_t> whole_number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || value > most) return std::nullopt;
  return value;
}

Result<WaveRule> parse_rule(std::string_view text) {
  using Kind = WaveRule::Kind;
  if (text == "canary") return WaveRule(Kind::pick, 1);
  if (text == "rest" || text == "all") return WaveRule(Kind::rest, 0);
  if (text == "by:account") return WaveRule(Kind::by_account, 0);
  if (text == "by:region") return WaveRule(Kind::by_region, 0);
  if (text.starts_with("by:tag:") && text.size() > 7) return WaveRule(Kind::by_tag, 0, std::string(text.substr(7)));
  if (text.starts_with("pick:")) {
    const auto number = whole_number(text.substr(5), kPickMax);
    if (number && *number > 0) return WaveRule(Kind::pick, *number);
  }
  if (text.ends_with("%")) {
    const auto number = whole_number(text.substr(0, text.size() - 1), 100);
    if (number && *number > 0) return WaveRule(Kind::percent, *number);
  }
  return fail(ErrorKind::usage,
              "unknown wave '" + std::string(text) +
                  "': there are canary, pick:N, N%, by:account, by:region, by:tag:KEY and rest (all)");
}

/// Takes targets out of the open ones and makes waves of them.
class Cutter {
 public:
  Cutter(Plan& plan, std::vector<Open> open, const WavePolicy& policy)
      : plan_(plan), open_(std::move(open)), policy_(policy), all_(open_.size()) {}

  void apply(const WaveRule& rule) {
    using Kind = WaveRule::Kind;
    switch (rule.kind) {
      case Kind::pick:
        pick(rule.number);
        break;
      case Kind::percent:
        share(rule.number);
        break;
      case Kind::rest:
        add("rest", std::move(open_), policy_.other);
        open_.clear();
        break;
      case Kind::by_account:
        split([this](const Open& one) { return "account " + plan_.scopes[one.scope]->account.text(); });
        break;
      case Kind::by_region:
        split([this](const Open& one) { return plan_.scopes[one.scope]->region.text(); });
        break;
      case Kind::by_tag:
        split([&rule](const Open& one) {
          const auto tag = one.instance->tags.find(rule.key);
          // "~" sorts behind every value that is text of an identifier, so that those without the tag come last.
          return tag == one.instance->tags.end() ? "~no " + rule.key : rule.key + "=" + tag->second;
        });
        break;
    }
  }

 private:
  void pick(std::uint32_t number) {
    std::map<fleet::Platform, std::uint32_t> taken;
    take(number == 1 ? "canary" : "pick " + std::to_string(number), policy_.canary,
         [&](const Open& one) { return taken[one.platform]++ < number; });
  }

  /// As many of every scope as bring what is taken in it to the share: no account is left for the end as a whole.
  void share(std::uint32_t percent) {
    const std::size_t wanted = all_ * percent / 100;
    const std::size_t before = all_ - open_.size();
    if (wanted <= before) return;
    const std::size_t quota = wanted - before;
    // Every k-th of the open ones, which are sorted by scope: evenly spread, exactly `quota`, and the same every time.
    std::size_t seen = 0;
    const std::size_t open = open_.size();
    take(std::to_string(percent) + "%", policy_.other, [&](const Open&) {
      const bool yes = (seen + 1) * quota / open > seen * quota / open;
      ++seen;
      return yes;
    });
  }

  template <class Key>
  void split(const Key& key) {
    std::map<std::string, std::vector<Open>> groups;
    for (Open& one : open_) groups[key(one)].push_back(one);
    open_.clear();
    for (auto& [name, group] : groups) {
      add(name.starts_with("~") ? name.substr(1) : name, std::move(group), policy_.other);
    }
  }

  template <class Wanted>
  void take(const std::string& name, Budget budget, const Wanted& wanted) {
    std::vector<Open> taken;
    std::vector<Open> left;
    for (Open& one : open_) (wanted(one) ? taken : left).push_back(one);
    open_ = std::move(left);
    add(name, std::move(taken), budget);
  }

  void add(const std::string& name, std::vector<Open> taken, Budget budget) {
    if (taken.empty()) return;
    std::sort(taken.begin(), taken.end(), [](const Open& a, const Open& b) {
      return std::tuple(a.scope, a.shell, a.number) < std::tuple(b.scope, b.shell, b.number);
    });
    WavePlan wave;
    wave.name = name;
    wave.budget = budget;
    wave.first_batch = static_cast<std::uint32_t>(plan_.batches.size());
    wave.targets = static_cast<std::uint32_t>(taken.size());
    for (const Open& one : taken) place(one, wave.first_batch);
    wave.batches = static_cast<std::uint32_t>(plan_.batches.size()) - wave.first_batch;
    plan_.waves.push_back(std::move(wave));
  }

  void place(const Open& one, std::uint32_t first_batch) {
    const bool fits = plan_.batches.size() > first_batch && plan_.batches.back().scope == one.scope &&
                      plan_.batches.back().shell == one.shell && plan_.batches.back().count < policy_.batch_max;
    if (!fits) {
      BatchPlan batch;
      batch.scope = one.scope;
      batch.wave = static_cast<std::uint32_t>(plan_.waves.size());
      batch.first = static_cast<std::uint32_t>(plan_.targets.size());
      batch.shell = one.shell;
      plan_.batches.push_back(batch);
    }
    ++plan_.batches.back().count;
    PlanTarget target;
    target.id = one.instance->ref.id();
    target.name = one.instance->name;
    plan_.targets.push_back(std::move(target));
  }

  Plan& plan_;
  std::vector<Open> open_;
  const WavePolicy& policy_;
  std::size_t all_;
};

/// Sorted instances that can be reached; the others are put among the plan's skipped.
std::vector<Open> reachable(const std::vector<fleet::Instance>& instances, const WavePolicy& policy, Plan& plan) {
  std::vector<const fleet::Instance*> sorted;
  sorted.reserve(instances.size());
  for (const fleet::Instance& instance : instances) sorted.push_back(&instance);
  // Of one that is given twice the first counts: pointers into one vector are in its order.
  const auto in_order = [](const fleet::Instance* a, const fleet::Instance* b) {
    if (a->ref < b->ref) return true;
    return !(b->ref < a->ref) && std::less<const fleet::Instance*>()(a, b);
  };
  // Discovery gives them in order.
  if (!std::is_sorted(sorted.begin(), sorted.end(), in_order)) std::sort(sorted.begin(), sorted.end(), in_order);
  std::vector<Open> open;
  const fleet::Instance* before = nullptr;
  for (const fleet::Instance* instance : sorted) {
    if (before != nullptr && before->ref == instance->ref) continue;
    before = instance;
    std::string reason = obstacle_of(*instance);
    if (reason.empty() && policy.unfit) reason = policy.unfit(*instance);
    if (!reason.empty()) {
      plan.skipped.emplace_back(instance->ref, std::move(reason));
      plan.skipped.back().name = instance->name;
      plan.skipped.back().unreachable = true;
      continue;
    }
    const bool same = !plan.scopes.empty() && *plan.scopes.back() == instance->ref.scope();
    if (!same) plan.scopes.push_back(instance->ref.scope_ptr());
    Open one;
    one.scope = static_cast<std::uint32_t>(plan.scopes.size() - 1);
    one.shell = instance->platform == fleet::Platform::windows ? Shell::powershell : Shell::sh;
    one.number = static_cast<std::uint32_t>(open.size());
    one.platform = instance->platform;
    one.instance = instance;
    open.push_back(one);
  }
  return open;
}

}  // namespace

std::size_t Budget::allowed(std::size_t targets) const noexcept {
  return percent ? targets * value / 100 : value;
}

std::string Budget::text() const {
  return std::to_string(value) + (percent ? "%" : "");
}

Result<Budget> Budget::parse(std::string_view text) {
  const bool percent = text.ends_with("%");
  const auto value = whole_number(percent ? text.substr(0, text.size() - 1) : text, percent ? 100 : 1'000'000);
  if (!value)
    return fail(ErrorKind::usage, "'" + std::string(text) + "' is neither a number of targets nor 0% to 100%");
  return Budget(*value, percent);
}

Result<std::vector<WaveRule>> parse_waves(std::string_view text) {
  std::vector<WaveRule> rules;
  for (const std::string_view part : split(text, ',')) {
    TRY(WaveRule rule, parse_rule(trim(part)));
    if (!rules.empty() && rules.back().kind >= WaveRule::Kind::rest) {
      return fail(ErrorKind::usage, "a wave after '" +
                                        std::string(rules.back().kind == WaveRule::Kind::rest ? "rest" : "by:...") +
                                        "' would have no targets left");
    }
    rules.push_back(std::move(rule));
  }
  if (rules.empty()) return fail(ErrorKind::usage, "no wave is named");
  static_assert(WaveRule::Kind::by_account > WaveRule::Kind::rest);
  if (rules.back().kind < WaveRule::Kind::rest) rules.emplace_back(WaveRule::Kind::rest, 0);
  return rules;
}

Plan plan_waves(const std::vector<fleet::Instance>& instances, const WavePolicy& policy) {
  Plan plan;
  std::vector<Open> open = reachable(instances, policy, plan);
  plan.targets.reserve(open.size());
  Cutter cutter(plan, std::move(open), policy);
  for (const WaveRule& rule : policy.rules) cutter.apply(rule);
  cutter.apply(WaveRule(WaveRule::Kind::rest, 0));
  return plan;
}

CommandSpec spec_for(const Plan& plan, const CommandSpec& spec, const BatchPlan& batch) {
  CommandSpec out = spec;
  for (const DocumentPin& pin : plan.pins) {
    if (pin.scope != batch.scope || pin.shell != batch.shell) continue;
    std::optional<DocumentSpec>& document = batch.shell == Shell::powershell ? out.windows_document : out.document;
    if (!document) break;
    document->version = pin.version;
    document->hash = pin.hash;
    break;
  }
  return out;
}

ledger::Digest Plan::digest(std::string_view what) const {
  std::string text(what);
  text += '\n';
  for (const WavePlan& wave : waves) text += "wave " + wave.name + " " + wave.budget.text() + "\n";
  for (const BatchPlan& batch : batches) {
    const fleet::Scope& scope = scope_of(batch);
    text += "batch " + std::to_string(batch.wave) + " " + scope.account.text() + " " + scope.region.text() + " " +
            scope.access.describe() + " " + std::string(document_of(batch.shell)) + "\n";
    for (std::uint32_t i = 0; i < batch.count; ++i) {
      const PlanTarget& target = targets[batch.first + i];
      text += target.id.text() + (target.detail.empty() ? "" : " " + target.detail) + "\n";
    }
  }
  for (const DocumentPin& pin : pins) {
    text += "pin " + std::to_string(pin.scope) + " " + std::string(document_of(pin.shell)) + " " + pin.version + " " +
            pin.hash + "\n";
  }
  return ledger::sha256(text);
}

}  // namespace postern::flow
