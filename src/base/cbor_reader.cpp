#include "base/cbor_reader.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern {
namespace cbor {

// Major types (RFC 8949 section 3.1).
constexpr std::uint8_t kUnsigned = 0;
constexpr std::uint8_t kNegative = 1;
constexpr std::uint8_t kBytes = 2;
constexpr std::uint8_t kText = 3;
constexpr std::uint8_t kArray = 4;
constexpr std::uint8_t kMap = 5;
constexpr std::uint8_t kTag = 6;
constexpr std::uint8_t kOther = 7;
// Of major type 7 (section 3.3).
constexpr std::uint8_t kFalse = 20;
constexpr std::uint8_t kTrue = 21;
constexpr std::uint8_t kNull = 22;
constexpr std::uint8_t kUndefined = 23;
constexpr std::uint8_t kNextByte = 24;
constexpr std::uint8_t kHalf = 25;
constexpr std::uint8_t kSingle = 26;
constexpr std::uint8_t kDouble = 27;
constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xFF;

constexpr std::uint8_t major_of(char byte) noexcept {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(byte) >> 5U);
}
constexpr std::uint8_t info_of(char byte) noexcept {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(byte) & 0x1FU);
}

/// IEEE 754 binary16 (RFC 8949 appendix D).
double from_half(std::uint16_t half) noexcept {
  const int exponent = (half >> 10U) & 0x1F;
  const double mantissa = half & 0x3FF;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? HUGE_VAL : std::nan("");
  }
  return (half & 0x8000U) != 0 ? -value : value;
}

double from_bits(std::uint8_t info, std::uint64_t bits) noexcept {
  if (info == kHalf) return from_half(static_cast<std::uint16_t>(bits));
  if (info == kSingle) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return std::bit_cast<double>(bits);
}

}  // namespace cbor

CborReader::CborReader(std::string_view bytes, int depth_max) noexcept
    : bytes_(bytes), depth_max_(std::min(depth_max, kDepthMax)) {}

CborReader::Kind CborReader::peek() const noexcept {
  if (!ok() || pos_ >= bytes_.size() || static_cast<std::uint8_t>(bytes_[pos_]) == cbor::kBreak) return Kind::none;
  const std::uint8_t info = cbor::info_of(bytes_[pos_]);
  switch (cbor::major_of(bytes_[pos_])) {
    case cbor::kUnsigned:
    case cbor::kNegative:
      return Kind::integer;
    case cbor::kBytes:
      return Kind::bytes;
    case cbor::kText:
      return Kind::text;
    case cbor::kArray:
      return Kind::array;
    case cbor::kMap:
      return Kind::map;
    case cbor::kTag:
      return Kind::tag;
    default:
      break;
  }
  if (info == cbor::kFalse || info == cbor::kTrue) return Kind::boolean;
  if (info == cbor::kNull || info == cbor::kUndefined) return Kind::null;
  if (info >= cbor::kHalf && info <= cbor::kDouble) return Kind::number;
  return info <= cbor::kNextByte ? Kind::simple : Kind::none;
}

bool CborReader::fail_at(std::size_t where, const char* why) noexcept {
  if (why_ == nullptr) {
    why_ = why;
    fail_pos_ = where;
  }
  return false;
}

bool CborReader::fail(const char* why) noexcept {
  return fail_at(item_, why);
}

Error CborReader::error() const {
  return Error(ErrorKind::malformed,
               "invalid CBOR at byte " + std::to_string(fail_pos_) + ": " + (ok() ? "no failure" : why_));
}

bool CborReader::take(std::uint64_t count, std::string_view& out) {
  if (count > bytes_.size() - pos_) return fail_at(item_, "it ends too early");
  out = bytes_.substr(pos_, static_cast<std::size_t>(count));
  pos_ += static_cast<std::size_t>(count);
  return true;
}

