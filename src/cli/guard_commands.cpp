// render guardrails, check tags

#include <algorithm>
#include <set>

#include "access/guardrails.hpp"
#include "adapters/role_source.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/resolve.hpp"
#include "cfn/terraform.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/render_endpoints.hpp"
#include "cli/render_roles.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace guard_commands {

using access::TagGuard;

/// The tags of --tag, or those of a rollout. A value may stand behind the key, as selectors have it.
std::vector<std::string> chosen_tags(const Invocation& invocation) {
  std::vector<std::string> tags;
  for (const std::string& text : invocation.values("--tag")) tags.push_back(text.substr(0, text.find('=')));
  if (tags.empty()) tags.assign(std::begin(access::kRolloutTags), std::end(access::kRolloutTags));
  return tags;
}

Result<void> check_tags(const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    // A pattern or variable in it would be read as one by IAM.
    if (!tag.empty() && tag.size() <= 128 && tag.find_first_of("*?$") == std::string::npos) continue;
    return fail(ErrorKind::usage,
                "--tag '" + printable(tag, 60) + "': a key of 1 to 128 characters without *, ? and $");
  }
  return {};
}

struct AccountTags {
  AccountTags() = default;
  fleet::ScopePtr scope;
  access::RoleFacts organization;
  std::optional<Error> problem;
};

struct Reader {
  Reader(rt::CallContext c, adapters::AwsSession& s, std::vector<AccountTags>& r) : ctx(c), session(&s), rows(&r) {}
  rt::Task<void> operator()(std::size_t index) const {
    AccountTags& row = (*rows)[index];
    adapters::AwsRoles roles(*session);
    Result<void> read =
        co_await roles.read_organization(ctx, row.scope->region.text(), row.scope->account.text(), row.organization);
    if (!read) row.problem = std::move(read).error();
  }
  rt::CallContext ctx;
  adapters::AwsSession* session;
  std::vector<AccountTags>* rows;
};

Json tag_json(const AccountTags& row, const std::string& tag) {
  const TagGuard guard = access::judge_tag(row.organization, row.scope->account.text(), tag);
  std::string cause;
  std::string fix;
  if (guard == TagGuard::open) {
    cause =
        row.organization.organization == access::OrganizationState::management
            ? "service control policies do not bind the management account: every administrator there may set the tag"
            : "no service control policy keeps anybody from setting the tag: who may tag decides where the agent is "
              "installed";
    fix = "postern render guardrails --tag " + tag + " --role ROLE";
  } else if (guard == TagGuard::unknown) {
    cause = row.organization.organization_problem.empty() ? "its service control policies could not be judged"
                                                          : row.organization.organization_problem;
  }
  Json json = Json::object().set("account_id", row.scope->account.text()).set("account", row.scope->account_name);
  return json.set("tag", tag).set("guard", to_string(guard)).set("cause", cause).set("fix", fix);
}

Answer answer_of(const Command& command, const std::vector<AccountTags>& rows, const std::vector<std::string>& tags) {
  Json out = Json::array();
  for (const AccountTags& row : rows) {
    for (const std::string& tag : tags) out.push_back(tag_json(row, tag));
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.check_tags/1").set("tags", std::move(out));
  answer.rows_key = "tags";
  answer.markdown_title = "Guarded tags";
  answer.columns.push_back(member_column("ACCOUNT", 1, "account"));
  answer.columns.push_back(id_column("TAG", 0, "tag"));
  answer.columns.emplace_back("GUARD", 0, [](const Json& row) {
    const std::string text(row["guard"].to_string().value_or(""));
    return term::Cell(text, text == "guarded" ? term::Style::good
                            : text == "open"  ? term::Style::bad
                                              : term::Style::warning);
  });
  answer.columns.push_back(member_column("CAUSE", 2, "cause"));
  return answer;
}

int exit_code(const Json& document) {
  int code = kExitOk;
  for (const Json& row : document["tags"].items()) {
    const std::string_view guard = row["guard"].to_string().value_or("");
    if (guard == "open") return kExitGate;
    if (guard == "unknown") code = kExitUnknown;
  }
  return code;
}

/// One row for each account, in order.
std::vector<AccountTags> accounts_of(const std::vector<fleet::ScopePtr>& scopes) {
  std::vector<AccountTags> rows;
  std::set<std::string> seen;
  for (const fleet::ScopePtr& scope : scopes) {
    if (!seen.insert(scope->account.text()).second) continue;
    rows.emplace_back();
    rows.back().scope = scope;
  }
  return rows;
}

}  // namespace guard_commands

Result<Rendered> render_guardrails(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                                   std::vector<std::string>& notes) {
  using namespace guard_commands;
  access::GuardOrder order;
  order.tags = chosen_tags(invocation);
  TRY_VOID(check_tags(order.tags));
  TRY(const access::RoleOrder roles, role_order(invocation, fleet, {access::Duty::recover}, notes));
  // A recovery copies the tags of its source servers, with the rights of who started it.
  order.roles = {roles.name_of(access::Duty::recover)};
  for (std::string& role : listed_values(invocation, "--role")) {
    if (role.find_first_of("$:") != std::string::npos) {
      return fail(ErrorKind::usage, "--role '" + printable(role, 60) + "': a role's name with its path, no ARN");
    }
    order.roles.push_back(std::move(role));
  }
  TRY(const cfn::Template source, access::guard_template(order));
  const std::string format = invocation.value("--format").value_or("cloudformation");
  if (format == "policy") {
    TRY(const std::string text,
        cfn::resolve_json(source, *source.resources.front().properties.find("Content"), cfn::Inputs()));
    return Rendered("guardrails.json", text + "\n");
  }
  TRY(std::string text, format == "terraform" ? cfn::to_terraform(source) : cfn::to_cloudformation(source));
  notes.push_back("may set " + join(order.tags, ", ") + ": " + join(order.roles, ", ") +
                  "; nobody else, in the accounts that it is attached to");
  return Rendered(format == "terraform" ? "guardrails/main.tf" : "guardrails.yaml", std::move(text));
}

rt::Task<Result<int>> run_check_tags(const Command& command) {
  using namespace guard_commands;
  const std::vector<std::string> tags = chosen_tags(command.invocation());
  CO_TRY_VOID(check_tags(tags));
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  std::vector<AccountTags> rows = accounts_of(work.scopes);
  const Reader reader(command.ctx(), *work.session, rows);
  co_await rt::for_each_bounded(rows.size(), concurrency, reader);
  const bool stopped = co_await rt::is_cancelled();
  co_await work.session->close();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  const Answer answer = answer_of(command, rows, tags);
  CO_TRY_VOID(command.answer(answer));
  const int code = exit_code(answer.document);
  const bool table = command.output().format == Format::table && !command.output().query;
  if (table && code == kExitGate) {
    command.err("\npostern render guardrails --role ROLE writes a policy that lets ROLE alone set them\n");
  }
  co_return code;
}

}  // namespace postern::cli
