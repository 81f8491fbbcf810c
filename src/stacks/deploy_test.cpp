#include "stacks/deploy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "rt/testing/manual_loop.hpp"
#include "stacks/testing/fake_stacks.hpp"

namespace postern::stacks {
namespace deploy_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StackEvent event(std::string id, std::string logical, std::string status, std::string reason = {}) {
  StackEvent out;
  out.id = std::move(id);
  out.logical_id = std::move(logical);
  out.type = out.logical_id == "postern-roles" ? "AWS::CloudFormation::Stack" : "AWS::IAM::Role";
  out.status = std::move(status);
  out.reason = std::move(reason);
  return out;
}

Stack stack(std::string status, std::string reason = {}) {
  Stack out;
  out.id = "arn:postern-roles";
  out.status = std::move(status);
  out.reason = std::move(reason);
  return out;
}

class Deploy : public ::testing::Test {
 protected:
  Deploy() : where(fleet::testing::scope("444455556666", "us-east-1")), deployer(port) {
    order.name = "postern-roles";
    order.body = "Resources: {}";
    order.token = "1";
    port.next.status = "CREATE_COMPLETE";
    port.next.execution_status = "AVAILABLE";
  }
  Result<Prepared> prepare() {
    Result<std::optional<Stack>> before = loop.run(port.describe(loop.context(), where, order.name));
    if (!before) return fail(before.error());
    return loop.run(deployer.prepare(loop.context(), where, std::move(*before), order));
  }
  Result<Applied> apply(const Prepared& prepared, rt::CallContext ctx) {
    const EventSink sink = [this](const fleet::Scope&, const StackEvent& each) {
      told.push_back(each.logical_id + " " + each.status);
    };
    return loop.run(deployer.apply(ctx, where, prepared, sink));
  }
  Result<Applied> apply(const Prepared& prepared) { return apply(prepared, loop.context()); }
  void will_change(std::string action, std::string logical) {
    port.next.changes.emplace_back();
    port.next.changes.back().action = std::move(action);
    port.next.changes.back().logical_id = std::move(logical);
  }
  void will_create() {
    will_change("Add", "ObserveRole");
    port.steps.emplace_back(std::vector<StackEvent>{}, "REVIEW_IN_PROGRESS");
    port.steps.emplace_back(std::vector<StackEvent>{event("1", "postern-roles", "CREATE_IN_PROGRESS")},
                            "CREATE_IN_PROGRESS");
    port.steps.emplace_back(std::vector<StackEvent>{event("2", "ObserveRole", "CREATE_COMPLETE"),
                                                    event("3", "postern-roles", "CREATE_COMPLETE")},
                            "CREATE_COMPLETE");
  }

  rt::testing::ManualLoop loop;
  testing::FakeStacks port;
  fleet::ScopePtr where;
  Deployer deployer;
  StackOrder order;
  std::vector<std::string> told;
};

TEST_F(Deploy, ShowsAndMakesAStack) {
  will_change("Add", "RolloutRole");
  will_create();
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared) << prepared.error().message();
  EXPECT_EQ(prepared->outlook, Outlook::changes);
  EXPECT_TRUE(prepared->creates());
  ASSERT_EQ(prepared->changes.size(), 2U);
  EXPECT_EQ(prepared->changes[0].logical_id, "ObserveRole");
  const Result<Applied> applied = apply(*prepared);
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_EQ(applied->outcome, Outcome::done);
  EXPECT_THAT(applied->problems, IsEmpty());
  EXPECT_THAT(told, ElementsAre("postern-roles CREATE_IN_PROGRESS", "ObserveRole CREATE_COMPLETE",
                                "postern-roles CREATE_COMPLETE"));
  EXPECT_THAT(port.calls, ElementsAre("create postern-1", "execute postern-1 postern-1"));
}

TEST_F(Deploy, LeavesNothingBehindWhenNobodyWantsIt) {
  will_create();
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  ASSERT_TRUE(loop.run(deployer.discard(loop.context(), where, *prepared)));
  EXPECT_THAT(port.stacks, IsEmpty());
  EXPECT_THAT(port.change_sets, IsEmpty());
}

TEST_F(Deploy, LeavesTheShellThatWasThereBefore) {
  port.stacks.emplace("postern-roles", stack("REVIEW_IN_PROGRESS"));
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  EXPECT_TRUE(prepared->creates());
  ASSERT_TRUE(loop.run(deployer.discard(loop.context(), where, *prepared)));
  EXPECT_EQ(port.stacks.size(), 1U);
}

TEST_F(Deploy, SaysThatNothingWouldChange) {
  port.stacks.emplace("postern-roles", stack("UPDATE_ROLLBACK_COMPLETE"));
  port.next = ChangeSet();
  port.next.status = "FAILED";
  port.next.reason = "The submitted information didn't contain changes. Submit different information.";
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared) << prepared.error().message();
  EXPECT_EQ(prepared->outlook, Outlook::unchanged);
  EXPECT_THAT(port.calls, ElementsAre("create postern-1 for update", "discard postern-1"));
  EXPECT_THAT(port.change_sets, IsEmpty());
}

TEST_F(Deploy, SaysWhyAChangeSetFailed) {
  port.next = ChangeSet();
  port.next.status = "FAILED";
  port.next.reason = "Parameter ExternalId failed to satisfy constraint";
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->outlook, Outlook::blocked);
  EXPECT_THAT(prepared->why, HasSubstr("ExternalId failed to satisfy"));
  EXPECT_THAT(port.stacks, IsEmpty());
}

