// CborReader on arbitrary bytes: what one walk accepts, skipping accepts too, and what is written again reads the same.

#include <cstdint>
#include <string>

#include "base/cbor_reader.hpp"
#include "base/cbor_writer.hpp"
#include "base/check.hpp"

namespace {

using postern::CborReader;
using postern::CborWriter;

constexpr int kDepth = 32;

// Recursion is bounded by the reader's depth and by `depth`, which tags count for as well. Integers beyond int64 and
// simple values, which the writer does not know, are written as null.
bool copy(CborReader& in, CborWriter& out, int depth) {
  std::string_view text;
  std::int64_t whole = 0;
  std::uint64_t tag = 0;
  std::uint8_t simple = 0;
  double number = 0;
  bool flag = false;
  CborReader::Integer integer;
  if (depth > kDepth) return false;
  switch (in.peek()) {
    case CborReader::Kind::integer:
      if (!in.read_integer(integer)) return false;
      if (integer.argument > INT64_MAX) {
        out.null();
        return true;
      }
      whole = static_cast<std::int64_t>(integer.argument);
      out.integer(integer.negative ? -1 - whole : whole);
      return true;
    case CborReader::Kind::bytes:
      if (!in.read_bytes(text)) return false;
      out.bytes(text);
      return true;
    case CborReader::Kind::text:
      if (!in.read_text(text)) return false;
      out.text(text);
      return true;
    case CborReader::Kind::array:
      if (!in.begin_array()) return false;
      out.begin_array();
      while (in.next_element()) {
        if (!copy(in, out, depth + 1)) return false;
      }
      out.end();
      return in.ok();
    case CborReader::Kind::map:
      if (!in.begin_map()) return false;
      out.begin_map();
      while (in.next_entry()) {
        if (!copy(in, out, depth + 1) || !copy(in, out, depth + 1)) return false;
      }
      out.end();
      return in.ok();
    case CborReader::Kind::tag:
      if (!in.read_tag(tag)) return false;
      out.tag(tag);
      return copy(in, out, depth + 1);
    case CborReader::Kind::boolean:
      if (!in.read_bool(flag)) return false;
      out.boolean(flag);
      return true;
    case CborReader::Kind::null:
      out.null();
      return in.read_null();
    case CborReader::Kind::number:
      if (!in.read_double(number)) return false;
      out.number(number);
      return true;
    case CborReader::Kind::simple:
      out.null();
      return in.read_simple(simple);
    case CborReader::Kind::none:
      break;
  }
  return false;
}

bool copy_all(std::string_view bytes, std::string& written) {
  CborReader in(bytes, kDepth);
  CborWriter out(written);
  return copy(in, out, 0) && in.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CborReader skipped(bytes, kDepth);
  const bool good = skipped.skip_value() && skipped.finish();
  CHECK(good || !skipped.ok());
  std::string first;
  if (!copy_all(bytes, first)) return 0;
  CHECK(good);
  std::string second;
  CHECK(copy_all(first, second));
  CHECK(first == second);
  return 0;
}
