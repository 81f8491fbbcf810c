#include "cli/audit_show.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;

const WallTime kThen(std::chrono::seconds(1'700'000'000));

LookedInto looked() {
  LookedInto made;
  made.from = kThen;
  made.to = kThen + std::chrono::hours(24);
  made.sites = 3;
  made.events = 40;
  return made;
}

TEST(AssumptionsAnswer, SaysWhoAndHowItEnded) {
  std::vector<audit::Assumption> all(2);
  all[0].time = kThen;
  all[0].who = "arn:aws:iam::111122223333:user/ada";
  all[0].source_identity = "ada";
  all[1].time = kThen;
  all[1].error_code = "AccessDenied";
  const Answer answer = assumptions_answer("sim:demo", "PosternOperator", all, looked());
  EXPECT_EQ(answer.document["schema"], Json("postern.assumptions/1"));
  EXPECT_EQ(answer.document["totals"]["succeeded"], Json(1));
  EXPECT_EQ(answer.document["totals"]["refused"], Json(1));
  const Json::Array& rows = answer.document["assumptions"].items();
  EXPECT_EQ(rows[0]["status"], Json("success"));
  EXPECT_EQ(rows[0]["time"], Json("2023-11-14T22:13:20Z"));
  EXPECT_EQ(rows[1]["status"], Json("denied"));
  EXPECT_FALSE(rows[1].contains("source_identity"));
  EXPECT_EQ(answer.document["looked_into"]["complete"], Json(true));
}

TEST(ReconciliationAnswer, CountsEveryMatch) {
  audit::Reconciliation found;
  audit::MutationRow& row = found.mutations.emplace_back();
  row.scope = fleet::testing::scope("444455556666", "us-east-1");
  row.mutation.op = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  row.match = audit::Match::waiting;
  audit::EventRow& event = found.events.emplace_back();
  event.event.name = "TerminateInstances";
  event.event.actor.arn = "arn:aws:sts::444455556666:assumed-role/PosternOperator/x\x1b[2J";
  event.why = "the run's credentials";
  AuditedRun run;
  run.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  run.world = "aws";
  run.status = "succeeded";
  const Answer answer = reconciliation_answer(run, found, looked());
  EXPECT_EQ(answer.document["agrees"], Json(false));
  EXPECT_EQ(answer.document["totals"]["waiting"], Json(1));
  EXPECT_EQ(answer.document["totals"]["events_unknown"], Json(1));
  EXPECT_EQ(answer.document["mutations"].items()[0]["outcome"], Json("unknown"));
  const std::string said = describe_reconciliation(found);
  EXPECT_THAT(said, HasSubstr("not in the ledger: TerminateInstances"));
  EXPECT_THAT(said, HasSubstr("may still come"));
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace postern::cli
