#include "cli/dr_rollout_work.hpp"

#include <algorithm>
#include <set>

#include "access/duty_policies.hpp"
#include "access/install_document.hpp"
#include "adapters/drs_servers.hpp"
#include "adapters/inventory_source.hpp"
#include "adapters/node_roles.hpp"
#include "base/text.hpp"
#include "cli/chosen_waves.hpp"
#include "cli/dr_show.hpp"
#include "cli/failure.hpp"
#include "cli/plan_checks.hpp"
#include "cli/prompt.hpp"
#include "cli/run_confirm.hpp"
#include "cli/run_plan.hpp"
#include "flow/waves.hpp"
#include "recovery/sites.hpp"
#include "rt/clock.hpp"
#include "rt/waiter.hpp"

namespace postern::cli {
namespace rollout_work {

constexpr Duration kFirstPause = std::chrono::seconds(10);
constexpr Duration kLongestPause = std::chrono::seconds(60);

/// Where the accounts' servers replicate to: --to, else the fleet file.
Result<std::vector<fleet::ScopePtr>> sites_of_rollout(const Command& command, const AwsWork& aws) {
  const auto to = command.invocation().value("--to");
  std::vector<fleet::ScopePtr> sites;
  std::string lost;
  for (const fleet::ScopePtr& scope : aws.scopes) {
    const bool known = std::any_of(sites.begin(), sites.end(),
                                   [&](const fleet::ScopePtr& one) { return one->account == scope->account; });
    if (known) continue;
    fleet::Scope site = *scope;
    const fleet::Account* account = aws.fleet ? aws.fleet->find_account(scope->account.text()) : nullptr;
    if (to) {
      TRY(site.region, fleet::Region::parse(*to));
    } else if (account != nullptr && !account->dr_region.empty()) {
      site.region = account->dr_region;
    } else {
      lost += (lost.empty() ? "" : ", ") + scope->who();
      continue;
    }
    site.partition = fleet::partition_of(site.region);
    sites.push_back(std::make_shared<const fleet::Scope>(std::move(site)));
  }
  if (!lost.empty()) {
    return fail(
        ErrorKind::usage,
        "where is it recovered to? --to REGION, or `dr: {region: ...}` in the fleet file for " + printable(lost, 300));
  }
  return sites;
}

/// Without a fleet file the way in decides the account: it must be the one that was named.
Result<void> expect_account(const std::vector<fleet::ScopePtr>& scopes, const std::string& asked) {
  for (const fleet::ScopePtr& scope : scopes) {
    if (scope->account.text() == asked) continue;
    return fail(Error(ErrorKind::refused,
                      "asked for account " + printable(asked, 60) + ", and " + scope->access.describe() + " leads to " +
                          (scope->account.empty() ? "an account that could not be learnt" : scope->account.text()))
                    .with("rail", "account"));
  }
  return {};
}

/// The ExternalId that the fleet file keeps for the account of a role that was named without one.
void complete_external_id(const std::optional<fleet::FleetFile>& fleet, fleet::ScopeRequest& request) {
  if (!fleet || request.role_arns.size() != 1 || !request.external_id.empty()) return;
  const Result<fleet::RoleArn> role = fleet::RoleArn::parse(request.role_arns.front());
  const fleet::Account* account = role ? fleet->find_account(role->account().text()) : nullptr;
  if (account != nullptr && account->external_id) request.external_id = account->external_id->to_text();
}

/// Which accounts and Regions are meant, with the way in of the duty.
fleet::ScopeRequest rollout_request(const Command& command, const AwsWork& aws, fleet::Duty duty) {
  const Invocation& invocation = command.invocation();
  fleet::ScopeRequest request = scope_request(command, aws, duty);
  if (invocation.has("--from")) request.regions = invocation.values("--from");
  complete_external_id(aws.fleet, request);
  const bool of_file = aws.fleet && request.role_arns.empty();
  if (!invocation.words.empty() && of_file) request.accounts.push_back(invocation.words.front());
  return request;
}

rt::Task<Result<void>> choose_scopes(const Command& command, DrWork& work) {
  const Invocation& invocation = command.invocation();
  if (invocation.words.size() > 1) co_return fail(ErrorKind::usage, "one account is named, or none");
  const fleet::ScopeRequest request = rollout_request(command, work.aws, fleet::Duty::rollout);
  const bool of_file = work.aws.fleet && request.role_arns.empty();
  CO_TRY(work.aws.scopes, fleet::make_scopes(work.aws.fleet, request));
  CO_TRY_VOID(co_await require_hub(command, work.aws));
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY_VOID(co_await name_accounts(command, work.aws, concurrency));
  if (!invocation.words.empty() && !of_file) {
    CO_TRY_VOID(expect_account(work.aws.scopes, invocation.words.front()));
  }
  CO_TRY(work.sites, sites_of_rollout(command, work.aws));
  CO_TRY(work.staging, chosen_staging(command, work.aws, work.sites));
  for (const auto& [account, site] : work.staging) {
    const bool known = std::any_of(work.sites.begin(), work.sites.end(), [&](const fleet::ScopePtr& one) {
      return one->account == site->account && one->region == site->region;
    });
    if (!known) work.sites.push_back(site);
  }
  co_return Result<void>();
}

recovery::Blocker blocker_of(const recovery::NodeCheck& node) {
  // What cannot be read is for the installer to find out: it fails cleanly and says so.
  const bool blocks = node.verdict != recovery::NodeVerdict::unreadable;
  return recovery::Blocker(std::string(recovery::to_string(node.verdict)), node.reason,
                           "postern dr rollout --prepare, or postern dr prepare, attaches what is missing", blocks);
}

}  // namespace rollout_work

Result<RolloutOrder> rollout_order(const Command& command, const std::optional<fleet::FleetFile>& fleet) {
  const Invocation& invocation = command.invocation();
  RolloutOrder order;
  TRY(order.selector, chosen_dr_selector(command, fleet));
  TRY(order.waves, chosen_waves(invocation));
  TRY(order.concurrency, chosen_concurrency(command));
  order.document = invocation.value("--document").value_or("");
  TRY(order.devices, chosen_devices(invocation));
  for (const std::string& text : invocation.values("--tag")) {
    TRY(const auto pair, parse_pair(text, "--tag", "KEY"));
    if (text.find(' ') != std::string::npos) {
      return fail(ErrorKind::usage, "--tag '" + printable(text, 60) + "': the installer takes no blanks in tags");
    }
    order.tags.push_back(pair.first + "=" + pair.second);
  }
  for (const std::string& text : invocation.values("--waive")) {
    for (const std::string_view code : split(text, ',')) order.waived.emplace_back(trim(code));
  }
  order.probe = !invocation.has("--no-probe");
  order.until_protected = invocation.has("--until");
  if (const auto text = invocation.value("--registration-timeout")) {
    TRY(const std::chrono::seconds time, parse_duration(*text, "--registration-timeout"));
    order.registration = time;
  }
  return order;
}

rt::Task<Result<DrWork>> open_rollout(const Command& command) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  DrWork work;
  CO_TRY(work.aws, open_session(executor, command));
  Result<void> chosen = co_await name_source(command, work.aws);
  if (chosen) chosen = co_await rollout_work::choose_scopes(command, work);
  if (chosen) co_return work;
  co_await work.aws.session->close();
  co_return fail(std::move(chosen).error());
}

