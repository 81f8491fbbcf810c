#include <charconv>
#include <cmath>

#include "aws/core/codec.hpp"
#include "aws/core/dynamic.hpp"
#include "aws/core/scalar.hpp"

namespace postern::aws {
namespace dynamic_json {

/// Fills a value of a shape from a document, keeping track of where it is.
class Reader {
 public:
  explicit Reader(BlobText blobs) : blobs_(blobs) {}

  bool value(const Json& json, const Shape& shape, void* v, int depth) {
    if (depth > kMaxNesting) return complain("too deeply nested");
    switch (shape.kind) {
      case Kind::structure:
        return structure(json, shape, v, depth);
      case Kind::list:
        return list(json, shape, v, depth);
      case Kind::map:
        return map(json, shape, v, depth);
      case Kind::string:
        return string(json, shape, v);
      case Kind::boolean:
        if (!json.is_bool()) return complain("must be true or false");
        *static_cast<bool*>(v) = json.as_bool();
        return true;
      case Kind::int32:
      case Kind::int64:
        return integer(json, shape, v);
      case Kind::float32:
      case Kind::float64:
        return floating(json, shape, v);
      case Kind::blob:
        return blob(json, shape, v);
      case Kind::timestamp:
        return timestamp(json, v);
    }
    return false;
  }
  Error error() const {
    std::string path;
    for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
      if (!path.empty() && !part->starts_with('[')) path += '.';
      path += *part;
    }
    return Error(ErrorKind::usage, path.empty() ? why_ : path + ": " + why_);
  }

 private:
  bool structure(const Json& json, const Shape& shape, void* v, int depth) {
    if (!json.is_object()) return complain("must be an object");
    for (const auto& [name, item] : json.members()) {
      const Member* found = nullptr;
      for (const Member& member : shape.members) {
        if (member.name == name) found = &member;
      }
      if (found == nullptr) return complain("has no member " + name);
      if (item.is_null()) continue;
      if (!value(item, *found->shape, member_emplace(v, *found), depth + 1)) return at(name);
    }
    return true;
  }
  bool list(const Json& json, const Shape& shape, void* v, int depth) {
    if (!json.is_array()) return complain("must be an array");
    const ListOps& ops = *shape.ops->list;
    for (std::size_t i = 0; i < json.items().size(); ++i) {
      const Json& item = json.items()[i];
      if (item.is_null())
        ops.append_null(v);
      else if (!value(item, *shape.element, ops.append(v, *shape.element), depth + 1))
        return at("[" + std::to_string(i) + "]");
    }
    return true;
  }
  bool map(const Json& json, const Shape& shape, void* v, int depth) {
    if (!json.is_object()) return complain("must be an object");
    const MapOps& ops = *shape.ops->map;
    for (const auto& [name, item] : json.members()) {
      if (item.is_null())
        ops.emplace_null(v, name);
      else if (!value(item, *shape.element, ops.emplace(v, name, *shape.element), depth + 1))
        return at("[" + name + "]");
    }
    return true;
  }
  bool string(const Json& json, const Shape& shape, void* v) {
    if (shape.is_document) {
      shape.ops->text->set(v, json.dump());
      return true;
    }
    if (!json.is_string()) return complain("must be a string");
    shape.ops->text->set(v, json.as_string());
    return true;
  }
  bool integer(const Json& json, const Shape& shape, void* v) {
    const auto number = json.to_int();
    if (!number) return complain("must be a whole number");
    if (shape.kind == Kind::int64) {
      *static_cast<std::int64_t*>(v) = *number;
      return true;
    }
    if (*number < INT32_MIN || *number > INT32_MAX) return complain("is out of range");
    *static_cast<std::int32_t*>(v) = static_cast<std::int32_t>(*number);
    return true;
  }
  bool floating(const Json& json, const Shape& shape, void* v) {
    if (json.is_string()) {
      const char* why = parse_scalar(shape, json.as_string(), v);
      return why == nullptr || complain("must be a number");
    }
    if (!json.is_number()) return complain("must be a number");
    if (shape.kind == Kind::float32)
      *static_cast<float*>(v) = static_cast<float>(json.as_double());
    else
      *static_cast<double*>(v) = json.as_double();
    return true;
  }
  bool blob(const Json& json, const Shape& shape, void* v) {
    if (!json.is_string()) return complain("must be a string");
    if (blobs_ == BlobText::base64) {
      const char* why = parse_scalar(shape, json.as_string(), v);
      return why == nullptr || complain("must be base64");
    }
    static_cast<Blob*>(v)->bytes = json.as_string();
    return true;
  }
  bool timestamp(const Json& json, void* v) {
    // A number is written out and read as decimal text: 946845296.123 means exactly that many milliseconds.
    if (!json.is_string() && !json.is_number()) return complain("must be a timestamp");
    const auto time = parse_timestamp(json.is_string() ? json.as_string() : plain_number(json));
    if (!time) return complain("must be a timestamp");
    *static_cast<WallTime*>(v) = *time;
    return true;
  }
  /// Without an exponent, so that parse_timestamp reads it exactly.
  static std::string plain_number(const Json& json) {
    if (json.is_int()) return std::to_string(json.as_int());
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, json.as_double(), std::chars_format::fixed).ptr;
    return std::string(buffer, end);
  }
  bool complain(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool at(std::string part) {
    path_.push_back(std::move(part));
    return false;
  }

  BlobText blobs_;
  std::string why_;
  std::vector<std::string> path_;
};

Json write(const Shape& shape, const void* v, BlobText blobs);

/// The number that a float's shortest text means: 1.1, not 1.10000002384185791.
double widened(float number) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  double out = static_cast<double>(number);
  std::from_chars(buffer, end, out);
  return out;
}

