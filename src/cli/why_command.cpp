// why

#include <algorithm>

#include "access/why.hpp"
#include "adapters/role_source.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/deploy_order.hpp"
#include "cli/failure.hpp"

namespace postern::cli {
namespace why_command {

using access::Explanation;
using access::RoleFacts;
using access::ToldStatement;

constexpr std::string_view kAssume = "sts:AssumeRole";

struct Asked {
  Asked() = default;
  fleet::RoleArn role;
  std::string action;
  std::vector<std::string> resources;
  access::ContextValues context;

  /// Whether it is about coming by the role's own credentials.
  bool is_assumption() const {
    if (to_lower(action) != to_lower(kAssume)) return false;
    return resources.empty() || (resources.size() == 1 && resources.front() == role.text());
  }
  /// Takes the only value of a key out of the context.
  std::optional<std::string> take(std::string_view key) {
    const auto found =
        std::ranges::find_if(context, [key](const auto& each) { return to_lower(each.first) == to_lower(key); });
    if (found == context.end() || found->second.size() != 1) return std::nullopt;
    std::string value = found->second.front();
    context.erase(found);
    return value;
  }
};

Result<Asked> asked(const Invocation& invocation) {
  Asked out;
  const auto role = invocation.value("--role");
  const auto action = invocation.value("--action");
  if (!role || !action) {
    return fail(ErrorKind::usage, "why which role may what? --role ARN --action SERVICE:ACTION");
  }
  TRY(out.role, fleet::RoleArn::parse(*role));
  out.action = *action;
  out.resources = invocation.values("--resource");
  for (const std::string& text : invocation.values("--context")) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(ErrorKind::usage, "--context '" + printable(text, 60) + "' is not KEY=VALUE");
    }
    const std::string key = text.substr(0, equals);
    auto found = std::ranges::find(out.context, key, &std::pair<std::string, std::vector<std::string>>::first);
    if (found == out.context.end()) found = out.context.insert(out.context.end(), {key, {}});
    found->second.push_back(text.substr(equals + 1));
  }
  return out;
}

/// Where the role is read: its account, with rights over its roles.
Result<fleet::ScopePtr> place_of(const Command& command, const AwsWork& work, const fleet::RoleArn& role) {
  const Invocation& invocation = command.invocation();
  TRY(const fleet::Region home, home_region(invocation, work.fleet, work.session->settings().region));
  if (!work.fleet || invocation.has("--role-arn")) {
    fleet::ScopeRequest request;
    request.profiles = invocation.values("--profile");
    request.role_arns = invocation.values("--role-arn");
    request.external_id = invocation.value("--external-id").value_or("");
    request.regions = {home.text()};
    TRY(const std::vector<fleet::ScopePtr> scopes, fleet::make_scopes(std::nullopt, request));
    for (const fleet::ScopePtr& scope : scopes) {
      if (scopes.size() == 1 || scope->account == role.account()) return scope;
    }
    return fail(ErrorKind::usage, "none of the ways in is into account " + role.account().text());
  }
  fleet::Scope scope;
  scope.account = role.account();
  scope.account_name = role.account().text();
  scope.region = home;
  scope.partition = fleet::partition_of(home);
  if (role.account() == work.fleet->hub.account) return std::make_shared<const fleet::Scope>(std::move(scope));
  const fleet::Account* account = work.fleet->find_account(role.account().text());
  if (account == nullptr) {
    return fail(ErrorKind::usage, "account " + role.account().text() + " is not in " + work.fleet->file_name +
                                      ": --role-arn names a role there that may read IAM");
  }
  scope.account_name = account->name;
  TRY(scope.access, deploy_access(invocation.value("--via").value_or(""), *work.fleet, *account, scope.partition));
  return std::make_shared<const fleet::Scope>(std::move(scope));
}

/// What the caller would pass: a condition key of the question, --external-id, the fleet file's.
Result<std::optional<std::string>> external_id(const Command& command, const AwsWork& work, Asked& question) {
  if (auto given = question.take("sts:ExternalId")) return given;
  std::optional<fleet::SecretRef> reference;
  const auto option = command.invocation().value("--external-id");
  if (option && !command.invocation().has("--role-arn")) {
    TRY(reference, fleet::SecretRef::parse(*option));
  } else if (work.fleet) {
    const fleet::Account* account = work.fleet->find_account(question.role.account().text());
    reference = account != nullptr && account->external_id ? account->external_id : work.fleet->defaults.external_id;
  }
  if (!reference) return std::optional<std::string>();
  adapters::HostSecrets secrets(*command.host().environment, *command.host().files);
  TRY(const Secret<std::string> value, secrets.resolve(*reference));
  return std::optional<std::string>(value.reveal());
}

