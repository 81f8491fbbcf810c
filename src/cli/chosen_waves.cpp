#include "cli/chosen_waves.hpp"

namespace postern::cli {
namespace chosen_waves_detail {

/// A canary of each platform, a tenth, the rest: unless the user says otherwise, a mistake meets few targets first.
constexpr std::string_view kUsualWaves = "canary,10%,rest";

}  // namespace chosen_waves_detail

Result<flow::WavePolicy> chosen_waves(const Invocation& invocation) {
  flow::WavePolicy policy;
  policy.canary = flow::Budget(0, false);
  policy.other = flow::Budget(5, true);
  TRY(policy.rules,
      flow::parse_waves(invocation.value("--waves").value_or(std::string(chosen_waves_detail::kUsualWaves))));
  if (const auto text = invocation.value("--max-errors")) {
    Result<flow::Budget> budget = flow::Budget::parse(*text);
    if (!budget) return fail(ErrorKind::usage, "--max-errors: " + budget.error().message());
    policy.other = *budget;
  }
  return policy;
}

}  // namespace postern::cli
