#include "sim/sts_service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"

namespace postern::sim {
namespace sts_service {

using aws::server::CallInfo;
using aws::server::fault;
using aws::sts::AssumeRoleRequest;
using aws::sts::AssumeRoleResponse;

constexpr std::chrono::seconds kDefaultDuration = std::chrono::hours(1);
constexpr std::chrono::seconds kChainedMax = std::chrono::hours(1);

/// STS spells its validation errors without "Exception".
Error validation_error(std::string message) {
  return fault(ErrorKind::usage, "ValidationError", std::move(message), 400);
}

Error pattern_error(std::string_view member, std::string_view value, std::string_view pattern) {
  return validation_error(
      "1 validation error detected: Value '" + printable(value, 200) + "' at '" + std::string(member) +
      "' failed to satisfy constraint: Member must satisfy regular expression pattern: " + std::string(pattern));
}

bool made_of(std::string_view text, std::string_view punctuation) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    return word || punctuation.find(c) != std::string_view::npos;
  });
}

Result<void> check_names(const AssumeRoleRequest& request) {
  const std::string& session = *request.role_session_name;
  if (!made_of(session, "+=,.@-")) return fail(pattern_error("roleSessionName", session, "[\\w+=,.@-]*"));
  if (request.external_id && !made_of(*request.external_id, "+=,.@:/-")) {
    return fail(pattern_error("externalId", *request.external_id, "[\\w+=,.@:\\/-]*"));
  }
  if (request.source_identity && !made_of(*request.source_identity, "+=,.@-")) {
    return fail(pattern_error("sourceIdentity", *request.source_identity, "[\\w+=,.@-]*"));
  }
  const auto parts = split(*request.role_arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "iam" || !parts[5].starts_with("role/")) {
    return fail(validation_error(printable(*request.role_arn, 200) + " is invalid"));
  }
  return {};
}

/// One text for a role that is not there, trust that says no, a wrong ExternalId and a caller without permission.
Error access_denied(const Identity& caller, const std::string& role) {
  return fault(ErrorKind::denied, "AccessDenied",
               "User: " + caller.principal.arn + " is not authorized to perform: sts:AssumeRole on resource: " + role,
               403);
}

bool may_assume(const RoleConfig& role, const Identity& caller, const AssumeRoleRequest& request,
                std::string_view role_account) {
  const Trust trust = evaluate_trust(role, caller.principal, request.external_id);
  if (trust == Trust::none) return false;
  const Decision own = decide(caller, "sts:AssumeRole", *request.role_arn);
  if (own == Decision::explicit_deny) return false;
  // Within an account a role that names its caller needs no permission of the caller's own.
  const bool enough = trust == Trust::exact && caller.principal.account_id == role_account;
  return enough || own == Decision::allowed;
}

Result<std::chrono::seconds> session_duration(const AssumeRoleRequest& request, const RoleConfig& role,
                                              const Identity& caller) {
  const std::chrono::seconds asked = request.duration_seconds ? std::chrono::seconds(*request.duration_seconds)
                                                              : std::min(kDefaultDuration, role.max_session);
  if (asked > role.max_session) {
    return fail(validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
  }
  if (caller.is_session() && asked > kChainedMax) {
    return fail(validation_error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."));
  }
  return asked;
}

std::string role_name(std::string_view role_arn) {
  return std::string(role_arn.substr(role_arn.rfind('/') + 1));
}

Result<std::shared_ptr<const Identity>> session_identity(const Cloud& cloud, const AssumeRoleRequest& request,
                                                         const RoleConfig& role, const Identity& caller,
                                                         std::string_view account) {
  auto identity = std::make_shared<Identity>();
  identity->principal.account_id = account;
  identity->principal.role_arn = *request.role_arn;
  identity->principal.arn = "arn:aws:sts::" + std::string(account) + ":assumed-role/" + role_name(*request.role_arn) +
                            "/" + *request.role_session_name;
  identity->user_id = role_id(cloud.config(), *request.role_arn) + ":" + *request.role_session_name;
  identity->permissions = role.permissions;
  identity->source_identity = caller.source_identity;
  if (request.source_identity) {
    if (!caller.source_identity.empty() && caller.source_identity != *request.source_identity) {
      return fail(fault(ErrorKind::denied, "AccessDenied",
                        "The source identity is already set for this assume role session", 403));
    }
    identity->source_identity = *request.source_identity;
  }
  for (const aws::sts::Tag& tag : request.tags) identity->session_tags[*tag.key] = *tag.value;
  if (request.policy) {
    TRY(identity->session_policy, SessionPolicy::parse(*request.policy));
  }
  return std::shared_ptr<const Identity>(std::move(identity));
}

}  // namespace sts_service

rt::Task<Result<aws::sts::GetCallerIdentityResponse>> StsService::get_caller_identity(
    aws::server::CallInfo info, aws::sts::GetCallerIdentityRequest) {
  aws::sts::GetCallerIdentityResponse response;
  response.account = info.caller.account_id;
  response.arn = info.caller.arn;
  response.user_id = info.caller.user_id;
  co_return response;
}

rt::Task<Result<aws::sts::AssumeRoleResponse>> StsService::assume_role(aws::server::CallInfo info,
                                                                       aws::sts::AssumeRoleRequest request) {
  co_return assume(info, request);
}

Result<aws::sts::AssumeRoleResponse> StsService::assume(const aws::server::CallInfo& info,
                                                        const aws::sts::AssumeRoleRequest& request) {
  using namespace sts_service;
  TRY_VOID(check_names(request));
  if (!request.policy_arns.empty()) {
    return fail(validation_error("PolicyArns are not offered by this simulator: use an inline session policy"));
  }
  const Identity& caller = identity_of(info);
  const RoleConfig* role = cloud_.find_role(*request.role_arn);
  const std::string account(split(*request.role_arn, ':')[4]);
  if (role == nullptr || !may_assume(*role, caller, request, account)) {
    return fail(access_denied(caller, *request.role_arn));
  }
  TRY(const std::chrono::seconds duration, session_duration(request, *role, caller));
  TRY(std::shared_ptr<const Identity> identity, session_identity(cloud_, request, *role, caller, account));

  const WallTime expires = std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock())) + duration;
  const IssuedKey key = cloud_.issue(identity, expires, info.ctx.random());
  AssumeRoleResponse response;
  aws::sts::Credentials& credentials = response.credentials.emplace();
  credentials.access_key_id = key.access_key_id;
  credentials.secret_access_key = key.secret_access_key;
  credentials.session_token = key.session_token;
  credentials.expiration = key.expires;
  aws::sts::AssumedRoleUser& user = response.assumed_role_user.emplace();
  user.assumed_role_id = identity->user_id;
  user.arn = identity->principal.arn;
  if (!identity->source_identity.empty()) response.source_identity = identity->source_identity;
  if (request.policy) response.packed_policy_size = static_cast<std::int32_t>(request.policy->size() * 100 / 2048);
  return response;
}

}  // namespace postern::sim
