// accounts list, accounts check

#include <algorithm>

#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace {

std::string tags_text(const fleet::Tags& tags) {
  std::string text;
  for (const auto& [key, value] : tags) text.append(text.empty() ? "" : " ").append(key).append("=").append(value);
  return text;
}

std::string regions_text(const Json& row) {
  std::string text;
  const Json& regions = row["regions"];
  for (const Json& region : regions.items()) text.append(text.empty() ? "" : " ").append(region.as_string());
  return text;
}

constexpr std::size_t kRegionsShown = 3;
constexpr std::size_t kIdentityColumns = 32;  // narrower, it says nothing: REGIONS and ACCESS go first

/// "us-east-1 eu-west-1", or how many when they are more.
std::string short_regions(const Json& row) {
  const std::size_t count = row["regions"].items().size();
  return count > kRegionsShown ? std::to_string(count) + " Regions" : regions_text(row);
}

/// "role PosternOperator" of "role arn:aws:iam::444455556666:role/PosternOperator": the account stands beside it.
std::string short_access(const Json& row) {
  const std::string access(row["access"].to_string().value_or(""));
  return access.starts_with("role arn:") ? "role " + access.substr(access.rfind('/') + 1) : access;
}

/// Who we are there without "arn:aws:sts::ACCOUNT:", or why not: a table's line. What can be done stands below it.
std::string short_identity(const Json& row) {
  const auto arn = row["arn"].to_string();
  if (!arn) return std::string(row["error"]["message"].to_string().value_or(""));
  const std::vector<std::string_view> parts = split(*arn, ':');
  return std::string(parts.back());
}

Json tags_json(const fleet::Tags& tags) {
  Json json = Json::object();
  for (const auto& [key, value] : tags) json.set(key, value);
  return json;
}

/// One way into one account, and the Regions that the command is about there.
struct AccountRow {
  AccountRow() = default;
  fleet::ScopePtr scope;
  std::vector<std::string> regions;
  std::optional<Result<aws::auth::CallerIdentity>> identity;
};

std::vector<AccountRow> account_rows(const std::vector<fleet::ScopePtr>& scopes) {
  std::vector<AccountRow> rows;
  for (const fleet::ScopePtr& scope : scopes) {
    const bool same =
        !rows.empty() && rows.back().scope->account == scope->account && rows.back().scope->access == scope->access;
    if (!same) {
      rows.emplace_back();
      rows.back().scope = scope;
    }
    rows.back().regions.push_back(scope->region.text());
  }
  return rows;
}

class IdentityAsker {
 public:
  IdentityAsker(rt::CallContext ctx, adapters::AwsSession& session, std::vector<AccountRow>& rows)
      : ctx_(ctx), session_(&session), rows_(&rows) {}
  rt::Task<void> operator()(std::size_t index) const {
    AccountRow& row = (*rows_)[index];
    Result<aws::CallScope> call = session_->call_scope(*row.scope);
    if (!call) {
      row.identity.emplace(fail(std::move(call).error()));
      co_return;
    }
    Result<aws::auth::CallerIdentity> identity = co_await session_->identities().verify(ctx_, std::move(*call));
    if (!identity && identity.error().kind() == ErrorKind::refused && identity.error().context("rail").empty())
      identity.error().with("rail", "identity");
    row.identity.emplace(std::move(identity));
  }

 private:
  rt::CallContext ctx_;
  adapters::AwsSession* session_;
  std::vector<AccountRow>* rows_;
};

Json row_json(const AccountRow& row) {
  const fleet::Scope& scope = *row.scope;
  Json json = Json::object();
  const bool ok = row.identity && row.identity->has_value();
  const std::string id = scope.account.empty() && ok ? (*row.identity)->account_id : scope.account.text();
  json.set("account_id", id).set("name", scope.account_name.empty() ? id : scope.account_name);
  json.set("status", ok ? "ok" : "failed");
  Json regions = Json::array();
  for (const std::string& region : row.regions) regions.push_back(region);
  json.set("regions", std::move(regions))
      .set("access", scope.access.describe())
      .set("tags", tags_json(scope.account_tags));
  if (ok) {
    json.set("arn", (*row.identity)->arn);
  } else if (row.identity) {
    json.set("error", problem_json(scope, row.identity->error())["error"]);
  }
  return json;
}

