#pragma once

/// For the tests of generated code: fills any value through its descriptor with something that its constraints allow.

#include <algorithm>
#include <string>

#include "aws/core/shape.hpp"

namespace postern::aws::models_test {

/// Deeper than any model's own nesting; stops recursive shapes.
inline constexpr int kFillDepthMax = 12;

/// How many elements or characters: two (or `wanted`), moved into the shape's limits.
inline std::int64_t fitting(const Shape& shape, std::int64_t wanted) {
  if (shape.max != kNoLimit) wanted = std::min(wanted, shape.max);
  if (shape.min != kNoLimit) wanted = std::max(wanted, shape.min);
  return wanted;
}

inline std::string fill_text(const Shape& shape, int salt) {
  if (!shape.enum_values.empty()) {
    return std::string(shape.enum_values[static_cast<std::size_t>(salt) % shape.enum_values.size()]);
  }
  // Characters that every format has to escape somewhere.
  const std::string base = "a <&\">'+%=\\ " + std::to_string(salt);
  const auto size = static_cast<std::size_t>(fitting(shape, static_cast<std::int64_t>(base.size())));
  std::string text = base.substr(0, size);
  text.resize(size, 'x');
  return text;
}

/// Keys of header maps are part of a header's name.
inline const char* key_stem(const Member* member) {
  return member != nullptr && member->location == Location::headers ? "key-" : "key ";
}

/// Sets the value and everything below it. `salt` varies the values; returns the number of scalars set.
inline int fill(const Shape& shape, void* value, int salt, int depth = 0, const Member* of = nullptr) {
  switch (shape.kind) {
    case Kind::structure: {
      int count = 0;
      for (const Member& member : shape.members) {
        const bool nested = member.shape->kind == Kind::structure || member.shape->kind == Kind::list ||
                            member.shape->kind == Kind::map;
        if (nested && depth >= kFillDepthMax) continue;
        count += fill(*member.shape, member_emplace(value, member), salt + count, depth + 1, &member);
      }
      return count;
    }
    case Kind::list: {
      int count = 0;
      for (std::int64_t i = 0; i < fitting(shape, depth > 6 ? 1 : 2); ++i) {
        count += fill(*shape.element, shape.ops->list->append(value, *shape.element), salt + count, depth + 1);
      }
      return count;
    }
    case Kind::map: {
      int count = 0;
      for (std::int64_t i = 0; i < fitting(shape, 2); ++i) {
        const std::string key = key_stem(of) + std::to_string(i);
        count += fill(*shape.element, shape.ops->map->emplace(value, key, *shape.element), salt + count, depth + 1);
      }
      return count;
    }
    case Kind::string:
      shape.ops->text->set(value, fill_text(shape, salt));
      return 1;
    case Kind::boolean:
      *static_cast<bool*>(value) = true;
      return 1;
    case Kind::int32:
      *static_cast<std::int32_t*>(value) = static_cast<std::int32_t>(fitting(shape, salt));
      return 1;
    case Kind::int64:
      *static_cast<std::int64_t*>(value) = fitting(shape, std::int64_t{1} << 40);
      return 1;
    case Kind::float32:
      *static_cast<float*>(value) = 0.5F;
      return 1;
    case Kind::float64:
      *static_cast<double*>(value) = 0.25;
      return 1;
    case Kind::blob:
      static_cast<Blob*>(value)->bytes = std::string("\0\xff bytes", 8);
      return 1;
    case Kind::timestamp:
      *static_cast<WallTime*>(value) = WallTime(std::chrono::seconds(1'700'000'000 + salt));
      return 1;
  }
  return 0;
}

}  // namespace postern::aws::models_test
