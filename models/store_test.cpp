// Typed calls of S3 through the whole pipeline: codec, signature, bucket in the host or in the path, dispatcher.

#include "store.hpp"

#include <gtest/gtest.h>

#include "aws/core/invoker.hpp"
#include "aws/drs/server.hpp"
#include "aws/s3/ops.hpp"
#include "aws/sts/server.hpp"
#include "http/server.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::aws::models_test {
namespace store {

class StoreCredentials final : public CredentialsProvider {
 public:
  rt::Task<Result<Credentials>> resolve(rt::CallContext) override {
    Credentials credentials;
    credentials.access_key_id = kStoreKey;
    credentials.secret_access_key = Secret<>(secret);
    co_return credentials;
  }
  std::string describe() const override { return "fixed"; }
  std::string secret = kStoreSecret;
};

/// Keeps what was sent.
class WatchingClient final : public http::Client {
 public:
  explicit WatchingClient(http::Service& service) : inner_(service) {}
  rt::Task<Result<http::Response>> send(rt::CallContext ctx, http::Origin origin, http::Request request) override {
    last = request;
    host = origin.host;
    co_return co_await inner_.send(ctx, std::move(origin), std::move(request));
  }
  http::Request last;
  std::string host;

 private:
  http::ServiceClient inner_;
};

class StoreTest : public testing::TestWithParam<bool> {
 protected:
  StoreTest() : dispatcher_(authenticator_, {s3::bind(handler_)}), client_(dispatcher_) {
    EndpointConfig endpoints;
    if (GetParam()) endpoints.custom.emplace_back("", "https://localhost:4566", "--endpoint-url");
    scope_.region = "eu-west-1";
    scope_.credentials = credentials_;
    invoker_ = make_invoker(InvokerParts(client_, endpoints), InvokerOptions());
  }
  template <class Op>
  Result<typename Op::Response> ask(typename Op::Request request) {
    return loop_.run(call<Op>(loop_.context(), *invoker_, scope_, std::move(request)));
  }
  Result<s3::GetObjectResponse> get(const std::string& bucket, const std::string& key) {
    s3::GetObjectRequest request;
    request.bucket = bucket;
    request.key = key;
    return ask<s3::GetObject>(request);
  }
  Result<s3::PutObjectResponse> put(const std::string& bucket, const std::string& key, const std::string& body) {
    s3::PutObjectRequest request;
    request.bucket = bucket;
    request.key = key;
    request.body.emplace().bytes = body;
    request.metadata["run"] = "42";
    request.checksum_algorithm = s3::ChecksumAlgorithm::crc32;
    return ask<s3::PutObject>(request);
  }