bool CborReader::read_head(Head& head) {
  if (!ok()) return false;
  item_ = pos_;
  std::string_view first;
  if (!take(1, first)) return false;
  head.major = cbor::major_of(first[0]);
  head.info = cbor::info_of(first[0]);
  head.argument = head.info;
  head.indefinite = false;
  if (head.info < cbor::kNextByte) return true;
  if (head.info == cbor::kIndefinite) {
    const bool can = head.major >= cbor::kBytes && head.major <= cbor::kMap;
    if (!can) return fail_at(item_, head.major == cbor::kOther ? "a break outside" : "a length that is not allowed");
    head.indefinite = true;
    return true;
  }
  if (head.info > cbor::kDouble) return fail_at(item_, "a reserved byte");
  std::string_view more;
  if (!take(std::uint64_t{1} << (head.info - cbor::kNextByte), more)) return false;
  head.argument = 0;
  for (const char byte : more) head.argument = head.argument << 8U | static_cast<std::uint8_t>(byte);
  return true;
}

bool CborReader::expect(std::uint8_t major, const char* why, Head& head) {
  if (!ok()) return false;
  if (pos_ < bytes_.size() && cbor::major_of(bytes_[pos_]) != major) return fail_at(pos_, why);
  return read_head(head);
}

bool CborReader::open(std::uint8_t major, const char* why) {
  Head head;
  if (!expect(major, why, head)) return false;
  if (depth_ >= depth_max_) return fail_at(item_, "nested too deeply");
  // Every element has a byte at least: what promises more is refused before anybody makes room for it.
  if (!head.indefinite && head.argument > bytes_.size() - pos_) return fail_at(item_, "it ends too early");
  Frame& frame = frames_[static_cast<std::size_t>(depth_++)];
  frame.left = head.argument;
  frame.indefinite = head.indefinite;
  frame.map = major == cbor::kMap;
  return true;
}

bool CborReader::begin_map() {
  return open(cbor::kMap, "a map was expected");
}

bool CborReader::begin_array() {
  return open(cbor::kArray, "an array was expected");
}

bool CborReader::next(bool map) {
  if (!ok()) return false;
  CHECK(depth_ > 0 && frames_[static_cast<std::size_t>(depth_ - 1)].map == map);
  Frame& frame = frames_[static_cast<std::size_t>(depth_ - 1)];
  if (frame.indefinite) {
    if (pos_ >= bytes_.size()) return fail_at(pos_, "it ends too early");
    if (static_cast<std::uint8_t>(bytes_[pos_]) != cbor::kBreak) return true;
    ++pos_;
    --depth_;
    return false;
  }
  if (frame.left == 0) {
    --depth_;
    return false;
  }
  --frame.left;
  return true;
}

bool CborReader::next_element() {
  return next(false);
}

bool CborReader::next_entry() {
  return next(true);
}

bool CborReader::next_key(std::string_view& key) {
  return next(true) && read_string(cbor::kText, "a key that is text was expected", key);
}

bool CborReader::read_string(std::uint8_t major, const char* why, std::string_view& out) {
  Head head;
  if (!expect(major, why, head)) return false;
  const std::size_t start = item_;
  if (!head.indefinite) {
    if (!take(head.argument, out)) return false;
    return major == cbor::kBytes || is_utf8(out) || fail_at(start, "text that is not UTF-8");
  }
  scratch_.clear();
  for (;;) {
    if (pos_ >= bytes_.size()) return fail_at(start, "it ends too early");
    if (static_cast<std::uint8_t>(bytes_[pos_]) == cbor::kBreak) break;
    Head chunk;
    if (!expect(major, "a chunk of another kind", chunk)) return false;
    if (chunk.indefinite) return fail_at(item_, "a chunk without a length");
    std::string_view part;
    if (!take(chunk.argument, part)) return false;
    // Each chunk by itself is UTF-8 (section 3.2.3).
    if (major == cbor::kText && !is_utf8(part)) return fail_at(item_, "text that is not UTF-8");
    scratch_ += part;
  }
  ++pos_;
  item_ = start;
  out = scratch_;
  return true;
}

bool CborReader::read_text(std::string_view& out) {
  return read_string(cbor::kText, "text was expected", out);
}

bool CborReader::read_bytes(std::string_view& out) {
  return read_string(cbor::kBytes, "bytes were expected", out);
}

