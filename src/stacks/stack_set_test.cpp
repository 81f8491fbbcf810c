#include "stacks/stack_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rt/testing/manual_loop.hpp"
#include "stacks/testing/fake_stack_sets.hpp"

namespace postern::stacks {
namespace stack_set_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Sets : public ::testing::Test {
 protected:
  Sets() : deployer(port) {
    order.name = "postern-roles";
    order.body = "Resources: {}";
    order.parameters["ExternalIdPrefix"] = "f3b1c9d27a604e58";
    order.units = {"ou-prod"};
    order.region = "us-east-1";
    order.token = "1";
    port.accounts["ou-prod"] = {"444455556666", "777788889999"};
    port.accounts["ou-test"] = {"888899990000"};
  }
  SetPlan plan() {
    const auto out = loop.run(deployer.prepare(loop.context(), order));
    EXPECT_TRUE(out) << out.error().to_text();
    return out ? *out : SetPlan();
  }
  SetDone apply() {
    const SetProgress progress = [this](const std::vector<StackInstance>&) { ++told; };
    const auto out = loop.run(deployer.apply(loop.context(), order, plan(), progress));
    EXPECT_TRUE(out) << out.error().to_text();
    return out ? *out : SetDone();
  }

  rt::testing::ManualLoop loop;
  testing::FakeStackSets port;
  StackSetDeployer deployer;
  StackSetOrder order;
  int told = 0;
};

TEST_F(Sets, AreMadeAndFollowedToTheirEnd) {
  EXPECT_TRUE(plan().creates);
  const SetDone done = apply();
  EXPECT_EQ(done.outcome, Outcome::done);
  EXPECT_EQ(done.instances.size(), 2U);
  EXPECT_GT(told, 1);
  EXPECT_THAT(port.calls, ElementsAre("create postern-roles", "instances ou-prod 1"));
  EXPECT_EQ(plan().outlook, Outlook::unchanged);
}

TEST_F(Sets, ChangeWhatDiffersAndAddUnits) {
  apply();
  port.calls.clear();
  order.body = "Resources: {More: {}}";
  order.units = {"ou-prod", "ou-test"};
  order.token = "2";
  const SetPlan changed = plan();
  EXPECT_THAT(changed.changes, ElementsAre("the template"));
  EXPECT_THAT(changed.new_units, ElementsAre("ou-test"));
  EXPECT_EQ(apply().instances.size(), 3U);
  EXPECT_THAT(port.calls, ElementsAre("update postern-roles 2", "instances ou-test 2"));
}

TEST_F(Sets, AnAccountThatIsNamedLaterIsMissed) {
  order.accounts = {"444455556666"};
  apply();
  EXPECT_EQ(plan().outlook, Outlook::unchanged);
  order.accounts.emplace_back("999900001111");
  EXPECT_THAT(plan().new_units, ElementsAre("ou-prod"));
}

TEST_F(Sets, AFailureStopsAndIsTold) {
  port.fails = {"777788889999"};
  const SetDone done = apply();
  EXPECT_EQ(done.outcome, Outcome::failed);
  ASSERT_EQ(done.instances.size(), 2U);
  EXPECT_EQ(done.instances[1].detailed, "FAILED");
  EXPECT_EQ(done.instances[1].reason, "no room");
}

TEST_F(Sets, TimeThatPassesIsNoFailure) {
  port.looks_until_done = 1'000'000;
  const rt::CallContext brief = loop.context().within(std::chrono::seconds(30));
  const auto out = loop.run(deployer.apply(brief, order, plan(), SetProgress()));
  ASSERT_TRUE(out) << out.error().to_text();
  EXPECT_EQ(out->outcome, Outcome::unknown);
}

TEST_F(Sets, OthersSetsAreLeftAlone) {
  apply();
  port.set->service_managed = false;
  const SetPlan blocked = plan();
  EXPECT_EQ(blocked.outlook, Outlook::blocked);
  EXPECT_THAT(blocked.why, HasSubstr("SELF_MANAGED"));
}

TEST_F(Sets, AreTakenAwayWithTheirStacks) {
  apply();
  port.calls.clear();
  order.units.clear();
  const auto out = loop.run(deployer.remove(loop.context(), order, SetProgress()));
  ASSERT_TRUE(out) << out.error().to_text();
  EXPECT_EQ(out->outcome, Outcome::done);
  EXPECT_THAT(port.calls, ElementsAre("delete ou-prod 1", "remove postern-roles"));
  EXPECT_FALSE(port.set);
  EXPECT_THAT(port.all, IsEmpty());
}

}  // namespace stack_set_test
}  // namespace postern::stacks
