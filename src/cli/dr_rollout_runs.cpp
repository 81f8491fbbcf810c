// The runs of a rollout: one look inside the servers, then an installation for every family, side by side.

#include <algorithm>

#include "access/install_document.hpp"
#include "adapters/command_port.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_rollout_work.hpp"
#include "cli/failure.hpp"
#include "cli/hub_flag.hpp"
#include "cli/run_document.hpp"
#include "cli/run_signals.hpp"
#include "cli/wave_guard.hpp"
#include "flow/document_look.hpp"
#include "flow/outputs.hpp"
#include "flow/script.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace rollout_runs {

constexpr std::string_view kInstallTitle = "dr rollout: install the replication agent";
constexpr std::string_view kProbeComment = "dr rollout: look inside";
constexpr std::string_view kProbeTitle = "dr rollout: look inside";
constexpr std::chrono::seconds kProbeTime = std::chrono::minutes(5);
constexpr std::size_t kRunsPerPage = 200;

/// The results of a run by their targets.
std::map<std::string, const flow::TargetResult*, std::less<>> by_target(const RunCame& came) {
  std::map<std::string, const flow::TargetResult*, std::less<>> out;
  for (const flow::TargetResult& result : came.result.targets) out.emplace(result.target.label(), &result);
  return out;
}

std::string text_of(const flow::TargetResult& result) {
  std::string text;
  if (!result.out.empty()) text += result.out.bytes();
  if (!result.err.empty()) text += "\n" + result.err.bytes();
  return text;
}

Result<flow::CommandSpec> probe_spec(const std::string& region) {
  flow::Script script;
  script.strictness = flow::Strictness::lax;
  script.text = recovery::probe_script(fleet::Platform::linux_os, region);
  TRY(flow::CommandSpec spec, flow::encode_script(script));
  flow::Script windows;
  windows.strictness = flow::Strictness::lax;
  windows.text = recovery::probe_script(fleet::Platform::windows, region);
  TRY(flow::CommandSpec other, flow::encode_script(windows));
  spec.powershell_lines = std::move(other.powershell_lines);
  spec.no_windows.clear();
  spec.execution_timeout = kProbeTime;
  return spec;
}

/// Of an installation, what its servers came to: a success is a server that DRS knows.
void take_fates(const std::vector<recovery::RolloutTarget>& targets, const std::vector<std::size_t>& members,
                flow::Notice& notice) {
  using recovery::RolloutState;
  std::map<std::string_view, std::size_t> counts;
  flow::Totals totals;
  totals.skipped = notice.totals.skipped;
  for (const std::size_t at : members) {
    const RolloutState state = targets[at].state;
    if (state == RolloutState::not_sent) continue;  // has not ended, or was skipped
    ++counts[to_string(state)];
    const bool known = state == RolloutState::registered || state == RolloutState::protected_now;
    const bool lost = state == RolloutState::failed || state == RolloutState::phantom;
    ++(known ? totals.succeeded : lost ? totals.failed : totals.unknown);
  }
  notice.totals = totals;
  if (notice.event != flow::NoticeEvent::ended) return;
  if (totals.failed + totals.unknown > 0 && notice.status == "succeeded") notice.status = "failed";
  for (const auto& [state, count] : counts) {
    notice.why += (notice.why.empty() ? "DRS: " : ", ") + std::to_string(count) + " " + std::string(state);
  }
}

/// Everybody at once; how many fail does not matter, they are left out of what follows.
flow::WavePolicy all_at_once() {
  flow::WavePolicy policy;
  policy.other = flow::Budget(100, true);
  return policy;
}

}  // namespace rollout_runs

Result<flow::RunHeader> RolloutWork::header_of(const flow::Plan& plan, flow::CommandSpec spec,
                                               std::string title) const {
  flow::RunHeader header;
  header.world = world_label(command_, work_.aws.session.get());
  header.operator_name = operator_name(command_);
  header.session_name = work_.aws.session->session_name();
  header.selector = order_.selector.to_text();
  header.reason = command_.invocation().value("--reason").value_or("");
  header.ticket = command_.invocation().value("--ticket").value_or("");
  header.break_glass = glass_;
  header.digest = ledger::to_hex(plan.digest(flow::spec_text(spec)));
  TRY(const std::vector<fleet::NotifyTarget> told, chosen_targets(command_, work_.aws.fleet));
  header.notify = storable_texts(told);
  header.title = std::move(title);
  header.spec = std::move(spec);
  header.policy.scopes_at_once = static_cast<std::uint32_t>(order_.concurrency);
  return header;
}

