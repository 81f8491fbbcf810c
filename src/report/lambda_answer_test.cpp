#include "report/lambda_answer.hpp"

#include <gtest/gtest.h>

#include "report/testing/sample.hpp"

namespace postern::report {
namespace lambda_answer_test {

TEST(LambdaAnswer, HasTheShapesOfTheLambda) {
  flow::RunResult run = testing::sample_run();
  const auto good = fleet::testing::scope("111122223333", "us-east-1", "good");
  run.targets.push_back(testing::ran(good, 9, 0, "ok"));
  RunFacts facts = testing::sample_facts();
  facts.asked.push_back(fleet::testing::scope("222233334444", "us-east-1", "empty"));
  facts.unasked.emplace_back(fleet::testing::scope("999900001111", "us-west-2", "gone"), "AccessDenied");
  const Json answer = lambda_answer(run, facts);
  EXPECT_EQ(answer["statusCode"].as_int(), 200);
  const Json body = answer["body"];
  ASSERT_EQ(body.size(), 5U);
  EXPECT_EQ(body.items()[0].dump(), R"({"account_id":"111122223333","status":"success","command_id":"c-111122223333",)"
                                    R"("command_ids":["c-111122223333"],"instance_count":1,)"
                                    R"("totals":{"succeeded":1,"failed":0,"skipped":0,"unknown":0}})");
  EXPECT_EQ(body.items()[1].dump(),
            R"({"account_id":"222233334444","status":"no_instances","message":"No instances found that match @web",)"
            R"("instance_count":0,"totals":{"succeeded":0,"failed":0,"skipped":0,"unknown":0}})");
  EXPECT_EQ(
      body.items()[2].dump(),
      R"({"account_id":"444455556666","status":"error","error":"1 failed of 4 instances: i-00000000000000003: Failed",)"
      R"("command_id":"c-444455556666","command_ids":["c-444455556666"],"instance_count":3,)"
      R"("totals":{"succeeded":2,"failed":1,"skipped":1,"unknown":0}})");
  EXPECT_EQ(body.items()[3]["error"].as_string(),
            "1 failed, 1 unknown of 3 instances: i-00000000000000005: the answer to the send was lost");
  EXPECT_EQ(body.items()[4]["error"].as_string(), "us-west-2: AccessDenied");
}

TEST(LambdaAnswer, WhatTheUsersRulesSkippedIsNoError) {
  flow::RunResult run;
  const auto scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  run.targets.push_back(testing::result(scope, 1, flow::Outcome::skipped, "excluded"));
  Json body = lambda_answer(run, RunFacts())["body"];
  EXPECT_EQ(body.items()[0]["status"].as_string(), "no_instances");
  EXPECT_EQ(body.items()[0]["message"].as_string(), "No instances left: 1 skipped by rule");
  run.targets[0].unreachable = true;
  body = lambda_answer(run, RunFacts())["body"];
  EXPECT_EQ(body.items()[0]["error"].as_string(), "1 unreachable of 1 instance: i-00000000000000001: excluded");
}

}  // namespace lambda_answer_test
}  // namespace postern::report
