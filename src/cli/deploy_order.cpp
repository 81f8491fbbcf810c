#include "cli/deploy_order.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cfn/template.hpp"
#include "cli/render_alarms.hpp"
#include "cli/render_documents.hpp"
#include "fleet/scopes.hpp"

namespace postern::cli {
namespace deploy_order_detail {

class Places {
 public:
  Places(const Invocation& invocation, const fleet::FleetFile& fleet, fleet::Region home, DeployOrder& order)
      : via_(invocation.value("--via").value_or("")), fleet_(fleet), home_(std::move(home)), order_(order) {}

  Result<void> hub() {
    fleet::Scope scope = scope_of(fleet_.hub.account, "hub");
    order_.places.emplace_back();
    order_.places.back().scope = std::make_shared<const fleet::Scope>(std::move(scope));
    return {};
  }

  Result<void> add(const fleet::Account& account) { return add(account, home_); }

  Result<void> add(const fleet::Account& account, const fleet::Region& region) {
    fleet::Scope scope = scope_of(account.id, account.name);
    scope.region = region;
    scope.account_tags = account.tags;
    if (account.id != fleet_.hub.account) {
      TRY(scope.access, deploy_access(via_, fleet_, account, fleet::partition_of(home_)));
    }
    order_.places.emplace_back();
    order_.places.back().scope = std::make_shared<const fleet::Scope>(std::move(scope));
    order_.places.back().external_id = account.external_id;
    return {};
  }

  /// In the Regions given, else the account's own and the one that it recovers to.
  Result<void> add_regions(const fleet::Account& account, const std::vector<fleet::Region>& given) {
    std::vector<fleet::Region> regions = given;
    if (regions.empty()) {
      regions = account.regions.empty() ? fleet_.defaults.regions : account.regions;
      const bool more = !account.dr_region.empty() && std::ranges::find(regions, account.dr_region) == regions.end();
      if (more) regions.push_back(account.dr_region);
    }
    if (regions.empty()) regions.push_back(home_);
    for (const fleet::Region& region : regions) TRY_VOID(add(account, region));
    return {};
  }

 private:
  fleet::Scope scope_of(const fleet::AccountId& id, std::string name) const {
    fleet::Scope scope;
    scope.account = id;
    scope.account_name = std::move(name);
    scope.region = home_;
    scope.partition = fleet::partition_of(home_);
    return scope;
  }

