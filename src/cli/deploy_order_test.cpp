#include "cli/deploy_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace deploy_order_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kFleet = R"(version: 1
hub: {account: "111122223333", region: eu-central-1}
defaults: {role: PosternOperator, regions: [us-east-1]}
accounts:
  - {id: "111122223333", name: hub}
  - {id: "444455556666", name: payments, external_id: "env:PAYMENTS", tags: {env: prod}}
  - {id: "777788889999", name: ledger, profile: ledger-admin}
)";

Result<DeployOrder> order(std::vector<std::string> words, std::string_view fleet = kFleet) {
  words.insert(words.begin(), {"deploy", "roles"});
  const Result<Invocation> invocation = parse_command_line(words);
  if (!invocation) return fail(invocation.error());
  std::optional<fleet::FleetFile> file;
  if (!fleet.empty()) {
    Result<fleet::FleetFile> parsed = fleet::parse_fleet_file(fleet, "postern.yaml");
    EXPECT_TRUE(parsed) << parsed.error().message();
    file = std::move(*parsed);
  }
  return deploy_order(*invocation, file, "us-west-2");
}

std::vector<std::string> ways_of(const DeployOrder& order) {
  std::vector<std::string> ways;
  for (const DeployPlace& place : order.places) {
    ways.push_back(place.scope->account_name + " " + place.scope->region.text() + " " + place.scope->access.describe());
  }
  return ways;
}

std::string refusal_of(std::vector<std::string> words, std::string_view fleet = kFleet) {
  const auto made = order(std::move(words), fleet);
  if (made) return "accepted";
  EXPECT_EQ(made.error().kind(), ErrorKind::usage);
  return made.error().message();
}

TEST(DeployOrder, GoesInByProfileElseByTheOrganisationsRole) {
  const auto made = order({});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->stack, "postern-roles");
  EXPECT_TRUE(made->declares("ExternalId"));
  EXPECT_THAT(ways_of(*made),
              ElementsAre("hub eu-central-1 the caller's credentials",
                          "payments eu-central-1 role arn:aws:iam::444455556666:role/OrganizationAccountAccessRole",
                          "ledger eu-central-1 profile ledger-admin"));
  EXPECT_EQ(made->places[1].external_id->to_text(), "env:PAYMENTS");
  EXPECT_FALSE(made->places[2].external_id);
}

TEST(DeployOrder, GoesInAsItIsTold) {
  EXPECT_THAT(ways_of(*order({"--via", "ops/Admin", "--account", "ledger"})),
              ElementsAre("ledger eu-central-1 role arn:aws:iam::777788889999:role/ops/Admin"));
  EXPECT_THAT(ways_of(*order({"--via", "profile", "--account", "ledger", "--region", "eu-west-1"})),
              ElementsAre("ledger eu-west-1 profile ledger-admin"));
  EXPECT_EQ(refusal_of({"--via", "profile"}),
            "account payments has no profile in postern.yaml: give it one, or leave --via profile out");
}

TEST(DeployOrder, PutsTheHubsStackIntoTheHub) {
  const auto made = order({"--for", "hub"});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->stack, "postern-hub");
  EXPECT_THAT(ways_of(*made), ElementsAre("hub eu-central-1 the caller's credentials"));
  EXPECT_FALSE(made->declares("ExternalId"));
}

TEST(DeployOrder, WorksWithoutAFleetFile) {
  EXPECT_THAT(ways_of(*order({"--role-arn", "arn:aws:iam::444455556666:role/Admin"}, "")),
              ElementsAre("444455556666 us-west-2 role arn:aws:iam::444455556666:role/Admin"));
  EXPECT_EQ(order({}, "")->places.size(), 1U);
  EXPECT_THAT(refusal_of({"--via", "profile"}, ""), HasSubstr("--role-arn and --profile are that way"));
}

TEST(DeployOrder, KnowsTheNamesOfEarlierScripts) {
  const auto made = order({"--compat", "brief", "--parameter", "EnableRecovery=true"});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->stack, "drs-orchestration-role");
  EXPECT_EQ(made->parameters.at("EnableRecovery"), "true");
}

