// run

#include "adapters/command_port.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/break_glass.hpp"
#include "cli/chosen_waves.hpp"
#include "cli/durable_run.hpp"
#include "cli/failed_of.hpp"
#include "cli/failure.hpp"
#include "cli/hub_flag.hpp"
#include "cli/plan_checks.hpp"
#include "cli/run_confirm.hpp"
#include "cli/run_document.hpp"
#include "cli/run_outputs.hpp"
#include "cli/run_places.hpp"
#include "cli/run_plan.hpp"
#include "cli/run_secrets.hpp"
#include "cli/run_signals.hpp"
#include "cli/run_timing.hpp"
#include "cli/run_unreachable.hpp"
#include "cli/script.hpp"
#include "cli/wave_guard.hpp"
#include "flow/exit_code.hpp"
#include "os/allocator.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kTitleMax = 500;

Result<void> read_limits(const Invocation& invocation, flow::CommandSpec& spec) {
  spec.comment = invocation.value("--comment").value_or(spec.comment);
  if (const auto text = invocation.value("--execution-timeout")) {
    TRY(spec.execution_timeout, parse_duration(*text, "--execution-timeout"));
    if (spec.execution_timeout.count() < 5 || spec.execution_timeout > std::chrono::hours(48)) {
      return fail(ErrorKind::usage, "--execution-timeout: the agent takes 5 seconds to 48 hours");
    }
  }
  if (const auto text = invocation.value("--delivery-timeout")) {
    TRY(spec.delivery_timeout, parse_duration(*text, "--delivery-timeout"));
    if (spec.delivery_timeout.count() < 30 || spec.delivery_timeout > std::chrono::hours(720)) {
      return fail(ErrorKind::usage, "--delivery-timeout: Systems Manager takes 30 seconds to 30 days");
    }
  }
  return Result<void>();
}

/// What is to be run, and on whose behalf.
struct Wanted {
  Wanted() = default;
  flow::CommandSpec spec;
  flow::SecretValues secrets;
  flow::RunPolicy policy;
  UnreachableRule unreachable;
  std::optional<ParentRun> parent;
  RunOutputs* outputs = nullptr;
};

/// What --dry-run says of the rails.
void put_rails(PlanSheet& sheet, const RailView& view, const Production& production) {
  sheet.findings = plan_findings(view);
  const std::string expect = view.expected ? std::string() : expectation_needed(*view.plan);
  if (!expect.empty()) {
    sheet.asks.push_back("--expect " + expect);
    std::erase_if(sheet.findings, [](const RailFinding& finding) { return finding.rail == "expect"; });
  }
  if (!production.word.empty()) sheet.asks.push_back("--confirm " + production.word);
}

/// The command in one line.
std::string describe_sent(const Invocation& invocation, const flow::CommandSpec& spec,
                          const std::optional<ParentRun>& parent) {
  if (!spec.is_script()) return describe_document(spec);
  if (parent && !names_a_command(invocation)) return "the command of " + parent->run_id;
  return describe_script(invocation);
}

/// A plan that was agreed to and passed every rail.
rt::Task<Result<int>> run_it(const Command& command, AwsWork& work, const fleet::Discovery& discovery,
                             RunOutputs& outputs, RunOrder order, flow::SecretValues secrets) {
  const Invocation& invocation = command.invocation();
  const std::string world = world_label(command, work.session.get());
  CO_TRY(OpenLedger ledger, open_ledger(command, world, LedgerUse::write));
  adapters::SsmCommands port(*work.session, order.header.spec);
  port.use_secrets(std::move(secrets));
  order.header.world = world;
  order.header.operator_name = operator_name(command);
  order.header.selector = join(invocation.values("--select"), " and ");
  order.header.reason = invocation.value("--reason").value_or("");
  order.header.ticket = invocation.value("--ticket").value_or("");
  order.header.policy.idempotent = invocation.has("--idempotent");
  if (!order.header.break_glass.reason.empty()) tell_break_glass(command, order.header.break_glass);
  order.opened = break_glass_broadcast(command, work, order.header.break_glass);
  order.outputs = &outputs;
  CO_TRY(RunCame run, co_await start_run(command, ledger, port, std::move(order)));
  run.facts.asked.insert(run.facts.asked.end(), work.scopes.begin(), work.scopes.end());
  int code = exit_code_of(run, discovery.problems.size());
  if (invocation.has("--max-rc") && !run.result.interrupted) code = flow::worst_exit_code(run.result);
  Result<int> delivered = co_await deliver_run(command, outputs, ledger, run, discovery, code);
  co_await tell_of_run(command, work, ledger, run);
  co_return delivered;
}

