#pragma once

/// Values of descriptors to and from JSON text: the common part of awsJson and rest-json.

#include "aws/core/shape.hpp"
#include "base/error.hpp"
#include "base/json_reader.hpp"
#include "base/json_writer.hpp"

namespace postern::aws {

/// Whether a bare container that is empty is written as [] or {}. AWS's own replies have them, and botocore's users
/// rely on resp["Commands"] being there; requests leave them out.
enum class EmptyContainers : std::uint8_t { omit, write };

/// Which message a structure is (part of). Members of a request may stand in its path or query instead of its body; in
/// a reply there is no such place, and the same members are part of the body.
enum class MessageSide : std::uint8_t { request, reply };

inline bool is_in_body(const Member& member, MessageSide side) noexcept {
  if (member.location == Location::body) return true;
  return side == MessageSide::reply && (member.location == Location::query || member.location == Location::query_map ||
                                        member.location == Location::uri);
}

/// How far a decoder goes to make sense of a value of the wrong JSON type ("5" for 5, 5 for "5").
enum class Coercion : std::uint8_t { strict, lenient };

/// Writes one value. Unset members are left out; nulls of sparse lists and maps are written. A document (opaque JSON
/// text) that is not valid JSON is written as null.
void encode_json(JsonWriter& out, const Shape& shape, const void* value,
                 EmptyContainers empties = EmptyContainers::omit);

/// The set members of a structure, into an object that is open already; the member with the wire name `except` is left
/// out.
void encode_json_members(JsonWriter& out, const Shape& shape, const void* value, EmptyContainers empties,
                         std::string_view except, MessageSide side = MessageSide::request);

/// Reads the value that comes next into `value`, which is default-constructed. Unknown members are skipped, null
/// members stay unset. Errors: malformed, with line, column and the path of the member ("Commands[2].MaxErrors").
Result<void> decode_json(JsonReader& in, const Shape& shape, void* value, Coercion coercion,
                         MessageSide side = MessageSide::request);

}  // namespace postern::aws
