#include "cli/deploy_stack_set.hpp"

#include <algorithm>

#include "adapters/stack_set_source.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "rt/random_hex.hpp"

namespace postern::cli {
namespace stack_set_command {

using stacks::Outcome;
using stacks::Outlook;
using stacks::StackInstance;

constexpr std::string_view kPrefix = "ExternalIdPrefix";
constexpr std::size_t kPrefixBytes = 16;
constexpr std::size_t kReasonMax = 400;

struct Work {
  Work() = default;
  DeployOrder order;
  stacks::StackSetOrder set;
  stacks::SetPlan plan;
  adapters::OrganizationSeat seat;
  std::optional<stacks::SetDone> done;
  std::string prefix;
  bool new_prefix = false;
};

Result<void> check_options(const Invocation& invocation, bool removal) {
  const std::string part = invocation.value("--for").value_or("target");
  if (part != "target") {
    return fail(ErrorKind::usage, "--via stackset deploys the roles of target accounts: leave --for out");
  }
  if (invocation.has("--compat")) {
    return fail(ErrorKind::usage,
                "--compat has one ExternalId as its parameter; a stack set gives every account the "
                "same parameters: leave one of the two out");
  }
  if (invocation.has("--role-arn")) {
    return fail(ErrorKind::usage, "--via stackset works in the organisation, not by roles of --role-arn");
  }
  if (removal || invocation.has("--ou")) return {};
  return fail(ErrorKind::usage,
              "--via stackset needs the organisational units: --ou ou-... (the root's id, r-..., means every account)");
}

Result<std::vector<std::string>> units_of(const Invocation& invocation) {
  std::vector<std::string> units;
  for (const std::string& words : invocation.values("--ou")) {
    for (const std::string_view word : split(words, ',')) {
      const std::string unit(trim(word));
      if (!unit.starts_with("ou-") && !unit.starts_with("r-")) {
        return fail(ErrorKind::usage, "--ou '" + printable(unit, 60) + "' is not ou-... or r-...");
      }
      if (std::ranges::find(units, unit) == units.end()) units.push_back(unit);
    }
  }
  return units;
}

/// The order of one account's stack, as of a deployment without a stack set; it has no places yet.
Result<DeployOrder> template_order(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet) {
  DeployOrder order;
  order.part = "target";
  TRY(order.stack, deploy_stack_name(invocation, order.part));
  TRY(RenderedRoles rendered, render_roles(invocation, fleet));
  order.notes = std::move(rendered.notes);
  order.rendered = std::move(rendered.files.front());
  TRY_VOID(take_parameters(invocation, order));
  return order;
}

/// Of --parameter, else what the set has, else a new one at random.
rt::Task<Result<void>> choose_prefix(const Command& command, stacks::StackSetPort& port, Work& work) {
  const std::string key(kPrefix);
  if (const auto given = work.order.parameters.find(key); given != work.order.parameters.end()) {
    work.prefix = given->second;
    co_return Result<void>();
  }
  CO_TRY(const std::optional<stacks::StackSet> set, co_await port.describe(command.ctx(), work.set.name));
  if (set) {
    if (const auto has = set->parameters.find(key); has != set->parameters.end()) work.prefix = has->second;
  }
  if (work.prefix.empty()) {
    work.prefix = rt::random_hex(*command.host().random, kPrefixBytes);
    work.new_prefix = true;
  }
  work.order.parameters[key] = work.prefix;
  // What a set has and nobody asks about stays: an update would take a default instead.
  for (const RenderedParameter& each : work.order.rendered.parameters) {
    if (!set || work.order.parameters.contains(each.name)) continue;
    if (const auto has = set->parameters.find(each.name); has != set->parameters.end()) {
      work.order.parameters[each.name] = has->second;
    }
  }
  co_return Result<void>();
}

Result<void> expect_parameters(const Work& work) {
  std::string missing;
  for (const RenderedParameter& each : work.order.rendered.parameters) {
    if (each.has_default || work.order.parameters.contains(each.name)) continue;
    missing += (missing.empty() ? "" : ", ") + each.name;
  }
  if (missing.empty()) return {};
  return fail(ErrorKind::usage, "the stack set " + work.set.name + " needs values of " + missing +
                                    ": --parameter NAME=VALUE, or the fleet file's hub");
}

std::string name_of(const AwsWork& aws, const std::string& account) {
  const fleet::Account* known = aws.fleet ? aws.fleet->find_account(account) : nullptr;
  return known == nullptr ? account : known->name + " (" + account + ")";
}

/// Whether the fleet file has the management account among the chosen ones: it gets a stack of its own then.
bool wants_management(const Invocation& invocation, const AwsWork& aws, const Work& work) {
  if (!aws.fleet) return false;
  const auto chosen = chosen_accounts(invocation, *aws.fleet);
  return chosen && std::ranges::any_of(*chosen, [&](const fleet::Account* account) {
           return account->id.text() == work.seat.management;
         });
}

std::string told_management(const Invocation& invocation, const AwsWork& aws, const Work& work) {
  std::string out = "note: the management account " + work.seat.management +
                    " gets nothing from this: stack sets with AWS's own permissions never reach it; ";
  if (!wants_management(invocation, aws, work)) {
    return out + "postern deploy roles --account " + work.seat.management + " gives it a stack of its own\n";
  }
  if (work.seat.is_management()) return out + "it is among the accounts and gets a stack of its own\n";
  return out + "deploy its own stack from there: postern deploy roles --account " + work.seat.management + "\n";
}

std::string describe(const Work& work) {
  std::string out = "stack set " + work.set.name + " in " + work.set.region + ", as " +
                    (work.seat.is_management() ? "the management account" : "delegated administrator") + "\n";
  const stacks::SetPlan& plan = work.plan;
  if (plan.outlook == Outlook::blocked) return out + "cannot be changed now: " + plan.why + "\n";
  if (plan.outlook == Outlook::unchanged) return out + "no changes\n";
  if (plan.creates) out += "create: the set, which also deploys to accounts that come later\n";
  for (const std::string& change : plan.changes) {
    out += "  ~ " + printable(change, 200) + " (" + plural(plan.instances.size(), "account") + ")\n";
  }
  for (const std::string& unit : plan.new_units) out += "  + every account of " + unit + "\n";
  return out;
}

bool is_through(const StackInstance& one) {
  return one.detailed == "SUCCEEDED" || one.detailed == "FAILED" || one.detailed == "CANCELLED" ||
         one.detailed == "INOPERABLE" || (one.detailed.empty() && one.status == "CURRENT");
}

std::string status_word(const Work& work, const StackInstance& one) {
  if (one.detailed == "FAILED" || one.detailed == "CANCELLED" || one.detailed == "INOPERABLE" ||
      one.status == "INOPERABLE") {
    return "failed";
  }
  if (!is_through(one)) return "unknown";
  if (!work.done) return work.plan.changes.empty() ? "unchanged" : "would_change";
  const bool before =
      std::ranges::any_of(work.plan.instances, [&](const StackInstance& old) { return old.account == one.account; });
  return !before ? "created" : work.plan.changes.empty() ? "unchanged" : "changed";
}

Json row_json(const AwsWork& aws, const Work& work, const StackInstance& one) {
  const fleet::Account* known = aws.fleet ? aws.fleet->find_account(one.account) : nullptr;
  Json json = Json::object().set("account_id", one.account).set("name", known == nullptr ? "" : known->name);
  json.set("region", one.region).set("unit", one.unit).set("stack", one.stack_id);
  json.set("status", status_word(work, one)).set("reason", printable(one.reason, kReasonMax));
  if (!work.prefix.empty()) {
    json.set("external_id", work.prefix + "-" + one.account).set("external_id_is_new", work.new_prefix);
  }
  return json;
}

Json texts(const std::vector<std::string>& all) {
  Json json = Json::array();
  for (const std::string& each : all) json.push_back(each);
  return json;
}

std::string set_status(const Work& work, DeployDeed deed) {
  if (work.done) {
    if (work.done->outcome == Outcome::unknown) return "unknown";
    if (work.done->outcome != Outcome::done) return "failed";
    if (deed == DeployDeed::remove) return "deleted";
    return work.plan.creates ? "created" : "changed";
  }
  if (deed == DeployDeed::remove || deed == DeployDeed::look_at_removal) {
    return work.plan.creates ? "absent" : "would_delete";
  }
  if (work.plan.outlook == Outlook::blocked) return "blocked";
  if (work.plan.outlook == Outlook::unchanged) return "unchanged";
  return work.plan.creates ? "would_create" : "would_change";
}

Answer answer_of(const Command& command, const AwsWork& aws, const Work& work, DeployDeed deed) {
  Answer answer;
  answer.world = command.host().world;
  Json rows = Json::array();
  for (const StackInstance& one : work.done ? work.done->instances : work.plan.instances) {
    rows.push_back(row_json(aws, work, one));
  }
  answer.document = Json::object()
                        .set("schema", "postern.deploy/1")
                        .set("part", work.order.part)
                        .set("stack_set", work.set.name)
                        .set("status", set_status(work, deed))
                        .set("changes", texts(work.plan.changes))
                        .set("new_units", texts(work.plan.new_units))
                        .set("management_account_id", work.seat.management)
                        .set("accounts", std::move(rows));
  if (work.done && !work.done->reason.empty()) answer.document.set("reason", work.done->reason);
  answer.rows_key = "accounts";
  answer.markdown_title = "Deployment of " + work.set.name;
  answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(member_column("UNIT", 2, "unit"));
  answer.columns.push_back(member_column("STATUS", 0, "status"));
  answer.columns.push_back(member_column("REASON", 1, "reason"));
  return answer;
}

/// Says how far it is whenever that has changed.
class Progress {
 public:
  explicit Progress(const Command& command) : command_(&command) {}
  void operator()(const std::vector<StackInstance>& instances) {
    const auto through = static_cast<std::size_t>(std::ranges::count_if(instances, is_through));
    const auto failed = static_cast<std::size_t>(
        std::ranges::count_if(instances, [](const StackInstance& one) { return one.detailed == "FAILED"; }));
    if (through == last_ && instances.size() == size_) return;
    last_ = through;
    size_ = instances.size();
    command_->err(std::to_string(through) + " of " + plural(instances.size(), "account") + " through" +
                  (failed == 0 ? std::string() : ", " + std::to_string(failed) + " failed") + "\n");
  }

