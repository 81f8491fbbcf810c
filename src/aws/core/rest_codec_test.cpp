// What the protocol cases do not show: errors of either kind, S3's peculiarities, and input that makes no sense.

#include <gtest/gtest.h>

#include "aws/core/codec.hpp"
#include "aws/core/dynamic_model.hpp"
#include "base/check.hpp"

namespace postern::aws {
namespace rest_codec_test {

constexpr const char* kShapes = R"json({
  "S": {"type": "string"}, "I": {"type": "integer"}, "L": {"type": "list", "member": {"shape": "S"}},
  "M": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "S"}}, "T": {"type": "timestamp"},
  "Blob": {"type": "blob", "streaming": true},
  "GetRequest": {"type": "structure", "required": ["Bucket"], "members": {
    "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
    "Since": {"shape": "T", "location": "querystring", "locationName": "since"},
    "Max": {"shape": "I", "location": "querystring", "locationName": "max"},
    "Match": {"shape": "S", "location": "header", "locationName": "If-Match"},
    "Meta": {"shape": "M", "location": "headers", "locationName": "x-amz-meta-"}}},
  "PutRequest": {"type": "structure", "required": ["Bucket"], "payload": "Config", "members": {
    "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
    "Config": {"shape": "Config", "locationName": "Configuration", "xmlNamespace": {"uri": "http://store/doc/"}}}},
  "Config": {"type": "structure", "members": {"Names": {"shape": "L"}, "Status": {"shape": "S"}}},
  "Item": {"type": "structure", "members": {"Key": {"shape": "S"}, "Size": {"shape": "I"}}},
  "Items": {"type": "list", "member": {"shape": "Item"}, "flattened": true},
  "ListResult": {"type": "structure", "members": {"Contents": {"shape": "Items"}, "Next": {"shape": "S"},
    "Tag": {"shape": "S", "location": "header", "locationName": "ETag"}}},
  "LocationResult": {"type": "structure", "members": {"LocationConstraint": {"shape": "S"}}},
  "CopyResult": {"type": "structure", "payload": "Config", "members": {"Config": {"shape": "Config"}}},
  "ObjectResult": {"type": "structure", "payload": "Body", "members": {"Body": {"shape": "Blob"},
    "Length": {"shape": "I", "location": "header", "locationName": "Content-Length"}}},
  "NoBody": {"type": "structure", "members": {"Tag": {"shape": "S", "location": "header", "locationName": "ETag"}}},
  "NoSuchThing": {"type": "structure", "exception": true, "error": {"httpStatusCode": 404}, "members": {
    "Key": {"shape": "S"}, "Hint": {"shape": "S", "location": "header", "locationName": "x-hint"},
    "Message": {"shape": "S"}, "code": {"shape": "S"}}}
})json";

class RestCodecTest : public testing::Test {
 protected:
  /// `style` is "s3", "rest-xml" or "rest-json".
  const OperationSpec& make(std::string_view style, const char* method, const char* uri, const char* input,
                            const char* output) {
    Json metadata = Json::object();
    metadata.set("protocol", style == "s3" ? "rest-xml" : style)
        .set("serviceId", "store")
        .set("xmlNamespace", "http://store/doc/")
        .set("signatureVersion", style == "s3" ? "s3" : "v4");
    auto shapes = Json::parse(kShapes);
    CHECK(shapes);
    Json document = Json::object();
    document.set("metadata", std::move(metadata)).set("shapes", std::move(*shapes));
    auto model = DynamicModel::build(document);
    CHECK(model);
    model_.emplace(std::move(*model));
    Json json = Json::object();
    json.set("name", "Do").set("http", Json::object().set("method", method).set("requestUri", uri));
    if (*input != '\0') json.set("input", Json::object().set("shape", input));
    if (*output != '\0') json.set("output", Json::object().set("shape", output));
    auto errors = Json::parse(R"([{"shape": "NoSuchThing"}])");
    CHECK(errors);
    json.set("errors", std::move(*errors));
    auto op = model_->add_operation(json);
    CHECK(op);
    return **op;
  }
  const Codec& codec() { return *codec_for(model_->service()); }

