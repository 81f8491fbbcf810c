// dr cleanup

#include <algorithm>
#include <map>

#include "adapters/drs_jobs.hpp"
#include "adapters/drs_servers.hpp"
#include "adapters/launch_volumes.hpp"
#include "base/json.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_lease.hpp"
#include "cli/dr_run.hpp"
#include "cli/failure.hpp"
#include "cli/run_choice.hpp"

namespace postern::cli {
namespace dr_cleanup {

constexpr std::size_t kStreamsPerPage = 200;
constexpr std::size_t kWhyMax = 300;

/// What runs have launched in one site.
struct Launched {
  Launched() = default;
  fleet::ScopePtr site;  ///< with the way in of the runs
  std::vector<std::string> jobs;
  std::map<std::string, std::string> servers;  ///< names by id
};
using Places = std::map<std::pair<std::string, std::string>, Launched>;  ///< by account and Region

/// The drills that repeated this one in part (--failed-of), as far as the ledger knows.
rt::Task<Result<std::vector<std::string>>> with_repetitions(const Command& command, ledger::Store& store,
                                                            std::string run) {
  std::vector<std::string> runs = {run};
  std::vector<std::pair<std::string, std::string>> drills;  // run, parent
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await store.list(command.ctx(), std::string(kRunPrefix), before, kStreamsPerPage));
    if (page.empty()) break;
    before = page.back().id;
    for (const ledger::StreamInfo& stream : page) {
      const Result<Json> summary = Json::parse(stream.summary);
      if (!summary || (*summary)["kind"].to_string() != "drill") continue;
      drills.emplace_back(stream.id.substr(kRunPrefix.size()), (*summary)["parent"].to_string().value_or(""));
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const auto& [id, parent] : drills) {
      const bool known = std::find(runs.begin(), runs.end(), id) != runs.end();
      if (parent == runs[i] && !known) runs.push_back(id);
    }
  }
  co_return runs;
}

Result<void> take_run(const Command& command, const flow::RunModel& model, Places& places) {
  const flow::RunHeader& header = model.header();
  if (header.kind != flow::RunKind::drill) {
    return fail(Error(ErrorKind::refused, "run " + header.run_id + " is a " + std::string(to_string(header.kind)) +
                                              ": a cleanup ends what a drill launched, and nothing else")
                    .with("rail", "cleanup"));
  }
  if (!model.closed()) {
    command.err("warning: run " + header.run_id + " is not over (" + flow::run_status(model) +
                "): what it launches from now on stays\n");
  }
  for (std::uint32_t i = 0; i < model.plan().batches.size(); ++i) {
    const flow::BatchPlan& batch = model.plan().batches[i];
    const fleet::ScopePtr& scope = model.plan().scopes[batch.scope];
    Launched& place = places[std::pair(scope->account.text(), scope->region.text())];
    place.site = scope;
    if (!model.batches()[i].command_id.empty()) place.jobs.push_back(model.batches()[i].command_id);
    for (std::uint32_t target = batch.first; target < batch.first + batch.count; ++target) {
      place.servers[model.plan().targets[target].id.text()] = model.plan().targets[target].name;
    }
  }
  return Result<void>();
}

/// Which instances of the runs' servers are there, and which of them may go.
class Finder {
 public:
  Finder(const Command& command, DrWork& work) : command_(command), work_(work) {}

  rt::Task<Result<DrOrder>> run(Places places) {
    for (const auto& [key, place] : places) {
      fleet::ScopePtr site = place.site;
      for (const fleet::ScopePtr& one : work_.sites) {
        const bool same = one->account == site->account && one->region == site->region;
        if (same) site = one;  // with the way in of this duty
      }
      const Launched copy = place;
      ++order_.asked.scopes_asked;
      Result<void> looked = co_await look(site, copy);
      if (!looked && looked.error().kind() == ErrorKind::cancelled) co_return fail(looked.error());
      if (!looked) order_.asked.problems.emplace_back(site, looked.error());
    }
    order_.plan = recovery::plan_cleanup(items_);
    order_.header.kind = flow::RunKind::cleanup;
    std::sort(order_.header.recovery.jobs.begin(), order_.header.recovery.jobs.end());
    co_return std::move(order_);
  }

 private:
  rt::Task<Result<void>> look(fleet::ScopePtr site, Launched place) {
    adapters::DrsJobs jobs(*work_.aws.session);
    std::vector<std::string> servers;
    for (const auto& [id, name] : place.servers) servers.push_back(id);
    std::vector<std::string> again = servers;
    CO_TRY(const std::vector<recovery::RecoveryInstance> there,
           co_await jobs.instances(command_.ctx(), site, std::move(servers)));
    std::vector<std::string> ids;
    const std::size_t first = items_.size();
    for (const recovery::RecoveryInstance& instance : there) {
      if (!place.servers.contains(instance.server_id)) continue;
      if (!fleet::InstanceId::parse(instance.id)) {
        order_.doubts.push_back("a recovery instance in " + site->label() +
                                " has an id that makes no sense: " + printable(instance.id, 60));
        continue;
      }
      recovery::CleanupItem& item = items_.emplace_back();
      item.site = site;
      item.instance = instance;
      item.name = place.servers.at(instance.server_id);
      item.leave = recovery::why_left_alone(instance, place.jobs);
      if (item.leave.empty()) ids.push_back(instance.id);
    }
    for (const std::string& job : place.jobs) order_.header.recovery.jobs.push_back(job);
    co_await read_volumes(site, std::move(ids), first);
    co_await read_tags(site, std::move(again), first);
    co_return Result<void>();
  }

