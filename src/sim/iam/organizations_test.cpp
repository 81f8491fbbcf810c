#include <gtest/gtest.h>

#include "aws/organizations/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace {

namespace organizations = aws::organizations;
using testing::Rig;

CloudConfig with_accounts(std::size_t more) {
  CloudConfig config = testing::rig_config(1);
  for (std::size_t i = 0; i < more; ++i) {
    AccountConfig account;
    account.id = std::to_string(500000000000ULL + i);
    account.name = "more-" + std::to_string(i);
    account.unit = i % 2 == 0 ? "Workloads/Prod" : "Sandbox";
    if (i == 3) account.status = "SUSPENDED";
    config.accounts.push_back(std::move(account));
  }
  return config;
}

TEST(Organizations, ListsAccountsInPages) {
  Rig rig(with_accounts(40));
  std::vector<std::string> ids;
  organizations::ListAccountsRequest request;
  for (int pages = 1;; ++pages) {
    const auto page = rig.call<organizations::ListAccounts>(request);
    ASSERT_TRUE(page) << page.error().to_text();
    EXPECT_LE(page->accounts.size(), 20U);
    for (const organizations::Account& account : page->accounts) ids.push_back(*account.id);
    request.next_token = page->next_token;
    if (!page->next_token) {
      EXPECT_EQ(pages, 3);
      break;
    }
  }
  EXPECT_EQ(ids.size(), 42U);
}

TEST(Organizations, UnitsMakeATree) {
  Rig rig(with_accounts(4));
  const auto roots = rig.call<organizations::ListRoots>(organizations::ListRootsRequest());
  ASSERT_TRUE(roots) << roots.error().to_text();
  organizations::ListOrganizationalUnitsForParentRequest of_root;
  of_root.parent_id = roots->roots.at(0).id;
  const auto top = rig.call<organizations::ListOrganizationalUnitsForParent>(of_root);
  ASSERT_TRUE(top) << top.error().to_text();
  ASSERT_EQ(top->organizational_units.size(), 2U);
  EXPECT_EQ(top->organizational_units[0].name, "Sandbox");
  EXPECT_EQ(top->organizational_units[1].name, "Workloads");
  organizations::ListOrganizationalUnitsForParentRequest of_workloads;
  of_workloads.parent_id = top->organizational_units[1].id;
  const auto below = rig.call<organizations::ListOrganizationalUnitsForParent>(of_workloads);
  ASSERT_TRUE(below) << below.error().to_text();
  ASSERT_EQ(below->organizational_units.size(), 1U);
  organizations::ListAccountsForParentRequest of_prod;
  of_prod.parent_id = below->organizational_units[0].id;
  const auto accounts = rig.call<organizations::ListAccountsForParent>(of_prod);
  ASSERT_TRUE(accounts) << accounts.error().to_text();
  EXPECT_EQ(accounts->accounts.size(), 2U);
  of_prod.parent_id = "ou-abcd-00000000";
  EXPECT_EQ(rig.call<organizations::ListAccountsForParent>(of_prod).error().aws()->code, "ParentNotFoundException");
}

TEST(Organizations, AreTheManagementAccountsAlone) {
  Rig rig(with_accounts(1));
  ASSERT_TRUE(rig.become_operator());
  const auto refused = rig.call<organizations::ListAccounts>(organizations::ListAccountsRequest());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().aws()->code, "AccessDeniedException");
  EXPECT_EQ(refused.error().kind(), ErrorKind::denied);
}

std::string outcome_code(const Error& error) {
  return error.aws() == nullptr ? std::string("?") : error.aws()->code;
}

