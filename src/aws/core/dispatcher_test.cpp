#include "aws/core/dispatcher.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>

#include "aws/core/types.hpp"
#include "rt/loop.hpp"

namespace postern::aws::server {
namespace dispatcher_test {

// One operation, Echo, in three services that differ in protocol only.
struct EchoRequest {
  EchoRequest() = default;
  std::optional<std::string> text;
};
struct EchoResponse {
  EchoResponse() = default;
  std::optional<std::string> text;
};

constexpr Shape make_shape(std::string_view name, Kind kind, std::span<const Member> members) {
  Shape shape{};
  shape.name = name;
  shape.kind = kind;
  shape.ops = kind == Kind::string ? &kStringOps : nullptr;
  shape.members = members;
  return shape;
}
constexpr Shape make_error(std::string_view code, int status) {
  Shape shape = make_shape(code, Kind::structure, {});
  shape.error_code = code;
  shape.error_status = status;
  return shape;
}

constexpr Shape make_text() {
  Shape shape = make_shape("Text", Kind::string, {});
  shape.max = 20;
  return shape;
}

constexpr Shape kText = make_text();
constexpr Member kRequestMembers[] = {{.name = "Text",
                                       .wire_name = "text",
                                       .query_name = "Text",
                                       .shape = &kText,
                                       .ops = &kOptionalField<std::string>,
                                       .offset = offsetof(EchoRequest, text)}};
constexpr Member kResponseMembers[] = {{.name = "Text",
                                        .wire_name = "text",
                                        .query_name = "Text",
                                        .shape = &kText,
                                        .ops = &kOptionalField<std::string>,
                                        .offset = offsetof(EchoResponse, text)}};
constexpr Shape kRequest = make_shape("EchoRequest", Kind::structure, kRequestMembers);
constexpr Shape kResponse = make_shape("EchoResponse", Kind::structure, kResponseMembers);
constexpr Shape kTooLoud = make_error("TooLoud", 429);
constexpr const Shape* kErrors[] = {&kTooLoud};

constexpr ServiceSpec make_service(std::string_view id, Protocol protocol) {
  ServiceSpec spec{};
  spec.id = id;
  spec.protocol = protocol;
  spec.api_version = "2020-01-01";
  spec.json_version = "1.1";
  spec.target_prefix = protocol == Protocol::json ? "Echo.Dotted" : "";
  spec.signing_name = id;
  spec.xml_namespace = "http://echo.example/";
  return spec;
}
constexpr ServiceSpec kJson = make_service("jsonecho", Protocol::json);
constexpr ServiceSpec kQuery = make_service("queryecho", Protocol::query);
constexpr ServiceSpec kEc2 = make_service("ec2echo", Protocol::ec2);

constexpr OperationSpec make_operation(const ServiceSpec& service, std::string_view name) {
  OperationSpec spec{};
  spec.name = name;
  spec.service = &service;
  spec.input = &kRequest;
  spec.output = &kResponse;
  spec.result_wrapper = service.protocol == Protocol::query ? "EchoResult" : "";
  spec.http_method = "POST";
  spec.request_uri = "/";
  spec.errors = kErrors;
  return spec;
}

/// The operation of one of the services; a class per service because a thunk is made from a type.
template <const ServiceSpec& kService>
struct Echo {
  using Request = EchoRequest;
  using Response = EchoResponse;
  static constexpr OperationSpec kSpec = make_operation(kService, "Echo");
};

struct Handler {
  Handler() = default;
  std::optional<Error> error;
  std::string account_seen;
  std::string region_seen;
  std::string request_id_seen;
  rt::Task<Result<EchoResponse>> echo(CallInfo info, EchoRequest request) {
    account_seen = info.caller.account_id;
    region_seen = info.region;
    request_id_seen = info.request_id;
    if (error) co_return fail(*error);
    EchoResponse response;
    response.text = request.text ? *request.text + "!" : "nothing";
    co_return response;
  }
};

template <const ServiceSpec& kService>
constexpr Entry kEntry{&Echo<kService>::kSpec, &invoke_method<Echo<kService>, Handler, &Handler::echo>};
template <const ServiceSpec& kService>
Binding bind(Handler& handler) {
  return Binding(kService, &handler, std::span<const Entry>(&kEntry<kService>, 1));
}

class TestAuthenticator final : public Authenticator {
 public:
  rt::Task<Result<CallerInfo>> authenticate(rt::CallContext, const OperationSpec&,
                                            const http::Request& request) override {
    const auto scope = claimed_scope(request);
    if (!scope) co_return fail(fault(ErrorKind::credentials, "MissingAuthenticationToken", "Sign it.", 403));
    CallerInfo caller;
    caller.account_id = "111122223333";
    caller.access_key_id = scope->access_key_id;
    co_return caller;
  }
};

class CountingRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class RecordingExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return true; }
  void explain(std::string_view topic, std::string text) override { lines.push_back(std::string(topic) + ": " + text); }
  std::vector<std::string> lines;
};

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest()
      : dispatcher_(authenticator_, {bind<kJson>(handler_), bind<kQuery>(handler_), bind<kEc2>(handler_)}) {}

  Result<http::Response> serve(http::Request request) {
    rt::CallContext ctx(loop_.clock(), random_, explainer_);
    return loop_.run(dispatcher_.serve(ctx, http::PeerInfo(), std::move(request)));
  }
  http::Response answer(http::Request request) {
    Result<http::Response> response = serve(std::move(request));
    EXPECT_TRUE(response) << (response ? "" : response.error().to_text());
    return response ? *response : http::Response();
  }
  static http::Request signed_request(std::string_view service) {
    http::Request request;
    request.method = "POST";
    request.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/" +
                                             std::string(service) + "/aws4_request, SignedHeaders=host, Signature=00");
    return request;
  }
  static http::Request json_request(std::string target, std::string body) {
    http::Request request = signed_request("jsonecho");
    request.headers.add("X-Amz-Target", std::move(target));
    request.headers.add("Content-Type", "application/x-amz-json-1.1");
    request.body = std::move(body);
    return request;
  }
  static http::Request form_request(std::string_view service, std::string body) {
    http::Request request = signed_request(service);
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(body);
    return request;
  }

  rt::Loop loop_;
  CountingRandom random_;
  RecordingExplainer explainer_;
  Handler handler_;
  TestAuthenticator authenticator_;
  Dispatcher dispatcher_;
};

