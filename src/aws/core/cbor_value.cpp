#include "aws/core/cbor_value.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "aws/core/codec.hpp"
#include "aws/core/member_index.hpp"

namespace postern::aws {
namespace cbor_value {

constexpr std::uint64_t kEpochTag = 1;  // RFC 8949 section 3.4.2

void encode_time(CborWriter& out, WallTime time) {
  out.tag(kEpochTag);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  if (seconds == time) return out.integer(seconds.time_since_epoch().count());
  out.number(to_epoch_seconds(time));
}

void encode(CborWriter& out, const Shape& shape, const void* v);

void encode_list(CborWriter& out, const Shape& shape, const void* v) {
  const ListOps& ops = *shape.ops->list;
  out.begin_array();
  for (std::size_t i = 0; i < ops.size(v); ++i) {
    if (const void* element = ops.at(v, i, *shape.element)) {
      encode(out, *shape.element, element);
    } else {
      out.null();
    }
  }
  out.end();
}

void encode_map(CborWriter& out, const Shape& shape, const void* v) {
  out.begin_map();
  shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
    out.text(key);
    if (element != nullptr) {
      encode(out, *shape.element, element);
    } else {
      out.null();
    }
  });
  out.end();
}

void encode_members(CborWriter& out, const Shape& shape, const void* v) {
  for (const Member& member : shape.members) {
    if (const void* field = member_value(v, member)) {
      out.text(member.name);
      encode(out, *member.shape, field);
    } else if (member.ops->empty_is_unset && !shape.is_union) {
      out.text(member.name);
      member.shape->kind == Kind::map ? out.begin_map() : out.begin_array();
      out.end();
    }
  }
}

void encode(CborWriter& out, const Shape& shape, const void* v) {
  switch (shape.kind) {
    case Kind::structure:
      out.begin_map();
      encode_members(out, shape, v);
      return out.end();
    case Kind::list:
      return encode_list(out, shape, v);
    case Kind::map:
      return encode_map(out, shape, v);
    case Kind::string:
      return out.text(shape.ops->text->get(v));
    case Kind::boolean:
      return out.boolean(*static_cast<const bool*>(v));
    case Kind::int32:
      return out.integer(*static_cast<const std::int32_t*>(v));
    case Kind::int64:
      return out.integer(*static_cast<const std::int64_t*>(v));
    case Kind::float32:
      return out.number(static_cast<double>(*static_cast<const float*>(v)));
    case Kind::float64:
      return out.number(*static_cast<const double*>(v));
    case Kind::blob:
      return out.bytes(static_cast<const Blob*>(v)->bytes);
    case Kind::timestamp:
      return encode_time(out, *static_cast<const WallTime*>(v));
  }
}

class Decoder {
 public:
  explicit Decoder(CborReader& in) : in_(in) {}

