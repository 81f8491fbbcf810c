#pragma once

// One input for all codec targets: the first byte chooses a decoder, the rest is the body.

#include <cstdint>
#include <string>

#include "aws/core/codec.hpp"
#include "aws/core/codec_test_model.hpp"
#include "aws/core/printing.hpp"
#include "aws/core/validate.hpp"
#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::fuzz {

/// Decodes, encodes and decodes again; from the second generation on nothing may change any more. (The first loses what
/// a protocol has no way to say: empty elements of lists, control characters in XML.)
template <class Encode, class Decode>
void settle(const aws::Shape& shape, const aws::Value& start, Encode encode, Decode decode) {
  aws::Value first;
  first.emplace(shape);
  CHECK(decode(encode(start.view()), first.view()));
  const auto second_message = encode(first.view());
  aws::Value second;
  second.emplace(shape);
  CHECK(decode(second_message, second.view()));
  CHECK(encode(second.view()).body == second_message.body);
}

inline void check_response(const aws::Codec& codec, const aws::OperationSpec& op, std::string body) {
  http::Response response;
  response.body = std::move(body);
  aws::Value value;
  value.emplace(*op.output);
  const auto done = codec.decode_response(op, response, value.view());
  if (!done) {
    // An error document may come with status 200: then it is told as the error that it is.
    CHECK(done.error().kind() == ErrorKind::malformed || done.error().aws() != nullptr);
    CHECK(is_utf8(done.error().message()));
    return;
  }
  CHECK(is_utf8(aws::print(aws::ConstErased(*op.output, value.view()))));
  settle(
      *op.output, value, [&](const void* v) { return codec.encode_response(op, v, "r"); },
      [&](const http::Response& reply, void* v) { return codec.decode_response(op, reply, v).has_value(); });
}

inline void check_request(const aws::Codec& codec, const aws::OperationSpec& op, std::string body) {
  http::Request request;
  request.method = "POST";
  request.body = std::move(body);
  codec.operation_name(request);
  aws::Value value;
  value.emplace(*op.input);
  if (!codec.decode_request(op, request, value.view())) return;
  aws::find_violations(*op.input, value.view());
  // Without its required members an input cannot be sent.
  if (!codec.encode_request(op, value.view())) return;
  settle(
      *op.input, value, [&](const void* v) { return *codec.encode_request(op, v); },
      [&](const http::Request& sent, void* v) { return codec.decode_request(op, sent, v).has_value(); });
}

inline void check_error(const aws::Codec& codec, const aws::OperationSpec& op, std::string body, int status) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  const Error error = codec.decode_error(op, response);
  CHECK(error.aws() != nullptr && is_utf8(error.message()) && is_utf8(error.aws()->code));
  const aws::Shape& shape = *op.errors[0];
  aws::Value detail;
  detail.emplace(shape);
  if (!codec.decode_error_detail(op, response, shape, detail.view())) return;
  aws::WireError wire;
  wire.code = "Busy";
  wire.detail_shape = &shape;
  wire.detail = detail.view();
  CHECK(codec.decode_error(op, codec.encode_error(*op.service, wire)).aws()->code == "Busy");
}

inline int run(const aws::DynamicModel& model, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const aws::OperationSpec& op = *model.find_operation("Do");
  const aws::Codec& codec = *aws::codec_for(model.service());
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_response(codec, op, std::move(body));
      break;
    case 1:
      check_request(codec, op, std::move(body));
      break;
    default:
      check_error(codec, op, std::move(body), 400 + data[0] / 3);
      break;
  }
  return 0;
}

}  // namespace postern::fuzz
