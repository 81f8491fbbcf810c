#include <gtest/gtest.h>

#include "aws/core/codec.hpp"
#include "aws/core/dispatcher.hpp"
#include "aws/core/rest_router.hpp"
#include "aws/drs/server.hpp"
#include "aws/ec2/server.hpp"
#include "aws/iam/server.hpp"
#include "aws/organizations/server.hpp"
#include "aws/s3/server.hpp"
#include "aws/ssm/server.hpp"
#include "aws/sts/server.hpp"
#include "aws/tiny/server.hpp"
#include "fill.hpp"
#include "rt/loop.hpp"

namespace postern::aws::models_test {
namespace round_trip {

class NoExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class ZeroRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::fill(bytes.begin(), bytes.end(), std::uint8_t{0}); }
};

struct Effects {
  Effects() = default;
  rt::CallContext context() { return rt::CallContext(loop.clock(), random, explainer); }
  rt::Loop loop;
  ZeroRandom random;
  NoExplainer explainer;
};

std::string describe(const Result<void>& result) {
  return result ? "ok" : result.error().to_text();
}
template <class T>
std::string describe(const Result<T>& result) {
  return result ? "ok" : result.error().to_text();
}

bool is_rest(const ServiceSpec& service) {
  return service.protocol == Protocol::rest_json || service.protocol == Protocol::rest_xml;
}

/// Where a thunk's typed request is made, filled by its descriptor and encoded.
class Encoding final : public server::Exchange {
 public:
  explicit Encoding(const OperationSpec& operation) : operation_(operation) {}
  Result<void> decode(void* request) override {
    fill(*operation_.input, request, 1);
    Result<http::Request> encoded = codec_for(*operation_.service)->encode_request(operation_, request);
    if (!encoded) return fail(std::move(encoded).error());
    wire = std::move(*encoded);
    return Result<void>();
  }
  void encode(const void*) override {}
  http::Request wire;

 private:
  const OperationSpec& operation_;
};

/// The server's half: decodes what Encoding has made and encodes it again.
class Decoding final : public server::Exchange {
 public:
  Decoding(const OperationSpec& operation, const http::Request& wire) : operation_(operation), wire_(wire) {}
  Result<void> decode(void* request) override {
    const Codec* codec = codec_for(*operation_.service);
    if (!is_rest(*operation_.service)) {
      EXPECT_EQ(codec->operation_name(wire_), operation_.name);
    }
    Result<void> decoded = codec->decode_request(operation_, wire_, request);
    EXPECT_TRUE(decoded) << describe(decoded);
    const Result<http::Request> again = codec->encode_request(operation_, request);
    EXPECT_TRUE(again) << describe(again);
    if (again) {
      EXPECT_EQ(again->body, wire_.body);
      EXPECT_EQ(again->target, wire_.target);
      EXPECT_EQ(again->headers, wire_.headers);
    }
    return decoded;
  }
  void encode(const void*) override {}

 private:
  const OperationSpec& operation_;
  const http::Request& wire_;
};

TEST(RoundTrip, EveryRequestOfEveryServiceSurvives) {
  Effects effects;
  drs::Handler drs_handler;
  ec2::Handler ec2_handler;
  iam::Handler iam_handler;
  organizations::Handler organizations_handler;
  s3::Handler s3_handler;
  ssm::Handler ssm_handler;
  sts::Handler sts_handler;
  const server::Binding bindings[] = {drs::bind(drs_handler),
                                      s3::bind(s3_handler),
                                      ec2::bind(ec2_handler),
                                      iam::bind(iam_handler),
                                      organizations::bind(organizations_handler),
                                      ssm::bind(ssm_handler),
                                      sts::bind(sts_handler)};
  for (const server::Binding& binding : bindings) {
    for (const server::Entry& entry : binding.entries) {
      SCOPED_TRACE(std::string(entry.operation->name));
      Encoding encoding(*entry.operation);
      const Result<void> first =
          effects.loop.run(entry.invoke(binding.handler, server::CallInfo(effects.context()), encoding));
      ASSERT_FALSE(first) << "no operation is offered by the default handler";
      ASSERT_NE(first.error().aws(), nullptr) << describe(first);
      EXPECT_NE(first.error().message().find("is not offered by this simulator"), std::string::npos) << describe(first);
      if (is_rest(*binding.service)) {
        EXPECT_EQ(server::RestRouter(binding.entries).find(encoding.wire), &entry);
      }
      Decoding decoding(*entry.operation, encoding.wire);
      const Result<void> second =
          effects.loop.run(entry.invoke(binding.handler, server::CallInfo(effects.context()), decoding));
      EXPECT_FALSE(second);
    }
  }
}

