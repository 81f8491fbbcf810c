#include "cli/permissions_order.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/deploy_order.hpp"
#include "cli/render_roles.hpp"
#include "fleet/notify_target.hpp"

namespace postern::cli {
namespace permissions_order {

using access::PermissionOrder;

bool is_command(const std::string& path) {
  return std::ranges::any_of(commands(), [&](const CommandSpec& command) { return command.path == path; });
}

bool is_pattern(const std::string& text) {
  return text.find_first_of("*?") != std::string::npos;
}

/// What a policy can say of nodes: tags and ids, all of them together.
Result<void> take_selector(const fleet::Selector& selector, access::NodeLimit& nodes) {
  using Op = fleet::Selector::Op;
  if (selector.op() == Op::all) return {};
  if (selector.op() == Op::conjunction) {
    for (const fleet::Selector& each : selector.operands()) TRY_VOID(take_selector(each, nodes));
    return {};
  }
  const bool term = selector.op() == Op::term;
  if (term && selector.field() == fleet::Field::id && std::ranges::none_of(selector.globs(), is_pattern) &&
      nodes.ids.empty()) {
    nodes.ids = selector.globs();
    return {};
  }
  const bool variable = std::ranges::any_of(
      selector.globs(), [](const std::string& glob) { return glob.find('$') != std::string::npos; });
  if (term && selector.field() == fleet::Field::tag && !variable) {
    nodes.tags.emplace_back(selector.key(), selector.globs());
    return {};
  }
  return fail(ErrorKind::usage, "--select: a policy limits nodes by tags and ids joined by `and`; it cannot say '" +
                                    printable(selector.to_text(), 200) + "'");
}

Result<void> take_nodes(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                        access::NodeLimit& nodes) {
  for (const std::string& text : invocation.values("--select")) {
    TRY(const fleet::Selector parsed, fleet::Selector::parse(text));
    const fleet::FleetFile none;
    TRY(const fleet::Selector bound, (fleet ? *fleet : none).bind(parsed));
    TRY_VOID(take_selector(bound, nodes));
  }
  return {};
}

/// Whom runs tell, where their output and anchors are, and what large files travel through.
Result<void> take_signals(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                          PermissionOrder& order) {
  std::vector<fleet::NotifyTarget> told;
  if (fleet) {
    told = fleet->signals.notify;
    if (!fleet->signals.anchors.empty()) order.anchors = bucket_and_prefix(fleet->signals.anchors);
    if (!fleet->signals.output_s3.empty()) order.output_s3 = bucket_and_prefix(fleet->signals.output_s3);
    order.output_logs = fleet->signals.output_logs;
    for (const fleet::S3Place& place : fleet->signals.copies) order.copies.push_back(bucket_and_prefix(place));
  }
  for (const std::string& text : invocation.values("--notify")) {
    TRY(fleet::NotifyTarget target, fleet::NotifyTarget::parse(text));
    told.push_back(std::move(target));
  }
  for (const fleet::NotifyTarget& target : told) {
    if (target.kind == fleet::NotifyTarget::Kind::sns) order.topics.push_back(target.arn);
    if (target.kind == fleet::NotifyTarget::Kind::event_bus) order.event_buses.push_back(target.arn);
  }
  if (const auto text = invocation.value("--output-s3")) {
    TRY(const fleet::S3Place place, fleet::S3Place::parse(*text));
    order.output_s3 = bucket_and_prefix(place);
  }
  // As with `cp`: a place on the command line stands instead of the fleet file's.
  if (const auto text = invocation.value("--s3")) {
    TRY(const fleet::S3Place place, fleet::S3Place::parse(*text));
    order.copies = {bucket_and_prefix(place)};
  }
  if (const auto text = invocation.value("--output-logs")) {
    if (const std::string why = fleet::check_log_group(*text); !why.empty()) {
      return fail(ErrorKind::usage, "--output-logs: " + why);
    }
    order.output_logs = *text;
  }
  return {};
}

/// Names of documents without the versions that --document takes.
void take_documents(const Invocation& invocation, PermissionOrder& order) {
  const std::vector<std::string> given = invocation.values("--document");
  if (given.empty()) return;
  order.documents = true;
  order.roles.limits.documents.clear();
  for (const std::string& document : given) {
    const bool arn = document.starts_with("arn:");
    order.roles.limits.documents.push_back(arn ? document : document.substr(0, document.find(':')));
  }
}

/// The account whose policy it is, when it is one.
void take_account(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                  const std::vector<std::string>& target_roles, AskedPermissions& asked) {
  PermissionOrder& order = asked.order;
  if (order.holder == access::Holder::hub || order.part == "hub") {
    if (fleet && !fleet->hub.account.empty()) order.account = fleet->hub.account.text();
    if (fleet && !fleet->hub.region.empty()) order.hub_region = fleet->hub.region.text();
    return;
  }
  std::vector<std::string> accounts;
  if (fleet && !invocation.has("--role-arn")) {
    const auto chosen = chosen_accounts(invocation, *fleet);
    if (chosen) {
      for (const fleet::Account* account : *chosen) accounts.push_back(account->id.text());
    }
  } else {
    for (const std::string& text : target_roles) {
      if (const auto arn = fleet::RoleArn::parse(text)) accounts.push_back(arn->account().text());
    }
  }
  if (accounts.size() == 1) {
    order.account = accounts.front();
  } else {
    asked.notes.emplace_back(
        "not one account: its id is * in resources, so that the policy can be attached in each; --account ID names it");
  }
}

/// The roles by which a deployment goes in, as far as they are known.
Result<void> take_deployment(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                             PermissionOrder& order) {
  order.part = invocation.value("--for").value_or("target");
  std::vector<std::string_view> regional;
  for (const std::string_view part : {kAlarmsPart, kDocumentsPart, kEndpointsPart}) {
    if (std::ranges::find(order.commands, "deploy " + std::string(part)) != order.commands.end()) {
      regional.push_back(part);
    }
  }
  if (regional.size() > 1) {
    return fail(ErrorKind::usage, "deploy " + std::string(regional[0]) + " and deploy " + std::string(regional[1]) +
                                      ": one after the other");
  }
  if (!regional.empty()) order.part = regional.front();
  TRY(order.stack, deploy_stack_name(invocation, order.part));
  // A stack for each VPC.
  if (order.part == kEndpointsPart && !invocation.has("--stack-name")) order.stack += "-*";
  order.stack_set = invocation.value("--via") == "stackset";
  if (!fleet || order.stack_set) return {};
  TRY(const std::vector<const fleet::Account*> accounts, chosen_accounts(invocation, *fleet));
  const std::string via = invocation.value("--via").value_or("");
  for (const fleet::Account* account : accounts) {
    const bool by_profile = via == "profile" || (via.empty() && !account->profile.empty());
    if (by_profile || account->id == fleet->hub.account) continue;
    const fleet::Partition partition = fleet::parse_partition(order.roles.partition).value_or(fleet::Partition::aws);
    TRY(const fleet::RoleArn role,
        fleet::RoleArn::build(partition, account->id, via.empty() ? std::string(kAccessRole) : via));
    order.deploy_roles.push_back(role.text());
  }
  return {};
}

/// Whose roles the commands assume.
std::vector<access::Duty> duties_of(const std::vector<std::string>& commands) {
  std::vector<access::Duty> duties;
  for (const access::Duty duty : access::kEveryDuty) {
    const bool used = std::ranges::any_of(commands, [&](const std::string& command) {
      const access::CommandNeeds* needs = access::find_needs(command);
      return needs != nullptr && needs->duty == duty;
    });
    if (used) duties.push_back(duty);
  }
  return duties;
}

}  // namespace permissions_order

Result<std::vector<std::string>> named_commands(const std::vector<std::string>& words) {
  using namespace permissions_order;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string two = i + 1 < words.size() ? words[i] + " " + words[i + 1] : std::string();
    if (!two.empty() && is_command(two)) {
      out.push_back(two);
      ++i;
      continue;
    }
    const auto group = std::ranges::find(groups(), std::string_view(words[i]), &GroupSpec::word);
    const std::string one = group != groups().end() ? std::string(group->default_path) : words[i];
    if (!is_command(one)) {
      return fail(ErrorKind::usage, "there is no command '" + printable(words[i], 60) + "': postern --help lists them");
    }
    out.push_back(one);
  }
  if (out.empty()) return fail(ErrorKind::usage, "permissions of which command? Such as: postern permissions run");
  return out;
}

Result<AskedPermissions> permission_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet) {
  using namespace permissions_order;
  AskedPermissions asked;
  PermissionOrder& order = asked.order;
  TRY(order.commands, named_commands(invocation.words));
  order.holder = invocation.has("--hub") ? access::Holder::hub : access::Holder::target;
  TRY(order.roles, role_order(invocation, fleet, duties_of(order.commands), asked.notes));
  // With a fleet file whose accounts have no roles, none is assumed; without one, every account's are meant.
  if (order.holder == access::Holder::hub && fleet && order.roles.target_roles.empty()) order.roles.duties.clear();
  order.all_regions = invocation.has("--all-regions");
  take_documents(invocation, order);
  TRY_VOID(take_nodes(invocation, fleet, order.nodes));
  TRY_VOID(take_signals(invocation, fleet, order));
  TRY_VOID(take_deployment(invocation, fleet, order));
  take_account(invocation, fleet, order.roles.target_roles, asked);
  return asked;
}

}  // namespace postern::cli
