#include <algorithm>

#include "sim/cloudformation/resource_types.hpp"
#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {
namespace iam_resources {

constexpr std::string_view kIam = "iam";
constexpr std::size_t kRoleNameMax = 64;
constexpr std::size_t kNameMax = 128;

Json named(std::string_view key, const std::string& value) {
  return Json::object().set(key, value);
}

/// What `after` has and `before` has not.
std::vector<std::string> added(const Json& before, const Json& after) {
  const std::vector<std::string> old = texts(before);
  std::vector<std::string> out;
  for (std::string& one : texts(after)) {
    if (std::find(old.begin(), old.end(), one) == old.end()) out.push_back(std::move(one));
  }
  return out;
}

// ---- roles ----

Result<void> put_role_policies(ResourceWork& work, const Json& before, const Json& after) {
  for (const Json& one : before["Policies"].items()) {
    const auto same = [&](const Json& other) { return other["PolicyName"] == one["PolicyName"]; };
    const Json::Array& now = after["Policies"].items();
    if (std::any_of(now.begin(), now.end(), same)) continue;
    TRY_VOID(work.remove(kIam, "DeleteRolePolicy",
                         named("RoleName", work.physical_id).set("PolicyName", one["PolicyName"])));
  }
  for (const Json& one : after["Policies"].items()) {
    const Json::Array& old = before["Policies"].items();
    if (std::find(old.begin(), old.end(), one) != old.end()) continue;
    const auto done = work.call(kIam, "PutRolePolicy",
                                named("RoleName", work.physical_id)
                                    .set("PolicyName", one["PolicyName"])
                                    .set("PolicyDocument", one["PolicyDocument"]));
    if (!done) return fail(done.error());
  }
  return {};
}

Result<void> attach_role_policies(ResourceWork& work, const Json& before, const Json& after) {
  for (const std::string& arn : added(after["ManagedPolicyArns"], before["ManagedPolicyArns"])) {
    TRY_VOID(work.remove(kIam, "DetachRolePolicy", named("RoleName", work.physical_id).set("PolicyArn", arn)));
  }
  for (const std::string& arn : added(before["ManagedPolicyArns"], after["ManagedPolicyArns"])) {
    const auto done = work.call(kIam, "AttachRolePolicy", named("RoleName", work.physical_id).set("PolicyArn", arn));
    if (!done) return fail(done.error());
  }
  return {};
}

Result<void> create_role(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "RoleName", kRoleNameMax);
  Json request = picked(
      properties, {"AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path", "PermissionsBoundary"});
  request.set("RoleName", name);
  if (Json tags = work.tags(properties); !tags.empty()) request.set("Tags", std::move(tags));
  TRY(const Json reply, work.call(kIam, "CreateRole", request));
  work.physical_id = name;
  work.attributes["Arn"] = reply["Role"]["Arn"];
  work.attributes["RoleId"] = reply["Role"]["RoleId"];
  TRY_VOID(attach_role_policies(work, Json::object(), properties));
  return put_role_policies(work, Json::object(), properties);
}

Result<void> update_role_tags(ResourceWork& work, const Json& before, const Json& after) {
  const Json now = work.tags(after);
  std::vector<std::string> gone;
  for (const Json& tag : before["Tags"].items()) {
    const auto same = [&](const Json& other) { return other["Key"] == tag["Key"]; };
    if (std::none_of(now.items().begin(), now.items().end(), same)) gone.push_back(tag["Key"].as_string());
  }
  if (!gone.empty()) {
    Json keys = Json::array();
    for (const std::string& key : gone) keys.push_back(key);
    TRY_VOID(work.remove(kIam, "UntagRole", named("RoleName", work.physical_id).set("TagKeys", std::move(keys))));
  }
  if (now.empty() || (!differs(before, after, "Tags") && work.stack_tags.empty())) return {};
  const auto done = work.call(kIam, "TagRole", named("RoleName", work.physical_id).set("Tags", now));
  return done ? Result<void>() : Result<void>(fail(done.error()));
}

Result<void> update_role(ResourceWork& work, const Json& before, const Json& after) {
  const std::string& name = work.physical_id;
  const auto call = [&](std::string_view operation, Json request) -> Result<void> {
    const auto done = work.call(kIam, operation, std::move(request));
    return done ? Result<void>() : Result<void>(fail(done.error()));
  };
  if (differs(before, after, "AssumeRolePolicyDocument")) {
    TRY_VOID(call("UpdateAssumeRolePolicy",
                  named("RoleName", name).set("PolicyDocument", after["AssumeRolePolicyDocument"])));
  }
  if (differs(before, after, "Description") || differs(before, after, "MaxSessionDuration")) {
    Json request = picked(after, {"Description", "MaxSessionDuration"});
    TRY_VOID(call("UpdateRole", request.set("RoleName", name)));
  }
  if (differs(before, after, "PermissionsBoundary")) {
    if (const Json* boundary = after.find("PermissionsBoundary")) {
      TRY_VOID(call("PutRolePermissionsBoundary", named("RoleName", name).set("PermissionsBoundary", *boundary)));
    } else {
      TRY_VOID(call("DeleteRolePermissionsBoundary", named("RoleName", name)));
    }
  }
  TRY_VOID(attach_role_policies(work, before, after));
  TRY_VOID(put_role_policies(work, before, after));
  return update_role_tags(work, before, after);
}

