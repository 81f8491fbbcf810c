#include "sim/iam/iam_shared.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "iam/arn.hpp"

namespace postern::sim::iam_call {

using aws::server::fault;

Error no_such_entity(std::string message) {
  return fault(ErrorKind::not_found, "NoSuchEntity", std::move(message), 404);
}
Error already_exists(std::string message) {
  return fault(ErrorKind::conflict, "EntityAlreadyExists", std::move(message), 409);
}
Error delete_conflict(std::string message) {
  return fault(ErrorKind::conflict, "DeleteConflict", std::move(message), 409);
}
Error limit_exceeded(std::string message) {
  return fault(ErrorKind::usage, "LimitExceeded", std::move(message), 409);
}
Error invalid_input(std::string message) {
  return fault(ErrorKind::usage, "InvalidInput", std::move(message), 400);
}
Error validation_error(std::string message) {
  return fault(ErrorKind::usage, "ValidationError", std::move(message), 400);
}

Error policy_error(const Error& error) {
  const std::string code = error.aws() == nullptr ? "MalformedPolicyDocument" : error.aws()->code;
  return fault(ErrorKind::usage, code, error.message(), code == "LimitExceeded" ? 409 : 400);
}

Result<Call> begin(const aws::server::CallInfo& info, Cloud& cloud) {
  const Identity& caller = identity_of(info);
  if (caller.kind == Identity::Kind::session_token && !caller.mfa_at) {
    return fail(fault(ErrorKind::credentials, "InvalidClientTokenId",
                      "The security token included in the request is invalid", 403));
  }
  AccountIam* account = cloud.directory().find_account(caller.account_id());
  if (account == nullptr) return fail(ErrorKind::internal, "the caller's account is gone");
  return Call(info, cloud.directory(), *account, std::chrono::floor<std::chrono::seconds>(cloud.now(info.ctx.clock())));
}

std::string arn_of(const Call& call, std::string_view kind, std::string_view tail) {
  return "arn:aws:iam::" + call.account.id + ":" + std::string(kind) + "/" + std::string(tail);
}

Result<void> authorize_as(const Call& call, const Access& access, std::string_view shown) {
  iam::Evaluation evaluation = evaluate_access(call.info, access);
  if (evaluation.allowed()) return {};
  if (!shown.empty() && !access.resources().empty()) {
    const std::string named = "on resource: " + access.resources().front().arn;
    if (const std::size_t at = evaluation.denial_text.find(named); at != std::string::npos) {
      evaluation.denial_text.replace(at, named.size(), "on resource: " + std::string(shown));
    }
  }
  return fail(denial_of(call.info, evaluation));
}

Result<std::shared_ptr<Role>> role_of(const Call& call, const std::string& name, Access access) {
  const auto found = call.account.roles.find(name);
  const bool known = found != call.account.roles.end();
  if (known) {
    access.on(found->second->arn, found->second->tags);
  } else {
    access.on(arn_of(call, "role", name));
  }
  TRY_VOID(authorize_as(call, access, "role " + name));
  if (!known) return fail(no_such_entity("The role with name " + printable(name, 128) + " cannot be found."));
  return found->second;
}

Result<std::shared_ptr<User>> user_of(const Call& call, const std::optional<std::string>& name, Access access) {
  const Identity& caller = identity_of(call.info);
  if (!name && caller.is_session()) {
    return fail(validation_error("Must specify userName when calling with non-User credentials"));
  }
  std::string wanted = name.value_or("");
  if (!name) wanted = caller.arn().substr(caller.arn().rfind('/') + 1);
  const auto found = call.account.users.find(wanted);
  const bool known = found != call.account.users.end();
  if (known) {
    access.on(found->second->arn, found->second->tags);
  } else {
    access.on(arn_of(call, "user", wanted));
  }
  TRY_VOID(authorize_as(call, access, "user " + wanted));
  if (!known) return fail(no_such_entity("The user with name " + printable(wanted, 128) + " cannot be found."));
  return found->second;
}

Result<std::shared_ptr<InstanceProfile>> profile_of(const Call& call, const std::string& name, Access access) {
  const auto found = call.account.profiles.find(name);
  const bool known = found != call.account.profiles.end();
  if (known) {
    access.on(found->second->arn, found->second->tags);
  } else {
    access.on(arn_of(call, "instance-profile", name));
  }
  TRY_VOID(authorize_as(call, access, "instance profile " + name));
  if (!known) return fail(no_such_entity("Instance Profile " + printable(name, 128) + " cannot be found."));
  return found->second;
}

Result<ManagedPolicyPtr> policy_of(const Call& call, const std::string& arn, PolicyUse use, Access access) {
  const std::optional<iam::Arn> parts = iam::split_arn(arn);
  if (!parts || parts->service() != "iam" || !parts->resource().starts_with("policy/")) {
    return fail(validation_error("ARN " + printable(arn, 200) + " is not valid."));
  }
  const ManagedPolicyPtr policy = call.directory.find_policy(arn);
  if (policy == nullptr) {
    access.on(arn);
  } else {
    access.on(arn, policy->tags);
  }
  TRY_VOID(authorize_as(call, access, "policy " + arn));
  const bool visible = policy != nullptr && (policy->is_aws() || parts->account() == call.account.id);
  if (!visible) return fail(no_such_entity("Policy " + printable(arn, 200) + " was not found."));
  if (use == PolicyUse::edit && policy->is_aws()) {
    return fail(fault(ErrorKind::denied, "AccessDenied", "Cannot modify an AWS managed policy: " + arn, 403));
  }
  return policy;
}

Result<ManagedPolicyPtr> attachable(const Call& call, const std::string& arn) {
  const std::optional<iam::Arn> parts = iam::split_arn(arn);
  if (!parts || parts->service() != "iam" || !parts->resource().starts_with("policy/")) {
    return fail(validation_error("ARN " + printable(arn, 200) + " is not valid."));
  }
  const ManagedPolicyPtr policy = call.directory.find_policy(arn);
  if (policy == nullptr || (!policy->is_aws() && parts->account() != call.account.id)) {
    return fail(no_such_entity("Policy " + printable(arn, 200) + " does not exist or is not attachable."));
  }
  return policy;
}

Result<SharedDocumentPtr> identity_document(const Call& call, const std::string& text,
                                            std::optional<std::size_t> size_max) {
  iam::ParseOptions options;
  options.version = iam::VersionRule::current;
  options.size_max = size_max.value_or(iam::kDocumentBytesMax);
  auto parsed = call.directory.document(iam::DocumentKind::identity, text, options);
  if (!parsed) return fail(policy_error(parsed.error()));
  return std::move(*parsed);
}

Result<void> check_name(std::string_view member, std::string_view name) {
  if (is_name(name, "+=,.@-")) return {};
  return fail(validation_error("The specified value for " + std::string(member) +
                               " is invalid. It must contain only alphanumeric characters and/or the following: "
                               "+=,.@_-"));
}

Result<std::string> check_path(const std::optional<std::string>& path) {
  if (!path) return std::string("/");
  if (!is_path(*path)) {
    return fail(validation_error(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
        "characters and/or / characters."));
  }
  return *path;
}

Result<Tags> check_tags(const std::vector<aws::iam::Tag>& tags) {
  Tags out;
  std::vector<std::string> folded;
  for (const aws::iam::Tag& tag : tags) {
    if (!is_tag_text(*tag.key) || !is_tag_text(*tag.value)) {
      return fail(
          validation_error(pattern_violation("tags.1.member.key", *tag.key, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")));
    }
    if (starts_with_ignore_case(*tag.key, "aws:")) {
      return fail(invalid_input("aws: prefixed tag key names are not allowed for external use."));
    }
    folded.push_back(to_lower(*tag.key));
    out.insert_or_assign(*tag.key, *tag.value);
  }
  std::sort(folded.begin(), folded.end());
  if (std::adjacent_find(folded.begin(), folded.end()) != folded.end()) {
    return fail(invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
  }
  return out;
}

Result<void> add_tags(Tags& tags, const std::vector<aws::iam::Tag>& more) {
  TRY(Tags checked, check_tags(more));
  Tags merged = tags;
  for (auto& [key, value] : checked) {
    std::erase_if(merged, [&](const auto& tag) { return equals_ignore_case(tag.first, key); });
    merged.insert_or_assign(key, value);
  }
  if (merged.size() > kTagsMax) return fail(limit_exceeded("The number of tags has reached the maximum limit."));
  tags = std::move(merged);
  return {};
}

// ---- what is shown ----

std::vector<aws::iam::Tag> to_tags(const Tags& tags) {
  std::vector<aws::iam::Tag> out;
  for (const auto& [key, value] : tags) {
    aws::iam::Tag& tag = out.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  return out;
}

std::string encoded(std::string_view document) {
  return percent_encode(document);
}

std::optional<aws::iam::AttachedPermissionsBoundary> boundary_of(const Entity& entity) {
  if (entity.boundary.empty()) return std::nullopt;
  aws::iam::AttachedPermissionsBoundary boundary;
  boundary.permissions_boundary_type = aws::iam::PermissionsBoundaryAttachmentType::Value::permissions_boundary_policy;
  boundary.permissions_boundary_arn = entity.boundary;
  return boundary;
}

aws::iam::Role to_role(const Call& call, const Role& role, Shown shown) {
  aws::iam::Role out;
  out.path = role.path;
  out.role_name = role.name;
  out.role_id = role.id;
  out.arn = role.arn;
  out.create_date = role.created;
  out.assume_role_policy_document = encoded(call.directory.trust_text(role));
  if (!role.description.empty()) out.description = role.description;
  out.max_session_duration = static_cast<std::int32_t>(role.max_session.count());
  if (shown == Shown::listed) return out;
  out.permissions_boundary = boundary_of(role);
  out.tags = to_tags(role.tags);
  aws::iam::RoleLastUsed& used = out.role_last_used.emplace();
  used.last_used_date = role.last_used;
  if (role.last_used) used.region = role.last_used_region;
  return out;
}

aws::iam::User to_user(const User& user, Shown shown) {
  aws::iam::User out;
  out.path = user.path;
  out.user_name = user.name;
  out.user_id = user.id;
  out.arn = user.arn;
  out.create_date = user.created;
  if (shown == Shown::listed) return out;
  out.permissions_boundary = boundary_of(user);
  out.tags = to_tags(user.tags);
  return out;
}

aws::iam::InstanceProfile to_profile(const Call& call, const InstanceProfile& profile, Shown shown) {
  aws::iam::InstanceProfile out;
  out.path = profile.path;
  out.instance_profile_name = profile.name;
  out.instance_profile_id = profile.id;
  out.arn = profile.arn;
  out.create_date = profile.created;
  const auto role = call.account.roles.find(profile.role);
  if (role != call.account.roles.end()) out.roles.push_back(to_role(call, *role->second, Shown::listed));
  if (shown == Shown::full) out.tags = to_tags(profile.tags);
  return out;
}

std::int32_t attachments(const AccountIam& account, std::string_view arn) {
  std::int32_t count = 0;
  const auto add = [&](const Entity& entity) {
    count += static_cast<std::int32_t>(std::count(entity.attached.begin(), entity.attached.end(), arn));
  };
  for (const auto& [name, role] : account.roles) add(*role);
  for (const auto& [name, user] : account.users) add(*user);
  return count;
}

std::int32_t boundaries(const AccountIam& account, std::string_view arn) {
  std::int32_t count = 0;
  for (const auto& [name, role] : account.roles) count += role->boundary == arn ? 1 : 0;
  for (const auto& [name, user] : account.users) count += user->boundary == arn ? 1 : 0;
  return count;
}

aws::iam::Policy to_policy(const Call& call, const ManagedPolicy& policy, Shown shown) {
  aws::iam::Policy out;
  out.policy_name = policy.name;
  out.policy_id = policy.id;
  out.arn = policy.arn;
  out.path = policy.path;
  out.default_version_id = policy.default_version;
  out.attachment_count = attachments(call.account, policy.arn);
  out.permissions_boundary_usage_count = boundaries(call.account, policy.arn);
  out.is_attachable = true;
  out.create_date = policy.created;
  out.update_date = policy.updated;
  if (shown == Shown::listed) return out;
  if (!policy.description.empty()) out.description = policy.description;
  out.tags = to_tags(policy.tags);
  return out;
}

aws::iam::PolicyVersion to_version(const ManagedPolicy& policy, const PolicyVersion& version, Shown shown) {
  aws::iam::PolicyVersion out;
  if (shown == Shown::full) out.document = encoded(version.document->text);
  out.version_id = version.id;
  out.is_default_version = version.id == policy.default_version;
  out.create_date = version.created;
  return out;
}

// ---- users and roles alike ----

Result<void> put_inline(const Call& call, Entity& entity, const std::string& name, const std::string& text,
                        std::size_t size_max) {
  TRY_VOID(check_name("policyName", name));
  TRY(SharedDocumentPtr document, identity_document(call, text));
  std::size_t size = document->document->size();
  for (const auto& [other, policy] : entity.inline_policies) {
    if (other != name) size += policy->document->size();
  }
  if (size > size_max) {
    const bool role = entity.arn.find(":role/") != std::string::npos;
    return fail(limit_exceeded("Maximum policy size of " + std::to_string(size_max) + " bytes exceeded for " +
                               (role ? "role " : "user ") + entity.name));
  }
  entity.inline_policies.insert_or_assign(name, std::move(document));
  call.directory.changed();
  return {};
}

Result<void> delete_inline(const Call& call, Entity& entity, const std::string& name, std::string_view noun) {
  const auto found = entity.inline_policies.find(name);
  if (found == entity.inline_policies.end()) {
    return fail(
        no_such_entity("The " + std::string(noun) + " policy with name " + printable(name, 128) + " cannot be found."));
  }
  entity.inline_policies.erase(found);
  call.directory.changed();
  return {};
}

Result<void> attach(const Call& call, Entity& entity, const std::string& arn, std::string_view quota) {
  TRY_VOID(attachable(call, arn));
  if (std::find(entity.attached.begin(), entity.attached.end(), arn) != entity.attached.end()) return {};
  if (entity.attached.size() >= kAttachedMax) {
    return fail(limit_exceeded("Cannot exceed quota for " + std::string(quota) + ": " + std::to_string(kAttachedMax)));
  }
  entity.attached.push_back(arn);
  call.directory.changed();
  return {};
}

Result<void> detach(const Call& call, Entity& entity, const std::string& arn) {
  if (std::erase(entity.attached, arn) == 0) {
    return fail(no_such_entity("Policy " + printable(arn, 200) + " was not found."));
  }
  call.directory.changed();
  return {};
}

Result<void> set_boundary(const Call& call, Entity& entity, const std::string& arn) {
  TRY_VOID(attachable(call, arn));
  entity.boundary = arn;
  call.directory.changed();
  return {};
}

std::vector<aws::iam::AttachedPolicy> attached_policies(const Call& call, const Entity& entity,
                                                        const std::optional<std::string>& path_prefix) {
  std::vector<aws::iam::AttachedPolicy> out;
  for (const std::string& arn : entity.attached) {
    const ManagedPolicyPtr policy = call.directory.find_policy(arn);
    if (policy == nullptr || !has_prefix(policy->path, path_prefix)) continue;
    aws::iam::AttachedPolicy& one = out.emplace_back();
    one.policy_name = policy->name;
    one.policy_arn = arn;
  }
  return out;
}

Result<Page> page(const Call& call, const std::optional<std::string>& marker,
                  const std::optional<std::int32_t>& max_items, std::string_view question, std::size_t count,
                  FunctionRef<std::string_view(std::size_t)> key) {
  const std::size_t size = max_items ? static_cast<std::size_t>(*max_items) : kPageSize;
  const std::string asked = call.account.id + "/" + action_of(call.info) + "/" + std::string(question);
  auto found = page_of(marker.value_or(""), asked, count, size, key);
  if (!found) return fail(validation_error("Invalid Marker: " + printable(marker.value_or(""), 100)));
  return found;
}

}  // namespace postern::sim::iam_call