template <class Op>
void expect_response_survives() {
  SCOPED_TRACE(std::string(Op::spec().name));
  typename Op::Response sent;
  const int scalars = fill(*Op::spec().output, &sent, 3);
  const Codec* codec = codec_for(*Op::spec().service);
  const http::Response wire = codec->encode_response(Op::spec(), &sent, "00000000-0000-4000-8000-000000000000");
  typename Op::Response received;
  const Result<void> decoded = codec->decode_response(Op::spec(), wire, &received);
  EXPECT_TRUE(decoded) << describe(decoded);
  EXPECT_TRUE(received == sent) << scalars << " scalars\n" << wire.body.substr(0, 2000);
}

TEST(RoundTrip, ResponsesSurvive) {
  expect_response_survives<ssm::SendCommand>();
  expect_response_survives<ssm::ListCommandInvocations>();
  expect_response_survives<ssm::DescribeInstanceInformation>();
  expect_response_survives<ssm::DescribeInstanceProperties>();
  expect_response_survives<ssm::GetDocument>();
  expect_response_survives<ec2::DescribeInstances>();
  expect_response_survives<ec2::DescribeVpcs>();
  expect_response_survives<sts::AssumeRole>();
  expect_response_survives<sts::GetCallerIdentity>();
  expect_response_survives<iam::GetInstanceProfile>();
  expect_response_survives<organizations::ListAccounts>();
  expect_response_survives<drs::DescribeSourceServers>();
  expect_response_survives<drs::StartRecovery>();
  expect_response_survives<s3::GetObject>();
  expect_response_survives<s3::HeadObject>();
  expect_response_survives<s3::ListObjectsV2>();
  expect_response_survives<s3::CopyObject>();
  expect_response_survives<s3::DeleteObjects>();
  expect_response_survives<s3::GetBucketLocation>();
  expect_response_survives<s3::GetBucketPolicy>();
  expect_response_survives<s3::GetPublicAccessBlock>();
}

TEST(RoundTrip, EmptyResponsesSurvive) {
  const ssm::CancelCommand::Response empty;
  const Codec* codec = codec_for(ssm::service());
  const http::Response wire = codec->encode_response(ssm::CancelCommand::spec(), &empty, "id");
  ssm::CancelCommand::Response received;
  EXPECT_TRUE(codec->decode_response(ssm::CancelCommand::spec(), wire, &received));
}

TEST(RoundTrip, SendCommandOnTheWire) {
  ssm::SendCommandRequest request;
  request.instance_ids.push_back("i-0123456789abcdef0");
  request.document_name = "AWS-RunShellScript";
  request.parameters["commands"].push_back("echo \"hi\"");
  const Result<http::Request> wire = codec_for(ssm::service())->encode_request(ssm::SendCommand::spec(), &request);
  ASSERT_TRUE(wire) << describe(wire);
  EXPECT_EQ(wire->headers.get("X-Amz-Target"), "AmazonSSM.SendCommand");
  EXPECT_EQ(wire->body, R"({"InstanceIds":["i-0123456789abcdef0"],"DocumentName":"AWS-RunShellScript",)"
                        R"("Parameters":{"commands":["echo \"hi\""]}})");
}

TEST(RoundTrip, DescribeInstancesOnTheWire) {
  ec2::DescribeInstancesRequest request;
  ec2::Filter& filter = request.filters.emplace_back();
  filter.name = "tag:dr:enabled";
  filter.values.push_back("true");
  request.max_results = 100;
  const Result<http::Request> wire =
      codec_for(ec2::service())->encode_request(ec2::DescribeInstances::spec(), &request);
  ASSERT_TRUE(wire) << describe(wire);
  EXPECT_EQ(wire->body,
            "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Adr%3Aenabled&Filter.1.Value.1=true"
            "&MaxResults=100");
}

