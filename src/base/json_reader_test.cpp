#include "base/json_reader.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace postern {
namespace {

/// Whether the whole text is one JSON value, judged by skip_value.
bool json_reader_accepts(std::string_view text) {
  JsonReader in(text);
  return in.skip_value() && in.finish();
}

std::string json_reader_string(std::string_view text) {
  JsonReader in(text);
  std::string_view out;
  if (!in.read_string(out) || !in.finish()) return "error: " + in.error().message();
  return std::string(out);
}

TEST(JsonReader, ReadsAnObjectIntoVariables) {
  JsonReader in(
      R"( {"name" : "i-1", "count":-12, "ratio": 2.5e1, "on": true, "gone": null, "tags": ["a", "b"], "x": {} } )");
  ASSERT_TRUE(in.begin_object());
  std::string seen;
  std::string_view key;
  while (in.next_key(key)) {
    seen += std::string(key) + " ";
    std::string_view text;
    std::int64_t count = 0;
    double ratio = 0;
    bool on = false;
    if (key == "name") {
      EXPECT_TRUE(in.read_string(text));
      EXPECT_EQ(text, "i-1");
    } else if (key == "count") {
      EXPECT_TRUE(in.read_int(count));
      EXPECT_EQ(count, -12);
    } else if (key == "ratio") {
      EXPECT_TRUE(in.read_double(ratio));
      EXPECT_EQ(ratio, 25);
    } else if (key == "on") {
      EXPECT_TRUE(in.read_bool(on));
      EXPECT_TRUE(on);
    } else if (key == "gone") {
      EXPECT_EQ(in.peek(), JsonReader::Kind::null);
      EXPECT_TRUE(in.read_null());
    } else if (key == "tags") {
      ASSERT_TRUE(in.begin_array());
      int count_tags = 0;
      while (in.next_element()) {
        EXPECT_TRUE(in.read_string(text));
        ++count_tags;
      }
      EXPECT_EQ(count_tags, 2);
    } else {
      EXPECT_TRUE(in.skip_value());
    }
  }
  EXPECT_TRUE(in.finish()) << in.error().message();
  EXPECT_EQ(seen, "name count ratio on gone tags x ");
}

TEST(JsonReader, AcceptsWhatTheGrammarAllows) {
  for (const std::string_view text :
       {"0", "-0", "1.5", "1e5", "1E+5", "1e-05", "\"\"", "[]", "{}", "[[],{}]", " [ 1 , 2 ] ", "true", "false", "null",
        "\"\\u00e9\\ud83d\\ude00\"", "{\"a\":{\"a\":[{}]}}", "\"\xC3\xA9\"", "123456789012345678901234567890"}) {
    EXPECT_TRUE(json_reader_accepts(text)) << text;
  }
}

TEST(JsonReader, RefusesWhatTheGrammarDoesNot) {
  for (const std::string_view text : {"",
                                      " ",
                                      "[",
                                      "]",
                                      "{",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{,}",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\":1]",
                                      "[1}",
                                      "01",
                                      "-",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x1",
                                      "tru",
                                      "truee",
                                      "nul",
                                      "NaN",
                                      "\"",
                                      "\"\\\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\n\"",
                                      "\"a\x01\"",
                                      "1 2",
                                      "[] []",
                                      "'a'",
                                      "//x\n1",
                                      "\xEF\xBB\xBF{}"}) {
    EXPECT_FALSE(json_reader_accepts(text)) << text;
  }
}

TEST(JsonReader, RefusesInvalidUtf8) {
  for (const std::string_view text : {"\"\x80\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"",
                                      "\"\xE2\x82\"", "\"\xC3\"", "\"0123456789abcdef\xFF\"", "{\"\xFF\":1}"}) {
    EXPECT_FALSE(json_reader_accepts(text));
  }
  EXPECT_EQ(json_reader_string("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""), "é€😀");
}

TEST(JsonReader, DecodesEscapes) {
  EXPECT_EQ(json_reader_string(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(json_reader_string(R"("\u0041\u00e9\u20ac\ud83d\ude00")"), "Aé€😀");
  EXPECT_EQ(json_reader_string(R"("long plain run before the escape \n and after it as well")"),
            "long plain run before the escape \n and after it as well");
  EXPECT_EQ(json_reader_string("\"a\\u0000b\""), std::string("a\0b", 3));
}

TEST(JsonReader, ReplacesLoneSurrogates) {
  EXPECT_EQ(json_reader_string(R"("x\ud83d")"), "x\xEF\xBF\xBD");
  EXPECT_EQ(json_reader_string(R"("\ude00y")"), "\xEF\xBF\xBDy");
  EXPECT_EQ(json_reader_string(R"("\ud83d\u0041")"),
            "\xEF\xBF\xBD"
            "A");
}

TEST(JsonReader, ReadsWholeNumbers) {
  const auto read = [](std::string_view text) -> std::optional<std::int64_t> {
    JsonReader in(text);
    std::int64_t out = 0;
    if (!in.read_int(out) || !in.finish()) return std::nullopt;
    return out;
  };
  EXPECT_EQ(read("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read("3.0"), 3);
  EXPECT_EQ(read("3e2"), 300);
  EXPECT_EQ(read("9223372036854775808"), std::nullopt);
  EXPECT_EQ(read("3.5"), std::nullopt);
  EXPECT_EQ(read("1e30"), std::nullopt);
  EXPECT_EQ(read("\"3\""), std::nullopt);
}

TEST(JsonReader, ReadsDoubles) {
  const auto read = [](std::string_view text) -> std::optional<double> {
    JsonReader in(text);
    double out = 0;
    if (!in.read_double(out)) return std::nullopt;
    return out;
  };
  EXPECT_EQ(read("0.1"), 0.1);
  EXPECT_EQ(read("1e-400"), 0.0);
  EXPECT_EQ(read("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(read("1e999"), std::nullopt);
}

TEST(JsonReader, StopsAtItsDepth) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(json_reader_accepts(nested(64)));
  EXPECT_FALSE(json_reader_accepts(nested(65)));
  EXPECT_FALSE(json_reader_accepts(std::string(1'000'000, '[')));
  JsonReader deep(std::string_view("[[[]]]"), 2);
  EXPECT_FALSE(deep.skip_value());
  EXPECT_EQ(deep.error().message(), "invalid JSON at 1:3: too deeply nested");
}

TEST(JsonReader, SaysWhere) {
  JsonReader in("{\n  \"a\": 1,\n  \"b\" 2}");
  EXPECT_FALSE(in.skip_value());
  EXPECT_EQ(in.error().message(), "invalid JSON at 3:7: ':' was expected");
  EXPECT_EQ(in.error().kind(), ErrorKind::malformed);
}

TEST(JsonReader, KeepsTheFirstFailure) {
  JsonReader in("[1, x]");
  ASSERT_TRUE(in.begin_array());
  ASSERT_TRUE(in.next_element());
  std::string_view text;
  EXPECT_FALSE(in.read_string(text));
  const std::string first = in.error().message();
  EXPECT_FALSE(in.next_element());
  EXPECT_FALSE(in.skip_value());
  EXPECT_FALSE(in.finish());
  EXPECT_EQ(in.error().message(), first);
  EXPECT_EQ(first, "invalid JSON at 1:2: a string was expected");
}

TEST(JsonReader, TakesComplaintsOfTheCaller) {
  JsonReader in("{\"when\": \"never\"}");
  std::string_view text;
  ASSERT_TRUE(in.begin_object() && in.next_key(text) && in.read_string(text));
  EXPECT_FALSE(in.fail("not a timestamp"));
  EXPECT_EQ(in.error().message(), "invalid JSON at 1:10: not a timestamp");
}

TEST(JsonReader, GivesTheRawBytesOfAValue) {
  JsonReader in(R"([ {"a": [1, 2]} , 3])");
  ASSERT_TRUE(in.begin_array() && in.next_element());
  std::string_view raw;
  ASSERT_TRUE(in.read_raw(raw));
  EXPECT_EQ(raw, R"({"a": [1, 2]})");
  EXPECT_TRUE(in.next_element() && in.skip_value() && !in.next_element() && in.finish());
}

TEST(JsonReader, SurvivesEveryPrefix) {
  const std::string text = R"({"a":[1,-2.5e3,"x\u00e9\n",true,null,{"b":"é"}],"c":{}})";
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_FALSE(json_reader_accepts(text.substr(0, i))) << i;
  EXPECT_TRUE(json_reader_accepts(text));
}

}  // namespace
}  // namespace postern
