#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/roles.hpp"
#include "access/testing/as_role.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/testing/golden.hpp"

namespace postern::access {
namespace brief_role_test {

using testing::AsRole;
using ::testing::HasSubstr;
using testing::kExternalId;
using testing::kHubArn;
using ::testing::Not;

const std::string kServer = "arn:aws:drs:us-west-2:444455556666:source-server/s-0123456789abcdef0";

cfn::Template brief() {
  Result<cfn::Template> made = brief_template(RoleOrder());
  EXPECT_TRUE(made) << made.error().to_text();
  return std::move(*made);
}

TEST(BriefRole, KeepsTheNamesThatScriptsKnow) {
  const std::string text = *cfn::to_cloudformation(brief());
  cfn::testing::expect_golden("src/access/testdata/brief.yaml", text);
  EXPECT_THAT(text, HasSubstr("RoleName: DRSOrchestrationRole\n"));
  EXPECT_THAT(text, HasSubstr("  OrchestrationAccountId:\n"));
  EXPECT_THAT(text, HasSubstr("Name: DRSOrchestrationRoleArn\n"));
}

TEST(BriefRole, TrustsOneRoleWithAnExternalIdOfItsOwn) {
  const AsRole role(brief(), "DRSOrchestrationRole");
  EXPECT_TRUE(role.trusts(kHubArn, std::string(kExternalId)));
  EXPECT_FALSE(role.trusts(kHubArn, std::nullopt));
  EXPECT_FALSE(role.trusts("arn:aws:iam::111122223333:role/Anybody", std::string(kExternalId)));
  EXPECT_THAT(*cfn::to_cloudformation(brief()), Not(HasSubstr("DRSOrchestration2024")));
}

TEST(BriefRole, RecoversOnlyWhenItIsAllowedTo) {
  AsRole role(brief(), "DRSOrchestrationRole");
  EXPECT_FALSE(role.may("drs:StartRecovery", kServer));
  EXPECT_TRUE(role.may("drs:DescribeRecoveryInstances", "*"));
  role.give("EnableRecovery", "true");
  EXPECT_TRUE(role.may("drs:StartRecovery", kServer));
  EXPECT_TRUE(role.may("drs:UpdateLaunchConfiguration", kServer));
  EXPECT_TRUE(role.may("drs:TerminateRecoveryInstances",
                       "arn:aws:drs:us-west-2:444455556666:recovery-instance/i-0123456789abcdef0"));
  EXPECT_TRUE(role.may("ec2:RunInstances", "arn:aws:ec2:us-west-2:444455556666:subnet/subnet-1",
                       {{"aws:ViaAWSService", "true"}}));
}

TEST(BriefRole, SendsTheInstallerToTaggedNodesOnly) {
  const AsRole role(brief(), "DRSOrchestrationRole");
  const std::string node = "arn:aws:ec2:us-east-1:444455556666:instance/i-0123456789abcdef0";
  EXPECT_TRUE(role.may("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/" + std::string(kInstallDocument)));
  EXPECT_FALSE(role.may("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"));
  EXPECT_TRUE(role.may("ssm:SendCommand", node, {{"ssm:resourceTag/dr:enabled", "true"}}));
  EXPECT_FALSE(role.may("ssm:SendCommand", node));
  EXPECT_FALSE(role.may("ssm:PutParameter", "arn:aws:ssm:us-east-1:444455556666:parameter/x"));
}

}  // namespace brief_role_test
}  // namespace postern::access
