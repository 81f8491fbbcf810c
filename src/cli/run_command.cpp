// run

#include <algorithm>
#include <map>
#include <set>

#include "adapters/command_port.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/durable_run.hpp"
#include "cli/failed_of.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "cli/run_document.hpp"
#include "cli/run_places.hpp"
#include "cli/run_report.hpp"
#include "cli/run_secrets.hpp"
#include "cli/run_signals.hpp"
#include "cli/run_timing.hpp"
#include "cli/run_unreachable.hpp"
#include "cli/script.hpp"
#include "flow/exit_code.hpp"
#include "term/node_set.hpp"
#include "term/table.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kNamesMax = 16 * 1024;

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

std::size_t account_count(const flow::Plan& plan) {
  std::set<std::string> accounts;
  for (const fleet::ScopePtr& scope : plan.scopes) accounts.insert(scope->account.text());
  return accounts.size();
}

/// One line per account, Region and document; with several waves also per wave.
std::string batches_text(const flow::Plan& plan, const flow::CommandSpec& spec) {
  std::vector<term::Column> columns(3);
  for (term::Column& column : columns) column.cut = term::Cut::never;
  term::Table table(std::move(columns));
  for (const flow::BatchPlan& batch : plan.batches) {
    std::vector<term::Cell> cells;
    const bool several = plan.waves.size() > 1;
    const std::string wave = several ? plan.waves[batch.wave].name + ": " : std::string();
    cells.emplace_back("  " + printable(wave, 80) + plan.scope_of(batch).label());
    cells.emplace_back(printable(document_of(spec, batch.shell), 140));
    cells.emplace_back(plural(batch.count, "target"));
    table.add(std::move(cells));
  }
  term::TableOptions options;
  options.header = term::Header::hidden;
  return table.render(options).text;
}

std::string waves_text(const flow::Plan& plan) {
  if (plan.waves.size() < 2) return {};
  std::string out = "  waves:";
  for (const flow::WavePlan& wave : plan.waves) {
    out += (&wave == &plan.waves.front() ? " " : ", ") + printable(wave.name, 80) + " (" +
           plural(wave.targets, "target") + ", " + wave.budget.text() + " may fail)";
  }
  return out + "\n";
}

/// What is run: the command, and the documents that carry it with their versions.
struct Sent {
  Sent() = default;
  std::string described;
  std::vector<std::string> documents;
};

std::string plan_text(const flow::Plan& plan, const flow::CommandSpec& spec, const Sent& sent,
                      const TargetNames& names) {
  std::string out = "Plan: " + plural(plan.targets.size(), "target") + " in " + plural(account_count(plan), "account") +
                    ", " + plural(plan.batches.size(), "command") + "\n";
  out += batches_text(plan, spec) + waves_text(plan);
  out += "  runs: " + sent.described + "\n";
  for (const std::string& document : sent.documents) out += "  with: " + document + "\n";
  std::map<std::string, std::vector<std::string>> skipped;  // by reason
  for (const flow::SkippedTarget& one : plan.skipped) {
    const auto name = names.find(one.target.label());
    const bool unnamed = name == names.end() || name->second.empty();
    skipped[one.reason].push_back(unnamed ? one.target.id().text() : name->second);
  }
  for (const auto& [reason, who] : skipped) {
    out += "  skips " + printable(term::fold_names(who), kNamesMax) + ": " + printable(reason, 400) + "\n";
  }
  return out;
}

Result<flow::WavePolicy> chosen_waves(const Invocation& invocation) {
  flow::WavePolicy policy;
  policy.other = flow::Budget(100, true);
  policy.canary = flow::Budget(0, false);
  if (const auto text = invocation.value("--waves")) {
    TRY(policy.rules, flow::parse_waves(*text));
    policy.other = flow::Budget(5, true);
  }
  if (const auto text = invocation.value("--max-errors")) {
    Result<flow::Budget> budget = flow::Budget::parse(*text);
    if (!budget) return fail(ErrorKind::usage, "--max-errors: " + budget.error().message());
    policy.other = *budget;
  }
  return policy;
}

/// How the plan was agreed to; refused when it was not.
rt::Task<Result<std::string>> confirm(const Command& command, const flow::Plan& plan) {
  if (plan.targets.empty()) co_return std::string("nothing to do");
  if (command.invocation().has("--yes")) co_return std::string("--yes");
  if (!command.host().console->is_tty(os::StdStream::in)) {
    co_return fail(ErrorKind::usage, "there is no terminal to ask on: --yes runs the plan, --dry-run only shows it");
  }
  CO_TRY(const bool yes, co_await ask_yes(command, plural(account_count(plan), "account") + ", " +
                                                       plural(plan.targets.size(), "instance") + ". Proceed?"));
  if (!yes) co_return fail(Error(ErrorKind::refused, "not confirmed: nothing was sent"));
  co_return std::string("asked");
}