Result<std::vector<fleet::Instance>> RolloutWork::looked_at(const std::vector<std::size_t>& members) const {
  const fleet::ScopeRequest request = rollout_work::rollout_request(command_, work_.aws, fleet::Duty::operate);
  TRY(const std::vector<fleet::ScopePtr> lookers, fleet::make_scopes(work_.aws.fleet, request));
  std::vector<fleet::Instance> instances = instances_of(members);
  for (fleet::Instance& instance : instances) {
    const fleet::Scope& own = instance.ref.scope();
    for (const fleet::ScopePtr& looker : lookers) {
      // A profile's account has no id before it is asked; its way in is the same for every duty.
      if (looker->account != own.account || looker->region != own.region) continue;
      instance.ref = fleet::TargetRef(looker, instance.ref.id());
      break;
    }
  }
  return instances;
}

std::size_t RolloutWork::ready() const {
  return static_cast<std::size_t>(std::count_if(targets_.begin(), targets_.end(), [](const auto& target) {
    return target.state == recovery::RolloutState::ready;
  }));
}

rt::Task<Result<void>> RolloutWork::look() {
  adapters::AwsInventory inventory(*work_.aws.session);
  fleet::DiscoverOptions options;
  options.concurrency = order_.concurrency;
  CO_TRY(discovery_, co_await fleet::discover(command_.ctx(), inventory, work_.aws.scopes, order_.selector, options));
  adapters::DrsServers source(*work_.aws.session);
  recovery::SweepOptions sweep;
  sweep.concurrency = order_.concurrency;
  sweep.points = recovery::ReadPoints::nobodys;
  CO_TRY(sweep_, co_await recovery::sweep_sites(command_.ctx(), source, work_.sites, sweep));
  CO_TRY_VOID(co_await read_earlier());
  plan_targets();
  CO_TRY_VOID(co_await check_roles());
  co_return Result<void>();
}

