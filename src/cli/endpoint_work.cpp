#include "cli/endpoint_work.hpp"

#include "base/text.hpp"
#include "cli/render_endpoints.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace endpoint_work {

/// One place's slot of the answer.
struct Slot {
  Slot() = default;
  std::optional<Result<access::NetworkFacts>> facts;
};

struct Reader {
  Reader(rt::CallContext c, adapters::AwsSession& s, const std::vector<fleet::ScopePtr>& w,
         const adapters::NetworkQuestion& q, std::vector<Slot>& o)
      : ctx(c), session(&s), scopes(&w), question(&q), out(&o) {}
  rt::Task<void> operator()(std::size_t index) const {
    adapters::AwsNetworks networks(*session);
    (*out)[index].facts.emplace(co_await networks.read(ctx, (*scopes)[index], *question));
  }
  rt::CallContext ctx;
  adapters::AwsSession* session;
  const std::vector<fleet::ScopePtr>* scopes;
  const adapters::NetworkQuestion* question;
  std::vector<Slot>* out;
};

}  // namespace endpoint_work

rt::Task<Result<NetworksSeen>> read_networks(const Command& command, AwsWork& work, std::vector<fleet::ScopePtr> scopes,
                                             adapters::NetworkQuestion question) {
  using namespace endpoint_work;
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  std::vector<Slot> slots(scopes.size());
  const Reader reader(command.ctx(), *work.session, scopes, question, slots);
  co_await rt::for_each_bounded(scopes.size(), concurrency, reader);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  NetworksSeen seen;
  seen.asked.scopes_asked = scopes.size();
  std::optional<Error> absent;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (!slots[i].facts) continue;
    Result<access::NetworkFacts>& facts = *slots[i].facts;
    // An account without the VPC is no problem when another has it.
    const bool elsewhere = !facts && facts.error().kind() == ErrorKind::not_found && !question.vpc.empty();
    if (elsewhere) {
      absent = facts.error();
    } else if (!facts) {
      seen.asked.problems.emplace_back(scopes[i], std::move(facts).error());
    } else {
      seen.places.emplace_back();
      seen.places.back().scope = scopes[i];
      seen.places.back().facts = std::move(*facts);
    }
  }
  if (seen.places.empty() && seen.asked.problems.empty() && absent) {
    co_return fail(ErrorKind::not_found, "there is no VPC " + printable(question.vpc, 60) +
                                             " in the accounts and Regions that were asked: --account, --region");
  }
  co_return seen;
}

Result<std::vector<access::EndpointUse>> chosen_uses(const Invocation& invocation) {
  TRY(const access::EndpointOrder order, endpoint_order(invocation));
  return order.uses;
}

std::string way_in(const fleet::Scope& scope, const std::optional<fleet::FleetFile>& fleet) {
  if (fleet && fleet->find_account(scope.account.text()) != nullptr) return " --account " + scope.account_name;
  if (scope.access.kind == fleet::Access::Kind::role) return " --role-arn " + scope.access.role.text();
  if (scope.access.kind == fleet::Access::Kind::profile) return " --profile " + scope.access.profile;
  return {};
}

}  // namespace postern::cli
