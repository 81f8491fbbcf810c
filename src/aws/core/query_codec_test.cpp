// tidy: allow-file(line-length) documents are easier to read whole
#include "aws/core/query_codec.hpp"

#include <gtest/gtest.h>

#include "aws/core/codec_test_model.hpp"
#include "aws/core/ec2_codec.hpp"
#include "aws/core/form_value.hpp"

namespace postern::aws {
namespace {

http::Response query_codec_reply(int status, std::string body, std::string type = "text/xml") {
  http::Response out;
  out.status = status;
  out.headers.add("Content-Type", std::move(type));
  out.body = std::move(body);
  return out;
}

constexpr const char* kQueryCodecInput =
    R"({"Name":"a b&c","Iso":0,"Renamed":"r","Targets":[{"Key":"k","Values":["v1","v2"]}],"Flat":["x","y"],"Tags":{"t":"u"}})";

TEST(QueryCodec, WritesARequest) {
  const DynamicModel model = testing_model::make("query");
  const OperationSpec& op = *model.find_operation("Do");
  const Value input = testing_model::value_of(*op.input, kQueryCodecInput);
  const auto request = QueryCodec().encode_request(op, input.view());
  ASSERT_TRUE(request) << request.error().to_text();
  EXPECT_EQ(request->headers.get("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request->body,
            "Action=Do&Version=2020-01-02&Name=a%20b%26c&Iso=1970-01-01T00%3A00%3A00Z&other_name=r&"
            "Targets.item.1.Key=k&Targets.item.1.Values.item.1=v1&Targets.item.1.Values.item.2=v2&"
            "Flat.1=x&Flat.2=y&Tags.entry.1.key=t&Tags.entry.1.value=u");
}

TEST(Ec2Codec, WritesARequest) {
  const DynamicModel model = testing_model::make("ec2");
  const OperationSpec& op = *model.find_operation("Do");
  const Value input = testing_model::value_of(*op.input, kQueryCodecInput);
  const auto request = Ec2Codec().encode_request(op, input.view());
  ASSERT_TRUE(request) << request.error().to_text();
  EXPECT_EQ(request->body,
            "Action=Do&Version=2020-01-02&Name=a%20b%26c&Iso=1970-01-01T00%3A00%3A00Z&Other_name=r&"
            "Targets.1.Key=k&Targets.1.Values.1=v1&Targets.1.Values.2=v2&Flat.1=x&Flat.2=y&"
            "Tags.entry.1.key=t&Tags.entry.1.value=u");
}

TEST(QueryCodec, ReadsListsHoweverTheyAreNumbered) {
  const DynamicModel model = testing_model::make("query");
  const OperationSpec& op = *model.find_operation("Do");
  const auto ids = [&](std::string body) {
    http::Request request;
    request.body = "Action=Do&" + body;
    Value input;
    input.emplace(*op.input);
    const auto done = QueryCodec().decode_request(op, request, input.view());
    EXPECT_TRUE(done) << (done ? "" : done.error().to_text());
    return to_json(ConstErased(*op.input, input.view()))["Ids"].dump();
  };
  EXPECT_EQ(ids("Ids.item.1=a&Ids.item.2=b"), R"(["a","b"])");
  EXPECT_EQ(ids("Ids.item.10=c&Ids.item.9=b&Ids.item.1=a"), R"(["a","b","c"])");
  EXPECT_EQ(ids("Ids.1=a&Ids.2=b"), R"(["a","b"])");
  EXPECT_EQ(ids("Ids="), "[]");
  EXPECT_EQ(ids("Ids.item.x=a"), "[]");
  EXPECT_EQ(ids("Unknown.1.2.3=a"), "null");
}

TEST(QueryCodec, RefusesBadForms) {
  const DynamicModel model = testing_model::make("query");
  const OperationSpec& op = *model.find_operation("Do");
  const auto refuse = [&](const std::string& body) {
    http::Request request;
    request.body = body;
    Value input;
    input.emplace(*op.input);
    const auto done = QueryCodec().decode_request(op, request, input.view());
    return done ? "accepted" : done.error().message();
  };
  EXPECT_EQ(refuse("MaxResults=x"), "MaxResults: not a whole number");
  EXPECT_EQ(refuse("Name.1=x"), "Name: a single value was expected");
  EXPECT_EQ(refuse("Name=%zz"), "the body is no form");
  EXPECT_EQ(refuse("Name=%ff"), "invalid UTF-8");
  EXPECT_EQ(refuse("Tags.entry.1.value=x"), "Tags: a map entry without key or value");
  std::string many;
  for (std::size_t i = 0; i <= kFormPairsMax; ++i) many += "a=b&";
  many.pop_back();
  EXPECT_EQ(refuse(many), "too many parameters");
  std::string deep = "Tree";
  for (int i = 0; i < 1000; ++i) deep += ".Left";
  EXPECT_EQ(refuse(deep + "=x"), "too many or too deeply nested keys");
}

TEST(QueryCodec, WritesAReply) {
  const DynamicModel model = testing_model::make("query");
  const OperationSpec& op = *model.find_operation("Do");
  const Value output = testing_model::value_of(
      *op.output, R"({"Name":"<n>","Ids":["a"],"Flat":["x","y"],"FlatMap":{"k":"v"},"Trees":{"t":{"Label":"l"}}})");
  const http::Response reply = QueryCodec().encode_response(op, output.view(), "r-1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.get("Content-Type"), "text/xml");
  EXPECT_EQ(
      reply.body,
      "<DoResponse xmlns=\"https://toy.example.com/doc/\"><DoResult><Name>&lt;n&gt;</Name><Ids><item>a</item></Ids>"
      "<Flat>x</Flat><Flat>y</Flat><FlatMap><key>k</key><value>v</value></FlatMap>"
      "<Trees><entry><K>t</K><V><Label>l</Label></V></entry></Trees></DoResult>"
      "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DoResponse>");
}

TEST(Ec2Codec, WritesAReply) {
  const DynamicModel model = testing_model::make("ec2");
  const OperationSpec& op = *model.find_operation("Do");
  const Value output =
      testing_model::value_of(*op.output, R"({"Renamed":"r","Targets":[{"Key":"k"}],"NextToken":"n"})");
  const http::Response reply = Ec2Codec().encode_response(op, output.view(), "r-1");
  EXPECT_EQ(reply.headers.get("Content-Type"), "text/xml;charset=UTF-8");
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DoResponse xmlns=\"https://toy.example.com/doc/\">"
            "<requestId>r-1</requestId><otherName>r</otherName><targetSet><item><Key>k</Key></item></targetSet>"
            "<NextToken>n</NextToken></DoResponse>");
}

TEST(QueryCodec, WritesErrorsAsAwsDoes) {
  const DynamicModel query = testing_model::make("query");
  const DynamicModel ec2 = testing_model::make("ec2");
  WireError error;
  error.code = "AccessDenied";
  error.message = "no";
  error.http_status = 403;
  error.request_id = "r-9";
  EXPECT_EQ(QueryCodec().encode_error(query.service(), error).body,
            "<ErrorResponse xmlns=\"https://toy.example.com/doc/\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
            "<Message>no</Message></Error><RequestId>r-9</RequestId></ErrorResponse>");
  EXPECT_EQ(Ec2Codec().encode_error(ec2.service(), error).body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>AccessDenied</Code>"
            "<Message>no</Message></Error></Errors><RequestID>r-9</RequestID></Response>");
  EXPECT_EQ(Ec2Codec().encode_error(ec2.service(), error).status, 403);
}

TEST(QueryCodec, ReadsErrorsOfBothForms) {
  const DynamicModel model = testing_model::make("query");
  const OperationSpec& op = *model.find_operation("Do");
  const auto read = [&](int status, std::string body) {
    return QueryCodec().decode_error(op, query_codec_reply(status, std::move(body)));
  };
  Error error = read(403,
                     "<ErrorResponse xmlns='x'><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>bad "
                     "token</Message></Error><RequestId>r-1</RequestId></ErrorResponse>");
  EXPECT_EQ(error.kind(), ErrorKind::credentials);
  EXPECT_EQ(error.message(), "InvalidClientTokenId: bad token");
  EXPECT_EQ(error.aws()->request_id, "r-1");
  error = read(503,
               "<?xml version='1.0'?><Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message>"
               "</Error></Errors><RequestID>r-2</RequestID></Response>");
  EXPECT_EQ(error.kind(), ErrorKind::throttled);
  EXPECT_EQ(error.aws()->request_id, "r-2");
  error = read(500, "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>");
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_EQ(error.aws()->code, "");
  EXPECT_EQ(error.message(),
            "HTTP 500 with a body that is no AWS error (text/xml, 71 bytes: \"<!doctype html>\\n<html "
            "lang=en>\\n<title>500 Internal Serv...\")");
  EXPECT_EQ(read(400, "<html/>").kind(), ErrorKind::service);
}

TEST(QueryCodec, RefusesWhatIsNoReply) {
  for (const char* protocol : {"query", "ec2"}) {
    const DynamicModel model = testing_model::make(protocol);
    const OperationSpec& op = *model.find_operation("Do");
    const Codec& codec = *codec_for(model.service());
    for (const char* body :
         {"", "<html><body>Sign in</body></html>", "<!DOCTYPE html><html/>", "{}", "<DoResponse><DoResult>",
          "<ErrorResponse><Error><Code>x</Code></Error></ErrorResponse>", "<Response><Errors/></Response>",
          "<DoResponse><DoResult><Count>x</Count></DoResult><Count>x</Count></DoResponse>",
          "<DoResponse><DoResult><Tags><entry/></Tags></DoResult><Tags><entry/></Tags></DoResponse>"}) {
      Value output;
      output.emplace(*op.output);
      const auto done = codec.decode_response(op, query_codec_reply(200, body), output.view());
      ASSERT_FALSE(done) << protocol << ' ' << body;
      EXPECT_EQ(done.error().kind(), ErrorKind::malformed);
      EXPECT_TRUE(done.error().message().starts_with("the reply makes no sense: ")) << done.error().message();
      http::Response taken = query_codec_reply(200, body);
      const auto used_up = codec.take_response(op, taken, output.view());
      ASSERT_FALSE(used_up) << protocol << ' ' << body;
      EXPECT_EQ(used_up.error().message(), done.error().message());
    }
  }
  const DynamicModel model = testing_model::make("query");
  const OperationSpec& op = *model.find_operation("Do");
  Value output;
  output.emplace(*op.output);
  const auto done =
      QueryCodec().decode_response(op, query_codec_reply(200, "<DoResponse><Other/></DoResponse>"), output.view());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(),
            "the reply makes no sense: <DoResult> is missing (HTTP 200, text/xml, 33 bytes: "
            "\"<DoResponse><Other/></DoResponse>\")");
}

TEST(QueryCodec, ReadsTheActionFromBodyOrQuery) {
  http::Request request;
  request.body = "Version=1&Action=GetCallerIdentity";
  EXPECT_EQ(QueryCodec().operation_name(request), "GetCallerIdentity");
  request.body.clear();
  request.target = "/?Action=Assume%52ole&x";
  EXPECT_EQ(QueryCodec().operation_name(request), "AssumeRole");
  request.target = "/";
  EXPECT_EQ(QueryCodec().operation_name(request), "");
}

}  // namespace
}  // namespace postern::aws
