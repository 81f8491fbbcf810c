#include "aws/core/random_value.hpp"

#include <array>
#include <limits>
#include <string>

namespace postern::aws {
namespace random_value_parts {

class Filler {
 public:
  Filler(FunctionRef<std::uint64_t()> next, const RandomValueOptions& options) : next_(next), options_(options) {}

  void fill(const Shape& shape, void* v, int depth) {
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, v, depth);
      case Kind::list:
        for (std::size_t n = size(depth); n > 0; --n)
          fill(*shape.element, shape.ops->list->append(v, *shape.element), depth + 1);
        return;
      case Kind::map:
        for (std::size_t n = size(depth); n > 0; --n) {
          // Distinct keys: filling one value twice would add up.
          const std::string key = text() + std::to_string(n);
          fill(*shape.element, shape.ops->map->emplace(v, key, *shape.element), depth + 1);
        }
        return;
      case Kind::string:
        return shape.ops->text->set(v, string(shape));
      case Kind::boolean:
        *static_cast<bool*>(v) = below(2) == 1;
        return;
      case Kind::int32:
        *static_cast<std::int32_t*>(v) = static_cast<std::int32_t>(integer());
        return;
      case Kind::int64:
        *static_cast<std::int64_t*>(v) = integer();
        return;
      case Kind::float32:
        *static_cast<float*>(v) = static_cast<float>(floating());
        return;
      case Kind::float64:
        *static_cast<double*>(v) = floating();
        return;
      case Kind::blob:
        static_cast<Blob*>(v)->bytes = bytes();
        return;
      case Kind::timestamp:
        *static_cast<WallTime*>(v) = time(shape);
        return;
    }
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return next_() % bound; }

  void structure(const Shape& shape, void* v, int depth) {
    if (shape.is_union && !shape.members.empty()) {
      const Member& member = shape.members[below(shape.members.size())];
      return fill(*member.shape, member_emplace(v, member), depth + 1);
    }
    for (const Member& member : shape.members) {
      const bool nests = member.shape->kind <= Kind::map;
      if (nests && depth >= options_.depth_max && !member.required) continue;
      if (!member.required && below(3) == 0) continue;
      void* const field = member_emplace(v, member);
      fill(*member.shape, field, depth + 1);
      if (member.time_format == TimeFormat::http_date) drop_fraction(field);
    }
  }
  /// HTTP dates have no fraction of a second.
  static void drop_fraction(void* time) {
    auto& value = *static_cast<WallTime*>(time);
    value = std::chrono::floor<std::chrono::seconds>(value);
  }
  std::size_t size(int depth) {
    const std::size_t least = options_.empty_containers ? 0 : 1;
    return depth > options_.depth_max ? least : least + below(options_.size_max);
  }
  std::string text() {
    static constexpr std::array<std::string_view, 16> kPieces{"a",
                                                              "Zz",
                                                              "0",
                                                              " ",
                                                              "\"",
                                                              "\\",
                                                              "&<>'",
                                                              "i-0123456789abcdef0",
                                                              "=%+&;:",
                                                              "/",
                                                              "é",
                                                              "\n",
                                                              "\xE2\x80\xA8",
                                                              "\xF0\x9F\x98\x80",
                                                              "\r",
                                                              "\t"};
    std::string out;
    for (std::uint64_t n = below(6); n > 0 && out.size() < options_.text_max; --n) {
      const std::uint64_t pick = below(kPieces.size() + 1);
      if (pick < kPieces.size())
        out += kPieces[pick];
      else if (options_.control_characters)
        out += static_cast<char>(1 + below(31));
    }
    return out;
  }
  std::string string(const Shape& shape) {
    if (shape.is_document) return R"({"a":[1,true,null,"x"]})";
    if (!shape.enum_values.empty() && below(4) != 0)
      return std::string(shape.enum_values[below(shape.enum_values.size())]);
    return text();
  }
  std::string bytes() {
    std::string out;
    for (std::uint64_t n = below(options_.text_max + 1); n > 0; --n) out += static_cast<char>(below(256));
    return out;
  }
  std::int64_t integer() {
    // Small numbers, and now and then anything at all.
    if (below(4) != 0) return static_cast<std::int64_t>(below(2001)) - 1000;
    return static_cast<std::int64_t>(next_());
  }
  double floating() {
    switch (below(options_.special_floats ? 8 : 5)) {
      case 5:
        return std::numeric_limits<double>::quiet_NaN();
      case 6:
        return std::numeric_limits<double>::infinity();
      case 7:
        return -std::numeric_limits<double>::infinity();
      default:
        return (static_cast<double>(below(2'000'001)) - 1'000'000) / 64;
    }
  }
  WallTime time(const Shape& shape) {
    constexpr std::uint64_t kFrom = 946'684'800;    // 2000-01-01
    constexpr std::uint64_t kSpan = 3'155'760'000;  // a hundred years
    const auto seconds = static_cast<std::int64_t>(kFrom + below(kSpan));
    const auto millis =
        static_cast<std::int64_t>(below(3) == 0 && shape.time_format != TimeFormat::http_date ? below(1000) : 0);
    return WallTime(std::chrono::seconds(seconds) + std::chrono::milliseconds(millis));
  }

  FunctionRef<std::uint64_t()> next_;
  const RandomValueOptions& options_;
};

}  // namespace random_value_parts

void random_value(Erased out, FunctionRef<std::uint64_t()> next, const RandomValueOptions& options) {
  random_value_parts::Filler(next, options).fill(*out.shape, out.value, 0);
}

}  // namespace postern::aws
