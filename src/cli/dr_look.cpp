#include "cli/dr_look.hpp"

#include "adapters/drs_servers.hpp"
#include "adapters/inventory_source.hpp"
#include "cli/failure.hpp"
#include "cli/rollout_ledger.hpp"

namespace postern::cli {
namespace dr_look {

/// A fleet that was never rolled out to has no ledger, and nothing is lost by that.
rt::Task<void> read_installed(const Command& command, const DrWork& work, DrLook* look) {
  const std::string world = world_label(command, work.aws.session.get());
  Result<OpenLedger> ledger = open_ledger(command, world, LedgerUse::look);
  if (!ledger) {
    if (ledger.error().kind() != ErrorKind::not_found) look->ledger_trouble = described_message(ledger.error(), 300);
    co_return;
  }
  const auto installed = co_await installed_by_rollouts(command.ctx(), *ledger->store, ledger->world, WallTime::min());
  if (installed) {
    for (const auto& [instance, install] : *installed) look->input.installed.insert(instance);
  } else {
    look->ledger_trouble = described_message(installed.error(), 300);
  }
}

}  // namespace dr_look

recovery::Coverage DrLook::coverage() const {
  recovery::CoverageInput whole = input;
  whole.instances = &chosen.instances;
  whole.sweep = &sweep;
  return recovery::cover(whole);
}

rt::Task<Result<DrLook>> look_at_dr(const Command& command, const DrWork& work, LookOrder order) {
  DrLook look;
  look.input.policy = order.sweep.policy;
  adapters::AwsInventory inventory(*work.aws.session);
  fleet::DiscoverOptions discover;
  discover.concurrency = order.sweep.concurrency;
  // Every instance, not only the chosen: a server whose instance lost its tag is no orphan.
  const fleet::Selector everything = fleet::Selector::conjunction(std::vector<fleet::Selector>());
  CO_TRY(look.chosen, co_await fleet::discover(command.ctx(), inventory, work.aws.scopes, everything, discover));
  for (const fleet::Instance& instance : look.chosen.instances) {
    look.input.alive.insert(recovery::instance_key(instance.ref.scope().account.text(), instance.ref.id().text()));
  }
  if (!look.chosen.problems.empty()) look.input.alive.clear();
  std::erase_if(look.chosen.instances,
                [&](const fleet::Instance& instance) { return !order.selector.matches(instance); });
  adapters::DrsServers source(*work.aws.session);
  CO_TRY(look.sweep, co_await recovery::sweep_sites(command.ctx(), source, work.sites, order.sweep));
  co_await dr_look::read_installed(command, work, &look);
  co_return look;
}

}  // namespace postern::cli
