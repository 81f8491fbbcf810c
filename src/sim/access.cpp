#include "sim/access.hpp"

#include "aws/core/codec.hpp"
#include "aws/core/service_router.hpp"
#include "aws/core/sigv4_chunks.hpp"
#include "base/check.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/agents/node_keys.hpp"

namespace postern::sim {
namespace access_detail {

using aws::server::CallInfo;

constexpr std::size_t kEncodedBytes = 180;
constexpr std::string_view kServicesWithTagKeys[] = {"ec2", "ssm", "iam"};

Error error_of(const aws::SignatureFailure& failure, const aws::ServiceSpec& service) {
  const aws::WireError wire = aws::to_wire_error(failure, service);
  return aws::server::fault(ErrorKind::credentials, wire.code, wire.message, wire.http_status);
}

const CallerSession& session_of(const CallInfo& info) {
  CHECK(info.caller.session != nullptr);
  return *static_cast<const CallerSession*>(info.caller.session.get());
}

/// "127.0.0.1:51234" and "[::1]:51234" without the port.
std::string address_of(std::string_view remote) {
  if (remote.empty()) return "127.0.0.1";
  if (remote.starts_with('[')) return std::string(remote.substr(1, remote.find(']') - 1));
  return std::string(remote.substr(0, remote.rfind(':')));
}

/// IAM's resources, its condition keys and where its denials name what belongs to what.
struct Prepared {
  Prepared() = default;
  std::vector<iam::RequestContext> contexts;
  std::vector<iam::Resource> resources;
  std::vector<std::shared_ptr<const iam::OrganizationPath>> organizations;
};

iam::RequestContext tag_context(std::string_view service, const Tags& tags) {
  iam::RequestContext context;
  for (const auto& [key, value] : tags) {
    context.set("aws:ResourceTag/" + key, value);
    for (const std::string_view own : kServicesWithTagKeys) {
      if (service == own) context.set(std::string(own) + ":ResourceTag/" + key, value);
    }
  }
  return context;
}

Prepared prepare(const Cloud& cloud, std::string_view action, const std::vector<OwnedResource>& resources) {
  const std::string service = to_lower(action.substr(0, action.find(':')));
  const Organization* organization = cloud.directory().organization();
  Prepared out;
  out.contexts.reserve(resources.size());
  out.resources.reserve(resources.size());
  for (const OwnedResource& from : resources) {
    iam::Resource resource(from.arn);
    resource.account = from.account;
    if (!from.tags.empty()) resource.context = &out.contexts.emplace_back(tag_context(service, from.tags));
    resource.policy = from.policy.get();
    resource.policy_use = from.policy_use;
    std::string owner = from.account;
    if (const auto arn = iam::split_arn(from.arn); owner.empty() && arn) owner = std::string(arn->account());
    if (organization != nullptr && !owner.empty()) {
      if (auto path = organization->path_of(owner)) {
        resource.organization = path.get();
        out.organizations.push_back(std::move(path));
      }
    }
    out.resources.push_back(std::move(resource));
  }
  return out;
}

Json decoded_denial(const CallInfo& info, const iam::Evaluation& evaluation) {
  const Identity& identity = identity_of(info);
  const bool explicit_deny = evaluation.decision == iam::Decision::explicit_deny;
  Json principal = Json::object().set("id", identity.user_id).set("arn", identity.arn());
  Json context = Json::object();
  context.set("principal", std::move(principal));
  context.set("action", evaluation.action);
  context.set("conditions", Json::object().set("items", Json::array()));
  Json none = Json::object().set("items", Json::array());
  return Json::object()
      .set("allowed", false)
      .set("explicitDeny", explicit_deny)
      .set("matchedStatements", none)
      .set("failures", none)
      .set("context", std::move(context));
}

/// EC2 hides the reasons of refused writes from those who may not decode them.
std::string encoded_denial(const CallInfo& info, const iam::Evaluation& evaluation) {
  std::vector<std::uint8_t> bytes(kEncodedBytes);
  info.ctx.random().fill(bytes);
  std::string text = to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  for (char& c : text) {
    if (c == '+' || c == '/') c = c == '+' ? '-' : '_';
  }
  session_of(info).cloud->directory().keep_denial(text, decoded_denial(info, evaluation).dump());
  return text;
}

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

/// Networks, instances, profiles, roles and policies decide whether an agent gets through.
bool may_change_reach(const aws::OperationSpec& operation) {
  const std::string_view service = operation.service->id;
  if (operation.effect == aws::Effect::read) return false;
  return service == "ec2" || service == "iam" || service == "organizations";
}

/// The node itself, which may do what its key proves and nothing else.
IdentityPtr node_identity(const Cloud& cloud, std::string_view id) {
  const ManagedNode* node = cloud.managed().find(id);
  CHECK(node != nullptr);
  auto identity = std::make_shared<Identity>(iam::Principal::user(node->arn(), iam::Principal::Details()));
  identity->user_id = node->instance.id;
  return identity;
}

}  // namespace access_detail

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
  Directory& directory = cloud_.directory();
  const bool by_node = access_detail::is_signed_by_node(operation, request);
  const auto lookup = [&](std::string_view id) {
    return by_node ? access_detail::node_key(cloud_, id) : directory.known_key(id);
  };
  const auto signed_by =
      aws::verify_signature(signer_, request, FunctionRef<std::optional<aws::KnownKey>(std::string_view)>(lookup),
                            cloud_.now(ctx.clock()), options);
  if (!signed_by) co_return fail(access_detail::error_of(signed_by.error(), service));
  if (!cloud_.has_region(signed_by->region)) {
    const aws::SignatureFailure failure(
        aws::SignatureProblem::mismatch,
        "Credential should be scoped to a valid region, not '" + signed_by->region + "'. ");
    co_return fail(access_detail::error_of(failure, service));
  }
  if (AccessKey* key = directory.keys().find(signed_by->access_key_id)) {
    key->last_used = std::chrono::floor<std::chrono::seconds>(cloud_.now(ctx.clock()));
    key->last_service = service.id;
    key->last_region = signed_by->region;
  }
  if (changing_ && access_detail::may_change_reach(operation)) changing_();
  auto session = std::make_shared<CallerSession>();
  session->cloud = &cloud_;
  session->identity = by_node ? access_detail::node_identity(cloud_, signed_by->access_key_id)
                              : directory.identity_of(signed_by->access_key_id);
  CHECK(session->identity != nullptr);
  session->user_agent = request.headers.get("User-Agent");
  const std::string through(request.headers.get(kEndpointHeader));
  if (!through.empty()) {
    const std::size_t space = through.find(' ');
    session->endpoint = directory.endpoints().find(through.substr(0, space));
    if (space != std::string::npos) session->vpc_source_ip = through.substr(space + 1);
  }
  aws::server::CallerInfo caller;
  caller.account_id = session->identity->account_id();
  caller.arn = session->identity->arn();
  caller.user_id = session->identity->user_id;
  caller.access_key_id = signed_by->access_key_id;
  caller.session = std::move(session);
  co_return caller;
}

