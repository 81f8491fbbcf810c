#include "base/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace postern {
namespace {

Json parsed(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json.has_value()) << text << ": " << (json ? "" : json.error().to_text());
  return json ? *json : Json();
}

TEST(Json, ParsesAndDumpsCompactly) {
  const char* const same[] = {"null",
                              "true",
                              "false",
                              "0",
                              "-1",
                              "9223372036854775807",
                              "-9223372036854775808",
                              "1.5",
                              "-2.25e-07",
                              "1e+22",
                              R"("")",
                              R"("a\"b\\c\n\t\u0001\u007f")",
                              "\"\xC3\xA9\xF0\x9F\x98\x80\"",
                              "[]",
                              "{}",
                              R"([1,"a",null,[true]])",
                              R"({"b":1,"a":{"c":[]}})"};
  for (const char* text : same) EXPECT_EQ(parsed(text).dump(), text);
  EXPECT_EQ(parsed(" \r\n\t[ 1 , 2 ]\n ").dump(), "[1,2]");
  EXPECT_EQ(parsed(R"("\u00e9\ud83d\ude00\/")").dump(), "\"\xC3\xA9\xF0\x9F\x98\x80/\"");
}

TEST(Json, RefusesWhatRfc8259DoesNotAllow) {
  const char* const bad[] = {"",
                             " ",
                             "[1,]",
                             "{\"a\":1,}",
                             "01",
                             "+1",
                             ".5",
                             "1.",
                             "nul",
                             "NaN",
                             "Infinity",
                             "'a'",
                             "\"\t\"",
                             "\"\\x\"",
                             "[1 2]",
                             "{a:1}",
                             "[1]]",
                             "1 2",
                             "// c\n1",
                             "{\"a\"}",
                             "\"\\ud800\"",
                             "[",
                             "\"abc",
                             "1e999",
                             "-1e999",
                             "\xEF\xBB\xBF[]",
                             "\"\xC3\"",
                             "\"\xED\xA0\x80\"",
                             "\"\xC0\x80\"",
                             "-"};
  for (const char* text : bad) {
    const auto json = Json::parse(text);
    EXPECT_FALSE(json.has_value()) << text;
    if (!json) {
      EXPECT_EQ(json.error().kind(), ErrorKind::malformed);
    }
  }
  EXPECT_FALSE(Json::parse(std::string_view("1\0", 2)).has_value());
}

TEST(Json, ErrorSaysLineAndColumn) {
  const auto json = Json::parse("{\n  \"a\": 1,\n  \"\xC3\xA9\": x\n}");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().message(), "invalid JSON at 3:8: syntax error");
  const auto cut = Json::parse("[1,\n");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().message(), "invalid JSON at 2:1: the document ends too early");
  const auto more = Json::parse("{} x");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().message(), "invalid JSON at 1:4: something follows the end of the document");
}

TEST(Json, DepthIsLimited) {
  EXPECT_TRUE(Json::parse(std::string(256, '[') + std::string(256, ']')).has_value());
  EXPECT_FALSE(Json::parse(std::string(257, '[') + std::string(257, ']')).has_value());
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')).has_value());
}

TEST(Json, NumbersKeepTheirValue) {
  EXPECT_TRUE(parsed("9223372036854775807").is_int());
  EXPECT_FALSE(parsed("9223372036854775808").is_int());
  EXPECT_EQ(parsed("18446744073709551616").as_double(), 18446744073709551616.0);
  EXPECT_EQ(parsed("123456789012345678901234567890").as_double(), 123456789012345678901234567890.0);
  EXPECT_EQ(parsed("0.1").as_double(), 0.1);
  EXPECT_EQ(parsed("7.2057594037927933e16").as_double(), 7.2057594037927933e16);
  EXPECT_EQ(parsed("2.2250738585072011e-308").as_double(), 2.2250738585072011e-308);
  EXPECT_EQ(parsed("1e-400").as_double(), 0.0);
  EXPECT_EQ(parsed("-444444444444444444.446e-2110").dump(), "-0.0");
  EXPECT_EQ(parsed("-0.0").dump(), "-0.0");
  EXPECT_EQ(parsed("1e-999999999").dump(), "0");
  EXPECT_EQ(parsed("0." + std::string(400, '0') + "1").dump(), "0");
  EXPECT_EQ(parsed("0." + std::string(400, '0') + "1e401").dump(), "1");
  EXPECT_EQ(parsed("0e999999999").dump(), "0");
  EXPECT_FALSE(Json::parse("1" + std::string(400, '0') + ".5e-10").has_value());
  EXPECT_FALSE(Json::parse("1e99999999999999999999").has_value());
  EXPECT_EQ(parsed("3.14159265358979323846264338327950288419716939937510").as_double(), 3.141592653589793);
  EXPECT_EQ(Json(std::numeric_limits<std::uint64_t>::max()).as_double(), 18446744073709551616.0);
  EXPECT_EQ(Json(1.0).dump(), "1");
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(std::nan("")).dump(), "null");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, EqualityComparesValues) {
  EXPECT_EQ(Json(1), Json(1.0));
  EXPECT_NE(Json(1), Json(1.5));
  EXPECT_NE(Json(1), Json(true));
  EXPECT_NE(Json(0), Json(nullptr));
  // 2^53 + 1 is not a double: comparing as doubles would call them equal.
  EXPECT_NE(Json(std::int64_t{9007199254740993}), Json(9007199254740992.0));
  EXPECT_NE(Json(std::numeric_limits<std::int64_t>::max()), Json(9223372036854775808.0));
  EXPECT_EQ(parsed(R"({"a":1,"b":[2]})"), parsed(R"({"b":[2.0],"a":1})"));
  EXPECT_NE(parsed(R"({"a":1})"), parsed(R"({"a":1,"b":null})"));
  EXPECT_NE(parsed("[1,2]"), parsed("[2,1]"));
}

