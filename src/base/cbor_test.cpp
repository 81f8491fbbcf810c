// CborReader and CborWriter: the examples of RFC 8949 appendix A, and what is not CBOR.

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/cbor_reader.hpp"
#include "base/cbor_writer.hpp"
#include "base/encoding.hpp"

namespace postern {
namespace {

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char text[64];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string notation(CborReader& in);

std::string integer_text(CborReader& in) {
  CborReader::Integer value;
  in.read_integer(value);
  if (!value.negative) return std::to_string(value.argument);
  if (value.argument == UINT64_MAX) return "-18446744073709551616";
  return "-" + std::to_string(value.argument + 1);
}

std::string container_text(CborReader& in, bool map) {
  std::string out = map ? "{" : "[";
  bool first = true;
  if (!(map ? in.begin_map() : in.begin_array())) return "?";
  while (map ? in.next_entry() : in.next_element()) {
    out += first ? "" : ", ";
    first = false;
    out += notation(in);
    if (map) out += ": " + notation(in);
  }
  return out + (map ? "}" : "]");
}

/// The item in diagnostic notation (section 8), without the marks of encodings.
std::string notation(CborReader& in) {
  std::string_view text;
  double number = 0;
  bool flag = false;
  std::uint64_t tag = 0;
  std::uint8_t simple = 0;
  switch (in.peek()) {
    case CborReader::Kind::integer:
      return integer_text(in);
    case CborReader::Kind::bytes:
      in.read_bytes(text);
      return "h'" + to_hex(text) + "'";
    case CborReader::Kind::text:
      in.read_text(text);
      return "\"" + std::string(text) + "\"";
    case CborReader::Kind::array:
      return container_text(in, false);
    case CborReader::Kind::map:
      return container_text(in, true);
    case CborReader::Kind::tag:
      in.read_tag(tag);
      return std::to_string(tag) + "(" + notation(in) + ")";
    case CborReader::Kind::boolean:
      in.read_bool(flag);
      return flag ? "true" : "false";
    case CborReader::Kind::null:
      in.read_null();
      return "null";
    case CborReader::Kind::number:
      in.read_double(number);
      return number_text(number);
    case CborReader::Kind::simple:
      in.read_simple(simple);
      return "simple(" + std::to_string(simple) + ")";
    case CborReader::Kind::none:
      break;
  }
  return "?";
}

struct Example {
  std::string_view hex;
  std::string_view text;
};

// Undefined reads as null; integers beyond 64 bits are the tags 2 and 3 with their bytes.
const Example kExamples[] = {
    {"00", "0"},
    {"01", "1"},
    {"0a", "10"},
    {"17", "23"},
    {"1818", "24"},
    {"1819", "25"},
    {"1864", "100"},
    {"1903e8", "1000"},
    {"1a000f4240", "1000000"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1bffffffffffffffff", "18446744073709551615"},
    {"c249010000000000000000", "2(h'010000000000000000')"},
    {"3bffffffffffffffff", "-18446744073709551616"},
    {"c349010000000000000000", "3(h'010000000000000000')"},
    {"20", "-1"},
    {"29", "-10"},
    {"3863", "-100"},
    {"3903e7", "-1000"},
    {"f90000", "0"},
    {"f98000", "-0"},
    {"f93c00", "1"},
    {"fb3ff199999999999a", "1.1000000000000001"},
    {"f93e00", "1.5"},
    {"f97bff", "65504"},
    {"fa47c35000", "100000"},
    {"fa7f7fffff", "3.4028234663852886e+38"},
    {"fb7e37e43c8800759c", "1.0000000000000001e+300"},
    {"f90001", "5.9604644775390625e-08"},
    {"f90400", "6.103515625e-05"},
    {"f9c400", "-4"},
    {"fbc010666666666666", "-4.0999999999999996"},
    {"f97c00", "Infinity"},
    {"f97e00", "NaN"},
    {"f9fc00", "-Infinity"},
    {"fa7f800000", "Infinity"},
    {"fa7fc00000", "NaN"},
    {"faff800000", "-Infinity"},
    {"fb7ff0000000000000", "Infinity"},
    {"fb7ff8000000000000", "NaN"},
    {"fbfff0000000000000", "-Infinity"},
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"f7", "null"},
    {"f0", "simple(16)"},
    {"f8ff", "simple(255)"},
    {"c074323031332d30332d32315432303a30343a30305a", "0(\"2013-03-21T20:04:00Z\")"},
    {"c11a514b67b0", "1(1363896240)"},
    {"c1fb41d452d9ec200000", "1(1363896240.5)"},
    {"d74401020304", "23(h'01020304')"},
    {"d818456449455446", "24(h'6449455446')"},
    {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", "32(\"http://www.example.com\")"},
    {"40", "h''"},
    {"4401020304", "h'01020304'"},
    {"60", "\"\""},
    {"6161", "\"a\""},
    {"6449455446", "\"IETF\""},
    {"62225c", "\"\"\\\""},
    {"62c3bc", "\"\u00fc\""},
    {"63e6b0b4", "\"\u6c34\""},
    {"64f0908591", "\"\U00010151\""},
    {"80", "[]"},
    {"83010203", "[1, 2, 3]"},
    {"8301820203820405", "[1, [2, 3], [4, 5]]"},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819",
     "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]"},
    {"a0", "{}"},
    {"a201020304", "{1: 2, 3: 4}"},
    {"a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"},
    {"826161a161626163", "[\"a\", {\"b\": \"c\"}]"},
    {"a56161614161626142616361436164614461656145",
     "{\"a\": \"A\", \"b\": \"B\", \"c\": \"C\", \"d\": \"D\", \"e\": \"E\"}"},
    {"5f42010243030405ff", "h'0102030405'"},
    {"7f657374726561646d696e67ff", "\"streaming\""},
    {"9fff", "[]"},
    {"9f018202039f0405ffff", "[1, [2, 3], [4, 5]]"},
    {"9f01820203820405ff", "[1, [2, 3], [4, 5]]"},
    {"83018202039f0405ff", "[1, [2, 3], [4, 5]]"},
    {"83019f0203ff820405", "[1, [2, 3], [4, 5]]"},
    {"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
     "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]"},
    {"bf61610161629f0203ffff", "{\"a\": 1, \"b\": [2, 3]}"},
    {"826161bf61626163ff", "[\"a\", {\"b\": \"c\"}]"},
    {"bf6346756ef563416d7421ff", "{\"Fun\": true, \"Amt\": -2}"},
};

TEST(Cbor, ReadsTheExamplesOfTheRfc) {
  for (const Example& one : kExamples) {
    const std::string bytes = *from_hex(one.hex);
    CborReader in(bytes);
    EXPECT_EQ(notation(in), one.text) << one.hex;
    EXPECT_TRUE(in.finish()) << one.hex << ": " << in.error().message();
    CborReader skipped(bytes);
    EXPECT_TRUE(skipped.skip_value() && skipped.finish()) << one.hex << ": " << skipped.error().message();
  }
}

TEST(Cbor, RefusesEveryPrefixOfAnExample) {
  for (const Example& one : kExamples) {
    const std::string bytes = *from_hex(one.hex);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CborReader in(std::string_view(bytes).substr(0, size));
      EXPECT_FALSE(in.skip_value() && in.finish()) << one.hex << " cut to " << size;
    }
    const std::string longer = bytes + '\0';
    CborReader more(longer);
    EXPECT_FALSE(more.skip_value() && more.finish()) << one.hex;
  }
}

TEST(Cbor, RefusesWhatIsNotWellFormed) {
  // RFC 8949 appendix F.1, and text that is not UTF-8.
  for (const std::string_view hex : {"1c",
                                     "1d",
                                     "1e",
                                     "3c",
                                     "5c",
                                     "7c",
                                     "9c",
                                     "bc",
                                     "dc",
                                     "fc",
                                     "fd",
                                     "fe",
                                     "f800",
                                     "f818",
                                     "f81f",
                                     "ff",
                                     "81ff",
                                     "8200ff",
                                     "a1ff",
                                     "a1ff00",
                                     "a100ff",
                                     "9f8000a1ffff",
                                     "1f",
                                     "3f",
                                     "df",
                                     "5f00ff",
                                     "5f21ff",
                                     "5f6100ff",
                                     "5f80ff",
                                     "5fa0ff",
                                     "5fc000ff",
                                     "5fe0ff",
                                     "7f4100ff",
                                     "5f5f4100ffff",
                                     "7f7f6100ffff",
                                     "bf00ff",
                                     "bf000000ff",
                                     "61ff",
                                     "62c328",
                                     "7f61c3ff",
                                     "5bffffffffffffffff010203",
                                     "9bffffffffffffffff",
                                     "bbffffffffffffffff"}) {
    const std::string bytes = *from_hex(hex);
    CborReader in(bytes);
    EXPECT_FALSE(in.skip_value() && in.finish()) << hex;
    EXPECT_EQ(in.error().kind(), ErrorKind::malformed);
  }
}

TEST(Cbor, BoundsItsDepth) {
  const auto nested = [](std::size_t depth, char open) { return std::string(depth, open) + '\0'; };
  for (const char open : {static_cast<char>(0x81), static_cast<char>(0xC1)}) {
    const std::string good = nested(64, open);
    CborReader in(good);
    EXPECT_TRUE(in.skip_value() && in.finish()) << in.error().message();
    const std::string deep = nested(65, open);
    CborReader out(deep);
    EXPECT_FALSE(out.skip_value());
  }
}

TEST(Cbor, WritesWhatItReads) {
  std::string out;
  CborWriter writer(out);
  writer.begin_map();
  writer.text("a");
  writer.integer(INT64_MIN);
  writer.text("b");
  writer.begin_array();
  for (const std::int64_t one :
       {std::int64_t{0}, std::int64_t{23}, std::int64_t{24}, std::int64_t{-25}, std::int64_t{65'536}, INT64_MAX}) {
    writer.integer(one);
  }
  writer.number(1.5);
  writer.number(1.1);
  writer.number(1e300);
  writer.number(std::nan(""));
  writer.boolean(true);
  writer.null();
  writer.bytes("\x01\xff");
  writer.tag(1);
  writer.integer(1'363'896'240);
  writer.end();
  writer.text("bad \xff");
  writer.text(std::string(24, 'x'));
  writer.end();
  CborReader in(out);
  EXPECT_EQ(
      notation(in),
      "{\"a\": -9223372036854775808, \"b\": [0, 23, 24, -25, 65536, 9223372036854775807, 1.5, "
      "1.1000000000000001, 1.0000000000000001e+300, NaN, true, null, h'01ff', 1(1363896240)], \"bad \uFFFD\": \"" +
          std::string(24, 'x') + "\"}");
  EXPECT_TRUE(in.finish());
  std::string shortest;
  CborWriter small(shortest);
  small.integer(1000);
  small.number(100'000.0);
  EXPECT_EQ(to_hex(shortest), "1903e8fa47c35000");
}

TEST(Cbor, TypedReadsRefuseOtherKinds) {
  std::int64_t number = 0;
  const std::string big = *from_hex("1bffffffffffffffff");
  EXPECT_FALSE(CborReader(big).read_int(number));
  const std::string text = *from_hex("6161");
  CborReader in(text);
  EXPECT_FALSE(in.read_int(number));
  EXPECT_EQ(in.error().message(), "invalid CBOR at byte 0: an integer was expected");
  std::string_view key;
  const std::string keyed = *from_hex("a10102");
  CborReader map(keyed);
  EXPECT_TRUE(map.begin_map());
  EXPECT_FALSE(map.next_key(key));
  EXPECT_FALSE(map.ok());
}

}  // namespace
}  // namespace postern
