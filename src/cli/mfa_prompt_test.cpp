#include "cli/mfa_prompt.hpp"

#include <gtest/gtest.h>

#include "world/world.hpp"

namespace postern::cli {
namespace {

constexpr const char* kSerial = "arn:aws:iam::111122223333:mfa/ada";

/// What the prompt answers when somebody types this.
Result<std::string> asked(world::World& world, std::string_view typed, std::string refused = std::string()) {
  world.terminal().attach(world::Attached::tty);
  world.terminal().type(typed);
  const aws::auth::MfaPrompt prompt = make_mfa_prompt(world.terminal());
  EXPECT_TRUE(prompt);
  return world.run(prompt(world.ctx(), kSerial, std::move(refused)));
}

TEST(MfaPrompt, AsksOnTheTerminalAndEchoesNothing) {
  world::World world(1);
  const Result<std::string> code = asked(world, "123456\n");
  ASSERT_TRUE(code) << code.error().message();
  EXPECT_EQ(*code, "123456");
  EXPECT_EQ(world.terminal().errors(), "MFA code for arn:aws:iam::111122223333:mfa/ada: ");
  EXPECT_EQ(world.terminal().output(), "");
  EXPECT_FALSE(world.terminal().is_raw());
}

TEST(MfaPrompt, SaysWhyItAsksAgain) {
  world::World world(1);
  EXPECT_EQ(*asked(world, "123456\n", "AccessDenied: the code was used"), "123456");
  EXPECT_TRUE(world.terminal().errors().starts_with("AccessDenied: the code was used\nMFA code for "));
}

TEST(MfaPrompt, TheEndOfTheInputIsNoCode) {
  world::World world(1);
  world.terminal().end_input();
  const Result<std::string> code = asked(world, "");
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().kind(), ErrorKind::credentials);
  EXPECT_FALSE(world.terminal().is_raw());
}

TEST(MfaPrompt, GivesUpAfterThreeTries) {
  world::World other(1);
  other.terminal().attach(world::Attached::tty);
  const aws::auth::MfaPrompt prompt = make_mfa_prompt(other.terminal());
  for (int i = 0; i < 3; ++i) {
    other.at(MonoTime(std::chrono::seconds(i + 1)), [&other] { other.terminal().type("\x1b[31mno\n"); });
  }
  const Result<std::string> none = other.run(prompt(other.ctx(), kSerial, ""));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(), std::string("no MFA code was given for ") + kSerial);
  EXPECT_EQ(other.terminal().errors().find('\x1b'), std::string::npos);
}

TEST(MfaPrompt, IsNotThereWithoutATerminal) {
  world::World world(1);
  EXPECT_FALSE(make_mfa_prompt(world.terminal()));
  world.terminal().attach(os::StdStream::err, world::Attached::tty);
  EXPECT_FALSE(make_mfa_prompt(world.terminal()));
}

}  // namespace
}  // namespace postern::cli
