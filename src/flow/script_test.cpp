#include "flow/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace postern::flow {
namespace script_test {

using Lines = std::vector<std::string>;
using ::testing::HasSubstr;

constexpr const char* kStrict = "set -eu; if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi";

Script script_of(std::string text, Strictness strictness) {
  Script script;
  script.text = std::move(text);
  script.strictness = strictness;
  return script;
}

Script words_of(std::vector<std::string> words, Strictness strictness) {
  Script script;
  script.words = std::move(words);
  script.strictness = strictness;
  return script;
}

CommandSpec encoded(const Script& script) {
  Result<CommandSpec> spec = encode_script(script);
  EXPECT_TRUE(spec) << spec.error().message();
  return spec ? std::move(*spec) : CommandSpec();
}

std::string all_of(const Lines& lines) {
  return join(lines, "\n");
}

TEST(EncodeScript, WordsArriveAsTheyAreAndOneWordIsShellText) {
  const auto words = encoded(words_of({"printf", "%s", "it's \"$HOME\""}, Strictness::lax));
  EXPECT_EQ(words.sh_lines, (Lines{R"(printf %s 'it'\''s "$HOME"')"}));
  EXPECT_EQ(words.powershell_lines.front(), R"(& 'printf' '%s' 'it''s "$HOME"')");
  const auto text = encoded(words_of({"df -h | tail -1"}, Strictness::strict));
  EXPECT_EQ(text.sh_lines, (Lines{kStrict, "df -h | tail -1"}));
}

TEST(EncodeScript, PlainTextGoesAsItsLinesAfterItsShebangLine) {
  EXPECT_EQ(encoded(script_of("a\nb\n", Strictness::lax)).sh_lines, (Lines{"a", "b"}));
  Script script = script_of("#!/bin/bash -x\necho hi\n", Strictness::strict);
  script.environment = {{"A", "1"}};
  EXPECT_EQ(encoded(script).sh_lines, (Lines{"#!/bin/bash -x", kStrict, "A=1; export A", "echo hi"}));
  EXPECT_EQ(encoded(script_of("#!/usr/bin/env bash", Strictness::lax)).sh_lines, (Lines{"#!/usr/bin/env bash"}));
}

TEST(EncodeScript, AWindowsTextLosesItsCarriageReturnsAndOtherBytesStay) {
  EXPECT_EQ(encoded(script_of("a\r\nb\r\n", Strictness::lax)).sh_lines, (Lines{"a", "b"}));
  const Lines mixed = encoded(script_of("a\r\nb\n", Strictness::lax)).sh_lines;
  EXPECT_THAT(all_of(mixed), HasSubstr("YQ0KYgo="));  // a CR LF b LF
}

TEST(EncodeScript, AnotherInterpreterAndAnyBytesGoByFile) {
  const Lines python = encoded(script_of("#!/usr/bin/env python3\nprint(1)\n", Strictness::strict)).sh_lines;
  EXPECT_THAT(all_of(python), HasSubstr("exec /usr/bin/env python3 \"$postern_dir/script\""));
  EXPECT_THAT(all_of(python), HasSubstr("umask 077"));
  const Lines binary = encoded(script_of(std::string("echo \xff\x00\n", 8), Strictness::lax)).sh_lines;
  EXPECT_THAT(all_of(binary), HasSubstr("exec sh \"$postern_dir/script\""));
}

TEST(EncodeScript, NothingThatIsSentCanBeInterpolated) {
  for (const std::string text :
       {"echo '{{ commands }}'\n", "#!/usr/bin/python3\nprint('{{ssm:x}}')\n", "{{{{", "param($x)\n{{"}) {
    Script script = script_of(text, Strictness::strict);
    script.environment = {{"A", "{{ global:DATE }}"}};
    const CommandSpec spec = encoded(script);
    for (const Lines& lines : {spec.sh_lines, spec.powershell_lines}) {
      for (const std::string& line : lines) {
        EXPECT_FALSE(may_be_interpolated(line)) << line;
        EXPECT_TRUE(is_plain_text(line)) << line;
      }
    }
  }
  const CommandSpec words = encoded(words_of({"echo", "{{ commands }}"}, Strictness::lax));
  EXPECT_FALSE(may_be_interpolated(all_of(words.sh_lines) + all_of(words.powershell_lines)));
}

TEST(EncodeScript, PowerShellStopsAndTellsTheExitCode) {
  const Lines strict = encoded(script_of("Get-Date\r\n", Strictness::strict)).powershell_lines;
  ASSERT_EQ(strict.size(), 3U);
  EXPECT_THAT(strict[0], HasSubstr("$ErrorActionPreference = 'Stop'"));
  EXPECT_EQ(strict[1], "Get-Date");
  EXPECT_EQ(strict[2], "if ($null -ne $LASTEXITCODE) { exit $LASTEXITCODE }");
  EXPECT_EQ(encoded(script_of("Get-Date", Strictness::lax)).powershell_lines, (Lines{"Get-Date"}));
  const Lines file = encoded(script_of("# about\nparam($x = 1)\n", Strictness::lax)).powershell_lines;
  EXPECT_THAT(all_of(file), HasSubstr("WriteAllBytes"));
}

TEST(EncodeScript, AScriptOfAnotherInterpreterSaysSoOnWindows) {
  const Script script = script_of("#!/bin/bash\necho\n", Strictness::strict);
  EXPECT_EQ(why_unfit(script, Shell::sh), "");
  EXPECT_THAT(why_unfit(script, Shell::powershell), HasSubstr("bash"));
  EXPECT_EQ(encoded(script).powershell_lines.back(), "exit 1");
  EXPECT_EQ(why_unfit(script_of("#!/usr/bin/env pwsh\n1\n", Strictness::lax), Shell::powershell), "");
}

TEST(EncodeScript, RefusesWhatSsmWouldRefuseAndTellsTheSize) {
  const std::string line(100, 'x');
  std::string text;
  while (text.size() < kScriptBytesMax) text += line + "\n";
  const auto refused = encode_script(script_of(text, Strictness::strict));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
  EXPECT_THAT(refused.error().message(), HasSubstr(std::to_string(text.size()) + " as it is"));
  const auto size = std::string(refused.error().context("size"));
  EXPECT_THAT(refused.error().message(), HasSubstr("takes " + size + " bytes"));
  // Base64 takes a third more: what fits as lines need not fit as bytes.
  const std::string bytes(50'000, '\xff');
  EXPECT_FALSE(encode_script(script_of(bytes, Strictness::lax)));
  EXPECT_TRUE(encode_script(script_of(bytes.substr(0, 42'000), Strictness::lax)));
  EXPECT_FALSE(encode_script(Script()));
  EXPECT_FALSE(encode_script(words_of({"echo", std::string("a\0b", 3)}, Strictness::lax)));
}

TEST(EncodedSize, IsThatOfTheJson) {
  const Lines lines = {"plain", "\"quoted\" \\ \t \n \x01", "", "\u00e4"};
  Json json = Json::array();
  for (const std::string& line : lines) json.push_back(line);
  // One comma more than there is: a bound, and an exact one otherwise.
  EXPECT_EQ(encoded_size(lines), json.dump().size() + 1);
}

}  // namespace script_test
}  // namespace postern::flow
