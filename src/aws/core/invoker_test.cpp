// tidy: allow-file(line-length) documents are easier to read whole
#include "aws/core/invoker.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "aws/core/pager.hpp"
#include "aws/core/read_only.hpp"
#include "aws/core/types.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::aws {
namespace {

using namespace std::chrono_literals;

struct AskRequest {
  AskRequest() = default;
  std::optional<std::string> name;
  std::optional<std::string> next_token;
};
struct AskResponse {
  AskResponse() = default;
  std::optional<std::string> answer;
  std::optional<std::string> next_token;
};

Shape text_shape() {
  Shape shape{};
  shape.name = "Text";
  shape.kind = Kind::string;
  shape.ops = &kStringOps;
  return shape;
}
const Shape kText = text_shape();

Member text_member(std::string_view name, std::size_t offset) {
  return Member{name, name, name, &kText, &kOptionalField<std::string>, offset};
}

// Both structs are two optional strings: the first member of its own, then the token.
constexpr std::size_t kSecond = sizeof(std::optional<std::string>);
const std::array<Member, 2> kIn = {text_member("Name", 0), text_member("NextToken", kSecond)};
const std::array<Member, 2> kOut = {text_member("Answer", 0), text_member("NextToken", kSecond)};

Shape structure(std::string_view name, std::span<const Member> members) {
  Shape shape{};
  shape.name = name;
  shape.kind = Kind::structure;
  shape.members = members;
  return shape;
}
const Shape kInShape = structure("AskRequest", kIn);
const Shape kOutShape = structure("AskResponse", kOut);

const ServiceSpec kService{"ssm", "SSM", "", "", Protocol::json, "1.1", "AmazonSSM", "ssm", "ssm", "", ""};
const Pagination kPages{"NextToken", "NextToken", "", "", ""};

OperationSpec operation(std::string_view name, Effect effect) {
  OperationSpec spec{};
  spec.name = name;
  spec.service = &kService;
  spec.input = &kInShape;
  spec.output = &kOutShape;
  spec.http_method = "POST";
  spec.request_uri = "/";
  spec.effect = effect;
  spec.pagination = &kPages;
  return spec;
}

struct Read {
  using Request = AskRequest;
  using Response = AskResponse;
  static const OperationSpec& spec() {
    static const OperationSpec kSpec = operation("ListCommands", Effect::read);
    return kSpec;
  }
};
struct Write {
  using Request = AskRequest;
  using Response = AskResponse;
  static const OperationSpec& spec() {
    static const OperationSpec kSpec = operation("SendCommand", Effect::write);
    return kSpec;
  }
};

/// Answers from a script and remembers what it was asked.
class ScriptedClient final : public http::Client {
 public:
  rt::Task<Result<http::Response>> send(rt::CallContext ctx, http::Origin origin, http::Request request) override {
    requests.push_back(std::move(request));
    if (script.empty()) co_return fail(ErrorKind::internal, "the script is over");
    Result<http::Response> next = std::move(script.front());
    script.pop_front();
    co_return next;
  }
  void answer(int status, std::string body, std::string date = "") {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers.set("Content-Type", "application/x-amz-json-1.1");
    if (!date.empty()) response.headers.set("Date", date);
    script.emplace_back(std::move(response));
  }
  void lose(Delivery delivery) {
    script.emplace_back(fail(Error(ErrorKind::unavailable, "connection reset").delivered(delivery)));
  }
  std::deque<Result<http::Response>> script;
  std::vector<http::Request> requests;
};

class FixedCredentials final : public CredentialsProvider {
 public:
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override {
    Credentials credentials;
    credentials.access_key_id = "AKIDEXAMPLE" + std::to_string(renewals);
    credentials.secret_access_key = Secret<>("secret");
    co_return credentials;
  }
  std::string describe() const override { return "fixed"; }
  void invalidate() override { ++renewals; }
  int renewals = 0;
};

class InvokerTest : public ::testing::Test {
 protected:
  InvokerTest() { use(AccessMode::read_write); }
  void use(AccessMode mode) {
    InvokerOptions options;
    options.mode = mode;
    invoker = make_invoker(InvokerParts(client, EndpointConfig()), options);
    scope.account_id = "444455556666";
    scope.region = "us-east-1";
    scope.credentials = credentials;
  }
  template <class Op>
  Result<AskResponse> ask() {
    AskRequest request;
    request.name = "x";
    return loop.run(call<Op>(loop.context(), *invoker, scope, request));
  }

