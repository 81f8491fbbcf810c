// Servers that replicate into one account and recover in another.

#include <algorithm>
#include <set>

#include "iam/arn.hpp"
#include "sim/drs/service.hpp"
#include "sim/drs/service_roles.hpp"

namespace postern::sim {
namespace drs_extensions {

using namespace drs;

constexpr std::int32_t kExtensiblePageMax = 300;
constexpr std::int32_t kAccountsPageMax = 50;

/// Whether a staging account trusts another one: its role DRSStagingAccountRole names that account.
bool trusts(const Directory& directory, const std::string& staging, const std::string& account) {
  const AccountIam* iam = directory.find_account(staging);
  if (iam == nullptr) return false;
  const auto role = iam->roles.find(kStagingRole);
  return role != iam->roles.end() && directory.trust_text(*role->second).find(account) != std::string::npos;
}

Result<void> check_page_size(const std::optional<std::int32_t>& size, std::int32_t most) {
  if (!size || (*size >= 1 && *size <= most)) return {};
  return fail(invalid("maxResults must be 1 to " + std::to_string(most)));
}

/// Whether the site has the server extended already.
bool has_extension(const SiteRecord& site, const std::string& arn) {
  return std::any_of(site.servers.begin(), site.servers.end(),
                     [&](const auto& entry) { return entry.second.staging_arn == arn; });
}

}  // namespace drs_extensions

Result<aws::drs::CreateExtendedSourceServerResponse> DrsService::create_extended_source_server(
    const Info& info, const aws::drs::CreateExtendedSourceServerRequest& request) {
  using namespace drs_extensions;
  const std::string& arn = *request.source_server_arn;
  const Tags tags = plain_tags(request.tags);
  // The other account's server is named, and the caller's own account is asked: trust comes by the staging role.
  OwnedResource named;
  named.arn = arn;
  named.account = info.caller.account_id;
  TRY_VOID(authorize(info, Access().on(std::move(named)).tagging(tags)));
  TRY(SiteRecord* const site, open(info));
  TRY_VOID(check_tags(tags));
  const auto parts = iam::split_arn(arn);
  if (!parts || parts->service() != "drs" || parts->region() != info.region) {
    return fail(invalid("sourceServerArn must be of a source server in " + info.region));
  }
  const std::string staging(parts->account());
  if (staging == info.caller.account_id) return fail(invalid("the source server is of this account already"));
  if (!trusts(sites_.cloud().directory(), staging, info.caller.account_id)) {
    return fail(denied("the account " + staging + " does not trust " + info.caller.account_id + ": it has no role " +
                       std::string(kStagingRole) + " for it"));
  }
  Server* source = sites_.find_by_arn(arn);
  if (source == nullptr) return fail(not_found("SourceServer", arn));
  if (!source->staging_arn.empty()) return fail(invalid("the source server is an extension itself"));
  if (has_extension(*site, arn)) return fail(conflict("SourceServer " + arn + " is extended into this account"));
  Server& made = sites_.register_machine(*site, source->machine, tags, sites_.now());
  made.staging_arn = arn;
  fill_settings(*sites_.find(source->site), *source);
  // What the account's own key encrypts cannot be shared.
  if (source->replication.ebs_encryption == aws::drs::ReplicationConfigurationEbsEncryption::default_) {
    made.extension_error =
        "Snapshots that are encrypted with the default EBS key cannot be shared with account " + info.caller.account_id;
  }
  fill_settings(*site, made);
  aws::drs::CreateExtendedSourceServerResponse response;
  response.source_server = show(made);
  return response;
}

Result<aws::drs::ListExtensibleSourceServersResponse> DrsService::list_extensible_source_servers(
    const Info& info, const aws::drs::ListExtensibleSourceServersRequest& request) {
  using namespace drs_extensions;
  TRY_VOID(authorize(info));
  TRY(const SiteRecord* const site, open(info));
  TRY_VOID(check_page_size(request.max_results, kExtensiblePageMax));
  const std::string& staging = *request.staging_account_id;
  if (!trusts(sites_.cloud().directory(), staging, info.caller.account_id)) {
    return fail(denied("the account " + staging + " does not trust " + info.caller.account_id + ": it has no role " +
                       std::string(kStagingRole) + " for it"));
  }
  std::vector<aws::drs::StagingSourceServer> all;
  if (const SiteRecord* there = sites_.find(SiteKey(staging, info.region))) {
    for (const auto& [id, server] : there->servers) {
      const bool offered = server.staging_arn.empty() && server.replicating != Replicating::disconnected &&
                           !has_extension(*site, server.arn);
      if (!offered) continue;
      aws::drs::StagingSourceServer& shown = all.emplace_back();
      shown.arn = server.arn;
      shown.hostname = server.machine.name;
      shown.tags = shown_tags(server.tags);
    }
  }
  aws::drs::ListExtensibleSourceServersResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, "extensible/" + staging + "/" + site->key.first, all,
                     response.items, response.next_token, [](const auto& one) { return *one.arn; }));
  return response;
}

Result<aws::drs::ListStagingAccountsResponse> DrsService::list_staging_accounts(
    const Info& info, const aws::drs::ListStagingAccountsRequest& request) {
  using namespace drs_extensions;
  TRY_VOID(authorize(info));
  TRY(SiteRecord* const site, open(info));
  TRY_VOID(check_page_size(request.max_results, kAccountsPageMax));
  std::set<std::string> ids;
  for (const auto& [id, server] : site->servers) {
    const auto parts = iam::split_arn(server.staging_arn);
    if (parts) ids.insert(std::string(parts->account()));
  }
  std::vector<aws::drs::Account> all;
  for (const std::string& id : ids) all.emplace_back().account_id = id;
  aws::drs::ListStagingAccountsResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, "staging/" + site->key.first, all, response.accounts,
                     response.next_token, [](const auto& one) { return *one.account_id; }));
  return response;
}

}  // namespace postern::sim