/// What was read and judged.
struct Judged {
  Judged() = default;
  Asked question;
  RoleFacts role;
  Explanation out;
  std::string caller;              ///< of an assumption
  std::vector<std::string> trust;  ///< of an assumption
};

rt::Task<Result<std::string>> caller_arn(const Command& command, AwsWork& work, std::string region) {
  if (const auto given = command.invocation().value("--caller")) co_return *given;
  aws::CallScope hub;
  hub.region = std::move(region);
  hub.credentials = work.session->hub();
  CO_TRY(const aws::auth::CallerIdentity identity,
         co_await work.session->identities().identify(command.ctx(), std::move(hub)));
  co_return identity.arn;
}

/// The caller's own role, when it is one of the account that we are in; its policies may be closed to us.
rt::Task<Result<std::optional<RoleFacts>>> caller_facts(const Command& command, AwsWork& work, std::string arn,
                                                        fleet::Region region) {
  const std::size_t at = arn.find(":assumed-role/");
  const std::size_t role_at = arn.find(":role/");
  if (at == std::string::npos && role_at == std::string::npos) co_return std::optional<RoleFacts>();
  std::string name = at == std::string::npos ? arn.substr(arn.rfind('/') + 1) : arn.substr(at + 14);
  if (at != std::string::npos) name = name.substr(0, name.find('/'));
  fleet::Scope scope;
  CO_TRY(scope.account, fleet::AccountId::parse(access::account_of_arn(arn)));
  scope.region = region;
  scope.partition = fleet::partition_of(region);
  const fleet::ScopePtr place = std::make_shared<const fleet::Scope>(std::move(scope));
  adapters::AwsRoles roles(*work.session);
  Result<RoleFacts> facts = co_await roles.read(command.ctx(), place, std::move(name));
  if (!facts && facts.error().kind() == ErrorKind::cancelled) co_return fail(facts.error());
  if (!facts || access::account_of_arn(facts->arn) != place->account.text()) co_return std::optional<RoleFacts>();
  CO_TRY_VOID(co_await roles.read_organization(command.ctx(), region.text(), place->account.text(), *facts));
  co_return std::optional<RoleFacts>(std::move(*facts));
}

rt::Task<Result<void>> judge_assumption(const Command& command, AwsWork& work, fleet::Region region, Judged& judged) {
  access::AssumeQuestion question;
  CO_TRY(question.caller_arn, co_await caller_arn(command, work, region.text()));
  CO_TRY(question.external_id, external_id(command, work, judged.question));
  CO_TRY(const std::optional<RoleFacts> caller, co_await caller_facts(command, work, question.caller_arn, region));
  if (caller) {
    question.caller = &*caller;
    question.caller_id = caller->id;
    question.caller_organization = caller->organization_id;
  } else {
    RoleFacts unread;
    adapters::AwsRoles roles(*work.session);
    CO_TRY_VOID(co_await roles.read_organization(command.ctx(), region.text(),
                                                 access::account_of_arn(question.caller_arn), unread));
    question.caller_organization = unread.organization_id;
  }
  if (auto given = judged.question.take("aws:PrincipalOrgID")) question.caller_organization = *given;
  question.context = judged.question.context;
  judged.caller = question.caller_arn;
  CO_TRY(judged.trust, access::told_trust(judged.role));
  CO_TRY(judged.out, access::explain_assumption(judged.role, question));
  co_return Result<void>();
}

