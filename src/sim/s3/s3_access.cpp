#include "sim/s3/s3_access.hpp"

#include "iam/evaluate.hpp"
#include "sim/access.hpp"
#include "sim/s3/s3_shared.hpp"

namespace postern::sim::s3 {
namespace {

/// What the caller's own policies say of the action, as a policy of its own.
iam::PolicyList own_policies(const Identity& identity, const Question& question) {
  constexpr std::string_view kAllow =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  constexpr std::string_view kDeny =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
  iam::PolicyList list;
  const Decision own = decide(identity, question.action(), question.arn());
  if (own == Decision::implicit_deny) return list;
  Result<iam::DocumentPtr> document =
      iam::parse_document(iam::DocumentKind::identity, own == Decision::allowed ? kAllow : kDeny);
  if (document) list.emplace_back("Permissions", std::move(*document));
  return list;
}

iam::Principal principal_of(const Identity& identity) {
  iam::Principal::Details details;
  details.source_identity = identity.source_identity;
  if (!identity.is_session()) return iam::Principal::user(identity.principal.arn, std::move(details));
  const std::string& arn = identity.principal.arn;
  return iam::Principal::role_session(identity.principal.role_arn, arn.substr(arn.rfind('/') + 1), std::move(details));
}

}  // namespace

Result<void> authorize(const aws::server::CallInfo& info, const Question& question) {
  const Identity& identity = identity_of(info);
  const iam::PolicyList own = own_policies(identity, question);
  const iam::Principal principal = principal_of(identity);
  iam::RequestContext context = question.context();
  context.set("aws:SecureTransport", info.tls ? "true" : "false");
  context.set("aws:RequestedRegion", info.region);
  iam::Resource resource(question.arn());
  if (const StoredBucket* bucket = question.bucket()) {
    resource.account = bucket->account;
    resource.policy = bucket->policy.get();
  }
  iam::PolicySet policies;
  policies.identity = own;
  iam::Request request;
  request.principal = &principal;
  request.action = question.action();
  request.context = &context;
  request.resources = std::span<const iam::Resource>(&resource, 1);
  const iam::Evaluation evaluation = iam::evaluate(request, policies);
  if (evaluation.allowed()) return {};
  return fail(s3_error("AccessDenied", evaluation.denial_text, 403));
}

}  // namespace postern::sim::s3