/// DRS's lists lag behind its installers. Where one of a rollout has succeeded a moment ago, by this ledger, DRS is
/// given the time that it is given in any rollout before anybody installs again.
rt::Task<Result<void>> RolloutWork::read_earlier() {
  const rt::CallContext ctx = command_.ctx();
  const std::string world = world_label(command_, work_.aws.session.get());
  Result<OpenLedger> ledger = open_ledger(command_, world, LedgerUse::look);
  // A fleet that was never rolled out to has none.
  if (!ledger && ledger.error().kind() == ErrorKind::not_found) co_return Result<void>();
  if (!ledger) co_return fail(std::move(ledger).error());
  const WallTime since = ctx.clock().wall_now() - order_.registration;
  CO_TRY(earlier_, co_await installed_by_rollouts(ctx, *ledger->store, ledger->world, since));
  std::set<std::string> runs;
  for (const auto& [instance, install] : earlier_) runs.insert(install.run_id);
  for (const std::string& run : runs) {
    const Result<std::string> id = co_await find_rollout(ctx, *ledger->store, run);
    if (!id) continue;
    const Result<RolloutRead> rollout = co_await read_rollout(ctx, *ledger->store, ledger->world, *id);
    if (!rollout || !rollout->closed()) continue;
    // It waited for DRS, and said that it waited in vain.
    for (const Json& target : rollout->targets) {
      if (target["state"].to_string() != to_string(recovery::RolloutState::phantom)) continue;
      earlier_.erase(recovery::instance_key(std::string(target["account_id"].to_string().value_or("")),
                                            std::string(target["instance_id"].to_string().value_or(""))));
    }
  }
  co_return Result<void>();
}

void RolloutWork::take_earlier() {
  for (recovery::RolloutTarget& target : targets_) {
    if (target.state != recovery::RolloutState::ready) continue;
    const auto found = earlier_.find(
        recovery::instance_key(target.instance->ref.scope().account.text(), target.instance->ref.id().text()));
    if (found == earlier_.end()) continue;
    target.state = recovery::RolloutState::installed;
    target.code = "INSTALLED_BEFORE";
    target.run_id = found->second.run_id;
    target.reason = "run " + target.run_id + " installed it a moment ago, and DRS does not list it yet";
    target.fix = "nothing is sent; once DRS has had its time (--registration-timeout), a rollout installs again";
  }
}

void RolloutWork::plan_targets() {
  std::map<std::string, const recovery::NodeCheck*, std::less<>> checks;
  for (const recovery::NodeCheck& node : nodes_.survey.nodes) checks.emplace(node.target.label(), &node);
  recovery::Preflight preflight;
  preflight.waived = order_.waived;
  preflight.staging = work_.staging;
  if (order_.document.empty()) {
    preflight.order = [&](const fleet::Instance& instance) { return own_.obstacle(instance); };
  }
  preflight.rights = [&](const fleet::Instance& instance) -> std::optional<recovery::Blocker> {
    if (auto missing = own_.missing_trust(instance)) return missing;
    const auto found = checks.find(instance.ref.label());
    if (found == checks.end() || found->second->verdict == recovery::NodeVerdict::ok) return std::nullopt;
    if (nodes_.status_of(*found->second) == "attached") return std::nullopt;
    return rollout_work::blocker_of(*found->second);
  };
  targets_ = recovery::plan_rollout(discovery_.instances, work_.sites, sweep_, recovery::HealthPolicy(), preflight);
  take_earlier();
}

