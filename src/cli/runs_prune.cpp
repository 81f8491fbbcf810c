// runs prune

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "cli/run_ledger.hpp"
#include "flow/driver.hpp"

namespace postern::cli {
namespace runs_prune {

constexpr std::size_t kStreamsPerPage = 200;
constexpr int kKeepMax = 1'000'000;

/// Which runs may go.
struct Rule {
  Rule() = default;
  std::optional<WallTime> before;  ///< opened before this
  std::size_t keep = 0;            ///< so many of the newest stay in any case
};

/// A run and what becomes of it.
struct Row {
  Row() = default;
  ledger::StreamInfo info;
  std::string id;
  std::string status;
  std::string kept;  ///< why it stays; empty: it goes
};

Result<Rule> chosen_rule(const Command& command) {
  const Invocation& invocation = command.invocation();
  const auto older = invocation.value("--older-than");
  const auto keep = invocation.value("--keep");
  if (!older && !keep) {
    return fail(ErrorKind::usage, "which runs? Say --older-than 90d, or --keep 100, or both");
  }
  Rule rule;
  if (older) {
    TRY(const std::chrono::seconds age, parse_duration(*older, "--older-than"));
    rule.before = command.ctx().clock().wall_now() - age;
  }
  if (keep) {
    TRY(const int count, parse_count(*keep, "--keep", 0, kKeepMax));
    rule.keep = static_cast<std::size_t>(count);
  }
  return rule;
}

/// Runs that a rule lets go, as far as lists tell: what they say is not part of the chain.
rt::Task<Result<std::vector<Row>>> candidates(const Command& command, ledger::Store& store, const Rule& rule) {
  std::vector<Row> rows;
  std::string before;
  std::size_t seen = 0;
  for (;;) {
    CO_TRY(std::vector<ledger::StreamInfo> page,
           co_await store.list(command.ctx(), std::string(kRunPrefix), before, kStreamsPerPage));
    if (page.empty()) co_return rows;
    before = page.back().id;
    for (ledger::StreamInfo& info : page) {
      if (info.pruned) continue;
      const bool kept = ++seen <= rule.keep || (rule.before && info.created >= *rule.before);
      if (kept) continue;
      Row row;
      row.id = info.id.substr(kRunPrefix.size());
      row.info = std::move(info);
      rows.push_back(std::move(row));
    }
  }
}

/// Only what is over goes, and only while its chain is whole: a run that somebody tampered with is evidence.
rt::Task<void> examine(const Command& command, OpenLedger& ledger, Row* row) {
  const Result<std::unique_ptr<flow::RunModel>> model =
      co_await flow::read_run(command.ctx(), *ledger.store, ledger.world, row->id);
  if (!model) {
    row->status = "unreadable";
    row->kept = "it cannot be read: " + model.error().message();
    co_return;
  }
  row->status = flow::run_status(**model);
  const bool never_begun = !(*model)->started();
  if (!(*model)->closed() && !never_begun) row->kept = "it is not over";
}

std::string tombstone(const Command& command, const Row& row) {
  const Result<Json> summary = Json::parse(row.info.summary);
  Json out = Json::object().set("schema", "postern.run-summary/1").set("status", "pruned").set("was", row.status);
  out.set("pruned", format_rfc3339(command.ctx().clock().wall_now()));
  out.set("pruned_by", operator_name(command));
  out.set("records", row.info.version).set("head", ledger::to_hex(row.info.head));
  for (const char* key : {"operator", "targets", "succeeded", "failed", "skipped", "unknown"}) {
    if (summary && summary->contains(key)) out.set(key, (*summary)[key]);
  }
  return out.dump();
}

rt::Task<Result<void>> remove(const Command& command, OpenLedger& ledger, const Row& row) {
  // The chain of heads first: it then says who is missing and with which head.
  CO_TRY_VOID(co_await flow::note_run_head(command.ctx(), *ledger.store, ledger.world, row.id, "pruned", row.info));
  co_return co_await ledger.store->prune(command.ctx(), row.info.id, row.info.version, tombstone(command, row));
}

Answer answer_of(const Command& command, const OpenLedger& ledger, const std::vector<Row>& rows, bool dry) {
  Json list = Json::array();
  std::size_t gone = 0;
  for (const Row& row : rows) {
    if (row.kept.empty()) ++gone;
    list.push_back(Json::object()
                       .set("id", row.id)
                       .set("opened", format_rfc3339(row.info.created))
                       .set("status", row.status)
                       .set("records", row.info.version)
                       .set("head", ledger::to_hex(row.info.head))
                       .set("pruned", row.kept.empty() && !dry)
                       .set("what", row.kept.empty() ? (dry ? "would go" : "gone") : "stays: " + row.kept));
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object()
                        .set("schema", "postern.prune/1")
                        .set("world", ledger.world)
                        .set("dry_run", dry)
                        .set("pruned", dry ? 0 : gone)
                        .set("runs", std::move(list));
  answer.rows_key = "runs";
  answer.markdown_title = "Pruned runs";
  answer.columns.push_back(id_column("RUN", 0, "id"));
  answer.columns.push_back(member_column("OPENED", 2, "opened"));
  answer.columns.push_back(member_column("STATUS", 0, "status"));
  answer.columns.push_back(member_column("RECORDS", 1, "records"));
  answer.columns.push_back(member_column("", 0, "what"));
  return answer;
}

}  // namespace runs_prune

rt::Task<Result<int>> run_runs_prune(const Command& command) {
  using namespace runs_prune;
  CO_TRY(const Rule rule, chosen_rule(command));
  const bool dry = command.invocation().has("--dry-run");
  CO_TRY(OpenLedger ledger,
         open_ledger(command, world_without_session(command), dry ? LedgerUse::look : LedgerUse::write));
  CO_TRY(std::vector<Row> rows, co_await candidates(command, *ledger.store, rule));
  std::size_t going = 0;
  for (Row& row : rows) {
    co_await examine(command, ledger, &row);
    if (row.kept.empty()) ++going;
  }
  if (!dry && going > 0 && !command.invocation().has("--yes")) {
    if (!can_ask(command)) {
      co_return fail(ErrorKind::usage,
                     "there is no terminal to ask on: --yes prunes, --dry-run only shows what would go");
    }
    CO_TRY(const bool yes, co_await ask_yes(command, "Remove " + plural(going, "run") + " with outputs for good?"));
    if (!yes) co_return fail(Error(ErrorKind::refused, "not confirmed: nothing was removed"));
  }
  if (!dry) {
    for (Row& row : rows) {
      if (!row.kept.empty()) continue;
      Result<void> removed = co_await remove(command, ledger, row);
      if (!removed && removed.error().kind() != ErrorKind::conflict) co_return fail(std::move(removed).error());
      if (!removed) row.kept = "somebody works on it";
    }
  }
  const Answer answer = answer_of(command, ledger, rows, dry);
  CO_TRY_VOID(command.answer(answer));
  co_return kExitOk;
}

}  // namespace postern::cli