Result<void> remove_role(ResourceWork& work, const Json& properties) {
  TRY_VOID(attach_role_policies(work, properties, Json::object()));
  TRY_VOID(put_role_policies(work, properties, Json::object()));
  return work.remove(kIam, "DeleteRole", named("RoleName", work.physical_id));
}

constexpr PropertyRule kRole[] = {{"AssumeRolePolicyDocument", false, true},
                                  {"Description"},
                                  {"ManagedPolicyArns"},
                                  {"MaxSessionDuration"},
                                  {"Path", true},
                                  {"PermissionsBoundary"},
                                  {"Policies"},
                                  {"RoleName", true},
                                  {"Tags"}};

// ---- inline policies ----

std::string policy_name(const Json& properties) {
  return scalar_text(properties["PolicyName"]).value_or("");
}

Result<void> put_policy(ResourceWork& work, const Json& properties) {
  for (const auto& [list, key, operation] :
       {std::tuple("Roles", "RoleName", "PutRolePolicy"), std::tuple("Users", "UserName", "PutUserPolicy")}) {
    for (const std::string& one : texts(properties[list])) {
      const auto done = work.call(kIam, operation,
                                  named(key, one)
                                      .set("PolicyName", policy_name(properties))
                                      .set("PolicyDocument", properties["PolicyDocument"]));
      if (!done) return fail(done.error());
    }
  }
  return {};
}

Result<void> create_policy(ResourceWork& work, const Json& properties) {
  if (!properties["Groups"].empty()) return fail(ErrorKind::usage, "Groups are not offered by this simulator");
  if (properties["Roles"].empty() && properties["Users"].empty()) {
    return fail(ErrorKind::usage, "At least one of [Groups,Roles,Users] must be non-empty.");
  }
  work.physical_id = work.generated_name(kNameMax);
  work.attributes["Id"] = work.physical_id;
  return put_policy(work, properties);
}

/// Takes the policy from whom `before` names and `after` does not.
Result<void> drop_policy(ResourceWork& work, const Json& before, const Json& after) {
  const bool renamed = policy_name(before) != policy_name(after);
  for (const auto& [list, key, operation] :
       {std::tuple("Roles", "RoleName", "DeleteRolePolicy"), std::tuple("Users", "UserName", "DeleteUserPolicy")}) {
    const std::vector<std::string> gone = renamed ? texts(before[list]) : added(after[list], before[list]);
    for (const std::string& one : gone) {
      TRY_VOID(work.remove(kIam, operation, named(key, one).set("PolicyName", policy_name(before))));
    }
  }
  return {};
}

Result<void> update_policy(ResourceWork& work, const Json& before, const Json& after) {
  TRY_VOID(put_policy(work, after));
  return drop_policy(work, before, after);
}

Result<void> remove_policy(ResourceWork& work, const Json& properties) {
  return drop_policy(work, properties, Json::object());
}

constexpr PropertyRule kPolicy[] = {
    {"Groups"}, {"PolicyDocument", false, true}, {"PolicyName", false, true}, {"Roles"}, {"Users"}};

Result<void> put_role_policy(ResourceWork& work, const Json& properties) {
  const auto done = work.call(kIam, "PutRolePolicy", picked(properties, {"RoleName", "PolicyName", "PolicyDocument"}));
  if (!done) return fail(done.error());
  work.physical_id = policy_name(properties);
  return {};
}

Result<void> update_role_policy(ResourceWork& work, const Json&, const Json& after) {
  return put_role_policy(work, after);
}

Result<void> remove_role_policy(ResourceWork& work, const Json& properties) {
  return work.remove(kIam, "DeleteRolePolicy", picked(properties, {"RoleName", "PolicyName"}));
}

constexpr PropertyRule kRolePolicy[] = {
    {"PolicyDocument", false, true}, {"PolicyName", true, true}, {"RoleName", true, true}};

// ---- managed policies ----

/// Attaches and detaches as the lists of roles and users differ.
Result<void> attach(ResourceWork& work, const Json& before, const Json& after) {
  for (const auto& [list, key, put, drop] : {std::tuple("Roles", "RoleName", "AttachRolePolicy", "DetachRolePolicy"),
                                             std::tuple("Users", "UserName", "AttachUserPolicy", "DetachUserPolicy")}) {
    for (const std::string& one : added(after[list], before[list])) {
      TRY_VOID(work.remove(kIam, drop, named(key, one).set("PolicyArn", work.physical_id)));
    }
    for (const std::string& one : added(before[list], after[list])) {
      const auto done = work.call(kIam, put, named(key, one).set("PolicyArn", work.physical_id));
      if (!done) return fail(done.error());
    }
  }
  return {};
}