Answer check_answer(const std::vector<AccountRow>& rows, std::size_t failed, Format format) {
  Answer answer;
  Json accounts = Json::array();
  for (const AccountRow& row : rows) accounts.push_back(row_json(row));
  answer.document = Json::object().set("schema", "postern.accounts/1").set("accounts", std::move(accounts));
  answer.rows_key = "accounts";
  answer.markdown_title = "AWS accounts overview";
  answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.emplace_back("STATUS", 0, [](const Json& row) {
    const bool ok = row["status"].to_string() == "ok";
    return term::Cell(ok ? "ok" : "failed", ok ? term::Style::good : term::Style::bad);
  });
  if (format == Format::table) {
    answer.columns.emplace_back("REGIONS", 3, [](const Json& row) { return term::Cell(short_regions(row)); });
    answer.columns.back().cut = term::Cut::never;
    answer.columns.emplace_back("ACCESS", 4, [](const Json& row) { return term::Cell(short_access(row)); });
    answer.columns.back().cut = term::Cut::never;
    answer.columns.emplace_back("IDENTITY OR REASON", 2,
                                [](const Json& row) { return term::Cell(short_identity(row)); });
    answer.columns.back().min_width = kIdentityColumns;
  } else {
    answer.columns.emplace_back("REGIONS", 3, [](const Json& row) { return term::Cell(regions_text(row)); });
    answer.columns.push_back(member_column("ACCESS", 4, "access"));
    answer.columns.emplace_back("IDENTITY OR REASON", 2, [](const Json& row) {
      const auto arn = row["arn"].to_string();
      return term::Cell(std::string(arn ? *arn : row["error"]["message"].to_string().value_or("")));
    });
  }
  answer.table_footer = std::to_string(rows.size() - failed) + " of " + std::to_string(rows.size()) + " accounts ok\n";
  return answer;
}

}  // namespace

rt::Task<Result<int>> run_accounts_list(const Command& command) {
  CO_TRY(const std::optional<fleet::FleetFile> fleet, command.load_fleet());
  if (!fleet)
    co_return fail(ErrorKind::usage,
                   "no fleet file: give --fleet FILE, or write one with: postern init -O postern.yaml");
  Answer answer;
  Json accounts = Json::array();
  for (const fleet::Account& account : fleet->accounts) {
    Json row = Json::object();
    row.set("account_id", account.id.text()).set("name", account.name);
    const std::string& role = account.roles.get(fleet::Duty::operate);
    row.set("role", role.empty() ? fleet->defaults.roles.get(fleet::Duty::operate) : role);
    row.set("profile", account.profile);
    Json regions = Json::array();
    for (const fleet::Region& region : account.regions.empty() ? fleet->defaults.regions : account.regions)
      regions.push_back(region.text());
    row.set("regions", std::move(regions)).set("tags", tags_json(account.tags));
    row.set("tag_text", tags_text(account.tags));
    accounts.push_back(std::move(row));
  }
  answer.document = Json::object().set("schema", "postern.account_list/1").set("accounts", std::move(accounts));
  answer.rows_key = "accounts";
  answer.markdown_title = "AWS accounts";
  answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
  answer.columns.push_back(member_column("NAME", 0, "name"));
  answer.columns.push_back(member_column("ROLE", 1, "role"));
  answer.columns.push_back(member_column("PROFILE", 2, "profile"));
  answer.columns.emplace_back("REGIONS", 2, [](const Json& row) { return term::Cell(regions_text(row)); });
  answer.columns.push_back(member_column("TAGS", 3, "tag_text"));
  CO_TRY_VOID(command.answer(answer));
  co_return kExitOk;
}

rt::Task<Result<int>> run_accounts_check(const Command& command) {
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  adapters::AwsSession& session = *work.session;
  CO_TRY_VOID(co_await require_hub(command, work));
  std::vector<AccountRow> rows = account_rows(work.scopes);
  const IdentityAsker ask(command.ctx(), session, rows);
  co_await rt::for_each_bounded(rows.size(), concurrency, ask);
  co_await session.close();
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");

  std::size_t failed = 0;
  bool all_unasked = true;
  for (const AccountRow& row : rows) {
    if (row.identity->has_value()) continue;
    ++failed;
    // An account that refuses us has been checked; without an answer, or with one that makes no sense, it has not.
    all_unasked = all_unasked && row.identity->error().kind() != ErrorKind::denied;
  }
  CO_TRY_VOID(command.answer(check_answer(rows, failed, command.output().format)));
  for (const AccountRow& row : rows) {
    if (!row.identity->has_value()) command.err("\n" + describe_problem(*row.scope, row.identity->error()));
  }
  if (failed == 0) co_return kExitOk;
  if (failed == rows.size() && all_unasked) co_return exit_code_of(rows.front().identity->error());
  co_return kExitTargetFailed;
}

}  // namespace postern::cli