  std::string decoded(const OperationSpec& op, const http::Response& response) {
    Value out;
    out.emplace(*op.output);
    const auto done = codec().decode_response(op, response, out.view());
    if (!done) return "error: " + done.error().message();
    return to_json(ConstErased(*op.output, out.view()), BlobText::raw).dump();
  }
  std::string refused(const OperationSpec& op, const http::Request& request) {
    Value in;
    in.emplace(*op.input);
    const auto done = codec().decode_request(op, request, in.view());
    if (done) return to_json(ConstErased(*op.input, in.view())).dump();
    EXPECT_EQ(done.error().kind(), ErrorKind::usage);
    return done.error().aws()->code + ": " + done.error().message();
  }
  Result<http::Request> encoded(const OperationSpec& op, const char* json) {
    Value in;
    const auto parsed = Json::parse(json);
    CHECK(parsed && from_json(*parsed, *op.input, in));
    return codec().encode_request(op, in.view());
  }
  static http::Response reply(int status, std::string body) {
    http::Response out;
    out.status = status;
    out.body = std::move(body);
    return out;
  }

  std::optional<DynamicModel> model_;
};

TEST_F(RestCodecTest, WhatCannotBeSentIsSaid) {
  const OperationSpec& op = make("s3", "GET", "/{Bucket}", "GetRequest", "ListResult");
  const auto message = [&](const char* json) {
    const auto request = encoded(op, json);
    return request ? request->target : request.error().message();
  };
  EXPECT_EQ(message("{}"), "store Do: Bucket is required");
  EXPECT_EQ(message(R"({"Bucket": ""})"), "store Do: Bucket must not be empty: it is part of the URL");
  EXPECT_EQ(message(R"({"Bucket": "b", "Match": "a\r\nx: y"})"),
            "store Do: Match must not hold line breaks: it is sent as a header");
  EXPECT_EQ(message(R"({"Bucket": "b", "Meta": {"a b": "c"}})"),
            "store Do: Meta has a key that cannot be part of a header's name");
  EXPECT_EQ(message(R"({"Bucket": "b", "Meta": {"a": "c\n"}})"), "store Do: Meta has a value that no header can hold");
  EXPECT_EQ(message(R"({"Bucket": "../b?c", "Since": 1.5, "Max": 2})"),
            "/..%2Fb%3Fc?since=1970-01-01T00%3A00%3A01.5Z&max=2");
}

TEST_F(RestCodecTest, RequestsThatMakeNoSense) {
  const OperationSpec& get = make("s3", "GET", "/{Bucket}", "GetRequest", "ListResult");
  http::Request request;
  request.target = "/b?max=2&max=3&other=1&since=1970-01-01T00%3A00%3A01Z";
  EXPECT_EQ(refused(get, request), R"({"Bucket":"b","Since":1,"Max":3,"Meta":{}})");
  request.target = "/b?max=two";
  EXPECT_EQ(refused(get, request), "InvalidArgument: not a whole number (Max)");
  request.target = "/b?max=%zz";
  EXPECT_EQ(refused(get, request), "InvalidArgument: the query is not percent-encoded");
  request.target = "/%ff";
  EXPECT_EQ(refused(get, request), "InvalidArgument: not a percent-encoded text (Bucket)");
  request.target = "/b/c";
  EXPECT_EQ(refused(get, request), "InvalidArgument: the path is not one of this operation");
  request.target = "/b";
  request.headers.add("If-Match", "\xff");
  EXPECT_EQ(refused(get, request), "InvalidArgument: invalid UTF-8 in a header (Match)");
}

TEST_F(RestCodecTest, XmlPayloadsHaveTheRootOfTheModel) {
  const OperationSpec& put = make("s3", "PUT", "/{Bucket}?config", "PutRequest", "");
  const auto sent = encoded(put, R"({"Bucket": "b", "Config": {"Names": ["x"], "Status": "On"}})");
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->target, "/b?config");
  EXPECT_EQ(sent->headers.get("Content-Type"), "application/xml");
  EXPECT_EQ(
      sent->body,
      R"(<Configuration xmlns="http://store/doc/"><Names><member>x</member></Names><Status>On</Status></Configuration>)");
  EXPECT_EQ(refused(put, *sent), R"({"Bucket":"b","Config":{"Names":["x"],"Status":"On"}})");
  http::Request other = *sent;
  other.body = "<Config/>";
  EXPECT_EQ(refused(put, other).substr(0, 13), "MalformedXML:");
  other.body = "<Configuration>";
  EXPECT_EQ(refused(put, other).substr(0, 13), "MalformedXML:");
  other.body = " ";
  EXPECT_EQ(refused(put, other), R"({"Bucket":"b"})");
}

