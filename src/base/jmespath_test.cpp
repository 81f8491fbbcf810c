#include "base/jmespath.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern {
namespace {

Json json_of(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json.has_value()) << text;
  return json ? *json : Json();
}

Result<Json> query(std::string_view expression, const Json& input) {
  TRY(const jmespath::Expression compiled, jmespath::compile(expression));
  return compiled.search(input);
}

// The dumped result, or the error's message.
std::string answer(std::string_view expression, std::string_view input) {
  const auto result = query(expression, json_of(input));
  return result ? result->dump() : result.error().message();
}

std::filesystem::path compliance_folder() {
  const char* data = std::getenv("POSTERN_TEST_DATA");
  return std::filesystem::path(data != nullptr ? data : "../shared/data") / "jmespath";
}

std::string error_class(std::string_view name) {
  if (name == "syntax") return "syntax error";
  std::string words(name);
  std::replace(words.begin(), words.end(), '-', ' ');
  return words;
}

void check_case(const Json& given, const Json& test, const std::string& file) {
  const std::string expression(test["expression"].to_string().value_or(""));
  SCOPED_TRACE(file + ": " + expression);
  const auto result = query(expression, given);
  if (test.contains("error")) {
    ASSERT_FALSE(result.has_value()) << result->dump();
    EXPECT_TRUE(result.error().message().starts_with("query: " + error_class(test["error"].to_string().value_or("")) +
                                                     " at column "))
        << result.error().message();
    return;
  }
  ASSERT_TRUE(result.has_value()) << result.error().message();
  // Benchmark cases give no result: they need only evaluate.
  if (test.contains("result")) {
    EXPECT_EQ(*result, test["result"]) << result->dump();
  }
}

TEST(Jmespath, PassesTheComplianceSuite) {
  if (!std::filesystem::is_directory(compliance_folder())) {
    GTEST_SKIP() << "SKIPPED: no compliance cases in " << compliance_folder();
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(compliance_folder())) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  int count = 0;
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const Json suites = json_of(text.str());
    for (const Json& suite : suites.items()) {
      for (const Json& test : suite["cases"].items()) {
        check_case(suite["given"], test, file.filename().string());
        ++count;
      }
    }
  }
  EXPECT_EQ(count, 908);
}

TEST(Jmespath, TakesUnquotedLiteralsAsTheAwsCliDoes) {
  EXPECT_EQ(answer("[?State==`running`].Id", R"([{"Id":"a","State":"running"},{"Id":"b","State":"stopped"}])"),
            R"(["a"])");
  EXPECT_EQ(answer("` foo bar `", "null"), R"("foo bar")");
}

TEST(Jmespath, KeepsOrderOfMembers) {
  EXPECT_EQ(answer("{z: a, a: b}", R"({"a":1,"b":2})"), R"({"z":1,"a":2})");
  EXPECT_EQ(answer("keys(@)", R"({"z":1,"a":2})"), R"(["z","a"])");
  EXPECT_EQ(answer("merge(@, {z: `3`, c: `4`})", R"({"z":1,"a":2})"), R"({"z":3,"a":2,"c":4})");
}

TEST(Jmespath, NumbersStayExact) {
  EXPECT_EQ(answer("sum(@)", "[9223372036854775806,1]"), "9223372036854775807");
  EXPECT_EQ(answer("sum(@)", "[9223372036854775807,1]"), "9223372036854775808");
  EXPECT_EQ(answer("abs(@)", "-9223372036854775808"), "9223372036854775808");
  EXPECT_EQ(answer("floor(@)", "1e300"), "1e+300");
  EXPECT_EQ(answer("ceil(@)", "1.2"), "2");
  EXPECT_EQ(answer("@[?@ > `9007199254740992`]", "[9007199254740993,9007199254740992]"), "[9007199254740993]");
  EXPECT_EQ(answer("max(@)", "[9007199254740992,9007199254740993]"), "9007199254740993");
  EXPECT_EQ(answer("sort(@)", "[9007199254740993,9007199254740992.0,9007199254740992,-1.5,-2,1e300,-1e300]"),
            "[-1e+300,-2,-1.5,9007199254740992,9007199254740992,9007199254740993,1e+300]");
  EXPECT_EQ(answer("[@ < `1.5`, @ > `0.5`, @ <= `1.0`, @ >= `1.5`]", "1"), "[true,true,true,false]");
  EXPECT_EQ(answer("sort([@, avg([sum([`1e308`, `1e308`]), sum([`-1e308`, `-1e308`])])])", "1"), "[null,1]");
  EXPECT_EQ(answer("to_number(@)", "\" 1\""), "null");
}

TEST(Jmespath, SlicesWithExtremeBounds) {
  EXPECT_EQ(answer("[::9223372036854775807]", "[1,2,3]"), "[1]");
  EXPECT_EQ(answer("[::-9223372036854775807]", "[1,2,3]"), "[3]");
  EXPECT_EQ(answer("[-9223372036854775808:9223372036854775807]", "[1,2,3]"), "[1,2,3]");
  EXPECT_EQ(answer("[9223372036854775807:-9223372036854775808:-1]", "[1,2,3]"), "[3,2,1]");
  EXPECT_EQ(answer("[-9223372036854775808]", "[1,2,3]"), "null");
}

