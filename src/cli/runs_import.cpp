// runs import

#include <algorithm>

#include "adapters/command_port.hpp"
#include "adapters/history_source.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/run_ledger.hpp"
#include "flow/driver.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace runs_import {

constexpr std::chrono::hours kHistory(24 * 30);  // what Systems Manager keeps

/// What one scope has; its failure does not hide the others.
struct Found {
  Found() = default;
  std::vector<flow::PastCommand> commands;
  std::optional<Error> failure;
};

/// Which commands are wanted.
struct Wanted {
  Wanted() = default;
  WallTime since;
  std::string run;  ///< empty: all
};

class Asker {
 public:
  Asker(rt::CallContext ctx, adapters::AwsSession& session, const std::vector<fleet::ScopePtr>& scopes,
        const Wanted& wanted, std::vector<Found>& found)
      : ctx_(ctx), session_(&session), scopes_(&scopes), wanted_(&wanted), found_(&found) {}

  rt::Task<void> operator()(std::size_t index) const {
    Found& found = (*found_)[index];
    const Result<void> asked = co_await ask((*scopes_)[index], &found);
    if (!asked) found.failure = asked.error();
  }

 private:
  rt::Task<Result<void>> ask(fleet::ScopePtr scope, Found* found) const {
    adapters::SsmHistory history(*session_);
    adapters::SsmCommands port(*session_);
    CO_TRY(found->commands, co_await history.commands(ctx_, scope, wanted_->since));
    std::erase_if(found->commands, [this](const flow::PastCommand& command) {
      const std::optional<flow::Mark> mark = flow::parse_comment(command.comment);
      return !mark || (!wanted_->run.empty() && mark->run != wanted_->run);
    });
    for (flow::PastCommand& command : found->commands) {
      CO_TRY(command.invocations, co_await port.invocations(ctx_, scope, command.command_id));
    }
    co_return Result<void>();
  }

  rt::CallContext ctx_;
  adapters::AwsSession* session_;
  const std::vector<fleet::ScopePtr>* scopes_;
  const Wanted* wanted_;
  std::vector<Found>* found_;
};

Result<Wanted> chosen(const Command& command) {
  const Invocation& invocation = command.invocation();
  if (!invocation.has("--from-remote")) {
    return fail(ErrorKind::usage, "say where from: --from-remote reads what Systems Manager has of postern's commands");
  }
  Wanted wanted;
  std::chrono::seconds back = kHistory;
  if (const auto text = invocation.value("--since")) {
    TRY(back, parse_duration(*text, "--since"));
    if (back.count() <= 0 || back > kHistory) {
      return fail(ErrorKind::usage, "--since: Systems Manager keeps commands for 30 days");
    }
  }
  wanted.since = command.ctx().clock().wall_now() - back;
  wanted.run = to_upper(invocation.value("--run").value_or(""));
  const bool good = wanted.run.empty() || flow::parse_comment("postern op=" + wanted.run).has_value();
  if (!good) return fail(ErrorKind::usage, "--run: " + printable(wanted.run, 60) + " is no run's id");
  return wanted;
}

/// A whole run into the ledger, in one go; it is nobody else's.
rt::Task<Result<void>> write_run(const Command& command, OpenLedger& ledger, flow::ImportedRun run) {
  const rt::CallContext ctx = command.ctx();
  flow::JournalOptions options = journal_options(command, ledger.world);
  CO_TRY(const std::unique_ptr<flow::Journal> journal,
         co_await flow::Journal::create(ctx, *ledger.store, std::move(run.header), run.plan, std::move(options)));
  bool closed = false;
  Result<void> written;
  for (std::size_t i = 0; i < run.records.size() && written; ++i) {
    written = journal->model().apply(run.records[i], ctx.clock().wall_now());
    if (!written) break;
    closed = journal->model().closed();
    std::vector<flow::RunRecord> one;
    one.push_back(std::move(run.records[i]));
    // Outputs with the first of the records that follow the plan: no record may refer to what is not there.
    std::vector<ledger::Blob> blobs = i == 0 ? std::move(run.blobs) : std::vector<ledger::Blob>();
    std::string summary = flow::run_summary(journal->model());
    written = co_await journal->append(ctx, std::move(one), std::move(blobs), std::move(summary));
  }
  co_await journal->close(ctx, closed);
  co_return written;
}

