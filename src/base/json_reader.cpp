#include "base/json_reader.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace postern {
namespace json_scan {

/// The first byte that a plain run of a string cannot contain: quote, backslash, control, or non-ASCII.
const char* plain_run_end(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i slash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(0x20);
  while (end - p >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // Signed comparison: bytes from 0x80 are negative, so that "less than space" finds them as well.
    const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, slash)),
                                      _mm_cmplt_epi8(block, space));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
    if (mask != 0) return p + std::countr_zero(mask);
    p += 16;
  }
#endif
  for (; p != end; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80) break;
  }
  return p;
}

/// The length of the well-formed UTF-8 sequence at p (RFC 3629, table of section 4), or 0.
int utf8_length(const char* p, const char* end) noexcept {
  const auto at = [p](int i) { return static_cast<unsigned char>(p[i]); };
  const auto tail = [&](int i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned char lead = at(0);
  const auto left = end - p;
  if (lead >= 0xC2 && lead <= 0xDF) return left >= 2 && tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && at(1) < 0xA0) return 0;
    return lead == 0xED && at(1) > 0x9F ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xF0 && at(1) < 0x90) return 0;
    return lead == 0xF4 && at(1) > 0x8F ? 0 : 4;
  }
  return 0;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// Four hex digits, or -1.
int hex4(const char* p, const char* end) noexcept {
  if (end - p < 4) return -1;
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(p, p + 4, value, 16);
  return error == std::errc() && stop == p + 4 ? static_cast<int>(value) : -1;
}

bool is_digit(const char* p, const char* end) noexcept {
  return p != end && *p >= '0' && *p <= '9';
}

}  // namespace json_scan

JsonReader::JsonReader(std::string_view text, int depth_max) noexcept
    : begin_(text.data()),
      end_(text.data() + text.size()),
      pos_(begin_),
      value_start_(begin_),
      depth_max_(std::min(depth_max, kDepthMax)) {}

bool JsonReader::fail_at(const char* where, const char* why) noexcept {
  if (why_ == nullptr) {
    why_ = why;
    fail_pos_ = where;
    pos_ = end_;
  }
  return false;
}

bool JsonReader::fail(const char* why) noexcept {
  return fail_at(value_start_, why);
}

bool JsonReader::open(char bracket) {
  if (!ok()) return false;
  skip_space();
  value_start_ = pos_;
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ != bracket) return fail_at(pos_, bracket == '{' ? "an object was expected" : "an array was expected");
  if (depth_ == depth_max_) return fail_at(pos_, "too deeply nested");
  ++depth_;
  ++pos_;
  first_ = true;
  return true;
}

bool JsonReader::begin_object() {
  return open('{');
}
bool JsonReader::begin_array() {
  return open('[');
}

bool JsonReader::next_key(std::string_view& key) {
  if (!ok()) return false;
  skip_space();
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ == '}') {
    ++pos_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (*pos_ != ',') return fail_at(pos_, "',' or '}' was expected");
    ++pos_;
    skip_space();
  }
  first_ = false;
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ != '"') return fail_at(pos_, "a member name was expected");
  if (!scan_string(key)) return false;
  skip_space();
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ != ':') return fail_at(pos_, "':' was expected");
  ++pos_;
  return true;
}

bool JsonReader::next_element() {
  if (!ok()) return false;
  skip_space();
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ == ']') {
    ++pos_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (*pos_ != ',') return fail_at(pos_, "',' or ']' was expected");
    ++pos_;
    skip_space();
    if (pos_ != end_ && *pos_ == ']') return fail_at(pos_, "a value was expected");
  }
  first_ = false;
  return true;
}

bool JsonReader::scan_string(std::string_view& out) {
  value_start_ = pos_;
  const char* const start = pos_ + 1;
  const char* const stop = json_scan::plain_run_end(start, end_);
  if (stop != end_ && *stop == '"') {
    out = std::string_view(start, static_cast<std::size_t>(stop - start));
    pos_ = stop + 1;
    return true;
  }
  return scan_string_slow(start, stop, out);
}