TEST(Json, ObjectKeepsOrderAndLastDuplicateWins) {
  EXPECT_EQ(parsed(R"({"z":1,"a":2,"z":3})").dump(), R"({"z":3,"a":2})");
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i % 40) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const Json json = parsed(text);
  EXPECT_EQ(json.size(), 40U);
  EXPECT_EQ(json["k0"], Json(80));
  EXPECT_EQ(json["k39"], Json(79));
  EXPECT_EQ(json.members()[3].key, "k3");
  EXPECT_EQ(json.find("k40"), nullptr);
}

TEST(Json, ManyKeysAreFoundInAnyOrderOfInsertion) {
  Json json;
  for (int i = 0; i < 500; ++i) json.set(std::to_string(i * 7919 % 500), i);
  EXPECT_EQ(json.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(json[std::to_string(i * 7919 % 500)], Json(i));
  for (int i = 0; i < 495; ++i) json.erase(std::to_string(i));
  json.erase("none");
  EXPECT_EQ(json.size(), 5U);
  EXPECT_TRUE(json.contains("497"));
  EXPECT_FALSE(json.contains("3"));
}

TEST(Json, BuildersAndPrettyPrint) {
  Json json = Json::object()
                  .set("name", "web")
                  .set("count", std::size_t{2})
                  .set("ids", Json::array().push_back("i-1").push_back("i-2"))
                  .set("none", Json::array())
                  .set("tags", Json::object())
                  .set("ok", true);
  json.set("count", 3);
  EXPECT_EQ(json.dump(), R"({"name":"web","count":3,"ids":["i-1","i-2"],"none":[],"tags":{},"ok":true})");
  EXPECT_EQ(json.dump_pretty(),
            "{\n  \"name\": \"web\",\n  \"count\": 3,\n  \"ids\": [\n    \"i-1\",\n    \"i-2\"\n  ],\n"
            "  \"none\": [],\n  \"tags\": {},\n  \"ok\": true\n}");
  EXPECT_EQ(json["ids"].items()[1].to_string(), "i-2");
  EXPECT_EQ(json["absent"]["deeper"], Json());
}

TEST(Json, CopiesDoNotSeeLaterChanges) {
  Json inner = Json::array().push_back(1);
  Json outer = Json::object().set("list", inner);
  const Json copy = outer;
  inner.push_back(2);
  outer.set("list", inner);
  outer.set("more", nullptr);
  EXPECT_EQ(copy.dump(), R"({"list":[1]})");
  EXPECT_EQ(outer.dump(), R"({"list":[1,2],"more":null})");
  outer = outer["list"];
  EXPECT_EQ(outer.dump(), "[1,2]");
  outer.push_back(outer);
  EXPECT_EQ(outer.dump(), "[1,2,[1,2]]");
}

TEST(Json, ReadsByKind) {
  EXPECT_EQ(Json(3.0).to_int(), 3);
  EXPECT_EQ(Json(3.5).to_int(), std::nullopt);
  EXPECT_EQ(Json(9223372036854775808.0).to_int(), std::nullopt);
  EXPECT_EQ(Json("3").to_int(), std::nullopt);
  EXPECT_EQ(Json(3).to_double(), 3.0);
  EXPECT_EQ(Json(true).to_bool(), true);
  EXPECT_EQ(Json(1).to_bool(), std::nullopt);
  EXPECT_EQ(Json("x").to_string(), "x");
  const Json scalar("x");
  EXPECT_TRUE(scalar.items().empty());
  EXPECT_TRUE(scalar.members().empty());
  EXPECT_EQ(to_string(Json(1.5).kind()), "number");
}

TEST(Json, MalformedUtf8IsReplacedWhenDumped) {
  EXPECT_EQ(Json("a\xFF").dump(), "\"a\xEF\xBF\xBD\"");
}

TEST(Json, DeepValuesAreDestroyedWithoutRecursion) {
  Json json;
  for (int i = 0; i < 200'000; ++i) {
    Json outer = Json::array();
    outer.push_back(std::move(json));
    json = std::move(outer);
  }
  EXPECT_EQ(json.size(), 1U);
}

TEST(JsonDeathTest, WrongKindIsAProgrammingError) {
  EXPECT_DEATH(static_cast<void>(Json(1).as_string()), "CHECK failed");
  EXPECT_DEATH(Json(1).push_back(2), "CHECK failed");
}

}  // namespace
}  // namespace postern