 private:
  const Command* command_;
  std::size_t last_ = static_cast<std::size_t>(-1);
  std::size_t size_ = 0;
};

void tell_external_ids(const Command& command, const AwsWork& aws, const Work& work) {
  if (!work.new_prefix || !work.done) return;
  std::string lines;
  for (const StackInstance& one : work.done->instances) {
    lines += "  " + name_of(aws, one.account) + ": external_id: \"" + work.prefix + "-" + one.account + "\"\n";
  }
  if (!lines.empty()) {
    command.err("\nThe ExternalId of every account is a prefix and its id; write it into the fleet file:\n" + lines);
  }
}

int code_of(const Work& work) {
  if (work.plan.outlook == Outlook::blocked && !work.done) return kExitGate;
  if (!work.done) return kExitOk;
  if (work.done->outcome == Outcome::unknown) return kExitUnknown;
  const bool failed = work.done->outcome != Outcome::done ||
                      std::ranges::any_of(work.done->instances,
                                          [&](const StackInstance& one) { return status_word(work, one) == "failed"; });
  return failed ? kExitTargetFailed : kExitOk;
}

/// The management account's own stack, with the same template and parameters.
DeployOrder management_order(const AwsWork& aws, const Work& work, const fleet::Region& region) {
  DeployOrder order = work.order;
  fleet::Scope scope;
  scope.account = aws.fleet->find_account(work.seat.management)->id;
  scope.account_name = aws.fleet->find_account(work.seat.management)->name;
  scope.region = region;
  scope.partition = fleet::partition_of(region);
  order.places.emplace_back();
  order.places.back().scope = std::make_shared<const fleet::Scope>(std::move(scope));
  return order;
}

rt::Task<Result<int>> change(const Command& command, AwsWork& aws, stacks::StackSetPort& port, Work& work,
                             DeployDeed deed, fleet::Region region) {
  stacks::StackSetDeployer deployer(port);
  CO_TRY(work.plan, co_await deployer.prepare(command.ctx(), work.set));
  command.err(describe(work) + told_management(command.invocation(), aws, work));
  std::optional<DeployWork> own;
  if (work.seat.is_management() && wants_management(command.invocation(), aws, work)) {
    own.emplace(command, aws, management_order(aws, work, region));
    CO_TRY_VOID(co_await own->prepare());
    command.err(describe_deployment(*own, deed));
  }
  const bool set_changes = work.plan.outlook == Outlook::changes;
  const bool own_changes = own && own->rows().front().waits();
  Result<void> agreed;
  if (deed == DeployDeed::change && (set_changes || own_changes)) {
    agreed = co_await agree(command, "Deploy the stack set " + work.set.name + "?", "changed");
  }
  if (own && (!agreed || deed == DeployDeed::look)) CO_TRY_VOID(co_await own->discard());
  if (!agreed) co_return fail(std::move(agreed).error());
  int own_code = own ? deploy_exit_code(*own) : kExitOk;
  if (deed == DeployDeed::change) {
    if (set_changes) {
      const stacks::SetProgress progress = Progress(command);
      CO_TRY(work.done, co_await deployer.apply(command.ctx(), work.set, work.plan, progress));
    }
    if (own) {
      CO_TRY_VOID(co_await own->apply());
      own_code = deploy_exit_code(*own);
    }
  }
  CO_TRY_VOID(command.answer(answer_of(command, aws, work, deed)));
  tell_external_ids(command, aws, work);
  const int code = code_of(work) == kExitOk ? own_code : code_of(work);
  const bool differs = command.invocation().command->verb == Verb::deploy_diff && (set_changes || own_changes);
  co_return code == kExitOk&& differs ? kExitGate : code;
}

rt::Task<Result<int>> remove(const Command& command, AwsWork& aws, stacks::StackSetPort& port, Work& work,
                             DeployDeed deed) {
  CO_TRY(const std::optional<stacks::StackSet> set, co_await port.describe(command.ctx(), work.set.name));
  work.plan.creates = !set || set->status == "DELETED";
  work.plan.outlook = Outlook::unchanged;
  if (!work.plan.creates) {
    CO_TRY(work.plan.instances, co_await port.instances(command.ctx(), work.set.name));
    command.err("delete: stack set " + work.set.name + " with the stacks of " +
                plural(work.plan.instances.size(), "account") + "\n");
    command.err("note: a stack of the management account's own is not part of it: postern deploy delete --account " +
                work.seat.management + "\n");
  } else {
    command.err("not there: stack set " + work.set.name + "\n");
  }
  if (deed == DeployDeed::remove && !work.plan.creates) {
    CO_TRY_VOID(co_await agree(command,
                                             "Delete the stack set " + work.set.name + " with the roles of " +
                                                 plural(work.plan.instances.size(), "account") + "?",
                                             "deleted"));
    stacks::StackSetDeployer deployer(port);
    const stacks::SetProgress progress = Progress(command);
    CO_TRY(work.done, co_await deployer.remove(command.ctx(), work.set, progress));
  }
  CO_TRY_VOID(command.answer(answer_of(command, aws, work, deed)));
  co_return code_of(work);
}

}  // namespace stack_set_command

rt::Task<Result<int>> deploy_by_stack_set(const Command& command, AwsWork& work, DeployDeed deed) {
  using namespace stack_set_command;
  const Invocation& invocation = command.invocation();
  const bool removal = deed == DeployDeed::remove || deed == DeployDeed::look_at_removal;
  CO_TRY_VOID(check_options(invocation, removal));
  CO_TRY(const fleet::Region region, home_region(invocation, work.fleet, work.session->settings().region));
  Work set;
  CO_TRY(set.set.units, units_of(invocation));
  if (removal) {
    set.order.part = "target";
    CO_TRY(set.order.stack, deploy_stack_name(invocation, set.order.part));
  } else {
    CO_TRY(set.order, template_order(invocation, work.fleet));
  }
  for (const std::string& note : set.order.notes) command.err("note: " + note + "\n");
  CO_TRY(set.seat, co_await adapters::organization_seat(command.ctx(), *work.session, region.text()));
  const stacks::CallAs call_as = set.seat.is_management() ? stacks::CallAs::self : stacks::CallAs::delegated_admin;
  adapters::AwsStackSets port(*work.session, region.text(), call_as);
  set.set.name = set.order.stack;
  set.set.body = set.order.rendered.text;
  set.set.region = region.text();
  set.set.tags["postern:part"] = set.order.part;
  set.set.token = rt::random_hex(*command.host().random, 8);
  if (removal) co_return co_await remove(command, work, port, set, deed);
  CO_TRY_VOID(co_await choose_prefix(command, port, set));
  CO_TRY_VOID(expect_parameters(set));
  set.set.parameters = set.order.parameters;
  if (invocation.has("--account") && work.fleet) {
    CO_TRY(const std::vector<const fleet::Account*> chosen, chosen_accounts(invocation, *work.fleet));
    for (const fleet::Account* account : chosen) set.set.accounts.push_back(account->id.text());
  }
  co_return co_await change(command, work, port, set, deed, region);
}

}  // namespace postern::cli