  /// What is attached now is looked for when the instances are gone.
  rt::Task<void> read_volumes(fleet::ScopePtr site, std::vector<std::string> ids, std::size_t first) {
    if (ids.empty()) co_return;
    adapters::LaunchVolumes volumes(*work_.aws.session);
    const auto attached = co_await volumes.attached_to(command_.ctx(), site, std::move(ids));
    if (!attached) {
      order_.doubts.push_back(
          "the volumes of the instances in " + site->label() +
          " could not be read, and are not looked for afterwards: " + described_message(attached.error(), kWhyMax));
      co_return;
    }
    for (std::size_t i = first; i < items_.size(); ++i) {
      const auto found = attached->find(items_[i].instance.id);
      if (found != attached->end() && items_[i].leave.empty()) items_[i].volumes = found->second;
    }
  }

  /// For the rails: an instance has the tags of its source server.
  rt::Task<void> read_tags(fleet::ScopePtr site, std::vector<std::string> servers, std::size_t first) {
    adapters::DrsServers source(*work_.aws.session);
    const auto listed = co_await source.list_servers(command_.ctx(), site, std::move(servers));
    for (std::size_t i = first; i < items_.size(); ++i) {
      const recovery::CleanupItem& item = items_[i];
      fleet::Instance& view = order_.instances.emplace_back();
      Result<fleet::InstanceId> id = fleet::InstanceId::parse(item.instance.id);
      view.ref = fleet::TargetRef(site, std::move(*id));
      view.name = item.name;
      if (!listed) continue;
      for (const recovery::SourceServer& server : *listed) {
        if (server.id == item.instance.server_id) view.tags = server.tags;
      }
    }
    if (!listed) {
      order_.doubts.push_back("the tags of the servers in " + site->label() +
                              " could not be read: " + described_message(listed.error(), kWhyMax));
    }
  }

  const Command& command_;
  DrWork& work_;
  std::vector<recovery::CleanupItem> items_;
  DrOrder order_;
};

/// The runs, read before anything is called.
rt::Task<Result<Places>> read_places(const Command& command, std::string* run) {
  const std::string world = world_without_session(command);
  CO_TRY(OpenLedger ledger, open_ledger(command, world, LedgerUse::look));
  CO_TRY(*run, co_await chosen_run(command, *ledger.store));
  std::vector<std::string> runs = {*run};
  if (command.invocation().has("--all-drills-of-run")) {
    CO_TRY(runs, co_await with_repetitions(command, *ledger.store, *run));
  }
  Places places;
  for (const std::string& id : runs) {
    CO_TRY(const std::unique_ptr<flow::RunModel> model,
           co_await flow::read_run(command.ctx(), *ledger.store, world, id));
    CO_TRY_VOID(take_run(command, *model, places));
  }
  co_return places;
}

/// What the drills had servers launched with, put back where they did not do it themselves. With the rights of a
/// launch: a cleanup's role may not.
rt::Task<Result<bool>> give_back_settings(const Command& command, Places places) {
  CO_TRY(OpenLedger ledger, open_ledger(command, world_without_session(command), LedgerUse::write));
  CO_TRY(const std::vector<LaunchLease> open, co_await open_leases(command.ctx(), ledger));
  const bool any = std::any_of(open.begin(), open.end(), [&](const LaunchLease& lease) {
    const auto place = places.find(std::pair(lease.account, lease.region));
    return place != places.end() && place->second.servers.contains(lease.server);
  });
  if (!any) co_return true;
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::recover));
  LaunchedServers servers;
  for (const fleet::ScopePtr& site : work.sites) {
    const auto place = places.find(std::pair(site->account.text(), site->region.text()));
    if (place == places.end()) continue;
    for (const auto& [id, name] : place->second.servers) servers.emplace_back(site, id);
  }
  const bool back = co_await give_back_leases(command, work.aws, ledger, std::move(servers));
  co_await work.aws.session->close();
  co_return back;
}

}  // namespace dr_cleanup

rt::Task<Result<int>> run_dr_cleanup(const Command& command) {
  CO_TRY(const DrOptions options, read_dr_options(command));
  std::string run;
  CO_TRY(dr_cleanup::Places places, co_await dr_cleanup::read_places(command, &run));
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::cleanup));
  if (!command.invocation().has("--dry-run")) {
    const Result<void> writable = expect_writable(work.aws, "a cleanup");
    if (!writable) {
      co_await work.aws.session->close();
      co_return fail(writable.error());
    }
  }
  dr_cleanup::Finder finder(command, work);
  Result<DrOrder> order = co_await finder.run(places);
  if (!order) {
    co_await work.aws.session->close();
    co_return fail(std::move(order).error());
  }
  order->of_run = run;
  order->header.parent = run;
  order->header.title = "cleanup of " + run + ": " + plural(order->plan.targets.size(), "recovery instance");
  Result<int> code = co_await run_dr_order(command, work, options, std::move(*order));
  co_await work.aws.session->close();
  if (command.invocation().has("--dry-run")) co_return code;
  CO_TRY(const bool back, co_await dr_cleanup::give_back_settings(command, std::move(places)));
  if (code && *code == kExitOk && !back) code = kExitTargetFailed;
  co_return code;
}

}  // namespace postern::cli
