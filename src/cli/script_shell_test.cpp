// The lines of flow/script.hpp, really run by every shell that this machine has, as the agent runs them: joined with
// line feeds, in a file, by the interpreter that its first line names.

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "cli/shell_bed.hpp"
#include "flow/script.hpp"

namespace postern::cli {
namespace script_shell_test {

class ScriptShellTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!bed_.has_shell()) GTEST_SKIP() << "this machine has no " << GetParam();
  }
  void write(const std::string& name, const std::string& bytes) { bed_.write(name, bytes); }

  os::ProcessResult run(const flow::Script& script) {
    const auto spec = flow::encode_script(script);
    EXPECT_TRUE(spec) << spec.error().message();
    const std::string text = join(spec->sh_lines, "\n") + "\n";
    write("/_script.sh", text);
    return bed_.run({bed_.folder() + "/_script.sh"}, std::string(), text.starts_with("#!"));
  }
  os::ProcessResult run_text(std::string text) {
    flow::Script script;
    script.text = std::move(text);
    return run(script);
  }

  ShellBed bed_{GetParam()};
};

std::string every_byte() {
  std::string all;
  for (int byte = 255; byte > 0; --byte) all += static_cast<char>(byte);
  return all;
}

TEST_P(ScriptShellTest, WordsArriveAsTheyAre) {
  flow::Script script;
  const std::vector<std::string> words = {"it's \"$HOME\" `id` \\n", "",       "-n",         "a\nb",
                                          "{{ commands }}",          "a\r\nb", every_byte(), "\xe2\x82"};
  script.words = {"printf", "%s|"};
  std::string expected;
  for (const std::string& word : words) {
    script.words.push_back(word);
    expected += word + "|";
  }
  const auto done = run(script);
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(done.output, expected);
}

TEST_P(ScriptShellTest, VariablesArriveAsTheyAre) {
  const std::string values[] = {
      "", "plain", "it's \"$HOME\" `id` \\n %s", "a\nb\n\n", "{{ssm:x}}", "-n x\n", "\xe2", "\xff\xfe", every_byte()};
  for (const char* text :
       {"printf %s \"$V\"", "#!/bin/sh\nprintf %s \"$V\"\n", "#!/usr/bin/env -S sh\nprintf %s \"$V\" '\x01'\n"}) {
    for (const std::string& value : values) {
      flow::Script script;
      script.text = text;
      script.environment = {{"V", value}};
      auto done = run(script);
      EXPECT_EQ(done.exit_code, 0) << done.errors;
      if (done.output.ends_with('\x01') && script.text.find('\x01') != std::string::npos) done.output.pop_back();
      EXPECT_EQ(done.output, value);
    }
  }
}

TEST_P(ScriptShellTest, AFailingCommandInTheMiddleIsNotMasked) {
  for (const char* text : {"false\necho after", "true | false | true\necho after", "echo $POSTERN_UNSET\necho after"}) {
    const bool pipe = std::string_view(text).find('|') != std::string_view::npos;
    const auto done = run_text(text);
    const bool knows_pipefail = !pipe || std::string_view(GetParam()) != "dash";
    EXPECT_EQ(done.exit_code == 0, !knows_pipefail) << text;
    EXPECT_EQ(done.output.empty(), knows_pipefail) << text;
  }
  flow::Script lax;
  lax.text = "false\necho after";
  lax.strictness = flow::Strictness::lax;
  EXPECT_EQ(run(lax).output, "after\n");
}

TEST_P(ScriptShellTest, TheNginxExampleOfTheBriefIsReportedFailed) {
  // aws ssm send-command ... 'commands=["sudo apt update -y", "sudo apt install nginx -y", "systemctl enable nginx",
  // "systemctl start nginx"]', of which Run Command reports only the last one's end.
  const std::string example =
      "sudo apt update -y\nsudo apt install nginx -y\nsystemctl enable nginx\nsystemctl start nginx\n";
  write("/bin/sudo", "#!/bin/sh\necho \"sudo $*\"\n[ \"$2\" != install ] || { echo no candidate >&2; exit 100; }\n");
  write("/bin/systemctl", "#!/bin/sh\necho \"systemctl $*\"\n");
  const auto strict = run_text(example);
  EXPECT_EQ(strict.exit_code, 100);
  EXPECT_EQ(strict.output, "sudo apt update -y\nsudo apt install nginx -y\n");
  flow::Script lax;
  lax.text = example;
  lax.strictness = flow::Strictness::lax;
  EXPECT_EQ(run(lax).exit_code, 0) << "what Run Command does by itself";
}

TEST_P(ScriptShellTest, AnotherInterpreterRunsEveryByteFromAPrivateFile) {
  write("/bin/show",
        "#!/bin/sh\n[ $# = 2 ] || exit 9\nprintf '%s|' \"$1\"; stat -c %a \"$2\" \"${2%/*}\"; cat \"$2\"; exit 7\n");
  const std::string text = "#!" + bed_.folder() + "/bin/show one arg\r\n" + every_byte() +
                           "\r\n{{ commands }}\nPOSTERN_END\n" + std::string(5'000, 'z');
  const auto done = run_text(text);
  EXPECT_EQ(done.exit_code, 7) << done.errors;
  EXPECT_EQ(done.output, "one arg|600\n700\n" + text);
}

TEST_P(ScriptShellTest, ATextThatIsNotPlainIsStillTheShells) {
  const auto done = run_text("echo '{{ commands }}'\nprintf '\x01\xff'\nfalse\necho after\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_EQ(done.output, "{{ commands }}\n\x01\xff");
  const auto windows = run_text("if true; then\r\n  echo yes\r\nfi\r\n");
  EXPECT_EQ(windows.output, "yes\n");
}

TEST_P(ScriptShellTest, AMissingDecoderIsToldAndNothingRuns) {
  write("/bin/base64", "#!/bin/sh\nexit 1\n");
  write("/bin/openssl", "#!/bin/sh\nexit 1\n");
  if (std::string_view(GetParam()) == "busybox") GTEST_SKIP() << "busybox has a base64 of its own";
  const auto done = run_text("#!/bin/cat\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_EQ(done.output, "");
  EXPECT_NE(done.errors.find("did not arrive whole"), std::string::npos);
}

TEST_P(ScriptShellTest, WithoutBase64OpensslDecodes) {
  if (ShellBed::found_on_path("openssl").empty()) GTEST_SKIP() << "this machine has no openssl";
  if (std::string_view(GetParam()) == "busybox") GTEST_SKIP() << "busybox has a base64 of its own";
  write("/bin/base64", "#!/bin/sh\nexit 1\n");
  const auto done = run_text("#!/bin/cat\n" + every_byte());
  EXPECT_EQ(done.output, "#!/bin/cat\n" + every_byte());
}

INSTANTIATE_TEST_SUITE_P(Shells, ScriptShellTest, ::testing::Values("dash", "bash", "busybox"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace script_shell_test
}  // namespace postern::cli
