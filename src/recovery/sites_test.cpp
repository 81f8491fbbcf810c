#include "recovery/sites.hpp"

#include <gtest/gtest.h>

namespace postern::recovery {
namespace {

fleet::ScopePtr scope_of(const std::string& account, const std::string& region) {
  fleet::Scope scope;
  scope.account = *fleet::AccountId::parse(account);
  scope.region = *fleet::Region::parse(region);
  return std::make_shared<const fleet::Scope>(scope);
}

std::vector<std::string> labels(const std::vector<fleet::ScopePtr>& sites) {
  std::vector<std::string> out;
  for (const fleet::ScopePtr& site : sites) out.push_back(site->account.text() + "/" + site->region.text());
  return out;
}

TEST(Sites, AreWhereTheFleetFileRecoversTo) {
  std::optional<fleet::FleetFile> fleet(std::in_place);
  fleet->accounts.resize(2);
  fleet->accounts[0].id = *fleet::AccountId::parse("111122223333");
  fleet->accounts[0].dr_region = *fleet::Region::parse("us-west-2");
  fleet->accounts[1].id = *fleet::AccountId::parse("444455556666");
  const std::vector<fleet::ScopePtr> scopes = {scope_of("111122223333", "us-east-1"),
                                               scope_of("111122223333", "eu-west-1"),
                                               scope_of("444455556666", "us-east-1")};
  EXPECT_EQ(labels(sites_of(scopes, fleet, SiteRegions::of_the_fleet_file)),
            (std::vector<std::string>{"111122223333/us-west-2", "444455556666/us-east-1"}));
  EXPECT_EQ(labels(sites_of(scopes, fleet, SiteRegions::as_given)),
            (std::vector<std::string>{"111122223333/us-east-1", "111122223333/eu-west-1", "444455556666/us-east-1"}));
  EXPECT_EQ(labels(sites_of(scopes, std::nullopt, SiteRegions::of_the_fleet_file)).size(), 3U);
}

}  // namespace
}  // namespace postern::recovery