  rt::testing::ManualLoop loop_;
  StoreHandler handler_;
  StoreAuthenticator authenticator_;
  server::Dispatcher dispatcher_;
  WatchingClient client_;
  std::shared_ptr<StoreCredentials> credentials_ = std::make_shared<StoreCredentials>();
  CallScope scope_;
  std::unique_ptr<Invoker> invoker_;
};

TEST_P(StoreTest, ObjectsComeBackAsTheyWent) {
  s3::CreateBucketRequest create;
  create.bucket = "my-bucket";
  create.create_bucket_configuration.emplace().location_constraint = s3::BucketLocationConstraint::eu_west_1;
  const auto created = ask<s3::CreateBucket>(create);
  ASSERT_TRUE(created) << created.error().to_text();
  EXPECT_EQ(created->location, "/my-bucket");
  EXPECT_EQ(handler_.location, "eu-west-1");
  EXPECT_EQ(client_.host, GetParam() ? "localhost" : "my-bucket.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(client_.last.target, GetParam() ? "/my-bucket" : "/");

  for (const std::string key : {"a", "run/1/i-0123/stdout", "sp ace+&?=%41", "\xC3\xBC/../x", "/lead//double/"}) {
    const std::string body = "output of " + key + std::string("\0\xff", 2);
    const auto stored = put("my-bucket", key, body);
    ASSERT_TRUE(stored) << key << ": " << stored.error().to_text();
    EXPECT_EQ(stored->e_tag, "\"tag\"");
    const auto got = get("my-bucket", key);
    ASSERT_TRUE(got) << key << ": " << got.error().to_text();
    EXPECT_EQ(got->body->bytes, body);
    EXPECT_EQ(got->metadata, (Map<std::string>{{"run", "42"}}));
    EXPECT_EQ(got->content_type, "application/octet-stream");
  }
  s3::ListObjectsV2Request list;
  list.bucket = "my-bucket";
  list.prefix = "run/";
  const auto listed = ask<s3::ListObjectsV2>(list);
  ASSERT_TRUE(listed) << listed.error().to_text();
  ASSERT_EQ(listed->contents.size(), 1U);
  EXPECT_EQ(listed->contents[0].key, "run/1/i-0123/stdout");
}

TEST_P(StoreTest, SubresourcesAndSettings) {
  handler_.buckets["my.bucket"];
  handler_.location = "eu-central-1";
  s3::GetBucketLocationRequest where;
  where.bucket = "my.bucket";
  const auto location = ask<s3::GetBucketLocation>(where);
  ASSERT_TRUE(location) << location.error().to_text();
  EXPECT_EQ(location->location_constraint, s3::BucketLocationConstraint::eu_central_1);
  EXPECT_EQ(client_.last.target, "/my.bucket?location") << "a dot does not fit the certificate";

  s3::PutBucketPolicyRequest policy;
  policy.bucket = "my.bucket";
  policy.policy = R"({"Version": "2012-10-17"})";
  const auto set = ask<s3::PutBucketPolicy>(policy);
  ASSERT_TRUE(set) << set.error().to_text();
  EXPECT_FALSE(client_.last.headers.get("x-amz-checksum-crc32").empty()) << "one is required";
  s3::GetBucketPolicyRequest read;
  read.bucket = "my.bucket";
  EXPECT_EQ(ask<s3::GetBucketPolicy>(read)->policy, policy.policy);

  s3::PutPublicAccessBlockRequest block;
  block.bucket = "my.bucket";
  block.public_access_block_configuration.emplace().block_public_acls = true;
  const auto blocked = ask<s3::PutPublicAccessBlock>(block);
  ASSERT_TRUE(blocked) << blocked.error().to_text();
  EXPECT_EQ(client_.last.body,
            "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>");
  EXPECT_EQ(handler_.block.block_public_acls, true);
}

TEST_P(StoreTest, OneObjectInParts) {
  handler_.buckets["my-bucket"];
  s3::CreateMultipartUploadRequest start;
  start.bucket = "my-bucket";
  start.key = "big";
  const auto started = ask<s3::CreateMultipartUpload>(start);
  ASSERT_TRUE(started) << started.error().to_text();
  s3::CompleteMultipartUploadRequest complete;
  complete.bucket = "my-bucket";
  complete.key = "big";
  complete.upload_id = started->upload_id;
  for (int number = 1; number <= 2; ++number) {
    s3::UploadPartRequest part;
    part.bucket = "my-bucket";
    part.key = "big";
    part.upload_id = started->upload_id;
    part.part_number = number;
    part.body.emplace().bytes = "part " + std::to_string(number) + ";";
    const auto uploaded = ask<s3::UploadPart>(part);
    ASSERT_TRUE(uploaded) << uploaded.error().to_text();
    s3::CompletedPart& done = complete.multipart_upload ? complete.multipart_upload->parts.emplace_back()
                                                        : complete.multipart_upload.emplace().parts.emplace_back();
    done.part_number = number;
    done.e_tag = uploaded->e_tag;
  }
  const auto completed = ask<s3::CompleteMultipartUpload>(complete);
  ASSERT_TRUE(completed) << completed.error().to_text();
  EXPECT_EQ(get("my-bucket", "big")->body->bytes, "part 1;part 2;");
}

TEST_P(StoreTest, ErrorsArriveWithTheirCodes) {
  handler_.buckets["my-bucket"];
  const auto missing = get("my-bucket", "nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().aws()->code, "NoSuchKey");
  EXPECT_EQ(missing.error().kind(), ErrorKind::not_found);
  s3::HeadObjectRequest head;
  head.bucket = "my-bucket";
  head.key = "nothing";
  const auto silent = ask<s3::HeadObject>(head);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().aws()->code, "NotFound");
  EXPECT_EQ(silent.error().kind(), ErrorKind::not_found);
  s3::AbortMultipartUploadRequest abort;
  abort.bucket = "my-bucket";
  abort.key = "nothing";
  abort.upload_id = "x";
  const auto absent = ask<s3::AbortMultipartUpload>(abort);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind(), ErrorKind::unsupported) << absent.error().to_text();
  credentials_->secret = "another";
  const auto denied = get("my-bucket", "nothing");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().aws()->code, "SignatureDoesNotMatch");
}

