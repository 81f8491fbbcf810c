#include "fleet/organization.hpp"

#include <gtest/gtest.h>

#include "fleet/fleet_file.hpp"
#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

OrganizationAccount listed(std::string id, std::string name, std::string unit = "", std::string state = "ACTIVE") {
  OrganizationAccount account;
  account.id = std::move(id);
  account.name = std::move(name);
  account.unit = std::move(unit);
  account.state = std::move(state);
  return account;
}

OrganizationHub the_hub() {
  OrganizationHub hub;
  hub.account = testing::account("111122223333");
  hub.region = testing::region("eu-west-1");
  return hub;
}

Organization the_organization() {
  Organization organization;
  organization.accounts.push_back(listed("777788889999", "ledger", "Workloads/Prod"));
  organization.accounts.push_back(listed("444455556666", "payments", "Workloads/Prod"));
  organization.accounts.push_back(listed("999900001111", "sandbox", "Sandbox"));
  organization.accounts.push_back(listed("888800001111", "sandbox", "Sandbox"));
  organization.accounts.push_back(listed("222233334444", "gone", "Sandbox", "PENDING_CLOSURE"));
  organization.accounts.push_back(listed("333344445555", "Zürich: #1 \"x\"", ""));
  organization.accounts.push_back(listed("555566667777", "444455556666", ""));
  organization.accounts.push_back(listed("111122223333", "hub", ""));
  organization.accounts.push_back(listed("000011112222", "root"));
  organization.accounts.back().is_management = true;
  return organization;
}

TEST(OrganizationFleet, ListsWhatIsActiveAndCommentsTheRestOut) {
  const Result<std::string> yaml = organization_fleet_yaml(the_organization(), the_hub());
  ASSERT_TRUE(yaml) << yaml.error().message();
  const Result<FleetFile> file = parse_fleet_file(*yaml, "f");
  ASSERT_TRUE(file) << file.error().message() << *yaml;
  EXPECT_EQ(file->mode, Mode::read_only);
  EXPECT_EQ(file->hub.account.text(), "111122223333");
  EXPECT_EQ(file->hub.region.text(), "eu-west-1");
  EXPECT_EQ(file->defaults.regions.front().text(), "eu-west-1");
  std::vector<std::string> names;
  for (const Account& account : file->accounts) names.push_back(account.name);
  EXPECT_EQ(names, (std::vector<std::string>{"444455556666-555566667777", "Z-rich-1 x", "root", "sandbox",
                                             "sandbox-999900001111", "ledger", "payments"}));
  EXPECT_EQ(file->find_account("payments")->tags, (Tags{{"ou", "Workloads/Prod"}}));
  EXPECT_TRUE(file->find_account("root")->tags.empty());
  for (const char* part :
       {"# Not active (pending closure):\n  # - id: \"222233334444\"\n  #   name: \"gone\"\n",
        "# The hub itself. With the role in it, too, its own instances can be targets: remove the #.\n  # - id: "
        "\"111122223333\"\n",
        "# The management account: it has no OrganizationAccountAccessRole.\n  - id: \"000011112222\"",
        "# in Organizations: 444455556666\n", "  # --- Workloads/Prod\n",
        "# 9 accounts in AWS Organizations, 7 of them"}) {
    EXPECT_NE(yaml->find(part), std::string::npos) << part << "\n" << *yaml;
  }
}

TEST(OrganizationFleet, RemovingTheCommentSignsMakesAFleetFileToo) {
  std::string yaml = *organization_fleet_yaml(the_organization(), the_hub());
  for (const std::string_view part : {"  # - id: \"222233334444\"\n", "  # - id: \"111122223333\"\n"}) {
    const std::size_t at = yaml.find(part);
    ASSERT_NE(at, std::string::npos) << part << yaml;
    for (std::size_t line = at; yaml.substr(line, 4) == "  # " && yaml[line + 4] != 'T';
         line = yaml.find('\n', line) + 1)
      yaml.erase(line + 2, 2);
  }
  const Result<FleetFile> file = parse_fleet_file(yaml, "f");
  ASSERT_TRUE(file) << file.error().message() << yaml;
  EXPECT_EQ(file->accounts.size(), 9U);
}

TEST(OrganizationFleet, IsAFleetFileWithoutAnyTargetToo) {
  Organization organization;
  organization.accounts.push_back(listed("111122223333", "hub"));
  organization.units_problem = "denied\nfor you";
  const Result<std::string> yaml = organization_fleet_yaml(organization, the_hub());
  ASSERT_TRUE(yaml) << yaml.error().message();
  EXPECT_TRUE(parse_fleet_file(*yaml, "f")->accounts.empty());
  EXPECT_NE(yaml->find("# Their organisational units could not be read: denied"), std::string::npos);
}

TEST(OrganizationFleet, RefusesWhatIsNoAccount) {
  Organization organization;
  organization.accounts.push_back(listed("12", "odd"));
  EXPECT_FALSE(organization_fleet_yaml(organization, the_hub()));
}

}  // namespace
}  // namespace postern::fleet