TEST_F(Deploy, TouchesNoStackThatIsNotReady) {
  for (const auto& [status, why] : {std::pair("UPDATE_IN_PROGRESS", "another operation is under way"),
                                    std::pair("ROLLBACK_COMPLETE", "has to be deleted first"),
                                    std::pair("UPDATE_ROLLBACK_FAILED", "needs a person's hand"),
                                    std::pair("SOMETHING_NEW", "needs a person's hand")}) {
    port.stacks.insert_or_assign("postern-roles", stack(status, "because"));
    const Result<Prepared> prepared = prepare();
    ASSERT_TRUE(prepared);
    EXPECT_EQ(prepared->outlook, Outlook::blocked) << status;
    EXPECT_THAT(prepared->why, HasSubstr(why));
  }
  EXPECT_THAT(port.calls, IsEmpty());
}

TEST_F(Deploy, NamesTheFirstCauseOfARollBack) {
  will_change("Add", "ObserveRole");
  port.steps.emplace_back(
      std::vector<StackEvent>{event("1", "ObserveRole", "CREATE_FAILED", "PosternObserve already exists"),
                              event("2", "OperateRole", "CREATE_FAILED", "Resource creation cancelled")},
      "ROLLBACK_IN_PROGRESS");
  port.steps.emplace_back(std::vector<StackEvent>{event("3", "postern-roles", "ROLLBACK_COMPLETE")},
                          "ROLLBACK_COMPLETE");
  const Result<Applied> applied = apply(*prepare());
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->outcome, Outcome::rolled_back);
  EXPECT_THAT(applied->problems, ElementsAre("ObserveRole (AWS::IAM::Role): PosternObserve already exists"));
}

TEST_F(Deploy, LooksWhenTheAnswerOfAnExecutionIsLost) {
  will_create();
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  port.lose_reply = true;
  const Result<Applied> applied = apply(*prepared);
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_EQ(applied->outcome, Outcome::done);
  EXPECT_EQ(port.calls.size(), 2U);
}

TEST_F(Deploy, SaysSoWhenTheExecutionWasNeverTaken) {
  will_create();
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  port.failing["execute"].push_back(Error(ErrorKind::unavailable, "the connection broke").delivered(Delivery::sent));
  const Result<Applied> applied = apply(*prepared);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(port.change_sets.size(), 1U);
}

TEST_F(Deploy, GoesOnWhenALookFails) {
  will_create();
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  const std::optional<Error> throttled = Error(ErrorKind::throttled, "Rate exceeded");
  port.failing["events"] = {throttled, throttled, throttled};
  const Result<Applied> applied = apply(*prepared);
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_EQ(applied->outcome, Outcome::done);
}

TEST_F(Deploy, StopsWhenItMayNotLook) {
  will_create();
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  port.failing["events"] = {Error(ErrorKind::denied, "not authorized")};
  const Result<Applied> applied = apply(*prepared);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind(), ErrorKind::denied);
}

TEST_F(Deploy, LeavesAtTheDeadlineWhatIsUnderWay) {
  will_change("Add", "ObserveRole");
  port.steps.emplace_back(std::vector<StackEvent>{event("1", "postern-roles", "CREATE_IN_PROGRESS")},
                          "CREATE_IN_PROGRESS");
  const Result<Prepared> prepared = prepare();
  ASSERT_TRUE(prepared);
  const Result<Applied> applied = apply(*prepared, loop.context().within(1min));
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_EQ(applied->outcome, Outcome::unknown);
  EXPECT_LE(loop.clock().now(), MonoTime() + 62s);
}

TEST_F(Deploy, DeletesAStack) {
  port.stacks.emplace("postern-roles", stack("CREATE_COMPLETE"));
  port.steps.emplace_back(std::vector<StackEvent>{}, "CREATE_COMPLETE");
  port.steps.emplace_back(std::vector<StackEvent>{event("1", "postern-roles", "DELETE_IN_PROGRESS")},
                          "DELETE_IN_PROGRESS");
  port.steps.emplace_back(std::vector<StackEvent>{event("2", "postern-roles", "DELETE_COMPLETE")}, "DELETE_COMPLETE");
  port.lose_reply = true;
  const Result<Applied> removed =
      loop.run(deployer.remove(loop.context(), where, port.stacks.at("postern-roles"), "9", EventSink()));
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_EQ(removed->outcome, Outcome::done);
  EXPECT_THAT(port.calls, ElementsAre("delete arn:postern-roles postern-9", "delete arn:postern-roles postern-9"));
}

TEST_F(Deploy, SaysWhyADeletionFailed) {
  port.stacks.emplace("postern-roles", stack("CREATE_COMPLETE"));
  port.steps.emplace_back(std::vector<StackEvent>{}, "CREATE_COMPLETE");
  port.steps.emplace_back(std::vector<StackEvent>{event("1", "ObserveRole", "DELETE_FAILED",
                                                        "Cannot delete entity, must detach all policies first.")},
                          "DELETE_FAILED");
  const Result<Applied> removed =
      loop.run(deployer.remove(loop.context(), where, port.stacks.at("postern-roles"), "9", EventSink()));
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->outcome, Outcome::failed);
  EXPECT_THAT(removed->problems, ElementsAre(HasSubstr("must detach all policies first")));
}

}  // namespace deploy_test
}  // namespace postern::stacks
