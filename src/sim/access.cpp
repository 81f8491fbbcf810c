#include "sim/access.hpp"

#include "aws/core/service_router.hpp"
#include "aws/core/sigv4_chunks.hpp"
#include "base/check.hpp"

namespace postern::sim {
namespace {

using aws::server::CallInfo;

Error error_of(const aws::SignatureFailure& failure, const aws::ServiceSpec& service) {
  const aws::WireError wire = aws::to_wire_error(failure, service);
  return aws::server::fault(ErrorKind::credentials, wire.code, wire.message, wire.http_status);
}

std::string reason(const Identity& identity, Decision by_identity, std::string_view action) {
  const std::string tail = " the " + std::string(action) + " action";
  if (by_identity == Decision::explicit_deny) return " with an explicit deny in an identity-based policy";
  if (by_identity == Decision::implicit_deny) return " because no identity-based policy allows" + tail;
  const Decision by_session = identity.session_policy->evaluate(action, "*");
  if (by_session == Decision::explicit_deny) return " with an explicit deny in a session policy";
  return " because no session policy allows" + tail;
}

}  // namespace

rt::Task<Result<aws::server::CallerInfo>> CloudAuthenticator::authenticate(rt::CallContext ctx,
                                                                           const aws::OperationSpec& operation,
                                                                           const http::Request& request) {
  const aws::ServiceSpec& service = *operation.service;
  cloud_.ec2().settle(cloud_.now(ctx.clock()));
  ++cloud_.truth().calls[std::string(service.id) + ":" + std::string(operation.name)];
  aws::VerifyOptions options;
  options.service = service.signing_name;
  options.signing = aws::server_signing(service);
  if (service.id == "sts") options.skew_max = std::chrono::minutes(15);
  const auto lookup = [this](std::string_view id) { return cloud_.find_key(id); };
  const auto signed_by =
      aws::verify_signature(signer_, request, FunctionRef<std::optional<aws::KnownKey>(std::string_view)>(lookup),
                            cloud_.now(ctx.clock()), options);
  if (!signed_by) co_return fail(error_of(signed_by.error(), service));
  if (!cloud_.has_region(signed_by->region)) {
    const aws::SignatureFailure failure(
        aws::SignatureProblem::mismatch,
        "Credential should be scoped to a valid region, not '" + signed_by->region + "'. ");
    co_return fail(error_of(failure, service));
  }
  std::shared_ptr<const Identity> identity = cloud_.identity_of(signed_by->access_key_id);
  CHECK(identity != nullptr);
  aws::server::CallerInfo caller;
  caller.account_id = identity->principal.account_id;
  caller.arn = identity->principal.arn;
  caller.user_id = identity->user_id;
  caller.access_key_id = signed_by->access_key_id;
  caller.session = std::move(identity);
  co_return caller;
}

const Identity& identity_of(const CallInfo& info) {
  CHECK(info.caller.session != nullptr);
  return *static_cast<const Identity*>(info.caller.session.get());
}

std::string action_of(const CallInfo& info) {
  return std::string(info.operation->service->id) + ":" + std::string(info.operation->name);
}

Decision decide(const Identity& identity, std::string_view action, std::string_view resource) {
  const Decision own = evaluate(identity.permissions, action);
  if (own != Decision::allowed || !identity.session_policy) return own;
  return identity.session_policy->evaluate(action, resource);
}

Result<void> authorize(const CallInfo& info, std::string_view resource) {
  const Identity& identity = identity_of(info);
  const std::string action = action_of(info);
  if (decide(identity, action, resource) == Decision::allowed) return {};
  const std::string who = "User: " + identity.principal.arn + " is not authorized to perform: " + action;
  const std::string why = reason(identity, evaluate(identity.permissions, action), action);
  const std::string on = " on resource: " + std::string(resource);
  switch (info.operation->service->protocol) {
    case aws::Protocol::ec2:
      return fail(aws::server::fault(ErrorKind::denied, "UnauthorizedOperation",
                                     "You are not authorized to perform this operation. " + who + why, 403));
    case aws::Protocol::query:
      return fail(aws::server::fault(ErrorKind::denied, "AccessDenied", who + on + why, 403));
    default:
      return fail(aws::server::fault(ErrorKind::denied, "AccessDeniedException", who + on + why, 400));
  }
}

}  // namespace postern::sim
