#include "sim/iam/sts_service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "iam/arn.hpp"
#include "iam/assume_role.hpp"
#include "sim/access.hpp"
#include "sim/iam/names.hpp"
#include "sim/iam/totp.hpp"

namespace postern::sim {
namespace sts_service {

using aws::server::CallInfo;
using aws::server::fault;
using aws::sts::AssumeRoleRequest;
using aws::sts::AssumeRoleResponse;

constexpr std::chrono::seconds kDefaultDuration = std::chrono::hours(1);
constexpr std::chrono::seconds kChainedMax = std::chrono::hours(1);
constexpr std::chrono::seconds kTokenDuration = std::chrono::hours(12);
constexpr std::size_t kPolicyArnsMax = 10;
constexpr std::size_t kPackedMax = 2'048;

/// STS spells its validation errors without "Exception".
Error validation_error(std::string message) {
  return fault(ErrorKind::usage, "ValidationError", std::move(message), 400);
}

Error invalid_parameter(std::string message) {
  return fault(ErrorKind::usage, "InvalidParameterValue", std::move(message), 400);
}

Error denied(std::string message) {
  return fault(ErrorKind::denied, "AccessDenied", std::move(message), 403);
}

Error pattern_error(std::string_view member, std::string_view value, std::string_view pattern) {
  return validation_error(pattern_violation(member, value, pattern));
}

Result<void> check_tags(const AssumeRoleRequest& request) {
  std::vector<std::string> keys;
  for (const aws::sts::Tag& tag : request.tags) {
    if (!is_tag_text(*tag.key)) {
      return fail(pattern_error("tags.1.member.key", *tag.key, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"));
    }
    if (!is_tag_text(*tag.value)) {
      return fail(pattern_error("tags.1.member.value", *tag.value, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"));
    }
    if (starts_with_ignore_case(*tag.key, "aws:")) {
      return fail(invalid_parameter("System tags cannot be added/removed/updated."));
    }
    keys.push_back(to_lower(*tag.key));
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
    return fail(invalid_parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
  }
  for (const std::string& key : request.transitive_tag_keys) {
    if (!std::binary_search(keys.begin(), keys.end(), to_lower(key))) {
      return fail(invalid_parameter("The specified transitive tag key must be included in the requested tags."));
    }
  }
  return {};
}

Result<void> check_names(const AssumeRoleRequest& request) {
  const std::string& session = *request.role_session_name;
  if (!is_name(session, "+=,.@-")) return fail(pattern_error("roleSessionName", session, "[\\w+=,.@-]*"));
  if (request.external_id && !is_name(*request.external_id, "+=,.@:/-")) {
    return fail(pattern_error("externalId", *request.external_id, "[\\w+=,.@:\\/-]*"));
  }
  if (request.source_identity && !is_name(*request.source_identity, "+=,.@-")) {
    return fail(pattern_error("sourceIdentity", *request.source_identity, "[\\w+=,.@-]*"));
  }
  const auto arn = iam::split_arn(*request.role_arn);
  if (!arn || arn->service() != "iam" || !arn->region().empty() || !arn->resource().starts_with("role/")) {
    return fail(validation_error(printable(*request.role_arn, 200) + " is invalid"));
  }
  return check_tags(request);
}

/// Spends the code. Absent: none was sent. Devices are users' own: a role has none.
Result<std::optional<WallTime>> check_mfa(const CallInfo& info, Cloud& cloud, const std::optional<std::string>& serial,
                                          const std::optional<std::string>& code) {
  if (!serial && !code) return std::optional<WallTime>();
  if (!serial || !code) {
    return fail(denied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code"));
  }
  if (!std::all_of(code->begin(), code->end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return fail(pattern_error("tokenCode", *code, "[\\d]*"));
  }
  const Identity& caller = identity_of(info);
  AccountIam* account = cloud.directory().find_account(caller.account_id());
  const std::shared_ptr<User> user = caller.is_session() ? nullptr : cloud.directory().find_user(caller.arn());
  std::shared_ptr<MfaDevice> device;
  if (account != nullptr && user != nullptr) {
    const auto found = account->mfa_devices.find(*serial);
    if (found != account->mfa_devices.end() && found->second->user == user->name) device = found->second;
  }
  if (device == nullptr) {
    return fail(denied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
        "and associated with this user."));
  }
  const WallTime now = std::chrono::floor<std::chrono::seconds>(cloud.now(info.ctx.clock()));
  if (!spend_code(*device, *code, now)) {
    return fail(denied("MultiFactorAuthentication failed with invalid MFA one time pass code."));
  }
  return std::optional<WallTime>(now);
}

/// One text for a role that is not there, trust that says no, a wrong ExternalId and a caller without permission.
Error access_denied(const Identity& caller, std::string_view action, const std::string& role) {
  return denied("User: " + caller.arn() + " is not authorized to perform: " + std::string(action) +
                " on resource: " + role);
}

iam::TagList tags_of(const AssumeRoleRequest& request) {
  iam::TagList tags;
  for (const aws::sts::Tag& tag : request.tags) tags.emplace_back(*tag.key, *tag.value);
  return tags;
}

/// Whether the call itself brings an MFA code.
enum class MfaShown : std::uint8_t { no, now };

/// The caller's policies, the role's trust policy, both organizations' policies and the endpoint's.
Result<void> check_access(const CallInfo& info, Cloud& cloud, const Role& role, const AssumeRoleRequest& request,
                          MfaShown mfa) {
  const auto& session = *static_cast<const CallerSession*>(info.caller.session.get());
  const Identity& caller = *session.identity;
  const Directory& directory = cloud.directory();
  iam::RequestContext context = request_context(info);
  if (mfa == MfaShown::now) {
    context.set("aws:MultiFactorAuthPresent", "true");
    context.set("aws:MultiFactorAuthAge", "0");
  }
  iam::RequestContext role_tags;
  for (const auto& [key, value] : role.tags) {
    role_tags.set("aws:ResourceTag/" + key, value);
    role_tags.set("iam:ResourceTag/" + key, value);
  }
  std::shared_ptr<const iam::OrganizationPath> own_path;
  std::shared_ptr<const iam::OrganizationPath> role_path;
  if (const Organization* organization = directory.organization()) {
    own_path = organization->path_of(caller.account_id());
    role_path = organization->path_of(role.account_id);
  }
  iam::AssumeRoleRequest ask;
  ask.caller = &caller.principal;
  ask.role_arn = role.arn;
  ask.trust = &role.trust;
  ask.role_context = &role_tags;
  ask.role_organization = role_path.get();
  ask.context = &context;
  ask.external_id = request.external_id;
  ask.session_name = *request.role_session_name;
  ask.source_identity = request.source_identity.value_or("");
  ask.tags = tags_of(request);
  ask.transitive_tag_keys = request.transitive_tag_keys;
  iam::PolicySet policies;
  const std::shared_ptr<const Entity> entity = caller.entity.lock();
  if (entity != nullptr) {
    const EffectivePolicies& effective = directory.effective(*entity);
    policies.identity = effective.identity;
    policies.boundary = effective.boundary ? &*effective.boundary : nullptr;
  }
  policies.session = caller.session_policies;
  policies.organization = own_path.get();
  const bool limited = session.endpoint != nullptr && session.endpoint->policy.policy.document != nullptr;
  if (limited) policies.endpoint = &session.endpoint->policy;
  const iam::Evaluation evaluation = iam::evaluate_assume_role(ask, policies);
  if (evaluation.allowed()) return {};
  return fail(access_denied(caller, evaluation.action, role.arn));
}

Result<std::chrono::seconds> session_duration(const AssumeRoleRequest& request, const Role& role,
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

Error malformed_policy(const Error& error) {
  const std::string code = error.aws() == nullptr ? "MalformedPolicyDocument" : error.aws()->code;
  std::string message = error.message();
  if (const std::string_view why = error.context("why"); !why.empty()) message += " " + std::string(why);
  return fault(ErrorKind::usage, code, std::move(message), 400);
}

/// Session policies and the share of the packed space that they and the tags take, in percent.
Result<std::optional<std::int32_t>> add_policies(const Directory& directory, const AssumeRoleRequest& request,
                                                 const Role& role, SessionOptions& options) {
  std::size_t size = 0;
  if (request.policy_arns.size() > kPolicyArnsMax) {
    return fail(validation_error("The number of managed session policies exceeds the limit of 10."));
  }
  if (request.policy) {
    auto document = directory.document(iam::DocumentKind::session, *request.policy);
    if (!document) return fail(malformed_policy(document.error()));
    options.policies.emplace_back("the session policy", (*document)->document);
    size += request.policy->size();
  }
  for (const aws::sts::PolicyDescriptorType& one : request.policy_arns) {
    const std::string arn = one.arn.value_or("");
    const ManagedPolicyPtr policy = directory.find_policy(arn);
    const auto parts = iam::split_arn(arn);
    const bool usable = policy != nullptr && (policy->is_aws() || parts->account() == role.account_id);
    if (!usable)
      return fail(validation_error("Policy " + printable(arn, 200) + " does not exist or is not attachable."));
    options.policies.emplace_back(policy->name, arn, policy->current().document->document);
    size += arn.size();
  }
  for (const aws::sts::Tag& tag : request.tags) size += tag.key->size() + tag.value->size();
  if (size == 0) return std::optional<std::int32_t>();
  const auto percent = static_cast<std::int32_t>(size * 100 / kPackedMax);
  if (percent > 100) {
    return fail(fault(
        ErrorKind::usage, "PackedPolicyTooLarge",
        "Packed policy consumes " + std::to_string(percent) + "% of allotted space, please use smaller policy.", 400));
  }
  return std::optional<std::int32_t>(percent);
}

bool has_key(const iam::TagList& tags, std::string_view key) {
  return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return equals_ignore_case(tag.first, key); });
}

/// What the new session inherits of the caller's, and what it adds.
Result<void> add_inheritance(const AssumeRoleRequest& request, const Identity& caller, SessionOptions& options) {
  const iam::Principal::Details& before = caller.principal.details();
  options.name = *request.role_session_name;
  options.source_identity = before.source_identity;
  if (request.source_identity) {
    if (!before.source_identity.empty() && before.source_identity != *request.source_identity) {
      return fail(denied("The source identity is already set for this assume role session"));
    }
    options.source_identity = *request.source_identity;
  }
  options.tags = before.transitive_tags;
  options.transitive_tags = before.transitive_tags;
  for (auto& [key, value] : tags_of(request)) {
    if (has_key(before.transitive_tags, key)) {
      return fail(
          invalid_parameter("One of the specified transitive tag keys can't be set because it conflicts with a "
                            "transitive tag key from the calling session."));
    }
    const auto& keys = request.transitive_tag_keys;
    const bool transitive =
        std::any_of(keys.begin(), keys.end(), [&](const auto& one) { return equals_ignore_case(one, key); });
    options.tags.emplace_back(key, value);
    if (transitive) options.transitive_tags.emplace_back(key, value);
  }
  return {};
}

void fill(aws::sts::Credentials& credentials, const IssuedKey& key) {
  credentials.access_key_id = key.access_key_id;
  credentials.secret_access_key = key.secret_access_key;
  credentials.session_token = key.session_token;
  credentials.expiration = key.expires;
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
  TRY(const std::optional<WallTime> mfa_at, check_mfa(info, cloud_, request.serial_number, request.token_code));
  const Identity& caller = identity_of(info);
  Directory& directory = cloud_.directory();
  const std::shared_ptr<Role> role = directory.find_role(*request.role_arn);
  if (role == nullptr) return fail(access_denied(caller, "sts:AssumeRole", *request.role_arn));
  TRY_VOID(check_access(info, cloud_, *role, request, mfa_at ? MfaShown::now : MfaShown::no));
  TRY(const std::chrono::seconds duration, session_duration(request, *role, caller));
  SessionOptions options;
  options.mfa_at = mfa_at;
  TRY_VOID(add_inheritance(request, caller, options));
  TRY(const std::optional<std::int32_t> packed, add_policies(directory, request, *role, options));

  const WallTime now = std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock()));
  role->last_used = now;
  role->last_used_region = info.region;
  const std::string source_identity = options.source_identity;
  const IdentityPtr identity = directory.role_identity(role, std::move(options), now);
  const IssuedKey key = cloud_.issue(identity, now + duration, info.ctx.random());
  AssumeRoleResponse response;
  fill(response.credentials.emplace(), key);
  aws::sts::AssumedRoleUser& user = response.assumed_role_user.emplace();
  user.assumed_role_id = identity->user_id;
  user.arn = identity->arn();
  if (!source_identity.empty()) response.source_identity = source_identity;
  response.packed_policy_size = packed;
  return response;
}

rt::Task<Result<aws::sts::AssumeRoleWithWebIdentityResponse>> StsService::assume_role_with_web_identity(
    aws::server::CallInfo, aws::sts::AssumeRoleWithWebIdentityRequest) {
  co_return fail(
      aws::server::fault(ErrorKind::denied, "InvalidIdentityToken",
                         "No OpenIDConnect provider found in your account for this token: this simulator has "
                         "no identity providers",
                         400));
}

rt::Task<Result<aws::sts::GetSessionTokenResponse>> StsService::get_session_token(
    aws::server::CallInfo info, aws::sts::GetSessionTokenRequest request) {
  co_return session_token(info, request);
}

Result<aws::sts::GetSessionTokenResponse> StsService::session_token(const aws::server::CallInfo& info,
                                                                    const aws::sts::GetSessionTokenRequest& request) {
  using namespace sts_service;
  const Identity& caller = identity_of(info);
  if (caller.kind != Identity::Kind::user) {
    return fail(denied("Cannot call GetSessionToken with session credentials"));
  }
  TRY(const std::optional<WallTime> mfa_at, check_mfa(info, cloud_, request.serial_number, request.token_code));
  const std::shared_ptr<User> user = cloud_.directory().find_user(caller.arn());
  if (user == nullptr) return fail(access_denied(caller, "sts:GetSessionToken", caller.arn()));
  const auto duration = request.duration_seconds ? std::chrono::seconds(*request.duration_seconds) : kTokenDuration;
  const WallTime now = std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock()));
  const IdentityPtr identity = cloud_.directory().token_identity(user, now, mfa_at);
  const IssuedKey key = cloud_.issue(identity, now + duration, info.ctx.random());
  aws::sts::GetSessionTokenResponse response;
  fill(response.credentials.emplace(), key);
  return response;
}

rt::Task<Result<aws::sts::GetAccessKeyInfoResponse>> StsService::get_access_key_info(
    aws::server::CallInfo info, aws::sts::GetAccessKeyInfoRequest request) {
  CO_TRY_VOID(authorize(info));
  const IdentityPtr owner = cloud_.directory().identity_of(*request.access_key_id);
  if (owner == nullptr) {
    co_return fail(sts_service::validation_error("The access key ID " + printable(*request.access_key_id, 128) +
                                                 " does not belong to an account of this simulator"));
  }
  aws::sts::GetAccessKeyInfoResponse response;
  response.account = owner->account_id();
  co_return response;
}

rt::Task<Result<aws::sts::DecodeAuthorizationMessageResponse>> StsService::decode_authorization_message(
    aws::server::CallInfo info, aws::sts::DecodeAuthorizationMessageRequest request) {
  CO_TRY_VOID(authorize(info));
  const std::string* decoded = cloud_.directory().find_denial(*request.encoded_message);
  if (decoded == nullptr) {
    co_return fail(aws::server::fault(ErrorKind::usage, "InvalidAuthorizationMessageException",
                                      "The encoded authorization message is invalid.", 400));
  }
  aws::sts::DecodeAuthorizationMessageResponse response;
  response.decoded_message = *decoded;
  co_return response;
}

}  // namespace postern::sim
