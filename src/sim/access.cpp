#include "sim/access.hpp"

#include "aws/core/service_router.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/agents/node_keys.hpp"

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

namespace access {

/// A hybrid node has no credentials yet when it asks for them: it signs with its private key, under its own id.
bool is_signed_by_node(const aws::OperationSpec& operation, const http::Request& request) {
  if (operation.service->id != "ssm") return false;
  if (operation.name != "RequestManagedInstanceRoleToken" && operation.name != "UpdateManagedInstancePublicKey") {
    return false;
  }
  return aws::claimed_access_key(request).starts_with("mi-");
}

std::optional<aws::KnownKey> node_key(const Cloud& cloud, std::string_view id) {
  const ManagedNode* node = cloud.managed().find(id);
  if (node == nullptr || !node->is_hybrid()) return std::nullopt;
  aws::KnownKey key;
  key.verify = [public_key = node->public_key](std::string_view text, std::string_view signature) {
    return verify_node_signature(public_key, text, signature);
  };
  return key;
}

std::shared_ptr<const Identity> node_identity(const Cloud& cloud, std::string_view id) {
  const ManagedNode* node = cloud.managed().find(id);
  CHECK(node != nullptr);
  auto identity = std::make_shared<Identity>();
  identity->principal.account_id = node->instance.account_id();
  identity->principal.arn = node->arn();
  identity->user_id = node->instance.id;
  return identity;
}

}  // namespace access

std::shared_ptr<const Identity> role_session(const Cloud& cloud, const RoleConfig& role, const std::string& role_arn,
                                             const std::string& session_name) {
  const auto parts = split(role_arn, ':');
  CHECK(parts.size() >= 6);  // "aws:ec2-instance" has a colon of its own
  auto identity = std::make_shared<Identity>();
  identity->principal.account_id = std::string(parts[4]);
  identity->principal.role_arn = role_arn;
  identity->principal.arn = "arn:aws:sts::" + std::string(parts[4]) + ":assumed-role/" + role.name + "/" + session_name;
  identity->user_id = role_id(cloud.config(), role_arn) + ":" + session_name;
  identity->permissions = role.permissions;
  return identity;
}

rt::Task<Result<aws::server::CallerInfo>> CloudAuthenticator::authenticate(rt::CallContext ctx,
                                                                           const aws::OperationSpec& operation,
                                                                           const http::Request& request) {
  const aws::ServiceSpec& service = *operation.service;
  cloud_.ec2().settle(cloud_.now(ctx.clock()));
  ++cloud_.truth().calls[std::string(service.id) + ":" + std::string(operation.name)];
  aws::VerifyOptions options;
  options.service = service.signing_name;
  if (service.id == "sts") options.skew_max = std::chrono::minutes(15);
  const bool by_node = access::is_signed_by_node(operation, request);
  const auto lookup = [this, by_node](std::string_view id) {
    return by_node ? access::node_key(cloud_, id) : cloud_.find_key(id);
  };
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
  std::shared_ptr<const Identity> identity =
      by_node ? access::node_identity(cloud_, signed_by->access_key_id) : cloud_.identity_of(signed_by->access_key_id);
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
