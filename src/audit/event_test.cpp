#include "audit/event.hpp"

#include <gtest/gtest.h>

namespace postern::audit {
namespace {

TEST(ParseEvent, ReadsAnAssumption) {
  const auto event = parse_event(R"({"eventVersion":"1.08","userIdentity":{"type":"AssumedRole",
    "principalId":"AROAHUB:ada","arn":"arn:aws:sts::111122223333:assumed-role/Hub/ada","accountId":"111122223333",
    "accessKeyId":"ASIAHUB","sessionContext":{"attributes":{"mfaAuthenticated":"true"},"sourceIdentity":"ada"}},
    "eventTime":"2026-03-01T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole",
    "awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"postern/1",
    "requestParameters":{"roleArn":"arn:aws:iam::444455556666:role/Operator","roleSessionName":"night"},
    "responseElements":{"credentials":{"accessKeyId":"ASIANEW"},"sourceIdentity":"ada"},"requestID":"r-1",
    "eventID":"e-1","readOnly":true,"recipientAccountId":"111122223333","sharedEventID":"s-1"})");
  ASSERT_TRUE(event) << event.error().to_text();
  EXPECT_TRUE(event->succeeded());
  EXPECT_TRUE(event->read_only);
  EXPECT_TRUE(event->actor.mfa);
  EXPECT_EQ(event->role_arn, "arn:aws:iam::444455556666:role/Operator");
  EXPECT_EQ(event->session_name, "night");
  EXPECT_EQ(event->source_identity, "ada");
  EXPECT_EQ(event->issued_key, "ASIANEW");
  EXPECT_EQ(event->shared_id, "s-1");
  EXPECT_EQ(event->account, "111122223333");
}

TEST(ParseEvent, TakesTheRoleOfADenialOutOfItsMessage) {
  const std::string before = R"({"eventTime":"2026-03-01T10:00:00Z","eventSource":"sts.amazonaws.com",
    "eventName":"AssumeRole","eventID":"e-2","errorCode":"AccessDenied","requestParameters":null,"errorMessage":")";
  const auto event = parse_event(before +
                                 "User: eve is not authorized to perform: sts:AssumeRole on resource: "
                                 "arn:aws:iam::444455556666:role/ops/Operator with an explicit deny\"}");
  ASSERT_TRUE(event) << event.error().to_text();
  EXPECT_EQ(event->role_arn, "arn:aws:iam::444455556666:role/ops/Operator");
  EXPECT_EQ(event->error_code, "AccessDenied");
  EXPECT_EQ(parse_event(before + "on resource: arn:aws:s3:::bucket\"}")->role_arn, "");
}

TEST(ParseEvent, TakesTheRoleOfAnotherAccountsCallerFromTheResources) {
  const auto event = parse_event(R"({"eventTime":"2026-03-01T10:00:00Z","eventSource":"sts.amazonaws.com",
    "eventName":"AssumeRoleWithSAML","eventID":"e-3","userIdentity":{"type":"SAMLUser"},
    "resources":[{"type":"AWS::IAM::Role","accountId":"444455556666","ARN":"arn:aws:iam::444455556666:role/R"}]})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->role_arn, "arn:aws:iam::444455556666:role/R");
}

TEST(ParseEvent, ReadsCommands) {
  const auto sent = parse_event(R"({"eventTime":"2026-03-01T10:00:00Z","eventSource":"ssm.amazonaws.com",
    "eventName":"SendCommand","eventID":"e-4","requestParameters":{"comment":"postern op=X","parameters":"HIDDEN"},
    "responseElements":{"command":{"commandId":"c-1"}}})");
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->command_id, "c-1");
  EXPECT_EQ(sent->comment, "postern op=X");
  const auto cancelled = parse_event(R"({"eventTime":"2026-03-01T10:00:00Z","eventSource":"ssm.amazonaws.com",
    "eventName":"CancelCommand","eventID":"e-5","requestParameters":{"commandId":"c-1"},"responseElements":null})");
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->command_id, "c-1");
}

TEST(ParseEvent, RefusesWhatIsNoEvent) {
  for (const char* text : {"", "[]", "{}", "null", R"({"eventName":"A","eventID":"1"})",
                           R"({"eventName":"A","eventID":"1","eventTime":"yesterday"})",
                           R"({"eventName":7,"eventID":[],"eventTime":{}})"}) {
    EXPECT_FALSE(parse_event(text)) << text;
  }
}

}  // namespace
}  // namespace postern::audit
