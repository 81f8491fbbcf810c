#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "os/processes.hpp"
#include "os/unique_fd.hpp"
#include "rt/combine.hpp"
#include "rt/loop.hpp"

namespace postern::os {
namespace {

using namespace std::chrono_literals;

class NullExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class FixedRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = 7;
  }
};

class PosixProcessesTest : public ::testing::Test {
 protected:
  rt::CallContext ctx() { return rt::CallContext(loop_.clock(), random_, explainer_); }
  Result<ProcessResult> run(ProcessSpec spec) { return loop_.run(processes_->run(ctx(), std::move(spec))); }
  static ProcessSpec shell(std::string script) {
    ProcessSpec spec;
    spec.argv = {"sh", "-c", std::move(script)};
    return spec;
  }

  rt::Loop loop_;
  FixedRandom random_;
  NullExplainer explainer_;
  std::unique_ptr<Processes> processes_ = make_posix_processes(loop_.executor());
};

TEST_F(PosixProcessesTest, CapturesOutputErrorsAndExitCode) {
  const auto result = run(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(result) << result.error().to_text();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->signal, 0);
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->errors, "err\n");
  EXPECT_FALSE(result->succeeded());
}

TEST_F(PosixProcessesTest, TellsTheSignal) {
  const auto result = run(shell("kill -USR1 $$"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->signal, SIGUSR1);
}

TEST_F(PosixProcessesTest, FeedsInputBothWays) {
  ProcessSpec spec;
  spec.argv = {"cat"};
  spec.input.assign(700'000, 'x');
  const auto result = run(spec);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, spec.input);
}

TEST_F(PosixProcessesTest, AChildMayIgnoreItsInput) {
  ProcessSpec spec;
  spec.argv = {"true"};
  spec.input.assign(700'000, 'x');
  const auto result = run(std::move(spec));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->succeeded());
}

TEST_F(PosixProcessesTest, OutputHasALimitAndTheChildGoesOn) {
  ProcessSpec spec = shell("head -c 300000 /dev/zero | tr '\\0' a; echo done >&2");
  spec.stdout_max_bytes = 1000;
  const auto result = run(std::move(spec));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, std::string(1000, 'a'));
  EXPECT_TRUE(result->output_truncated);
  EXPECT_EQ(result->errors, "done\n");
  EXPECT_FALSE(result->errors_truncated);
}

TEST_F(PosixProcessesTest, EnvironmentAndFolderAreTheSpecs) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", "pwd; echo $A; echo ${HOME-none}"};
  spec.environment.emplace();
  spec.environment->emplace_back("A", "b c");
  spec.working_dir = "/usr";
  const auto result = run(std::move(spec));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "/usr\nb c\nnone\n");
}

TEST_F(PosixProcessesTest, InheritsNoOtherDescriptors) {
  // Without close-on-exec, as a careless library would open it.
  const UniqueFd leak(::open("/dev/null", O_RDONLY));
  ASSERT_TRUE(leak.is_open());
  const auto result = run(shell("cd /proc/$$/fd && echo *"));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->output.starts_with("0 1 2")) << result->output;
  EXPECT_EQ(result->output.find(" " + std::to_string(leak.get())), std::string::npos) << result->output;
}

TEST_F(PosixProcessesTest, FailsWhenItCannotStart) {
  ProcessSpec spec;
  EXPECT_EQ(run(spec).error().kind(), ErrorKind::usage);
  spec.argv = {"/nowhere/program"};
  const auto result = run(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::not_found);
  spec.argv = {"/etc/passwd"};
  EXPECT_EQ(run(spec).error().kind(), ErrorKind::denied);
  spec.argv = {"sh", std::string("a\0b", 3)};
  EXPECT_EQ(run(spec).error().kind(), ErrorKind::usage);
}

bool is_gone(const std::string& pid_text) {
  const pid_t pid = static_cast<pid_t>(std::stol(pid_text));
  return ::kill(pid, 0) != 0;
}

std::string first_file_line(const std::string& path) {
  std::string text(32, '\0');
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t n = ::read(fd.get(), text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

TEST_F(PosixProcessesTest, DeadlineKillsTheWholeGroup) {
  const std::string pid_file = ::testing::TempDir() + "postern-group-" + std::to_string(::getpid());
  // The grandchild ignores SIGTERM, and so does the child.
  ProcessSpec spec =
      shell("trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > " + pid_file + "; sleep 100' & wait; sleep 100");
  spec.kill_grace = 50ms;
  const auto result = loop_.run(processes_->run(ctx().within(400ms), std::move(spec)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
  const std::string grandchild = first_file_line(pid_file);
  ::unlink(pid_file.c_str());
  ASSERT_FALSE(grandchild.empty());
  // It is a zombie of init's for a moment: no test of its own is worth waiting for more than that.
  for (int i = 0; i < 100 && !is_gone(grandchild); ++i) (void)run(shell("sleep 0.02"));
  EXPECT_TRUE(is_gone(grandchild));
}

TEST_F(PosixProcessesTest, SigtermIsEnoughForAWellBehavedChild) {
  ProcessSpec spec = shell("trap 'exit 0' TERM; while :; do sleep 0.01; done");
  spec.kill_grace = 100s;
  const auto result = loop_.run(processes_->run(ctx().within(100ms), std::move(spec)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
}

rt::Task<Result<ProcessResult>> run_and_cancel(Processes* processes, rt::CallContext ctx, ProcessSpec spec) {
  // The race's other side ends first and cancels the child's run, which still reaps it.
  auto raced = co_await rt::race(processes->run(ctx, std::move(spec)),
                                 rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::milliseconds(50)));
  if (!raced.first) co_return fail(ErrorKind::internal, "the run did not end");
  co_return std::move(*raced.first);
}

TEST_F(PosixProcessesTest, CancellationStopsAndReaps) {
  const auto result = loop_.run(run_and_cancel(processes_.get(), ctx(), shell("exec sleep 100")));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::cancelled);
}

TEST_F(PosixProcessesTest, ADaemonThatKeepsTheOutputOpenDoesNotHangUs) {
  const MonoTime before = loop_.clock().now();
  const auto result = run(shell("sleep 5 & echo started"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "started\n");
  EXPECT_LT(loop_.clock().now() - before, 4s);
}

rt::Task<void> one_of_many(Processes* processes, rt::CallContext ctx, int index, int* ok) {
  ProcessSpec spec;
  spec.argv.emplace_back("echo");
  spec.argv.push_back(std::to_string(index));
  const auto result = co_await processes->run(ctx, std::move(spec));
  if (result && result->output == std::to_string(index) + "\n") ++*ok;
}

rt::Task<int> many(Processes* processes, rt::CallContext ctx, int count) {
  int ok = 0;
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  for (int i = 0; i < count; ++i) group.spawn(one_of_many(processes, ctx, i, &ok));
  co_await group.join();
  co_return ok;
}

TEST_F(PosixProcessesTest, ManyAtOnce) {
  EXPECT_EQ(loop_.run(many(processes_.get(), ctx(), 40)), 40);
}

}  // namespace
}  // namespace postern::os