/// Two services that speak REST behind one dispatcher: the signature says which is meant.
TEST(RestDispatch, ServicesAndUnknownPaths) {
  rt::testing::ManualLoop loop;
  class Anybody final : public server::Authenticator {
   public:
    rt::Task<Result<server::CallerInfo>> authenticate(rt::CallContext, const OperationSpec&,
                                                      const http::Request&) override {
      co_return server::CallerInfo();
    }
  };
  Anybody anybody;
  StoreHandler store_handler;
  drs::Handler drs_handler;
  sts::Handler sts_handler;
  store_handler.buckets["bucket"]["key"].body = "found";
  server::Dispatcher dispatcher(anybody, {drs::bind(drs_handler), s3::bind(store_handler), sts::bind(sts_handler)});
  struct Case {
    const char* service;  // null: unsigned
    const char* method;
    const char* host;
    const char* target;
    int status;
    const char* text;
  };
  const Case cases[] = {
      {"s3", "GET", "localhost", "/bucket/key", 200, "found"},
      {"s3", "GET", "bucket.localhost:80", "/key", 200, "found"},
      {"s3", "GET", "bucket.s3.eu-west-1.amazonaws.com", "/key", 200, "found"},
      {"s3", "GET", "localhost", "/bucket/other", 404, "<Error><Code>NoSuchKey</Code>"},
      {"s3", "HEAD", "localhost", "/bucket/other", 404, ""},
      {"s3", "GET", "localhost", "/bucket?acl", 501, "<Code>NotImplemented</Code>"},
      {"s3", "DELETE", "localhost", "/bucket/key?tagging", 501, "<Code>NotImplemented</Code>"},
      {"s3", "PUT", "localhost", "/bucket?policy", 400, "<Code>InvalidRequest</Code>"},
      {"s3", "POST", "localhost", "/DescribeJobs", 501, "NotImplemented"},
      {"drs", "POST", "drs.localhost", "/DescribeJobs", 400, "drs DescribeJobs is not offered"},
      {"drs", "POST", "localhost", "/DescribeNothing", 404, "No operation has POST /DescribeNothing"},
      {"drs", "GET", "localhost", "/DescribeJobs", 404, "No operation has GET /DescribeJobs"},
      {"sts", "GET", "localhost", "/?Action=GetCallerIdentity&Version=2011-06-15", 400, "GetCallerIdentity is not"},
      {nullptr, "GET", "localhost", "/bucket/key", 200, "found"},
      {nullptr, "GET", "localhost", "/?Action=GetCallerIdentity&Version=2011-06-15", 400, "GetCallerIdentity is not"},
      {nullptr, "POST", "localhost", "/DescribeJobs", 400, "drs DescribeJobs is not offered"},
  };
  for (const Case& c : cases) {
    http::Request request;
    request.method = c.method;
    request.target = c.target;
    request.headers.set("Host", c.host);
    if (c.service != nullptr) {
      request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/" +
                                               std::string(c.service) + "/aws4_request, Signature=0");
    }
    const auto response = loop.run(dispatcher.serve(loop.context(), http::PeerInfo(), std::move(request)));
    ASSERT_TRUE(response) << response.error().to_text();
    EXPECT_EQ(response->status, c.status) << c.method << ' ' << c.target << '\n' << response->body;
    EXPECT_NE(response->body.find(c.text), std::string::npos) << c.method << ' ' << c.target << '\n' << response->body;
    if (std::string_view(c.method) == "HEAD") {
      EXPECT_EQ(response->body, "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Endpoints, StoreTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "PathStyle" : "BucketsInHosts"; });

}  // namespace store
}  // namespace postern::aws::models_test
