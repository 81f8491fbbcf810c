// decode(encode(x)) == x on random values, for requests, responses and errors of every protocol, and that no codec
// minds what bytes it is given.

#include <gtest/gtest.h>

#include <random>

#include "aws/core/codec.hpp"
#include "aws/core/codec_test_model.hpp"
#include "aws/core/erased.hpp"
#include "aws/core/printing.hpp"
#include "aws/core/random_value.hpp"

namespace postern::aws {
namespace {

class RoundTrip : public testing::TestWithParam<const char*> {
 protected:
  RoundTrip() : model_(testing_model::make(GetParam())), op_(*model_.find_operation("Do")), random_(20260102) {
    // Forms and XML know no empty containers inside others, and XML no control characters.
    const bool json = std::string_view(GetParam()).ends_with("json");
    options_.empty_containers = json;
    options_.control_characters = json;
  }
  Value random(const Shape& shape) {
    Value out;
    out.emplace(shape);
    random_value(Erased(shape, out.view()), [this] { return random_(); }, options_);
    return out;
  }
  void expect_same(const Shape& shape, const Value& want, const Value& got, const std::string& wire) {
    EXPECT_TRUE(equal(ConstErased(shape, want.view()), ConstErased(shape, got.view())))
        << testing_model::text_of(shape, got) << "\ninstead of\n"
        << testing_model::text_of(shape, want) << "\nby\n"
        << wire;
  }
  bool is_rest() const { return std::string_view(GetParam()).starts_with("rest"); }
  static constexpr int kRounds = 400;

  DynamicModel model_;
  const OperationSpec& op_;
  std::mt19937_64 random_;
  RandomValueOptions options_;
};

TEST_P(RoundTrip, Requests) {
  const Codec& codec = *codec_for(model_.service());
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const Value value = random(*op_.input);
    const auto request = codec.encode_request(op_, value.view());
    ASSERT_TRUE(request) << request.error().to_text();
    EXPECT_EQ(codec.operation_name(*request), is_rest() ? "" : "Do");
    Value decoded;
    decoded.emplace(*op_.input);
    const auto done = codec.decode_request(op_, *request, decoded.view());
    ASSERT_TRUE(done) << done.error().to_text() << '\n' << request->body;
    expect_same(*op_.input, value, decoded, request->body);
  }
}

TEST_P(RoundTrip, Responses) {
  const Codec& codec = *codec_for(model_.service());
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const Value value = random(*op_.output);
    const http::Response response = codec.encode_response(op_, value.view(), "r-1");
    EXPECT_EQ(response.headers.get("x-amzn-RequestId"), "r-1");
    Value decoded;
    decoded.emplace(*op_.output);
    const auto done = codec.decode_response(op_, response, decoded.view());
    ASSERT_TRUE(done) << done.error().to_text() << '\n' << response.body;
    expect_same(*op_.output, value, decoded, response.body);
    http::Response used_up = response;
    Value taken;
    taken.emplace(*op_.output);
    ASSERT_TRUE(codec.take_response(op_, used_up, taken.view())) << response.body;
    expect_same(*op_.output, value, taken, response.body);
  }
}

TEST_P(RoundTrip, Errors) {
  const Codec& codec = *codec_for(model_.service());
  const Shape& shape = *model_.find_shape("TooBusy");
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    const Value detail = random(shape);
    WireError wire;
    wire.code = "Busy";
    wire.http_status = 429;
    wire.request_id = "r-2";
    wire.detail_shape = &shape;
    wire.detail = detail.view();
    if (const void* message = member_value(detail.view(), shape.members[0]))
      wire.message = *static_cast<const std::string*>(message);
    const http::Response response = codec.encode_error(model_.service(), wire);
    const Error error = codec.decode_error(op_, response);
    ASSERT_NE(error.aws(), nullptr);
    EXPECT_EQ(error.aws()->code, "Busy");
    EXPECT_EQ(error.aws()->request_id, "r-2");
    EXPECT_EQ(error.kind(), ErrorKind::throttled);
    ASSERT_EQ(find_error_shape(op_, "Busy"), &shape);
    Value decoded;
    decoded.emplace(shape);
    const auto done = codec.decode_error_detail(op_, response, shape, decoded.view());
    ASSERT_TRUE(done) << done.error().to_text();
    // A message that was not set is written empty; otherwise everything comes back.
    if (member_value(detail.view(), shape.members[0]) == nullptr) member_clear(decoded.view(), shape.members[0]);
    expect_same(shape, detail, decoded, response.body);
  }
}

