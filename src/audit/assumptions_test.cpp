#include "audit/assumptions.hpp"

#include <gtest/gtest.h>

namespace postern::audit {
namespace {

TrailEvent event(std::string id, int second, std::string role = "arn:aws:iam::444455556666:role/ops/Operator") {
  TrailEvent made;
  made.id = std::move(id);
  made.name = "AssumeRole";
  made.time = WallTime(std::chrono::seconds(1'700'000'000 + second));
  made.role_arn = std::move(role);
  return made;
}

RoleQuery role() {
  RoleQuery query;
  query.name = "Operator";
  query.accounts = {"444455556666"};
  return query;
}

TEST(Assumptions, OfOneRoleInOneAccountOnly) {
  std::vector<TrailEvent> events;
  events.push_back(event("1", 1));
  events.push_back(event("2", 2, "arn:aws:iam::777788889999:role/Operator"));
  events.push_back(event("3", 3, "arn:aws:iam::444455556666:role/OperatorToo"));
  events.push_back(event("4", 4, "not an arn"));
  const auto found = assumptions_of(std::move(events), role(), 0);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].event_id, "1");
}

TEST(Assumptions, NewestFirstEachOnceAndAtMostSoMany) {
  std::vector<TrailEvent> events;
  for (int i = 0; i < 5; ++i) events.push_back(event(std::to_string(i), i));
  events.push_back(event("3", 3));  // two pages may tell of one event
  const auto all = assumptions_of(events, role(), 0);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all.front().event_id, "4");
  const auto two = assumptions_of(std::move(events), role(), 2);
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two.back().event_id, "3");
}

/// In either order: the accounts answer when they like.
TEST(Assumptions, TwoEventsOfACallAcrossAccountsAreOne) {
  TrailEvent theirs = event("theirs", 1);
  theirs.shared_id = "s";
  theirs.actor.type = "AWSAccount";
  theirs.actor.account = "111122223333";
  theirs.actor.principal_id = "AROAHUB:ada";
  theirs.issued_key = "ASIANEW";
  TrailEvent ours = event("ours", 1);
  ours.shared_id = "s";
  ours.actor.type = "AssumedRole";
  ours.actor.account = "111122223333";
  ours.actor.arn = "arn:aws:sts::111122223333:assumed-role/Hub/ada";
  ours.source_identity = "ada";
  for (const bool first : {true, false}) {
    std::vector<TrailEvent> events;
    events.push_back(first ? theirs : ours);
    events.push_back(first ? ours : theirs);
    const auto found = assumptions_of(std::move(events), role(), 0);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].who, "arn:aws:sts::111122223333:assumed-role/Hub/ada");
    EXPECT_EQ(found[0].source_identity, "ada");
    EXPECT_EQ(found[0].issued_key, "ASIANEW");
  }
  std::vector<TrailEvent> alone;
  alone.push_back(theirs);
  EXPECT_EQ(assumptions_of(std::move(alone), role(), 0).front().who, "account 111122223333 (AROAHUB:ada)");
}

TEST(Assumptions, ServicesHaveNoArn) {
  TrailEvent by_ec2 = event("1", 1);
  by_ec2.actor.type = "AWSService";
  by_ec2.actor.invoked_by = "ec2.amazonaws.com";
  std::vector<TrailEvent> events;
  events.push_back(by_ec2);
  EXPECT_EQ(assumptions_of(std::move(events), role(), 0).front().who, "ec2.amazonaws.com");
}

}  // namespace
}  // namespace postern::audit