/// The rails before the first write: one world, and every scope's credentials in its own account. Nothing has been
/// sent.
rt::Task<Result<void>> check_rails(const Command& command, AwsWork& work, const flow::Plan& plan) {
  std::set<std::string> seen;
  for (const fleet::ScopePtr& one : plan.scopes) {
    const fleet::Scope& scope = *one;
    if (work.session->world(scope.region.text()) == adapters::World::mixed &&
        !command.invocation().has("--mixed-endpoints")) {
      co_return fail(
          Error(ErrorKind::refused,
                "some services resolve to configured endpoints and others to AWS: simulated and real would mix; "
                "configure all of them, or pass --mixed-endpoints")
              .with("rail", "world"));
    }
    if (!seen.insert(scope.account.text() + scope.access.describe()).second) continue;
    CO_TRY(aws::CallScope call, work.session->call_scope(scope));
    const auto identity = co_await work.session->identities().verify(command.ctx(), std::move(call));
    if (identity) continue;
    Error error = identity.error();
    if (error.kind() == ErrorKind::refused) error.with("rail", "identity");
    co_return fail(std::move(error));
  }
  co_return Result<void>();
}

/// What is to be run, and on whose behalf.
struct Wanted {
  Wanted() = default;
  flow::CommandSpec spec;
  flow::SecretValues secrets;
  flow::RunPolicy policy;
  UnreachableRule unreachable;
  std::optional<ParentRun> parent;
};

rt::Task<Result<int>> run_on(const Command& command, AwsWork& work, const fleet::Discovery& discovery, Wanted wanted,
                             std::size_t concurrency) {
  flow::CommandSpec spec = std::move(wanted.spec);
  const std::optional<ParentRun>& parent = wanted.parent;
  const Invocation& invocation = command.invocation();
  const TargetNames names = target_names(discovery.instances);
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
  Sent sent;
  sent.described = spec.is_script() ? describe_script(invocation) : describe_document(spec);
  if (parent && !names_a_command(invocation) && spec.is_script()) sent.described = "the command of " + parent->run_id;
  sent.documents = flow::describe_documents(look);
  if (discovery.scopes_asked > 0 && discovery.problems.size() == discovery.scopes_asked) {
    command.err(summarize_problems(discovery));
    co_return exit_code_of(discovery);
  }
  for (const std::string& oddity : discovery.oddities) command.err("warning: " + printable(oddity) + "\n");
  // With --dry-run the plan is the answer; otherwise it is said while the work goes on.
  const std::string planned = plan_text(plan, spec, sent, names) + describe_timing(wanted.policy) + places_text(spec) +
                              summarize_problems(discovery);
  if (invocation.has("--dry-run")) {
    const std::size_t width = command.output().width;
    command.out(world_banner(command.host().world, command.output().color));
    command.out(width > 0 ? fit_lines(planned, width) : planned);
  } else {
    command.err(planned);
  }
  if (const std::string why = why_refused(wanted.unreachable, plan, discovery); !why.empty()) {
    command.err("refused: " + why + " (--on-unreachable fail); nothing was sent\n");
    co_return kExitUnknown;
  }
  if (invocation.has("--dry-run")) co_return kExitOk;
  CO_TRY(std::string confirmed, co_await confirm(command, plan));
  CO_TRY_VOID(co_await check_rails(command, work, plan));
  const std::string world = world_label(command, work.session.get());
  CO_TRY(OpenLedger ledger, open_ledger(command, world, LedgerUse::write));
  adapters::SsmCommands port(*work.session, spec);
  port.use_secrets(std::move(wanted.secrets));
  RunOrder order;
  order.confirmed = std::move(confirmed);
  order.header.selector = join(invocation.values("--select"), " and ");
  order.header.reason = invocation.value("--reason").value_or("");
  order.header.ticket = invocation.value("--ticket").value_or("");
  order.header.notify = storable_texts(notify);
  order.header.digest = ledger::to_hex(plan.digest(flow::spec_text(spec)));
  order.header.spec = std::move(spec);
  if (parent) order.header.parent = parent->run_id;
  order.header.policy = std::move(wanted.policy);
  order.header.policy.scopes_at_once = static_cast<std::uint32_t>(concurrency);
  order.header.policy.idempotent = invocation.has("--idempotent");
  order.plan = std::move(plan);
  CO_TRY(const RunCame run, co_await start_run(command, ledger, port, std::move(order)));
  const Result<void> answered = answer_run(command, run.result, discovery, names, world);
  co_await tell_of_run(command, work, ledger, run);
  if (!answered) co_return fail(answered.error());
  command.err(how_to_go_on(run));
  if (invocation.has("--max-rc") && !run.result.interrupted) co_return flow::worst_exit_code(run.result);
  co_return exit_code_of(run, discovery.problems.size());
}

rt::Task<Result<flow::CommandSpec>> chosen_command(const Command& command, const std::optional<ParentRun>& parent) {
  if (parent && !names_a_command(command.invocation())) co_return parent->spec;
  if (asks_for_document(command.invocation())) co_return chosen_document(command);
  co_return co_await chosen_script(command);
}

}  // namespace

rt::Task<Result<int>> run_run(const Command& command) {
  CO_TRY_VOID(refuse_literals(command.invocation()));
  Wanted wanted;
  CO_TRY(wanted.parent, co_await chosen_parent(command));
  CO_TRY(wanted.spec, co_await chosen_command(command, wanted.parent));
  CO_TRY_VOID(read_limits(command.invocation(), wanted.spec));
  CO_TRY_VOID(read_timing(command, wanted.policy));
  CO_TRY(wanted.unreachable, chosen_unreachable_rule(command.invocation()));
  CO_TRY(wanted.secrets, first_values(command, wanted.spec));
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
  Result<fleet::Discovery> discovery =
      co_await fleet::discover(command.ctx(), inventory, work.scopes, selector, options);
  if (!discovery) {
    co_await work.session->close();
    co_return fail(std::move(discovery).error());
  }
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