rt::Task<Result<int>> run_on(const Command& command, AwsWork& work, fleet::Discovery& discovery, Wanted wanted,
                             std::size_t concurrency) {
  flow::CommandSpec spec = std::move(wanted.spec);
  const std::optional<ParentRun>& parent = wanted.parent;
  const Invocation& invocation = command.invocation();
  TargetNames names(discovery.instances);
  CO_TRY(flow::WavePolicy waves, chosen_waves(invocation));
  CO_TRY(const std::vector<fleet::NotifyTarget> notify, chosen_targets(command, work.fleet));
  CO_TRY(const flow::DocumentLook look,
         co_await look_at_what_is_sent(command, *work.session, spec, discovery.instances, concurrency));
  waves.unfit = [&](const fleet::Instance& instance) { return flow::why_unfit(spec, look, instance); };
  flow::Plan plan = flow::plan_waves(discovery.instances, waves);
  plan.pins = flow::document_pins(spec, look, plan);
  if (parent && !invocation.has("--select")) {
    for (flow::SkippedTarget& one : missing_of(*parent, discovery)) plan.skipped.push_back(std::move(one));
  }
  if (discovery.scopes_asked > 0 && discovery.problems.size() == discovery.scopes_asked) {
    command.err(summarize_problems(discovery));
    co_return exit_code_of(discovery);
  }
  for (const std::string& oddity : discovery.oddities) command.err("warning: " + printable(oddity) + "\n");
  PlanSheet sheet(plan, discovery, names);
  sheet.spec = &spec;
  sheet.digest = ledger::to_hex(plan.digest(flow::spec_text(spec)));
  sheet.runs = describe_sent(invocation, spec, parent);
  sheet.documents = flow::describe_documents(look);
  sheet.places = describe_timing(wanted.policy) + places_text(spec);
  sheet.world = world_label(command, work.session.get());
  CO_TRY(RailView view, rail_view(command, work, plan, discovery.instances, names));
  view.spec = &spec;
  const Production production = production_of(plan, plan_name(sheet.digest), view.fleet);
  // With --dry-run the plan is the answer; otherwise it is said while the work goes on.
  if (invocation.has("--dry-run")) {
    put_rails(sheet, view, production);
    CO_TRY_VOID(answer_plan(command, sheet));
  } else {
    command.err(plan_text(sheet, invocation.has("--verbose") ? PlanDetail::whole : PlanDetail::folded));
  }
  if (const std::string why = why_refused(wanted.unreachable, plan, discovery); !why.empty()) {
    command.err("refused: " + why + " (--on-unreachable fail); nothing was sent\n");
    co_return kExitUnknown;
  }
  if (invocation.has("--dry-run")) co_return kExitOk;
  RunOrder order;
  CO_TRY(order.header.break_glass, pass_rails(command, view));
  CO_TRY(order.confirmed, co_await confirm_plan(command, plan, production));
  CO_TRY_VOID(co_await check_worlds(command, work, plan));
  std::optional<adapters::HubHold> flag;
  if (Result<aws::CallScope> hub = hub_scope(work)) flag.emplace(work.session->invoker(), std::move(*hub));
  WaveGuard guard(windows_of(view), flag ? &*flag : nullptr);
  if (order.header.break_glass.reason.empty()) order.hold = &guard;
  order.header.digest = sheet.digest;
  order.header.run_id = work.work_id;
  order.header.session_name = work.session->session_name();
  order.header.notify = storable_texts(notify);
  order.header.spec = std::move(spec);
  if (parent) order.header.parent = parent->run_id;
  order.header.policy = std::move(wanted.policy);
  order.header.policy.scopes_at_once = static_cast<std::uint32_t>(concurrency);
  order.plan = std::move(plan);
  order.header.title = printable(sheet.runs, kTitleMax);
  // The plan has what is wanted of them: 100,000 take much room.
  names = TargetNames();
  discovery.instances = std::vector<fleet::Instance>();
  os::return_freed_memory();
  co_return co_await run_it(command, work, discovery, *wanted.outputs, std::move(order), std::move(wanted.secrets));
}

