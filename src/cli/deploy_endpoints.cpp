#include "cli/deploy_endpoints.hpp"

#include <algorithm>

#include "access/endpoint_cost.hpp"
#include "access/endpoint_plan.hpp"
#include "adapters/stack_source.hpp"
#include "cli/endpoint_work.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace deploy_endpoints {

bool removes(const Command& command) {
  return command.invocation().command->verb == Verb::deploy_delete;
}

std::string stack_of_vpc(const Command& command, const DeployOrder& order, const std::string& vpc) {
  return command.invocation().has("--stack-name") ? order.stack : order.stack + "-" + vpc;
}

class Spread {
 public:
  Spread(const Command& command, DeployOrder& order, access::EndpointOrder wanted)
      : command_(command), order_(order), wanted_(std::move(wanted)) {}

  Result<void> take(const NetworkPlace& place) {
    for (const access::VpcFacts& vpc : place.facts.vpcs) TRY_VOID(take(place, vpc));
    return {};
  }

  void take(const fleet::ScopeProblem& problem) {
    DeployPlace one;
    one.scope = problem.scope;
    one.problem = problem.error;
    places_.push_back(std::move(one));
  }

  Result<void> finish() {
    if (places_.empty() && !told_) {
      return fail(ErrorKind::usage,
                  "no VPC with instances in the accounts and Regions that were asked; --vpc names one without");
    }
    if (has_cost_) order_.notes.push_back(access::price_note());
    order_.places = std::move(places_);
    const bool by_name = command_.invocation().has("--stack-name");
    for (std::size_t i = 0; by_name && i < order_.places.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (*order_.places[i].scope == *order_.places[j].scope) {
          return fail(ErrorKind::usage, "--stack-name: " + order_.places[i].scope->label() +
                                            " has several VPCs with instances; choose one with --vpc");
        }
      }
    }
    return {};
  }

 private:
  Result<void> take(const NetworkPlace& place, const access::VpcFacts& vpc) {
    DeployPlace one;
    one.scope = place.scope;
    one.vpc = vpc.id;
    one.stack = stack_of_vpc(command_, order_, vpc.id);
    const access::EndpointPlan plan = access::plan_endpoints(place.facts, vpc, wanted_, one.stack);
    const std::string where = order_.name_of(one) + ": ";
    if (!removes(command_)) {
      for (const std::string& note : plan.notes) order_.notes.push_back(where + note);
    }
    if (plan.empty() && !removes(command_)) {
      order_.notes.push_back(where + "every endpoint is there already, made by somebody else");
      told_ = true;
      return {};
    }
    if (!plan.empty()) {
      TRY(one.rendered, render_endpoints(command_.invocation(), plan.order));
      for (const auto& [name, value] : plan.parameters) {
        const bool declared = std::ranges::any_of(one.rendered->parameters,
                                                  [&](const RenderedParameter& each) { return each.name == name; });
        if (declared) one.parameters[name] = value;
      }
      tell_cost(where, plan);
    }
    if (!plan.in_the_way.empty() && !removes(command_)) {
      one.problem = Error(ErrorKind::refused, plan.in_the_way + "; first: " + plan.mend);
    }
    places_.push_back(std::move(one));
    return {};
  }

  void tell_cost(const std::string& where, const access::EndpointPlan& plan) {
    const std::size_t interfaces = access::interface_services(plan.order).size();
    if (removes(command_) || interfaces == 0) return;
    order_.notes.push_back(where + access::cost_text(access::endpoint_cost(interfaces, plan.zones)));
    has_cost_ = true;
  }

  const Command& command_;
  DeployOrder& order_;
  access::EndpointOrder wanted_;
  std::vector<DeployPlace> places_;
  bool told_ = false;
  bool has_cost_ = false;
};

/// Asks CloudFormation which endpoints of a VPC are the stack's own: those of its group, and its gateway.
struct OwnAsker {
  struct One {
    One(fleet::ScopePtr s, access::VpcFacts* v, std::string n) : scope(std::move(s)), vpc(v), stack(std::move(n)) {}
    fleet::ScopePtr scope;
    access::VpcFacts* vpc;
    std::string stack;
  };
  OwnAsker(rt::CallContext c, adapters::AwsStacks& p, std::vector<One>& a) : ctx(c), port(&p), all(&a) {}
  rt::Task<void> operator()(std::size_t index) const {
    One& one = (*all)[index];
    Result<std::optional<stacks::Stack>> stack = co_await port->describe(ctx, one.scope, one.stack);
    // What cannot be asked fails again where the stack is prepared, and is told there.
    if (stack && *stack) take((*stack)->outputs, one);
  }
  static void take(const std::map<std::string, std::string>& outputs, One& one) {
    const auto group = outputs.find("EndpointGroupId");
    const auto gateway = outputs.find("S3EndpointId");
    for (access::EndpointFacts& each : one.vpc->endpoints) {
      const bool in_group =
          group != outputs.end() && std::ranges::find(each.groups, group->second) != each.groups.end();
      if (in_group || (gateway != outputs.end() && each.id == gateway->second)) each.stack = one.stack;
    }
  }
  rt::CallContext ctx;
  adapters::AwsStacks* port;
  std::vector<One>* all;
};

rt::Task<Result<void>> find_own(const Command& command, AwsWork& work, const DeployOrder& order, NetworksSeen& seen) {
  std::vector<OwnAsker::One> all;
  for (NetworkPlace& place : seen.places) {
    for (access::VpcFacts& vpc : place.facts.vpcs) {
      all.emplace_back(place.scope, &vpc, stack_of_vpc(command, order, vpc.id));
    }
  }
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  adapters::AwsStacks port(*work.session);
  const OwnAsker ask(command.ctx(), port, all);
  co_await rt::for_each_bounded(all.size(), concurrency, ask);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return Result<void>();
}

}  // namespace deploy_endpoints

rt::Task<Result<void>> spread_over_vpcs(const Command& command, AwsWork& work, DeployOrder& order) {
  CO_TRY(access::EndpointOrder wanted, endpoint_order(command.invocation()));
  wanted.copies = signed_copies(work.fleet);
  const std::string note = unsigned_note(work.fleet);
  if (!note.empty() && !deploy_endpoints::removes(command)) order.notes.push_back(note);
  adapters::NetworkQuestion question;
  question.vpc = wanted.vpc;
  question.agents = false;
  std::vector<fleet::ScopePtr> scopes;
  for (const DeployPlace& place : order.places) scopes.push_back(place.scope);
  CO_TRY(NetworksSeen seen, co_await read_networks(command, work, std::move(scopes), question));
  CO_TRY_VOID(co_await deploy_endpoints::find_own(command, work, order, seen));
  deploy_endpoints::Spread spread(command, order, std::move(wanted));
  for (const fleet::ScopeProblem& problem : seen.asked.problems) spread.take(problem);
  for (const NetworkPlace& place : seen.places) CO_TRY_VOID(spread.take(place));
  CO_TRY_VOID(spread.finish());
  co_return Result<void>();
}

}  // namespace postern::cli
