#include "access/permissions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace postern::access {
namespace permissions_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PermissionOrder order_of(std::vector<std::string> commands, Holder holder = Holder::target) {
  PermissionOrder order;
  order.commands = std::move(commands);
  order.holder = holder;
  order.account = "444455556666";
  order.deploy_roles = {"arn:aws:iam::444455556666:role/Deployer"};
  return order;
}

std::vector<Permission> made(const PermissionOrder& order) {
  const auto out = permissions(order);
  EXPECT_TRUE(out) << out.error().to_text();
  return out ? *out : std::vector<Permission>();
}

/// "Sid: action action"
std::vector<std::string> lines(const PermissionOrder& order) {
  std::vector<std::string> out;
  for (const Permission& each : made(order)) {
    out.push_back(each.sid + ":");
    for (const auto& [action, why] : each.why) out.back() += " " + action;
  }
  return out;
}

TEST(Permissions, ACommandGetsNoMoreThanItUses) {
  EXPECT_THAT(lines(order_of({"targets"})),
              ElementsAre("Discover: ec2:DescribeInstances ssm:DescribeInstanceInformation"));
  PermissionOrder everywhere = order_of({"targets"});
  everywhere.all_regions = true;
  EXPECT_THAT(lines(everywhere),
              ElementsAre("Discover: ec2:DescribeInstances ec2:DescribeRegions ssm:DescribeInstanceInformation"));
  EXPECT_THAT(lines(order_of({"runs import"})),
              ElementsAre("FollowCommands: ssm:ListCommandInvocations ssm:ListCommands"));
  EXPECT_THAT(lines(order_of({"accounts check"})), IsEmpty());
  EXPECT_THAT(lines(order_of({"accounts list", "hold"})), IsEmpty());
}

TEST(Permissions, CommandsTogetherShareStatements) {
  const std::vector<Permission> both = made(order_of({"targets", "run"}));
  ASSERT_EQ(both.size(), 4U);
  EXPECT_EQ(both[0].sid, "Discover");
  EXPECT_EQ(both[0].why[0].second,
            "targets: finds instances and what Systems Manager knows of them; "
            "run: finds instances and what Systems Manager knows of them");
  EXPECT_EQ(both[1].statement["Action"].to_string(), "ssm:SendCommand");
}

TEST(Permissions, ResourcesFollowAccountDocumentsAndNodes) {
  PermissionOrder order = order_of({"run"});
  order.roles.limits.documents = {"AWS-RunShellScript", "Ours"};
  order.nodes.ids = {"i-0123456789abcdef0", "mi-0123456789abcdef0"};
  order.nodes.tags = {{"team", {"blue", "green"}}, {"app", {"web-*"}}};
  const std::vector<Permission> all = made(order);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].statement["Resource"].dump(),
            R"(["arn:aws:ssm:*::document/AWS-RunShellScript","arn:aws:ssm:*:444455556666:document/Ours"])");
  EXPECT_EQ(all[2].statement["Resource"].dump(),
            R"(["arn:aws:ec2:*:444455556666:instance/i-0123456789abcdef0",)"
            R"("arn:aws:ssm:*:444455556666:managed-instance/mi-0123456789abcdef0"])");
  EXPECT_EQ(
      all[2].statement["Condition"].dump(),
      R"({"StringEquals":{"ssm:resourceTag/team":["blue","green"]},"StringLike":{"ssm:resourceTag/app":"web-*"}})");
}

TEST(Permissions, TheHubAssumesAndTellsWhatTheFleetFileNames) {
  PermissionOrder order = order_of({"run"}, Holder::hub);
  order.roles.target_roles = {"arn:aws:iam::444455556666:role/Work"};
  order.topics = {"arn:aws:sns:us-east-1:111122223333:told"};
  order.anchors = "anchors/heads";
  EXPECT_THAT(lines(order), ElementsAre("AssumeTargetRoles: sts:AssumeRole", "HoldRuns: ssm:GetParameter",
                                        "TellTopics: sns:Publish", "WriteAnchors: s3:PutObject s3:PutObjectRetention"));
  EXPECT_EQ(made(order)[3].statement["Resource"].to_string(), "arn:aws:s3:::anchors/heads/*");
  EXPECT_THAT(lines(order_of({"hold", "release"}, Holder::hub)),
              ElementsAre("HoldRuns: ssm:DeleteParameter ssm:GetParameter ssm:PutParameter"));
}