TEST_F(RestCodecTest, ReplyRootsAndFlattenedLists) {
  OperationSpec op = make("s3", "GET", "/{Bucket}", "GetRequest", "ListResult");
  op.reply_root = "ListBucketResult";
  const auto list = Json::parse(R"({"Contents": [{"Key": "a", "Size": 1}, {"Key": "b"}], "Tag": "\"t\""})");
  Value out;
  ASSERT_TRUE(list && from_json(*list, *op.output, out));
  const http::Response written = codec().encode_response(op, out.view(), "ID");
  EXPECT_EQ(written.headers.get("x-amz-request-id"), "ID");
  EXPECT_EQ(written.headers.get("ETag"), "\"t\"");
  EXPECT_EQ(written.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://store/doc/\">"
            "<Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Key></Contents></ListBucketResult>");
  EXPECT_EQ(decoded(op, written), list->dump());
  EXPECT_EQ(decoded(op, reply(200, "<Other/>")).substr(0, 59),
            "error: the reply makes no sense: an unexpected root element");
  op.reply_root = {};
  EXPECT_EQ(decoded(op, reply(200, "<Anything><Next>n</Next></Anything>")), R"({"Next":"n"})");
  EXPECT_EQ(decoded(op, reply(200, "<html><body/></html>")).substr(0, 6), "error:");
}

TEST_F(RestCodecTest, RepliesThatAreTheirOnlyMember) {
  OperationSpec op = make("s3", "GET", "/{Bucket}?location", "GetRequest", "LocationResult");
  op.unwrapped_reply = true;
  Value out;
  ASSERT_TRUE(from_json(*Json::parse(R"({"LocationConstraint": "eu-west-1"})"), *op.output, out));
  const http::Response written = codec().encode_response(op, out.view(), "ID");
  EXPECT_EQ(written.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<LocationConstraint xmlns=\"http://store/doc/\">eu-west-1</LocationConstraint>");
  EXPECT_EQ(decoded(op, written), R"({"LocationConstraint":"eu-west-1"})");
  // us-east-1 says nothing.
  EXPECT_EQ(decoded(op, reply(200, "<LocationConstraint xmlns=\"http://store/doc/\"/>")), "{}");
  EXPECT_EQ(decoded(op, reply(200, "<Other>x</Other>")).substr(0, 6), "error:");
}

TEST_F(RestCodecTest, AnErrorMayComeWithStatus200) {
  const OperationSpec& op = make("s3", "PUT", "/{Bucket}", "GetRequest", "CopyResult");
  Value out;
  out.emplace(*op.output);
  const http::Response late =
      reply(200, "\n \n<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>Again.</Message></Error>");
  const auto done = codec().decode_response(op, late, out.view());
  ASSERT_FALSE(done);
  ASSERT_NE(done.error().aws(), nullptr);
  EXPECT_EQ(done.error().aws()->code, "InternalError");
  EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(done.error().delivery(), Delivery::answered);
  EXPECT_EQ(decoded(op, reply(200, " \n<?xml version=\"1.0\"?><CopyResult><Status>On</Status></CopyResult>")),
            R"({"Config":{"Status":"On"}})");
}

TEST_F(RestCodecTest, ErrorsWithAndWithoutAWrapper) {
  WireError wire;
  wire.code = "NoSuchThing";
  wire.message = "Not there.";
  wire.http_status = 404;
  wire.request_id = "ID";
  const OperationSpec& s3 = make("s3", "GET", "/{Bucket}", "GetRequest", "ListResult");
  Value detail;
  wire.detail_shape = find_error_shape(s3, "NoSuchThing");
  ASSERT_TRUE(from_json(*Json::parse(R"({"Key": "k", "Hint": "h"})"), *wire.detail_shape, detail));
  wire.detail = detail.view();
  const http::Response bare = codec().encode_error(*s3.service, wire);
  EXPECT_EQ(bare.headers.get("x-hint"), "h");
  EXPECT_EQ(bare.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchThing</Code><Message>Not there.</Message>"
            "<Key>k</Key><RequestId>ID</RequestId></Error>");
  const OperationSpec& plain = make("rest-xml", "GET", "/{Bucket}", "GetRequest", "ListResult");
  wire.detail_shape = nullptr;
  const http::Response wrapped = codec().encode_error(*plain.service, wire);
  EXPECT_EQ(wrapped.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse xmlns=\"http://store/doc/\"><Error>"
            "<Type>Sender</Type><Code>NoSuchThing</Code><Message>Not there.</Message></Error>"
            "<RequestId>ID</RequestId></ErrorResponse>");
  for (const http::Response* response : {&bare, &wrapped}) {
    const Error error = codec().decode_error(plain, *response);
    EXPECT_EQ(error.message(), "NoSuchThing: Not there.");
    EXPECT_EQ(error.aws()->request_id, "ID");
  }
}