rt::Task<Result<Judged>> judge(const Command& command, AwsWork& work, Asked question) {
  Judged judged;
  judged.question = std::move(question);
  CO_TRY(const fleet::ScopePtr place, place_of(command, work, judged.question.role));
  adapters::AwsRoles roles(*work.session);
  CO_TRY(judged.role, co_await roles.read(command.ctx(), place, judged.question.role.name()));
  if (judged.role.arn != judged.question.role.text()) {
    co_return fail(ErrorKind::not_found, "there is no role " + judged.question.role.text() +
                                             ": the one of that name is " + printable(judged.role.arn, 200));
  }
  if (judged.question.is_assumption()) {
    CO_TRY_VOID(co_await judge_assumption(command, work, place->region, judged));
    co_return judged;
  }
  CO_TRY_VOID(co_await roles.read_organization(command.ctx(), place->region.text(),
                                               judged.question.role.account().text(), judged.role));
  access::WhyQuestion asked_of_role;
  asked_of_role.action = judged.question.action;
  asked_of_role.resources = judged.question.resources;
  asked_of_role.context = judged.question.context;
  CO_TRY(judged.out, access::explain(judged.role, asked_of_role));
  co_return judged;
}

// ---- the answer ----

Json statement_json(const ToldStatement& told) {
  Json json = Json::object().set("layer", told.layer).set("policy", told.policy);
  json.set("policy_arn", told.arn).set("index", told.index).set("sid", told.sid).set("effect", told.effect);
  if (told.part) json.set("differs", to_string(*told.part)).set("difference", told.difference);
  return json;
}

Json texts_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& each : texts) json.push_back(each);
  return json;
}

Json document_of(const Judged& judged) {
  const Explanation& out = judged.out;
  Json json = Json::object().set("schema", "postern.why/1").set("role", judged.role.arn).set("action", out.action);
  json.set("resource", out.resource).set("allowed", out.allowed).set("decision", out.decision).set("layer", out.layer);
  if (!out.at.empty()) json.set("at", out.at);
  json.set("sentence", out.sentence);
  if (out.decided_by) json.set("decided_by", statement_json(*out.decided_by));
  Json nearest = Json::array();
  for (const ToldStatement& each : out.nearest) nearest.push_back(statement_json(each));
  json.set("nearest", std::move(nearest)).set("hints", texts_json(out.hints)).set("unknown", texts_json(out.unknown));
  if (!out.aws_text.empty()) json.set("aws_says", out.aws_text);
  if (!judged.caller.empty()) json.set("caller", judged.caller).set("trust", texts_json(judged.trust));
  json.set("max_session_seconds", judged.role.max_session_seconds);
  return json;
}

std::string text_of(const Judged& judged) {
  const Explanation& out = judged.out;
  std::string text = printable(out.action, 120) + " on " + printable(out.resource, 300) + "\n";
  text += (judged.caller.empty() ? "as " : "by " + printable(judged.caller, 300) + " of ") +
          printable(judged.role.arn, 300) + "\n\n" + out.sentence + "\n";
  for (std::size_t i = 1; i < out.nearest.size(); ++i) text += "  also near: " + out.nearest[i].to_text() + "\n";
  if (!judged.trust.empty()) text += "\nwho may assume it:\n";
  for (const std::string& line : judged.trust) text += "  " + line + "\n";
  if (!judged.trust.empty()) {
    text += "  sessions of at most " + std::to_string(judged.role.max_session_seconds) +
            " s; of at most 3600 s when a role's session assumes it\n";
  }
  if (!out.hints.empty() || !out.unknown.empty()) text += "\n";
  for (const std::string& hint : out.hints) text += "- " + hint + "\n";
  for (const std::string& each : out.unknown) text += "not known: " + each + "\n";
  return text;
}

Result<void> print(const Command& command, const Judged& judged) {
  if (command.output().format == Format::table && !command.output().query) {
    command.out(world_banner(command.host().world, command.output().color) + text_of(judged));
    return {};
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = document_of(judged);
  for (const char* column : {"decision", "layer", "action", "resource", "sentence"}) {
    answer.columns.push_back(member_column(column, 0, column));
  }
  return command.answer(answer);
}

}  // namespace why_command

rt::Task<Result<int>> run_why(const Command& command) {
  using namespace why_command;
  CO_TRY(Asked question, asked(command.invocation()));
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork work, open_session(executor, command));
  Result<Judged> judged = co_await judge(command, work, std::move(question));
  co_await work.session->close();
  if (!judged) co_return fail(std::move(judged).error());
  CO_TRY_VOID(print(command, *judged));
  co_return judged->out.allowed ? kExitOk : kExitGate;
}

}  // namespace postern::cli