Json row_of(const flow::ImportedRun& run, std::string_view what) {
  return Json::object()
      .set("id", run.header.run_id)
      .set("sent", format_rfc3339(run.first))
      .set("commands", run.plan.batches.size())
      .set("targets", run.plan.targets.size())
      .set("open", run.open)
      .set("succeeded", run.totals.succeeded)
      .set("failed", run.totals.failed)
      .set("unknown", run.totals.unknown)
      .set("what", what);
}

Answer answer_of(const Command& command, const OpenLedger& ledger, Json rows, Json problems) {
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object()
                        .set("schema", "postern.import/1")
                        .set("world", ledger.world)
                        .set("runs", std::move(rows))
                        .set("problems", std::move(problems));
  answer.rows_key = "runs";
  answer.markdown_title = "Imported runs";
  answer.columns.push_back(id_column("RUN", 0, "id"));
  answer.columns.push_back(member_column("SENT", 2, "sent"));
  for (const auto& [title, key] : {std::pair("COMMANDS", "commands"), std::pair("TARGETS", "targets"),
                                   std::pair("OPEN", "open"), std::pair("FAILED", "failed")}) {
    answer.columns.push_back(member_column(title, 1, key));
  }
  answer.columns.push_back(member_column("", 0, "what"));
  return answer;
}

rt::Task<Result<int>> import_from(const Command& command, AwsWork& work, const Wanted& wanted,
                                  std::size_t concurrency) {
  const rt::CallContext ctx = command.ctx();
  std::vector<Found> found(work.scopes.size());
  const Asker ask(ctx, *work.session, work.scopes, wanted, found);
  co_await rt::for_each_bounded(work.scopes.size(), concurrency, ask);
  const bool cancelled = co_await rt::is_cancelled();
  if (cancelled) co_return fail(ErrorKind::cancelled, "interrupted");
  std::vector<flow::PastCommand> commands;
  fleet::Discovery asked;  // for its way of telling problems
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (flow::PastCommand& one : found[i].commands) commands.push_back(std::move(one));
    if (!found[i].failure) continue;
    asked.problems.emplace_back(work.scopes[i], *found[i].failure);
  }
  command.err(summarize_problems(asked));
  const std::size_t failed = asked.problems.size();
  if (failed > 0 && failed == found.size()) co_return fail(std::move(*found.front().failure));
  const std::string world = world_label(command, work.session.get());
  CO_TRY(OpenLedger ledger, open_ledger(command, world, LedgerUse::write));
  const std::string who = operator_name(command);
  Json rows = Json::array();
  for (flow::ImportedRun& run : flow::put_together(std::move(commands), world, who)) {
    std::string stream = flow::run_stream(run.header.run_id);
    CO_TRY(const std::optional<ledger::StreamInfo> known, co_await ledger.store->find(ctx, std::move(stream)));
    if (known) {
      rows.push_back(row_of(run, "known already"));
      continue;
    }
    // A scope that could not be asked may have had more of it: what was seen is kept, and said.
    rows.push_back(row_of(run, failed > 0 ? "imported in part" : "imported"));
    CO_TRY_VOID(co_await write_run(command, ledger, std::move(run)));
  }
  const Answer answer = answer_of(command, ledger, std::move(rows), problems_json(asked));
  CO_TRY_VOID(command.answer(answer));
  co_return failed > 0 ? kExitUnknown : kExitOk;
}

}  // namespace runs_import

rt::Task<Result<int>> run_runs_import(const Command& command) {
  CO_TRY(const runs_import::Wanted wanted, runs_import::chosen(command));
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::operate));
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  Result<int> code = co_await runs_import::import_from(command, work, wanted, concurrency);
  co_await work.session->close();
  co_return code;
}

}  // namespace postern::cli
