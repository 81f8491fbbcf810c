#include "cli/render_roles.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"

namespace postern::cli {
namespace render_roles_detail {

using access::Duty;
using access::RoleOrder;

constexpr std::string_view kParts[] = {"hub", "target", "node"};

fleet::Duty fleet_duty(Duty duty) {
  return *fleet::parse_duty(access::to_string(duty));
}

/// KEY=VALUE, both as EC2 takes them.
Result<access::TagRule> tag_option(const std::string& text) {
  TRY(auto tag, parse_pair(text, "--node-tag", "KEY"));
  if (tag.second.empty()) {
    return fail(ErrorKind::usage, "--node-tag '" + printable(text, 60) + "' is not KEY=VALUE");
  }
  // A pattern or variable in it would be read as one by IAM.
  if (text.find_first_of("*?$") != std::string::npos) {
    return fail(ErrorKind::usage, "--node-tag '" + printable(text, 60) + "': *, ? and $ have a meaning in policies");
  }
  return access::TagRule(std::move(tag.first), std::move(tag.second));
}

bool is_made_of(std::string_view text, std::string_view further) {
  return std::ranges::all_of(text, [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || further.find(c) != std::string_view::npos;
  });
}

Result<RoleOrder> order_of_options(const Invocation& invocation) {
  RoleOrder order;
  order.external_id_by_account = invocation.value("--via") == "stackset";
  if (const auto mode = invocation.value("--mode")) order.mode = *access::parse_deploy_mode(*mode);
  if (const std::vector<std::string> duties = invocation.values("--duty"); !duties.empty()) {
    order.duties.clear();
    for (const std::string& duty : duties) order.duties.push_back(*access::parse_duty(duty));
  }
  if (const auto name = invocation.value("--hub-role")) {
    if (std::string why = fleet::RoleArn::check_name(*name); !why.empty()) return fail(ErrorKind::usage, why);
    order.hub_role = *name;
  }
  if (const auto id = invocation.value("--organization")) {
    if (!is_organization_id(*id))
      return fail(ErrorKind::usage, "--organization '" + printable(*id, 60) + "' is not o-...");
    order.organization = *id;
  }
  if (const auto tag = invocation.value("--node-tag")) {
    TRY(order.limits.operate_tag, tag_option(*tag));
  }
  if (const auto provider = invocation.value("--oidc-provider")) {
    if (provider->empty() || !is_made_of(*provider, ".-/_:") || provider->find("://") != std::string::npos) {
      return fail(ErrorKind::usage, "--oidc-provider '" + printable(*provider, 60) + "': the host, without https://");
    }
    order.oidc_provider = *provider;
  }
  return order;
}

Result<void> check_options(const Invocation& invocation, std::string_view part) {
  if (!invocation.has("--compat")) return {};
  if (part != "target") return fail(ErrorKind::usage, "--compat renders a role of target accounts: leave --for out");
  for (const char* option : {"--duty", "--node-tag"}) {
    if (invocation.has(option)) {
      return fail(ErrorKind::usage,
                  "--compat brief has one role with fixed rights: " + std::string(option) + " has no place in it");
    }
  }
  if (invocation.value("--mode") == "permission-set") {
    return fail(ErrorKind::usage, "--compat brief trusts a role; a permission set has none with a name to trust");
  }
  return {};
}

/// Takes what the fleet file says into the order.
class FleetNames {
 public:
  FleetNames(const fleet::FleetFile& fleet, RoleOrder& order, std::vector<std::string>& notes)
      : fleet_(fleet), order_(order), notes_(notes) {}

  Result<void> take(const std::vector<const fleet::Account*>& accounts) {
    const fleet::Region& region = fleet_.hub.region;
    const std::vector<fleet::Region>& regions = fleet_.defaults.regions;
    if (!region.empty() || !regions.empty()) partition_ = partition_of(region.empty() ? regions.front() : region);
    order_.partition = to_string(partition_);
    order_.hub_account = fleet_.hub.account.text();
    take_signals();
    if (!fleet_.documents.empty()) order_.limits.documents = fleet_.documents;
    if (accounts.size() == 1 && !accounts.front()->documents.empty()) {
      order_.limits.documents = accounts.front()->documents;
    }
    std::size_t without = 0;
    for (const fleet::Account* account : accounts) {
      TRY(const bool some, take(*account));
      without += some ? 0 : 1;
    }
    if (without > 0) {
      notes_.push_back(plural(without, "account") + " of " + fleet_.file_name + " without a role " +
                       (without == 1 ? "is" : "are") + " left out: a profile is the way in, or it is the hub");
    }
    return {};
  }

 private:
  void take_signals() {
    for (const fleet::NotifyTarget& target : fleet_.signals.notify) {
      if (target.kind == fleet::NotifyTarget::Kind::sns) order_.topics.push_back(target.arn);
      if (target.kind == fleet::NotifyTarget::Kind::event_bus) order_.event_buses.push_back(target.arn);
    }
    const fleet::S3Place& anchors = fleet_.signals.anchors;
    if (!anchors.empty()) order_.anchors = bucket_and_prefix(anchors);
    for (const fleet::S3Place& place : fleet_.signals.copies) order_.copies.push_back(bucket_and_prefix(place));
  }