TEST(Organizations, PoliciesAreEffectiveAtOnce) {
  Rig rig(testing::rig_config(1));
  const auto roots = rig.call<organizations::ListRoots>(organizations::ListRootsRequest());
  ASSERT_TRUE(roots) << roots.error().to_text();
  const std::string root = *roots->roots.at(0).id;
  organizations::CreatePolicyRequest create;
  create.name = "NoSsm";
  create.description = "nobody runs commands";
  create.type = organizations::PolicyType::service_control_policy;
  create.content = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ssm:*","Resource":"*"}]})";
  const auto made = rig.call<organizations::CreatePolicy>(create);
  ASSERT_TRUE(made) << made.error().to_text();
  EXPECT_EQ(outcome_code(rig.call<organizations::CreatePolicy>(create).error()), "DuplicatePolicyException");
  organizations::AttachPolicyRequest attach;
  attach.policy_id = made->policy->policy_summary->id;
  attach.target_id = "444455556666";
  EXPECT_EQ(outcome_code(rig.call<organizations::AttachPolicy>(attach).error()), "PolicyTypeNotEnabledException");
  organizations::EnablePolicyTypeRequest enable;
  enable.root_id = root;
  enable.policy_type = organizations::PolicyType::service_control_policy;
  ASSERT_TRUE(rig.call<organizations::EnablePolicyType>(enable));

  const aws::Credentials hub = rig.credentials();
  ASSERT_TRUE(rig.become_operator());
  const aws::ssm::DescribeInstanceInformationRequest describe;
  EXPECT_TRUE(rig.call<aws::ssm::DescribeInstanceInformation>(describe));
  const aws::Credentials session = rig.credentials();
  rig.use(hub);
  const auto attached = rig.call<organizations::AttachPolicy>(attach);
  ASSERT_TRUE(attached) << attached.error().to_text();
  rig.use(session);
  const auto refused = rig.call<aws::ssm::DescribeInstanceInformation>(describe);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().ends_with("with an explicit deny in a service control policy"));
  rig.use(hub);
  organizations::DeletePolicyRequest remove;
  remove.policy_id = attach.policy_id;
  EXPECT_EQ(outcome_code(rig.call<organizations::DeletePolicy>(remove).error()), "PolicyInUseException");
  organizations::DetachPolicyRequest detach;
  detach.policy_id = "p-FullAWSAccess";
  detach.target_id = root;
  EXPECT_EQ(outcome_code(rig.call<organizations::DetachPolicy>(detach).error()), "ConstraintViolationException");
  organizations::ListPoliciesForTargetRequest list;
  list.target_id = "444455556666";
  list.filter = organizations::PolicyType::service_control_policy;
  const auto listed = rig.call<organizations::ListPoliciesForTarget>(list);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->policies.size(), 2U);
}

TEST(Organizations, AccountsMoveBetweenUnits) {
  Rig rig(testing::rig_config(1));
  const auto roots = rig.call<organizations::ListRoots>(organizations::ListRootsRequest());
  ASSERT_TRUE(roots);
  organizations::CreateOrganizationalUnitRequest create;
  create.parent_id = roots->roots[0].id;
  create.name = "Prod";
  const auto unit = rig.call<organizations::CreateOrganizationalUnit>(create);
  ASSERT_TRUE(unit) << unit.error().to_text();
  EXPECT_EQ(outcome_code(rig.call<organizations::CreateOrganizationalUnit>(create).error()),
            "DuplicateOrganizationalUnitException");
  organizations::MoveAccountRequest move;
  move.account_id = "444455556666";
  move.source_parent_id = roots->roots[0].id;
  move.destination_parent_id = unit->organizational_unit->id;
  ASSERT_TRUE(rig.call<organizations::MoveAccount>(move));
  EXPECT_EQ(outcome_code(rig.call<organizations::MoveAccount>(move).error()), "SourceParentNotFoundException");
  organizations::ListParentsRequest parents;
  parents.child_id = "444455556666";
  const auto found = rig.call<organizations::ListParents>(parents);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->parents.at(0).id, unit->organizational_unit->id);
  organizations::DeleteOrganizationalUnitRequest remove;
  remove.organizational_unit_id = unit->organizational_unit->id;
  EXPECT_EQ(outcome_code(rig.call<organizations::DeleteOrganizationalUnit>(remove).error()),
            "OrganizationalUnitNotEmptyException");
}

TEST(Organizations, DelegatedAdministratorsRead) {
  CloudConfig config = testing::rig_config(1);
  config.organization.delegated_administrators.emplace_back("444455556666");
  Rig rig(config);
  ASSERT_TRUE(rig.become_operator());
  EXPECT_TRUE(rig.call<organizations::ListAccounts>(organizations::ListAccountsRequest()));
  organizations::EnablePolicyTypeRequest enable;
  enable.root_id = "r-0000";
  enable.policy_type = organizations::PolicyType::service_control_policy;
  EXPECT_EQ(outcome_code(rig.call<organizations::EnablePolicyType>(enable).error()), "AccessDeniedException");
}

}  // namespace
}  // namespace postern::sim
