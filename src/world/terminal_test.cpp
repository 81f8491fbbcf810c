#include <gtest/gtest.h>

#include <array>

#include "world/world.hpp"

namespace postern::world {
namespace {

rt::Task<Result<std::string>> read_line(World* world) {
  std::string line;
  std::array<std::byte, 4> chunk{};
  while (!line.ends_with('\n')) {
    CO_TRY(const std::size_t got, co_await world->terminal().read_input(chunk));
    if (got == 0) break;
    line.append(reinterpret_cast<const char*>(chunk.data()), got);
  }
  co_return line;
}

TEST(Terminal, KeepsOutAndErrApartAndTogether) {
  World world(1);
  Terminal& terminal = world.terminal();
  ASSERT_TRUE(terminal.write(os::StdStream::out, "data\n"));
  ASSERT_TRUE(terminal.write(os::StdStream::err, "progress\n"));
  ASSERT_TRUE(terminal.write(os::StdStream::out, "more\n"));
  EXPECT_EQ(terminal.output(), "data\nmore\n");
  EXPECT_EQ(terminal.errors(), "progress\n");
  EXPECT_EQ(terminal.screen(), "data\nprogress\nmore\n");
  terminal.break_pipe(os::StdStream::out);
  EXPECT_EQ(terminal.write(os::StdStream::out, "x").error().kind(), ErrorKind::unavailable);
  EXPECT_TRUE(terminal.write(os::StdStream::err, "x"));
}

TEST(Terminal, IsATerminalOnlyWhereAttached) {
  World world(1);
  Terminal& terminal = world.terminal();
  EXPECT_FALSE(terminal.is_tty(os::StdStream::out));
  EXPECT_FALSE(terminal.size());
  EXPECT_EQ(terminal.enter_raw_mode().error().kind(), ErrorKind::unsupported);
  terminal.attach(Attached::tty);
  terminal.attach(os::StdStream::out, Attached::pipe);
  EXPECT_FALSE(terminal.is_tty(os::StdStream::out));
  EXPECT_TRUE(terminal.is_tty(os::StdStream::err));
  EXPECT_EQ(terminal.size(), os::TtySize(80, 24));
  {
    const auto raw = terminal.enter_raw_mode();
    ASSERT_TRUE(raw);
    EXPECT_TRUE(terminal.is_raw());
  }
  EXPECT_FALSE(terminal.is_raw());
}

TEST(Terminal, ReadersGetWhatIsTypedAndThenTheEnd) {
  World world(1);
  world.terminal().type("yes");
  world.at(world.clock().now() + std::chrono::seconds(3), [&world] { world.terminal().type(", really\n"); });
  EXPECT_EQ(world.run(read_line(&world)).value(), "yes, really\n");
  world.terminal().type("last");
  world.terminal().end_input();
  EXPECT_EQ(world.run(read_line(&world)).value(), "last");
}

TEST(Terminal, ReadingWhatNobodyTypesIsADeadlock) {
  World world(1);
  const auto read = world.run(read_line(&world));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().to_text().find("a read of standard input"), std::string::npos) << read.error().to_text();
}

TEST(Terminal, SignalsArriveInOrder) {
  World world(1);
  world.terminal().raise(os::Signal::interrupt);
  world.terminal().resize(os::TtySize(120, 40));
  EXPECT_EQ(world.run(world.terminal().next()).value(), os::Signal::interrupt);
  EXPECT_EQ(world.run(world.terminal().next()).value(), os::Signal::window_change);
}

TEST(MapEnvironment, HasWhatWasSet) {
  World world(1);
  MapEnvironment& environment = world.environment();
  environment.set("B", "2");
  environment.set("A", "");
  EXPECT_EQ(environment.get("A"), "");
  EXPECT_FALSE(environment.get("C"));
  EXPECT_EQ(environment.all().front().first, "A");
  environment.unset("A");
  EXPECT_FALSE(environment.get("A"));
  EXPECT_EQ(environment.home_dir(), "/home/operator");
}

}  // namespace
}  // namespace postern::world
