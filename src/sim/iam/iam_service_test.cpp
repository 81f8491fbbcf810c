#include <gtest/gtest.h>

#include "aws/iam/ops.hpp"
#include "base/encoding.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace iam_service_test {

using testing::Rig;
using testing::rig_config;

constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow",)"
    R"("Principal":{"AWS":"arn:aws:iam::111122223333:role/First"},)"
    R"("Action":"sts:AssumeRole"}})";
constexpr const char* kTrustAccount =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},)"
    R"("Action":"sts:AssumeRole"}})";
constexpr const char* kReadOnly =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ssm:Describe*","Resource":"*"}})";

template <class Response>
std::string outcome(const Result<Response>& result) {
  return result ? "ok" : result.error().message();
}

aws::iam::CreateRoleRequest role(const std::string& name, const std::string& trust) {
  aws::iam::CreateRoleRequest request;
  request.role_name = name;
  request.assume_role_policy_document = trust;
  return request;
}

TEST(IamRoles, AreCreatedReadAndDeletedInOrder) {
  Rig rig(rig_config(1));
  aws::iam::CreateRoleRequest create = role("First", kTrustAccount);
  create.path = "/team/";
  create.tags.emplace_back().key = "a";
  create.tags.back().value = "1";
  const auto made = rig.call<aws::iam::CreateRole>(create);
  ASSERT_TRUE(made) << outcome(made);
  EXPECT_EQ(made->role->arn, "arn:aws:iam::111122223333:role/team/First");
  EXPECT_EQ(outcome(rig.call<aws::iam::CreateRole>(role("first", kTrustAccount))),
            "EntityAlreadyExists: Role with name first already exists.");

  aws::iam::AttachRolePolicyRequest attach;
  attach.role_name = "First";
  attach.policy_arn = "arn:aws:iam::aws:policy/Nothing";
  EXPECT_EQ(outcome(rig.call<aws::iam::AttachRolePolicy>(attach)),
            "NoSuchEntity: Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.");
  attach.policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
  EXPECT_EQ(outcome(rig.call<aws::iam::AttachRolePolicy>(attach)), "ok");
  aws::iam::PutRolePolicyRequest put;
  put.role_name = "First";
  put.policy_name = "Inline";
  put.policy_document = "{}";
  EXPECT_TRUE(outcome(rig.call<aws::iam::PutRolePolicy>(put)).starts_with("MalformedPolicyDocument: "));
  put.policy_document = kReadOnly;
  EXPECT_EQ(outcome(rig.call<aws::iam::PutRolePolicy>(put)), "ok");

  aws::iam::GetRolePolicyRequest get_policy;
  get_policy.role_name = "First";
  get_policy.policy_name = "Inline";
  const auto read = rig.call<aws::iam::GetRolePolicy>(get_policy);
  ASSERT_TRUE(read) << outcome(read);
  EXPECT_EQ(percent_decode(*read->policy_document), kReadOnly);

  aws::iam::DeleteRoleRequest remove;
  remove.role_name = "First";
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteRole>(remove)),
            "DeleteConflict: Cannot delete entity, must detach all policies first.");
  aws::iam::DetachRolePolicyRequest detach;
  detach.role_name = "First";
  detach.policy_arn = attach.policy_arn;
  EXPECT_EQ(outcome(rig.call<aws::iam::DetachRolePolicy>(detach)), "ok");
  aws::iam::DeleteRolePolicyRequest delete_policy;
  delete_policy.role_name = "First";
  delete_policy.policy_name = "Inline";
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteRolePolicy>(delete_policy)), "ok");
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteRole>(remove)), "ok");
  EXPECT_EQ(outcome(rig.call<aws::iam::DeleteRole>(remove)), "NoSuchEntity: The role with name First cannot be found.");
}

TEST(IamRoles, WhoIsMadeAgainIsNotTrusted) {
  Rig rig(rig_config(1));
  EXPECT_EQ(outcome(rig.call<aws::iam::CreateRole>(role("Second", kTrust))),
            "MalformedPolicyDocument: Invalid principal in policy: "
            "\"AWS\":\"arn:aws:iam::111122223333:role/First\"");
  const auto first = rig.call<aws::iam::CreateRole>(role("First", kTrustAccount));
  ASSERT_TRUE(first) << outcome(first);
  ASSERT_TRUE(rig.call<aws::iam::CreateRole>(role("Second", kTrust)));
  aws::iam::GetRoleRequest get;
  get.role_name = "Second";
  const auto before = rig.call<aws::iam::GetRole>(get);
  ASSERT_TRUE(before);
  EXPECT_EQ(percent_decode(*before->role->assume_role_policy_document), kTrust);
  aws::iam::DeleteRoleRequest remove;
  remove.role_name = "First";
  ASSERT_TRUE(rig.call<aws::iam::DeleteRole>(remove));
  const auto again = rig.call<aws::iam::CreateRole>(role("First", kTrustAccount));
  ASSERT_TRUE(again);
  EXPECT_NE(again->role->role_id, first->role->role_id);
  const auto after = rig.call<aws::iam::GetRole>(get);
  ASSERT_TRUE(after);
  const std::string text = percent_decode(*after->role->assume_role_policy_document).value_or("");
  EXPECT_NE(text.find(*first->role->role_id), std::string::npos) << text;
}

