#pragma once

/// JsonWriter: appends compact JSON to a string; commas and escaping are its business.

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

/// The caller keeps the order right: inside an object key() comes before every value. The output is valid JSON and
/// valid UTF-8 whatever the input: malformed bytes become U+FFFD, not-a-number and infinities become null.
class JsonWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  void string(std::string_view text);
  void integer(std::int64_t value);
  /// The shortest form that reads back to the same value; whole numbers keep no ".0".
  void number(double value);
  void number(float value);
  void boolean(bool value);
  void null();
  /// Text that is one JSON value already; not checked.
  void raw(std::string_view json);

 private:
  void separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
  }
  void open(char bracket) {
    separate();
    out_.push_back(bracket);
    comma_ = false;
  }
  void close(char bracket) {
    out_.push_back(bracket);
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;
};

/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace postern
