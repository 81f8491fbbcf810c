#include "cli/render_roles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace render_roles_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kFleet = R"(version: 1
hub: {account: "111122223333", region: us-east-1}
defaults:
  roles: {observe: Look, operate: ops/Work, rollout: Work2, recover: Save, cleanup: Tidy}
  regions: [us-east-1]
documents: [Payments-Deploy]
accounts:
  - {id: "444455556666", name: payments}
  - {id: "777788889999", name: ledger, profile: ledger-admin}
  - {id: "888899990000", name: shop}
)";

Result<RenderedRoles> render(std::vector<std::string> words, std::string_view fleet = kFleet) {
  words.insert(words.begin(), {"render", "roles"});
  const Result<Invocation> invocation = parse_command_line(words);
  if (!invocation) return fail(invocation.error());
  std::optional<fleet::FleetFile> file;
  if (!fleet.empty()) {
    Result<fleet::FleetFile> parsed = fleet::parse_fleet_file(fleet, "postern.yaml");
    EXPECT_TRUE(parsed) << parsed.error().message();
    file = std::move(*parsed);
  }
  return render_roles(*invocation, file);
}

std::string text_of(std::vector<std::string> words, std::string_view fleet = kFleet) {
  const auto rendered = render(std::move(words), fleet);
  EXPECT_TRUE(rendered) << rendered.error().message();
  return rendered ? rendered->files.front().text : std::string();
}

std::string refusal_of(std::vector<std::string> words, std::string_view fleet = kFleet) {
  const auto rendered = render(std::move(words), fleet);
  if (rendered) return "accepted";
  EXPECT_EQ(rendered.error().kind(), ErrorKind::usage);
  return rendered.error().message();
}

TEST(RenderRoles, TakesNamesHubAndDocumentsFromTheFleetFile) {
  const std::string text = text_of({});
  EXPECT_THAT(text, HasSubstr("Default: arn:aws:iam::111122223333:role/PosternHub\n"));
  EXPECT_THAT(text, HasSubstr("RoleName: Look\n"));
  EXPECT_THAT(text, HasSubstr("RoleName: Work\n      Path: /ops/\n"));
  EXPECT_THAT(text, HasSubstr("document/Payments-Deploy\n"));
  EXPECT_THAT(text, Not(HasSubstr("AWS-RunShellScript")));
}

TEST(RenderRoles, NamesEveryTargetRoleInTheHubsPolicy) {
  const std::string text = text_of({"--for", "hub", "--duty", "observe", "--duty", "operate"});
  EXPECT_THAT(text, HasSubstr("                Resource:\n"
                              "                  - arn:aws:iam::444455556666:role/Look\n"
                              "                  - arn:aws:iam::444455556666:role/ops/Work\n"
                              "                  - arn:aws:iam::888899990000:role/Look\n"
                              "                  - arn:aws:iam::888899990000:role/ops/Work\n"));
  EXPECT_THAT(text, Not(HasSubstr("777788889999")));
  EXPECT_THAT(
      render({"--for", "hub"})->notes,
      ElementsAre("1 account of postern.yaml without a role is left out: a profile is the way in, or it is the hub"));
  EXPECT_THAT(text_of({"--for", "hub", "--duty", "observe", "--account", "shop"}),
              HasSubstr("Resource:\n                  - arn:aws:iam::888899990000:role/Look\n"));
}

TEST(RenderRoles, LetsTheHubTellWhomTheFleetFileNames) {
  const std::string fleet = std::string(kFleet) +
                            "notify: [\"arn:aws:sns:us-east-1:111122223333:ops\", \"env:HOOK\"]\n"
                            "anchors: {s3: \"s3://ops-anchors/postern\", retain_days: 400}\n";
  const std::string text = text_of({"--for", "hub"}, fleet);
  EXPECT_THAT(text, HasSubstr("Resource: arn:aws:sns:us-east-1:111122223333:ops\n"));
  EXPECT_THAT(text, HasSubstr("s3:::ops-anchors/postern/*"));
  EXPECT_THAT(text_of({"--for", "hub"}), Not(HasSubstr("sns:Publish")));
  EXPECT_THAT(text_of({}, fleet), Not(HasSubstr("sns:Publish"))) << "the hub tells, not the target accounts";
}