bool JsonReader::scan_string_slow(const char* start, const char* p, std::string_view& out) {
  // Text without escapes is handed out in place even when it is not ASCII; from the first escape on it is copied.
  bool copied = false;
  const char* run = start;
  while (true) {
    p = json_scan::plain_run_end(p, end_);
    if (p == end_) return fail_at(p, "unexpected end of text in a string");
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"') break;
    if (c < 0x20) return fail_at(p, "control character in a string");
    if (c >= 0x80) {
      const int length = json_scan::utf8_length(p, end_);
      if (length == 0) return fail_at(p, "invalid UTF-8");
      p += length;
      continue;
    }
    if (!copied) scratch_.clear();
    copied = true;
    scratch_.append(run, p);
    p = scan_escape(p + 1);
    if (p == nullptr) return false;
    run = p;
  }
  if (copied) {
    scratch_.append(run, p);
    out = scratch_;
  } else {
    out = std::string_view(start, static_cast<std::size_t>(p - start));
  }
  pos_ = p + 1;
  return true;
}

/// `p` is behind the backslash; returns the byte after the escape, or null after a failure.
const char* JsonReader::scan_escape(const char* p) {
  if (p == end_) {
    fail_at(p, "unexpected end of text in a string");
    return nullptr;
  }
  switch (*p) {
    case '"':
    case '\\':
    case '/':
      scratch_.push_back(*p);
      return p + 1;
    case 'b':
      scratch_.push_back('\b');
      return p + 1;
    case 'f':
      scratch_.push_back('\f');
      return p + 1;
    case 'n':
      scratch_.push_back('\n');
      return p + 1;
    case 'r':
      scratch_.push_back('\r');
      return p + 1;
    case 't':
      scratch_.push_back('\t');
      return p + 1;
    case 'u':
      break;
    default:
      fail_at(p - 1, "unknown escape");
      return nullptr;
  }
  const int unit = json_scan::hex4(p + 1, end_);
  if (unit < 0) {
    fail_at(p - 1, "\\u needs four hex digits");
    return nullptr;
  }
  p += 5;
  auto code = static_cast<std::uint32_t>(unit);
  if (code >= 0xD800 && code <= 0xDBFF && end_ - p >= 6 && p[0] == '\\' && p[1] == 'u') {
    const int low = json_scan::hex4(p + 2, end_);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
      p += 6;
    }
  }
  if (code >= 0xD800 && code <= 0xDFFF) code = 0xFFFD;
  json_scan::append_utf8(scratch_, code);
  return p;
}

bool JsonReader::read_string(std::string_view& out) {
  if (!ok()) return false;
  skip_space();
  value_start_ = pos_;
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ != '"') return fail_at(pos_, "a string was expected");
  return scan_string(out);
}

bool JsonReader::scan_number(std::string_view& out) {
  const char* p = pos_;
  if (*p == '-') ++p;
  if (!json_scan::is_digit(p, end_)) return fail_at(pos_, "invalid number");
  if (*p == '0') {
    ++p;
    if (json_scan::is_digit(p, end_)) return fail_at(pos_, "a number must not start with 0");
  }
  while (json_scan::is_digit(p, end_)) ++p;
  if (p != end_ && *p == '.') {
    ++p;
    if (!json_scan::is_digit(p, end_)) return fail_at(pos_, "invalid number");
    while (json_scan::is_digit(p, end_)) ++p;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    if (!json_scan::is_digit(p, end_)) return fail_at(pos_, "invalid number");
    while (json_scan::is_digit(p, end_)) ++p;
  }
  out = std::string_view(pos_, static_cast<std::size_t>(p - pos_));
  pos_ = p;
  return true;
}

bool JsonReader::read_number(std::string_view& out) {
  if (!ok()) return false;
  skip_space();
  value_start_ = pos_;
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ != '-' && !json_scan::is_digit(pos_, end_)) return fail_at(pos_, "a number was expected");
  return scan_number(out);
}