  std::string via_;
  const fleet::FleetFile& fleet_;
  fleet::Region home_;
  DeployOrder& order_;
};

Result<std::vector<fleet::Region>> given_regions(const Invocation& invocation) {
  std::vector<fleet::Region> regions;
  for (const std::string& words : invocation.values("--region")) {
    for (const std::string_view word : split(words, ',')) {
      TRY(fleet::Region region, fleet::Region::parse(trim(word)));
      if (std::ranges::find(regions, region) == regions.end()) regions.push_back(std::move(region));
    }
  }
  return regions;
}

/// Alarms and topics find each other within a Region only.
Result<void> check_topic(const DeployOrder& order) {
  const auto topic = order.parameters.find("TopicArn");
  if (!order.is_regional() || topic == order.parameters.end() || topic->second.empty()) return {};
  const std::vector<std::string_view> parts = split(topic->second, ':');
  for (const DeployPlace& place : order.places) {
    if (parts.size() == 6 && parts[3] == place.scope->region.text()) continue;
    return fail(ErrorKind::usage, "TopicArn: alarms in " + place.scope->region.text() + " cannot tell " +
                                      printable(topic->second, 120) +
                                      ": a topic is of one Region; deploy Region by Region with --region, or let each "
                                      "stack make its own");
  }
  return {};
}

/// The rendered template of the part.
Result<void> take_template(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                           DeployOrder& order) {
  if (order.part == kEndpointsPart) {
    TRY(access::EndpointOrder endpoints, endpoint_order(invocation));
    endpoints.copies = signed_copies(fleet);
    TRY(order.rendered, render_endpoints(invocation, endpoints));
  } else if (order.part == kAlarmsPart) {
    TRY(order.rendered, render_alarms(invocation));
  } else if (order.part == kDocumentsPart) {
    TRY(order.rendered, render_documents(RenderFormat::cloudformation));
  } else {
    TRY(RenderedRoles rendered, render_roles(invocation, fleet));
    order.notes = std::move(rendered.notes);
    order.rendered = std::move(rendered.files.front());
  }
  if (order.rendered.text.size() <= cfn::kTemplateBodyMax) return {};
  return fail(ErrorKind::usage, "the template for " + order.part + " has " +
                                    std::to_string(order.rendered.text.size()) + " bytes, and CloudFormation takes " +
                                    std::to_string(cfn::kTemplateBodyMax) + ": choose fewer accounts or duties");
}

/// Without a fleet file: the roles or profiles of the command line, else the caller's own account.
Result<void> places_of_options(const Invocation& invocation, const std::vector<fleet::Region>& regions,
                               DeployOrder& order) {
  if (invocation.has("--via")) {
    return fail(
        ErrorKind::usage,
        "--via chooses the way into accounts of a fleet file: without one, --role-arn and --profile are that way");
  }
  fleet::ScopeRequest request;
  request.profiles = invocation.values("--profile");
  // In the hub's template they name the target roles.
  if (order.part != "hub") request.role_arns = invocation.values("--role-arn");
  for (const fleet::Region& region : regions) request.regions.push_back(region.text());
  TRY(const std::vector<fleet::ScopePtr> scopes, fleet::make_scopes(std::nullopt, request));
  for (const fleet::ScopePtr& scope : scopes) {
    order.places.emplace_back();
    order.places.back().scope = scope;
  }
  return {};
}

}  // namespace deploy_order_detail

Result<std::string> deploy_stack_name(const Invocation& invocation, std::string_view part) {
  const bool brief = invocation.has("--compat");
  std::string name =
      part == "target" ? (brief ? "drs-orchestration-role" : "postern-roles") : "postern-" + std::string(part);
  name = invocation.value("--stack-name").value_or(name);
  const auto is_ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  const bool letter_first = !name.empty() && ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
  if (!letter_first || name.size() > 128 || !std::ranges::all_of(name, is_ok)) {
    return fail(ErrorKind::usage, "--stack-name '" + printable(name, 60) +
                                      "': a letter, then letters, digits and hyphens, at most 128 in all");
  }
  return name;
}

Result<fleet::Access> deploy_access(const std::string& via, const fleet::FleetFile& fleet,
                                    const fleet::Account& account, fleet::Partition partition) {
  if (via == "stackset") {
    return fail(ErrorKind::usage,
                "--via stackset is no way into a single account: it goes with deploy roles, diff and "
                "delete, and --ou");
  }
  fleet::Access access;
  const bool by_profile = via == "profile" || (via.empty() && !account.profile.empty());
  if (by_profile) {
    if (account.profile.empty()) {
      return fail(ErrorKind::usage, "account " + account.name + " has no profile in " + fleet.file_name +
                                        ": give it one, or leave --via profile out");
    }
    access.kind = fleet::Access::Kind::profile;
    access.profile = account.profile;
    return access;
  }
  access.kind = fleet::Access::Kind::role;
  TRY(access.role, fleet::RoleArn::build(partition, account.id, via.empty() ? std::string(kAccessRole) : via));
  return access;
}

Result<fleet::Region> home_region(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                  const std::string& caller_region) {
  const std::vector<std::string> given = invocation.values("--region");
  if (given.size() > 1 || (!given.empty() && given.front().find(',') != std::string::npos)) {
    return fail(ErrorKind::usage, "roles are global: their stack belongs into one Region, and --region names several");
  }
  if (!given.empty()) return fleet::Region::parse(given.front());
  if (fleet && !fleet->hub.region.empty()) return fleet->hub.region;
  if (fleet && !fleet->defaults.regions.empty()) return fleet->defaults.regions.front();
  if (caller_region.empty()) {
    return fail(ErrorKind::usage, "no Region: give --region REGION, or hub: {region: ...} in the fleet file");
  }
  return fleet::Region::parse(caller_region);
}

Result<void> take_parameters(const Invocation& invocation, DeployOrder& order) {
  for (const std::string& text : invocation.values("--parameter")) {
    TRY(auto pair, parse_pair(text, "--parameter", "NAME"));
    const std::string& name = pair.first;
    if (!order.declares(name)) {
      std::string known;
      for (const RenderedParameter& each : order.rendered.parameters) known += (known.empty() ? "" : ", ") + each.name;
      return fail(ErrorKind::usage, "--parameter " + printable(name, 60) + ": the template for " + order.part +
                                        (known.empty() ? " has no parameters" : " has " + known));
    }
    order.parameters[name] = std::move(pair.second);
  }
  return {};
}

std::string deploy_part(const Invocation& invocation) {
  const Verb verb = invocation.command != nullptr ? invocation.command->verb : Verb::deploy_roles;
  if (verb == Verb::deploy_alarms) return std::string(kAlarmsPart);
  if (verb == Verb::deploy_documents) return std::string(kDocumentsPart);
  if (verb == Verb::deploy_endpoints) return std::string(kEndpointsPart);
  return invocation.value("--for").value_or("target");
}

std::string DeployOrder::name_of(const DeployPlace& place) const {
  return is_regional() ? place.scope->label() + (place.vpc.empty() ? "" : " " + place.vpc) : place.scope->who();
}

bool DeployOrder::declares(std::string_view parameter) const {
  return std::ranges::any_of(rendered.parameters,
                             [parameter](const RenderedParameter& each) { return each.name == parameter; });
}

Result<DeployOrder> deploy_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                 const std::string& caller_region) {
  using namespace deploy_order_detail;
  DeployOrder order;
  order.part = deploy_part(invocation);
  TRY(order.stack, deploy_stack_name(invocation, order.part));
  TRY_VOID(take_template(invocation, fleet, order));
  TRY_VOID(take_parameters(invocation, order));
  std::vector<fleet::Region> regions;
  fleet::Region home;
  if (order.is_regional()) {
    TRY(regions, given_regions(invocation));
    if (!regions.empty()) home = regions.front();
  }
  if (home.empty()) {
    TRY(home, home_region(invocation, fleet, caller_region));
  }
  if (!fleet || (order.part != "hub" && invocation.has("--role-arn"))) {
    if (regions.empty()) regions.push_back(home);
    TRY_VOID(places_of_options(invocation, regions, order));
    TRY_VOID(check_topic(order));
    return order;
  }
  Places places(invocation, *fleet, home, order);
  if (order.part == "hub") {
    TRY_VOID(places.hub());
    return order;
  }
  TRY(const std::vector<const fleet::Account*> accounts, chosen_accounts(invocation, *fleet));
  for (const fleet::Account* account : accounts) {
    TRY_VOID(order.is_regional() ? places.add_regions(*account, regions) : places.add(*account));
  }
  if (order.places.empty()) return fail(ErrorKind::usage, fleet->file_name + " has no accounts");
  TRY_VOID(check_topic(order));
  return order;
}

}  // namespace postern::cli
