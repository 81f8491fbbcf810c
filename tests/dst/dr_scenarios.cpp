#include "tests/dst/dr_scenarios.hpp"

#include <algorithm>
#include <iterator>

namespace postern::dst {
namespace {

constexpr std::uint64_t kMany = 500;  // at most 50 servers take part
constexpr std::uint64_t kFew = 50;

constexpr DrScenario kScenarios[] = {
    {"S01", "a drill of three tiers, cleaned up", kMany, &baseline_story},
    {"S03", "one server is stalled", kMany, &stalled_story},
    {"S06", "credentials end on the way", kMany, &expired_story},
    {"S07", "the process is killed", kMany, &killed_story},
    {"S07r", "the process of a rollout is killed", kMany, &killed_rollout_story},
    {"S08", "the answer is lost", kMany, &lost_answer_story},
    {"S09", "another operator's job", kMany, &foreign_job_story},
    {"S11", "a drill beside live recoveries", kMany, &live_recovery_story},
    {"S12", "a rollout to 130 hosts, some of them bad", kFew, &bad_hosts_story},
    {"S16", "an earlier snapshot is used", kMany, &previous_snapshot_story},
};

}  // namespace

std::span<const DrScenario> dr_scenarios() {
  return kScenarios;
}

const DrScenario* find_dr_scenario(std::string_view id) {
  const auto* const found =
      std::find_if(std::begin(kScenarios), std::end(kScenarios), [id](const DrScenario& one) { return one.id == id; });
  return found == std::end(kScenarios) ? nullptr : found;
}

}  // namespace postern::dst