/// A typed handler behind the real dispatcher, reached with the client's half of the codec.
class AssumingHandler final : public sts::Handler {
 public:
  rt::Task<Result<sts::AssumeRoleResponse>> assume_role(server::CallInfo info,
                                                        sts::AssumeRoleRequest request) override {
    if (request.external_id != "open sesame") {
      co_return fail(
          server::fault(ErrorKind::denied, "AccessDenied", "not authorized to perform: sts:AssumeRole", 403));
    }
    sts::AssumeRoleResponse response;
    sts::Credentials& credentials = response.credentials.emplace();
    credentials.access_key_id = "ASIAEXAMPLEEXAMPLE00";
    credentials.secret_access_key = Secret<std::string>("<secret>");
    credentials.session_token = Secret<std::string>("token/+=");
    credentials.expiration = WallTime(std::chrono::seconds(1'700'000'000));
    response.assumed_role_user.emplace().arn = info.caller.arn + "/" + *request.role_session_name;
    co_return response;
  }
};

class OneCaller final : public server::Authenticator {
 public:
  rt::Task<Result<server::CallerInfo>> authenticate(rt::CallContext, const OperationSpec&,
                                                    const http::Request&) override {
    server::CallerInfo caller;
    caller.arn = "arn:aws:sts::111122223333:assumed-role/Hub";
    co_return caller;
  }
};

class AssumeRoleThroughDispatcher : public testing::Test {
 protected:
  AssumeRoleThroughDispatcher() : dispatcher_(authenticator_, {sts::bind(handler_)}) {
    request_.role_arn = "arn:aws:iam::444455556666:role/Operator";
    request_.role_session_name = "postern";
  }
  http::Response send() {
    Result<http::Request> wire = codec_for(sts::service())->encode_request(sts::AssumeRole::spec(), &request_);
    EXPECT_TRUE(wire) << describe(wire);
    wire->headers.set("Authorization",
                      "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/sts/aws4_request, Signature=0");
    Result<http::Response> response =
        effects_.loop.run(dispatcher_.serve(effects_.context(), http::PeerInfo(), std::move(*wire)));
    EXPECT_TRUE(response) << describe(response);
    return response ? *response : http::Response();
  }

  Effects effects_;
  AssumingHandler handler_;
  OneCaller authenticator_;
  server::Dispatcher dispatcher_;
  sts::AssumeRoleRequest request_;
};

TEST_F(AssumeRoleThroughDispatcher, SecretsArriveWhole) {
  request_.external_id = "open sesame";
  const http::Response wire = send();
  sts::AssumeRoleResponse response;
  const Result<void> decoded = codec_for(sts::service())->decode_response(sts::AssumeRole::spec(), wire, &response);
  ASSERT_TRUE(decoded) << describe(decoded);
  ASSERT_TRUE(response.credentials);
  EXPECT_EQ(response.credentials->secret_access_key->reveal(), "<secret>");
  EXPECT_EQ(response.credentials->session_token->reveal(), "token/+=");
  EXPECT_EQ(response.credentials->expiration, WallTime(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(response.assumed_role_user->arn, "arn:aws:sts::111122223333:assumed-role/Hub/postern");
}

TEST_F(AssumeRoleThroughDispatcher, DenialsArriveAsErrors) {
  request_.external_id = "open, please";
  const Error error = codec_for(sts::service())->decode_error(sts::AssumeRole::spec(), send());
  ASSERT_NE(error.aws(), nullptr);
  EXPECT_EQ(error.aws()->code, "AccessDenied");
  EXPECT_EQ(error.aws()->http_status, 403);
  EXPECT_FALSE(error.aws()->request_id.empty());
  EXPECT_EQ(error.kind(), ErrorKind::denied);
}

}  // namespace round_trip
}  // namespace postern::aws::models_test
