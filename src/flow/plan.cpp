#include "flow/plan.hpp"

namespace postern::flow {

std::string obstacle_of(const fleet::Instance& instance) {
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
      return "its Systems Manager state is unknown: " + instance.ssm.reason.text();
  }
  if (instance.platform == fleet::Platform::unknown) return "its platform is unknown";
  return {};
}

std::string_view document_of(Shell shell) noexcept {
  return shell == Shell::powershell ? "AWS-RunPowerShellScript" : "AWS-RunShellScript";
}

std::string_view document_of(const CommandSpec& spec, Shell shell) noexcept {
  const std::optional<DocumentSpec>& document = spec.document_for(shell);
  return document ? std::string_view(document->name) : document_of(shell);
}

}  // namespace postern::flow
