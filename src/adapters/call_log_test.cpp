#include "adapters/call_log.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "aws/core/invoker.hpp"
#include "aws/sts/ops.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::adapters {
namespace {

/// Answers in turn, 40 ms each; a status of 0 is a lost connection.
class ScriptedClient final : public http::Client {
 public:
  std::deque<int> statuses;
  rt::Task<Result<http::Response>> send(rt::CallContext ctx, http::Origin, http::Request) override {
    const MonoTime at = ctx.now() + std::chrono::milliseconds(40);
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), at);
    if (!slept) co_return fail(slept.error());
    const int status = statuses.front();
    statuses.pop_front();
    if (status == 0) co_return fail(Error(ErrorKind::unavailable, "connection reset").delivered(Delivery::sent));
    http::Response response;
    response.status = status;
    response.headers.set("x-amzn-requestid", "id-" + std::to_string(statuses.size()));
    response.body = status == 200
                        ? "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>444455556666</Account>"
                          "</GetCallerIdentityResult></GetCallerIdentityResponse>"
                        : "<ErrorResponse><Error><Code>" +
                              std::string(status == 403 ? "AccessDenied" : "InternalFailure") +
                              "</Code><Message>no: "
                              "SecretAccessKey=abc</Message></Error></ErrorResponse>";
    co_return response;
  }
};

struct LogBed {
  LogBed() : log(loop.clock()), client(wire) {
    log.add(
        obs::LogOutput([this](std::string_view line) { lines += line; }, obs::LogLevel::debug, obs::LogForm::terminal));
    aws::InvokerOptions options;
    options.retry.attempts_max = 3;
    invoker = std::make_unique<LoggedInvoker>(
        aws::make_invoker(aws::InvokerParts(client, aws::EndpointConfig()), options), log, counters);
  }
  Result<aws::sts::GetCallerIdentityResponse> call() {
    aws::CallScope scope;
    scope.account_id = "444455556666";
    scope.region = "eu-west-1";
    return loop.run(
        aws::call<aws::sts::GetCallerIdentity>(loop.context(), *invoker, scope, aws::sts::GetCallerIdentityRequest()));
  }
  rt::testing::ManualLoop loop;
  std::string lines;
  obs::Log log;
  obs::Counters counters;
  ScriptedClient wire;
  LoggedClient client;
  std::unique_ptr<aws::Invoker> invoker;
};

TEST(CallLog, OneEventACall) {
  LogBed bed;
  bed.wire.statuses = {200};
  ASSERT_TRUE(bed.call());
  EXPECT_EQ(bed.lines,
            "[aws.call] operation=sts:GetCallerIdentity account=444455556666 region=eu-west-1 status=200 "
            "request_id=id-0 duration_ms=40 attempts=1\n");
}

TEST(CallLog, AttemptsAreCountedAndTheLastOneTold) {
  LogBed bed;
  bed.wire.statuses = {0, 503, 200};
  ASSERT_TRUE(bed.call());
  EXPECT_NE(bed.lines.find(" status=200 request_id=id-0 "), std::string::npos) << bed.lines;
  EXPECT_NE(bed.lines.find(" attempts=3\n"), std::string::npos) << bed.lines;
  EXPECT_EQ(bed.counters.all().at("attempts"), 3);
}

TEST(CallLog, FailuresSayWhyWithoutSecrets) {
  LogBed bed;
  bed.wire.statuses = {403, 0, 0, 0};
  ASSERT_FALSE(bed.call());
  ASSERT_FALSE(bed.call());
  EXPECT_NE(bed.lines.find(" status=403 code=AccessDenied request_id=id-3 "), std::string::npos) << bed.lines;
  EXPECT_NE(bed.lines.find("error=\"AccessDenied: no: SecretAccessKey=***\"\n"), std::string::npos) << bed.lines;
  EXPECT_NE(bed.lines.find(" attempts=3 error=\"connection reset\"\n"), std::string::npos) << bed.lines;
  EXPECT_EQ(bed.counters.all().at("calls"), 2);
  EXPECT_EQ(bed.counters.all().at("errors"), 2);
  EXPECT_EQ(bed.counters.all().at("sts:GetCallerIdentity"), 2);
}

}  // namespace
}  // namespace postern::adapters
