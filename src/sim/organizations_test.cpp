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

}  // namespace
}  // namespace postern::sim
