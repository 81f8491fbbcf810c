#include "sim/organizations_service.hpp"

#include <set>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"

namespace postern::sim {
namespace organizations_service {

using aws::server::fault;
using Info = aws::server::CallInfo;

constexpr std::size_t kPageMax = 20;

Result<void> check_caller(const Cloud& cloud, const Info& info) {
  TRY_VOID(authorize(info));
  if (info.caller.account_id == cloud.config().hub_account) return {};
  return fail(
      fault(ErrorKind::denied, "AccessDeniedException", "You don't have permissions to access this resource.", 400));
}

std::string organization_id(const Cloud& cloud) {
  return "o-" + derived_hex(cloud.config().seed, "organization", 10);
}
std::string root_id(const Cloud& cloud) {
  return "r-" + derived_hex(cloud.config().seed, "root", 4);
}
/// The id of the unit with this path; the root's for none.
std::string unit_id(const Cloud& cloud, const std::string& path) {
  if (path.empty()) return root_id(cloud);
  return "ou-" + derived_hex(cloud.config().seed, "root", 4) + "-" +
         derived_hex(cloud.config().seed, "unit/" + path, 8);
}

/// Every unit that an account is in or under, by path.
std::set<std::string> unit_paths(const Cloud& cloud) {
  std::set<std::string> paths;
  for (const AccountConfig& account : cloud.config().accounts) {
    for (std::size_t slash = account.unit.find('/'); slash != std::string::npos;
         slash = account.unit.find('/', slash + 1)) {
      paths.insert(account.unit.substr(0, slash));
    }
    if (!account.unit.empty()) paths.insert(account.unit);
  }
  return paths;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Result<std::string> path_of(const Cloud& cloud, const std::string& id) {
  if (id == root_id(cloud)) return std::string();
  for (const std::string& path : unit_paths(cloud)) {
    if (unit_id(cloud, path) == id) return path;
  }
  return fail(fault(ErrorKind::not_found, "ParentNotFoundException",
                    "You provided parent id " + printable(id, 60) + " that doesn't exist.", 400));
}

aws::organizations::Account describe(const Cloud& cloud, const AccountConfig& from) {
  aws::organizations::Account to;
  to.id = from.id;
  to.arn =
      "arn:aws:organizations::" + cloud.config().hub_account + ":account/" + organization_id(cloud) + "/" + from.id;
  to.name = from.name.empty() ? from.id : from.name;
  to.email = Secret<>("aws+" + from.id + "@example.com");
  to.status.emplace(from.status);
  to.state.emplace(from.status);
  return to;
}

std::size_t page_size(const std::optional<std::int32_t>& asked) {
  return asked ? static_cast<std::size_t>(*asked) : kPageMax;
}

}  // namespace organizations_service

OrganizationsService::Answer<aws::organizations::ListAccountsResponse> OrganizationsService::list_accounts(
    Info info, aws::organizations::ListAccountsRequest request) {
  using namespace organizations_service;
  CO_TRY_VOID(check_caller(cloud_, info));
  const std::vector<AccountConfig>& all = cloud_.config().accounts;
  CO_TRY(const Page page,
         page_of(request.next_token.value_or(""), "accounts", all.size(), page_size(request.max_results),
                 [&](std::size_t i) -> std::string_view { return all[i].id; }));
  aws::organizations::ListAccountsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) response.accounts.push_back(describe(cloud_, all[i]));
  if (!page.next_token.empty()) response.next_token = page.next_token;
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListRootsResponse> OrganizationsService::list_roots(
    Info info, aws::organizations::ListRootsRequest) {
  using namespace organizations_service;
  CO_TRY_VOID(check_caller(cloud_, info));
  aws::organizations::ListRootsResponse response;
  aws::organizations::Root& root = response.roots.emplace_back();
  root.id = root_id(cloud_);
  root.arn = "arn:aws:organizations::" + cloud_.config().hub_account + ":root/" + organization_id(cloud_) + "/" +
             root_id(cloud_);
  root.name = "Root";
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListOrganizationalUnitsForParentResponse>
OrganizationsService::list_organizational_units_for_parent(
    Info info, aws::organizations::ListOrganizationalUnitsForParentRequest request) {
  using namespace organizations_service;
  CO_TRY_VOID(check_caller(cloud_, info));
  CO_TRY(const std::string parent, path_of(cloud_, *request.parent_id));
  std::vector<std::string> found;
  for (const std::string& path : unit_paths(cloud_)) {
    if (parent_of(path) == parent) found.push_back(path);
  }
  CO_TRY(const Page page,
         page_of(request.next_token.value_or(""), "units/" + parent, found.size(), page_size(request.max_results),
                 [&](std::size_t i) -> std::string_view { return found[i]; }));
  aws::organizations::ListOrganizationalUnitsForParentResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    aws::organizations::OrganizationalUnit& unit = response.organizational_units.emplace_back();
    unit.id = unit_id(cloud_, found[i]);
    unit.arn =
        "arn:aws:organizations::" + cloud_.config().hub_account + ":ou/" + organization_id(cloud_) + "/" + *unit.id;
    unit.name = found[i].substr(parent.empty() ? 0 : parent.size() + 1);
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListAccountsForParentResponse>
OrganizationsService::list_accounts_for_parent(Info info, aws::organizations::ListAccountsForParentRequest request) {
  using namespace organizations_service;
  CO_TRY_VOID(check_caller(cloud_, info));
  CO_TRY(const std::string parent, path_of(cloud_, *request.parent_id));
  std::vector<const AccountConfig*> found;
  for (const AccountConfig& account : cloud_.config().accounts) {
    if (account.unit == parent) found.push_back(&account);
  }
  CO_TRY(const Page page,
         page_of(request.next_token.value_or(""), "accounts/" + parent, found.size(), page_size(request.max_results),
                 [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::organizations::ListAccountsForParentResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) response.accounts.push_back(describe(cloud_, *found[i]));
  if (!page.next_token.empty()) response.next_token = page.next_token;
  co_return response;
}

}  // namespace postern::sim
