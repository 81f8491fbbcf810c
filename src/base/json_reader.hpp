#pragma once

/// JsonReader: a strict streaming reader of JSON (RFC 8259) that pulls values straight into typed structs, without a
/// tree.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern {

/// Walks one JSON text. Every function returns false when the text is not what was asked for; the first failure sticks,
/// everything after it fails too and error() says what and where. Bytes must be valid UTF-8; an escaped lone surrogate
/// (which truncated command output has) reads as U+FFFD. Depth is bounded; nothing recurses.
///
///     if (!r.begin_object()) ...;
///     std::string_view key;
///     while (r.next_key(key)) { if (key == "a") r.read_int(a); else r.skip_value(); }
///     if (!r.finish()) return fail(r.error());
///
/// The text must outlive the reader. A string_view that it hands out is valid until the next call.
class JsonReader {
 public:
  enum class Kind : std::uint8_t { none, object, array, string, number, boolean, null };
  static constexpr int kDepthMax = 512;

  /// `depth_max` is the number of nested arrays and objects allowed, at most kDepthMax.
  explicit JsonReader(std::string_view text, int depth_max = 64) noexcept;

  /// The kind of the value that comes next; none at the end, after a failure or where no value can start.
  Kind peek() noexcept {
    if (!ok()) return Kind::none;
    skip_space();
    return pos_ == end_ ? Kind::none : kind_of(*pos_);
  }

  bool begin_object();
  /// The next member's key, or false at the end of the object (and after a failure: see ok()).
  bool next_key(std::string_view& key);
  bool begin_array();
  /// True when another element follows; false at the end of the array (and after a failure).
  bool next_element();

  bool read_string(std::string_view& out);
  /// The number as it is written, checked against the grammar.
  bool read_number(std::string_view& out);
  /// A whole number within int64; 3.0 and 3e2 count as whole.
  bool read_int(std::int64_t& out);
  /// Overflow is a failure, underflow reads as 0.
  bool read_double(double& out);
  bool read_bool(bool& out);
  bool read_null();
  /// Steps over one value, checking it.
  bool skip_value();
  /// As skip_value, and gives the bytes of the value.
  bool read_raw(std::string_view& out);

  /// True when the text ends here, white space aside, with every array and object closed.
  bool finish();

  bool ok() const noexcept { return why_ == nullptr; }
  /// Records a failure of the caller's ("not a date") at the value that was just read. `why` is a literal.
  bool fail(const char* why) noexcept;
  /// malformed: "invalid JSON at LINE:COLUMN: why". Columns count bytes from 1.
  Error error() const;

 private:
  void skip_space() noexcept {
    while (pos_ != end_ && (*pos_ == ' ' || *pos_ == '\n' || *pos_ == '\r' || *pos_ == '\t')) ++pos_;
  }
  static Kind kind_of(char first) noexcept {
    switch (first) {
      case '{':
        return Kind::object;
      case '[':
        return Kind::array;
      case '"':
        return Kind::string;
      case 't':
      case 'f':
        return Kind::boolean;
      case 'n':
        return Kind::null;
      default:
        return first == '-' || (first >= '0' && first <= '9') ? Kind::number : Kind::none;
    }
  }
  bool fail_at(const char* where, const char* why) noexcept;
  bool scan_string(std::string_view& out);
  bool scan_string_slow(const char* start, const char* p, std::string_view& out);
  const char* scan_escape(const char* p);
  bool scan_number(std::string_view& out);
  bool literal(std::string_view word);
  bool open(char bracket);
  bool skip_scalar();

  const char* begin_;
  const char* end_;
  const char* pos_;
  const char* value_start_;
  const char* why_ = nullptr;
  const char* fail_pos_ = nullptr;
  int depth_ = 0;
  int depth_max_;
  bool first_ = true;  ///< nothing was read yet inside the innermost container
  std::string scratch_;
};

}  // namespace postern
