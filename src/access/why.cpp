#include "access/why.hpp"

#include "access/why_pieces.hpp"
#include "base/text.hpp"
#include "iam/arn.hpp"
#include "iam/assume_role.hpp"

namespace postern::access {
namespace why_detail {

constexpr std::string_view kSession = "why";

Result<iam::AttachedPolicy> parsed(iam::DocumentKind kind, const ReadPolicy& policy) {
  iam::ParseOptions options;
  options.size_max = iam::kDocumentBytesMax;
  // What stands in IAM was accepted by it, be it AWS's own.
  options.author = iam::Author::aws;
  Result<iam::DocumentPtr> document = iam::parse_document(kind, policy.text, options);
  if (!document) {
    return fail(Error(ErrorKind::malformed, "the policy " + printable(policy.name, 160) + " is not understood")
                    .caused_by(document.error()));
  }
  return iam::AttachedPolicy(policy.name, policy.arn, std::move(*document));
}

Result<iam::PolicyList> parsed_all(iam::DocumentKind kind, const std::vector<ReadPolicy>& policies) {
  iam::PolicyList out;
  for (const ReadPolicy& each : policies) {
    TRY(iam::AttachedPolicy one, parsed(kind, each));
    out.push_back(std::move(one));
  }
  return out;
}

/// A role's policies, parsed. Not to be moved once policies() was asked.
class Held {
 public:
  static Result<Held> of(const RoleFacts& role) {
    Held out;
    TRY(out.identity_, parsed_all(iam::DocumentKind::identity, role.policies));
    if (role.boundary) {
      TRY(iam::AttachedPolicy boundary, parsed(iam::DocumentKind::boundary, *role.boundary));
      out.boundary_ = std::move(boundary);
    }
    if (role.organization != OrganizationState::member && role.organization != OrganizationState::management) {
      return out;
    }
    iam::OrganizationPath path;
    if (role.organization == OrganizationState::management) path.account = iam::OrganizationPath::Account::management;
    for (const ReadLevel& each : role.levels) {
      iam::OrganizationLevel level;
      level.name = each.name;
      TRY(level.scps, parsed_all(iam::DocumentKind::scp, each.policies));
      path.levels.push_back(std::make_shared<const iam::OrganizationLevel>(std::move(level)));
    }
    out.organization_ = std::move(path);
    return out;
  }

  iam::PolicySet policies() const {
    iam::PolicySet set;
    set.identity = identity_;
    if (boundary_) set.boundary = &*boundary_;
    if (organization_) set.organization = &*organization_;
    return set;
  }
  const iam::PolicyList& identity() const { return identity_; }

