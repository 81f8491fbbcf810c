// targets

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "cli/target_json.hpp"

namespace postern::cli {
namespace {

term::Cell ssm_cell(const Json& row) {
  const std::string status(row["ssm"]["status"].to_string().value_or(""));
  const term::Style style = status == "online"    ? term::Style::good
                            : status == "unknown" ? term::Style::warning
                                                  : term::Style::bad;
  return term::Cell(status, style);
}

Answer targets_answer(const Command& command, const fleet::Discovery& discovery, const fleet::Selector& selector) {
  Answer answer;
  Json targets = Json::array();
  for (const fleet::Instance& instance : discovery.instances) targets.push_back(target_json(instance));
  answer.document = Json::object();
  answer.document.set("schema", "postern.targets/1").set("selector", selector.to_text());
  answer.document.set("digest", fleet::resolution_digest(selector, discovery.instances));
  answer.document.set("targets", std::move(targets)).set("problems", problems_json(discovery));
  answer.rows_key = "targets";
  answer.markdown_title = "Targets";
  answer.columns.push_back(member_column("ACCOUNT", 2, "account"));
  answer.columns.push_back(id_column("REGION", 3, "region"));
  answer.columns.push_back(id_column("INSTANCE", 0, "instance_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(member_column("STATE", 2, "state"));
  answer.columns.push_back(member_column("PLATFORM", 4, "platform"));
  answer.columns.emplace_back("SSM", 0, ssm_cell);
  answer.columns.back().cut = term::Cut::never;
  answer.columns.emplace_back("AGENT", 5, [](const Json& row) {
    return term::Cell(std::string(row["ssm"]["agent_version"].to_string().value_or("")));
  });
  if (const auto tags = command.invocation().value("--columns")) {
    for (const std::string_view tag : split(*tags, ',')) {
      answer.columns.emplace_back(std::string(tag), 4, [key = std::string(tag)](const Json& row) {
        return term::Cell(std::string(row["tags"][key].to_string().value_or("")));
      });
    }
  }
  answer.table_footer =
      plural(discovery.instances.size(), "target") + " of " + plural(discovery.instances_seen, "instance") + " in " +
      plural(discovery.scopes_asked, "scope") +
      (discovery.problems.empty() ? "" : "; " + std::to_string(discovery.problems.size()) + " could not be asked") +
      "\n";
  return answer;
}

}  // namespace

rt::Task<Result<int>> run_targets(const Command& command) {
  fleet::DiscoverOptions options;
  CO_TRY(options.concurrency, chosen_concurrency(command));
  options.terminated_too = command.invocation().has("--all-states");
  int page_size = 1000;
  if (const auto text = command.invocation().value("--page-size")) {
    CO_TRY(page_size, parse_count(*text, "--page-size", 5, 1000));
  }
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  CO_TRY(const fleet::Selector selector, chosen_selector(command, work.fleet));
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, options.concurrency));
  adapters::AwsInventory inventory(*work.session, page_size);
  Result<fleet::Discovery> discovery =
      co_await fleet::discover(command.ctx(), inventory, work.scopes, selector, options);
  co_await work.session->close();
  if (!discovery) co_return fail(std::move(discovery).error());
  CO_TRY_VOID(command.answer(targets_answer(command, *discovery, selector)));
  for (const std::string& oddity : discovery->oddities) command.err("warning: " + printable(oddity) + "\n");
  if (const std::string problems = summarize_problems(*discovery); !problems.empty()) command.err("\n" + problems);
  co_return exit_code_of(*discovery);
}

}  // namespace postern::cli