const Identity& identity_of(const aws::server::CallInfo& info) {
  return *access_detail::session_of(info).identity;
}

std::string action_of(const aws::server::CallInfo& info) {
  return std::string(info.operation->service->id) + ":" + std::string(info.operation->name);
}

// ---- Access ----

Access& Access::on(std::string arn) {
  OwnedResource resource;
  resource.arn = std::move(arn);
  return on(std::move(resource));
}

Access& Access::on(std::string arn, const Tags& tags) {
  OwnedResource resource;
  resource.arn = std::move(arn);
  resource.tags = tags;
  return on(std::move(resource));
}

Access& Access::on(OwnedResource resource) {
  resources_.push_back(std::move(resource));
  return *this;
}

Access& Access::with(std::string_view key, std::string value) {
  context_.set(key, std::move(value));
  return *this;
}

Access& Access::with_list(std::string_view key, std::vector<std::string> values) {
  context_.set_list(key, std::move(values));
  return *this;
}

Access& Access::tagging(const Tags& tags) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : tags) {
    context_.set("aws:RequestTag/" + key, value);
    keys.push_back(key);
  }
  if (!keys.empty()) context_.set_list("aws:TagKeys", std::move(keys));
  return *this;
}

Access& Access::untagging(std::vector<std::string> keys) {
  if (!keys.empty()) context_.set_list("aws:TagKeys", std::move(keys));
  return *this;
}

Access& Access::via(std::string service) {
  via_.push_back(std::move(service));
  context_.set("aws:ViaAWSService", "true");
  context_.set("aws:CalledViaFirst", via_.front());
  context_.set("aws:CalledViaLast", via_.back());
  context_.set_list("aws:CalledVia", via_);
  return *this;
}

// ---- evaluation ----

