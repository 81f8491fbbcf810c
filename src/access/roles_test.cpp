#include "access/roles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/testing/as_role.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"
#include "cfn/testing/golden.hpp"

namespace postern::access {
namespace roles_test {

using testing::AsRole;
using ::testing::HasSubstr;
using testing::kExternalId;
using testing::kHubArn;

const std::string kNode = "arn:aws:ec2:us-east-1:444455556666:instance/i-0123456789abcdef0";
const std::string kShell = "arn:aws:ssm:us-east-1::document/AWS-RunShellScript";
const std::string kInstall = "arn:aws:ssm:us-east-1::document/AWSDisasterRecovery-InstallDRAgentOnInstance";
const std::string kOwnInstall = "arn:aws:ssm:us-east-1:444455556666:document/Postern-InstallReplicationAgent";
const std::string kServer = "arn:aws:drs:us-west-2:444455556666:source-server/s-0123456789abcdef0";

cfn::Template target(const RoleOrder& order = RoleOrder()) {
  Result<cfn::Template> made = target_template(order);
  EXPECT_TRUE(made) << made.error().to_text();
  return std::move(*made);
}

TEST(TargetRoles, StandInTheirFile) {
  RoleOrder order;
  order.hub_account = "111122223333";
  cfn::testing::expect_golden("src/access/testdata/target.yaml", *cfn::to_cloudformation(target(order)));
}

TEST(TargetRoles, TrustTheHubsRoleWithTheExternalIdAndNobodyElse) {
  const cfn::Template source = target();
  for (const char* id : {"PosternObserve", "PosternOperate", "PosternRollout", "PosternRecover", "PosternCleanup"}) {
    const AsRole role(source, id);
    EXPECT_TRUE(role.trusts(kHubArn, std::string(kExternalId))) << id;
    EXPECT_FALSE(role.trusts(kHubArn, std::nullopt)) << id;
    EXPECT_FALSE(role.trusts(kHubArn, "DRSOrchestration2024")) << id;
    EXPECT_FALSE(role.trusts("arn:aws:iam::111122223333:role/Other", std::string(kExternalId))) << id;
    EXPECT_FALSE(role.trusts("arn:aws:iam::999999999999:role/PosternHub", std::string(kExternalId))) << id;
  }
}

TEST(TargetRoles, LetTheHubSayWhoCalledItWhereTheFleetWantsThat) {
  RoleOrder order;
  const auto takes = [&order](std::string who) {
    const AsRole role(target(order), "PosternOperate");
    return role.trusts(kHubArn, std::string(kExternalId), {}, "sts:AssumeRole", std::move(who));
  };
  EXPECT_TRUE(takes(""));
  EXPECT_FALSE(takes("ana"));
  order.source_identity = true;
  EXPECT_TRUE(takes(""));
  EXPECT_TRUE(takes("ana"));
  const AsRole role(target(order), "PosternOperate");
  EXPECT_FALSE(role.trusts(kHubArn, std::nullopt, {}, "sts:AssumeRole", "ana")) << "the ExternalId still counts";
  order.target_roles = {"arn:aws:iam::444455556666:role/PosternOperate"};
  const AsRole hub(*hub_template(order), "HubRole");
  EXPECT_TRUE(hub.may("sts:SetSourceIdentity", order.target_roles[0]));
  EXPECT_FALSE(hub.may("sts:SetSourceIdentity", "arn:aws:iam::444455556666:role/Other"));
}

TEST(TargetRoles, TrustTheOrganisationWhenItIsGiven) {
  AsRole role(target(), "PosternOperate");
  role.give("OrganizationId", "o-abcdefghij");
  EXPECT_TRUE(role.trusts(kHubArn, std::string(kExternalId), "o-abcdefghij"));
  EXPECT_FALSE(role.trusts(kHubArn, std::string(kExternalId), "o-zzzzzzzzzz"));
  EXPECT_FALSE(role.trusts(kHubArn, std::string(kExternalId)));
}

TEST(TargetRoles, TrustPeopleOfThePermissionSet) {
  RoleOrder order;
  order.mode = DeployMode::permission_set;
  const AsRole role(target(order), "PosternOperate");
  const std::string people = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_";
  EXPECT_TRUE(role.trusts(people + "PosternHub_0123456789abcdef", std::string(kExternalId)));
  EXPECT_FALSE(role.trusts(people + "Administrator_0123456789abcdef", std::string(kExternalId)));
  EXPECT_FALSE(role.trusts("arn:aws:iam::111122223333:role/AWSReservedSSO_PosternHub_1", std::string(kExternalId)));
}

TEST(TargetRoles, SendNamedDocumentsToTaggedNodesOnly) {
  const cfn::Template source = target();
  const AsRole operate(source, "PosternOperate");
  EXPECT_TRUE(operate.may("ssm:SendCommand", kShell));
  EXPECT_FALSE(operate.may("ssm:SendCommand", kInstall));
  EXPECT_FALSE(operate.may("ssm:SendCommand", kNode));
  EXPECT_TRUE(operate.may("ssm:SendCommand", kNode, {{"ssm:resourceTag/postern:managed", "true"}}));
  EXPECT_FALSE(operate.may("ssm:SendCommand", kNode, {{"ssm:resourceTag/dr:enabled", "true"}}));
  const AsRole rollout(source, "PosternRollout");
  EXPECT_TRUE(rollout.may("ssm:SendCommand", kInstall));
  EXPECT_TRUE(rollout.may("ssm:SendCommand", kOwnInstall));
  EXPECT_FALSE(operate.may("ssm:SendCommand", kOwnInstall));
  EXPECT_FALSE(rollout.may("ssm:SendCommand", kShell));
  EXPECT_TRUE(rollout.may("ssm:SendCommand", kNode, {{"ssm:resourceTag/dr:enabled", "true"}}));
  EXPECT_FALSE(rollout.may("ssm:SendCommand", kNode, {{"ssm:resourceTag/dr:enabled", "false"}}));
  EXPECT_TRUE(rollout.may("iam:ListAttachedRolePolicies", "arn:aws:iam::444455556666:role/demo-ec2-role"));
  const char* node = "arn:aws:iam::444455556666:role/demo-ec2-role";
  const char* agent = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy";
  EXPECT_TRUE(rollout.may("iam:AttachRolePolicy", node, {{"iam:PolicyARN", agent}}));
  EXPECT_FALSE(
      rollout.may("iam:AttachRolePolicy", node, {{"iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess"}}));
}

TEST(TargetRoles, KeepDutiesApart) {
  const cfn::Template source = target();
  const std::string instance = "arn:aws:drs:us-west-2:444455556666:recovery-instance/i-0123456789abcdef0";
  for (const Duty duty : kEveryDuty) {
    const AsRole role(source, RoleOrder().name_of(duty));
    const std::string name(to_string(duty));
    EXPECT_TRUE(role.may("ec2:DescribeInstances", "*")) << name;
    EXPECT_EQ(role.may("drs:StartRecovery", kServer), duty == Duty::recover) << name;
    EXPECT_EQ(role.may("drs:TerminateRecoveryInstances", instance), duty == Duty::cleanup) << name;
    EXPECT_EQ(role.may("drs:DescribeSourceServers", "*"), duty != Duty::operate) << name;
    EXPECT_FALSE(role.may("ssm:PutParameter", "arn:aws:ssm:us-east-1:444455556666:parameter/x")) << name;
    EXPECT_FALSE(role.may("ssm:StartSession", kNode)) << name;
    EXPECT_FALSE(role.may("sts:AssumeRole", "arn:aws:iam::444455556666:role/Other")) << name;
  }
}

TEST(TargetRoles, LetTheRecoveryServiceLaunchAndNothingElse) {
  const AsRole recover(target(), "PosternRecover");
  const std::string via = "aws:ViaAWSService";
  const std::string tagged = "aws:RequestTag/AWSElasticDisasterRecoveryManaged";
  const std::string instance = "arn:aws:ec2:us-west-2:444455556666:instance/*";
  EXPECT_TRUE(recover.may("ec2:RunInstances", instance, {{via, "true"}, {tagged, "x"}}));
  EXPECT_FALSE(recover.may("ec2:RunInstances", instance, {{via, "false"}, {tagged, "x"}}));
  EXPECT_FALSE(recover.may("ec2:RunInstances", instance, {{via, "true"}}));
  EXPECT_TRUE(recover.may("ec2:RunInstances", "arn:aws:ec2:us-west-2::image/ami-1", {{via, "true"}}));
  EXPECT_FALSE(recover.may("ec2:RunInstances", "arn:aws:ec2:us-west-2::image/ami-1"));
  const std::string group = "arn:aws:ec2:us-west-2:444455556666:security-group/*";
  EXPECT_TRUE(recover.may("ec2:CreateSecurityGroup", "arn:aws:ec2:us-west-2:444455556666:vpc/vpc-1", {{via, "true"}}));
  EXPECT_TRUE(recover.may("ec2:CreateSecurityGroup", group, {{via, "true"}, {tagged, "x"}}));
  EXPECT_FALSE(recover.may("ec2:CreateSecurityGroup", group, {{via, "true"}}));
  EXPECT_FALSE(recover.may("ec2:TerminateInstances", instance, {{via, "true"}}));
  const std::string roles = "arn:aws:iam::444455556666:role/service-role/AWSElasticDisasterRecovery";
  const std::string service = "iam:PassedToService";
  EXPECT_TRUE(recover.may("iam:PassRole", roles + "ConversionServerRole", {{service, "ec2.amazonaws.com"}}));
  EXPECT_FALSE(recover.may("iam:PassRole", roles + "ConversionServerRole", {{service, "lambda.amazonaws.com"}}));
  EXPECT_FALSE(recover.may("iam:PassRole", "arn:aws:iam::444455556666:role/Admin", {{service, "ec2.amazonaws.com"}}));
}

TEST(TargetRoles, MarkJobsOfTheirOwn) {
  const cfn::Template source = target();
  const std::string job = "arn:aws:drs:us-west-2:444455556666:job/drsjob-0123456789abcdef0";
  for (const char* id : {"PosternRecover", "PosternCleanup"}) {
    EXPECT_TRUE(AsRole(source, id).may("drs:TagResource", job)) << id;
    EXPECT_FALSE(AsRole(source, id).may("drs:TagResource", kServer)) << id;
  }
  EXPECT_TRUE(AsRole(source, "PosternRecover").may("drs:CreateRecoveryInstanceForDrs", kServer));
}

TEST(TargetRoles, TakeAnExternalIdThatEndsInTheAccount) {
  RoleOrder order;
  order.external_id_by_account = true;
  const auto source = target_template(order);
  ASSERT_TRUE(source) << source.error().to_text();
  testing::AsRole role(*source, "PosternObserve");
  role.give("ExternalIdPrefix", "0f3c5a9e7b1d4862");
  role.give("OrganizationId", "");
  EXPECT_TRUE(role.trusts(testing::kHubArn, "0f3c5a9e7b1d4862-444455556666"));
  EXPECT_FALSE(role.trusts(testing::kHubArn, "0f3c5a9e7b1d4862"));
  EXPECT_FALSE(role.trusts(testing::kHubArn, "0f3c5a9e7b1d4862-777788889999"));
}

TEST(TargetRoles, ShareARoleWhereNamesAreTheSame) {
  RoleOrder order;
  order.names.fill("ops/PosternOperator");
  const cfn::Template source = target(order);
  ASSERT_EQ(source.resources.size(), 1U);
  const cfn::Resource& one = source.resources.front();
  EXPECT_EQ(one.properties.find("RoleName")->text(), "PosternOperator");
  EXPECT_EQ(one.properties.find("Path")->text(), "/ops/");
  EXPECT_EQ(one.properties.find("Policies")->entries().size(), 5U);
  order.duties = {Duty::rollout};
  EXPECT_EQ(target(order).resources.front().properties.find("Policies")->entries().size(), 1U);
}

TEST(TargetRoles, LimitCommandsToTheDocumentsOfTheFleet) {
  RoleOrder order;
  order.limits.documents = {"Payments-*", "AWS-RunPatchBaseline", "*-Report"};
  order.limits.operate_tag = TagRule("team", "blue");
  const AsRole operate(target(order), "PosternOperate");
  EXPECT_TRUE(operate.may("ssm:SendCommand", "arn:aws:ssm:us-east-1:444455556666:document/Payments-Deploy"));
  EXPECT_TRUE(operate.may("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunPatchBaseline"));
  EXPECT_TRUE(operate.may("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-Report"));
  EXPECT_TRUE(operate.may("ssm:SendCommand", "arn:aws:ssm:us-east-1:444455556666:document/My-Report"));
  EXPECT_FALSE(operate.may("ssm:SendCommand", kShell));
  EXPECT_TRUE(operate.may("ssm:SendCommand", kNode, {{"ssm:resourceTag/team", "blue"}}));
}

TEST(HubRole, AssumesExactlyTheTargetRoles) {
  RoleOrder order;
  order.target_roles = {"arn:aws:iam::444455556666:role/PosternObserve",
                        "arn:aws:iam::777788889999:role/PosternObserve"};
  for (const DeployMode mode : {DeployMode::ec2, DeployMode::lambda, DeployMode::state_machine, DeployMode::oidc}) {
    order.mode = mode;
    const auto source = hub_template(order);
    ASSERT_TRUE(source) << source.error().to_text();
    const AsRole hub(*source, "HubRole");
    EXPECT_TRUE(hub.may("sts:AssumeRole", order.target_roles[1]));
    EXPECT_FALSE(hub.may("sts:AssumeRole", "arn:aws:iam::444455556666:role/PosternRecover"));
    EXPECT_FALSE(hub.may("ssm:SendCommand", kShell));
    EXPECT_EQ(source->find_resource("HubProfile") != nullptr, mode == DeployMode::ec2);
    EXPECT_EQ(source->find_parameter("TargetRoleArns"), nullptr);
  }
}

TEST(HubRole, TellsTheFleetFilesTopicsAndWritesItsAnchors) {
  RoleOrder order;
  order.target_roles = {"arn:aws:iam::444455556666:role/PosternObserve"};
  const std::string topic = "arn:aws:sns:us-east-1:111122223333:ops";
  const std::string bus = "arn:aws:events:us-east-1:111122223333:event-bus/ops";
  const AsRole without(*hub_template(order), "HubRole");
  EXPECT_FALSE(without.may("sns:Publish", topic));
  order.topics = {topic};
  order.event_buses = {bus};
  order.anchors = "ops-anchors/postern";
  const AsRole hub(*hub_template(order), "HubRole");
  EXPECT_TRUE(hub.may("sns:Publish", topic));
  EXPECT_FALSE(hub.may("sns:Publish", topic + "-other"));
  EXPECT_TRUE(hub.may("events:PutEvents", bus));
  EXPECT_TRUE(hub.may("s3:PutObject", "arn:aws:s3:::ops-anchors/postern/head"));
  EXPECT_FALSE(hub.may("s3:PutObject", "arn:aws:s3:::ops-anchors/other"));
  order.mode = DeployMode::permission_set;
  EXPECT_THAT(*cfn::to_cloudformation(*hub_template(order)), HasSubstr("Sid: TellTopics\n"));
}

TEST(HubRole, CarriesCopiesThroughTheFleetFilesPlaces) {
  RoleOrder order;
  order.target_roles = {"arn:aws:iam::444455556666:role/PosternObserve"};
  const std::string piece = "arn:aws:s3:::copies-east/cp/postern-cp-0123456789abcdef/17";
  EXPECT_FALSE(AsRole(*hub_template(order), "HubRole").may("s3:PutObject", piece));
  order.copies = {"copies-east/cp", "copies-west"};
  const AsRole hub(*hub_template(order), "HubRole");
  for (const char* action : {"s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"}) {
    EXPECT_TRUE(hub.may(action, piece)) << action;
    EXPECT_TRUE(hub.may(action, "arn:aws:s3:::copies-west/postern-cp-0123456789abcdef/0")) << action;
    EXPECT_FALSE(hub.may(action, "arn:aws:s3:::copies-east/other/file")) << action;
    EXPECT_FALSE(hub.may(action, "arn:aws:s3:::copies-east-2/cp/file")) << action;
  }
  EXPECT_FALSE(hub.may("s3:ListBucket", "arn:aws:s3:::copies-east"));
  // Who is reached by a signature needs nothing.
  EXPECT_FALSE(AsRole(target(order), "PosternOperate").may("s3:GetObject", piece));
  EXPECT_FALSE(AsRole(*node_template(order), "NodeRole").may("s3:GetObject", piece));
  order.mode = DeployMode::permission_set;
  EXPECT_THAT(*cfn::to_cloudformation(*hub_template(order)), HasSubstr("Sid: CarryCopies\n"));
}

TEST(HubRole, StandsInItsFile) {
  RoleOrder order;
  order.target_roles = {"arn:aws:iam::444455556666:role/PosternObserve"};
  order.topics = {"arn:aws:sns:us-east-1:111122223333:ops"};
  order.anchors = "ops-anchors/postern";
  order.copies = {"copies-east/cp", "copies-west"};
  const cfn::Template source = *hub_template(order);
  cfn::testing::expect_golden("src/access/testdata/hub.yaml", *cfn::to_cloudformation(source));
  cfn::testing::expect_golden("src/access/testdata/hub.tf", *cfn::to_terraform(source));
}

TEST(HubRole, IsTrustedToOneService) {
  RoleOrder order;
  const auto text = [&](DeployMode mode) {
    order.mode = mode;
    return *cfn::to_cloudformation(*hub_template(order));
  };
  EXPECT_THAT(text(DeployMode::ec2), HasSubstr("Service: ec2.amazonaws.com"));
  EXPECT_THAT(text(DeployMode::lambda), HasSubstr("Service: lambda.amazonaws.com"));
  EXPECT_THAT(text(DeployMode::state_machine), HasSubstr("aws:SourceAccount: !Ref AWS::AccountId"));
  EXPECT_THAT(text(DeployMode::oidc), HasSubstr("token.actions.githubusercontent.com:sub: !Ref OidcSubject"));
  EXPECT_THAT(text(DeployMode::permission_set), HasSubstr("Type: AWS::SSO::PermissionSet"));
  EXPECT_THAT(text(DeployMode::permission_set), HasSubstr(":parameter/postern/hold\n"));
  EXPECT_THAT(text(DeployMode::ec2), HasSubstr("Resource: !Ref TargetRoleArns"));
}

RoleOrder many(int accounts) {
  RoleOrder order;
  for (int i = 0; i < accounts; ++i) {
    for (const std::string& name : order.names) {
      order.target_roles.push_back("arn:aws:iam::" + std::to_string(100000000000 + i) + ":role/" + name);
    }
  }
  return order;
}

TEST(HubRole, SpreadsManyRolesOverManagedPolicies) {
  const RoleOrder order = many(200);
  const auto source = hub_template(order);
  ASSERT_TRUE(source) << source.error().to_text();
  EXPECT_NE(source->find_resource("AssumeTargetRoles9"), nullptr);
  const AsRole hub(*source, "HubRole");
  for (const std::string& arn : order.target_roles) EXPECT_TRUE(hub.may("sts:AssumeRole", arn)) << arn;
  EXPECT_FALSE(hub.may("sts:AssumeRole", "arn:aws:iam::100000000000:role/Admin"));
}

/// What a role's own policies hold is shared with the places of copies: the roles make room.
TEST(HubRole, HasRoomForManyPlacesOfCopies) {
  RoleOrder order = many(20);
  ASSERT_EQ(hub_template(order)->find_resource("AssumeTargetRoles1"), nullptr);
  for (int i = 0; i < 100; ++i) order.copies.push_back("copies-of-region-" + std::to_string(i) + "/postern/cp");
  const auto source = hub_template(order);
  ASSERT_TRUE(source) << source.error().to_text();
  EXPECT_NE(source->find_resource("AssumeTargetRoles1"), nullptr);
  EXPECT_TRUE(AsRole(*source, "HubRole").may("s3:PutObject", "arn:aws:s3:::copies-of-region-99/postern/cp/x/0"));
}

TEST(HubRole, SaysWhenItsPolicyIsLargerThanIamTakes) {
  RoleOrder order = many(300);
  auto source = hub_template(order);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().kind(), ErrorKind::usage);
  EXPECT_THAT(source.error().message(), HasSubstr("more target roles than fit into the 9 managed policies"));
  order.mode = DeployMode::permission_set;
  source = hub_template(order);
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message(), HasSubstr("characters, IAM takes 10240"));
}

