#include "aws/core/rest_router.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "aws/core/dynamic_model.hpp"
#include "aws/core/rest_bucket.hpp"
#include "base/check.hpp"

namespace postern::aws::server {
namespace rest_router_test {

// The awkward part of S3: one path, many operations. And paths where a literal competes with a label.
constexpr const char* kModel = R"json({
  "metadata": {"protocol": "rest-xml", "serviceId": "store", "signatureVersion": "s3"},
  "shapes": {
    "S": {"type": "string"}, "I": {"type": "integer"},
    "Bucket": {"type": "structure", "required": ["Bucket"], "members": {
      "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
      "Prefix": {"shape": "S", "location": "querystring", "locationName": "prefix"}}},
    "Object": {"type": "structure", "required": ["Bucket", "Key"], "members": {
      "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "S", "location": "uri", "locationName": "Key"}}},
    "Copy": {"type": "structure", "required": ["Bucket", "Key", "From"], "members": {
      "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "S", "location": "uri", "locationName": "Key"},
      "From": {"shape": "S", "location": "header", "locationName": "x-amz-copy-source"}}},
    "Part": {"type": "structure", "required": ["Bucket", "Key", "Number", "Upload"], "members": {
      "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "S", "location": "uri", "locationName": "Key"},
      "Number": {"shape": "I", "location": "querystring", "locationName": "partNumber"},
      "Upload": {"shape": "S", "location": "querystring", "locationName": "uploadId"}}},
    "Upload": {"type": "structure", "required": ["Bucket", "Key", "Upload"], "members": {
      "Bucket": {"shape": "S", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "S", "location": "uri", "locationName": "Key"},
      "Upload": {"shape": "S", "location": "querystring", "locationName": "uploadId"}}}}
})json";

struct Operation {
  const char* name;
  const char* method;
  const char* uri;
  const char* input;  // null: none
};

class RestRouting : public testing::Test {
 protected:
  RestRouting() : model_(make_model()) {
    const Operation operations[] = {
        {"CopyObject", "PUT", "/{Bucket}/{Key+}", "Copy"},
        {"CreateBucket", "PUT", "/{Bucket}", "Bucket"},
        {"DeleteObject", "DELETE", "/{Bucket}/{Key+}", "Object"},
        {"GetLocation", "GET", "/{Bucket}?location", "Bucket"},
        {"GetObject", "GET", "/{Bucket}/{Key+}", "Object"},
        {"ListBuckets", "GET", "/", nullptr},
        {"ListObjects", "GET", "/{Bucket}", "Bucket"},
        {"ListObjectsV2", "GET", "/{Bucket}?list-type=2", "Bucket"},
        {"ListParts", "GET", "/{Bucket}/{Key+}", "Upload"},
        {"Literal", "GET", "/fixed", nullptr},
        {"PutObject", "PUT", "/{Bucket}/{Key+}", "Object"},
        {"StartUpload", "POST", "/{Bucket}/{Key+}?uploads", "Object"},
        {"UploadPart", "PUT", "/{Bucket}/{Key+}", "Part"},
    };
    for (const Operation& operation : operations) {
      Json json = Json::object();
      json.set("name", operation.name);
      json.set("http", Json::object().set("method", operation.method).set("requestUri", operation.uri));
      if (operation.input != nullptr) json.set("input", Json::object().set("shape", operation.input));
      auto added = model_.add_operation(json);
      CHECK(added);
      Entry entry{};
      entry.operation = *added;
      entries_.push_back(entry);
    }
  }
  static DynamicModel make_model() {
    const auto json = Json::parse(kModel);
    CHECK(json);
    auto model = DynamicModel::build(*json);
    CHECK(model);
    return std::move(*model);
  }
  std::string route(const char* method, const char* target, bool copy = false) {
    http::Request request;
    request.method = method;
    request.target = target;
    if (copy) request.headers.add("X-Amz-Copy-Source", "/a/b");
    const Entry* entry = RestRouter(entries_).find(request);
    return entry == nullptr ? "none" : std::string(entry->operation->name);
  }