class RestRoundTrip : public RoundTrip {};

TEST_P(RestRoundTrip, MembersInEveryPlaceOfAMessage) {
  const Codec& codec = *codec_for(model_.service());
  const OperationSpec& op = *model_.find_operation("Bind");
  options_.control_characters = false;
  options_.empty_containers = false;
  int sent = 0;
  for (int i = 0; i < 4 * kRounds && !HasFailure(); ++i) {
    const Value value = random(*op.input);
    // Empty labels and names that no header can have cannot be sent.
    const auto request = codec.encode_request(op, value.view());
    if (!request) {
      EXPECT_EQ(request.error().kind(), ErrorKind::usage);
      continue;
    }
    ++sent;
    Value decoded;
    decoded.emplace(*op.input);
    const auto done = codec.decode_request(op, *request, decoded.view());
    ASSERT_TRUE(done) << done.error().to_text() << '\n' << request->target;
    // A map of headers is always there once a message is read.
    const Member& meta = op.input->members[9];
    if (member_value(value.view(), meta) == nullptr) member_clear(decoded.view(), meta);
    expect_same(*op.input, value, decoded, request->target);
  }
  EXPECT_GT(sent, kRounds / 4);
}

TEST_P(RoundTrip, EveryCutOfAResponseIsRefused) {
  const Codec& codec = *codec_for(model_.service());
  const Value value = random(*op_.output);
  const http::Response whole = codec.encode_response(op_, value.view(), "r-1");
  // A REST reply may have no body at all: its members may all stand in headers.
  for (std::size_t size = is_rest() ? 1 : 0; size < whole.body.size(); ++size) {
    http::Response cut = whole;
    cut.body.resize(size);
    Value decoded;
    decoded.emplace(*op_.output);
    const auto done = codec.decode_response(op_, cut, decoded.view());
    ASSERT_FALSE(done) << cut.body;
    EXPECT_EQ(done.error().kind(), ErrorKind::malformed);
    EXPECT_EQ(done.error().delivery(), Delivery::answered);
  }
}

TEST_P(RoundTrip, DamagedBytesNeverCrash) {
  const Codec& codec = *codec_for(model_.service());
  for (int i = 0; i < 300; ++i) {
    const Value value = random(*op_.output);
    const Value input = random(*op_.input);
    http::Response response = codec.encode_response(op_, value.view(), "r-1");
    http::Request request = *codec.encode_request(op_, input.view());
    for (int hits = 0; hits < 4; ++hits) {
      if (!response.body.empty()) response.body[random_() % response.body.size()] = static_cast<char>(random_());
      if (!request.body.empty()) request.body[random_() % request.body.size()] = static_cast<char>(random_());
    }
    Value out;
    out.emplace(*op_.output);
    if (codec.decode_response(op_, response, out.view())) {
      EXPECT_FALSE(print(ConstErased(*op_.output, out.view())).empty());
    } else {
      http::Response used_up = response;
      EXPECT_FALSE(codec.take_response(op_, used_up, out.view()));
      EXPECT_EQ(used_up.body.size(), response.body.size());
    }
    response.status = 400;
    EXPECT_FALSE(codec.decode_error(op_, response).message().empty());
    Value in;
    in.emplace(*op_.input);
    if (auto done = codec.decode_request(op_, request, in.view()); !done) {
      EXPECT_EQ(done.error().kind(), ErrorKind::usage);
    }
  }
}

std::string protocol_name(const testing::TestParamInfo<const char*>& info) {
  std::string name(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Protocols, RestRoundTrip, testing::Values("rest-json", "rest-xml"), protocol_name);
INSTANTIATE_TEST_SUITE_P(Protocols, RoundTrip, testing::Values("json", "query", "ec2", "rest-json", "rest-xml"),
                         protocol_name);

}  // namespace
}  // namespace postern::aws