TEST(Permissions, CopiesAreTheHubsAlone) {
  PermissionOrder order = order_of({"cp"}, Holder::hub);
  order.roles.target_roles = {"arn:aws:iam::444455556666:role/Work"};
  EXPECT_THAT(lines(order), ElementsAre("AssumeTargetRoles: sts:AssumeRole"));
  order.copies = {"copies-east/cp"};
  EXPECT_THAT(lines(order),
              ElementsAre("AssumeTargetRoles: sts:AssumeRole",
                          "CarryCopies: s3:DeleteObject s3:DeleteObjectVersion s3:GetObject s3:PutObject"));
  EXPECT_EQ(made(order)[1].statement["Resource"].to_string(), "arn:aws:s3:::copies-east/cp/*");
  EXPECT_THAT(made(order)[1].why[0].second, HasSubstr("cp: puts, fetches and deletes pieces"));
  order.commands = {"shell"};
  EXPECT_THAT(lines(order), ElementsAre("AssumeTargetRoles: sts:AssumeRole"));
  PermissionOrder target = order_of({"cp"});
  const std::vector<std::string> without = lines(target);
  target.copies = order.copies;
  EXPECT_EQ(lines(target), without);
}

TEST(Permissions, ADeploymentIsLimitedToItsStackAndRoles) {
  PermissionOrder order = order_of({"deploy roles"});
  order.roles.duties = {Duty::observe};
  order.roles.names[0] = "ops/Look";
  const std::vector<Permission> all = made(order);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].statement["Resource"].to_string(), "arn:aws:cloudformation:*:444455556666:stack/postern-roles/*");
  EXPECT_EQ(all[1].statement["Resource"].to_string(), "arn:aws:iam::444455556666:role/ops/Look");
  order.part = "hub";
  order.stack = "postern-hub";
  EXPECT_EQ(made(order).size(), 4U);  // with the instance profile, and the role that is passed to it
}

TEST(Permissions, RolesThatDifferAreNotMixed) {
  const auto mixed = permissions(order_of({"run", "deploy roles"}));
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().message(), HasSubstr("ask for them one after the other"));
  const auto unknown = permissions(order_of({"dance"}));
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("there is no command 'dance'"));
}

TEST(Permissions, EachCommandHasOneRow) {
  std::set<std::string_view> seen;
  for (const CommandNeeds& needs : command_needs()) EXPECT_TRUE(seen.insert(needs.command).second) << needs.command;
}

/// Every Sid and every action of the table exists, so that a slip of the pen gives no smaller policy.
TEST(Permissions, TheTableNamesWhatThereIs) {
  for (const CommandNeeds& needs : command_needs()) {
    std::set<std::string> seen;
    for (const Holder holder : {Holder::target, Holder::hub}) {
      for (const char* part : {"target", "hub", "alarms", "documents", "endpoints"}) {
        PermissionOrder order = order_of({std::string(needs.command)}, holder);
        order.part = part;
        order.all_regions = order.documents = order.stack_set = true;
        order.topics = order.event_buses = {"arn:aws:sns:us-east-1:111122223333:told"};
        order.anchors = order.output_s3 = "bucket/prefix";
        order.copies = {"copies/prefix"};
        order.output_logs = "/nodes";
        // So many that managed policies are made.
        for (int i = 0; i < 300 && order.part == "hub"; ++i) {
          order.roles.target_roles.push_back("arn:aws:iam::444455556666:role/Role" + std::to_string(i));
        }
        std::vector<Permission> all = made(order);
        if (order.part == "hub") {
          order.roles.mode = DeployMode::permission_set;
          order.roles.target_roles.resize(2);
          for (Permission& each : made(order)) all.push_back(std::move(each));
        }
        for (const Permission& each : all) {
          for (const auto& [action, why] : each.why) seen.insert(each.sid + " " + action);
          seen.insert(each.sid);
        }
      }
    }
    for (const Use& use : needs.uses) {
      if (use.sid == kWholeDuty) continue;
      EXPECT_TRUE(seen.contains(std::string(use.sid))) << needs.command << " " << use.sid;
      std::string action;
      for (const char c : std::string(use.actions) + " ") {
        if (c != ' ') {
          action.push_back(c);
          continue;
        }
        if (!action.empty()) {
          EXPECT_TRUE(seen.contains(std::string(use.sid) + " " + action)) << needs.command << " " << action;
        }
        action.clear();
      }
    }
  }
}

}  // namespace permissions_test
}  // namespace postern::access
