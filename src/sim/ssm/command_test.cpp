#include "sim/ssm/command.hpp"

#include <gtest/gtest.h>

#include "sim/paging.hpp"

namespace postern::sim {
namespace command_test {

using S = InvocationState;

Command command_of(std::vector<S> states, std::string max_errors = "0") {
  Command command;
  command.spec.max_errors = std::move(max_errors);
  for (const S state : states) {
    Invocation invocation;
    invocation.state = state;
    command.add(std::move(invocation));
  }
  return command;
}

struct Case {
  std::vector<S> states;
  std::string max_errors;
  std::string_view details;
};

TEST(CommandState, AggregatesAsAwsDocumentsIt) {
  const Case cases[] = {
      {{}, "0", "NoInstancesInTag"},
      {{S::pending, S::pending}, "0", "Pending"},
      {{S::success, S::pending}, "0", "InProgress"},
      {{S::delayed, S::pending}, "0", "InProgress"},
      {{S::success, S::success}, "0", "Success"},
      {{S::success, S::failed}, "0", "Failed"},
      {{S::success, S::failed}, "1", "Failed"},
      {{S::success, S::failed}, "2", "Incomplete"},
      {{S::success, S::execution_timed_out}, "0", "ExecutionTimedOut"},
      {{S::failed, S::execution_timed_out}, "0", "Failed"},
      {{S::success, S::delivery_timed_out}, "0", "DeliveryTimedOut"},
      {{S::success, S::delivery_timed_out}, "50%", "DeliveryTimedOut"},
      {{S::success, S::delivery_timed_out}, "100%", "Incomplete"},
      {{S::invalid_platform, S::invalid_platform}, "0", "InvalidPlatform"},
      {{S::invalid_platform, S::invalid_platform, S::success}, "0", "Success"},
      {{S::failed, S::terminated, S::terminated}, "0", "Failed"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(command_of(c.states, c.max_errors).state().details, c.details) << c.states.size() << c.details;
  }
}

TEST(CommandState, CountsOnlyWhatIsDone) {
  const Command command = command_of({S::success, S::failed, S::execution_timed_out, S::delivery_timed_out,
                                      S::cancelling, S::pending, S::delayed, S::terminated});
  EXPECT_EQ(command.completed(), 5U);
  EXPECT_EQ(command.errors(), 2U);
  EXPECT_FALSE(command.is_done());
}

TEST(CommandLimits, AreNumbersOrPercentages) {
  EXPECT_EQ(resolve_limit("10", 50), 10U);
  EXPECT_EQ(resolve_limit("10%", 50), 5U);
  EXPECT_EQ(resolve_limit("10%", 5), 0U);
  EXPECT_EQ(resolve_limit("100%", 7), 7U);
  EXPECT_EQ(resolve_limit("x", 7), 0U);
}

TEST(CommandOutput, IsCutByCharactersAndSaysSo) {
  EXPECT_EQ(first_characters("a\u00e9\u20acz", 3), "a\u00e9\u20ac");
  EXPECT_EQ(first_characters("abc", 9), "abc");
  EXPECT_EQ(kept_output("short"), "short");
  EXPECT_EQ(kept_output(std::string(24'000, 'x')).size(), 24'000U);
  const std::string cut = kept_output(std::string(24'001, 'x'));
  EXPECT_EQ(cut.size(), 24'000U);
  EXPECT_TRUE(cut.ends_with("x--output truncated--"));
  EXPECT_EQ(kept_errors(std::string(9'000, 'x')).size(), 8'000U);

  StepOutcome step;
  step.output = "out\n";
  EXPECT_EQ(plugin_output(step), "out\n");
  step.errors = "err";
  EXPECT_EQ(plugin_output(step), "out\n\n----------ERROR-------\nerr");
  step.output = std::string(3'000, 'x');
  EXPECT_EQ(plugin_output(step).size(), 2'500U);
}

TEST(Paging, TokensSurviveAGrowingListAndBelongToOneQuestion) {
  std::vector<std::string> keys = {"c", "b", "a"};
  const auto key = [&](std::size_t i) -> std::string_view { return keys[i]; };
  const auto first = page_of("", "q", keys.size(), 2, key);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->end, 2U);
  ASSERT_FALSE(first->next_token.empty());
  keys.insert(keys.begin(), "d");
  const auto second = page_of(first->next_token, "q", keys.size(), 2, key);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->begin, 3U);
  EXPECT_EQ(second->end, 4U);
  EXPECT_TRUE(second->next_token.empty());
  for (const std::string& bad : {std::string("x"), std::string("eHg="), first->next_token + "AAAA"}) {
    EXPECT_FALSE(page_of(bad, "q", keys.size(), 2, key)) << bad;
  }
  EXPECT_FALSE(page_of(first->next_token, "another", keys.size(), 2, key));
}

}  // namespace command_test
}  // namespace postern::sim
