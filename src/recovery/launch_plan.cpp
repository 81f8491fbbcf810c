#include "recovery/launch_plan.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::recovery {
namespace launch_plan {

constexpr Duration kSettle = std::chrono::seconds(90);      // lists lag behind a call
constexpr Duration kQueueMax = std::chrono::hours(12);      // a site may be full for as long as its jobs take
constexpr Duration kQueuePause = std::chrono::seconds(60);  // between two looks for room

struct Item {
  Item(fleet::TargetRef r, std::string n, std::string d)
      : ref(std::move(r)), name(std::move(n)), detail(std::move(d)) {}
  fleet::TargetRef ref;
  std::string name;
  std::string detail;
};

/// One wave of everything.
flow::Plan plan_of(std::vector<Item> items, const char* wave_name) {
  flow::Plan plan;
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.ref < b.ref; });
  for (Item& item : items) {
    const bool same = !plan.scopes.empty() && *plan.scopes.back() == item.ref.scope();
    if (!same) plan.scopes.push_back(item.ref.scope_ptr());
    const bool full = !plan.batches.empty() && plan.batches.back().count == kJobServersMax;
    if (!same || full) {
      plan.batches.emplace_back();
      plan.batches.back().scope = static_cast<std::uint32_t>(plan.scopes.size() - 1);
      plan.batches.back().first = static_cast<std::uint32_t>(plan.targets.size());
    }
    ++plan.batches.back().count;
    plan.targets.emplace_back();
    plan.targets.back().id = item.ref.id();
    plan.targets.back().name = std::move(item.name);
    plan.targets.back().detail = std::move(item.detail);
  }
  if (plan.targets.empty()) return plan;
  flow::WavePlan& wave = plan.waves.emplace_back();
  wave.name = wave_name;
  wave.budget = flow::Budget(100, true);
  wave.batches = static_cast<std::uint32_t>(plan.batches.size());
  wave.targets = static_cast<std::uint32_t>(plan.targets.size());
  return plan;
}

void sort_skipped(flow::Plan& plan) {
  std::sort(plan.skipped.begin(), plan.skipped.end(),
            [](const flow::SkippedTarget& a, const flow::SkippedTarget& b) { return a.target < b.target; });
}

fleet::InstanceId id_of(const std::string& text) {
  Result<fleet::InstanceId> id = fleet::InstanceId::parse(text);
  CHECK(id.has_value());  // who lists them leaves out what is none
  return std::move(*id);
}

}  // namespace launch_plan

fleet::TargetRef ChosenLaunch::ref() const {
  return fleet::TargetRef(candidate.server.site, launch_plan::id_of(candidate.server.id));
}

flow::Plan plan_launches(const std::vector<ChosenLaunch>& chosen) {
  std::vector<launch_plan::Item> items;
  for (const ChosenLaunch& one : chosen) {
    if (one.choice.go) items.emplace_back(one.ref(), one.candidate.name, one.choice.snapshot);
  }
  flow::Plan plan = launch_plan::plan_of(std::move(items), "all");
  for (const ChosenLaunch& one : chosen) {
    if (one.choice.go) continue;
    plan.skipped.emplace_back(one.ref(), one.choice.why);
    plan.skipped.back().name = one.candidate.name;
  }
  launch_plan::sort_skipped(plan);
  return plan;
}

std::string why_left_alone(const RecoveryInstance& instance, const std::vector<std::string>& jobs) {
  if (std::find(jobs.begin(), jobs.end(), instance.job_id) == jobs.end()) {
    return "it was launched by " +
           (instance.job_id.empty() ? std::string("a job that is not said") : printable(instance.job_id, 40)) +
           ", which is not this run's";
  }
  if (!instance.is_drill) return "whether it is a drill's is not said";
  return *instance.is_drill ? std::string() : "it is a real recovery, no drill";
}

flow::Plan plan_cleanup(const std::vector<CleanupItem>& items) {
  std::vector<launch_plan::Item> ended;
  for (const CleanupItem& one : items) {
    if (!one.leave.empty()) continue;
    std::string detail = one.instance.server_id;
    for (const std::string& volume : one.volumes) detail += " " + volume;
    ended.emplace_back(fleet::TargetRef(one.site, launch_plan::id_of(one.instance.id)), one.name, std::move(detail));
  }
  flow::Plan plan = launch_plan::plan_of(std::move(ended), "all");
  for (const CleanupItem& one : items) {
    if (one.leave.empty()) continue;
    plan.skipped.emplace_back(fleet::TargetRef(one.site, launch_plan::id_of(one.instance.id)), one.leave);
    plan.skipped.back().name = one.name;
  }
  launch_plan::sort_skipped(plan);
  return plan;
}

std::string server_of_detail(std::string_view detail) {
  return std::string(detail.substr(0, detail.find(' ')));
}

std::vector<std::string> volumes_of_detail(std::string_view detail) {
  std::vector<std::string> out;
  const std::size_t at = detail.find(' ');
  if (at == std::string_view::npos) return out;
  for (const std::string_view word : split(detail.substr(at + 1), ' ')) {
    if (!word.empty()) out.emplace_back(word);
  }
  return out;
}

flow::RunPolicy job_policy() {
  flow::RunPolicy policy;
  policy.batches_at_once = kSiteJobsMax;
  policy.targets_at_once = kSiteServersMax;
  policy.settle = launch_plan::kSettle;
  policy.throttle_max = launch_plan::kQueueMax;
  policy.pause_max = launch_plan::kQueuePause;
  policy.absence_proves = true;
  return policy;
}

}  // namespace postern::recovery
