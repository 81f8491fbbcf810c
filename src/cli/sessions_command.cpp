// audit sessions

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/session_record.hpp"
#include "cli/size_text.hpp"

namespace postern::cli {
namespace sessions_command {

constexpr int kLimitMax = 10'000;
constexpr std::size_t kPage = 200;

std::string text_of(const Json& row, std::string_view key) {
  return std::string(row[key].to_string().value_or(""));
}

std::string size_of(const Json& count) {
  return size_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, count.to_int().value_or(0))));
}

std::string end_text(const Json& row) {
  const std::string status = text_of(row, "status");
  if (status != "ended") return status;
  const auto code = row["exit_code"].to_int();
  return text_of(row, "cause") + (code ? ", exit " + std::to_string(*code) : "");
}

Answer answer_of(Json rows) {
  Answer answer;
  const std::size_t count = rows.size();
  answer.document = Json::object().set("schema", "postern.sessions/1").set("sessions", std::move(rows));
  answer.rows_key = "sessions";
  answer.markdown_title = "Sessions";
  answer.columns.push_back(id_column("ASKED AT", 0, "asked_at"));
  answer.columns.push_back(member_column("OPERATOR", 3, "operator"));
  answer.columns.push_back(member_column("HOW", 2, "verb"));
  answer.columns.push_back(id_column("NODE", 0, "target"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(id_column("ACCOUNT", 4, "account_id"));
  answer.columns.push_back(member_column("REASON", 3, "reason"));
  answer.columns.emplace_back("END", 1, [](const Json& row) { return term::Cell(end_text(row)); });
  answer.columns.emplace_back("SENT", 5, [](const Json& row) {
    return term::Cell(size_of(row["bytes_to_node"]));
  });
  answer.columns.emplace_back("RECEIVED", 5, [](const Json& row) {
    return term::Cell(size_of(row["bytes_from_node"]));
  });
  answer.table_footer = plural(count, "session") + "\n";
  return answer;
}

rt::Task<Result<Json>> read_rows(const Command& command, ledger::Store& store, std::size_t limit) {
  Json rows = Json::array();
  std::string before;
  while (rows.size() < limit) {
    const std::size_t most = std::min(kPage, limit - rows.size());
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await store.list(command.ctx(), std::string(kSessionPrefix), before, most));
    if (page.empty()) break;
    for (const ledger::StreamInfo& info : page) rows.push_back(session_row(info));
    before = page.back().id;
  }
  co_return rows;
}

}  // namespace sessions_command

rt::Task<Result<int>> run_audit_sessions(const Command& command) {
  int limit = 20;
  if (const auto text = command.invocation().value("--limit")) {
    CO_TRY(limit, parse_count(*text, "--limit", 1, sessions_command::kLimitMax));
  }
  Result<OpenLedger> ledger = open_ledger(command, world_without_session(command), LedgerUse::look);
  Json rows = Json::array();
  if (ledger) {
    CO_TRY(rows, co_await sessions_command::read_rows(command, *ledger->store, static_cast<std::size_t>(limit)));
  } else if (ledger.error().kind() != ErrorKind::not_found) {
    co_return fail(std::move(ledger).error());
  }
  CO_TRY_VOID(command.answer(sessions_command::answer_of(std::move(rows))));
  co_return 0;
}

}  // namespace postern::cli
