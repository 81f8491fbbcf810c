#include "stacks/stack_set.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rt/clock.hpp"

namespace postern::stacks {
namespace stack_set_details {

constexpr std::size_t kReasonMax = 500;

bool is_under_way(const std::string& status) {
  return status == "RUNNING" || status == "QUEUED" || status == "STOPPING";
}

/// What of the set is not as asked. Parameters that are not asked for keep what they have.
std::vector<std::string> changes_of(const StackSet& set, const StackSetOrder& order) {
  std::vector<std::string> changes;
  if (set.body != order.body) changes.emplace_back("the template");
  for (const auto& [name, value] : order.parameters) {
    const auto has = set.parameters.find(name);
    if (has == set.parameters.end() || has->second != value) changes.push_back("the parameter " + name);
  }
  if (!set.auto_deployment) changes.emplace_back("deployment to accounts that come later");
  return changes;
}

/// Where stacks are to be made: units that the set does not know, and all of them when an account that was named has
/// none.
std::vector<std::string> missing_units(const std::vector<StackInstance>& instances, const StackSet& set,
                                       const StackSetOrder& order) {
  const bool all_there = std::ranges::all_of(order.accounts, [&](const std::string& account) {
    return std::ranges::find(instances, account, &StackInstance::account) != instances.end();
  });
  if (!all_there) return order.units;
  std::vector<std::string> missing;
  for (const std::string& unit : order.units) {
    const bool targeted = std::ranges::find(set.units, unit) != set.units.end();
    const bool there = std::ranges::any_of(instances, [&](const StackInstance& one) { return one.unit == unit; });
    if (!targeted && !there) missing.push_back(unit);
  }
  return missing;
}

/// Units of the accounts: a set is deleted where it is, not where it was asked for.
std::vector<std::string> units_of(const std::vector<StackInstance>& instances, const StackSet& set) {
  std::vector<std::string> units = set.units;
  for (const StackInstance& one : instances) {
    if (!one.unit.empty() && std::ranges::find(units, one.unit) == units.end()) units.push_back(one.unit);
  }
  return units;
}

Outcome outcome_of(const std::string& status) {
  if (status == "SUCCEEDED") return Outcome::done;
  return is_under_way(status) ? Outcome::unknown : Outcome::failed;
}

}  // namespace stack_set_details

rt::Task<Result<SetPlan>> StackSetDeployer::prepare(rt::CallContext ctx, StackSetOrder order) {
  using namespace stack_set_details;
  SetPlan plan;
  CO_TRY(const std::optional<StackSet> set, co_await port_.describe(ctx, order.name));
  if (!set || set->status == "DELETED") {
    plan.outlook = Outlook::changes;
    plan.creates = true;
    plan.new_units = order.units;
    co_return plan;
  }
  if (!set->service_managed) {
    plan.why = "the stack set " + order.name +
               " is there with roles of its own (SELF_MANAGED): choose another name by "
               "--stack-name";
    co_return plan;
  }
  CO_TRY(plan.instances, co_await port_.instances(ctx, order.name));
  plan.changes = changes_of(*set, order);
  plan.new_units = missing_units(plan.instances, *set, order);
  const bool any = !plan.changes.empty() || !plan.new_units.empty();
  plan.outlook = any ? Outlook::changes : Outlook::unchanged;
  co_return plan;
}

rt::Task<Result<SetDone>> StackSetDeployer::follow(rt::CallContext ctx, std::string name, std::string operation,
                                                   SetProgress progress) {
  using namespace stack_set_details;
  SetDone done;
  Duration pause = pauses_.first;
  for (;;) {
    CO_TRY(const SetOperation seen, co_await port_.operation(ctx, name, operation));
    CO_TRY(done.instances, co_await port_.instances(ctx, name));
    done.outcome = outcome_of(seen.status);
    done.reason = printable(seen.reason, kReasonMax);
    if (progress) progress(done.instances);
    if (!is_under_way(seen.status)) co_return done;
    if (ctx.clock().now() + pause >= ctx.deadline().at()) co_return done;
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + pause));
    pause = std::min<Duration>(pause + pause / 2, pauses_.longest);
  }
}

rt::Task<Result<SetDone>> StackSetDeployer::apply(rt::CallContext ctx, StackSetOrder order, SetPlan plan,
                                                  SetProgress progress) {
  SetDone done;
  done.outcome = Outcome::done;
  done.instances = plan.instances;
  if (plan.creates) CO_TRY_VOID(co_await port_.create(ctx, order));
  if (!plan.changes.empty()) {
    CO_TRY(std::string operation, co_await port_.update(ctx, order));
    CO_TRY(done, co_await follow(ctx, order.name, std::move(operation), progress));
    if (done.outcome != Outcome::done) co_return done;
  }
  if (!plan.new_units.empty()) {
    order.units = plan.new_units;
    const std::string name = order.name;
    CO_TRY(std::string operation, co_await port_.create_instances(ctx, std::move(order)));
    CO_TRY(done, co_await follow(ctx, name, std::move(operation), progress));
  }
  co_return done;
}

rt::Task<Result<SetDone>> StackSetDeployer::remove(rt::CallContext ctx, StackSetOrder order, SetProgress progress) {
  using namespace stack_set_details;
  SetDone done;
  CO_TRY(const std::optional<StackSet> set, co_await port_.describe(ctx, order.name));
  CO_TRY(done.instances, co_await port_.instances(ctx, order.name));
  const std::string name = order.name;
  if (set && !done.instances.empty()) {
    order.units = units_of(done.instances, *set);
    order.accounts.clear();
    CO_TRY(std::string operation, co_await port_.delete_instances(ctx, std::move(order)));
    CO_TRY(done, co_await follow(ctx, name, std::move(operation), progress));
    if (done.outcome != Outcome::done) co_return done;
  }
  CO_TRY_VOID(co_await port_.remove(ctx, name));
  done.outcome = Outcome::done;
  co_return done;
}

}  // namespace postern::stacks
