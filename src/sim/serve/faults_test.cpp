#include "sim/serve/faults.hpp"

#include <gtest/gtest.h>

#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace faults_test {

using testing::Rig;
using testing::rig_config;

std::string code_of(const Error& error) {
  return error.aws() == nullptr ? std::string() : error.aws()->code;
}

int status_of(const Error& error) {
  return error.aws() == nullptr ? 0 : error.aws()->http_status;
}

TEST(Faults, ThrottleInTheFormOfEachProtocol) {
  Rig rig(rig_config(1));
  FaultRule rule("*", FaultKind::throttle, FaultRule::kForever);
  rule.retry_after = "2";
  rig.faults().add(rule);
  const auto sts = rig.call<aws::sts::GetCallerIdentity>(aws::sts::GetCallerIdentityRequest());
  EXPECT_EQ(code_of(sts.error()), "Throttling");
  EXPECT_EQ(status_of(sts.error()), 400);
  const auto ec2 = rig.call<aws::ec2::DescribeInstances>(aws::ec2::DescribeInstancesRequest());
  EXPECT_EQ(code_of(ec2.error()), "RequestLimitExceeded");
  EXPECT_EQ(status_of(ec2.error()), 503);
  const auto ssm = rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest());
  EXPECT_EQ(code_of(ssm.error()), "ThrottlingException");
  EXPECT_EQ(status_of(ssm.error()), 400);
}

TEST(Faults, MatchByRegionAndAccountAndCount) {
  Rig rig(rig_config(1));
  FaultRule elsewhere("*", FaultKind::server_error, FaultRule::kForever);
  elsewhere.region = "eu-west-1";
  FaultRule other("*", FaultKind::server_error, FaultRule::kForever);
  other.account = "444455556666";
  FaultRule third("ssm:*", FaultKind::server_error, 1);
  third.skip = 2;
  for (const FaultRule& rule : {elsewhere, other, third}) rig.faults().add(rule);
  std::string seen;
  for (int i = 0; i < 5; ++i) {
    seen += rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()) ? '+' : '-';
  }
  EXPECT_EQ(seen, "++-++");
}

TEST(Faults, ARateLetsABurstPassAndThenSoManyASecond) {
  Rig rig(rig_config(1));
  // Not a throttle: after one, our own client holds the next call back.
  FaultRule rule("ssm:List*", FaultKind::server_error, FaultRule::kForever);
  rule.rate = 0.5;
  rule.burst = 3;
  rig.faults().add(rule);
  std::string seen;
  for (int i = 0; i < 5; ++i) seen += rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()) ? '+' : '-';
  EXPECT_EQ(seen, "+++--");
  // Every operation has a bucket of its own.
  EXPECT_TRUE(rig.call<aws::ssm::ListDocuments>(aws::ssm::ListDocumentsRequest()).has_value());
  rig.loop().advance(std::chrono::milliseconds(1999));
  EXPECT_FALSE(rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()).has_value());
  rig.loop().advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()).has_value());
  EXPECT_FALSE(rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()).has_value());
  EXPECT_EQ(rig.faults().applied_by_kind().at(FaultKind::server_error), 4U);
}

std::string draw(std::uint64_t seed) {
  Rig rig(rig_config(1));
  rig.faults().set_seed(seed);
  FaultRule rule("*", FaultKind::server_error, FaultRule::kForever);
  rule.probability = 0.5;
  rig.faults().add(rule);
  std::string seen;
  for (int i = 0; i < 64; ++i) {
    seen += rig.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()) ? '+' : '-';
  }
  return seen;
}

TEST(Faults, TheSameSeedDrawsTheSame) {
  const std::string first = draw(1);
  EXPECT_EQ(first, draw(1));
  EXPECT_NE(first, draw(2));
  const auto hits = std::count(first.begin(), first.end(), '-');
  EXPECT_GT(hits, 16);
  EXPECT_LT(hits, 48);
}

TEST(Faults, PagesNeverEnd) {
  Rig rig(rig_config(12));
  ASSERT_TRUE(rig.become_operator());
  rig.faults().add(FaultRule("ec2:DescribeInstances", FaultKind::endless_pages, FaultRule::kForever));
  aws::ec2::DescribeInstancesRequest request;
  request.max_results = 5;
  std::string token;
  for (int page = 0; page < 5; ++page) {
    const auto got = rig.call<aws::ec2::DescribeInstances>(request);
    ASSERT_TRUE(got) << got.error().to_text();
    ASSERT_TRUE(got->next_token);
    if (page > 0) EXPECT_EQ(*got->next_token, token);
    token = *got->next_token;
    request.next_token = token;
  }
}

TEST(Faults, PageTokensAreRefusedAsForged) {
  Rig rig(rig_config(1));
  rig.faults().add(FaultRule("ssm:ListCommands", FaultKind::refused_page, FaultRule::kForever));
  aws::ssm::ListCommandsRequest page;
  EXPECT_TRUE(rig.call<aws::ssm::ListCommands>(page));
  page.next_token = "eyJ";
  EXPECT_EQ(code_of(rig.call<aws::ssm::ListCommands>(page).error()), "InvalidNextToken");
}

TEST(Faults, UnknownValuesReachTheClient) {
  Rig rig(rig_config(1));
  FaultRule rule("ssm:DescribeInstanceInformation", FaultKind::unknown_value, 1);
  rule.member = "PingStatus";
  rule.value = "Dreaming \"deeply\"";
  rig.faults().add(rule);
  ASSERT_TRUE(rig.become_operator());
  const auto nodes = rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest());
  ASSERT_TRUE(nodes) << nodes.error().to_text();
  ASSERT_FALSE(nodes->instance_information_list.empty());
  EXPECT_EQ(nodes->instance_information_list[0].ping_status->text(), "Dreaming \"deeply\"");
}

TEST(Faults, DelaysAddUpAndLeaveTheAnswerAlone) {
  Rig rig(rig_config(1));
  FaultRule slow("*", FaultKind::delay, FaultRule::kForever);
  slow.delay = std::chrono::seconds(3);
  rig.faults().add(slow);
  rig.faults().add(slow);
  const MonoTime before = rig.loop().clock().now();
  EXPECT_TRUE(rig.call<aws::sts::GetCallerIdentity>(aws::sts::GetCallerIdentityRequest()));
  EXPECT_EQ(rig.loop().clock().now() - before, std::chrono::seconds(6));
}

TEST(FaultKinds, AreReadAsTheyAreWritten) {
  for (const std::string& name : fault_kind_names()) {
    const auto kind = parse_fault_kind(name);
    ASSERT_TRUE(kind) << name;
    EXPECT_EQ(to_string(*kind), name);
  }
  EXPECT_FALSE(parse_fault_kind("rain"));
}

}  // namespace faults_test
}  // namespace postern::sim
