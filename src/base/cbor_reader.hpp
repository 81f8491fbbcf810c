#pragma once

/// CborReader: a streaming reader of CBOR (RFC 8949) that pulls values straight into typed structs, without a tree.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern {

/// Walks one data item. Every function returns false when the item is not what was asked for; the first failure sticks,
/// everything after it fails too and error() says what and where. Definite and indefinite lengths, integers in any
/// width, and floats of 16, 32 and 64 bits are read; text must be valid UTF-8. Depth is bounded; nothing recurses.
///
///     if (!r.begin_map()) ...;
///     std::string_view key;
///     while (r.next_key(key)) { if (key == "a") r.read_int(a); else r.skip_value(); }
///     if (!r.finish()) return fail(r.error());
///
/// The bytes must outlive the reader. A string_view that it hands out is valid until the next call.
class CborReader {
 public:
  /// `simple` are the simple values that mean nothing here; undefined reads as null.
  enum class Kind : std::uint8_t { none, integer, bytes, text, array, map, tag, boolean, null, number, simple };
  static constexpr int kDepthMax = 128;

  /// An integer of CBOR: below zero it is -1 - argument.
  struct Integer {
    Integer() = default;
    bool negative = false;
    std::uint64_t argument = 0;
  };

  /// `depth_max` is the number of nested arrays, maps and tags allowed, at most kDepthMax.
  explicit CborReader(std::string_view bytes, int depth_max = 64) noexcept;

  /// The kind of the item that comes next; none at the end, at a break, after a failure and for reserved bytes.
  Kind peek() const noexcept;

  bool begin_map();
  /// The next entry's key, which must be text; false at the end of the map (and after a failure: see ok()).
  bool next_key(std::string_view& key);
  bool begin_array();
  /// True when another element follows; false at the end of the array (and after a failure).
  bool next_element();
  /// A map whose keys are of any kind: true when another entry follows, whose key and value are read one after the
  /// other.
  bool next_entry();

  bool read_integer(Integer& out);
  /// An integer within int64.
  bool read_int(std::int64_t& out);
  /// A float of any width, or an integer.
  bool read_double(double& out);
  bool read_text(std::string_view& out);
  bool read_bytes(std::string_view& out);
  bool read_bool(bool& out);
  bool read_null();
  /// The number of a tag; its content comes next.
  bool read_tag(std::uint64_t& out);
  /// The number of a simple value that is neither a boolean nor null.
  bool read_simple(std::uint8_t& out);
  /// Steps over one item with everything in it, checking it.
  bool skip_value();

  /// True when the bytes end here, with every array and map closed.
  bool finish();

  bool ok() const noexcept { return why_ == nullptr; }
  /// Records a failure of the caller's ("not a date") at the item that was just read. `why` is a literal.
  bool fail(const char* why) noexcept;
  /// malformed: "invalid CBOR at byte N: why", counted from 0.
  Error error() const;

 private:
  /// The first byte of an item and its argument.
  struct Head {
    Head() = default;
    std::uint8_t major = 0;
    std::uint8_t info = 0;
    std::uint64_t argument = 0;
    bool indefinite = false;
  };
  struct Frame {
    Frame() = default;
    std::uint64_t left = 0;  ///< items to come; of a map entries
    bool indefinite = false;
    bool map = false;
  };

  bool fail_at(std::size_t where, const char* why) noexcept;
  bool read_head(Head& head);
  bool expect(std::uint8_t major, const char* why, Head& head);
  bool open(std::uint8_t major, const char* why);
  bool next(bool map);
  bool read_string(std::uint8_t major, const char* why, std::string_view& out);
  bool take(std::uint64_t count, std::string_view& out);

  std::string_view bytes_;
  std::size_t pos_ = 0;
  std::size_t item_ = 0;  ///< where the item that was just read begins
  const char* why_ = nullptr;
  std::size_t fail_pos_ = 0;
  int depth_max_;
  int depth_ = 0;
  std::array<Frame, kDepthMax> frames_;
  std::string scratch_;
};

}  // namespace postern
