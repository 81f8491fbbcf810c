#include <gtest/gtest.h>

#include "aws/iam/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace authorisation_test {

using testing::Rig;
using testing::rig_config;

constexpr const char* kAll = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";

std::string policy(const std::string& statements) {
  return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
}

/// The rig's cloud with the role Operator's policies replaced.
CloudConfig with_role(const std::string& document) {
  CloudConfig config = rig_config(2);
  RoleConfig& role = config.accounts[1].roles[0];
  role.permissions = Permissions();
  role.policies.inline_documents["Inline"] = document;
  config.accounts[1].instances[0].tags["env"] = "prod";
  config.accounts[1].instances[1].tags["env"] = "dev";
  return config;
}

template <class Response>
std::string outcome(const Result<Response>& result) {
  return result ? "ok" : result.error().message();
}

TEST(Authorisation, DocumentAndInstanceAreAskedForApart) {
  Rig rig(with_role(policy(R"({"Effect":"Allow","Action":"ssm:SendCommand","Resource":"arn:aws:ssm:*::document/*"})")));
  ASSERT_TRUE(rig.become_operator());
  const std::string id = rig.ids(1).front();
  EXPECT_EQ(outcome(rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1)))),
            "AccessDeniedException: User: arn:aws:sts::444455556666:assumed-role/Operator/rig is not authorized to "
            "perform: ssm:SendCommand on resource: arn:aws:ec2:us-east-1:444455556666:instance/" +
                id + " because no identity-based policy allows the ssm:SendCommand action");
}

TEST(Authorisation, TagsOfInstancesDecide) {
  Rig rig(with_role(
      policy(R"({"Effect":"Allow","Action":"ssm:SendCommand","Resource":"arn:aws:ssm:*::document/*"},)"
             R"({"Effect":"Allow","Action":"ssm:SendCommand","Resource":"arn:aws:ec2:*:444455556666:instance/*",)"
             R"("Condition":{"StringEquals":{"ssm:resourceTag/env":"prod"}}})")));
  ASSERT_TRUE(rig.become_operator());
  const std::vector<std::string> ids = rig.ids(2);
  EXPECT_EQ(outcome(rig.call<aws::ssm::SendCommand>(Rig::shell({ids[0]}))), "ok");
  EXPECT_FALSE(rig.call<aws::ssm::SendCommand>(Rig::shell({ids[1]})));
}

TEST(Authorisation, EndpointPoliciesAndTheirKeysBind) {
  Rig rig(with_role(kAll));
  Endpoint endpoint;
  endpoint.id = "vpce-1";
  endpoint.vpc_id = "vpc-1";
  const auto document =
      iam::parse_document(iam::DocumentKind::endpoint,
                          policy(R"({"Effect":"Allow","Principal":"*","Action":"ssm:Describe*","Resource":"*"})"));
  ASSERT_TRUE(document) << document.error().to_text();
  endpoint.policy.policy = iam::AttachedPolicy("vpce-1", *document);
  rig.cloud().directory().endpoints().put(endpoint);
  ASSERT_TRUE(rig.become_operator());
  EXPECT_EQ(outcome(rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1)))), "ok");
  rig.door().through("vpce-1 10.0.0.9");
  EXPECT_EQ(outcome(rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest())),
            "ok");
  const std::string refused = outcome(rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1))));
  EXPECT_TRUE(refused.ends_with("because no VPC endpoint policy allows the ssm:SendCommand action")) << refused;
}

TEST(Authorisation, AddressesAreAbsentBehindAnEndpoint) {
  Rig rig(with_role(policy(R"({"Effect":"Allow","Action":"ssm:*","Resource":"*",)"
                           R"("Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.1/32"}}})")));
  Endpoint endpoint;
  endpoint.id = "vpce-1";
  endpoint.vpc_id = "vpc-1";
  rig.cloud().directory().endpoints().put(endpoint);
  ASSERT_TRUE(rig.become_operator());
  const aws::ssm::DescribeInstanceInformationRequest request;
  EXPECT_TRUE(rig.call<aws::ssm::DescribeInstanceInformation>(request));
  rig.door().through("vpce-1");
  EXPECT_FALSE(rig.call<aws::ssm::DescribeInstanceInformation>(request));
}

TEST(Authorisation, Ec2NamesNoResourceOfAList) {
  Rig rig(with_role(policy(R"({"Effect":"Deny","Action":"ec2:Describe*","Resource":"*"})")));
  ASSERT_TRUE(rig.become_operator());
  EXPECT_EQ(outcome(rig.call<aws::ec2::DescribeInstances>(aws::ec2::DescribeInstancesRequest())),
            "UnauthorizedOperation: You are not authorized to perform this operation. User: "
            "arn:aws:sts::444455556666:assumed-role/Operator/rig is not authorized to perform: ec2:DescribeInstances "
            "with an explicit deny in an identity-based policy");
}

TEST(Authorisation, OrganizationPoliciesBindMembersAndNotTheManagementAccount) {
  CloudConfig config = with_role(kAll);
  OrganizationPolicyConfig scp;
  scp.name = "NoSsm";
  scp.document = policy(R"({"Effect":"Deny","Action":"ssm:*","Resource":"*"})");
  scp.targets.emplace_back("root");
  config.organization.policies.push_back(scp);
  Rig rig(config);
  const aws::ssm::DescribeInstanceInformationRequest request;
  EXPECT_EQ(outcome(rig.call<aws::ssm::DescribeInstanceInformation>(request)), "ok");
  ASSERT_TRUE(rig.become_operator());
  const std::string refused = outcome(rig.call<aws::ssm::DescribeInstanceInformation>(request));
  EXPECT_TRUE(refused.ends_with("with an explicit deny in a service control policy")) << refused;
}

TEST(Authorisation, ResourceControlPolicyGuardsRoles) {
  CloudConfig config = with_role(kAll);
  OrganizationPolicyConfig rcp;
  rcp.type = OrganizationPolicyType::resource_control;
  rcp.name = "OnlyUs";
  rcp.document = policy(R"({"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*",)"
                        R"("Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-somebodyelse"}}})");
  rcp.targets.emplace_back("444455556666");
  config.organization.policies.push_back(rcp);
  Rig rig(config);
  EXPECT_EQ(outcome(rig.become_operator()),
            "AccessDenied: User: arn:aws:iam::111122223333:user/operator is not authorized to perform: sts:AssumeRole "
            "on resource: arn:aws:iam::444455556666:role/Operator");
}

TEST(Authorisation, BoundaryAndSessionPolicyLimit) {
  CloudConfig config = with_role(kAll);
  ManagedPolicyConfig boundary;
  boundary.name = "Boundary";
  boundary.document = policy(R"({"Effect":"Allow","Action":["ssm:*"],"Resource":"*"})");
  config.accounts[1].managed_policies.push_back(boundary);
  config.accounts[1].roles[0].policies.boundary = "arn:aws:iam::444455556666:policy/Boundary";
  Rig rig(config);
  ASSERT_TRUE(rig.become_operator());
  std::string refused = outcome(rig.call<aws::ec2::DescribeInstances>(aws::ec2::DescribeInstancesRequest()));
  EXPECT_TRUE(refused.ends_with("because no permissions boundary allows the ec2:DescribeInstances action")) << refused;
  CloudConfig plain = with_role(kAll);
  Rig second(plain);
  const auto session =
      second.become_operator(policy(R"({"Effect":"Allow","Action":"ec2:*","Resource":"*",)"
                                    R"("Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}})"));
  ASSERT_TRUE(session) << session.error().to_text();
  EXPECT_GT(session->packed_policy_size.value_or(0), 0);
  refused = outcome(second.call<aws::ec2::DescribeInstances>(aws::ec2::DescribeInstancesRequest()));
  EXPECT_TRUE(refused.ends_with("because no session policy allows the ec2:DescribeInstances action")) << refused;
}

aws::sts::AssumeRoleRequest assume(const std::string& role, const std::string& session) {
  aws::sts::AssumeRoleRequest request;
  request.role_arn = "arn:aws:iam::444455556666:role/" + role;
  request.role_session_name = session;
  return request;
}

void use(Rig& rig, const aws::sts::AssumeRoleResponse& response) {
  aws::Credentials credentials;
  credentials.access_key_id = *response.credentials->access_key_id;
  credentials.secret_access_key = *response.credentials->secret_access_key;
  credentials.session_token = *response.credentials->session_token;
  rig.use(std::move(credentials));
}

TEST(AssumeRole, TrustIsEvaluatedWithAllItsConditions) {
  const struct {
    const char* statement;
    const char* session;
    bool allowed;
  } cases[] = {
      {R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"})", "any", true},
      {R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",)"
       R"("Condition":{"StringLike":{"sts:RoleSessionName":"postern-*"}}})",
       "postern-1", true},
      {R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",)"
       R"("Condition":{"StringLike":{"sts:RoleSessionName":"postern-*"}}})",
       "other", false},
      {R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",)"
       R"("Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/operator"}}})",
       "any", true},
      {R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/operator"},"Action":"sts:AssumeRole",)"
       R"("Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}})",
       "any", false},
      {R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",)"
       R"("Condition":{"StringEquals":{"aws:PrincipalTag/team":"sre"}}})",
       "any", true},
  };
  for (const auto& c : cases) {
    CloudConfig config = rig_config(1);
    config.accounts[0].users[0].tags["team"] = "sre";
    config.accounts[1].roles[0].trust_document = policy(c.statement);
    Rig rig(config);
    const auto response = rig.call<aws::sts::AssumeRole>(assume("Operator", c.session));
    EXPECT_EQ(response.has_value(), c.allowed) << c.statement << " " << outcome(response);
  }
}

TEST(AssumeRole, CarriesTagsAndSourceIdentityThroughAChain) {
  CloudConfig config = rig_config(1);
  RoleConfig chained;
  chained.name = "Chained";
  chained.trust_document =
      policy(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/Operator"},)"
             R"("Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],)"
             R"("Condition":{"StringEquals":{"aws:PrincipalTag/team":"sre","sts:SourceIdentity":"ada"}}})");
  chained.max_session = std::chrono::hours(12);
  config.accounts[1].roles.push_back(chained);
  Rig rig(config);
  aws::sts::AssumeRoleRequest request = assume("Operator", "first");
  request.external_id = "x-1";
  request.source_identity = "ada";
  aws::sts::Tag& tag = request.tags.emplace_back();
  tag.key = "team";
  tag.value = "sre";
  request.transitive_tag_keys.emplace_back("team");
  const auto first = rig.call<aws::sts::AssumeRole>(request);
  ASSERT_TRUE(first) << first.error().to_text();
  EXPECT_EQ(first->source_identity, "ada");
  use(rig, *first);

  aws::sts::AssumeRoleRequest longer = assume("Chained", "second");
  longer.duration_seconds = 3601;
  EXPECT_EQ(outcome(rig.call<aws::sts::AssumeRole>(longer)),
            "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
            "chaining.");
  aws::sts::AssumeRoleRequest other = assume("Chained", "second");
  other.source_identity = "eve";
  EXPECT_FALSE(rig.call<aws::sts::AssumeRole>(other));
  aws::sts::AssumeRoleRequest overwritten = assume("Chained", "second");
  aws::sts::Tag& again = overwritten.tags.emplace_back();
  again.key = "Team";
  again.value = "x";
  EXPECT_EQ(rig.call<aws::sts::AssumeRole>(overwritten).error().aws()->code, "InvalidParameterValue");
  const auto second = rig.call<aws::sts::AssumeRole>(assume("Chained", "second"));
  ASSERT_TRUE(second) << second.error().to_text();
  EXPECT_EQ(second->source_identity, "ada");
  EXPECT_FALSE(second->packed_policy_size);
}

TEST(AssumeRole, ManagedSessionPoliciesLimitToo) {
  Rig rig(with_role(kAll));
  aws::sts::AssumeRoleRequest request = assume("Operator", "first");
  request.external_id = "x-1";
  request.policy_arns.emplace_back().arn = "arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess";
  const auto session = rig.call<aws::sts::AssumeRole>(request);
  ASSERT_TRUE(session) << session.error().to_text();
  use(rig, *session);
  EXPECT_EQ(outcome(rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest())),
            "ok");
  EXPECT_FALSE(rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1))));
}

TEST(SessionToken, IsAUsersAndIamTakesItNot) {
  Rig rig(rig_config(1));
  const auto token = rig.call<aws::sts::GetSessionToken>(aws::sts::GetSessionTokenRequest());
  ASSERT_TRUE(token) << token.error().to_text();
  aws::Credentials credentials;
  credentials.access_key_id = *token->credentials->access_key_id;
  credentials.secret_access_key = *token->credentials->secret_access_key;
  credentials.session_token = *token->credentials->session_token;
  rig.use(std::move(credentials));
  const auto who = rig.call<aws::sts::GetCallerIdentity>(aws::sts::GetCallerIdentityRequest());
  ASSERT_TRUE(who);
  EXPECT_EQ(who->arn, "arn:aws:iam::111122223333:user/operator");
  EXPECT_EQ(rig.call<aws::iam::ListRoles>(aws::iam::ListRolesRequest()).error().aws()->code, "InvalidClientTokenId");
  EXPECT_EQ(rig.call<aws::sts::GetSessionToken>(aws::sts::GetSessionTokenRequest()).error().aws()->code,
            "AccessDenied");
}

}  // namespace authorisation_test
}  // namespace postern::sim
