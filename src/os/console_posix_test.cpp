#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <string>

#include "os/console.hpp"
#include "os/hardening.hpp"
#include "os/unique_fd.hpp"
#include "rt/loop.hpp"

namespace postern::os {
namespace {

// Puts a descriptor in the place of a standard one for the length of a test.
class Replaced {
 public:
  Replaced(int standard, int fd) : standard_(standard), saved_(::dup(standard)) { ::dup2(fd, standard); }
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;
  ~Replaced() { ::dup2(saved_.get(), standard_); }

 private:
  int standard_;
  UniqueFd saved_;
};

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    reader = UniqueFd(fds[0]);
    writer = UniqueFd(fds[1]);
  }
  UniqueFd reader;
  UniqueFd writer;
};

rt::Task<Result<std::string>> read_all(Console* console) {
  std::string out;
  std::array<std::byte, 4> chunk;
  while (true) {
    CO_TRY(const std::size_t n, co_await console->read_input(chunk));
    if (n == 0) co_return out;
    out.append(reinterpret_cast<const char*>(chunk.data()), n);
  }
}

TEST(PosixConsole, WritesAndTellsABrokenPipe) {
  ignore_sigpipe();
  rt::Loop loop;
  const auto console = make_posix_console(loop.executor());
  Pipe pipe;
  Result<void> first;
  Result<void> second;
  std::array<char, 16> seen{};
  ssize_t n = 0;
  {
    const Replaced out(STDOUT_FILENO, pipe.writer.get());
    first = console->write(StdStream::out, "hello");
    n = ::read(pipe.reader.get(), seen.data(), seen.size());
    pipe.reader.reset();
    second = console->write(StdStream::out, "nobody");
  }
  EXPECT_TRUE(first);
  EXPECT_EQ(std::string(seen.data(), static_cast<std::size_t>(n)), "hello");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::unavailable);
}

TEST(PosixConsole, ReadsInputFromAPipeAndFromAFile) {
  rt::Loop loop;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.writer.get(), "some input", 10), 10);
  pipe.writer.reset();
  {
    const Replaced in(STDIN_FILENO, pipe.reader.get());
    const auto console = make_posix_console(loop.executor());
    EXPECT_EQ(loop.run(read_all(console.get())).value(), "some input");
    EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0) << "the shared description became non-blocking";
  }
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Replaced in(STDIN_FILENO, null.get());
  const auto console = make_posix_console(loop.executor());
  EXPECT_EQ(loop.run(read_all(console.get())).value(), "");
}

TEST(PosixConsole, RawModeIsUndone) {
  int master = -1;
  int slave = -1;
  winsize window{};
  window.ws_col = 123;
  window.ws_row = 45;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, &window), 0);
  const UniqueFd master_fd(master);
  const UniqueFd slave_fd(slave);
  rt::Loop loop;
  const Replaced in(STDIN_FILENO, slave);
  const Replaced err(STDERR_FILENO, slave);
  const auto console = make_posix_console(loop.executor());
  EXPECT_TRUE(console->is_tty(StdStream::in));
  EXPECT_TRUE(console->size().has_value());
  termios before{};
  termios during{};
  termios after{};
  ASSERT_EQ(::tcgetattr(slave, &before), 0);
  {
    const auto raw = console->enter_raw_mode();
    ASSERT_TRUE(raw);
    ASSERT_EQ(::tcgetattr(slave, &during), 0);
  }
  ASSERT_EQ(::tcgetattr(slave, &after), 0);
  EXPECT_EQ(during.c_lflag & (ICANON | ECHO | ISIG), 0U);
  EXPECT_EQ(before.c_lflag, after.c_lflag);
}

TEST(PosixConsole, HiddenInputKeepsLinesAndIsRestoredByForceToo) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const UniqueFd master_fd(master);
  const UniqueFd slave_fd(slave);
  rt::Loop loop;
  const Replaced in(STDIN_FILENO, slave);
  const auto console = make_posix_console(loop.executor());
  const auto flags = [slave] {
    termios now{};
    EXPECT_EQ(::tcgetattr(slave, &now), 0);
    return now.c_lflag;
  };
  const tcflag_t before = flags();
  ASSERT_NE(before & ECHO, 0U);
  {
    const auto hidden = console->hide_input();
    ASSERT_TRUE(hidden);
    EXPECT_EQ(flags() & ECHO, 0U);
    EXPECT_EQ(flags() & (ICANON | ISIG), before & (ICANON | ISIG));
    console->restore();
    EXPECT_EQ(flags(), before);
  }
  EXPECT_EQ(flags(), before);
  console->restore();
  EXPECT_EQ(flags(), before);
}

TEST(PosixConsole, RawModeNeedsATerminal) {
  Pipe pipe;
  rt::Loop loop;
  const Replaced in(STDIN_FILENO, pipe.reader.get());
  const auto console = make_posix_console(loop.executor());
  EXPECT_FALSE(console->is_tty(StdStream::in));
  const auto raw = console->enter_raw_mode();
  ASSERT_FALSE(raw);
  EXPECT_EQ(raw.error().kind(), ErrorKind::unsupported);
}

}  // namespace
}  // namespace postern::os