bool JsonReader::read_int(std::int64_t& out) {
  std::string_view text;
  if (!read_number(text)) return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && stop == text.data() + text.size()) return true;
  if (error != std::errc()) return fail("the number is out of range");
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double does not tell which integer was meant
  if (!(std::abs(value) <= kExact) || value != std::floor(value)) return fail("a whole number was expected");
  out = static_cast<std::int64_t>(value);
  return true;
}

bool JsonReader::read_double(double& out) {
  std::string_view text;
  if (!read_number(text)) return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  if (result.ec == std::errc()) return true;
  // Out of range is all that is left: too small when the exponent is negative or the number has only a fraction.
  const std::size_t exponent = text.find_first_of("eE");
  const bool small = exponent == std::string_view::npos ? text.starts_with("0.") || text.starts_with("-0.")
                                                        : text[exponent + 1] == '-';
  if (!small) return fail("the number is out of range");
  out = 0;
  return true;
}

bool JsonReader::literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - pos_) < word.size() || std::memcmp(pos_, word.data(), word.size()) != 0)
    return fail_at(pos_, "a value was expected");
  pos_ += word.size();
  return true;
}

bool JsonReader::read_bool(bool& out) {
  if (!ok()) return false;
  skip_space();
  value_start_ = pos_;
  if (pos_ == end_) return fail_at(pos_, "unexpected end of text");
  if (*pos_ != 't' && *pos_ != 'f') return fail_at(pos_, "true or false was expected");
  out = *pos_ == 't';
  return literal(out ? "true" : "false");
}

bool JsonReader::read_null() {
  if (!ok()) return false;
  skip_space();
  value_start_ = pos_;
  return literal("null");
}

bool JsonReader::skip_scalar() {
  std::string_view text;
  bool flag = false;
  switch (peek()) {
    case Kind::string:
      return read_string(text);
    case Kind::number:
      return read_number(text);
    case Kind::boolean:
      return read_bool(flag);
    case Kind::null:
      return read_null();
    default:
      return fail_at(pos_, pos_ == end_ ? "unexpected end of text" : "a value was expected");
  }
}

bool JsonReader::skip_value() {
  if (!ok()) return false;
  // One bit per open container: set for objects.
  std::array<std::uint64_t, kDepthMax / 64> objects{};
  int level = 0;
  const auto bit = [](int at) { return std::uint64_t{1} << (at % 64); };
  std::string_view key;
  while (true) {
    const Kind kind = peek();
    if (kind == Kind::object || kind == Kind::array) {
      if (!open(*pos_)) return false;
      auto& word = objects[static_cast<std::size_t>(level / 64)];
      word = kind == Kind::object ? word | bit(level) : word & ~bit(level);
      ++level;
    } else if (!skip_scalar()) {
      return false;
    }
    // Close what ends here, until there is another value to read.
    while (level > 0) {
      const bool object = (objects[static_cast<std::size_t>((level - 1) / 64)] & bit(level - 1)) != 0;
      if (object ? next_key(key) : next_element()) break;
      if (!ok()) return false;
      --level;
    }
    if (level == 0) return true;
  }
}

bool JsonReader::read_raw(std::string_view& out) {
  if (!ok()) return false;
  skip_space();
  const char* const start = pos_;
  if (!skip_value()) return false;
  value_start_ = start;
  out = std::string_view(start, static_cast<std::size_t>(pos_ - start));
  return true;
}

bool JsonReader::finish() {
  if (!ok()) return false;
  skip_space();
  if (pos_ != end_) return fail_at(pos_, "the text goes on after the value");
  if (depth_ != 0) return fail_at(pos_, "unexpected end of text");
  return true;
}

Error JsonReader::error() const {
  const char* const where = why_ == nullptr ? pos_ : fail_pos_;
  std::size_t line = 1;
  const char* line_start = begin_;
  for (const char* p = begin_; p != where; ++p) {
    if (*p == '\n') {
      ++line;
      line_start = p + 1;
    }
  }
  return Error(ErrorKind::malformed, "invalid JSON at " + std::to_string(line) + ":" +
                                         std::to_string(where - line_start + 1) + ": " +
                                         (why_ == nullptr ? "no error" : why_));
}

}  // namespace postern
