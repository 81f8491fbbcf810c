// run

#include <algorithm>
#include <map>
#include <set>

#include "adapters/command_port.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "cli/run_interrupt.hpp"
#include "cli/run_report.hpp"
#include "cli/script.hpp"
#include "flow/exit_code.hpp"
#include "rt/uncancelled.hpp"
#include "term/node_set.hpp"
#include "term/progress.hpp"
#include "term/table.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kNamesMax = 16 * 1024;

Result<void> read_limits(const Invocation& invocation, flow::CommandSpec& spec) {
  spec.comment = invocation.value("--comment").value_or("");
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

std::size_t account_count(const flow::RunPlan& plan) {
  std::set<std::string> accounts;
  for (const flow::PlannedBatch& batch : plan.batches) accounts.insert(batch.batch.scope().account.text());
  return accounts.size();
}

std::string plan_text(const flow::RunPlan& plan, const std::string& runs, const TargetNames& names) {
  std::string out = "Plan: " + plural(plan.targets(), "target") + " in " + plural(account_count(plan), "account") +
                    ", " + plural(plan.batches.size(), "command") + "\n";
  std::vector<term::Column> columns(3);
  for (term::Column& column : columns) column.cut = term::Cut::never;
  term::Table table(std::move(columns));
  for (const flow::PlannedBatch& batch : plan.batches) {
    std::vector<term::Cell> cells;
    cells.emplace_back("  " + batch.batch.scope().label());
    cells.emplace_back(std::string(document_of(batch.shell)));
    cells.emplace_back(plural(batch.batch.ids().size(), "target"));
    table.add(std::move(cells));
  }
  term::TableOptions options;
  options.header = term::Header::hidden;
  out += table.render(options).text;
  out += "  runs: " + runs + "\n";
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

class RunProgress final : public flow::RunObserver {
 public:
  RunProgress(const Command& command, std::size_t total)
      : command_(command), printer_(*command.host().console, term::Color::off), started_(command.ctx().now()) {
    progress_.label = "run";
    progress_.total = total;
  }
  void on_sent(const fleet::Batch& batch, const std::string& command_id) override {
    sent_.emplace_back(batch.scope_ptr(), command_id);
    sent_.back().instances = batch.ids();
    if (command_.ctx().explainer().wants("run")) {
      command_.ctx().explainer().explain("run", batch.scope().label() + ": command " + command_id + " for " +
                                                    std::to_string(batch.ids().size()) + " targets");
    }
  }
  void on_progress(const flow::Totals& done, std::size_t running) override {
    progress_.succeeded = done.succeeded;
    progress_.failed = done.failed;
    progress_.skipped = done.skipped;
    progress_.unknown = done.unknown;
    progress_.running = running;
    progress_.elapsed = command_.ctx().now() - started_;
    printer_.draw(progress_, command_.ctx().now());
  }
  void on_note(std::string_view text) override { printer_.note(printable(text, 400)); }
  void finish() { printer_.clear(); }
  /// The run has ended, and left these behind.
  void left(std::vector<flow::LeftCommand> commands) { sent_ = std::move(commands); }
  /// For those who leave while it runs.
  std::string last_words() const {
    return sent_.empty() ? std::string() : "sent, and may still be running:\n" + stop_lines(sent_);
  }

 private:
  const Command& command_;
  term::ProgressPrinter printer_;
  term::Progress progress_;
  MonoTime started_;
  std::vector<flow::LeftCommand> sent_;
};

/// The rails before the first write: one world, and every scope's credentials in its own account. Nothing has been
/// sent.
rt::Task<Result<void>> check_rails(const Command& command, AwsWork& work, const flow::RunPlan& plan) {
  std::set<std::string> seen;
  for (const flow::PlannedBatch& batch : plan.batches) {
    const fleet::Scope& scope = batch.batch.scope();
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

Result<void> answer_run(const Command& command, const flow::RunResult& run, const fleet::Discovery& discovery,
                        const TargetNames& names, std::string_view world) {
  const OutputOptions& options = command.output();
  if (options.format == Format::table && !options.query) {
    const Grouping grouping = command.invocation().has("--by-target") ? Grouping::by_target : Grouping::gathered;
    command.out(world_banner(command.host().world, options.color) + run_text(run, discovery, names, options, grouping));
    return Result<void>();
  }
  Answer answer;
  answer.document = run_document(run, discovery, world);
  answer.rows_key = "targets";
  answer.markdown_title = "Run " + run.run_id;
  for (const char* column : {"account_id", "region", "instance_id", "status", "exit_code", "reason"}) {
    answer.columns.push_back(member_column(column, 0, column));
  }
  return command.answer(answer);
}

rt::Task<Result<int>> run_on(const Command& command, AwsWork& work, const fleet::Discovery& discovery,
                             flow::CommandSpec spec, std::size_t concurrency) {
  const Invocation& invocation = command.invocation();
  const TargetNames names = target_names(discovery.instances);
  flow::RunPlan plan = flow::plan_run(discovery.instances);
  if (discovery.scopes_asked > 0 && discovery.problems.size() == discovery.scopes_asked) {
    command.err(summarize_problems(discovery));
    co_return exit_code_of(discovery);
  }
  for (const std::string& oddity : discovery.oddities) command.err("warning: " + printable(oddity) + "\n");
  // With --dry-run the plan is the answer; otherwise it is said while the work goes on.
  const std::string planned = plan_text(plan, describe_script(invocation), names) + summarize_problems(discovery);
  if (invocation.has("--dry-run")) {
    const std::size_t width = command.output().width;
    command.out(world_banner(command.host().world, command.output().color));
    command.out(width > 0 ? fit_lines(planned, width) : planned);
  } else {
    command.err(planned);
  }
  if (invocation.has("--dry-run")) co_return kExitOk;
  if (plan.targets() > 0 && !invocation.has("--yes")) {
    if (!command.host().console->is_tty(os::StdStream::in)) {
      co_return fail(ErrorKind::usage, "there is no terminal to ask on: --yes runs the plan, --dry-run only shows it");
    }
    CO_TRY(const bool yes, co_await ask_yes(command, plural(account_count(plan), "account") + ", " +
                                                         plural(plan.targets(), "instance") + ". Proceed?"));
    if (!yes) co_return fail(Error(ErrorKind::refused, "not confirmed: nothing was sent"));
  }
  CO_TRY_VOID(co_await check_rails(command, work, plan));
  adapters::SsmCommands port(*work.session);
  RunProgress progress(command, plan.targets() + plan.skipped.size());
  flow::RunOptions options;
  options.concurrency = concurrency;
  const LeaveNote note(command, [&progress] { return progress.last_words(); });
  flow::RunResult run =
      co_await flow::run_plain(command.ctx(), port, std::move(plan), std::move(spec), options, progress);
  progress.finish();
  progress.left(flow::left_running(run));
  co_await rt::uncancelled(settle_left_running(command, port, run, chosen_on_interrupt(command)));
  const bool custom = work.session->world("") == adapters::World::custom;
  std::string world = custom ? "custom" : "aws";
  if (!command.host().world.empty()) world = command.host().world;
  CO_TRY_VOID(answer_run(command, run, discovery, names, world));
  if (invocation.has("--max-rc") && !run.interrupted) co_return flow::worst_exit_code(run);
  co_return flow::exit_code_of(run, discovery.problems.size());
}

}  // namespace

rt::Task<Result<int>> run_run(const Command& command) {
  CO_TRY(flow::CommandSpec spec, co_await chosen_script(command));
  CO_TRY_VOID(read_limits(command.invocation(), spec));
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::operate));
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
  adapters::AwsInventory inventory(*work.session);
  fleet::DiscoverOptions options;
  options.concurrency = concurrency;
  Result<fleet::Discovery> discovery =
      co_await fleet::discover(command.ctx(), inventory, work.scopes, selector, options);
  if (!discovery) {
    co_await work.session->close();
    co_return fail(std::move(discovery).error());
  }
  Result<int> code = co_await run_on(command, work, *discovery, std::move(spec), concurrency);
  co_await work.session->close();
  co_return code;
}

}  // namespace postern::cli