  rt::testing::ManualLoop loop;
  ScriptedClient client;
  std::shared_ptr<FixedCredentials> credentials = std::make_shared<FixedCredentials>();
  std::unique_ptr<Invoker> invoker;
  CallScope scope;
};

TEST_F(InvokerTest, SignsSendsAndDecodes) {
  client.answer(200, R"({"Answer":"yes"})");
  const Result<AskResponse> response = ask<Read>();
  ASSERT_TRUE(response) << response.error().to_text();
  EXPECT_EQ(response->answer, "yes");
  ASSERT_EQ(client.requests.size(), 1U);
  const http::Request& request = client.requests[0];
  EXPECT_EQ(request.headers.get("Host"), "ssm.us-east-1.amazonaws.com");
  EXPECT_EQ(request.headers.get("X-Amz-Target"), "AmazonSSM.ListCommands");
  EXPECT_EQ(request.headers.get("amz-sdk-request"), "attempt=1; max=3");
  EXPECT_TRUE(request.headers.get("Authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0/"));
}

TEST_F(InvokerTest, RetriesAReadAfterALostReplyAndKeepsTheInvocationId) {
  client.lose(Delivery::sent);
  client.answer(500, "");
  client.answer(200, R"({"Answer":"third"})");
  const Result<AskResponse> response = ask<Read>();
  ASSERT_TRUE(response) << response.error().to_text();
  ASSERT_EQ(client.requests.size(), 3U);
  EXPECT_EQ(client.requests[0].headers.get("amz-sdk-invocation-id"),
            client.requests[2].headers.get("amz-sdk-invocation-id"));
  EXPECT_EQ(client.requests[2].headers.get("amz-sdk-request"), "attempt=3; max=3");
}

TEST_F(InvokerTest, NeverSendsAWriteTwiceAfterALostReply) {
  client.lose(Delivery::sent);
  const Result<AskResponse> response = ask<Write>();
  ASSERT_FALSE(response);
  EXPECT_EQ(client.requests.size(), 1U);
  EXPECT_EQ(response.error().delivery(), Delivery::sent);
  EXPECT_EQ(response.error().context("operation"), "ssm:SendCommand");
  EXPECT_EQ(response.error().context("account"), "444455556666");
}

TEST_F(InvokerTest, AWriteThatNeverLeftIsTriedAgain) {
  client.lose(Delivery::not_sent);
  client.answer(200, "{}");
  EXPECT_TRUE(ask<Write>());
  EXPECT_EQ(client.requests.size(), 2U);
}

TEST_F(InvokerTest, CorrectsTheClockOnceAndForFree) {
  // The loop's wall clock begins at 2023-11-14T22:13:20Z; the service is an hour ahead.
  const char* date = "Tue, 14 Nov 2023 23:13:20 GMT";
  client.answer(
      400,
      R"json({"__type":"InvalidSignatureException","message":"Signature expired: 20231114T221320Z is now earlier than 20231114T230820Z (20231114T231320Z - 5 min.)"})json",
      date);
  client.answer(200, "{}", date);
  ASSERT_TRUE(ask<Write>());
  ASSERT_EQ(client.requests.size(), 2U);
  EXPECT_EQ(client.requests[0].headers.get("X-Amz-Date"), "20231114T221320Z");
  EXPECT_EQ(client.requests[1].headers.get("X-Amz-Date"), "20231114T231320Z");
  EXPECT_EQ(loop.clock().now(), MonoTime(0s));
}

TEST_F(InvokerTest, RefreshesExpiredCredentialsOnce) {
  client.answer(
      400, R"({"__type":"ExpiredTokenException","message":"The security token included in the request is expired"})");
  client.answer(200, "{}");
  EXPECT_TRUE(ask<Write>());
  EXPECT_EQ(credentials->renewals, 1);
  EXPECT_NE(client.requests[1].headers.get("Authorization").find("AKIDEXAMPLE1"), std::string_view::npos);
  client.answer(400, R"({"__type":"ExpiredTokenException","message":"no"})");
  client.answer(400, R"({"__type":"ExpiredTokenException","message":"still no"})");
  const Result<AskResponse> response = ask<Write>();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::credentials);
}

TEST_F(InvokerTest, ReadOnlyRefusesEverythingOutsideTheReviewedList) {
  use(AccessMode::read_only);
  const Result<AskResponse> response = ask<Write>();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::refused);
  EXPECT_EQ(response.error().delivery(), Delivery::not_sent);
  EXPECT_TRUE(client.requests.empty());
  client.answer(200, "{}");
  EXPECT_TRUE(ask<Read>());
}

TEST_F(InvokerTest, AnHtmlPageIsAMalformedAnswerThatSaysSo) {
  client.answer(200, "<html><body>Sign in to the hotel's network</body></html>");
  const Result<AskResponse> response = ask<Write>();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::malformed);
  EXPECT_EQ(response.error().delivery(), Delivery::answered);
  EXPECT_EQ(client.requests.size(), 1U);
}

rt::Task<Result<std::vector<std::string>>> all_pages(rt::CallContext ctx, Invoker& invoker, CallScope scope) {
  std::vector<std::string> answers;
  Pager<Read> pager(ctx, invoker, std::move(scope), AskRequest());
  for (;;) {
    CO_TRY(auto page, co_await pager.next());
    if (!page) co_return answers;
    answers.push_back(page->answer.value_or("-"));
  }
}

TEST_F(InvokerTest, AnEmptyPageIsNotTheEnd) {
  client.answer(200, R"({"Answer":"a","NextToken":"1"})");
  client.answer(200, R"({"NextToken":"2"})");
  client.answer(200, R"({"Answer":"c","NextToken":""})");
  const auto answers = loop.run(all_pages(loop.context(), *invoker, scope));
  ASSERT_TRUE(answers);
  EXPECT_EQ(*answers, (std::vector<std::string>{"a", "-", "c"}));
  EXPECT_NE(client.requests[2].body.find(R"("NextToken":"2")"), std::string::npos);
}

TEST_F(InvokerTest, ARepeatedPageTokenIsAnError) {
  client.answer(200, R"({"NextToken":"1"})");
  client.answer(200, R"({"NextToken":"2"})");
  client.answer(200, R"({"NextToken":"1"})");
  const auto answers = loop.run(all_pages(loop.context(), *invoker, scope));
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().kind(), ErrorKind::malformed);
}

TEST(ReadOnly, TheSessionPolicyFitsIntoAssumeRole) {
  const std::string policy = read_only_session_policy();
  EXPECT_LE(policy.size(), 2048U);
  EXPECT_NE(policy.find("\"ssm:ListCommands\""), std::string::npos);
  EXPECT_EQ(policy.find("SendCommand"), std::string::npos);
  EXPECT_EQ(policy.find("GetParameter"), std::string::npos);
}

}  // namespace
}  // namespace postern::aws
