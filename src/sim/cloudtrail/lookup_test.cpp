// The history of calls, asked through the generated client.

#include <gtest/gtest.h>

#include <set>

#include "aws/cloudtrail/ops.hpp"
#include "aws/iam/ops.hpp"
#include "base/json.hpp"
#include "sim/signals/test_calls.hpp"

namespace postern::sim {
namespace {

namespace api = aws::cloudtrail;
using signals_test::answer_of;
using signals_test::refusal_of;
using testing::Rig;
using testing::rig_config;

class LookupTest : public ::testing::Test {
 protected:
  LookupTest() : rig(config()) {}
  static CloudConfig config() {
    CloudConfig made = rig_config(2);
    made.trail = TrailConfig(TrailEvents::all, std::chrono::minutes(5));
    return made;
  }
  static api::LookupEventsRequest about(std::string key = std::string(), std::string value = std::string()) {
    api::LookupEventsRequest request;
    if (key.empty()) return request;
    auto& attribute = request.lookup_attributes.emplace_back();
    attribute.attribute_key.emplace(key);
    attribute.attribute_value = std::move(value);
    return request;
  }
  /// After a while in which everything is delivered and the limit forgotten.
  std::vector<api::Event> found(std::string key = std::string(), std::string value = std::string()) {
    rig.loop().advance(std::chrono::minutes(6));
    return answer_of<api::LookupEvents>(rig, about(std::move(key), std::move(value))).events;
  }
  static Json record(const api::Event& event) {
    Result<Json> json = Json::parse(*event.cloud_trail_event);
    CHECK(json.has_value());
    return std::move(*json);
  }
  void use_hub() {
    aws::Credentials hub;
    hub.access_key_id = "AKIARIGOPERATOR00001";
    hub.secret_access_key = Secret<>(std::string("secret"));
    rig.use(std::move(hub));
  }
  aws::sts::AssumeRoleRequest assume(std::string external_id) {
    aws::sts::AssumeRoleRequest request;
    request.role_arn = "arn:aws:iam::444455556666:role/Operator";
    request.role_session_name = "night-shift";
    request.source_identity = "ada";
    request.external_id = std::move(external_id);
    return request;
  }
  Rig rig;
};

TEST_F(LookupTest, AssumedRoleIsAnEventOfBothAccounts) {
  ASSERT_TRUE(rig.call<aws::sts::AssumeRole>(assume("x-1")));
  const std::vector<api::Event> own = found("EventName", "AssumeRole");
  ASSERT_EQ(own.size(), 1U);
  const Json mine = record(own[0]);
  EXPECT_EQ(mine["userIdentity"]["type"], Json("IAMUser"));
  EXPECT_EQ(mine["userIdentity"]["arn"], Json("arn:aws:iam::111122223333:user/operator"));
  EXPECT_EQ(mine["requestParameters"]["roleSessionName"], Json("night-shift"));
  EXPECT_EQ(mine["requestParameters"]["sourceIdentity"], Json("ada"));
  EXPECT_EQ(mine["responseElements"]["credentials"]["secretAccessKey"], Json("HIDDEN_DUE_TO_SECURITY_REASONS"));
  EXPECT_EQ(mine["recipientAccountId"], Json("111122223333"));
  EXPECT_EQ(mine["readOnly"], Json(true));
  EXPECT_EQ(*own[0].username, "operator");

  ASSERT_TRUE(rig.become_operator());
  const std::vector<api::Event> theirs = found("ResourceName", "arn:aws:iam::444455556666:role/Operator");
  ASSERT_EQ(theirs.size(), 2U);  // and that of become_operator()
  const Json other = record(theirs[1]);
  EXPECT_EQ(other["userIdentity"]["type"], Json("AWSAccount"));
  EXPECT_EQ(other["userIdentity"]["accountId"], Json("111122223333"));
  EXPECT_FALSE(other["userIdentity"].contains("arn"));
  EXPECT_EQ(other["resources"].items()[0]["ARN"], Json("arn:aws:iam::444455556666:role/Operator"));
  EXPECT_EQ(other["sharedEventID"], mine["sharedEventID"]);
  EXPECT_NE(other["eventID"], mine["eventID"]);
  EXPECT_FALSE(theirs[1].username.has_value());
  // A role is found by its ARN only.
  EXPECT_TRUE(found("ResourceName", "Operator").empty());
}

TEST_F(LookupTest, DeniedAssumptionTellsTheCodeAndNoParameters) {
  EXPECT_EQ(refusal_of<aws::sts::AssumeRole>(rig, assume("wrong")), "AccessDenied");
  const std::vector<api::Event> own = found("EventName", "AssumeRole");
  ASSERT_EQ(own.size(), 1U);
  const Json event = record(own[0]);
  EXPECT_EQ(event["errorCode"], Json("AccessDenied"));
  EXPECT_TRUE(event["requestParameters"].is_null());
  EXPECT_TRUE(event["responseElements"].is_null());
  EXPECT_NE(event["errorMessage"].as_string().find("role/Operator"), std::string::npos);
}

TEST_F(LookupTest, CommandsParametersAreHidden) {
  ASSERT_TRUE(rig.become_operator());
  const auto sent = rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(2)));
  ASSERT_TRUE(sent);
  const std::vector<api::Event> events = found("Username", "rig");
  ASSERT_EQ(events.size(), 1U);
  const Json event = record(events[0]);
  EXPECT_EQ(event["eventSource"], Json("ssm.amazonaws.com"));
  EXPECT_EQ(event["requestParameters"]["parameters"], Json("HIDDEN_DUE_TO_SECURITY_REASONS"));
  EXPECT_EQ(event["requestParameters"]["instanceIds"].items().size(), 2U);
  EXPECT_EQ(event["responseElements"]["command"]["commandId"], Json(*sent->command->command_id));
  EXPECT_EQ(event["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], Json("Operator"));
  EXPECT_EQ(*events[0].read_only, "false");
}

TEST_F(LookupTest, AppearsAfterTheDelay) {
  ASSERT_TRUE(rig.call<aws::sts::AssumeRole>(assume("x-1")));
  rig.loop().advance(std::chrono::minutes(4));
  EXPECT_TRUE(answer_of<api::LookupEvents>(rig, about("EventName", "AssumeRole")).events.empty());
  rig.loop().advance(std::chrono::minutes(1));
  EXPECT_EQ(answer_of<api::LookupEvents>(rig, about("EventName", "AssumeRole")).events.size(), 1U);
  rig.loop().advance(std::chrono::hours(24 * 91));
  EXPECT_TRUE(answer_of<api::LookupEvents>(rig, about("EventName", "AssumeRole")).events.empty());
}

/// Our client keeps the limit by itself; a second one knows nothing of the first.
TEST_F(LookupTest, TwoRequestsASecondForAnAccountAndRegion) {
  http::ServiceClient client(rig.door());
  aws::InvokerOptions options;
  options.retry.attempts_max = 1;
  const auto second = aws::make_invoker(aws::InvokerParts(client, aws::EndpointConfig()), options);
  aws::CallScope scope;
  scope.region = "us-east-1";
  scope.credentials = std::make_shared<testing::FixedCredentials>(rig.credentials());
  const auto asked = [&] {
    const auto answer = rig.loop().run(aws::call<api::LookupEvents>(rig.loop().context(), *second, scope, about()));
    return answer ? "accepted" : signals_test::code_of(answer.error());
  };
  EXPECT_EQ(refusal_of<api::LookupEvents>(rig, about()), "accepted");
  EXPECT_EQ(refusal_of<api::LookupEvents>(rig, about()), "accepted");
  EXPECT_EQ(asked(), "ThrottlingException");
  rig.in_region("us-west-2");
  EXPECT_EQ(refusal_of<api::LookupEvents>(rig, about()), "accepted");
  rig.loop().advance(std::chrono::milliseconds(500));
  EXPECT_EQ(asked(), "accepted");
}

TEST_F(LookupTest, PagesAreNewestFirstAndHoldWhileEventsCome) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(rig.call<aws::sts::AssumeRole>(assume("x-1")));
  rig.loop().advance(std::chrono::minutes(6));
  api::LookupEventsRequest request = about("EventName", "AssumeRole");
  request.max_results = 2;
  std::vector<std::string> ids;
  for (int page = 0; page < 3; ++page) {
    const auto answer = answer_of<api::LookupEvents>(rig, request);
    for (const api::Event& event : answer.events) ids.push_back(*event.event_id);
    EXPECT_EQ(answer.next_token.has_value(), page < 2);
    request.next_token = answer.next_token;
    ASSERT_TRUE(rig.call<aws::sts::AssumeRole>(assume("x-1")));
    rig.loop().advance(std::chrono::minutes(6));
  }
  EXPECT_EQ(ids.size(), 5U);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 5U);
  request.next_token = "nonsense";
  EXPECT_EQ(refusal_of<api::LookupEvents>(rig, request), "InvalidNextTokenException");
}