  bool value(const Shape& shape, void* v) {
    std::string_view text;
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, v);
      case Kind::list:
        return list(shape, v);
      case Kind::map:
        return map(shape, v);
      case Kind::string:
        // No AWS service that speaks this protocol has documents.
        if (shape.is_document) return in_.fail("documents are not known in this protocol");
        if (!in_.read_text(text)) return false;
        shape.ops->text->set(v, text);
        return true;
      case Kind::boolean:
        return in_.read_bool(*static_cast<bool*>(v));
      case Kind::int32:
        return int32(v);
      case Kind::int64:
        return in_.read_int(*static_cast<std::int64_t*>(v));
      case Kind::float32:
      case Kind::float64:
        return floating(shape, v);
      case Kind::blob:
        if (!in_.read_bytes(text)) return false;
        static_cast<Blob*>(v)->bytes = text;
        return true;
      case Kind::timestamp:
        return timestamp(v);
    }
    return false;
  }

  Error error() const {
    Error error = in_.error();
    if (path_.empty()) return error;
    std::string path;
    for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
      if (!path.empty() && !part->starts_with('[')) path += '.';
      path += *part;
    }
    return std::move(error).reworded(in_.error().message() + " (" + path + ")");
  }

 private:
  bool structure(const Shape& shape, void* v) {
    if (!in_.begin_map()) return false;
    MemberFinder finder(shape);
    std::string_view key;
    while (in_.next_key(key)) {
      const Member* const member = finder.find([&](const Member& one) { return one.name == key; });
      if (member == nullptr) {
        if (!in_.skip_value()) return false;
        continue;
      }
      if (in_.peek() == CborReader::Kind::null) {
        in_.read_null();
        continue;
      }
      // Scalars overwrite anyway; containers and structures must not add up.
      if (member->shape->kind <= Kind::map && member_value(v, *member) != nullptr) member_clear(v, *member);
      if (!value(*member->shape, member_emplace(v, *member))) return at(std::string(member->name));
    }
    return in_.ok();
  }
  bool list(const Shape& shape, void* v) {
    if (!in_.begin_array()) return false;
    const ListOps& ops = *shape.ops->list;
    while (in_.next_element()) {
      if (++elements_ > kDecodedElementsMax) return in_.fail("too many elements");
      if (in_.peek() == CborReader::Kind::null) {
        in_.read_null();
        ops.append_null(v);
      } else if (!value(*shape.element, ops.append(v, *shape.element))) {
        return at("[" + std::to_string(ops.size(v) - 1) + "]");
      }
    }
    return in_.ok();
  }
  bool map(const Shape& shape, void* v) {
    if (!in_.begin_map()) return false;
    const MapOps& ops = *shape.ops->map;
    std::string_view key;
    while (in_.next_key(key)) {
      if (++elements_ > kDecodedElementsMax) return in_.fail("too many elements");
      if (in_.peek() == CborReader::Kind::null) {
        ops.emplace_null(v, key);
        in_.read_null();
      } else if (!value(*shape.element, ops.emplace(v, key, *shape.element))) {
        return at("[?]");
      }
    }
    return in_.ok();
  }
  bool int32(void* v) {
    std::int64_t wide = 0;
    if (!in_.read_int(wide)) return false;
    if (wide < INT32_MIN || wide > INT32_MAX) return in_.fail("the number is out of range");
    *static_cast<std::int32_t*>(v) = static_cast<std::int32_t>(wide);
    return true;
  }
  bool floating(const Shape& shape, void* v) {
    double number = 0;
    if (!in_.read_double(number)) return false;
    if (shape.kind == Kind::float64) {
      *static_cast<double*>(v) = number;
      return true;
    }
    if (std::isfinite(number) && std::fabs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
      return in_.fail("the number is out of range");
    }
    *static_cast<float*>(v) = static_cast<float>(number);
    return true;
  }
  bool timestamp(void* v) {
    std::uint64_t tag = 0;
    if (!in_.read_tag(tag)) return false;
    if (tag != kEpochTag) return in_.fail("a timestamp of tag 1 was expected");
    if (in_.peek() == CborReader::Kind::integer) {
      std::int64_t seconds = 0;
      if (!in_.read_int(seconds)) return false;
      // What a WallTime can hold.
      constexpr std::int64_t kSecondsMax = INT64_MAX / 1'000'000'000;
      if (seconds > kSecondsMax || seconds < -kSecondsMax) return in_.fail("not a timestamp");
      *static_cast<WallTime*>(v) = WallTime(std::chrono::seconds(seconds));
      return true;
    }
    double seconds = 0;
    if (!in_.read_double(seconds)) return false;
    const auto time = from_epoch_seconds(seconds);
    if (!time) return in_.fail("not a timestamp");
    *static_cast<WallTime*>(v) = *time;
    return true;
  }
  /// Notes where a failure lies, innermost first.
  bool at(std::string part) {
    path_.push_back(std::move(part));
    return false;
  }

  CborReader& in_;
  std::size_t elements_ = 0;
  std::vector<std::string> path_;
};

}  // namespace cbor_value

void encode_cbor(CborWriter& out, const Shape& shape, const void* value) {
  cbor_value::encode(out, shape, value);
}

void encode_cbor_members(CborWriter& out, const Shape& shape, const void* value) {
  cbor_value::encode_members(out, shape, value);
}

Result<void> decode_cbor(CborReader& in, const Shape& shape, void* value) {
  cbor_value::Decoder decoder(in);
  if (decoder.value(shape, value)) return {};
  return fail(decoder.error());
}

}  // namespace postern::aws
