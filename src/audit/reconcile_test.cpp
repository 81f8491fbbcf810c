#include "audit/reconcile.hpp"

#include <gtest/gtest.h>

#include "audit/sweep.hpp"
#include "fleet/testing/make.hpp"
#include "flow/run.hpp"

namespace postern::audit {
namespace {

using flow::record::SendEnd;

const std::string kRun = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const WallTime kStart(std::chrono::seconds(1'700'000'000));

std::string op(unsigned number) {
  return "01ARZ3NDEKTSV4RRFFQ69G5FA" + std::to_string(number);
}

WallTime at(int second) {
  return kStart + std::chrono::seconds(second);
}

/// Two batches in two accounts: batch 0 and 1 in either.
class ReconcileTest : public ::testing::Test {
 protected:
  ReconcileTest() {
    std::vector<fleet::Instance> instances;
    for (unsigned i = 0; i < 4; ++i) {
      const fleet::ScopePtr scope = fleet::testing::scope(i % 2 == 0 ? "111122220000" : "111122220001", "us-east-1");
      instances.push_back(fleet::testing::instance(scope, fleet::testing::instance_id(i)));
    }
    flow::WavePolicy policy;
    policy.rules = std::move(*flow::parse_waves("rest"));
    flow::RunHeader header;
    header.run_id = kRun;
    header.session_name = "postern-ops-" + kRun;
    header.spec.sh_lines.emplace_back("uptime");
    for (const flow::RunRecord& record : flow::opening_records(header, flow::plan_waves(instances, policy))) {
      CHECK(model.apply(record, kStart).has_value());
    }
  }

  void sent(unsigned batch, SendEnd end = SendEnd::accepted, int second = 10) {
    flow::record::Intent intent;
    intent.op = op(batch);
    intent.batch = batch;
    log.add(intent, at(second));
    flow::record::SendEnded ended;
    ended.op = op(batch);
    ended.end = end;
    if (end == SendEnd::accepted) ended.command_id = "c-" + std::to_string(batch);
    log.add(ended, at(second + 1));
  }

  TrailEvent& event(unsigned batch, std::string name = "SendCommand") {
    TrailEvent made;
    made.id = "e-" + std::to_string(evidence.events.size());
    made.name = std::move(name);
    made.time = at(11);
    made.account = batch == 0 ? "111122220000" : "111122220001";
    made.region = "us-east-1";
    made.command_id = "c-" + std::to_string(batch);
    made.comment = flow::make_comment(op(batch), kRun, "");
    made.actor.type = "AssumedRole";
    made.actor.access_key_id = "ASIA" + std::to_string(batch);
    return evidence.events.emplace_back(std::move(made));
  }

  Reconciliation run(Duration later = std::chrono::hours(1), const std::set<std::string>& keys = {}) {
    return reconcile(model, log, evidence, keys, kStart + later);
  }

  flow::RunModel model;
  MutationLog log;
  Evidence evidence;
};

TEST_F(ReconcileTest, AgreesWhenEachHasTheOther) {
  sent(0);
  sent(1);
  event(1);
  event(0);
  const Reconciliation found = run();
  EXPECT_TRUE(found.agrees());
  EXPECT_EQ(found.count(Match::matched), 2U);
  EXPECT_EQ(found.mutations[0].proof, Proof::command_id);
  EXPECT_EQ(session_keys(found), (std::set<std::string>{"ASIA0", "ASIA1"}));
}

TEST_F(ReconcileTest, MissingEventMayStillCome) {
  sent(0);
  EXPECT_EQ(run(std::chrono::minutes(5)).mutations[0].match, Match::waiting);
  EXPECT_FALSE(run(std::chrono::minutes(5)).agrees());
  EXPECT_EQ(run(std::chrono::hours(1)).mutations[0].match, Match::missing);
  const Reconciliation old = run(std::chrono::hours(24 * 100));
  EXPECT_NE(old.mutations[0].note.find("90 days"), std::string::npos);
  evidence.unasked.insert("111122220000/us-east-1");
  EXPECT_EQ(run().mutations[0].match, Match::unasked);
}

TEST_F(ReconcileTest, LostSendIsFoundByItsMark) {
  sent(0, SendEnd::lost);
  EXPECT_EQ(run().mutations[0].match, Match::none);
  event(0);
  const Reconciliation found = run();
  EXPECT_EQ(found.mutations[0].match, Match::arrived);
  EXPECT_EQ(found.mutations[0].proof, Proof::mark);
  EXPECT_FALSE(found.agrees());
  // Once somebody adopted the command both say the same.
  flow::record::Decided adopted;
  adopted.op = op(0);
  adopted.decision = flow::record::Decision::adopt;
  adopted.command_id = "c-0";
  log.add(adopted, at(60));
  EXPECT_EQ(run().mutations[0].match, Match::matched);
}

TEST_F(ReconcileTest, ProcessThatDiedInBetweenLeavesALostSend) {
  flow::record::Intent intent;
  intent.op = op(0);
  log.add(intent, at(10));
  event(0);
  EXPECT_EQ(run().mutations[0].match, Match::arrived);
}

TEST_F(ReconcileTest, RefusalWithoutParametersIsRecognisedByItsTime) {
  sent(0, SendEnd::refused);
  TrailEvent& denied = event(0);
  denied.command_id.clear();
  denied.comment.clear();
  denied.error_code = "AccessDeniedException";
  const Reconciliation found = run();
  EXPECT_TRUE(found.agrees());
  EXPECT_EQ(found.mutations[0].proof, Proof::time);
  EXPECT_TRUE(session_keys(found).empty());
}

TEST_F(ReconcileTest, WhatTheRunsSessionsDidIsTheRunsWhateverTheirKeys) {
  sent(0);
  event(0);
  // Of somebody who took the run up: the run's id is at the end of his session's name.
  TrailEvent& beside = event(1, "PutParameter");
  beside.command_id.clear();
  beside.comment.clear();
  beside.actor.access_key_id = "ASIAOTHER";
  beside.actor.arn = "arn:aws:sts::111122220001:assumed-role/PosternOperate/postern-ana-" + kRun;
  TrailEvent& stranger = event(1, "PutParameter");
  stranger.command_id.clear();
  stranger.comment.clear();
  stranger.actor.arn = "arn:aws:sts::111122220001:assumed-role/PosternOperate/postern-ana-" + op(7);
  const Reconciliation found = run();
  ASSERT_EQ(found.events.size(), 1U);
  EXPECT_EQ(found.events[0].why, "the run's session");
  EXPECT_EQ(found.events[0].event.actor.access_key_id, "ASIAOTHER");
  EXPECT_FALSE(found.agrees());
}

TEST_F(ReconcileTest, ARefusalOfAnotherRunsSessionIsNotTakenForOurs) {
  sent(0, SendEnd::refused);
  TrailEvent& denied = event(0);
  denied.command_id.clear();
  denied.comment.clear();
  denied.error_code = "AccessDeniedException";
  denied.actor.arn = "arn:aws:sts::111122220000:assumed-role/PosternOperate/postern-ops-" + op(7);
  EXPECT_EQ(run().mutations[0].match, Match::missing);
  evidence.events.back().actor.arn = "arn:aws:sts::111122220000:assumed-role/PosternOperate/postern-ops-" + kRun;
  EXPECT_EQ(run().mutations[0].match, Match::matched);
}

TEST_F(ReconcileTest, ContradictionsAreDisputes) {
  sent(0, SendEnd::not_sent);
  event(0);
  sent(1);
  TrailEvent& refused = event(1);
  refused.command_id.clear();
  refused.error_code = "ThrottlingException";
  const Reconciliation found = run();
  EXPECT_EQ(found.count(Match::disputed), 2U);
  EXPECT_FALSE(found.mutations[0].note.empty());
}

TEST_F(ReconcileTest, CommandWithTheRunsMarkThatTheLedgerDoesNotKnow) {
  sent(0);
  event(0);
  TrailEvent& strange = event(1);
  strange.time = at(30);
  const Reconciliation found = run();
  ASSERT_EQ(found.unknown_events(), 1U);
  EXPECT_EQ(found.events[0].why, "the run's mark");
  EXPECT_FALSE(found.agrees());
}

TEST_F(ReconcileTest, CancellationsAreExplainedByTheLedgersWish) {
  sent(0);
  event(0);
  event(0, "CancelCommand").comment.clear();
  EXPECT_EQ(run().unknown_events(), 1U);
  log.add(flow::record::Cancelling(), at(11));
  const Reconciliation found = run();
  EXPECT_EQ(found.unknown_events(), 0U);
  ASSERT_EQ(found.events.size(), 1U);
  EXPECT_EQ(found.events[0].kind, EventKind::explained);
}

TEST_F(ReconcileTest, WhatElseTheRunsSessionDidIsUnknown) {
  sent(0);
  event(0);
  TrailEvent& stolen = event(0, "TerminateInstances");
  stolen.comment.clear();
  stolen.command_id.clear();
  TrailEvent& look = event(0, "DescribeInstances");
  look.comment.clear();
  look.command_id.clear();
  look.read_only = true;
  TrailEvent& other = event(1, "TerminateInstances");
  other.comment.clear();
  other.command_id.clear();
  const Reconciliation found = run(std::chrono::hours(1), {"ASIA0"});
  ASSERT_EQ(found.events.size(), 1U);
  EXPECT_EQ(found.events[0].event.name, "TerminateInstances");
  EXPECT_EQ(found.events[0].why, "the run's credentials");
}

TEST_F(ReconcileTest, ARunThatSharesCredentialsIsKnownByItsCommands) {
  sent(0);
  event(0);
  TrailEvent& other = event(0);
  other.command_id = "c-other";
  other.comment = flow::make_comment(op(7), "01ARZ3NDEKTSV4RRFFQ69G5XXX", "");
  Reconciliation found = run(std::chrono::hours(1), {"ASIA0"});
  EXPECT_EQ(found.unknown_events(), 1U) << "nobody says so but the mark";
  EXPECT_EQ(other_runs(found, model.header().run_id), std::set<std::string>{"01ARZ3NDEKTSV4RRFFQ69G5XXX"});
  evidence.other_commands["c-other"] = "01ARZ3NDEKTSV4RRFFQ69G5XXX";
  found = run(std::chrono::hours(1), {"ASIA0"});
  EXPECT_TRUE(found.agrees());
  ASSERT_EQ(found.events.size(), 1U);
  EXPECT_EQ(found.events[0].why, "the run's credentials, for run 01ARZ3NDEKTSV4RRFFQ69G5XXX");
}

TEST_F(ReconcileTest, AnotherRunsCommandsAreNotOurs) {
  sent(0);
  event(0);
  TrailEvent& other = event(1);
  other.command_id = "c-other";
  other.comment = flow::make_comment(op(7), "01ARZ3NDEKTSV4RRFFQ69G5XXX", "");
  EXPECT_TRUE(run().agrees());
}

}  // namespace
}  // namespace postern::audit
