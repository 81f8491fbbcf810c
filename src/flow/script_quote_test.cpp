#include "flow/script_quote.hpp"

#include <gtest/gtest.h>

namespace postern::flow {
namespace script_quote_test {

TEST(QuoteForSh, LeavesPlainWordsAndQuotesTheRest) {
  EXPECT_EQ(quote_for_sh("/usr/bin/env"), "/usr/bin/env");
  EXPECT_EQ(quote_for_sh("it's \"$HOME\""), R"('it'\''s "$HOME"')");
  EXPECT_EQ(quote_for_sh(""), "''");
  EXPECT_EQ(quote_for_sh("a\nb"), "'a\nb'");
}

TEST(QuoteForPowershell, DoublesEveryKindOfSingleQuote) {
  EXPECT_EQ(quote_for_powershell("it's $x"), "'it''s $x'");
  EXPECT_EQ(quote_for_powershell("a\u2019b"), "'a\u2019\u2019b'");
}

TEST(ParseEnvVariable, TakesAnyValueAndRefusesBadNames) {
  const auto variable = parse_env_variable("A_1=x=y\n'\"\xff");
  ASSERT_TRUE(variable);
  EXPECT_EQ(*variable, EnvVariable("A_1", "x=y\n'\"\xff"));
  EXPECT_EQ(parse_env_variable("EMPTY=")->value, "");
  for (const char* bad : {"", "=x", "A", "1A=x", "A-B=x", "A B=x", "$(id)=x", "\u00c4=x", "postern_dir=x", "UID=0"}) {
    const auto refused = parse_env_variable(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
  }
  EXPECT_FALSE(parse_env_variable(std::string_view("A=\0", 3)));
}

TEST(ParseEnvVariables, TheLastOfANameCounts) {
  const std::vector<std::string> texts = {"A=1", "B=2", "A=3"};
  EXPECT_EQ(*parse_env_variables(texts), (std::vector<EnvVariable>{{"A", "3"}, {"B", "2"}}));
}

TEST(ExportForSh, IsOnePlainLineWithoutBraces) {
  EXPECT_EQ(export_for_sh({"A", "b c"}), "A='b c'; export A");
  EXPECT_EQ(export_for_sh({"A", "x\n%'{{ ssm:y }}"}),
            "A=$(printf 'x\\012\\045\\047\\173\\173 ssm:y }}x'); A=${A%x}; export A");
  for (const std::string value : {"\xff\x01", "a\r\n", "{{ commands }}", "\u0085"}) {
    const std::string line = export_for_sh({"A", value});
    EXPECT_TRUE(is_plain_text(line)) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(ExportForPowershell, IsOnePlainLineWithoutBraces) {
  EXPECT_EQ(export_for_powershell({"A", "it's"}), "$env:A = 'it''s'");
  EXPECT_EQ(export_for_powershell({"A", "{{x"}),
            "$env:A = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('e3t4'))");
}

TEST(IsPlainText, RefusesWhatCouldBeChangedOnItsWay) {
  EXPECT_TRUE(is_plain_text("a\tb\n\u00e4 {x} \u20ac"));
  for (const std::string bad : {"\x1b[0m", "a\rb", "{{x", "\xff", "\x7f", "\u009b"}) EXPECT_FALSE(is_plain_text(bad));
  EXPECT_FALSE(is_plain_text(std::string_view("\0", 1)));
}

}  // namespace script_quote_test
}  // namespace postern::flow