rt::Task<Result<flow::CommandSpec>> chosen_command(const Command& command, const std::optional<ParentRun>& parent) {
  if (parent && !names_a_command(command.invocation())) co_return parent->spec;
  if (asks_for_document(command.invocation())) co_return chosen_document(command);
  co_return co_await chosen_script(command);
}

}  // namespace

rt::Task<Result<int>> run_run(const Command& command) {
  CO_TRY(RunOutputs outputs, RunOutputs::chosen(command));
  if (!command.invocation().has("--dry-run")) CO_TRY_VOID(outputs.check_places(std::string()));
  CO_TRY_VOID(refuse_literals(command.invocation()));
  Wanted wanted;
  CO_TRY(wanted.parent, co_await chosen_parent(command));
  if (wanted.parent && wanted.parent->kind != flow::RunKind::command) {
    co_return fail(ErrorKind::usage, "run " + wanted.parent->run_id + " is a " +
                                         std::string(to_string(wanted.parent->kind)) +
                                         " of servers, not of commands: postern dr has its --failed-of");
  }
  CO_TRY(wanted.spec, co_await chosen_command(command, wanted.parent));
  CO_TRY_VOID(read_limits(command.invocation(), wanted.spec));
  CO_TRY_VOID(read_timing(command, wanted.policy));
  CO_TRY(wanted.unreachable, chosen_unreachable_rule(command.invocation()));
  CO_TRY(wanted.secrets, first_values(command, wanted.spec));
  wanted.outputs = &outputs;
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::operate));
  CO_TRY_VOID(read_places(command.invocation(), work.fleet, wanted.spec));
  CO_TRY(const fleet::Selector selector, chosen_selector(command, work.fleet));
  if (work.read_only && !command.invocation().has("--dry-run")) {
    co_return fail(
        Error(ErrorKind::refused,
              "run is refused in read-only mode (--read-only, POSTERN_READ_ONLY or mode: read-only in the fleet "
              "file); --dry-run shows the plan")
            .with("rail", "read-only"));
  }
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  if (wanted.parent) keep_scopes_of(*wanted.parent, work.scopes);
  adapters::AwsInventory inventory(*work.session);
  fleet::DiscoverOptions options;
  options.concurrency = concurrency;
  options.before_room = os::return_freed_memory;
  Result<fleet::Discovery> discovery =
      co_await fleet::discover(command.ctx(), inventory, work.scopes, selector, options);
  if (!discovery) {
    co_await work.session->close();
    co_return fail(std::move(discovery).error());
  }
  // The lists of all accounts have come and gone.
  os::return_freed_memory();
  if (wanted.parent) keep_targets_of(*wanted.parent, *discovery);
  if (!command.invocation().has("--dry-run")) {
    const Result<void> waited =
        co_await wait_for_targets(command, wanted.unreachable, inventory, selector, *discovery, concurrency);
    if (!waited) {
      co_await work.session->close();
      co_return fail(waited.error());
    }
  }
  Result<int> code = co_await run_on(command, work, *discovery, std::move(wanted), concurrency);
  co_await work.session->close();
  co_return code;
}

}  // namespace postern::cli