TEST(Jmespath, CountsCharactersNotBytes) {
  EXPECT_EQ(answer("length(@)", "\"a\xC3\xA9\xF0\x9F\x98\x80\""), "3");
  EXPECT_EQ(answer("reverse(@)", "\"a\xC3\xA9\xF0\x9F\x98\x80\""),
            "\"\xF0\x9F\x98\x80\xC3\xA9"
            "a\"");
}

TEST(Jmespath, SyntaxErrorsShowThePlace) {
  const struct {
    std::string_view expression;
    std::string_view message;
  } cases[] = {
      {"foo.]", "query: syntax error at column 5: unexpected ]\n  foo.]\n      ^"},
      {"foo.", "query: syntax error at column 5: the query ends too early\n  foo.\n      ^"},
      {"", "query: syntax error at column 1: the query ends too early\n  \n  ^"},
      {"a = b", "query: syntax error at column 3: a single '=' (did you mean '=='?)\n  a = b\n    ^"},
      {"'\xC3\xA9' #", "query: syntax error at column 5: unexpected character '#'\n  '\xC3\xA9' #\n      ^"},
      {"lenght(@)", "query: unknown function at column 1: lenght() (did you mean length()?)\n  lenght(@)\n  ^"},
      {"a.sum()", "query: invalid arity at column 3: sum() takes 1 argument, not 0\n  a.sum()\n    ^"},
      {"not_null()",
       "query: invalid arity at column 1: not_null() takes at least 1 argument, not 0\n  not_null()\n  ^"},
      {"a[::0]", "query: invalid value at column 2: the step of a slice cannot be 0\n  a[::0]\n   ^"},
      {"a[?b=='x']\n.]", "query: syntax error at column 13: unexpected ]\n  a[?b=='x']\\n.]\n               ^"},
      {"length(a,)", "query: syntax error at column 10: unexpected )\n  length(a,)\n           ^"},
      {"&a", "query: syntax error at column 1: unexpected &\n  &a\n  ^"},
  };
  for (const auto& c : cases) {
    const auto result = jmespath::compile(c.expression);
    ASSERT_FALSE(result.has_value()) << c.expression;
    EXPECT_EQ(result.error().message(), c.message);
    EXPECT_EQ(result.error().kind(), ErrorKind::usage);
  }
  const auto far = jmespath::compile(std::string(200, 'a') + " ! " + std::string(200, 'b'));
  ASSERT_FALSE(far.has_value());
  EXPECT_EQ(far.error().message(), "query: syntax error at column 202: unexpected !\n  ..." + std::string(49, 'a') +
                                       " ! " + std::string(23, 'b') + "...\n  " + std::string(53, ' ') + "^");
}

TEST(Jmespath, TypeErrorsSayWhatWasWanted) {
  EXPECT_EQ(answer("a.sum(b)", R"({"a":{"b":"x"}})"),
            "query: invalid type at column 3: sum() must be an array of numbers, not string");
  EXPECT_EQ(answer("join(`1`, @)", "[]"),
            "query: invalid type at column 1: join() argument 1 must be a string, not number");
  EXPECT_EQ(answer("sort_by(@, &a)", R"([{"a":1},{"a":"x"}])"),
            "query: invalid type at column 1: sort_by(): the expression must give only numbers or only strings, "
            "but it gave string");
  EXPECT_EQ(answer("length(&a)", "{}"),
            "query: invalid type at column 1: length() must be a string or an array or an object, not an expression");
}

TEST(Jmespath, HostileQueriesAreRefused) {
  const auto refused = [](const std::string& expression) {
    const auto result = jmespath::compile(expression);
    EXPECT_FALSE(result.has_value()) << expression.substr(0, 20);
  };
  const auto repeat = [](std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  for (const std::string_view open :
       {"(", "[", "{a:", "!", "[?", "a[?", "to_array(", "foo[*].", "a.[", "&", "*.", "[]"}) {
    refused(repeat(open, 20'000));
    refused(repeat(open, 60'000 / static_cast<int>(open.size())) + "a");
  }
  refused(repeat("a==", 20'000) + "a");
  refused(repeat("[@]|", 10'000) + "@");
  refused(std::string(70'000, 'a'));
  refused("\"\xFF\"");
  // Long is not deep.
  EXPECT_TRUE(jmespath::compile(repeat("a.", 10'000) + "a").has_value());
  EXPECT_TRUE(jmespath::compile(repeat("a||", 10'000) + "a").has_value());
  EXPECT_TRUE(jmespath::compile("[" + repeat("a,", 10'000) + "a]").has_value());
}

TEST(Jmespath, WorkIsBounded) {
  const auto repeat = [](std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  const std::string doubling[] = {repeat("[@,@]|[]|", 60) + "length(@)",
                                  repeat("[@,@]|join('',@)|", 100) + "length(@)"};
  for (const std::string& expression : doubling) {
    const auto result = query(expression, json_of("\"x\""));
    ASSERT_FALSE(result.has_value()) << expression;
    EXPECT_NE(result.error().message().find("too much work"), std::string::npos) << result.error().message();
  }
}

}  // namespace
}  // namespace postern
