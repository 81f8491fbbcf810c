// RPC v2 CBOR's server half: what SDKs send is read, and what comes back is what they read.

#include "aws/core/rpc_cbor_codec.hpp"

#include <gtest/gtest.h>

#include <random>

#include "aws/core/cbor_value.hpp"
#include "aws/core/codec_test_model.hpp"
#include "aws/core/erased.hpp"
#include "aws/core/random_value.hpp"

namespace postern::aws {
namespace {

class RpcCbor : public testing::Test {
 protected:
  RpcCbor() : model_(testing_model::make("json")), op_(*model_.find_operation("Do")) {}
  http::Request request(std::string body, std::string type = "application/cbor") const {
    http::Request made;
    made.method = "POST";
    made.target = "/service/Testing/operation/Do";
    made.headers.add("smithy-protocol", "rpc-v2-cbor");
    if (!type.empty()) made.headers.add("Content-Type", std::move(type));
    made.body = std::move(body);
    return made;
  }
  std::string code_of(const http::Request& from) const {
    Value value;
    value.emplace(*op_.input);
    const auto done = rpc_cbor_codec().decode_request(op_, from, value.view());
    return done ? "accepted" : done.error().aws()->code;
  }
  DynamicModel model_;
  const OperationSpec& op_;
};

TEST_F(RpcCbor, ValuesSurviveBothDirections) {
  std::mt19937_64 random(20261121);
  RandomValueOptions options;
  options.empty_containers = true;
  options.control_characters = true;
  for (int i = 0; i < 400 && !HasFailure(); ++i) {
    const Shape& shape = i % 2 == 0 ? *op_.input : *op_.output;
    Value want;
    want.emplace(shape);
    random_value(Erased(shape, want.view()), [&] { return random(); }, options);
    std::string body;
    CborWriter out(body);
    encode_cbor(out, shape, want.view());
    Value got;
    got.emplace(shape);
    CborReader in(body);
    const auto done = decode_cbor(in, shape, got.view());
    ASSERT_TRUE(done && in.finish()) << (done ? in.error() : done.error()).to_text();
    EXPECT_TRUE(equal(ConstErased(shape, want.view()), ConstErased(shape, got.view())))
        << testing_model::text_of(shape, got) << "\ninstead of\n"
        << testing_model::text_of(shape, want);
  }
}

TEST_F(RpcCbor, RequestsMustBeOneMapOfCbor) {
  EXPECT_EQ(code_of(request("\xA0")), "accepted");
  EXPECT_EQ(code_of(request("\xBF\xFF", "application/cbor; x=y")), "accepted");
  EXPECT_EQ(code_of(request("", "")), "accepted");
  EXPECT_EQ(code_of(request("\xA1\x67"
                            "Unknown\x80")),
            "accepted");
  EXPECT_EQ(code_of(request("\xA0", "application/json")), "UnsupportedMediaTypeException");
  EXPECT_EQ(code_of(request("{}")), "SerializationException");
  EXPECT_EQ(code_of(request("\x80")), "SerializationException");
  EXPECT_EQ(code_of(request("\xA0\xA0")), "SerializationException");
  EXPECT_EQ(code_of(request("\xBF")), "SerializationException");
}

TEST_F(RpcCbor, PathsNameServiceAndOperation) {
  const auto path = rpc_path(request(""));
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->service, "Testing");
  EXPECT_EQ(path->operation, "Do");
  http::Request other = request("");
  other.target = "/prefix/service/com.example.Testing/operation/Do";
  EXPECT_EQ(rpc_path(other)->service, "Testing");
  for (const char* target :
       {"/", "/service/Testing/operation/", "/service//operation/Do", "/Testing/operation/Do", "/service/Testing/Do"}) {
    other.target = target;
    EXPECT_FALSE(rpc_path(other).has_value()) << target;
  }
  EXPECT_TRUE(is_rpc_cbor(request("")));
  other.headers.set("smithy-protocol", "rpc-v2-json");
  EXPECT_FALSE(is_rpc_cbor(other));
}

TEST_F(RpcCbor, ErrorsHaveTheirTypeAndTheCodeOfQuery) {
  WireError error;
  error.code = "ResourceNotFound";
  error.message = "none";
  error.http_status = 404;
  error.request_id = "r-1";
  ServiceSpec service{};
  service.protocol = Protocol::query;
  const http::Response response = rpc_cbor_codec().encode_error(service, error);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.get("smithy-protocol"), "rpc-v2-cbor");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/cbor");
  EXPECT_EQ(response.headers.get("x-amzn-query-error"), "ResourceNotFound;Sender");
  EXPECT_EQ(response.headers.get("x-amzn-RequestId"), "r-1");
  EXPECT_EQ(response.body,
            "\xBF\x66"
            "__type\x70"
            "ResourceNotFound\x67"
            "message\x64"
            "none\xFF");
}

}  // namespace
}  // namespace postern::aws
