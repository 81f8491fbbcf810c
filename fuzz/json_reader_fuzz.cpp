// JsonReader against Boost.JSON: both must agree on what JSON is. What is accepted, written again by JsonWriter and
// read once more must come out the same.

#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "base/json_reader.hpp"
#include "base/json_writer.hpp"

namespace {

using postern::JsonReader;
using postern::JsonWriter;

constexpr int kDepth = 32;

// Recursion is bounded by the reader's depth.
bool copy(JsonReader& in, JsonWriter& out) {
  std::string_view text;
  bool flag = false;
  switch (in.peek()) {
    case JsonReader::Kind::object:
      if (!in.begin_object()) return false;
      out.begin_object();
      while (in.next_key(text)) {
        out.key(text);
        if (!copy(in, out)) return false;
      }
      out.end_object();
      return in.ok();
    case JsonReader::Kind::array:
      if (!in.begin_array()) return false;
      out.begin_array();
      while (in.next_element()) {
        if (!copy(in, out)) return false;
      }
      out.end_array();
      return in.ok();
    case JsonReader::Kind::string:
      if (!in.read_string(text)) return false;
      out.string(text);
      return true;
    case JsonReader::Kind::number:
      if (!in.read_number(text)) return false;
      out.raw(text);
      return true;
    case JsonReader::Kind::boolean:
      if (!in.read_bool(flag)) return false;
      out.boolean(flag);
      return true;
    case JsonReader::Kind::null:
      out.null();
      return in.read_null();
    case JsonReader::Kind::none:
      break;
  }
  return in.skip_value();
}

bool copy_all(std::string_view text, std::string& written) {
  JsonReader in(text, kDepth);
  JsonWriter out(written);
  return copy(in, out) && in.finish();
}

bool boost_accepts(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepth;
  boost::json::stream_parser parser({}, options);
  boost::json::error_code error;
  parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  return !error;
}

/// Where the two differ on purpose: escaped lone surrogates (we read U+FFFD), and exponents beyond any number.
bool outside_of_comparison(std::string_view text) {
  for (std::size_t at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 2)) {
    if (at + 2 < text.size() && (text[at + 2] == 'd' || text[at + 2] == 'D')) return true;
  }
  int digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 6 && text.find_first_of("eE") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  JsonReader skipper(text, kDepth);
  const bool skipped = skipper.skip_value() && skipper.finish();
  std::string written;
  const bool copied = copy_all(text, written);
  CHECK(skipped == copied);
  if (!copied) CHECK(skipper.error().message().starts_with("invalid JSON at "));
  if (copied) {
    std::string again;
    CHECK(copy_all(written, again));
    CHECK(again == written);
  }
  if (!outside_of_comparison(text)) CHECK(copied == boost_accepts(text));
  JsonReader numbers(text, kDepth);
  double number = 0;
  std::int64_t integer = 0;
  if (!numbers.read_double(number)) JsonReader(text).read_int(integer);
  return 0;
}
