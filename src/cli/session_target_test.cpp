#include "cli/session_target.hpp"

#include <gtest/gtest.h>

#include "cli/failure.hpp"
#include "fleet/testing/make.hpp"

namespace postern::cli {
namespace session_target_test {

using fleet::Instance;
using fleet::InstanceState;
using fleet::SsmStatus;
namespace make = fleet::testing;

const std::optional<fleet::FleetFile> kNoFleet;

TargetWord word_of(std::string_view text) {
  Result<TargetWord> word = parse_target(text, kNoFleet);
  EXPECT_TRUE(word) << text << ": " << word.error().message();
  return word ? *word : TargetWord();
}

Instance node(unsigned number, const std::string& name, std::string_view account = "444455556666") {
  Instance made =
      make::instance(make::scope(account, "us-east-1", "payments"), make::instance_id(number), {{"Name", name}});
  made.private_ip = "10.0.0." + std::to_string(number);
  return made;
}

fleet::Discovery found(std::vector<Instance> instances) {
  fleet::Discovery out;
  out.instances = std::move(instances);
  out.scopes_asked = 2;
  return out;
}

/// What is chosen of what matches the word, or the error's text.
std::string chosen(std::string_view text, const std::vector<Instance>& instances) {
  const TargetWord word = word_of(text);
  std::vector<Instance> matching;
  for (const Instance& instance : instances) {
    if (word.selector.matches(instance)) matching.push_back(instance);
  }
  std::vector<Instance> several;
  const Result<std::optional<Instance>> one = choose_target(word, found(std::move(matching)), several);
  if (!one) return one.error().message();
  return *one ? (*one)->ref.id().text() : several_match(word, several).message();
}

TEST(SessionTarget, AWordIsAnIdANameAnAddressOrASelector) {
  const std::vector<Instance> nodes = {node(1, "web-01"), node(2, "web-02"), node(3, "db")};
  EXPECT_EQ(chosen("db", nodes), nodes[2].ref.id().text());
  EXPECT_EQ(chosen("i-00000000000000002", nodes), nodes[1].ref.id().text());
  EXPECT_EQ(chosen("10.0.0.1", nodes), nodes[0].ref.id().text());
  EXPECT_EQ(chosen("Name=web-02", nodes), nodes[1].ref.id().text());
  EXPECT_EQ(chosen("tag:Name=d*", nodes), nodes[2].ref.id().text());
  EXPECT_EQ(chosen("444455556666/us-east-1/web-01", nodes), nodes[0].ref.id().text());
  EXPECT_EQ(chosen("payments/us-east-1/web-01", nodes), nodes[0].ref.id().text());
  EXPECT_EQ(chosen("payments/db", nodes), nodes[2].ref.id().text());
  EXPECT_EQ(word_of("i-00000000000000002").id, "i-00000000000000002");
  EXPECT_EQ(word_of("fd00::1").address, "fd00::1");
}

TEST(SessionTarget, WhatIsNoTargetIsSaid) {
  for (const std::string_view text : {"a/b/c/d", "payments/", "", "(web"}) {
    const Result<TargetWord> word = parse_target(text, kNoFleet);
    ASSERT_FALSE(word) << text;
    EXPECT_EQ(word.error().kind(), ErrorKind::usage);
  }
}

TEST(SessionTarget, OnlyThoseInReachAreTaken) {
  std::vector<Instance> nodes = {node(1, "web"), node(2, "web")};
  nodes[0].state = InstanceState::stopped;
  nodes[0].ssm.status = SsmStatus::connection_lost;
  EXPECT_EQ(chosen("web", nodes), nodes[1].ref.id().text()) << "the other one is stopped";
  nodes[0] = node(1, "web");
  const std::string both = chosen("web", nodes);
  EXPECT_NE(both.find("'web' is 2 nodes"), std::string::npos) << both;
  EXPECT_NE(both.find("444455556666/us-east-1/i-00000000000000001 (web)"), std::string::npos) << both;
}

TEST(SessionTarget, OneOutOfReachHasItsFirstBrokenLink) {
  std::vector<Instance> nodes = {node(1, "web")};
  nodes[0].ssm.status = SsmStatus::not_managed;
  EXPECT_NE(chosen("web", nodes).find("no instance profile"), std::string::npos) << chosen("web", nodes);
  nodes[0].instance_profile_arn = "arn:aws:iam::444455556666:instance-profile/node";
  EXPECT_NE(chosen("web", nodes).find("postern check endpoints --account 444455556666 --region us-east-1"),
            std::string::npos)
      << chosen("web", nodes);
  nodes[0].ssm.status = SsmStatus::connection_lost;
  nodes[0].ssm.last_ping = WallTime(std::chrono::seconds(1'700'000'000));
  EXPECT_NE(chosen("web", nodes).find("lost its agent since 2023-11-14T22:13:20Z"), std::string::npos);
  nodes[0].state = InstanceState::stopped;
  EXPECT_NE(chosen("web", nodes).find("it is stopped"), std::string::npos);
  std::vector<Instance> several;
  const auto none = choose_target(word_of("web"), found(nodes), several);
  ASSERT_FALSE(none);
  EXPECT_TRUE(is_unreachable(none.error()));
  EXPECT_EQ(exit_code_of(none.error()), kExitUnknown);
}

TEST(SessionTarget, NothingThatMatchesIsUsageUnlessSomebodyCouldNotBeAsked) {
  std::vector<Instance> several;
  fleet::Discovery nothing = found({});
  auto none = choose_target(word_of("web"), nothing, several);
  ASSERT_FALSE(none);
  EXPECT_EQ(exit_code_of(none.error()), kExitUsage);
  nothing.problems.emplace_back(make::scope("444455556666", "us-east-1"), Error(ErrorKind::denied, "no"));
  none = choose_target(word_of("web"), nothing, several);
  ASSERT_FALSE(none);
  EXPECT_EQ(exit_code_of(none.error()), kExitUnknown);
}

TEST(TargetPicker, TakesANumberOrWhatIsLeft) {
  TargetPicker picker({node(1, "web-01"), node(2, "web-02"), node(3, "db")});
  EXPECT_NE(picker.shown(80).find("3  db"), std::string::npos) << picker.shown(80);
  EXPECT_EQ(picker.take("4").note, "4 is not in the list");
  EXPECT_FALSE(picker.take("WEB").instance);
  EXPECT_EQ(picker.shown(80).find("db"), std::string::npos) << "it was filtered away";
  EXPECT_EQ(picker.take(" 2 \n").instance->name, "web-02");
  EXPECT_EQ(picker.take("web-01").instance->name, "web-01") << "only one has it";
  EXPECT_EQ(picker.take("10.0.0.3").instance->name, "db") << "a filter looks at all of them again";
  EXPECT_NE(picker.take("nothing\x1b").note.find("\\x1b"), std::string::npos);
}

}  // namespace session_target_test
}  // namespace postern::cli