TEST_F(LookupTest, RefusesWhatAwsRefuses) {
  api::LookupEventsRequest two = about("EventName", "AssumeRole");
  two.lookup_attributes.push_back(two.lookup_attributes.front());
  EXPECT_EQ(refusal_of<api::LookupEvents>(rig, two), "InvalidLookupAttributesException");
  api::LookupEventsRequest times = about();
  times.start_time = rig.cloud().now(rig.loop().clock());
  times.end_time = *times.start_time - std::chrono::seconds(1);
  EXPECT_EQ(refusal_of<api::LookupEvents>(rig, times), "InvalidTimeRangeException");
  api::LookupEventsRequest many = about();
  many.max_results = 51;
  EXPECT_NE(refusal_of<api::LookupEvents>(rig, many), "accepted");
}

TEST_F(LookupTest, GlobalServicesAreInUsEast1) {
  rig.in_region("us-west-2");
  aws::iam::GetRoleRequest role;
  role.role_name = "Nobody";
  EXPECT_EQ(refusal_of<aws::iam::GetRole>(rig, role), "NoSuchEntity");
  ASSERT_TRUE(rig.call<aws::sts::AssumeRole>(assume("x-1")));
  EXPECT_TRUE(found("EventSource", "iam.amazonaws.com").empty());
  EXPECT_EQ(found("EventSource", "sts.amazonaws.com").size(), 1U);
  use_hub();
  EXPECT_EQ(found("EventSource", "iam.amazonaws.com").size(), 1U);
  EXPECT_TRUE(found("EventSource", "sts.amazonaws.com").empty());
}

TEST(Recording, IsOffUnlessTheConfigAsks) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  EXPECT_EQ(rig.services().history().size(), 0U);
  CloudConfig writes = rig_config(1);
  writes.trail = TrailConfig(TrailEvents::writes, Duration::zero());
  Rig other(std::move(writes));
  ASSERT_TRUE(other.become_operator());
  ASSERT_TRUE(other.call<aws::ssm::ListCommands>(aws::ssm::ListCommandsRequest()));
  EXPECT_EQ(other.services().history().size(), 2U);  // the assumption, in two accounts
}

}  // namespace
}  // namespace postern::sim
