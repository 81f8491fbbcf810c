// dr prepare

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_prepare.hpp"
#include "cli/dr_show.hpp"
#include "cli/dr_work.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"

namespace postern::cli {
namespace dr_prepare_command {

Answer answer_of(const Command& command, const NodePreparation& work, const fleet::Discovery& discovery) {
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.dr_prepare/1").set("nodes", nodes_json(work));
  answer.document.set("roles", node_roles_json(work)).set("problems", problems_json(discovery));
  answer.rows_key = "nodes";
  answer.markdown_title = "Nodes and their roles";
  answer.columns.push_back(member_column("ACCOUNT", 2, "account"));
  answer.columns.push_back(id_column("REGION", 4, "region"));
  answer.columns.push_back(id_column("INSTANCE", 0, "instance_id"));
  answer.columns.push_back(member_column("NAME", 2, "name"));
  answer.columns.push_back(member_column("PROFILE", 3, "instance_profile"));
  answer.columns.push_back(member_column("ROLE", 1, "role"));
  answer.columns.emplace_back("STATUS", 0, [](const Json& row) {
    const std::string status(row["status"].to_string().value_or(""));
    const bool good = status == "ready" || status == "attached";
    return term::Cell(status, good                       ? term::Style::good
                              : status == "would_change" ? term::Style::warning
                                                         : term::Style::bad);
  });
  answer.columns.back().cut = term::Cut::never;
  answer.columns.push_back(member_column("REASON", 1, "reason"));
  return answer;
}

/// What nobody but a person can do.
std::string advice(const NodePreparation& work) {
  const auto& nodes = work.survey.nodes;
  const auto bare = static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), [](const auto& node) {
    return node.verdict == recovery::NodeVerdict::no_instance_profile ||
           node.verdict == recovery::NodeVerdict::profile_without_role;
  }));
  if (bare == 0) return {};
  return plural(bare, "instance") +
         " without a role: `postern render roles --for node` writes a role and an instance profile with both policies; "
         "attach the profile with\n    aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile "
         "Name=NAME\n";
}

rt::Task<Result<int>> prepare(const Command& command, DrWork& work, std::size_t concurrency) {
  const bool dry = command.invocation().has("--dry-run");
  if (!dry) CO_TRY_VOID(expect_writable(work.aws, "attaching a policy"));
  CO_TRY(const fleet::Selector selector, chosen_dr_selector(command, work.aws.fleet));
  fleet::DiscoverOptions options;
  options.concurrency = concurrency;
  adapters::AwsInventory inventory(*work.aws.session);
  CO_TRY(const fleet::Discovery found,
         co_await fleet::discover(command.ctx(), inventory, work.aws.scopes, selector, options));
  adapters::AwsNodeRoles port(*work.aws.session);
  CO_TRY(NodePreparation nodes,
         co_await look_at_nodes(command, port, found.instances, work.sites, work.staging, concurrency));
  command.err(describe_node_changes(nodes));
  if (nodes.changes.empty()) command.err("nothing to change\n");
  if (!dry && !nodes.changes.empty()) {
    CO_TRY_VOID(co_await agree(command, "Attach the policy to " + sum_of_node_changes(nodes) + "?", "attached"));
    CO_TRY_VOID(co_await attach_node_policies(command, port, nodes, concurrency));
  }
  CO_TRY_VOID(command.answer(answer_of(command, nodes, found)));
  command.err(advice(nodes));
  if (const std::string problems = summarize_problems(found); !problems.empty()) command.err("\n" + problems);
  const int asked = exit_code_of(found);
  const bool nothing_ran = asked != kExitOk && found.problems.size() == found.scopes_asked;
  const int code = exit_code_of(nodes);
  co_return nothing_ran || code == kExitOk || asked == kExitUnknown ? std::max(asked, code) : code;
}

}  // namespace dr_prepare_command

rt::Task<Result<int>> run_dr_prepare(const Command& command) {
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::rollout));
  Result<int> code = co_await dr_prepare_command::prepare(command, work, concurrency);
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace postern::cli
