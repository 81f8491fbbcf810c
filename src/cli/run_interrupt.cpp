#include "cli/run_interrupt.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/prompt.hpp"

namespace postern::cli {
namespace {

std::string as_whom(const fleet::Scope& scope) {
  const fleet::Access& access = scope.access;
  return access.kind == fleet::Access::Kind::role ? ", as " + access.describe() : std::string();
}

}  // namespace

OnInterrupt chosen_on_interrupt(const Command& command) {
  const auto choice = command.invocation().value("--on-interrupt");
  if (choice) return *choice == "cancel" ? OnInterrupt::cancel : OnInterrupt::leave;
  return can_ask(command) ? OnInterrupt::ask : OnInterrupt::leave;
}

std::string stop_lines(const std::vector<flow::LeftCommand>& left) {
  std::string out;
  for (std::size_t i = 0; i < std::min(left.size(), kLeftShownMax); ++i) {
    const fleet::Scope& scope = *left[i].scope;
    const bool by_profile = scope.access.kind == fleet::Access::Kind::profile;
    out += "    aws ssm cancel-command";
    if (by_profile) out += " --profile " + printable(scope.access.profile, 80);
    out += " --region " + scope.region.text() + " --command-id " + printable(left[i].command_id, 80) + "   # " +
           plural(left[i].targets, "target") + " of " + scope.who() + as_whom(scope) + "\n";
  }
  if (left.size() > kLeftShownMax) out += "    # and " + std::to_string(left.size() - kLeftShownMax) + " more\n";
  return out;
}

}  // namespace postern::cli
