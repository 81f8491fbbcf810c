#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/json_reader.hpp"

namespace postern {
namespace {

TEST(JsonWriter, PlacesCommas) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.key("a");
  w.begin_array();
  w.integer(1);
  w.number(2.5);
  w.string("x");
  w.begin_object();
  w.end_object();
  w.begin_array();
  w.end_array();
  w.null();
  w.end_array();
  w.key("b");
  w.boolean(true);
  w.key("c");
  w.raw("{\"d\":0}");
  w.end_object();
  EXPECT_EQ(out, R"({"a":[1,2.5,"x",{},[],null],"b":true,"c":{"d":0}})");
}

TEST(JsonWriter, Escapes) {
  std::string out;
  append_json_string(out, std::string_view("q\" b\\ \n\r\t\b\f\x01\x1f/é\0z", 18));
  EXPECT_EQ(out, R"("q\" b\\ \n\r\t\b\f\u0001\u001f/é\u0000z")");
}

TEST(JsonWriter, ReplacesMalformedUtf8) {
  std::string out;
  append_json_string(out, "a\xFF\xED\xA0\x80z");
  JsonReader in(out);
  std::string_view text;
  ASSERT_TRUE(in.read_string(text)) << out;
  EXPECT_TRUE(text.starts_with("a\xEF\xBF\xBD"));
  EXPECT_TRUE(text.ends_with("z"));
}

TEST(JsonWriter, WritesTheShortestNumber) {
  std::string out;
  JsonWriter w(out);
  w.begin_array();
  w.number(0.1);
  w.number(0.1F);
  w.number(1e21);
  w.number(3.0);
  w.integer(std::numeric_limits<std::int64_t>::min());
  w.number(std::numeric_limits<double>::quiet_NaN());
  w.number(std::numeric_limits<double>::infinity());
  w.end_array();
  EXPECT_EQ(out, "[0.1,0.1,1e+21,3,-9223372036854775808,null,null]");
}

}  // namespace
}  // namespace postern
