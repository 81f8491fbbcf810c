// Notices and whole outputs on a session whose every request is answered by the test.

#include <gtest/gtest.h>

#include <deque>

#include "adapters/notice_sender.hpp"
#include "adapters/whole_output.hpp"
#include "fleet/testing/make.hpp"
#include "world/world.hpp"

namespace postern::adapters {
namespace {

constexpr std::string_view kIdentity =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account><Arn>"
    "arn:aws:iam::111122223333:user/hub</Arn><UserId>U</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>";

http::Response reply(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// Answers what is not STS in turn; when nothing is left, as the last one. A status of 0 is a lost connection.
class ScriptedWire final : public http::Client {
 public:
  std::deque<http::Response> replies;
  std::vector<http::Request> seen;
  rt::Task<Result<http::Response>> send(rt::CallContext, http::Origin origin, http::Request request) override {
    if (origin.host.starts_with("sts.")) co_return reply(200, std::string(kIdentity));
    seen.push_back(std::move(request));
    http::Response response = replies.front();
    if (replies.size() > 1) replies.pop_front();
    if (response.status == 0) {
      co_return fail(Error(ErrorKind::unavailable, "connection reset").delivered(Delivery::sent));
    }
    co_return response;
  }
};

struct Bed {
  Bed() : world(7) {
    world.environment().set("AWS_ACCESS_KEY_ID", "AKIATEST000000000001");
    world.environment().set("AWS_SECRET_ACCESS_KEY", "secret");
    world.environment().set("AWS_REGION", "us-east-1");
    SessionEffects effects;
    effects.environment = &world.environment();
    effects.files = &world.disk();
    effects.processes = &world.processes();
    effects.dialer = &world.network().dialer("laptop");
    effects.clock = &world.clock();
    effects.http = &wire;
    auto opened = AwsSession::open(world.executor(), effects, SessionOptions());
    EXPECT_TRUE(opened.has_value());
    session = std::move(*opened);
    secrets = std::make_unique<HostSecrets>(world.environment(), world.disk());
    scope = fleet::testing::scope("444455556666", "us-east-1");
  }
  Result<void> tell(std::string_view target) {
    Result<fleet::NotifyTarget> parsed = fleet::NotifyTarget::parse(target);
    EXPECT_TRUE(parsed.has_value());
    flow::Notice notice;
    notice.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    notice.status = "failed";
    NoticeSender sender(*session, *secrets);
    return world.run(sender.tell(world.ctx(), *parsed, notice));
  }
  Result<WholeText> read(WholeOutput& whole, std::string kept = "") {
    OutputStream stream;
    stream.command_id = "c0ffee00-0000-4000-8000-000000000000";
    stream.instance_id = "i-0123456789abcdef0";
    stream.name = "stdout";
    stream.plugin = "aws:runShellScript";
    stream.kept = std::move(kept);
    return world.run(whole.read(world.ctx(), scope, std::move(stream)));
  }
  world::World world;
  ScriptedWire wire;
  std::unique_ptr<AwsSession> session;
  std::unique_ptr<HostSecrets> secrets;
  fleet::ScopePtr scope;
};

http::Response s3_error(int status, const std::string& code) {
  return reply(status, "<Error><Code>" + code + "</Code><Message>no, not s3://key of one target</Message></Error>");
}

flow::OutputPlaces bucket() {
  flow::OutputPlaces places;
  places.bucket = "ops-output";
  places.prefix = "runs";
  return places;
}

flow::OutputPlaces logs() {
  flow::OutputPlaces places;
  places.log_group = "/ops/runs";
  return places;
}

TEST(NoticeSender, AnEntryThatEventBridgeDidNotTakeIsAnError) {
  Bed bed;
  bed.wire.replies.push_back(
      reply(200, R"({"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"try later"}]})"));
  const Result<void> told = bed.tell("arn:aws:events:us-east-1:111122223333:event-bus/default");
  ASSERT_FALSE(told.has_value());
  EXPECT_EQ(told.error().message(), "EventBridge did not take the event: InternalFailure try later");
  bed.wire.replies = {reply(200, R"({"FailedEntryCount":0,"Entries":[{"EventId":"1"}]})")};
  EXPECT_TRUE(bed.tell("arn:aws:events:us-east-1:111122223333:event-bus/default").has_value());
}

TEST(NoticeSender, FifoTopicsGetAGroupAndTheNoticesId) {
  Bed bed;
  bed.wire.replies.push_back(
      reply(200, "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"));
  EXPECT_TRUE(bed.tell("arn:aws:sns:us-east-1:111122223333:ops.fifo").has_value());
  ASSERT_EQ(bed.wire.seen.size(), 1U);
  EXPECT_NE(bed.wire.seen[0].body.find("MessageGroupId=01ARZ3NDEKTSV4RRFFQ69G5FAV"), std::string::npos);
  EXPECT_NE(bed.wire.seen[0].body.find("MessageDeduplicationId=01ARZ3NDEKTSV4RRFFQ69G5FAV-"), std::string::npos);
}

TEST(NoticeSender, AWebhookIsAskedThreeTimesAndItsAddressStaysAway) {
  Bed bed;
  bed.world.environment().set("HOOK", "https://hooks.example.com/services/SECRET");
  bed.wire.replies.push_back(reply(0, ""));
  const Result<void> told = bed.tell("env:HOOK");
  ASSERT_FALSE(told.has_value());
  EXPECT_EQ(bed.wire.seen.size(), 3U);
  EXPECT_EQ(told.error().to_text().find("SECRET"), std::string::npos) << told.error().to_text();
  bed.world.environment().set("HOOK", "http://hooks.example.com/services/SECRET");
  const Result<void> plain = bed.tell("env:HOOK");
  ASSERT_FALSE(plain.has_value());
  EXPECT_EQ(plain.error().to_text().find("SECRET"), std::string::npos) << plain.error().to_text();
  EXPECT_EQ(bed.wire.seen.size(), 3U) << "nothing is sent in clear";
}

TEST(WholeOutput, AnObjectThatIsLateIsWaitedFor) {
  Bed bed;
  WholeOutput whole(*bed.session, bucket());
  bed.wire.replies = {s3_error(404, "NoSuchKey"), s3_error(404, "NoSuchKey"), reply(200, "all of it")};
  const MonoTime begun = bed.world.clock().now();
  const Result<WholeText> read = bed.read(whole);
  ASSERT_TRUE(read.has_value()) << read.error().to_text();
  EXPECT_EQ(read->text, "all of it");
  EXPECT_FALSE(read->truncated);
  EXPECT_EQ(bed.world.clock().now() - begun, std::chrono::seconds(4));
}

TEST(WholeOutput, WhatIsLargerThanIsReadSaysSo) {
  Bed bed;
  WholeOutput whole(*bed.session, bucket());
  http::Response part = reply(206, std::string(kWholeOutputMax, 'x'));
  part.headers.set("Content-Range", "bytes 0-1048575/1048577");
  bed.wire.replies = {part};
  const Result<WholeText> read = bed.read(whole);
  ASSERT_TRUE(read.has_value()) << read.error().to_text();
  EXPECT_TRUE(read->truncated);
  EXPECT_EQ(read->text.size(), kWholeOutputMax);
  EXPECT_EQ(bed.wire.seen[0].headers.get("Range"), "bytes=0-1048575");
}

TEST(WholeOutput, ReasonsAreTheSameForEveryTarget) {
  Bed bed;
  WholeOutput whole(*bed.session, bucket());
  bed.wire.replies = {s3_error(403, "AccessDenied")};
  const Result<WholeText> read = bed.read(whole);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message(), "s3://ops-output/runs: AccessDenied");
  EXPECT_EQ(bed.wire.seen.size(), 2U) << "with the target's credentials, then with the hub's";
}