TEST(IamRoles, ListInPages) {
  Rig rig(rig_config(1));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(rig.call<aws::iam::CreateRole>(role("R" + std::to_string(i), kTrustAccount)));
  aws::iam::ListRolesRequest request;
  request.max_items = 2;
  std::vector<std::string> names;
  for (int pages = 0; pages < 9; ++pages) {
    const auto page = rig.call<aws::iam::ListRoles>(request);
    ASSERT_TRUE(page) << outcome(page);
    for (const aws::iam::Role& one : page->roles) names.push_back(*one.role_name);
    request.marker = page->marker;
    if (!page->is_truncated.value_or(false)) break;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"R0", "R1", "R2", "R3", "R4"}));
  request.marker = "nonsense";
  EXPECT_EQ(rig.call<aws::iam::ListRoles>(request).error().aws()->code, "ValidationError");
}

TEST(IamUsers, KeysWorkAtOnceAndStopWhenInactive) {
  Rig rig(rig_config(1));
  aws::iam::CreateUserRequest create;
  create.user_name = "ada";
  ASSERT_TRUE(rig.call<aws::iam::CreateUser>(create));
  aws::iam::CreateAccessKeyRequest key_request;
  key_request.user_name = "ada";
  const auto key = rig.call<aws::iam::CreateAccessKey>(key_request);
  ASSERT_TRUE(key) << outcome(key);
  ASSERT_TRUE(rig.call<aws::iam::CreateAccessKey>(key_request));
  EXPECT_EQ(outcome(rig.call<aws::iam::CreateAccessKey>(key_request)),
            "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
  aws::Credentials credentials;
  credentials.access_key_id = *key->access_key->access_key_id;
  credentials.secret_access_key = *key->access_key->secret_access_key;
  rig.use(credentials);
  const auto who = rig.call<aws::sts::GetCallerIdentity>(aws::sts::GetCallerIdentityRequest());
  ASSERT_TRUE(who) << outcome(who);
  EXPECT_EQ(who->arn, "arn:aws:iam::111122223333:user/ada");
  EXPECT_EQ(outcome(rig.call<aws::iam::GetUser>(aws::iam::GetUserRequest())),
            "AccessDenied: User: arn:aws:iam::111122223333:user/ada is not authorized to perform: iam:GetUser on "
            "resource: user ada because no identity-based policy allows the iam:GetUser action");
  aws::Credentials admin;
  admin.access_key_id = "AKIARIGOPERATOR00001";
  admin.secret_access_key = Secret<>(std::string("secret"));
  rig.use(admin);
  aws::iam::UpdateAccessKeyRequest off;
  off.user_name = "ada";
  off.access_key_id = key->access_key->access_key_id;
  off.status = aws::iam::StatusType::inactive;
  ASSERT_TRUE(rig.call<aws::iam::UpdateAccessKey>(off));
  rig.use(credentials);
  EXPECT_EQ(rig.call<aws::sts::GetCallerIdentity>(aws::sts::GetCallerIdentityRequest()).error().aws()->code,
            "InvalidClientTokenId");
}

TEST(IamPolicies, VersionsTakeEffectAtOnce) {
  Rig rig(rig_config(1));
  aws::iam::CreatePolicyRequest create;
  create.policy_name = "Team";
  create.policy_document = kReadOnly;
  const auto made = rig.call<aws::iam::CreatePolicy>(create);
  ASSERT_TRUE(made) << outcome(made);
  const std::string arn = *made->policy->arn;
  EXPECT_EQ(rig.call<aws::iam::CreatePolicy>(create).error().aws()->code, "EntityAlreadyExists");

  aws::iam::CreatePolicyVersionRequest version;
  version.policy_arn = arn;
  version.policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ssm:*","Resource":"*"}})";
  version.set_as_default = true;
  aws::iam::AttachUserPolicyRequest attach;
  attach.user_name = "operator";
  attach.policy_arn = arn;
  ASSERT_TRUE(rig.call<aws::iam::AttachUserPolicy>(attach));
  EXPECT_TRUE(rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest()));
  ASSERT_TRUE(rig.call<aws::iam::CreatePolicyVersion>(version));
  EXPECT_FALSE(rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest()));

  aws::iam::DeletePolicyVersionRequest remove;
  remove.policy_arn = arn;
  remove.version_id = "v2";
  EXPECT_EQ(outcome(rig.call<aws::iam::DeletePolicyVersion>(remove)),
            "DeleteConflict: Cannot delete the default version of a policy.");
  aws::iam::DeletePolicyRequest whole;
  whole.policy_arn = arn;
  EXPECT_EQ(outcome(rig.call<aws::iam::DeletePolicy>(whole)),
            "DeleteConflict: Cannot delete a policy attached to entities.");
  version.set_as_default = false;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rig.call<aws::iam::CreatePolicyVersion>(version));
  EXPECT_EQ(rig.call<aws::iam::CreatePolicyVersion>(version).error().aws()->code, "LimitExceeded");
}