/// The documents and roles of those that nothing else stands in the way of.
rt::Task<Result<void>> RolloutWork::check_roles() {
  std::vector<fleet::Instance> asked;
  for (const recovery::RolloutTarget& target : targets_) {
    if (target.state == recovery::RolloutState::ready) asked.push_back(*target.instance);
  }
  CO_TRY_VOID(
      co_await own_.look(command_, *work_.aws.session, asked, work_.staging, order_.devices, order_.concurrency));
  adapters::AwsNodeRoles port(*work_.aws.session);
  CO_TRY(nodes_, co_await look_at_nodes(command_, port, asked, work_.sites, work_.staging, order_.concurrency));
  plan_targets();
  co_return Result<void>();
}

rt::Task<Result<void>> RolloutWork::prepare_roles() {
  if (nodes_.changes.empty()) co_return Result<void>();
  command_.err(describe_node_changes(nodes_));
  CO_TRY_VOID(
      co_await postern::cli::agree(command_, "Attach the policy to " + sum_of_node_changes(nodes_) + "?", "attached"));
  adapters::AwsNodeRoles port(*work_.aws.session);
  CO_TRY_VOID(co_await attach_node_policies(command_, port, nodes_, order_.concurrency));
  plan_targets();
  co_return Result<void>();
}

std::vector<fleet::Instance> RolloutWork::instances_of(const std::vector<std::size_t>& members) const {
  std::vector<fleet::Instance> out;
  out.reserve(members.size());
  for (const std::size_t at : members) out.push_back(*targets_[at].instance);
  return out;
}

std::string RolloutWork::document_of(const InstallGroup& group) const {
  if (!order_.document.empty()) return order_.document;
  const bool own = !group.account.empty() || !order_.devices.empty();
  return std::string(own ? access::kOwnInstallDocument : access::kInstallDocument);
}

std::string RolloutWork::documents() const {
  std::set<std::string> names;
  for (const InstallGroup& group : groups_) names.insert(document_of(group));
  if (names.empty()) names.insert(document_of(InstallGroup()));
  return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

flow::CommandSpec RolloutWork::install_spec(const InstallGroup& group) const {
  flow::CommandSpec spec;
  flow::DocumentSpec document;
  document.name = document_of(group);
  document.parameters["Region"].push_back(group.region);
  if (!group.account.empty()) document.parameters["AccountId"].push_back(group.account);
  if (!order_.tags.empty()) {
    std::string tags;
    for (const std::string& tag : order_.tags) tags += (tags.empty() ? "" : " ") + tag;
    document.parameters["Tags"].push_back(std::move(tags));
  }
  spec.windows_document = document;
  spec.document = std::move(document);
  const InstallDevices& devices = order_.devices;
  if (!devices.linux_disks.empty()) spec.document->parameters["Devices"].push_back(devices.linux_disks);
  if (!devices.windows_disks.empty()) spec.windows_document->parameters["Devices"].push_back(devices.windows_disks);
  return spec;
}

void RolloutWork::form_groups() {
  std::map<std::tuple<std::string, std::string, std::string>, InstallGroup> by_kind;
  std::set<std::pair<std::string, std::string>> kinds;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const recovery::RolloutTarget& target = targets_[i];
    if (target.state != recovery::RolloutState::ready) continue;
    const std::string& region = target.site->region.text();
    const bool elsewhere = target.site->account != target.instance->ref.scope().account;
    const std::string account = elsewhere ? target.site->account.text() : std::string();
    kinds.emplace(region, account);
    InstallGroup& group = by_kind[std::tuple(target.family, region, account)];
    group.label = target.family;
    group.region = region;
    group.account = account;
    group.members.push_back(i);
  }
  groups_.clear();
  for (auto& [kind, group] : by_kind) {
    if (kinds.size() > 1) group.label += " to " + (group.account.empty() ? "" : group.account + " ") + group.region;
    groups_.push_back(std::move(group));
  }
}

