#include "flow/plan.hpp"

#include <array>
#include <set>

namespace postern::flow {
namespace {

/// Why a command cannot be sent to the instance; empty when it can.
std::string obstacle(const fleet::Instance& instance) {
  using fleet::InstanceState;
  using fleet::SsmStatus;
  if (instance.state != InstanceState::running && instance.state != InstanceState::none) {
    return "the instance is " + std::string(to_string(instance.state));
  }
  switch (instance.ssm.status) {
    case SsmStatus::online:
      break;
    case SsmStatus::connection_lost:
      return "Systems Manager has lost the connection to its agent";
    case SsmStatus::inactive:
      return "its agent is inactive";
    case SsmStatus::not_managed:
      return "Systems Manager does not know it";
    case SsmStatus::unknown:
      return "its Systems Manager state is unknown: " + instance.ssm.reason;
  }
  if (instance.platform == fleet::Platform::unknown) return "its platform is unknown";
  return {};
}

}  // namespace

std::string_view document_of(Shell shell) noexcept {
  return shell == Shell::powershell ? "AWS-RunPowerShellScript" : "AWS-RunShellScript";
}

std::size_t RunPlan::targets() const {
  std::size_t count = 0;
  for (const PlannedBatch& batch : batches) count += batch.batch.ids().size();
  return count;
}

RunPlan plan_run(const std::vector<fleet::Instance>& instances) {
  RunPlan plan;
  std::array<std::vector<fleet::TargetRef>, 2> by_shell;
  std::set<fleet::TargetRef> seen;
  for (const fleet::Instance& instance : instances) {
    if (!seen.insert(instance.ref).second) continue;
    std::string reason = obstacle(instance);
    if (!reason.empty()) {
      plan.skipped.emplace_back(instance.ref, std::move(reason));
      plan.skipped.back().unreachable = true;
      continue;
    }
    const bool windows = instance.platform == fleet::Platform::windows;
    by_shell[windows ? 1 : 0].push_back(instance.ref);
  }
  for (const Shell shell : {Shell::sh, Shell::powershell}) {
    for (fleet::Batch& batch : fleet::Batch::split(by_shell[shell == Shell::sh ? 0 : 1])) {
      plan.batches.emplace_back(std::move(batch), shell);
    }
  }
  return plan;
}

}  // namespace postern::flow