bool CborReader::read_integer(Integer& out) {
  if (ok() && peek() != Kind::integer) return fail_at(pos_, "an integer was expected");
  Head head;
  if (!read_head(head)) return false;
  out.negative = head.major == cbor::kNegative;
  out.argument = head.argument;
  return true;
}

bool CborReader::read_int(std::int64_t& out) {
  Integer value;
  if (!read_integer(value)) return false;
  if (value.argument > INT64_MAX) return fail_at(item_, "the number is out of range");
  const auto number = static_cast<std::int64_t>(value.argument);
  out = value.negative ? -1 - number : number;
  return true;
}

bool CborReader::read_double(double& out) {
  if (peek() == Kind::integer) {
    Integer value;
    if (!read_integer(value)) return false;
    const auto number = static_cast<double>(value.argument);
    out = value.negative ? -1 - number : number;
    return true;
  }
  if (ok() && peek() != Kind::number) return fail_at(pos_, "a number was expected");
  Head head;
  if (!read_head(head)) return false;
  out = cbor::from_bits(head.info, head.argument);
  return true;
}

bool CborReader::read_bool(bool& out) {
  if (ok() && peek() != Kind::boolean) return fail_at(pos_, "true or false was expected");
  Head head;
  if (!read_head(head)) return false;
  out = head.info == cbor::kTrue;
  return true;
}

bool CborReader::read_null() {
  if (ok() && peek() != Kind::null) return fail_at(pos_, "null was expected");
  Head head;
  return read_head(head);
}

bool CborReader::read_tag(std::uint64_t& out) {
  Head head;
  if (!expect(cbor::kTag, "a tag was expected", head)) return false;
  out = head.argument;
  return true;
}

bool CborReader::read_simple(std::uint8_t& out) {
  if (ok() && peek() != Kind::simple) return fail_at(pos_, "a simple value was expected");
  Head head;
  if (!read_head(head)) return false;
  // Below 32 the two-byte form is not well-formed (section 3.3).
  if (head.info == cbor::kNextByte && head.argument < 32) return fail_at(item_, "a simple value in a wrong form");
  out = static_cast<std::uint8_t>(head.argument);
  return true;
}

bool CborReader::skip_value() {
  const int outside = depth_;
  int tags = 0;
  // A map's entry is two items; the second is waited for here.
  std::array<bool, kDepthMax> value_next{};
  std::string_view text;
  double number = 0;
  std::uint64_t tag = 0;
  std::uint8_t simple = 0;
  bool flag = false;
  for (;;) {
    bool done = true;
    switch (peek()) {
      case Kind::integer:
      case Kind::number:
        done = read_double(number);
        break;
      case Kind::bytes:
        done = read_bytes(text);
        break;
      case Kind::text:
        done = read_text(text);
        break;
      case Kind::boolean:
        done = read_bool(flag);
        break;
      case Kind::null:
        done = read_null();
        break;
      case Kind::simple:
        done = read_simple(simple);
        break;
      case Kind::array:
      case Kind::map:
        done = peek() == Kind::map ? begin_map() : begin_array();
        if (done) value_next[static_cast<std::size_t>(depth_ - 1)] = false;
        tags = 0;
        break;
      case Kind::tag:
        // Its content is part of it.
        if (++tags > depth_max_) return fail_at(pos_, "nested too deeply");
        if (!read_tag(tag)) return false;
        continue;
      case Kind::none:
        return fail_at(pos_, pos_ >= bytes_.size() ? "it ends too early" : "no item begins here");
    }
    if (!done) return false;
    tags = 0;
    // Close what ends here, and go on inside what does not.
    while (depth_ > outside) {
      const auto top = static_cast<std::size_t>(depth_ - 1);
      if (frames_[top].map && value_next[top]) {
        value_next[top] = false;
        break;
      }
      const bool map = frames_[top].map;
      if (next(map)) {
        value_next[top] = map;
        break;
      }
      if (!ok()) return false;
    }
    if (depth_ == outside) return true;
  }
}

bool CborReader::finish() {
  if (!ok()) return false;
  if (depth_ != 0) return fail_at(pos_, "it ends too early");
  return pos_ == bytes_.size() || fail_at(pos_, "more than one item");
}

}  // namespace postern