Json number_or_text(double number) {
  if (std::isfinite(number)) return Json(number);
  if (std::isnan(number)) return Json("NaN");
  return Json(number > 0 ? "Infinity" : "-Infinity");
}

/// Whole seconds as an integer; otherwise the double that is nearest to the exact decimal.
Json time_number(WallTime time) {
  const std::string text = format_timestamp(time, TimeFormat::epoch_seconds);
  auto parsed = Json::parse(text);
  return parsed ? std::move(*parsed) : Json();
}

Json write_structure(const Shape& shape, const void* v, BlobText blobs) {
  Json out = Json::object();
  for (const Member& member : shape.members) {
    if (const void* field = member_value(v, member)) out.set(member.name, write(*member.shape, field, blobs));
  }
  return out;
}

Json write_list(const Shape& shape, const void* v, BlobText blobs) {
  Json out = Json::array();
  const ListOps& ops = *shape.ops->list;
  for (std::size_t i = 0; i < ops.size(v); ++i) {
    const void* element = ops.at(v, i, *shape.element);
    out.push_back(element == nullptr ? Json() : write(*shape.element, element, blobs));
  }
  return out;
}

Json write_map(const Shape& shape, const void* v, BlobText blobs) {
  Json out = Json::object();
  shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
    out.set(key, element == nullptr ? Json() : write(*shape.element, element, blobs));
  });
  return out;
}

Json write(const Shape& shape, const void* v, BlobText blobs) {
  switch (shape.kind) {
    case Kind::structure:
      return write_structure(shape, v, blobs);
    case Kind::list:
      return write_list(shape, v, blobs);
    case Kind::map:
      return write_map(shape, v, blobs);
    case Kind::string: {
      const std::string_view text = shape.ops->text->get(v);
      if (!shape.is_document) return Json(text);
      auto parsed = Json::parse(text);
      return parsed ? std::move(*parsed) : Json();
    }
    case Kind::boolean:
      return Json(*static_cast<const bool*>(v));
    case Kind::int32:
      return Json(*static_cast<const std::int32_t*>(v));
    case Kind::int64:
      return Json(*static_cast<const std::int64_t*>(v));
    case Kind::float32:
      return number_or_text(widened(*static_cast<const float*>(v)));
    case Kind::float64:
      return number_or_text(*static_cast<const double*>(v));
    case Kind::blob: {
      const std::string& bytes = static_cast<const Blob*>(v)->bytes;
      return Json(blobs == BlobText::base64 ? to_base64(bytes) : bytes);
    }
    case Kind::timestamp:
      return time_number(*static_cast<const WallTime*>(v));
  }
  return Json();
}

}  // namespace dynamic_json

Result<void> from_json(const Json& json, const Shape& shape, Value& out, BlobText blobs) {
  return from_json(json, Erased(shape, out.emplace(shape)), blobs);
}

Result<void> from_json(const Json& json, Erased value, BlobText blobs) {
  dynamic_json::Reader reader(blobs);
  if (reader.value(json, *value.shape, value.value, 0)) return {};
  return fail(reader.error());
}

Json to_json(ConstErased value, BlobText blobs) {
  return dynamic_json::write(*value.shape, value.value, blobs);
}

}  // namespace postern::aws