/// An installation that is not over may still be under way on the servers: it is taken up first.
rt::Task<Result<void>> RolloutWork::refuse_open_runs() {
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await ledger_->store->list(command_.ctx(), std::string(kRunPrefix), before, rollout_runs::kRunsPerPage));
    for (const ledger::StreamInfo& stream : page) {
      const Result<Json> summary = Json::parse(stream.summary);
      if (!summary || stream.pruned) continue;
      const std::string_view comment = (*summary)["comment"].to_string().value_or("");
      const std::string_view status = (*summary)["status"].to_string().value_or("");
      const bool open = status == "running" || status == "held" || status == "in doubt";
      if (!open || comment != kInstallComment) continue;
      const std::string id = stream.id.substr(kRunPrefix.size());
      co_return fail(Error(ErrorKind::refused, "an earlier installation is not over (" + std::string(status) +
                                                   "): postern resume " + id + ", or postern cancel " + id +
                                                   ", then run the rollout again")
                         .with("rail", "rollout"));
    }
    if (page.size() < rollout_runs::kRunsPerPage) co_return Result<void>();
    before = page.back().id;
  }
}

rt::Task<Result<void>> RolloutWork::probe() {
  using namespace rollout_runs;
  if (!order_.probe || groups_.empty()) co_return Result<void>();
  // The way to S3 and DRS that is tried is that of the site's Region.
  std::map<std::string, std::vector<std::size_t>> by_region;
  for (const InstallGroup& group : groups_) {
    auto& members = by_region[group.region];
    members.insert(members.end(), group.members.begin(), group.members.end());
  }
  for (const auto& [region, members] : by_region) {
    CO_TRY(flow::CommandSpec spec, probe_spec(region));
    spec.comment = kProbeComment;
    adapters::SsmCommands port(*work_.aws.session, spec);
    RunOrder order;
    CO_TRY(const std::vector<fleet::Instance> looked, looked_at(members));
    order.plan = flow::plan_waves(looked, all_at_once());
    CO_TRY(order.header, header_of(order.plan, std::move(spec), std::string(kProbeTitle)));
    order.header.policy.idempotent = true;  // it only reads
    order.confirmed = confirmed_;
    command_.err("looking inside " + std::to_string(members.size()) + " servers\n");
    CO_TRY(RunCame came, co_await start_run(command_, *ledger_, port, std::move(order)));
    const auto results = by_target(came);
    std::size_t refused = 0;
    for (const std::size_t at : members) {
      recovery::RolloutTarget& target = targets_[at];
      const std::size_t notes = target.notes.size();
      const auto found = results.find(target.instance->ref.label());
      if (found == results.end()) continue;
      const flow::LoadedOutput loaded(found->second);
      CO_TRY_VOID(co_await flow::load_output_of(command_.ctx(), *ledger_->store, *found->second));
      recovery::take_probe(target, *found->second, text_of(*found->second), order_.waived);
      const bool was_refused = target.notes.size() > notes && target.notes.back().code == "PROBE_REFUSED";
      if (was_refused && ++refused == 1) {
        command_.err("warning: " + target.notes.back().why + "\n  " + target.notes.back().fix + "\n");
      }
    }
    if (refused > 0) command_.err("going on without it on " + plural(refused, "server") + "\n");
    if (came.result.interrupted) {
      interrupted_ = true;
      co_return Result<void>();
    }
  }
  form_groups();
  co_return Result<void>();
}

