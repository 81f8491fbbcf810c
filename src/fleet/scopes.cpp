#include "fleet/scopes.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"

namespace postern::fleet {
namespace {

Result<std::vector<Region>> parse_regions(const std::vector<std::string>& texts) {
  std::vector<Region> regions;
  for (const std::string& text : texts) {
    for (const std::string_view part : split(text, ',')) {
      const std::string_view name = trim(part);
      if (name.empty()) continue;
      TRY(Region region, Region::parse(name));
      if (std::find(regions.begin(), regions.end(), region) == regions.end()) regions.push_back(std::move(region));
    }
  }
  return regions;
}

Result<std::vector<Region>> regions_or_caller(std::vector<Region> regions, const ScopeRequest& request) {
  if (!regions.empty()) return regions;
  if (request.caller_region.empty()) {
    return fail(ErrorKind::usage, "no Region: give --region, set AWS_REGION, or name regions in the fleet file");
  }
  TRY(Region region, Region::parse(request.caller_region));
  regions.push_back(std::move(region));
  return regions;
}

void add_scopes(const Scope& pattern, const std::vector<Region>& regions, std::vector<ScopePtr>& scopes) {
  for (const Region& region : regions) {
    Scope scope = pattern;
    scope.region = region;
    scope.partition = partition_of(region);
    scopes.push_back(std::make_shared<const Scope>(std::move(scope)));
  }
}

Result<std::vector<ScopePtr>> scopes_of_roles(const ScopeRequest& request, const std::vector<Region>& regions) {
  if (!request.accounts.empty())
    return fail(ErrorKind::usage, "--account chooses from the fleet file; --role-arn does not use it");
  std::vector<ScopePtr> scopes;
  for (const std::string& text : request.role_arns) {
    Scope scope;
    scope.access.kind = Access::Kind::role;
    TRY(scope.access.role, RoleArn::parse(text));
    scope.account = scope.access.role.account();
    scope.account_name = scope.account.text();
    if (request.profiles.size() == 1) scope.access.profile = request.profiles[0];
    if (!request.external_id.empty()) {
      TRY(SecretRef external_id, SecretRef::parse(request.external_id));
      scope.access.external_id = std::move(external_id);
    }
    add_scopes(scope, regions, scopes);
  }
  return scopes;
}

std::vector<ScopePtr> scopes_of_profiles(const ScopeRequest& request, const std::vector<Region>& regions) {
  std::vector<ScopePtr> scopes;
  for (const std::string& profile : request.profiles) {
    Scope scope;
    scope.access.kind = Access::Kind::profile;
    scope.access.profile = profile;
    scope.account_name = profile;
    add_scopes(scope, regions, scopes);
  }
  return scopes;
}

/// `hub_profile` names the credentials that assume roles; empty for the caller's own.
Result<Access> access_of(const FleetFile& fleet, const Account& account, const std::string& hub_profile, Duty duty,
                         Partition partition) {
  Access access;
  const std::string* role = &account.roles.get(duty);
  // A profile without a role of the account's own is the way in; the defaults' role is for accounts without a profile.
  if (role->empty() && !account.profile.empty()) {
    access.kind = Access::Kind::profile;
    access.profile = account.profile;
    return access;
  }
  if (role->empty()) role = &fleet.defaults.roles.get(duty);
  if (role->empty() && account.id == fleet.hub.account) {
    // The hub is already there.
    access.kind = hub_profile.empty() ? Access::Kind::ambient : Access::Kind::profile;
    access.profile = hub_profile;
    return access;
  }
  if (role->empty()) {
    return fail(ErrorKind::usage, "account " + account.name + " (" + account.id.text() +
                                      ") has neither a role for the duty '" + std::string(to_string(duty)) +
                                      "' nor a profile in " + fleet.file_name);
  }
  access.kind = Access::Kind::role;
  access.profile = account.profile.empty() ? hub_profile : account.profile;
  if (role->starts_with("arn:")) {
    TRY(access.role, RoleArn::parse(*role));
  } else {
    TRY(access.role, RoleArn::build(partition, account.id, *role));
  }
  access.external_id = account.external_id ? account.external_id : fleet.defaults.external_id;
  access.session_name = fleet.defaults.session_name;
  return access;
}

Result<std::vector<const Account*>> chosen_accounts(const FleetFile& fleet, const std::vector<std::string>& wanted) {
  std::vector<const Account*> chosen;
  if (wanted.empty()) {
    for (const Account& account : fleet.accounts) chosen.push_back(&account);
    return chosen;
  }
  for (const std::string& entry : wanted) {
    for (const std::string_view part : split(entry, ',')) {
      const std::string name(trim(part));
      const Account* account = fleet.find_account(name);
      if (account == nullptr) {
        std::vector<std::string_view> known;
        for (const Account& candidate : fleet.accounts) known.push_back(candidate.name);
        const std::string_view near = nearest(name, known);
        std::string message = "no account '" + printable(name, 60) + "' in " + fleet.file_name;
        if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
        return fail(ErrorKind::usage, message);
      }
      if (std::find(chosen.begin(), chosen.end(), account) == chosen.end()) chosen.push_back(account);
    }
  }
  return chosen;
}

Result<std::vector<ScopePtr>> scopes_of_fleet(const FleetFile& fleet, const ScopeRequest& request,
                                              const std::vector<Region>& asked) {
  TRY(const std::vector<const Account*> accounts, chosen_accounts(fleet, request.accounts));
  const std::string& hub_profile = request.profiles.empty() ? fleet.hub.profile : request.profiles[0];
  std::vector<ScopePtr> scopes;
  for (const Account* account : accounts) {
    std::vector<Region> regions = asked;
    if (regions.empty()) regions = account->regions;
    if (regions.empty()) regions = fleet.defaults.regions;
    if (regions.empty() && !fleet.hub.region.empty()) regions.push_back(fleet.hub.region);
    TRY(regions, regions_or_caller(std::move(regions), request));
    Scope scope;
    scope.account = account->id;
    scope.account_name = account->name;
    scope.account_tags = account->tags;
    TRY(scope.access, access_of(fleet, *account, hub_profile, request.duty, partition_of(regions.front())));
    add_scopes(scope, regions, scopes);
  }
  return scopes;
}

Result<std::vector<ScopePtr>> find_scopes(const std::optional<FleetFile>& fleet, const ScopeRequest& request) {
  TRY(std::vector<Region> asked, parse_regions(request.regions));
  if (!request.external_id.empty() && request.role_arns.empty()) {
    return fail(ErrorKind::usage,
                "--external-id belongs to --role-arn; accounts of the fleet file have their own external_id");
  }
  if (!request.role_arns.empty()) {
    if (request.profiles.size() > 1)
      return fail(ErrorKind::usage, "--role-arn takes one --profile, the one that assumes the role");
    TRY(const std::vector<Region> regions, regions_or_caller(std::move(asked), request));
    return scopes_of_roles(request, regions);
  }
  const bool by_profile = request.profiles.size() > 1 || (request.profiles.size() == 1 && !fleet);
  if (by_profile) {
    if (!request.accounts.empty()) {
      return fail(ErrorKind::usage, fleet ? "--account chooses from the fleet file; several --profile do not use it"
                                          : "--account needs a fleet file: give --fleet FILE");
    }
    TRY(const std::vector<Region> regions, regions_or_caller(std::move(asked), request));
    return scopes_of_profiles(request, regions);
  }
  if (fleet && !fleet->accounts.empty()) return scopes_of_fleet(*fleet, request, asked);
  if (!request.accounts.empty()) return fail(ErrorKind::usage, "--account needs a fleet file: give --fleet FILE");
  TRY(const std::vector<Region> regions, regions_or_caller(std::move(asked), request));
  std::vector<ScopePtr> scopes;
  add_scopes(Scope(), regions, scopes);
  return scopes;
}

/// Every instance must be meant once: a second way into an account would send each command twice.
Result<std::vector<ScopePtr>> each_once(std::vector<ScopePtr> scopes) {
  // Scopes by profile have no account yet; their profile stands for it until STS was asked.
  std::map<std::pair<std::string, Region>, ScopePtr> first_of;
  std::vector<ScopePtr> once;
  for (ScopePtr& scope : scopes) {
    const Access& access = scope->access;
    if (access.kind == Access::Kind::role && access.role.partition() != scope->partition) {
      return fail(ErrorKind::usage,
                  access.role.text() + " is not of the partition of the Region " + scope->region.text());
    }
    const std::string key = scope->account.empty() ? "profile " + access.profile : scope->account.text();
    const auto [first, inserted] = first_of.emplace(std::pair(key, scope->region), scope);
    if (inserted) {
      once.push_back(std::move(scope));
    } else if (first->second->access != access) {
      return fail(ErrorKind::usage, "two roles for the account " + key + ", " + first->second->access.role.text() +
                                        " and " + access.role.text() + ": its instances would be meant twice");
    }
  }
  return once;
}

}  // namespace

Result<std::vector<ScopePtr>> make_scopes(const std::optional<FleetFile>& fleet, const ScopeRequest& request) {
  TRY(std::vector<ScopePtr> scopes, find_scopes(fleet, request));
  return each_once(std::move(scopes));
}

}  // namespace postern::fleet
