#include "cli/dr_run.hpp"

#include "adapters/drs_jobs.hpp"
#include "adapters/drs_servers.hpp"
#include "base/text.hpp"
#include "cli/break_glass.hpp"
#include "cli/dr_lease.hpp"
#include "cli/dr_residue.hpp"
#include "cli/failure.hpp"
#include "cli/hub_flag.hpp"
#include "cli/plan_checks.hpp"
#include "cli/run_confirm.hpp"
#include "cli/run_signals.hpp"
#include "cli/wave_guard.hpp"
#include "recovery/job_port.hpp"
#include "recovery/site_plan.hpp"

namespace postern::cli {
namespace dr_run {

constexpr std::chrono::seconds kJobTimeMin = std::chrono::minutes(5);
constexpr std::chrono::seconds kJobTimeMax = std::chrono::hours(48);

DrSheet sheet_of(const DrOrder& order, const TargetNames& names, std::string world) {
  DrSheet sheet(order.plan, order.header.kind);
  if (order.header.kind != flow::RunKind::cleanup) sheet.chosen = &order.chosen;
  sheet.asked = &order.asked;
  sheet.names = &names;
  sheet.digest = order.header.digest;
  sheet.world = std::move(world);
  sheet.point = order.header.recovery.point;
  sheet.of_run = order.of_run;
  sheet.override_reason = order.header.recovery.override_reason;
  sheet.doubts = order.doubts;
  sheet.launch = order.settings.launch;
  return sheet;
}

/// What stands in the digest besides the targets: two operators with the same plan have the same digest.
std::string spec_of(const DrOrder& order) {
  const flow::RecoverySpec& spec = order.header.recovery;
  std::string out = std::string(to_string(order.header.kind)) + " " + spec.point;
  for (const std::string& job : spec.jobs) out += " " + job;
  if (!order.settings.launch.empty()) out += " " + order.settings.launch.dump();
  return out;
}

void put_rails(DrSheet& sheet, const RailView& view, const Production& production) {
  sheet.findings = plan_findings(view);
  const std::string expect = view.expected ? std::string() : expectation_needed(*view.plan);
  if (!expect.empty()) {
    sheet.asks.push_back("--expect " + expect);
    std::erase_if(sheet.findings, [](const RailFinding& finding) { return finding.rail == "expect"; });
  }
  if (!production.word.empty()) sheet.asks.push_back("--confirm " + production.word);
}

/// A plan of nothing: blocked by the gate, or nothing is there.
int exit_of_nothing(const Command& command, const DrOrder& order) {
  if (!order.asked.problems.empty()) return exit_code_of(order.asked);
  if (order.header.kind != flow::RunKind::cleanup && !order.plan.skipped.empty()) {
    command.err("refused: the gate keeps every server; nothing was called\n");
    return kExitGate;
  }
  command.err("nothing to do\n");
  return kExitOk;
}

rt::Task<Result<int>> drive(const Command& command, DrWork& work, DrOrder order, std::string confirmed,
                            flow::HoldFlag* hold) {
  const Invocation& invocation = command.invocation();
  const std::string world = world_label(command, work.aws.session.get());
  CO_TRY(OpenLedger ledger, open_ledger(command, world, LedgerUse::write));
  adapters::DrsJobs jobs(*work.aws.session);
  adapters::DrsServers servers(*work.aws.session);
  recovery::JobPort port(jobs, servers, order.header.kind, order.plan);
  const flow::Plan plan = order.plan;
  const bool launches = order.header.kind != flow::RunKind::cleanup;
  if (launches) {
    CO_TRY_VOID(
        co_await take_leases(command, work.aws, ledger, launched_servers(plan), order.settings, order.header.digest));
  }
  RunOrder run;
  run.plan = std::move(order.plan);
  run.header = std::move(order.header);
  run.header.world = world;
  run.header.run_id = work.aws.work_id;
  run.header.session_name = work.aws.session->session_name();
  run.header.operator_name = operator_name(command);
  run.header.selector = join(invocation.values("--select"), " and ");
  run.header.reason = invocation.value("--reason").value_or("");
  run.header.ticket = invocation.value("--ticket").value_or("");
  run.confirmed = std::move(confirmed);
  run.hold = hold;
  if (!run.header.break_glass.reason.empty()) tell_break_glass(command, run.header.break_glass);
  run.opened = break_glass_broadcast(command, work.aws, run.header.break_glass);
  Result<RunCame> started = co_await start_run(command, ledger, port, std::move(run));
  bool own_settings = true;
  // While it is not over, more may be launched with them: whoever takes it up puts them back.
  if (launches && (!started || is_over(*started))) {
    own_settings = co_await give_back_leases(command, work.aws, ledger, launched_servers(plan));
  }
  CO_TRY(const RunCame came, std::move(started));
  Result<int> code = co_await finish_dr_run(command, work.aws, ledger, came, plan, order.asked);
  if (code && *code == kExitOk && !own_settings) code = kExitTargetFailed;
  co_await tell_of_run(command, work.aws, ledger, came);
  co_return code;
}

}  // namespace dr_run

fleet::Duty duty_of(flow::RunKind kind) noexcept {
  switch (kind) {
    case flow::RunKind::drill:
    case flow::RunKind::recovery:
      return fleet::Duty::recover;
    case flow::RunKind::cleanup:
      return fleet::Duty::cleanup;
    case flow::RunKind::command:
      break;
  }
  return fleet::Duty::operate;
}

Result<DrOptions> read_dr_options(const Command& command) {
  DrOptions options;
  TRY(options.concurrency, chosen_concurrency(command));
  const auto text = command.invocation().value("--job-timeout");
  if (!text) return options;
  TRY(options.job_timeout, parse_duration(*text, "--job-timeout"));
  if (options.job_timeout < dr_run::kJobTimeMin || options.job_timeout > dr_run::kJobTimeMax) {
    return fail(ErrorKind::usage, "--job-timeout: 5m to 48h");
  }
  return options;
}

rt::Task<Result<int>> run_dr_order(const Command& command, DrWork& work, DrOptions options, DrOrder order) {
  const Invocation& invocation = command.invocation();
  CO_TRY(const std::vector<fleet::NotifyTarget> notify, chosen_targets(command, work.aws.fleet));
  order.header.digest = ledger::to_hex(order.plan.digest(dr_run::spec_of(order)));
  order.header.notify = storable_texts(notify);
  order.header.policy = recovery::job_policy();
  order.header.policy.scopes_at_once = static_cast<std::uint32_t>(options.concurrency);
  order.header.spec.execution_timeout = options.job_timeout;
  order.header.spec.delivery_timeout = std::chrono::seconds(0);
  const TargetNames names(order.instances);
  DrSheet sheet = dr_run::sheet_of(order, names, world_label(command, work.aws.session.get()));
  CO_TRY(RailView view, rail_view(command, work.aws, order.plan, order.instances, names));
  view.sends_documents = false;
  const Production production = production_of(order.plan, plan_name(order.header.digest), view.fleet);
  if (invocation.has("--dry-run")) {
    dr_run::put_rails(sheet, view, production);
    CO_TRY_VOID(answer_dr_plan(command, sheet));
    co_return exit_code_of(order.asked);
  }
  command.err(dr_plan_text(sheet, invocation.has("--verbose") ? PlanDetail::whole : PlanDetail::folded));
  if (order.plan.targets.empty()) co_return dr_run::exit_of_nothing(command, order);
  CO_TRY(order.header.break_glass, pass_rails(command, view));
  CO_TRY(std::string confirmed, co_await confirm_plan(command, order.plan, production));
  CO_TRY_VOID(co_await check_worlds(command, work.aws, order.plan));
  std::optional<adapters::HubHold> flag;
  if (Result<aws::CallScope> hub = hub_scope(work.aws)) flag.emplace(work.aws.session->invoker(), std::move(*hub));
  WaveGuard guard(windows_of(view), flag ? &*flag : nullptr);
  flow::HoldFlag* const hold = order.header.break_glass.reason.empty() ? &guard : nullptr;
  co_return co_await dr_run::drive(command, work, std::move(order), std::move(confirmed), hold);
}

rt::Task<Result<int>> finish_dr_run(const Command& command, AwsWork& work, OpenLedger& ledger, const RunCame& run,
                                    const flow::Plan& plan, const fleet::Discovery& asked) {
  RecoveryTold told;
  told.run = &run;
  told.asked = &asked;
  told.exit_code = exit_code_of(run, asked.problems.size());
  const bool looks = run.kind == flow::RunKind::cleanup && !run.result.interrupted;
  if (looks) {
    ResidueSeen seen = co_await look_for_residue(command, work, plan);
    told.verified = true;
    told.residue = std::move(seen.residue);
    told.unverified = std::move(seen.unverified);
  }
  co_return co_await deliver_recovery(command, ledger, std::move(told));
}

}  // namespace postern::cli
