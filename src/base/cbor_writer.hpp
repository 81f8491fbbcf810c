#pragma once

/// CborWriter: appends CBOR (RFC 8949) to a string.

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

/// The caller keeps the order right: inside a map a key, which is text, comes before every value. Integers and lengths
/// are written in their shortest form; arrays and maps have no length (they end with a break), so that nobody counts.
class CborWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit CborWriter(std::string& out) noexcept : out_(out) {}
  CborWriter(const CborWriter&) = delete;
  CborWriter& operator=(const CborWriter&) = delete;

  void begin_map() { out_.push_back(static_cast<char>(0xBF)); }
  void begin_array() { out_.push_back(static_cast<char>(0x9F)); }
  /// Of a map or an array.
  void end() { out_.push_back(static_cast<char>(0xFF)); }

  void integer(std::int64_t value);
  /// Malformed UTF-8 becomes U+FFFD.
  void text(std::string_view value);
  void bytes(std::string_view value);
  /// In 32 bits where nothing is lost, else in 64.
  void number(double value);
  void boolean(bool value) { out_.push_back(static_cast<char>(value ? 0xF5 : 0xF4)); }
  void null() { out_.push_back(static_cast<char>(0xF6)); }
  /// The next item is the tag's content.
  void tag(std::uint64_t number);

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  void big_endian(std::uint64_t value, int bytes);

  std::string& out_;
};

}  // namespace postern
