#include "recovery/transitions.hpp"

#include <gtest/gtest.h>

namespace postern::recovery {
namespace {

TEST(Transitions, TellAWorseStateAfterTwoLooks) {
  Transitions transitions;
  EXPECT_FALSE(transitions.see("a", Replication::healthy));
  EXPECT_FALSE(transitions.see("a", Replication::stalled));
  EXPECT_FALSE(transitions.see("a", Replication::healthy)) << "one look is no change";
  EXPECT_FALSE(transitions.see("a", Replication::stalled));
  const auto change = transitions.see("a", Replication::stalled);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->from, Replication::healthy);
  EXPECT_EQ(change->to, Replication::stalled);
}

TEST(Transitions, TellABetterOneAfterThree) {
  Transitions transitions;
  (void)transitions.see("a", Replication::stalled);
  EXPECT_FALSE(transitions.see("a", Replication::healthy));
  EXPECT_FALSE(transitions.see("a", Replication::healthy));
  EXPECT_TRUE(transitions.see("a", Replication::healthy));
  EXPECT_FALSE(transitions.see("b", Replication::stalled)) << "another server begins where it is";
}

TEST(Transitions, TellANewServersWayAtOnce) {
  Transitions transitions;
  (void)transitions.see("a", Replication::starting);
  EXPECT_TRUE(transitions.see("a", Replication::catching_up));
  EXPECT_TRUE(transitions.see("a", Replication::healthy));
}

}  // namespace
}  // namespace postern::recovery