TEST_F(DispatcherTest, AnswersJson) {
  const http::Response response = answer(json_request("Echo.Dotted.Echo", R"({"text":"hi"})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"text":"hi!"})");
  EXPECT_EQ(response.headers.get("x-amzn-requestid"), handler_.request_id_seen);
  EXPECT_EQ(handler_.account_seen, "111122223333");
  EXPECT_EQ(handler_.region_seen, "eu-west-1");
}

TEST_F(DispatcherTest, AnswersQuery) {
  const http::Response response = answer(form_request("queryecho", "Action=Echo&Version=2020-01-01&text=a%20b"));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find("<EchoResult><text>a b!</text></EchoResult>"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(handler_.request_id_seen), std::string::npos);
}

TEST_F(DispatcherTest, AnswersEc2) {
  const http::Response response = answer(form_request("ec2echo", "Action=Echo&Version=2020-01-01&Text=x"));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find("<text>x!</text>"), std::string::npos) << response.body;
}

TEST_F(DispatcherTest, AnswersPresignedGet) {
  http::Request request;
  request.target =
      "/?Action=Echo&Version=2020-01-01&text=x&X-Amz-Credential=AKID%2F20260101%2Fus-east-2%2Fqueryecho%2Faws4_request";
  const http::Response response = answer(std::move(request));
  EXPECT_NE(response.body.find("<text>x!</text>"), std::string::npos) << response.body;
  EXPECT_EQ(handler_.region_seen, "us-east-2");
}

TEST_F(DispatcherTest, RefusesWhatItDoesNotKnow) {
  struct Case {
    Case(http::Request r, int s, std::string w) : request(std::move(r)), status(s), wanted(std::move(w)) {}
    http::Request request;
    int status;
    std::string wanted;
  };
  const std::vector<Case> cases = {
      Case(json_request("Echo.Dotted.Nothing", "{}"), 400, "UnknownOperationException"),
      Case(json_request("Other.Echo", "{}"), 400, "UnknownOperationException"),
      Case(json_request("", "{}"), 400, "UnknownOperationException"),
      Case(form_request("queryecho", "Action=Nothing&Version=2020-01-01"), 400, "InvalidAction"),
      Case(form_request("queryecho", "Action=Echo&Version=1999-01-01"), 400, "InvalidAction"),
      Case(form_request("s3", "Action=Echo&Version=2020-01-01"), 400, "InvalidAction"),
      Case(form_request("queryecho", "x=%zz"), 400, "MissingAction"),
      Case(form_request("ec2echo", "Action=%3CNo%3E&Version=2020-01-01"), 400, "InvalidAction"),
  };
  for (const Case& c : cases) {
    const http::Response response = answer(c.request);
    EXPECT_EQ(response.status, c.status) << c.wanted << ' ' << response.body;
    EXPECT_NE(response.body.find(c.wanted), std::string::npos) << response.body;
    EXPECT_EQ(response.body.find("<No>"), std::string::npos) << response.body;
  }
}

