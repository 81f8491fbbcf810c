#pragma once

/// Sites with their source servers as values.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recovery/server_source.hpp"

namespace postern::recovery::testing {

inline fleet::ScopePtr site_of(const std::string& account, const std::string& region) {
  fleet::Scope scope;
  scope.account = *fleet::AccountId::parse(account);
  scope.account_name = account;
  scope.region = *fleet::Region::parse(region);
  return std::make_shared<const fleet::Scope>(scope);
}

struct ServersOfSite {
  ServersOfSite() = default;
  std::vector<SourceServer> servers;
  std::optional<Error> error;
};

/// A site that is not among `sites` has never been initialized.
class FakeServers final : public ServerSource {
 public:
  std::map<std::string, ServersOfSite> sites;  ///< by "ACCOUNT/REGION"
  std::map<std::string, RecoveryPoint> points;
  std::vector<std::string> list_calls;
  std::vector<std::string> point_calls;

  rt::Task<Result<std::vector<SourceServer>>> list_servers(rt::CallContext, fleet::ScopePtr site,
                                                           std::vector<std::string>) override {
    const std::string key = site->account.text() + "/" + site->region.text();
    list_calls.push_back(key);
    const auto found = sites.find(key);
    if (found == sites.end()) {
      AwsFault said;
      said.code = "UninitializedAccountException";
      said.http_status = 400;
      co_return fail(Error(ErrorKind::service, "Account is not initialized").aws(std::move(said)));
    }
    if (found->second.error) co_return fail(*found->second.error);
    std::vector<SourceServer> out = found->second.servers;
    for (SourceServer& server : out) server.site = site;
    co_return out;
  }
  rt::Task<Result<std::optional<RecoveryPoint>>> newest_point(rt::CallContext, fleet::ScopePtr,
                                                              std::string server_id) override {
    point_calls.push_back(server_id);
    const auto found = points.find(server_id);
    if (found == points.end()) co_return std::optional<RecoveryPoint>();
    co_return std::optional<RecoveryPoint>(found->second);
  }
};

}  // namespace postern::recovery::testing
