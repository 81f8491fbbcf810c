#include "aws/core/json_reply.hpp"

#include "base/text.hpp"

namespace postern::aws {

bool read_json_error(std::string_view body, ReplyFault& fault) {
  JsonReader in(body, kMaxNesting);
  std::string type;
  std::string code;
  std::string_view key;
  if (!in.begin_object()) return false;
  while (in.next_key(key)) {
    // A member that is no string is skipped.
    std::string* target = nullptr;
    if (key == "__type") target = &type;
    if (key == "code" || key == "Code") target = &code;
    if (key == "message" || key == "Message" || key == "errorMessage") target = &fault.message;
    if (key == "RequestId" || key == "requestId") target = &fault.request_id;
    if (target == nullptr || in.peek() != JsonReader::Kind::string) {
      if (!in.skip_value()) return false;
      continue;
    }
    std::string_view text;
    if (!in.read_string(text)) return false;
    if (target->empty()) *target = text;
  }
  if (!in.finish()) return false;
  if (fault.code.empty()) fault.code = type.empty() ? code : type;
  return true;
}

Result<void> read_json_body(std::string_view body, const Shape& shape, void* value, Coercion coercion,
                            MessageSide side) {
  JsonReader in(body, kMaxNesting);
  TRY_VOID(decode_json(in, shape, value, coercion, side));
  if (!in.finish()) return fail(in.error());
  return {};
}

std::string_view json_message_key(const WireError& error) {
  if (error.detail_shape != nullptr) {
    for (const Member& member : error.detail_shape->members) {
      if (equals_ignore_case(member.wire_name, "message")) return member.wire_name;
    }
  }
  return "message";
}

}  // namespace postern::aws
