#include "cli/run_plan.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fleet/testing/make.hpp"

namespace postern::cli {
namespace {

struct Planned {
  Planned(unsigned accounts, unsigned per_account, std::string_view waves = "canary,10%,rest") {
    for (unsigned a = 0; a < accounts; ++a) {
      const std::string id = std::to_string(111122220000ULL + a);
      const fleet::ScopePtr scope = fleet::testing::scope(id, "us-east-1", "team-" + std::to_string(a));
      for (unsigned i = 0; i < per_account; ++i) {
        const std::string name = "web-" + std::to_string(i + 1);
        discovery.instances.push_back(
            fleet::testing::instance(scope, fleet::testing::instance_id(a * 1000 + i), {{"Name", name}}));
      }
    }
    flow::WavePolicy policy;
    policy.rules = *flow::parse_waves(waves);
    plan = flow::plan_waves(discovery.instances, policy);
    names = TargetNames(discovery.instances);
  }
  PlanSheet sheet() const {
    PlanSheet made(plan, discovery, names);
    made.digest = ledger::to_hex(plan.digest("uptime"));
    made.runs = "uptime";
    made.world = "sim:test";
    return made;
  }
  fleet::Discovery discovery;
  flow::Plan plan;
  TargetNames names;
};

std::size_t lines(const std::string& text) {
  return split(text, '\n').size() - 1;
}

TEST(PlanText, SaysWhoWhatAndInWhichOrder) {
  Planned planned(2, 20);
  const PlanSheet sheet = planned.sheet();
  EXPECT_EQ(plan_text(sheet, PlanDetail::folded), "Plan " + sheet.digest.substr(0, 8) +
                                                      R"(: 40 targets in 2 accounts and 1 Region, 5 commands
  team-0 (111122220000)  20 targets  us-east-1
  team-1 (111122220001)  20 targets  us-east-1
document AWS-RunShellScript: 40 targets
runs: uptime
waves, one after the other:
  canary  1 target    in 1 account   none may fail
  10%     3 targets   in 2 accounts  none may fail (5%)
  rest    36 targets  in 2 accounts  1 may fail (5%)
)");
}

TEST(PlanText, ASmallFleetHasNoEmptyWaves) {
  EXPECT_NE(plan_text(Planned(1, 3).sheet(), PlanDetail::folded)
                .find("  canary  1 target   in 1 account  none may "
                      "fail\n  rest    2 targets"),
            std::string::npos);
  EXPECT_NE(plan_text(Planned(1, 1).sheet(), PlanDetail::folded).find("one wave:\n  canary  1 target"),
            std::string::npos);
  EXPECT_NE(plan_text(Planned(1, 9, "all").sheet(), PlanDetail::folded).find("one wave:\n  rest  9 targets"),
            std::string::npos);
  EXPECT_EQ(plan_text(Planned(0, 0).sheet(), PlanDetail::folded).find("wave"), std::string::npos);
}

TEST(PlanText, AThousandAccountsFitAScreenUnlessAllIsWanted) {
  Planned planned(1000, 2, "by:account");
  planned.plan.skipped.emplace_back(planned.discovery.instances[0].ref, "the instance is \x1b[31mstopped");
  const std::string folded = plan_text(planned.sheet(), PlanDetail::folded);
  EXPECT_LT(lines(folded), 50U);
  EXPECT_NE(folded.find("... and 980 accounts more with 1960 targets (-v shows all"), std::string::npos) << folded;
  EXPECT_NE(folded.find("... and 980 waves more"), std::string::npos) << folded;
  EXPECT_EQ(folded.find('\x1b'), std::string::npos);
  const std::string whole = plan_text(planned.sheet(), PlanDetail::whole);
  EXPECT_GT(lines(whole), 2000U);
  EXPECT_EQ(whole.find("more"), std::string::npos);
}

TEST(PlanDocument, HoldsEveryTargetWithItsWave) {
  Planned planned(2, 3);
  planned.plan.skipped.emplace_back(planned.discovery.instances[0].ref, "the instance is stopped");
  PlanSheet sheet = planned.sheet();
  sheet.places = "deadline: soon\nfull output: log group ops\n";
  const Json document = plan_document(sheet);
  EXPECT_EQ(document["limits"].items().size(), 2U);
  EXPECT_EQ(document["schema"].as_string(), "postern.plan/1");
  EXPECT_EQ(document["digest"].as_string().size(), 64U);
  EXPECT_EQ(document["totals"]["targets"].to_int(), 6);
  EXPECT_EQ(document["waves"].items().size(), 2U);
  EXPECT_EQ(document["waves"].items()[0]["name"].as_string(), "canary");
  EXPECT_EQ(document["waves"].items()[0]["may_fail"].to_int(), 0);
  EXPECT_EQ(document["accounts"].items()[1]["regions"].items()[0]["targets"].to_int(), 3);
  EXPECT_EQ(document["targets"].items().size(), 6U);
  EXPECT_EQ(document["targets"].items()[5]["wave"].as_string(), "rest");
  EXPECT_EQ(document["skipped"].items()[0]["reason"].as_string(), "the instance is stopped");
}

TEST(TargetNames, AreFoundInAnyOrderAndNeverMistaken) {
  const fleet::ScopePtr one = fleet::testing::scope("111122223333", "us-east-1", "one");
  const fleet::ScopePtr two = fleet::testing::scope("444455556666", "us-east-1", "two");
  std::vector<fleet::Instance> instances;
  for (const unsigned number : {3U, 1U}) {
    instances.push_back(fleet::testing::instance(two, fleet::testing::instance_id(number), {}));
    instances.back().name = "web-" + std::to_string(number);
  }
  instances.push_back(fleet::testing::instance(one, fleet::testing::instance_id(1), {}));
  instances.back().name.clear();
  const TargetNames names(instances);
  EXPECT_EQ(names.of(instances[0].ref), "web-3");
  EXPECT_EQ(names.name_or_id(instances[1].ref), "web-1");
  EXPECT_EQ(names.of(instances[2].ref), "") << "another account's instance of the same id";
  EXPECT_EQ(names.name_or_id(instances[2].ref), instances[2].ref.id().text());
  EXPECT_EQ(names.of(fleet::TargetRef(one, fleet::testing::instance_id(2))), "");
  EXPECT_EQ(TargetNames().of(instances[0].ref), "");
}

}  // namespace
}  // namespace postern::cli