TEST_F(DispatcherTest, AsksWhoItIsBeforeItDecodes) {
  http::Request request = json_request("Echo.Dotted.Echo", "not json");
  request.headers.remove("Authorization");
  const http::Response response = answer(std::move(request));
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(response.body.find("MissingAuthenticationToken"), std::string::npos) << response.body;
}

TEST_F(DispatcherTest, UndecodableBodyIsTheCallersFault) {
  const http::Response response = answer(json_request("Echo.Dotted.Echo", "not json"));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("SerializationException"), std::string::npos) << response.body;
}

TEST_F(DispatcherTest, ChecksTheModelsConstraintsBeforeTheHandlerRuns) {
  const http::Response response =
      answer(json_request("Echo.Dotted.Echo", R"({"text":"far too many letters for this"})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("ValidationException"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("less than or equal to 20"), std::string::npos) << response.body;
  EXPECT_EQ(handler_.request_id_seen, "");
}

TEST_F(DispatcherTest, FaultsOfHandlersGoOutAsTheyAre) {
  handler_.error = fault(ErrorKind::throttled, "TooLoud", "Whisper.");
  http::Response response = answer(json_request("Echo.Dotted.Echo", "{}"));
  EXPECT_EQ(response.status, 429) << "the status is the model's";
  EXPECT_NE(response.body.find("TooLoud"), std::string::npos);
  EXPECT_NE(response.body.find("Whisper."), std::string::npos);

  handler_.error = fault(ErrorKind::denied, "AccessDenied", "No.", 403);
  response = answer(form_request("queryecho", "Action=Echo&Version=2020-01-01"));
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(response.body.find("<Code>AccessDenied</Code>"), std::string::npos) << response.body;
  EXPECT_TRUE(explainer_.lines.empty());
}

TEST_F(DispatcherTest, OtherErrorsAreLoggedAndNotTold) {
  handler_.error = Error(ErrorKind::internal, "the table of secrets is on fire");
  const http::Response response = answer(json_request("Echo.Dotted.Echo", "{}"));
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find("InternalFailure"), std::string::npos) << response.body;
  EXPECT_EQ(response.body.find("fire"), std::string::npos);
  ASSERT_EQ(explainer_.lines.size(), 1u);
  EXPECT_NE(explainer_.lines[0].find("Echo " + handler_.request_id_seen + ": the table"), std::string::npos);
}

TEST_F(DispatcherTest, CancellationIsNoAnswer) {
  handler_.error = Error(ErrorKind::cancelled, "asked to stop");
  const Result<http::Response> response = serve(json_request("Echo.Dotted.Echo", "{}"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::cancelled);
}

TEST_F(DispatcherTest, RequestIdsDiffer) {
  answer(json_request("Echo.Dotted.Echo", "{}"));
  const std::string first = handler_.request_id_seen;
  answer(json_request("Echo.Dotted.Echo", "{}"));
  EXPECT_EQ(first.size(), 36u);
  EXPECT_NE(first, handler_.request_id_seen);
}

TEST(ClaimedScope, ReadsHeaderAndQuery) {
  struct Case {
    const char* header;
    const char* target;
    const char* service;
  };
  const Case cases[] = {
      {"AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=1", "/",
       "ssm"},
      {"AWS4-HMAC-SHA256 SignedHeaders=host,Credential=A/20260101/us-east-1/sts/aws4_request,Signature=1", "/", "sts"},
      {"", "/?X-Amz-Credential=A%2F20260101%2Fus-east-1%2Fec2%2Faws4_request&x=1", "ec2"},
      {"Basic abc", "/", nullptr},
      {"AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ssm", "/", nullptr},
      {"AWS4-HMAC-SHA256 Credential=/20260101/us-east-1/ssm/aws4_request", "/", nullptr},
      {"AWS4-HMAC-SHA256", "/", nullptr},
      {"", "/?X-Amz-Credential=%", nullptr},
      {"", "/", nullptr},
  };
  for (const Case& c : cases) {
    http::Request request;
    request.target = c.target;
    if (*c.header != '\0') request.headers.add("Authorization", c.header);
    const auto scope = claimed_scope(request);
    ASSERT_EQ(scope.has_value(), c.service != nullptr) << c.header << c.target;
    if (scope) {
      EXPECT_EQ(scope->service, c.service);
    }
  }
}

}  // namespace dispatcher_test
}  // namespace postern::aws::server
