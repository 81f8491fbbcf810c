// The frames of exec, and what makes them, really run by the shells of this machine, without a terminal. With one:
// tests/e2e/session_e2e.py.

#include "cli/exec_frames.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/encoding.hpp"
#include "os/processes.hpp"
#include "rt/loop.hpp"
#include "world/random.hpp"

namespace postern::cli {
namespace exec_frames_test {

using Kind = ExecFrame::Kind;

const ExecMark kMark("p0123456789ab");

std::vector<ExecFrame> frames_of(std::string_view text, std::size_t piece) {
  ExecReader reader(kMark);
  std::vector<ExecFrame> out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    reader.feed(text.substr(at, piece));
    while (std::optional<ExecFrame> frame = reader.next()) out.push_back(std::move(*frame));
  }
  if (std::optional<ExecFrame> frame = reader.rest()) out.push_back(std::move(*frame));
  return out;
}

TEST(ExecReader, TakesLinesApartWhereverTheyAreCut) {
  const std::string text = "Welcome\r\np0123456789abR1\np0123456789abOYgo=\r\np0123456789abEAP8=\np0123456789abo\n" +
                           kMark.text + "X7\n" + kMark.text + "f\ntail";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const std::vector<ExecFrame> frames = frames_of(text, piece);
    ASSERT_EQ(frames.size(), 8U) << "pieces of " << piece;
    EXPECT_EQ(frames[0].kind, Kind::noise);
    EXPECT_EQ(frames[0].bytes, "Welcome\n");
    EXPECT_TRUE(frames[1].kind == Kind::ready && frames[1].takes_input);
    EXPECT_EQ(frames[2].bytes, "b\n");
    EXPECT_EQ(frames[3].kind, Kind::errors);
    EXPECT_EQ(frames[3].bytes, std::string("\0\xff", 2));
    EXPECT_EQ(frames[4].kind, Kind::output_end);
    EXPECT_EQ(frames[5].exit_code, 7);
    EXPECT_EQ(frames[6].kind, Kind::errors_end);
    EXPECT_EQ(frames[7].bytes, "tail");
  }
}

TEST(ExecReader, WhatOnlyLooksLikeAFrameIsNone) {
  for (const std::string text : {"p0123456789abO!!", "p0123456789abX", "p0123456789abX9x", "p0123456789ab",
                                 "O=", "p0123456789abZ1", "p0123456789aco"}) {
    const std::vector<ExecFrame> frames = frames_of(text + "\n", 64);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].kind, Kind::noise) << text;
  }
  EXPECT_EQ(frames_of(std::string(200'000, 'x'), 1000).size(), 4U) << "a line without an end is not kept";
}

TEST(ExecParameter, IsPlainForEveryoneOnTheWay) {
  const std::string script = "echo '{{ ssm:x }}' \"$HOME\" `id` \n\xff";
  const Result<std::string> parameter = exec_parameter(script, kMark, ExecInput::framed);
  ASSERT_TRUE(parameter);
  EXPECT_EQ(parameter->find_first_of("{}\n`\\"), std::string::npos);
  EXPECT_TRUE(parameter->starts_with("sh -c 'eval \"$(echo "));
  EXPECT_FALSE(exec_parameter(std::string(48U << 10U, 'x'), kMark, ExecInput::none)) << "longer than a parameter";
}

class NullExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class ExecShellTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string("/bin/") + GetParam())) GTEST_SKIP() << "no /bin/" << GetParam();
  }

  struct Done {
    std::string output;
    std::string errors;
    std::optional<int> exit_code;
    int ends = 0;
  };

  /// As an agent without a terminal runs it.
  Done run(const std::string& script, ExecInput input = ExecInput::none) {
    const Result<std::string> parameter = exec_parameter(script, kMark, input);
    EXPECT_TRUE(parameter);
    os::ProcessSpec process({std::string("/bin/") + GetParam(), "-c", *parameter});
    process.input = "not for it";
    const rt::CallContext ctx(loop_.clock(), random_, explainer_);
    const Result<os::ProcessResult> result = loop_.run(processes_->run(ctx, std::move(process)));
    Done done;
    EXPECT_TRUE(result) << result.error().to_text();
    if (!result) return done;
    EXPECT_EQ(result->errors, "");
    for (const ExecFrame& frame : frames_of(result->output, 4096)) {
      if (frame.kind == Kind::output) done.output += frame.bytes;
      if (frame.kind == Kind::errors) done.errors += frame.bytes;
      if (frame.kind == Kind::exit_code) done.exit_code = frame.exit_code;
      if (frame.kind == Kind::output_end || frame.kind == Kind::errors_end) ++done.ends;
      EXPECT_NE(frame.kind, Kind::noise) << frame.bytes;
    }
    EXPECT_EQ(done.ends, 2);
    return done;
  }

  rt::Loop loop_;
  world::SeededRandom random_{1, "exec"};
  NullExplainer explainer_;
  std::unique_ptr<os::Processes> processes_ = os::make_posix_processes(loop_.executor());
};

TEST_P(ExecShellTest, StreamsComeApartWithTheExitCode) {
  const Done done = run("echo out; echo err >&2; exit 7");
  EXPECT_EQ(done.output, "out\n");
  EXPECT_EQ(done.errors, "err\n");
  EXPECT_EQ(done.exit_code, 7);
  EXPECT_EQ(run("true").exit_code, 0);
  EXPECT_EQ(run("/no/such/program").exit_code, 127);
  EXPECT_EQ(run("kill -9 $$").exit_code, 137);
}

TEST_P(ExecShellTest, EveryByteComesAsItIs) {
  EXPECT_EQ(run("printf '\\000\\377\\n\\r\\033[31m'; printf '\\342\\202'").output,
            std::string("\0\xff\n\r\x1b[31m\xe2\x82", 11));
  const std::string large =
      run("i=0; while [ $i -lt 3000 ]; do echo line $i; echo err $i >&2; i=$((i+1)); done").output;
  EXPECT_EQ(std::count(large.begin(), large.end(), '\n'), 3000);
  EXPECT_TRUE(large.ends_with("line 2999\n"));
}

TEST_P(ExecShellTest, QuotingSurvives) {
  EXPECT_EQ(run("printf '%s|' \"it's\" '{{ x }}' '$HOME' '`id`' 'a  b'").output, "it's|{{ x }}|$HOME|`id`|a  b|");
}

TEST_P(ExecShellTest, WithoutATerminalThereIsNoInput) {
  EXPECT_EQ(run("cat; echo end", ExecInput::framed).output, "end\n");
  EXPECT_EQ(run("cat; echo end", ExecInput::none).output, "end\n");
}

INSTANTIATE_TEST_SUITE_P(Shells, ExecShellTest, ::testing::Values("sh", "dash", "bash"));

}  // namespace exec_frames_test
}  // namespace postern::cli