TEST(DeployOrder, RefusesWhatCannotBe) {
  EXPECT_EQ(refusal_of({"--region", "us-east-1,us-west-2"}),
            "roles are global: their stack belongs into one Region, and --region names several");
  EXPECT_THAT(refusal_of({"--parameter", "Nonsense=1"}),
              HasSubstr("--parameter Nonsense: the template for target has "));
  EXPECT_EQ(refusal_of({"--parameter", "ExternalId"}), "--parameter 'ExternalId' is not NAME=VALUE");
  EXPECT_THAT(refusal_of({"--stack-name", "1roles"}), HasSubstr("a letter, then letters"));
  EXPECT_THAT(refusal_of({"--account", "nobody"}), HasSubstr("no account 'nobody'"));
  EXPECT_THAT(refusal_of({}, "version: 1\nhub: {region: us-east-1}\naccounts: []\n"), HasSubstr("has no accounts"));
}

Result<DeployOrder> alarms(std::vector<std::string> words, std::string_view fleet = kFleet) {
  words.insert(words.begin(), {"deploy", "alarms"});
  const Result<Invocation> invocation = parse_command_line(words);
  if (!invocation) return fail(invocation.error());
  std::optional<fleet::FleetFile> file;
  if (!fleet.empty()) {
    Result<fleet::FleetFile> parsed = fleet::parse_fleet_file(fleet, "postern.yaml");
    EXPECT_TRUE(parsed) << parsed.error().message();
    file = std::move(*parsed);
  }
  return deploy_order(*invocation, file, "us-west-2");
}

std::vector<std::string> labels_of(const DeployOrder& order) {
  std::vector<std::string> labels;
  for (const DeployPlace& place : order.places) labels.push_back(order.name_of(place));
  return labels;
}

TEST(DeployOrder, AlarmsGoIntoEveryRegionAndTheOneThatIsRecoveredTo) {
  constexpr std::string_view kRegions = R"(version: 1
hub: {account: "111122223333", region: eu-central-1}
defaults: {role: PosternOperator, regions: [us-east-1]}
accounts:
  - {id: "444455556666", name: payments, regions: [us-east-1, eu-west-1], dr: {region: us-west-2}}
  - {id: "777788889999", name: ledger}
)";
  const auto made = alarms({}, kRegions);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->stack, "postern-alarms");
  EXPECT_THAT(labels_of(*made), ElementsAre("payments (444455556666)/us-east-1", "payments (444455556666)/eu-west-1",
                                            "payments (444455556666)/us-west-2", "ledger (777788889999)/us-east-1"));
  const auto some = alarms({"--region", "eu-west-1,eu-west-2", "--account", "ledger"}, kRegions);
  ASSERT_TRUE(some) << some.error().message();
  EXPECT_THAT(labels_of(*some), ElementsAre("ledger (777788889999)/eu-west-1", "ledger (777788889999)/eu-west-2"));
  const auto alone = alarms({}, "");
  ASSERT_TRUE(alone) << alone.error().message();
  EXPECT_EQ(alone->places.size(), 1U);
}

TEST(DeployOrder, ATopicServesItsOwnRegion) {
  const std::string topic = "TopicArn=arn:aws:sns:us-east-1:111122223333:told";
  EXPECT_TRUE(alarms({"--parameter", topic, "--region", "us-east-1"}));
  const auto two = alarms({"--parameter", topic, "--region", "us-east-1,eu-west-1"});
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().message(), HasSubstr("alarms in eu-west-1 cannot tell"));
  EXPECT_TRUE(alarms({"--parameter", "TopicArn=", "--region", "us-east-1,eu-west-1"}));
}

TEST(DeployOrder, AStackSetIsNoWayIntoAnAccount) {
  EXPECT_THAT(refusal_of({"--via", "stackset", "--account", "payments"}), HasSubstr("no way into a single account"));
}

}  // namespace deploy_order_test
}  // namespace postern::cli
