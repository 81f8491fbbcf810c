#include "aws/core/json_value.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "aws/core/codec.hpp"
#include "aws/core/member_index.hpp"
#include "aws/core/scalar.hpp"

namespace postern::aws {
namespace json_value {

class Encoder {
 public:
  Encoder(JsonWriter& out, EmptyContainers empties, MessageSide side) : out_(out), empties_(empties), side_(side) {}

  void value(const Shape& shape, const void* v, TimeFormat member_format) {
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, v);
      case Kind::list:
        return list(shape, v);
      case Kind::map:
        return map(shape, v);
      case Kind::string:
        return shape.is_document ? document(shape.ops->text->get(v)) : out_.string(shape.ops->text->get(v));
      case Kind::boolean:
        return out_.boolean(*static_cast<const bool*>(v));
      case Kind::int32:
        return out_.integer(*static_cast<const std::int32_t*>(v));
      case Kind::int64:
        return out_.integer(*static_cast<const std::int64_t*>(v));
      case Kind::float32:
        return floating(shape, *static_cast<const float*>(v), v);
      case Kind::float64:
        return floating(shape, *static_cast<const double*>(v), v);
      case Kind::blob:
        return out_.string(to_base64(static_cast<const Blob*>(v)->bytes));
      case Kind::timestamp:
        return timestamp(shape, *static_cast<const WallTime*>(v), member_format);
    }
  }

  void members(const Shape& shape, const void* v, std::string_view except) {
    for (const Member& member : shape.members) {
      if (!is_in_body(member, side_) || member.wire_name == except) continue;
      if (const void* field = member_value(v, member)) {
        out_.key(member.wire_name);
        value(*member.shape, field, member.time_format);
      } else if (empties_ == EmptyContainers::write && member.ops->empty_is_unset && !shape.is_union) {
        out_.key(member.wire_name);
        out_.raw(member.shape->kind == Kind::map ? "{}" : "[]");
      }
    }
  }

 private:
  void structure(const Shape& shape, const void* v) {
    out_.begin_object();
    members(shape, v, std::string_view());
    out_.end_object();
  }
  void list(const Shape& shape, const void* v) {
    const ListOps& ops = *shape.ops->list;
    const std::size_t size = ops.size(v);
    out_.begin_array();
    for (std::size_t i = 0; i < size; ++i) {
      if (const void* element = ops.at(v, i, *shape.element))
        value(*shape.element, element, TimeFormat::unset);
      else
        out_.null();
    }
    out_.end_array();
  }
  void map(const Shape& shape, const void* v) {
    out_.begin_object();
    shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
      out_.key(key);
      if (element != nullptr)
        value(*shape.element, element, TimeFormat::unset);
      else
        out_.null();
    });
    out_.end_object();
  }
  void document(std::string_view text) {
    JsonReader check(text, JsonReader::kDepthMax);
    if (check.skip_value() && check.finish())
      out_.raw(text);
    else
      out_.null();
  }
  template <class Float>
  void floating(const Shape& shape, Float number, const void* v) {
    if (std::isfinite(number)) return out_.number(number);
    std::string text;
    append_scalar(text, shape, v, TimeFormat::unset);
    out_.string(text);
  }
  void timestamp(const Shape& shape, WallTime time, TimeFormat member_format) {
    const TimeFormat format = time_format_of(shape, member_format, TimeFormat::epoch_seconds);
    const std::string text = format_timestamp(time, format);
    if (format == TimeFormat::epoch_seconds)
      out_.raw(text);
    else
      out_.string(text);
  }

  JsonWriter& out_;
  EmptyContainers empties_;
  MessageSide side_;
};

class Decoder {
 public:
  Decoder(JsonReader& in, Coercion coercion, MessageSide side) : in_(in), coercion_(coercion), side_(side) {}