TEST(RenderRoles, LetsTheHubCarryCopiesOfEveryRegion) {
  const std::string fleet = std::string(kFleet) +
                            "copies:\n  - {s3: \"s3://copies-east/cp/\", region: us-east-1}\n"
                            "  - {s3: \"s3://copies-west\", region: us-west-2}\n";
  const std::string text = text_of({"--for", "hub"}, fleet);
  EXPECT_THAT(text, HasSubstr("Sid: CarryCopies\n"));
  EXPECT_THAT(text, HasSubstr("- !Sub arn:${AWS::Partition}:s3:::copies-east/cp/*\n"));
  EXPECT_THAT(text, HasSubstr("- !Sub arn:${AWS::Partition}:s3:::copies-west/*\n"));
  EXPECT_THAT(text_of({"--for", "hub", "--format", "terraform"}, fleet), HasSubstr("CarryCopies"));
  EXPECT_THAT(text_of({"--for", "hub"}), Not(HasSubstr("CarryCopies")));
  EXPECT_THAT(text_of({"--for", "target"}, fleet), Not(HasSubstr("CarryCopies")));
}

TEST(RenderRoles, SaysThatThereIsNoFleetFile) {
  const auto rendered = render({"--for", "hub"}, "");
  ASSERT_TRUE(rendered) << rendered.error().message();
  EXPECT_THAT(
      rendered->notes,
      ElementsAre("no fleet file: roles have postern's own names; hub and accounts are parameters of the template"));
  EXPECT_THAT(rendered->files.front().text, HasSubstr("Resource: !Ref TargetRoleArns\n"));
  EXPECT_THAT(text_of({"--for", "hub", "--role-arn", "arn:aws:iam::444455556666:role/X"}, ""),
              HasSubstr("  - arn:aws:iam::444455556666:role/X\n"));
  EXPECT_THAT(render({"--for", "node"}, "")->notes, IsEmpty());
  EXPECT_EQ(refusal_of({"--account", "shop"}, ""), "--account chooses accounts of a fleet file, and there is none");
}

TEST(RenderRoles, RefusesAccountsThatDisagree) {
  const std::string fleet = std::string(kFleet) + "  - {id: \"999900001111\", name: odd, role: Other}\n";
  EXPECT_EQ(refusal_of({}, fleet),
            "accounts payments and odd name different roles for the duty 'observe' (Look, Other): one template cannot "
            "serve both; render them by --account");
  EXPECT_THAT(text_of({"--account", "odd"}, fleet), HasSubstr("RoleName: Other\n"));
}

TEST(RenderRoles, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(refusal_of({"--compat", "brief", "--for", "hub"}),
            "--compat renders a role of target accounts: leave --for out");
  EXPECT_EQ(refusal_of({"--compat", "brief", "--duty", "recover"}),
            "--compat brief has one role with fixed rights: --duty has no place in it");
  EXPECT_EQ(refusal_of({"--node-tag", "nothing"}), "--node-tag 'nothing' is not KEY=VALUE");
  EXPECT_EQ(refusal_of({"--node-tag", "team=*"}), "--node-tag 'team=*': *, ? and $ have a meaning in policies");
  EXPECT_EQ(refusal_of({"--organization", "x"}), "--organization 'x' is not o-...");
  EXPECT_EQ(refusal_of({"--oidc-provider", "https://a"}), "--oidc-provider 'https://a': the host, without https://");
  EXPECT_EQ(refusal_of({"--account", "nobody"}), "no account 'nobody' in postern.yaml");
  EXPECT_EQ(refusal_of({"--duty", "failback"}),
            "--duty 'failback' is not one of observe, operate, rollout, recover, cleanup");
}

TEST(RenderRoles, KeepsTheBriefsShape) {
  const std::string text = text_of({"--compat", "brief"});
  EXPECT_THAT(text, HasSubstr("RoleName: DRSOrchestrationRole\n"));
  EXPECT_THAT(text, HasSubstr("Default: '111122223333'\n"));
}

TEST(RenderRoles, MakesThreeFilesOfEachFormat) {
  const auto yaml = render({"--for", "all"});
  ASSERT_TRUE(yaml) << yaml.error().message();
  ASSERT_EQ(yaml->files.size(), 3U);
  EXPECT_EQ(yaml->files[0].path, "hub.yaml");
  EXPECT_EQ(yaml->files[2].path, "node.yaml");
  const auto hcl = render({"--for", "all", "--format", "terraform", "--mode", "permission-set"});
  ASSERT_TRUE(hcl) << hcl.error().message();
  EXPECT_EQ(hcl->files[1].path, "target/main.tf");
  EXPECT_THAT(hcl->files[0].text, HasSubstr("aws_ssoadmin_permission_set_inline_policy"));
}

}  // namespace render_roles_test
}  // namespace postern::cli