/// All that would be sent to, as one plan for the rails.
rt::Task<Result<std::string>> RolloutWork::agree() {
  form_groups();
  std::vector<std::size_t> all;
  for (const InstallGroup& group : groups_) all.insert(all.end(), group.members.begin(), group.members.end());
  const std::vector<fleet::Instance> instances = instances_of(all);
  const flow::Plan plan = flow::plan_waves(instances, order_.waves);
  const TargetNames names(instances);
  const flow::CommandSpec spec = install_spec(groups_.empty() ? InstallGroup() : groups_.front());
  CO_TRY(RailView view, rail_view(command_, work_.aws, plan, instances, names));
  view.spec = &spec;
  CO_TRY(glass_, pass_rails(command_, view));
  windows_ = windows_of(view);
  const std::string digest = ledger::to_hex(plan.digest(flow::spec_text(spec)));
  const Production production = production_of(plan, plan_name(digest), view.fleet);
  CO_TRY(confirmed_, co_await confirm_plan(command_, plan, production));
  CO_TRY_VOID(co_await check_worlds(command_, work_.aws, plan));
  co_return confirmed_;
}

rt::Task<Result<void>> RolloutWork::ask_drs(bool too_late) {
  std::vector<fleet::ScopePtr> sites;
  for (const recovery::RolloutTarget& target : targets_) {
    const bool asks = recovery::awaits_server(target) || target.state == recovery::RolloutState::failed ||
                      target.state == recovery::RolloutState::unknown;
    const bool known = std::find(sites.begin(), sites.end(), target.site) != sites.end();
    if (asks && !known) sites.push_back(target.site);
  }
  if (sites.empty()) co_return Result<void>();
  adapters::DrsServers source(*work_.aws.session);
  recovery::SweepOptions options;
  options.concurrency = order_.concurrency;
  options.points = recovery::ReadPoints::nobodys;
  CO_TRY(const recovery::Sweep now, co_await recovery::sweep_sites(command_.ctx(), source, std::move(sites), options));
  // A site that does not answer knows nothing of its servers: that is no proof that they are not there.
  recovery::take_servers(targets_, now, recovery::HealthPolicy(), too_late && now.problems.empty());
  co_return Result<void>();
}

rt::Task<Result<void>> RolloutWork::confirm() {
  const MonoTime begin = command_.ctx().now();
  const MonoTime late = begin + order_.registration;
  Duration pause = rollout_work::kFirstPause;
  std::string said;
  for (;;) {
    const bool too_late = command_.ctx().now() >= late;
    CO_TRY_VOID(co_await ask_drs(too_late));
    std::size_t unseen = 0;
    std::size_t syncing = 0;
    for (const recovery::RolloutTarget& target : targets_) {
      if (target.state == recovery::RolloutState::installed) ++unseen;
      if (target.state == recovery::RolloutState::registered) ++syncing;
    }
    if (unseen == 0 && (syncing == 0 || !order_.until_protected)) co_return Result<void>();
    std::string line = std::to_string(unseen) + " not yet known to DRS, " + std::to_string(syncing) + " synchronising";
    if (line != said) command_.err("waiting: " + line + "\n");
    said = std::move(line);
    const MonoTime next = command_.ctx().now() + pause;
    if (!command_.ctx().deadline().is_never() && next >= command_.ctx().deadline().at()) co_return Result<void>();
    const MonoTime wake = unseen > 0 && late > command_.ctx().now() ? std::min(next, late) : next;
    const Result<void> slept = co_await rt::sleep_until(command_.ctx().clock(), wake);
    if (!slept) {
      interrupted_ = true;
      co_return Result<void>();
    }
    pause = std::min(rollout_work::kLongestPause, pause * 3 / 2);
  }
}

}  // namespace postern::cli