Result<void> create_managed_policy(ResourceWork& work, const Json& properties) {
  if (!properties["Groups"].empty()) return fail(ErrorKind::usage, "Groups are not offered by this simulator");
  Json request = picked(properties, {"Description", "Path", "PolicyDocument"});
  request.set("PolicyName", work.name_from(properties, "ManagedPolicyName", kNameMax));
  TRY(const Json reply, work.call(kIam, "CreatePolicy", request));
  work.physical_id = reply["Policy"]["Arn"].as_string();
  work.attributes["PolicyArn"] = reply["Policy"]["Arn"];
  work.attributes["PolicyId"] = reply["Policy"]["PolicyId"];
  return attach(work, Json::object(), properties);
}

/// Five versions are all that IAM keeps.
Result<void> make_room(ResourceWork& work, std::size_t kept_max) {
  TRY(const Json reply, work.call(kIam, "ListPolicyVersions", named("PolicyArn", work.physical_id)));
  std::vector<std::string> others;
  for (const Json& one : reply["Versions"].items()) {
    if (!one["IsDefaultVersion"].to_bool().value_or(false)) others.push_back(one["VersionId"].as_string());
  }
  std::sort(others.begin(), others.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (std::size_t i = 0; i + kept_max < others.size(); ++i) {
    TRY_VOID(
        work.remove(kIam, "DeletePolicyVersion", named("PolicyArn", work.physical_id).set("VersionId", others[i])));
  }
  return {};
}

Result<void> update_managed_policy(ResourceWork& work, const Json& before, const Json& after) {
  if (differs(before, after, "PolicyDocument")) {
    TRY_VOID(make_room(work, 3));
    const auto done = work.call(
        kIam, "CreatePolicyVersion",
        named("PolicyArn", work.physical_id).set("PolicyDocument", after["PolicyDocument"]).set("SetAsDefault", true));
    if (!done) return fail(done.error());
  }
  return attach(work, before, after);
}

Result<void> remove_managed_policy(ResourceWork& work, const Json& properties) {
  TRY_VOID(attach(work, properties, Json::object()));
  const Result<void> room = make_room(work, 0);
  if (!room && room.error().kind() != ErrorKind::not_found) return fail(room.error());
  return work.remove(kIam, "DeletePolicy", named("PolicyArn", work.physical_id));
}

constexpr PropertyRule kManagedPolicy[] = {{"Description", true},
                                           {"Groups"},
                                           {"ManagedPolicyName", true},
                                           {"Path", true},
                                           {"PolicyDocument", false, true},
                                           {"Roles"},
                                           {"Users"}};

// ---- instance profiles ----

Result<void> set_roles(ResourceWork& work, const Json& before, const Json& after) {
  for (const std::string& role : added(after["Roles"], before["Roles"])) {
    TRY_VOID(work.remove(kIam, "RemoveRoleFromInstanceProfile",
                         named("InstanceProfileName", work.physical_id).set("RoleName", role)));
  }
  for (const std::string& role : added(before["Roles"], after["Roles"])) {
    const auto done = work.call(kIam, "AddRoleToInstanceProfile",
                                named("InstanceProfileName", work.physical_id).set("RoleName", role));
    if (!done) return fail(done.error());
  }
  return {};
}

Result<void> create_profile(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "InstanceProfileName", kNameMax);
  Json request = picked(properties, {"Path"});
  TRY(const Json reply, work.call(kIam, "CreateInstanceProfile", request.set("InstanceProfileName", name)));
  work.physical_id = name;
  work.attributes["Arn"] = reply["InstanceProfile"]["Arn"];
  return set_roles(work, Json::object(), properties);
}

Result<void> remove_profile(ResourceWork& work, const Json& properties) {
  TRY_VOID(set_roles(work, properties, Json::object()));
  return work.remove(kIam, "DeleteInstanceProfile", named("InstanceProfileName", work.physical_id));
}

constexpr PropertyRule kProfile[] = {{"InstanceProfileName", true}, {"Path", true}, {"Roles", false, true}};

constexpr ResourceType kAll[] = {
    {"AWS::IAM::Role", kRole, "RoleName", Capability::iam, create_role, update_role, remove_role},
    {"AWS::IAM::Policy", kPolicy, "", Capability::iam, create_policy, update_policy, remove_policy},
    {"AWS::IAM::RolePolicy", kRolePolicy, "", Capability::iam, put_role_policy, update_role_policy, remove_role_policy},
    {"AWS::IAM::ManagedPolicy", kManagedPolicy, "ManagedPolicyName", Capability::iam, create_managed_policy,
     update_managed_policy, remove_managed_policy},
    {"AWS::IAM::InstanceProfile", kProfile, "InstanceProfileName", Capability::iam, create_profile, set_roles,
     remove_profile},
};

}  // namespace iam_resources

std::span<const ResourceType> iam_types() noexcept {
  return iam_resources::kAll;
}

}  // namespace postern::sim::stacks
