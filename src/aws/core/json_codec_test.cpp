#include "aws/core/json_codec.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "aws/core/codec_test_model.hpp"
#include "aws/core/types.hpp"

namespace postern::aws {
namespace {

class JsonCodecTest : public testing::Test {
 protected:
  http::Response response(int status, std::string body, std::string type = "application/x-amz-json-1.1") {
    http::Response out;
    out.status = status;
    out.headers.add("Content-Type", std::move(type));
    out.body = std::move(body);
    return out;
  }
  Result<Json> decode(std::string body) {
    Value value;
    value.emplace(*op_.output);
    TRY_VOID(codec_.decode_response(op_, response(200, std::move(body)), value.view()));
    return to_json(ConstErased(*op_.output, value.view()));
  }
  std::string decode_failure(const http::Response& reply) {
    Value value;
    value.emplace(*op_.output);
    const auto done = codec_.decode_response(op_, reply, value.view());
    return done ? "accepted" : done.error().message();
  }

  DynamicModel model_ = testing_model::make("json");
  const OperationSpec& op_ = *model_.find_operation("Do");
  JsonCodec codec_;
};

TEST_F(JsonCodecTest, WritesARequest) {
  const Value input = testing_model::value_of(
      *op_.input,
      R"({"Name":"n","Renamed":"r","At":1.5,"Date":0,"Iso":0,"Data":"Zm9v","Ratio":"NaN","Tags":{"k":"v"}})");
  const auto request = codec_.encode_request(op_, input.view());
  ASSERT_TRUE(request) << request.error().to_text();
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->target, "/");
  EXPECT_EQ(request->headers.get("X-Amz-Target"), "Toy_2020.Prefix.Do");
  EXPECT_EQ(request->headers.get("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(request->body, R"({"Name":"n","Ratio":"NaN","Data":"Zm9v","At":1.5,"Date":"Thu, 01 Jan 1970 00:00:00 GMT",)"
                           R"("Iso":"1970-01-01T00:00:00Z","other_name":"r","Tags":{"k":"v"}})");
  EXPECT_EQ(codec_.operation_name(*request), "Do");
}

TEST_F(JsonCodecTest, NamesAMissingMember) {
  const Value input = testing_model::value_of(*op_.input, R"({"Name":"n","Targets":[{"Key":"a"},{"Values":["v"]}]})");
  const auto request = codec_.encode_request(op_, input.view());
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind(), ErrorKind::usage);
  EXPECT_EQ(request.error().message(), "toy Do: Targets[1].Key is required");
}

TEST_F(JsonCodecTest, IgnoresWhatItDoesNotKnow) {
  const auto got =
      decode(R"({"New":{"a":[1,{"b":null}]},"Name":"n","Choice":{"__type":"x#y","Word":"w"},"Flag":null})");
  ASSERT_TRUE(got) << got.error().to_text();
  EXPECT_EQ(got->dump(), R"({"Name":"n","Choice":{"Word":"w"}})");
}

TEST_F(JsonCodecTest, TakesTheLastOfDuplicates) {
  const auto got =
      decode(R"({"Ids":["a"],"Tree":{"Label":"x","Left":{"Label":"y"}},"Ids":["b"],"Tree":{"Label":"z"}})");
  ASSERT_TRUE(got) << got.error().to_text();
  EXPECT_EQ(got->dump(), R"({"Ids":["b"],"Tree":{"Label":"z"}})");
}

TEST_F(JsonCodecTest, KeepsNullsOfSparseContainers) {
  const auto got = decode(R"({"Ids":["a",null,"b"],"Tags":{"k":null}})");
  ASSERT_TRUE(got) << got.error().to_text();
  EXPECT_EQ(got->dump(), R"({"Ids":["a",null,"b"],"Tags":{"k":null}})");
}

TEST_F(JsonCodecTest, IsLenientWithRepliesAndStrictWithRequests) {
  const auto got =
      decode(R"({"Count":"5","Long":7.0,"Flag":"true","Name":12,"Ratio":"2.5","At":"2019-12-16T23:48:18Z"})");
  ASSERT_TRUE(got) << got.error().to_text();
  EXPECT_EQ(got->dump(), R"({"Name":"12","Flag":true,"Count":5,"Long":7,"Ratio":2.5,"At":1576540098})");
  for (const char* body : {R"({"MaxResults":"5"})", R"({"Flag":"true"})", R"({"Name":12})", R"({"Ratio":"2.5"})", "[]",
                           R"({"Name":"n"} x)", R"({"Name":)"}) {
    http::Request request;
    request.body = body;
    Value input;
    input.emplace(*op_.input);
    const auto done = codec_.decode_request(op_, request, input.view());
    ASSERT_FALSE(done) << body;
    ASSERT_NE(done.error().aws(), nullptr);
    EXPECT_EQ(done.error().aws()->code, "SerializationException");
    EXPECT_EQ(done.error().aws()->http_status, 400);
  }
}

TEST_F(JsonCodecTest, SaysWhereAReplyIsWrong) {
  EXPECT_EQ(decode_failure(response(200, R"({"Tree":{"Label":"x","Children":[{"Label":"y"},{"Label":{}}]}})")),
            "the reply makes no sense: invalid JSON at 1:57: a string was expected (Tree.Children[1].Label) (HTTP 200, "
            "application/x-amz-json-1.1, 62 bytes: "
            "\"{\"Tree\":{\"Label\":\"x\",\"Children\":[{\"Label\":\"y\"},{\"Label\":{...\")");
}

TEST_F(JsonCodecTest, SaysWhatCameInsteadOfAReply) {
  EXPECT_EQ(
      decode_failure(response(200, "<!DOCTYPE html>\n<html><body>Sign in to \x1b[31mWiFi</body></html>", "text/html")),
      "the reply makes no sense: invalid JSON at 1:1: an object was expected (HTTP 200, text/html, 62 bytes: "
      "\"<!DOCTYPE html>\\n<html><body>Sign in to \\x1b[31mWiFi</bod...\")");
  EXPECT_EQ(decode_failure(response(200, "", "")),
            "the reply makes no sense: no body (HTTP 200, no content type, empty body)");
  EXPECT_NE(decode_failure(response(200, std::string(100'000, '['))), "accepted");
  EXPECT_NE(decode_failure(response(200, "{\"Name\":\"\xFF\"}")), "accepted");
  std::string deep = R"({"Tree":)";
  for (int i = 0; i < 10'000; ++i) deep += R"({"Left":)";
  EXPECT_NE(decode_failure(response(200, deep)), "accepted");
  std::string wide = R"({"Ids":[)";
  for (std::size_t i = 0; i <= kDecodedElementsMax; ++i) wide += "null,";
  EXPECT_NE(decode_failure(response(200, wide)).find("too many elements"), std::string::npos);
}

TEST_F(JsonCodecTest, ReadsErrors) {
  struct Case {
    Case(int s, const char* b, const char* c, const char* m, ErrorKind k)
        : status(s), body(b), code(c), message(m), kind(k) {}
    int status;
    const char* body;
    const char* code;
    const char* message;
    ErrorKind kind;
  };
  const Case cases[] = {
      {400, R"({"__type":"com.amazon#ThrottlingException","message":"Rate exceeded"})", "ThrottlingException",
       "ThrottlingException: Rate exceeded", ErrorKind::throttled},
      {400, R"({"__type":"AccessDeniedException","Message":"User: x is not authorized"})", "AccessDeniedException",
       "AccessDeniedException: User: x is not authorized", ErrorKind::denied},
      {400, R"({"code":"a.b#FooError:http://x/#y"})", "FooError", "FooError", ErrorKind::service},
      {400, R"({"__type":"ExpiredTokenException","message":"The token has expired\u001b[2J"})", "ExpiredTokenException",
       "ExpiredTokenException: The token has expired\\x1b[2J", ErrorKind::credentials},
      {500, "", "", "HTTP 500 with a body that is no AWS error (application/x-amz-json-1.1, empty body)",
       ErrorKind::unavailable},
      {503, "<html>busy</html>", "",
       "HTTP 503 with a body that is no AWS error (application/x-amz-json-1.1, 17 bytes: \"<html>busy</html>\")",
       ErrorKind::unavailable},
      {403, R"({"message":"Forbidden"})", "", "HTTP 403: Forbidden", ErrorKind::denied},
      {429, R"([1,2])", "",
       "HTTP 429 with a body that is no AWS error (application/x-amz-json-1.1, 5 bytes: \"[1,2]\")",
       ErrorKind::throttled},
  };
  for (const Case& c : cases) {
    const Error error = codec_.decode_error(op_, response(c.status, c.body));
    ASSERT_NE(error.aws(), nullptr);
    EXPECT_EQ(error.aws()->code, c.code) << c.body;
    EXPECT_EQ(error.message(), c.message);
    EXPECT_EQ(error.kind(), c.kind) << c.body;
    EXPECT_EQ(error.aws()->http_status, c.status);
    EXPECT_EQ(error.aws()->service, "toy");
    EXPECT_EQ(error.aws()->operation, "Do");
    EXPECT_EQ(error.delivery(), Delivery::answered);
  }
}

TEST_F(JsonCodecTest, ReadsErrorHeaders) {
  http::Response reply = response(400, R"({"__type":"Inner","message":"m"})");
  reply.headers.add("x-amzn-RequestId", "r-7");
  reply.headers.add("Retry-After", "3");
  reply.headers.add("x-amzn-errortype", "Outer:http://x");
  Error error = codec_.decode_error(op_, reply);
  EXPECT_EQ(error.aws()->code, "Outer");
  EXPECT_EQ(error.aws()->request_id, "r-7");
  EXPECT_EQ(error.aws()->retry_after_ms, 3000);
  reply.headers.add("x-amzn-query-error", "Old.Code;Sender");
  reply.headers.add("x-amz-retry-after", "250");
  error = codec_.decode_error(op_, reply);
  EXPECT_EQ(error.aws()->code, "Old.Code");
  EXPECT_EQ(error.aws()->retry_after_ms, 250);
}

TEST_F(JsonCodecTest, MeasuresARetryDateFromTheRepliesOwnClock) {
  http::Response reply = response(503, "{}");
  reply.headers.add("Retry-After", "Mon, 16 Dec 2019 23:48:18 GMT");
  EXPECT_EQ(codec_.decode_error(op_, reply).aws()->retry_after_ms, std::nullopt);
  reply.headers.add("Date", "Mon, 16 Dec 2019 23:48:08 GMT");
  EXPECT_EQ(codec_.decode_error(op_, reply).aws()->retry_after_ms, 10'000);
}

TEST_F(JsonCodecTest, WritesErrorsAsAwsDoes) {
  WireError error;
  error.code = "InvalidInstanceId";
  error.message = "no";
  error.request_id = "r-9";
  const http::Response reply = codec_.encode_error(model_.service(), error);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"__type":"InvalidInstanceId","message":"no"})");
  EXPECT_EQ(reply.headers.get("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(reply.headers.get("x-amzn-RequestId"), "r-9");
}

// A struct as the generator writes it: bare containers, optional scalars.
struct JsonCodecTyped {
  JsonCodecTyped() = default;
  std::vector<std::string> ids;
  Map<std::string> tags;
  std::optional<std::string> token;
};

TEST_F(JsonCodecTest, ServerWritesEmptyContainersOfTypedStructs) {
  Shape text{};
  text.kind = Kind::string;
  text.ops = &kStringOps;
  Shape list{};
  list.kind = Kind::list;
  list.ops = &kListOps<std::string>;
  list.element = &text;
  Shape map{};
  map.kind = Kind::map;
  map.ops = &kMapOps<std::string>;
  map.element = &text;
  JsonCodecTyped typed;
  const auto offset = [&typed](const void* field) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(field) - reinterpret_cast<const std::byte*>(&typed));
  };
  const Member members[] = {
      {"Ids", "Ids", "Ids", &list, &kContainerField<std::vector<std::string>>, offset(&typed.ids)},
      {"Tags", "Tags", "Tags", &map, &kContainerField<Map<std::string>>, offset(&typed.tags)},
      {"Token", "Token", "Token", &text, &kOptionalField<std::string>, offset(&typed.token)}};
  Shape shape{};
  shape.kind = Kind::structure;
  shape.members = members;
  OperationSpec op = op_;
  op.input = &shape;
  op.output = &shape;
  EXPECT_EQ(codec_.encode_response(op, &typed, "r").body, R"({"Ids":[],"Tags":{}})");
  EXPECT_EQ(codec_.encode_request(op, &typed)->body, "{}");
  ASSERT_TRUE(codec_.decode_response(
      op, response(200, R"({"Ids":["a",null,"b"],"Tags":{"k":"v","n":null},"Token":"t"})"), &typed));
  EXPECT_EQ(typed.ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(typed.tags.size(), 1U);
  EXPECT_EQ(typed.token, "t");
}

}  // namespace
}  // namespace postern::aws
