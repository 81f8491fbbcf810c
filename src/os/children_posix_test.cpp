#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>

#include <csignal>
#include <string_view>

#include "os/children.hpp"
#include "os/processes.hpp"
#include "os/unique_fd.hpp"
#include "rt/loop.hpp"

namespace postern::os {
namespace children_posix_test {

using namespace std::chrono_literals;

ChildSpec shell(std::string script) {
  ChildSpec spec;
  spec.argv = {"sh", "-c", std::move(script)};
  spec.environment.emplace_back("PATH", "/usr/bin:/bin");
  return spec;
}

/// Everything until the end.
rt::Task<std::string> read_all(Child* child) {
  std::string all;
  std::array<std::byte, 512> chunk{};
  for (;;) {
    const Result<std::size_t> count = co_await child->read_output(chunk);
    if (!count || *count == 0) co_return all;
    all.append(reinterpret_cast<const char*>(chunk.data()), *count);
  }
}

/// Until it reads `wanted`.
rt::Task<std::string> read_until(Child* child, std::string wanted) {
  std::string all;
  std::array<std::byte, 512> chunk{};
  while (all.find(wanted) == std::string::npos) {
    const Result<std::size_t> count = co_await child->read_output(chunk);
    if (!count || *count == 0) break;
    all.append(reinterpret_cast<const char*>(chunk.data()), *count);
  }
  co_return all;
}

class ChildrenTest : public ::testing::Test {
 protected:
  std::unique_ptr<Child> start(const ChildSpec& spec) {
    auto child = children_->start(spec);
    EXPECT_TRUE(child) << child.error().to_text();
    return std::move(*child);
  }
  void type(Child& child, std::string_view text) {
    EXPECT_TRUE(loop_.run(child.write(std::as_bytes(std::span<const char>(text.data(), text.size())))));
  }

  rt::Loop loop_;
  std::unique_ptr<Children> children_ = make_posix_children(loop_.executor());
};

TEST_F(ChildrenTest, PipesComeApartAndTheExitCodeIsTold) {
  const auto child = start(shell("printf out; printf err >&2; exit 7"));
  EXPECT_EQ(loop_.run(read_all(child.get())), "out");
  std::array<std::byte, 16> chunk{};
  const auto errors = loop_.run(child->read_errors(chunk));
  ASSERT_TRUE(errors);
  EXPECT_EQ(*errors, 3U);
  const auto end = loop_.run(child->wait());
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_EQ(end->signal, 0);
}

TEST_F(ChildrenTest, ATerminalHasASizeThatChanges) {
  ChildSpec spec = shell("stty size; read x; stty size; tty >/dev/null && echo tty");
  spec.terminal = TtySize(132, 43);
  const auto child = start(spec);
  EXPECT_EQ(loop_.run(read_until(child.get(), "\n")), "43 132\r\n");
  child->resize(TtySize(90, 20));
  type(*child, "go\r");
  EXPECT_EQ(loop_.run(read_all(child.get())), "go\r\n20 90\r\ntty\r\n");
}

TEST_F(ChildrenTest, TheTerminalIsTheSessionsOwn) {
  ChildSpec spec = shell("trap 'echo caught; exit 3' INT; sleep 600 & echo ready; wait");
  spec.terminal = TtySize(80, 24);
  const auto child = start(spec);
  EXPECT_EQ(loop_.run(read_until(child.get(), "ready\r\n")), "ready\r\n");
  type(*child, "\x03");
  EXPECT_EQ(loop_.run(read_all(child.get())), "^Ccaught\r\n");
  EXPECT_EQ(loop_.run(child->wait())->exit_code, 3);
}

TEST_F(ChildrenTest, SignalsReachTheGroup) {
  const auto child = start(shell("echo ready; exec sleep 60"));
  EXPECT_EQ(loop_.run(read_until(child.get(), "ready")), "ready\n");
  child->send(ChildSignal::interrupt);
  EXPECT_EQ(loop_.run(child->wait())->signal, SIGINT);
}

TEST_F(ChildrenTest, ItsJobsDieWithIt) {
  // An interactive shell gives its jobs groups of their own.
  ChildSpec spec;
  spec.argv = {"sh", "-i"};
  spec.environment.emplace_back("PATH", "/usr/bin:/bin");
  spec.environment.emplace_back("PS1", "> ");
  spec.terminal = TtySize(80, 24);
  auto child = start(spec);
  // The terminal echoes what comes before the shell reads: that must not be taken for its answer.
  std::string seen = loop_.run(read_until(child.get(), "> "));
  type(*child, "sleep 600 & echo job=$! end\r");
  seen = loop_.run(read_until(child.get(), " end\r\n> "));
  const std::size_t at = seen.find("job=", seen.find("\r\n"));
  ASSERT_NE(at, std::string::npos) << seen;
  const pid_t job = static_cast<pid_t>(std::stol(seen.substr(at + 4)));
  // Readable once the process has ended, whoever reaps it.
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, job, 0)));
  ASSERT_GE(handle.get(), 0);
  child.reset();
  pollfd ended{handle.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 20'000), 1) << "job " << job << " is still there";
}

TEST_F(ChildrenTest, WhatCannotBeStartedIsSaid) {
  ChildSpec spec;
  spec.argv = {"/no/such/program"};
  const auto child = children_->start(spec);
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().kind(), ErrorKind::not_found);
}

}  // namespace children_posix_test
}  // namespace postern::os