rt::Task<Result<void>> RolloutWork::take_outputs(const InstallGroup& group) {
  using namespace rollout_runs;
  const auto results = by_target(*group.came);
  for (const std::size_t at : group.members) {
    recovery::RolloutTarget& target = targets_[at];
    const auto found = results.find(target.instance->ref.label());
    if (found == results.end()) continue;
    const flow::LoadedOutput loaded(found->second);
    CO_TRY_VOID(co_await flow::load_output_of(command_.ctx(), *ledger_->store, *found->second));
    recovery::take_installation(target, *found->second, text_of(*found->second));
    target.run_id = group.came->result.run_id;
  }
  co_return Result<void>();
}

rt::Task<Result<void>> RolloutWork::install_group(InstallGroup& group) {
  using namespace rollout_runs;
  const std::vector<fleet::Instance> instances = instances_of(group.members);
  flow::CommandSpec spec = install_spec(group);
  spec.comment = kInstallComment;
  CO_TRY(const flow::DocumentLook look,
         co_await look_at_what_is_sent(command_, *work_.aws.session, spec, instances, order_.concurrency));
  if (order_.document.empty() && document_of(group) == access::kOwnInstallDocument) {
    CO_TRY_VOID(expect_own_document(look));
  }
  flow::WavePolicy waves = order_.waves;
  waves.unfit = [&](const fleet::Instance& instance) { return flow::why_unfit(spec, look, instance); };
  RunOrder order;
  order.plan = flow::plan_waves(instances, waves);
  order.plan.pins = flow::document_pins(spec, look, order.plan);
  adapters::SsmCommands port(*work_.aws.session, spec);
  CO_TRY(order.header, header_of(order.plan, std::move(spec), std::string(kInstallTitle) + ", " + group.label));
  order.header.policy.installs = true;
  order.confirmed = confirmed_;
  if (groups_.size() > 1) order.label = group.label;
  std::optional<adapters::HubHold> flag;
  if (Result<aws::CallScope> hub = hub_scope(work_.aws)) flag.emplace(work_.aws.session->invoker(), std::move(*hub));
  WaveGuard guard(windows_, flag ? &*flag : nullptr);
  if (glass_.reason.empty()) order.hold = &guard;
  order.opened = [this, &group](const flow::RunModel& run) { return note_run(run.header().run_id, group.label); };
  CO_TRY(group.came, co_await start_run(command_, *ledger_, port, std::move(order)));
  co_return co_await take_outputs(group);
}

/// That the rollout's own stream does not name a run is no reason to stop it: the run's stream is there.
rt::Task<void> RolloutWork::note_run(std::string run_id, std::string family) {
  const Result<void> noted = co_await record_->add_run(command_.ctx(), std::move(run_id), std::move(family));
  if (!noted) command_.err("warning: the ledger does not link a run to its rollout: " + noted.error().message() + "\n");
}

rt::Task<void> RolloutWork::install_one(InstallGroup& group) {
  Result<void> done = co_await install_group(group);
  if (!done) group.problem = std::move(done).error();
}

rt::Task<Result<void>> RolloutWork::install() {
  if (groups_.empty() || interrupted_) co_return Result<void>();
  struct One {
    explicit One(RolloutWork* w) : work(w) {}
    rt::Task<void> operator()(std::size_t index) const { return work->install_one(work->groups_[index]); }
    RolloutWork* work;
  };
  const One one(this);
  co_await rt::for_each_bounded(groups_.size(), groups_.size(), one);
  for (InstallGroup& group : groups_) {
    if (group.came && group.came->result.interrupted) interrupted_ = true;
    if (!group.problem) continue;
    command_.err(group.label + ": " + described_message(*group.problem, 400) + "\n");
    for (const std::size_t at : group.members) {
      recovery::RolloutTarget& target = targets_[at];
      if (target.state != recovery::RolloutState::ready) continue;
      target.state = group.came ? recovery::RolloutState::unknown : recovery::RolloutState::not_sent;
      target.code = group.came ? "IN_DOUBT" : "NOT_SENT";
      target.reason = described_message(*group.problem, 300);
    }
  }
  co_return Result<void>();
}

rt::Task<void> RolloutWork::tell() {
  for (InstallGroup& group : groups_) {
    if (!group.came || !group.came->notice) continue;
    rollout_runs::take_fates(targets_, group.members, *group.came->notice);
    co_await tell_of_run(command_, work_.aws, *ledger_, *group.came);
  }
}

}  // namespace postern::cli
