// permissions

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "cli/permissions_order.hpp"

namespace postern::cli {
namespace permissions_command {

using access::Permission;

/// "a, b" of a list or a single text.
std::string joined(const Json& value) {
  if (value.is_string()) return value.as_string();
  std::string out;
  for (const Json& each : value.items()) out.append(out.empty() ? "" : ", ") += each.as_string();
  return out;
}

/// "ssm:resourceTag/team = blue", every operator and key.
std::string condition_text(const Json& condition) {
  std::string out;
  for (const auto& [op, keys] : condition.members()) {
    for (const auto& [key, value] : keys.members()) {
      const std::string sign = op == "StringEquals" ? " = " : " " + op + " ";
      out += (out.empty() ? "" : "; ") + key + sign + joined(value);
    }
  }
  return out;
}

/// One row an action.
Answer as_answer(const Command& command, const AskedPermissions& asked, const std::vector<Permission>& all) {
  Json rows = Json::array();
  for (const Permission& each : all) {
    for (const auto& [action, why] : each.why) {
      rows.push_back(Json::object()
                         .set("statement", each.sid)
                         .set("action", action)
                         .set("resource", joined(each.statement["Resource"]))
                         .set("condition", condition_text(each.statement["Condition"]))
                         .set("why", why));
    }
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object()
                        .set("schema", "postern.permissions/1")
                        .set("holder", asked.order.holder == access::Holder::hub ? "hub" : "target")
                        .set("permissions", std::move(rows))
                        .set("policy", access::policy_document(all));
  answer.rows_key = "permissions";
  answer.markdown_title = "Permissions";
  answer.columns.push_back(member_column("STATEMENT", 0, "statement"));
  answer.columns.push_back(member_column("ACTION", 0, "action"));
  answer.columns.push_back(member_column("RESOURCE", 1, "resource"));
  answer.columns.push_back(member_column("CONDITION", 2, "condition"));
  answer.columns.push_back(member_column("WHY", 1, "why"));
  return answer;
}

/// The policy is what is attached: on a terminal too it is printed as such, unless another form is asked for.
bool as_policy(const Command& command) {
  const auto asked = command.invocation().value("--output");
  return !command.output().query && (!asked || *asked == "json");
}

}  // namespace permissions_command

rt::Task<Result<int>> run_permissions(const Command& command) {
  using namespace permissions_command;
  CO_TRY(const std::optional<fleet::FleetFile> fleet, command.load_fleet());
  CO_TRY(const AskedPermissions asked, permission_order(command.invocation(), fleet));
  CO_TRY(const std::vector<access::Permission> all, access::permissions(asked.order));
  for (const std::string& note : asked.notes) command.err("note: " + note + "\n");
  if (all.empty()) {
    command.err("note: " + plural(asked.order.commands.size(), "command") +
                " without need of any permission here: there is no policy to attach\n");
  } else if (const std::string note = access::size_note(all); !note.empty()) {
    command.err("note: " + note + "\n");
  }
  if (as_policy(command)) {
    command.out(access::policy_document(all).dump_pretty() + "\n");
  } else {
    CO_TRY_VOID(command.answer(as_answer(command, asked, all)));
  }
  co_return kExitOk;
}

}  // namespace postern::cli
