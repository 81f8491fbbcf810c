#include "cli/permissions_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace permissions_order_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kFleet = R"(version: 1
hub: {account: "111122223333", region: eu-central-1}
defaults: {roles: {observe: Look, operate: ops/Work}, regions: [us-east-1]}
documents: [Payments-Deploy]
notify: ["arn:aws:sns:eu-central-1:111122223333:told", "https://example.org/hook"]
selectors: {blue: "tag:team=blue"}
accounts:
  - {id: "444455556666", name: payments}
  - {id: "777788889999", name: ledger}
)";

Result<AskedPermissions> ask(std::vector<std::string> words, std::string_view fleet = kFleet) {
  words.insert(words.begin(), "permissions");
  const Result<Invocation> invocation = parse_command_line(words);
  if (!invocation) return fail(invocation.error());
  std::optional<fleet::FleetFile> file;
  if (!fleet.empty()) {
    Result<fleet::FleetFile> parsed = fleet::parse_fleet_file(fleet, "postern.yaml");
    EXPECT_TRUE(parsed) << parsed.error().message();
    file = std::move(*parsed);
  }
  return permission_order(*invocation, file);
}

AskedPermissions asked(std::vector<std::string> words, std::string_view fleet = kFleet) {
  Result<AskedPermissions> out = ask(std::move(words), fleet);
  EXPECT_TRUE(out) << out.error().message();
  return out ? std::move(*out) : AskedPermissions();
}

std::string refusal_of(std::vector<std::string> words, std::string_view fleet = kFleet) {
  const auto out = ask(std::move(words), fleet);
  if (out) return "accepted";
  EXPECT_EQ(out.error().kind(), ErrorKind::usage);
  return out.error().message();
}

/// A command without a row would get no policy, and nobody would notice.
TEST(PermissionsOrder, EveryCommandHasItsRowAndEveryRowItsCommand) {
  for (const CommandSpec& command : commands()) {
    EXPECT_NE(access::find_needs(command.path), nullptr) << command.path;
  }
  for (const access::CommandNeeds& needs : access::command_needs()) {
    EXPECT_TRUE(named_commands({std::string(needs.command)})) << needs.command;
  }
}

TEST(PermissionsOrder, WordsNameCommandsOfOneOrTwo) {
  EXPECT_THAT(*named_commands({"deploy", "roles", "run", "accounts add", "targets"}),
              ElementsAre("deploy roles", "run", "accounts add", "targets"));
  EXPECT_THAT(*named_commands({"accounts", "check", "runs"}), ElementsAre("accounts check", "runs list"));
  EXPECT_THAT(refusal_of({"dance"}), HasSubstr("there is no command 'dance'"));
  EXPECT_THAT(refusal_of({}), HasSubstr("of which command"));
}

TEST(PermissionsOrder, TakesAccountDocumentsAndPlacesFromTheFleetFile) {
  const AskedPermissions one = asked({"run", "--account", "payments"});
  EXPECT_EQ(one.order.account, "444455556666");
  EXPECT_THAT(one.order.roles.limits.documents, ElementsAre("Payments-Deploy"));
  EXPECT_THAT(one.order.topics, ElementsAre("arn:aws:sns:eu-central-1:111122223333:told"));
  EXPECT_THAT(one.notes, IsEmpty());
  const AskedPermissions both = asked({"run"});
  EXPECT_EQ(both.order.account, "*");
  EXPECT_THAT(both.notes, ElementsAre(HasSubstr("not one account")));
  const AskedPermissions hub = asked({"run", "--hub"});
  EXPECT_EQ(hub.order.account, "111122223333");
  EXPECT_EQ(hub.order.hub_region, "eu-central-1");
  EXPECT_THAT(hub.order.roles.target_roles,
              ElementsAre("arn:aws:iam::444455556666:role/ops/Work", "arn:aws:iam::777788889999:role/ops/Work"));
  EXPECT_EQ(asked({"run", "--role-arn", "arn:aws:iam::888899990000:role/Other"}, "").order.account, "888899990000");
  EXPECT_THAT(asked({"deploy", "roles", "--via", "Deployer", "--account", "ledger"}).order.deploy_roles,
              ElementsAre("arn:aws:iam::777788889999:role/Deployer"));
}

TEST(PermissionsOrder, CopiesOfTheCommandLineStandInsteadOfTheFleetFiles) {
  const std::string fleet = std::string(kFleet) + "copies: {s3: \"s3://copies-east/cp\", region: us-east-1}\n";
  EXPECT_THAT(asked({"cp", "--hub"}).order.copies, IsEmpty());
  EXPECT_THAT(asked({"cp", "--hub"}, fleet).order.copies, ElementsAre("copies-east/cp"));
  EXPECT_THAT(asked({"cp", "--hub", "--s3", "s3://other/x/"}, fleet).order.copies, ElementsAre("other/x"));
  EXPECT_THAT(refusal_of({"cp", "--hub", "--s3", "other"}, fleet), HasSubstr("is no place in S3"));
}

TEST(PermissionsOrder, ASelectorLimitsNodesAsFarAsAPolicyCan) {
  const access::NodeLimit nodes =
      asked({"run", "--select", "@blue and id:i-0123456789abcdef0", "--select", "app=web-*"}).order.nodes;
  EXPECT_THAT(nodes.ids, ElementsAre("i-0123456789abcdef0"));
  ASSERT_EQ(nodes.tags.size(), 2U);
  EXPECT_EQ(nodes.tags[0].first, "team");
  EXPECT_EQ(nodes.tags[1].second, std::vector<std::string>{"web-*"});
  for (const char* text :
       {"name:web-*", "not team=blue", "team=blue or team=green", "id:i-*", "team=${aws:username}"}) {
    EXPECT_THAT(refusal_of({"run", "--select", text}), HasSubstr("a policy limits nodes by tags and ids")) << text;
  }
}

TEST(PermissionsOrder, DocumentsOfTheCommandLineStandAlone) {
  const AskedPermissions out =
      asked({"run", "--document", "Ours:3", "--document", "arn:aws:ssm:us-east-1:1:document/X"});
  EXPECT_TRUE(out.order.documents);
  EXPECT_THAT(out.order.roles.limits.documents, ElementsAre("Ours", "arn:aws:ssm:us-east-1:1:document/X"));
}

}  // namespace permissions_order_test
}  // namespace postern::cli