  DynamicModel model_;
  std::vector<Entry> entries_;
};

TEST_F(RestRouting, TheMostSpecificOperationWins) {
  EXPECT_EQ(route("GET", "/"), "ListBuckets");
  EXPECT_EQ(route("GET", "/fixed"), "Literal");
  EXPECT_EQ(route("GET", "/bucket"), "ListObjects");
  EXPECT_EQ(route("GET", "/bucket/"), "ListObjects");
  EXPECT_EQ(route("GET", "/bucket?list-type=2"), "ListObjectsV2");
  EXPECT_EQ(route("GET", "/bucket?prefix=a&list-type=2"), "ListObjectsV2");
  EXPECT_EQ(route("GET", "/bucket?list-type=3"), "ListObjects");
  EXPECT_EQ(route("GET", "/bucket?location"), "GetLocation");
  EXPECT_EQ(route("GET", "/bucket?location="), "GetLocation");
  EXPECT_EQ(route("GET", "/bucket/a/b"), "GetObject");
  EXPECT_EQ(route("POST", "/bucket/a/b?uploads"), "StartUpload");
}

TEST_F(RestRouting, RequiredMembersTellOperationsOfOnePathApart) {
  EXPECT_EQ(route("PUT", "/bucket/key"), "PutObject");
  EXPECT_EQ(route("PUT", "/bucket/key", true), "CopyObject");
  EXPECT_EQ(route("PUT", "/bucket/key?partNumber=1&uploadId=x"), "UploadPart");
  EXPECT_EQ(route("GET", "/bucket/key?uploadId=x"), "ListParts");
}

TEST_F(RestRouting, AnUnknownSubresourceIsNoOtherOperation) {
  EXPECT_EQ(route("GET", "/bucket?acl"), "none");
  EXPECT_EQ(route("DELETE", "/bucket/key?tagging"), "none");
  EXPECT_EQ(route("DELETE", "/bucket/key?versionId=1"), "DeleteObject");
  EXPECT_EQ(route("GET", "/bucket?prefix"), "ListObjects");
}

TEST_F(RestRouting, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(route("DELETE", "/bucket"), "none");
  EXPECT_EQ(route("POST", "/bucket/key"), "none");
  EXPECT_EQ(route("PATCH", "/"), "none");
  EXPECT_EQ(route("GET", "*"), "none");
}

TEST_F(RestRouting, MissingMembersAreTheOperationsOwnBusiness) {
  entries_.erase(
      std::remove_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.operation->name == "PutObject"; }),
      entries_.end());
  EXPECT_EQ(route("PUT", "/bucket/key"), "CopyObject");
}

TEST(RestBucket, BucketsInHosts) {
  const std::string bases[] = {"localhost", "s3.local"};
  struct Case {
    const char* host;
    const char* bucket;
  };
  const Case cases[] = {
      {"bucket.s3.us-east-1.amazonaws.com", "bucket"},
      {"bucket.s3.amazonaws.com:443", "bucket"},
      {"a.b.s3.eu-west-1.amazonaws.com", "a.b"},
      {"bucket.s3-us-west-2.amazonaws.com", "bucket"},
      {"bucket.s3.cn-north-1.amazonaws.com.cn", "bucket"},
      {"s3.us-east-1.amazonaws.com", ""},
      {"s3.amazonaws.com", ""},
      {"localhost:4566", ""},
      {"bucket.localhost:4566", "bucket"},
      {"bucket.S3.LOCAL", "bucket"},
      {"127.0.0.1:80", ""},
      {"bucket.example.com", ""},
      {"", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(bucket_in_host(c.host, bases), c.bucket) << c.host;
}

TEST(RestBucket, PathStyle) {
  const std::string bases[] = {"localhost"};
  http::Request request;
  request.headers.set("Host", "bucket.localhost");
  for (const auto& [target, expected] : {std::pair("/", "/bucket"), std::pair("/?location", "/bucket?location"),
                                         std::pair("/a/b?x=1", "/bucket/a/b?x=1"), std::pair("//a", "/bucket//a")}) {
    request.target = target;
    EXPECT_EQ(path_style_target(request, bases), expected);
  }
  request.headers.set("Host", "localhost");
  request.target = "/other/key";
  EXPECT_EQ(path_style_target(request, bases), "/other/key");
}

TEST(RestBucket, ClientsMoveBucketsThatAreOneLabel) {
  ServiceSpec service{};
  service.s3_rules = true;
  OperationSpec op{};
  op.service = &service;
  op.request_uri = "/{Bucket}/{Key+}";
  http::Request request;
  request.target = "/my-bucket/a%20b?x=1";
  EXPECT_EQ(move_bucket_to_host(op, request), "my-bucket.");
  EXPECT_EQ(request.target, "/a%20b?x=1");
  request.target = "/my-bucket?location";
  EXPECT_EQ(move_bucket_to_host(op, request), "my-bucket.");
  EXPECT_EQ(request.target, "/?location");
  for (const char* target : {"/my.bucket/a", "/My-bucket/a", "/ab/a", "/-ab/a"}) {
    request.target = target;
    EXPECT_EQ(move_bucket_to_host(op, request), "");
    EXPECT_EQ(request.target, target);
  }
  op.request_uri = "/";
  request.target = "/";
  EXPECT_EQ(move_bucket_to_host(op, request), "");
}

}  // namespace rest_router_test
}  // namespace postern::aws::server
