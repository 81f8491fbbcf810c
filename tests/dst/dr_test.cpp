// Disaster recovery on the full simulator: a few seeds of every scenario, and deaths at every effect. Many seeds:
// scripts/ci/seeds dr.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/dst/dr_scenarios.hpp"
#include "tests/dst/dr_story.hpp"

namespace postern::dst {
namespace dr_test {

constexpr std::uint64_t kSeeds = 10;
constexpr std::uint64_t kLargeSeeds = 2;

class DisasterRecovery : public ::testing::TestWithParam<DrScenario> {};

/// To replay a seed that failed, with every command shown: POSTERN_DR_TELL=1 dst_seeds dr S08 17 17.
TEST_P(DisasterRecovery, TheAnswerTheLedgerAndTheCloudAgree) {
  const DrScenario& scenario = GetParam();
  Summary summary;
  const std::uint64_t seeds = scenario.seeds > 50 ? kSeeds : kLargeSeeds;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    EXPECT_EQ(scenario.run(seed, &summary), "")
        << "replay: POSTERN_DR_TELL=1 build/test/tests/dst/dst_seeds dr " << scenario.id << " " << seed << " " << seed;
  }
  std::fputs(summary.to_text().c_str(), stdout);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, DisasterRecovery, ::testing::ValuesIn(dr_scenarios()),
                         [](const auto& info) { return std::string(info.param.id); });

}  // namespace dr_test
}  // namespace postern::dst