  /// `next` is what peek() said of the value.
  bool value(const Shape& shape, void* v, JsonReader::Kind next) {
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, v);
      case Kind::list:
        return list(shape, v);
      case Kind::map:
        return map(shape, v);
      case Kind::string:
        return string(shape, v, next);
      case Kind::boolean:
        return next == JsonReader::Kind::string ? from_text(shape, v) : in_.read_bool(*static_cast<bool*>(v));
      case Kind::int32:
        return int32(shape, v, next);
      case Kind::int64:
        return next == JsonReader::Kind::string ? from_text(shape, v) : in_.read_int(*static_cast<std::int64_t*>(v));
      case Kind::float32:
      case Kind::float64:
        return floating(shape, v, next);
      case Kind::blob:
        return blob(shape, v);
      case Kind::timestamp:
        return timestamp(shape, v, next);
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
    if (!in_.begin_object()) return false;
    MemberFinder finder(shape);
    std::string_view key;
    while (in_.next_key(key)) {
      const Member* const member = finder.by_wire_name(key);
      if (member == nullptr || !is_in_body(*member, side_)) {
        if (!in_.skip_value()) return false;
        continue;
      }
      const JsonReader::Kind next = in_.peek();
      if (next == JsonReader::Kind::null) {
        in_.read_null();
        continue;
      }
      // Of duplicate members the last wins; scalars overwrite anyway, containers and structures must not add up.
      if (member->shape->kind <= Kind::map && member_value(v, *member) != nullptr) member_clear(v, *member);
      if (!value(*member->shape, member_emplace(v, *member), next)) return at(std::string(member->name));
    }
    return in_.ok();
  }
  bool list(const Shape& shape, void* v) {
    if (!in_.begin_array()) return false;
    const ListOps& ops = *shape.ops->list;
    while (in_.next_element()) {
      if (++elements_ > kDecodedElementsMax) return in_.fail("too many elements");
      const JsonReader::Kind next = in_.peek();
      if (next == JsonReader::Kind::null) {
        in_.read_null();
        ops.append_null(v);
      } else if (!value(*shape.element, ops.append(v, *shape.element), next)) {
        return at("[" + std::to_string(ops.size(v) - 1) + "]");
      }
    }
    return in_.ok();
  }
  bool map(const Shape& shape, void* v) {
    if (!in_.begin_object()) return false;
    const MapOps& ops = *shape.ops->map;
    std::string_view key;
    while (in_.next_key(key)) {
      if (++elements_ > kDecodedElementsMax) return in_.fail("too many elements");
      const JsonReader::Kind next = in_.peek();
      if (next == JsonReader::Kind::null) {
        ops.emplace_null(v, key);
        in_.read_null();
      } else if (!value(*shape.element, ops.emplace(v, key, *shape.element), next)) {
        return at("[?]");
      }
    }
    return in_.ok();
  }
  bool string(const Shape& shape, void* v, JsonReader::Kind next) {
    std::string_view text;
    if (shape.is_document) {
      if (!in_.read_raw(text)) return false;
    } else if (next == JsonReader::Kind::string || coercion_ == Coercion::strict) {
      if (!in_.read_string(text)) return false;
    } else {
      if (next != JsonReader::Kind::number && next != JsonReader::Kind::boolean) return in_.read_string(text);
      if (!in_.read_raw(text)) return false;
    }
    shape.ops->text->set(v, text);
    return true;
  }
  bool int32(const Shape& shape, void* v, JsonReader::Kind next) {
    if (next == JsonReader::Kind::string) return from_text(shape, v);
    std::int64_t wide = 0;
    if (!in_.read_int(wide)) return false;
    if (wide < INT32_MIN || wide > INT32_MAX) return in_.fail("the number is out of range");
    *static_cast<std::int32_t*>(v) = static_cast<std::int32_t>(wide);
    return true;
  }
  bool floating(const Shape& shape, void* v, JsonReader::Kind next) {
    if (next == JsonReader::Kind::string) {
      // NaN and the infinities are strings by the protocol; other text only when leniency is asked for.
      std::string_view text;
      if (!in_.read_string(text)) return false;
      const bool special = text == "NaN" || text == "Infinity" || text == "-Infinity";
      if (!special && coercion_ == Coercion::strict) return in_.fail("a number was expected");
      const char* why = parse_scalar(shape, text, v);
      return why == nullptr || in_.fail(why);
    }
    double number = 0;
    if (!in_.read_double(number)) return false;
    if (shape.kind == Kind::float32)
      *static_cast<float*>(v) = static_cast<float>(number);
    else
      *static_cast<double*>(v) = number;
    return true;
  }
  bool blob(const Shape& shape, void* v) {
    std::string_view text;
    if (!in_.read_string(text)) return false;
    const char* why = parse_scalar(shape, text, v);
    return why == nullptr || in_.fail(why);
  }
  bool timestamp(const Shape& shape, void* v, JsonReader::Kind next) {
    std::string_view text;
    if (!(next == JsonReader::Kind::number ? in_.read_number(text) : in_.read_string(text))) return false;
    const char* why = parse_scalar(shape, text, v);
    return why == nullptr || in_.fail(why);
  }
  /// A number or boolean that came as a string.
  bool from_text(const Shape& shape, void* v) {
    std::string_view text;
    if (!in_.read_string(text)) return false;
    if (coercion_ == Coercion::strict)
      return in_.fail(shape.kind == Kind::boolean ? "true or false was expected" : "a number was expected");
    const char* why = parse_scalar(shape, text, v);
    return why == nullptr || in_.fail(why);
  }
  /// Notes where a failure lies, innermost first.
  bool at(std::string part) {
    path_.push_back(std::move(part));
    return false;
  }

  JsonReader& in_;
  Coercion coercion_;
  MessageSide side_;
  std::size_t elements_ = 0;
  std::vector<std::string> path_;
};

}  // namespace json_value

void encode_json(JsonWriter& out, const Shape& shape, const void* value, EmptyContainers empties) {
  json_value::Encoder(out, empties, MessageSide::request).value(shape, value, TimeFormat::unset);
}

void encode_json_members(JsonWriter& out, const Shape& shape, const void* value, EmptyContainers empties,
                         std::string_view except, MessageSide side) {
  json_value::Encoder(out, empties, side).members(shape, value, except);
}

Result<void> decode_json(JsonReader& in, const Shape& shape, void* value, Coercion coercion, MessageSide side) {
  json_value::Decoder decoder(in, coercion, side);
  if (decoder.value(shape, value, in.peek())) return {};
  return fail(decoder.error());
}

}  // namespace postern::aws