TEST(WholeOutput, WaitsNoLongerForNodesThatNeverWrite) {
  Bed bed;
  WholeOutput whole(*bed.session, bucket());
  bed.wire.replies = {s3_error(404, "NoSuchKey")};
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(bed.read(whole).has_value());
  const MonoTime begun = bed.world.clock().now();
  const Result<WholeText> read = bed.read(whole);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message(),
            "the node has not written it to s3://ops-output/runs; may its role put objects there?");
  EXPECT_EQ(bed.world.clock().now(), begun);
}

TEST(WholeOutput, ALogStreamIsReadUntilNothingNewComesTwice) {
  Bed bed;
  WholeOutput whole(*bed.session, logs());
  bed.wire.replies = {
      reply(400, R"({"__type":"ResourceNotFoundException","message":"no stream"})"),
      reply(200, R"({"events":[{"message":"one"}],"nextForwardToken":"f/1"})"),
      reply(200, R"({"events":[],"nextForwardToken":"f/1"})"),
      reply(200, R"({"events":[{"message":"two"},{"message":"three"}],"nextForwardToken":"f/2"})"),
      reply(200, R"({"events":[],"nextForwardToken":"f/2"})"),
      reply(200, R"({"events":[],"nextForwardToken":"f/2"})"),
  };
  const Result<WholeText> read = bed.read(whole, "one\ntwo\n--output truncated--");
  ASSERT_TRUE(read.has_value()) << read.error().to_text();
  EXPECT_EQ(read->text, "one\ntwo\nthree\n");
  EXPECT_FALSE(read->truncated);
}

TEST(WholeOutput, ALogStreamThatLacksWhatIsKnownIsRefused) {
  Bed bed;
  WholeOutput whole(*bed.session, logs());
  bed.wire.replies = {reply(200, R"({"events":[{"message":"one"}],"nextForwardToken":"f/1"})"),
                      reply(200, R"({"events":[],"nextForwardToken":"f/1"})")};
  const Result<WholeText> read = bed.read(whole, "one\ntwo\nthree\n--output truncated--");
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message().find("has not written all of it to the log group /ops/runs"), std::string::npos);
}

}  // namespace
}  // namespace postern::adapters
