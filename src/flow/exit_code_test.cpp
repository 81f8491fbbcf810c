#include "flow/exit_code.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::flow {
namespace {

TEST(ExitCode, TheWorstFactDecidesInTheOrderOfTheDesign) {
  struct Case {
    bool interrupted;
    int nothing_ran;
    bool gate;
    bool unreachable;
    bool failed;
    int code;
  };
  const Case cases[] = {
      {false, 0, false, false, false, 0},  {false, 0, false, false, true, 1},     {false, 0, false, true, false, 4},
      {false, 0, false, true, true, 4},    {false, 0, true, false, true, 3},      {false, 0, true, true, true, 3},
      {false, 253, true, true, true, 253}, {false, 254, false, true, false, 254}, {false, 255, false, false, true, 255},
      {true, 253, true, true, true, 130},  {true, 0, false, false, false, 130},
  };
  for (const Case& c : cases) {
    ExitFacts facts;
    facts.interrupted = c.interrupted;
    if (c.nothing_ran != 0) facts.nothing_ran = c.nothing_ran;
    facts.gate = c.gate;
    facts.unreachable = c.unreachable;
    facts.failed = c.failed;
    EXPECT_EQ(exit_code_for(facts), c.code);
  }
}

/// One letter per target: s succeeded, f failed, k skipped by a rule, x skipped and unreachable, u unknown, d denied at
/// the send, c refused for lack of credentials, n failed as undeliverable.
RunResult run_of_letters(std::string_view letters) {
  RunResult run;
  for (const char letter : letters) {
    TargetResult target;
    target.outcome = letter == 's'                    ? Outcome::succeeded
                     : letter == 'k' || letter == 'x' ? Outcome::skipped
                     : letter == 'u'                  ? Outcome::unknown
                                                      : Outcome::failed;
    target.unreachable = letter == 'x' || letter == 'n';
    if (letter == 'd') target.refusal = ErrorKind::denied;
    if (letter == 'c') target.refusal = ErrorKind::credentials;
    run.targets.push_back(std::move(target));
  }
  return run;
}

TEST(ExitCode, OfARun) {
  struct Case {
    const char* targets;
    std::size_t problems;
    int code;
  };
  const Case cases[] = {
      {"", 0, 0},     {"sss", 0, 0},  {"ssk", 0, 0}, {"ssx", 0, 4}, {"ssf", 0, 1},   {"sfx", 0, 4},
      {"ssu", 0, 4},  {"sss", 1, 4},  {"sn", 0, 4},  {"sdd", 0, 1}, {"ddd", 0, 254}, {"ccc", 0, 253},
      {"dc", 0, 253}, {"xd", 0, 254}, {"ud", 0, 4},  {"kk", 0, 0},  {"d", 2, 254},
  };
  for (const Case& c : cases) EXPECT_EQ(exit_code_of(run_of_letters(c.targets), c.problems), c.code) << c.targets;
  RunResult interrupted = run_of_letters("ssfu");
  interrupted.interrupted = true;
  EXPECT_EQ(exit_code_of(interrupted, 0), 130);
}

TEST(ExitCode, WorstIsTheGreatestThatATargetReported) {
  RunResult run = run_of_letters("sssf");
  run.targets[0].exit_code = 0;
  run.targets[1].exit_code = 3;
  run.targets[3].exit_code = 7;
  EXPECT_EQ(worst_exit_code(run), 7);
  run.targets[3].exit_code.reset();
  EXPECT_EQ(worst_exit_code(run), 255);
  EXPECT_EQ(worst_exit_code(run_of_letters("su")), 255);
  EXPECT_EQ(worst_exit_code(run_of_letters("sk")), 0);
  EXPECT_EQ(worst_exit_code(RunResult()), 0);
  run.targets[3].exit_code = 3010;  // Windows: reboot wanted
  EXPECT_EQ(worst_exit_code(run), 255);
}

}  // namespace
}  // namespace postern::flow