 private:
  iam::PolicyList identity_;
  std::optional<iam::AttachedPolicy> boundary_;
  std::optional<iam::OrganizationPath> organization_;
};

iam::RequestContext context_of(const ContextValues& values) {
  iam::RequestContext context;
  for (const auto& [key, list] : values) context.set_list(key, list);
  return context;
}

iam::EvaluateOptions every_detail() {
  iam::EvaluateOptions options;
  options.detail = iam::Detail::full;
  options.style = iam::DenialStyle::reason;
  return options;
}

void tell_unread(const RoleFacts& role, Explanation& out) {
  if (role.organization != OrganizationState::unread) return;
  out.unknown.push_back("service control policies could not be read" +
                        (role.organization_problem.empty() ? std::string() : ": " + role.organization_problem) +
                        "; judged as if they allowed everything");
}

Result<void> check_action(const std::string& action) {
  const std::size_t colon = action.find(':');
  const bool shaped = colon != std::string::npos && colon > 0 && colon + 1 < action.size() &&
                      action.find_first_of("*? ") == std::string::npos;
  if (shaped) return {};
  return fail(ErrorKind::usage, "'" + printable(action, 60) + "' is not SERVICE:ACTION, such as ssm:SendCommand");
}

/// arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION as the role that it is of: its path is not in there.
std::string role_of(const iam::Arn& arn) {
  const std::vector<std::string_view> parts = split(arn.resource(), '/');
  return "arn:" + std::string(arn.partition()) + ":iam::" + std::string(arn.account()) + ":role/" +
         std::string(parts[1]);
}

Result<iam::Principal> caller_of(const AssumeQuestion& question) {
  const auto arn = iam::split_arn(question.caller_arn);
  if (!arn || !iam::is_account_id(arn->account())) {
    return fail(ErrorKind::usage, "'" + printable(question.caller_arn, 120) + "' is not the ARN of a role or user");
  }
  iam::Principal::Details details;
  details.unique_id = question.caller_id;
  details.org_id = question.caller_organization;
  const std::string_view resource = arn->resource();
  if (resource == "root") return iam::Principal::root(arn->account(), details, arn->partition());
  if (resource.starts_with("user/")) return iam::Principal::user(question.caller_arn, details);
  if (resource.starts_with("role/")) return iam::Principal::role_session(question.caller_arn, kSession, details);
  const std::vector<std::string_view> parts = split(resource, '/');
  if (parts.size() == 3 && parts[0] == "assumed-role") {
    return iam::Principal::role_session(role_of(*arn), parts[2], details);
  }
  return fail(ErrorKind::usage, "'" + printable(question.caller_arn, 120) + "' is not the ARN of a role or user");
}

}  // namespace why_detail

Result<Explanation> explain(const RoleFacts& role, const WhyQuestion& question) {
  using namespace why_detail;
  TRY_VOID(check_action(question.action));
  TRY(const Held held, Held::of(role));
  iam::Principal::Details details;
  details.unique_id = role.id;
  details.org_id = role.organization_id;
  details.tags = role.tags;
  const iam::Principal principal = iam::Principal::role_session(role.arn, kSession, details);
  const iam::RequestContext context = context_of(question.context);
  std::vector<iam::Resource> resources;
  for (const std::string& each : question.resources) {
    resources.emplace_back(each);
    // The role's own policies are what is asked about: what another account grants is not known.
    resources.back().account = account_of_arn(role.arn);
  }
  iam::Request request;
  request.principal = &principal;
  request.action = question.action;
  request.context = &context;
  request.resources = resources;
  const iam::Evaluation evaluation = iam::evaluate(request, held.policies(), every_detail());
  Explanation out = told(evaluation, held.identity());
  out.resource = question.resources.empty() ? "*" : question.resources[evaluation.resource];
  tell_unread(role, out);
  for (const std::string& each : question.resources) {
    const std::string owner = account_of_arn(each);
    if (owner.empty() || owner == account_of_arn(role.arn)) continue;
    out.unknown.push_back(printable(each, 160) + " is another account's: its own policy has to allow the role as well");
  }
  add_hints(question, out);
  return out;
}

Result<Explanation> explain_assumption(const RoleFacts& role, const AssumeQuestion& question) {
  using namespace why_detail;
  TRY(const iam::Principal caller, caller_of(question));
  TRY(const iam::AttachedPolicy trust, parsed(iam::DocumentKind::trust, role.trust));
  RoleFacts free;
  free.policies.emplace_back("(not read)", "", R"({"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]})");
  TRY(const Held held, Held::of(question.caller != nullptr ? *question.caller : free));
  const iam::RequestContext context = context_of(question.context);
  iam::RequestContext role_context;
  for (const auto& [key, value] : role.tags) role_context.set("aws:ResourceTag/" + key, value);
  iam::AssumeRoleRequest request;
  request.caller = &caller;
  request.role_arn = role.arn;
  request.trust = &trust;
  request.role_context = &role_context;
  request.context = &context;
  request.external_id = question.external_id;
  request.session_name = kSession;
  const iam::Evaluation evaluation = iam::evaluate_assume_role(request, held.policies(), every_detail());
  Explanation out = told(evaluation, held.identity());
  out.resource = role.arn;
  if (question.caller == nullptr) {
    out.unknown.push_back("the policies of " + printable(question.caller_arn, 160) +
                          " were not read; judged as if they allowed it to assume the role");
  } else {
    tell_unread(*question.caller, out);
  }
  add_hints(question, out);
  return out;
}

Result<std::vector<std::string>> told_trust(const RoleFacts& role) {
  TRY(const iam::AttachedPolicy trust, why_detail::parsed(iam::DocumentKind::trust, role.trust));
  std::vector<std::string> lines;
  for (const iam::Statement& each : trust.document->statements()) lines.push_back(why_detail::told_trust(each));
  return lines;
}

std::string account_of_arn(std::string_view arn) {
  const auto parts = iam::split_arn(arn);
  return parts && iam::is_account_id(parts->account()) ? std::string(parts->account()) : std::string();
}

}  // namespace postern::access