TEST(NodeRole, IsForInstancesAlone) {
  const auto source = node_template(RoleOrder());
  ASSERT_TRUE(source) << source.error().to_text();
  const AsRole node(*source, "NodeRole");
  EXPECT_FALSE(node.trusts(kHubArn, std::string(kExternalId)));
  const std::string text = *cfn::to_cloudformation(*source);
  EXPECT_THAT(text, HasSubstr("policy/AmazonSSMManagedInstanceCore"));
  EXPECT_THAT(text, HasSubstr("Type: AWS::IAM::InstanceProfile"));
}

TEST(Roles, CanAllBeSaidInTerraform) {
  RoleOrder order;
  for (const DeployMode mode :
       {DeployMode::ec2, DeployMode::lambda, DeployMode::state_machine, DeployMode::permission_set, DeployMode::oidc}) {
    order.mode = mode;
    for (const auto& source :
         {hub_template(order), target_template(order), node_template(order), brief_template(order)}) {
      ASSERT_TRUE(source) << source.error().to_text();
      const auto text = cfn::to_terraform(*source);
      EXPECT_TRUE(text) << text.error().to_text();
      EXPECT_LE(cfn::to_cloudformation(*source)->size(), cfn::kTemplateBodyMax);
    }
  }
}

}  // namespace roles_test
}  // namespace postern::access