TEST(IamProfiles, HoldOneRole) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.call<aws::iam::CreateRole>(role("Node", kTrustAccount)));
  aws::iam::CreateInstanceProfileRequest create;
  create.instance_profile_name = "Node";
  ASSERT_TRUE(rig.call<aws::iam::CreateInstanceProfile>(create));
  aws::iam::AddRoleToInstanceProfileRequest add;
  add.instance_profile_name = "Node";
  add.role_name = "Node";
  ASSERT_TRUE(rig.call<aws::iam::AddRoleToInstanceProfile>(add));
  EXPECT_EQ(outcome(rig.call<aws::iam::AddRoleToInstanceProfile>(add)),
            "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  aws::iam::GetInstanceProfileRequest get;
  get.instance_profile_name = "Node";
  const auto read = rig.call<aws::iam::GetInstanceProfile>(get);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->instance_profile->roles.size(), 1U);
  EXPECT_EQ(read->instance_profile->roles[0].role_name, "Node");
  aws::iam::DeleteRoleRequest remove;
  remove.role_name = "Node";
  EXPECT_EQ(rig.call<aws::iam::DeleteRole>(remove).error().aws()->code, "DeleteConflict");
}

TEST(IamProfiles, OfNodesAreThere) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  aws::iam::GetInstanceProfileRequest get;
  get.instance_profile_name = "PosternNode";
  const auto read = rig.call<aws::iam::GetInstanceProfile>(get);
  ASSERT_TRUE(read) << outcome(read);
  aws::iam::ListAttachedRolePoliciesRequest list;
  list.role_name = "PosternNode";
  const auto attached = rig.call<aws::iam::ListAttachedRolePolicies>(list);
  ASSERT_TRUE(attached);
  ASSERT_EQ(attached->attached_policies.size(), 1U);
  EXPECT_EQ(attached->attached_policies[0].policy_name, "AmazonSSMManagedInstanceCore");
}

TEST(IamSimulation, SaysWhatTheEvaluatorSays) {
  Rig rig(rig_config(1));
  aws::iam::SimulatePrincipalPolicyRequest request;
  request.policy_source_arn = "arn:aws:iam::111122223333:user/operator";
  request.action_names = {"ssm:SendCommand"};
  auto response = rig.call<aws::iam::SimulatePrincipalPolicy>(request);
  ASSERT_TRUE(response) << outcome(response);
  ASSERT_EQ(response->evaluation_results.size(), 1U);
  EXPECT_EQ(response->evaluation_results[0].eval_decision->text(), "allowed");
  aws::iam::SimulateCustomPolicyRequest custom;
  custom.policy_input_list.emplace_back(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ssm:*","Resource":"*",)"
      R"("Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}}})");
  custom.action_names = {"ssm:SendCommand", "ec2:RunInstances"};
  response = rig.call<aws::iam::SimulateCustomPolicy>(custom);
  ASSERT_TRUE(response) << outcome(response);
  ASSERT_EQ(response->evaluation_results.size(), 2U);
  EXPECT_EQ(response->evaluation_results[0].eval_decision->text(), "implicitDeny");
  EXPECT_EQ(response->evaluation_results[0].missing_context_values, (std::vector<std::string>{"aws:ResourceTag/env"}));
  EXPECT_TRUE(response->evaluation_results[1].missing_context_values.empty());
}

}  // namespace iam_service_test
}  // namespace postern::sim