TEST_F(RestCodecTest, HeadHasNoBodyToSayMore) {
  const OperationSpec& op = make("s3", "HEAD", "/{Bucket}", "GetRequest", "NoBody");
  const Error missing = codec().decode_error(op, reply(404, ""));
  EXPECT_EQ(missing.aws()->code, "NotFound");
  EXPECT_EQ(missing.kind(), ErrorKind::not_found);
  EXPECT_EQ(missing.message(), "NotFound: Not Found");
  const Error denied = codec().decode_error(op, reply(403, ""));
  EXPECT_EQ(denied.kind(), ErrorKind::denied);
  EXPECT_EQ(denied.message(), "HTTP 403: Forbidden");
  http::Response fine = reply(200, "");
  fine.headers.add("ETag", "x");
  EXPECT_EQ(decoded(op, fine), R"({"Tag":"x"})");
}

TEST_F(RestCodecTest, RawPayloads) {
  const OperationSpec& op = make("s3", "GET", "/{Bucket}", "GetRequest", "ObjectResult");
  http::Response response = reply(200, "<Error>in an object</Error>");
  response.headers.add("Content-Length", "27");
  EXPECT_EQ(decoded(op, response), R"({"Body":"<Error>in an object</Error>","Length":27})");
  EXPECT_EQ(decoded(op, reply(200, "")), "{}");
}

TEST_F(RestCodecTest, APageIsNoReply) {
  for (const char* style : {"s3", "rest-xml", "rest-json"}) {
    const OperationSpec& op = make(style, "POST", "/{Bucket}", "GetRequest", "NoBody");
    http::Response page = reply(200, "<!DOCTYPE html><html>Sign in to the lounge</html>");
    page.headers.add("Content-Type", "text/html");
    EXPECT_NE(decoded(op, page).find("Sign in"), std::string::npos) << style;
    EXPECT_EQ(decoded(op, reply(200, "")), "{}") << style;
  }
}

TEST_F(RestCodecTest, JsonErrors) {
  const OperationSpec& op = make("rest-json", "POST", "/{Bucket}", "GetRequest", "ListResult");
  http::Response response = reply(404, R"({"Message": "Gone.", "code": "a member", "Key": "k"})");
  response.headers.add("x-amzn-ErrorType", "NoSuchThing:http://internal.amazon.com/");
  response.headers.add("x-amzn-RequestId", "ID");
  const Error error = codec().decode_error(op, response);
  EXPECT_EQ(error.aws()->code, "NoSuchThing");
  EXPECT_EQ(error.aws()->request_id, "ID");
  EXPECT_EQ(error.message(), "NoSuchThing: Gone.");
  const Shape& shape = *find_error_shape(op, "NoSuchThing");
  Value detail;
  detail.emplace(shape);
  ASSERT_TRUE(codec().decode_error_detail(op, response, shape, detail.view()));
  EXPECT_EQ(to_json(ConstErased(shape, detail.view())).dump(), R"({"Key":"k","Message":"Gone.","code":"a member"})");
  const Error gateway = codec().decode_error(op, reply(503, "<html>Bad gateway</html>"));
  EXPECT_EQ(gateway.kind(), ErrorKind::unavailable);
  EXPECT_EQ(gateway.aws()->code, "");
}

TEST_F(RestCodecTest, JsonRequestsAreReadStrictly) {
  const OperationSpec& op = make("rest-json", "PUT", "/{Bucket}", "PutRequest", "");
  http::Request request;
  request.method = "PUT";
  request.target = "/b";
  request.body = R"({"Status": 5})";
  EXPECT_EQ(refused(op, request).substr(0, 23), "SerializationException:");
  request.body = R"({"Status": "On"} x)";
  EXPECT_EQ(refused(op, request).substr(0, 23), "SerializationException:");
  request.body = R"({"Status": "On", "Unknown": [1]})";
  EXPECT_EQ(refused(op, request), R"({"Bucket":"b","Config":{"Status":"On"}})");
}

}  // namespace rest_codec_test
}  // namespace postern::aws