  /// False when no role leads into the account.
  Result<bool> take(const fleet::Account& account) {
    bool some = false;
    for (const Duty duty : access::kEveryDuty) {
      if (std::ranges::find(order_.duties, duty) == order_.duties.end()) continue;
      const std::string* role = &account.roles.get(fleet_duty(duty));
      if (role->empty() && account.profile.empty()) role = &fleet_.defaults.roles.get(fleet_duty(duty));
      if (role->empty()) continue;
      some = true;
      fleet::RoleArn arn;
      if (role->starts_with("arn:")) {
        TRY(arn, fleet::RoleArn::parse(*role));
      } else {
        TRY(arn, fleet::RoleArn::build(partition_, account.id, *role));
      }
      TRY_VOID(name(duty, account, arn.path().substr(1) + arn.name()));
      if (std::ranges::find(order_.target_roles, arn.text()) == order_.target_roles.end()) {
        order_.target_roles.push_back(arn.text());
      }
    }
    return some;
  }

  Result<void> name(Duty duty, const fleet::Account& account, std::string role) {
    const std::size_t index = static_cast<std::size_t>(duty);
    if (named_by_[index] == nullptr) {
      named_by_[index] = &account;
      order_.names[index] = std::move(role);
      return {};
    }
    if (order_.names[index] == role) return {};
    return fail(ErrorKind::usage, "accounts " + named_by_[index]->name + " and " + account.name +
                                      " name different roles for the duty '" + std::string(to_string(duty)) + "' (" +
                                      order_.names[index] + ", " + role +
                                      "): one template cannot serve both; render them by --account");
  }

  const fleet::FleetFile& fleet_;
  RoleOrder& order_;
  std::vector<std::string>& notes_;
  fleet::Partition partition_ = fleet::Partition::aws;
  std::array<const fleet::Account*, std::size(access::kEveryDuty)> named_by_{};
};

Result<cfn::Template> template_of(std::string_view part, const RoleOrder& order, bool brief) {
  if (part == "hub") return access::hub_template(order);
  if (part == "node") return access::node_template(order);
  return brief ? access::brief_template(order) : access::target_template(order);
}

}  // namespace render_roles_detail

Result<std::vector<const fleet::Account*>> chosen_accounts(const Invocation& invocation,
                                                           const fleet::FleetFile& fleet) {
  std::vector<const fleet::Account*> chosen;
  for (const std::string& words : invocation.values("--account")) {
    for (const std::string_view word : split(words, ',')) {
      const fleet::Account* account = fleet.find_account(trim(word));
      if (account == nullptr) {
        return fail(ErrorKind::usage, "no account '" + printable(trim(word), 60) + "' in " + fleet.file_name);
      }
      if (std::ranges::find(chosen, account) == chosen.end()) chosen.push_back(account);
    }
  }
  if (invocation.has("--account")) return chosen;
  for (const fleet::Account& account : fleet.accounts) chosen.push_back(&account);
  return chosen;
}

std::string bucket_and_prefix(const fleet::S3Place& place) {
  return place.bucket + (place.prefix.empty() ? "" : "/" + place.prefix);
}

bool is_organization_id(std::string_view text) {
  return text.starts_with("o-") && text.size() >= 12 && text.size() <= 34 &&
         render_roles_detail::is_made_of(text.substr(2), "") && to_lower(text) == text;
}

Result<access::RoleOrder> role_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                     std::vector<access::Duty> duties, std::vector<std::string>& notes) {
  using namespace render_roles_detail;
  TRY(RoleOrder order, order_of_options(invocation));
  if (!duties.empty()) order.duties = std::move(duties);
  if (fleet) {
    order.source_identity = fleet->hub.source_identity;
    TRY(const std::vector<const fleet::Account*> accounts, chosen_accounts(invocation, *fleet));
    TRY_VOID(FleetNames(*fleet, order, notes).take(accounts));
  } else if (invocation.has("--account")) {
    return fail(ErrorKind::usage, "--account chooses accounts of a fleet file, and there is none");
  }
  // As in every command: roles on the command line stand instead of the fleet file's.
  if (invocation.has("--role-arn")) {
    order.target_roles.clear();
    for (const std::string& text : invocation.values("--role-arn")) {
      TRY(const fleet::RoleArn arn, fleet::RoleArn::parse(text));
      order.target_roles.push_back(arn.text());
    }
  }
  return order;
}

Result<RenderedRoles> render_roles(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet) {
  using namespace render_roles_detail;
  const std::string chosen = invocation.value("--for").value_or("target");
  TRY_VOID(check_options(invocation, chosen));
  RenderedRoles out;
  TRY(const RoleOrder order, role_order(invocation, fleet, {}, out.notes));
  if (!fleet && chosen != "node") {
    out.notes.emplace_back(
        "no fleet file: roles have postern's own names; hub and accounts are parameters of the template");
  }
  const bool terraform = invocation.value("--format") == "terraform";
  for (const std::string_view part : kParts) {
    if (chosen != "all" && chosen != part) continue;
    TRY(const cfn::Template source, template_of(part, order, invocation.has("--compat")));
    TRY(std::string text, terraform ? cfn::to_terraform(source) : cfn::to_cloudformation(source));
    if (!terraform && text.size() > cfn::kTemplateBodyMax) {
      out.notes.push_back("the template for " + std::string(part) + " has " + std::to_string(text.size()) +
                          " bytes: CloudFormation takes more than " + std::to_string(cfn::kTemplateBodyMax) +
                          " only from a bucket");
    }
    out.files.emplace_back(std::string(part) + (terraform ? "/main.tf" : ".yaml"), std::move(text));
    for (const cfn::Parameter& each : source.parameters) {
      out.files.back().parameters.emplace_back(each.name, each.default_value.has_value());
    }
  }
  return out;
}

}  // namespace postern::cli