iam::RequestContext request_context(const aws::server::CallInfo& info) {
  const CallerSession& session = access_detail::session_of(info);
  const WallTime now = session.cloud->now(info.ctx.clock());
  iam::RequestContext context;
  context.set("aws:RequestedRegion", info.region);
  context.set("aws:CurrentTime", format_rfc3339(std::chrono::floor<std::chrono::seconds>(now)));
  const auto epoch = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  context.set("aws:EpochTime", std::to_string(epoch));
  context.set("aws:SecureTransport", info.tls ? "true" : "false");
  const bool by_service = !session.via.empty();
  context.set("aws:ViaAWSService", by_service ? "true" : "false");
  if (by_service) {
    context.set("aws:CalledViaFirst", session.via.front());
    context.set("aws:CalledViaLast", session.via.back());
    context.set_list("aws:CalledVia", session.via);
  }
  if (!session.user_agent.empty()) context.set("aws:UserAgent", session.user_agent);
  if (session.endpoint != nullptr) {
    context.set("aws:SourceVpce", session.endpoint->id);
    context.set("aws:SourceVpc", session.endpoint->vpc_id);
    if (!session.vpc_source_ip.empty()) context.set("aws:VpcSourceIp", session.vpc_source_ip);
  } else if (!by_service) {
    // The address that a service calls from is none of the caller's.
    context.set("aws:SourceIp", access_detail::address_of(info.remote));
  }
  if (const auto& issued = session.identity->issued) {
    context.set("aws:TokenIssueTime", format_rfc3339(std::chrono::floor<std::chrono::seconds>(*issued)));
    const auto& mfa_at = session.identity->mfa_at;
    context.set("aws:MultiFactorAuthPresent", mfa_at ? "true" : "false");
    if (mfa_at) {
      const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *mfa_at).count();
      context.set("aws:MultiFactorAuthAge", std::to_string(age));
    }
  }
  for (const iam::RequestContext::Entry& entry : session.identity->keys.entries()) {
    context.set_list(entry.key, entry.values);
  }
  return context;
}

namespace access_detail {

iam::Evaluation evaluate_with(const Cloud& cloud, const Identity& identity, const Endpoint* endpoint,
                              const Access& access, std::string_view action, iam::RequestContext context) {
  for (const iam::RequestContext::Entry& entry : access.context().entries()) context.set_list(entry.key, entry.values);
  const Directory& directory = cloud.directory();
  const std::shared_ptr<const Entity> entity = identity.entity.lock();
  iam::PolicySet policies;
  if (entity != nullptr) {
    const EffectivePolicies& effective = directory.effective(*entity);
    policies.identity = effective.identity;
    policies.boundary = effective.boundary ? &*effective.boundary : nullptr;
  }
  policies.session = identity.session_policies;
  std::shared_ptr<const iam::OrganizationPath> path;
  if (directory.organization() != nullptr) path = directory.organization()->path_of(identity.account_id());
  policies.organization = path.get();
  if (endpoint != nullptr && endpoint->policy.policy.document != nullptr) policies.endpoint = &endpoint->policy;
  const Prepared prepared = prepare(cloud, action, access.resources());
  iam::Request request;
  request.principal = &identity.principal;
  request.action = action;
  request.context = &context;
  request.resources = prepared.resources;
  return iam::evaluate(request, policies);
}

}  // namespace access_detail

iam::Evaluation evaluate_access(const aws::server::CallInfo& info, const Access& access) {
  const CallerSession& session = access_detail::session_of(info);
  const std::string action = access.action().empty() ? action_of(info) : access.action();
  return access_detail::evaluate_with(*session.cloud, *session.identity, session.endpoint.get(), access, action,
                                      request_context(info));
}

iam::Evaluation evaluate_access(const Cloud& cloud, const Identity& identity, const Access& access,
                                const iam::RequestContext& context) {
  return access_detail::evaluate_with(cloud, identity, nullptr, access, access.action(), context);
}

Error denial_of(const aws::server::CallInfo& info, const iam::Evaluation& evaluation) {
  const std::string& text = evaluation.denial_text;
  switch (info.operation->service->protocol) {
    case aws::Protocol::ec2: {
      std::string message = "You are not authorized to perform this operation. " + text;
      if (info.operation->effect != aws::Effect::read) {
        message += ". Encoded authorization failure message: " + access_detail::encoded_denial(info, evaluation);
      }
      return aws::server::fault(ErrorKind::denied, "UnauthorizedOperation", std::move(message), 403);
    }
    case aws::Protocol::query:
    case aws::Protocol::rest_xml: {
      // SNS has a code of its own.
      const bool own = aws::find_error_shape(*info.operation, "AuthorizationError") != nullptr;
      return aws::server::fault(ErrorKind::denied, own ? "AuthorizationError" : "AccessDenied", text, 403);
    }
    case aws::Protocol::rest_json:
      return aws::server::fault(ErrorKind::denied, "AccessDeniedException", text, 403);
    default:
      return aws::server::fault(ErrorKind::denied, "AccessDeniedException", text, 400);
  }
}

Result<void> authorize(const aws::server::CallInfo& info, const Access& access) {
  const iam::Evaluation evaluation = evaluate_access(info, access);
  if (evaluation.allowed()) return {};
  return fail(denial_of(info, evaluation));
}

Result<void> authorize(const aws::server::CallInfo& info, std::string_view resource) {
  Access access;
  const bool unnamed = resource == "*" && info.operation->service->protocol == aws::Protocol::ec2;
  if (!unnamed) access.on(std::string(resource));
  return authorize(info, access);
}

}  // namespace postern::sim
