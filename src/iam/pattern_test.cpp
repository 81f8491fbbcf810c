#include "iam/pattern.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "iam/condition.hpp"

namespace postern::iam {
namespace {

const KeyLookup kNoKeys(nullptr, nullptr, nullptr, nullptr);

bool like(std::string_view pattern, std::string_view text) {
  TextPattern::Options options;
  return TextPattern(pattern, options).matches(text, kNoKeys);
}

// Every string over {a, b} up to four characters against every pattern over {a, *, ?} up to five, compared with the
// plain recursive definition.
bool slow_like(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i)
      if (slow_like(pattern.substr(1), text.substr(i))) return true;
    return false;
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && slow_like(pattern.substr(1), text.substr(1));
}

std::vector<std::string> words(std::string_view alphabet, std::size_t length_max) {
  std::vector<std::string> all{""};
  for (std::size_t from = 0, length = 0; length < length_max; ++length) {
    const std::size_t to = all.size();
    for (; from < to; ++from)
      for (const char c : alphabet) all.push_back(all[from] + c);
  }
  return all;
}

TEST(TextPattern, AgreesWithTheDefinitionOfAGlob) {
  const std::vector<std::string> texts = words("ab", 4);
  for (const std::string& pattern : words("ab*?", 5))
    for (const std::string& text : texts)
      ASSERT_EQ(like(pattern, text), slow_like(pattern, text)) << pattern << " " << text;
}

TEST(TextPattern, HostilePatternsTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 5000; ++i) pattern += "a*";
  const std::string text(100000, 'a');
  EXPECT_TRUE(like(pattern, text));
  EXPECT_FALSE(like(pattern + "b", text));
  EXPECT_FALSE(like("*" + std::string(50000, 'a') + "b*", text));
  std::string questions;
  for (int i = 0; i < 500; ++i) questions += "*a?";
  EXPECT_TRUE(like(questions, text));
  EXPECT_FALSE(like(questions + "b", text));
}

TEST(TextPattern, ARequestCannotSmuggleWildcards) {
  RequestContext context;
  context.set("aws:PrincipalTag/t", "\x01");
  const KeyLookup keys(nullptr, &context, nullptr, nullptr);
  TextPattern::Options options;
  options.variables = Variables::on;
  const TextPattern pattern("${aws:PrincipalTag/t}", options);
  EXPECT_FALSE(pattern.matches("anything", keys));
  EXPECT_FALSE(pattern.matches("\x01", keys));
  EXPECT_FALSE(like("abc",
                    "a\x02"
                    "c"));
}

TEST(TextPattern, WhatIsNoVariableStandsForItself) {
  TextPattern::Options options;
  options.variables = Variables::on;
  EXPECT_TRUE(TextPattern("a${b", options).matches("a${b", kNoKeys));
  EXPECT_TRUE(TextPattern("a${}b", options).matches("a${}b", kNoKeys));
  EXPECT_TRUE(TextPattern("${name}", options).matches("${name}", kNoKeys));
  EXPECT_FALSE(TextPattern("${name}", options).has_variables());
  EXPECT_TRUE(TextPattern("${*}${*}", options).matches("**", kNoKeys));
}

TEST(ArnPattern, FieldsAreApart) {
  const std::string_view arn = "arn:aws:ssm:us-east-1:111122223333:document/a:b";
  const auto matches = [&](std::string_view pattern) {
    return ArnPattern(pattern, Variables::off, ArnPattern::VariableFields::last).matches(arn, split_arn(arn), kNoKeys);
  };
  EXPECT_TRUE(matches("*"));
  EXPECT_TRUE(matches("arn:aws:ssm:*:*:*"));
  EXPECT_TRUE(matches("arn:aws:ssm"));
  EXPECT_TRUE(matches("arn:*"));
  EXPECT_TRUE(matches("arn:aws:ssm:us-*-1:1111*:*:b"));
  EXPECT_FALSE(matches("arn:aws:ssm:*:document/a:b"));
  EXPECT_FALSE(matches("arn:aws:s*m*1:111122223333:document/a:b"));
}

TEST(AddressRange, ParsesAndContains) {
  for (const std::string_view bad :
       {"", "/8", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/33", "::/129", "1.2.3.4 ", "10.0.0.0/8/8"})
    EXPECT_FALSE(AddressRange::parse(bad)) << bad;
  const auto range = AddressRange::parse("10.16.0.0/12");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains(*AddressRange::parse("10.31.255.255")));
  EXPECT_FALSE(range->contains(*AddressRange::parse("10.32.0.0")));
  EXPECT_FALSE(range->contains(*AddressRange::parse("10.0.0.0/8"))) << "a wider range is not inside";
}

TEST(ConditionTime, Forms) {
  const auto at = [](std::string_view text) { return parse_condition_time(text); };
  EXPECT_EQ(at("2026-11-21T10:00:00Z"), at("2026-11-21T11:30:00+01:30"));
  EXPECT_EQ(at("2026-11-21T10:00Z"), at("2026-11-21T10:00:00.000Z"));
  EXPECT_EQ(at("2026-11"), at("2026-11-01"));
  EXPECT_EQ(at("2026"), at("2026-01-01T00:00:00Z"));
  EXPECT_EQ(at("0"), at("1970-01-01"));
  for (const std::string_view bad : {"", "soon", "2026-02-30", "2026-11-21T", "2026-11-21T25:00Z",
                                     "2026-11-21T10:00:00.Z", "2026-11-21T10:00:00Zz", "1e99", "-", "T"})
    EXPECT_FALSE(at(bad)) << bad;
}

}  // namespace
}  // namespace postern::iam
