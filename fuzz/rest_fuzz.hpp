#pragma once

// One input for both REST codecs. The first byte chooses; what follows is a message: target, header lines, an empty
// line, body. Besides the bodies that codec_fuzz.hpp tries, this reaches labels, queries, headers, routing, chunks.

#include "aws/core/rest_payload.hpp"
#include "aws/core/rest_router.hpp"
#include "codec_fuzz.hpp"

namespace postern::fuzz {

struct RawMessage {
  RawMessage() = default;
  std::string target;
  http::Headers headers;
  std::string body;
};

inline RawMessage parse_message(std::string_view text) {
  RawMessage out;
  const auto line = [&text] {
    const std::size_t end = text.find('\n');
    const std::string_view taken = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return taken;
  };
  out.target = "/" + std::string(line());
  while (!text.empty()) {
    const std::string_view field = line();
    if (field.empty()) break;
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0) continue;
    out.headers.add(std::string(field.substr(0, colon)), std::string(field.substr(colon + 1)));
  }
  out.body = text;
  return out;
}

/// From the second generation on nothing changes.
inline void check_bound_request(const aws::Codec& codec, const aws::OperationSpec& op, RawMessage message) {
  http::Request request;
  request.method = "PUT";
  request.target = std::move(message.target);
  request.headers = std::move(message.headers);
  request.body = std::move(message.body);
  aws::server::Entry entry{};
  entry.operation = &op;
  const aws::server::RestRouter router(std::span<const aws::server::Entry>(&entry, 1));
  router.find(request);
  static_cast<void>(aws::open_payload(op, request));
  aws::Value first;
  first.emplace(*op.input);
  if (!codec.decode_request(op, request, first.view())) return;
  const auto sent = codec.encode_request(op, first.view());
  if (!sent) return;
  CHECK(router.find(*sent) == &entry);
  aws::Value second;
  second.emplace(*op.input);
  CHECK(codec.decode_request(op, *sent, second.view()));
  const auto again = codec.encode_request(op, second.view());
  CHECK(again && again->target == sent->target);
  aws::Value third;
  third.emplace(*op.input);
  CHECK(codec.decode_request(op, *again, third.view()));
  const auto last = codec.encode_request(op, third.view());
  CHECK(last && last->target == again->target && last->body == again->body && last->headers == again->headers);
}

inline void check_bound_response(const aws::Codec& codec, const aws::OperationSpec& op, RawMessage message) {
  http::Response response;
  response.headers = std::move(message.headers);
  response.body = std::move(message.body);
  aws::Value value;
  value.emplace(*op.output);
  if (const auto done = codec.decode_response(op, response, value.view()); !done) {
    CHECK(is_utf8(done.error().message()));
    return;
  }
  const http::Response once = codec.encode_response(op, value.view(), "r");
  aws::Value second;
  second.emplace(*op.output);
  CHECK(codec.decode_response(op, once, second.view()));
  const http::Response twice = codec.encode_response(op, second.view(), "r");
  aws::Value third;
  third.emplace(*op.output);
  CHECK(codec.decode_response(op, twice, third.view()));
  CHECK(codec.encode_response(op, third.view(), "r").body == twice.body);
}

inline int run_rest(const aws::DynamicModel& plain, const aws::DynamicModel& store, const std::uint8_t* data,
                    std::size_t size) {
  if (size == 0) return 0;
  const aws::DynamicModel& model = (data[0] & 0x40) != 0 ? store : plain;
  if (data[0] % 5 < 3) return run(model, data, size);
  const aws::OperationSpec& op = *model.find_operation("Bind");
  const aws::Codec& codec = *aws::codec_for(model.service());
  RawMessage message = parse_message(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (data[0] % 5 == 3)
    check_bound_request(codec, op, std::move(message));
  else
    check_bound_response(codec, op, std::move(message));
  return 0;
}

}  // namespace postern::fuzz
