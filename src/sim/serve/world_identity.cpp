// Users, roles, policies and instance profiles of a world file.

#include "base/text.hpp"
#include "base/time.hpp"
#include "sim/iam/totp.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_parts {
namespace world_identity {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

constexpr std::size_t kTagMax = 256;

/// `allow`, `deny`, `policies`, `attached`, `boundary` and `tags`, which users and roles have in common.
template <class Config>
void read_common(const MapReader& map, Config& config) {
  config.permissions.allow = texts(map, "allow");
  config.permissions.deny = texts(map, "deny");
  config.policies.attached = texts(map, "attached");
  config.policies.boundary = map.text("boundary", 256);
  config.tags = text_map(map.get("tags"), "tags", kTagMax, map.problems());
  if (map.get("path") != nullptr) config.path = map.text("path", 512);
  const Node* policies = map.get("policies");
  if (policies == nullptr) return;
  if (!policies->is_map()) {
    map.problems().add(*policies, "policies must be a map of policies by name");
    return;
  }
  for (const yaml::Entry& entry : policies->entries) {
    if (entry.value.is_null()) map.problems().add(entry, "a policy needs a document");
    const std::string what = "policies." + printable(entry.key, 60);
    std::string document = read_document(entry.value.is_null() ? nullptr : &entry.value, what,
                                         iam::DocumentKind::identity, map.problems());
    config.policies.inline_documents.emplace(entry.key, std::move(document));
  }
}

TrustStatement read_trust(const Node& node, Problems& problems) {
  const MapReader map(node, "trust[]", {"principals", "external_ids"}, problems);
  TrustStatement trust;
  if (!node.is_map()) return trust;
  trust.principals = texts(map, "principals");
  if (trust.principals.empty()) problems.add(node, "a statement of trust needs principals");
  trust.external_ids = texts(map, "external_ids");
  return trust;
}

void read_mfa(const Node* node, UserConfig& user, Problems& problems) {
  if (node == nullptr) return;
  const MapReader map(*node, "mfa", {"name", "seed"}, problems);
  if (!node->is_map()) return;
  user.mfa_name = map.text("name", 226);
  user.mfa_seed = Secret<>(map.text("seed", 512));
  if (!from_base32(user.mfa_seed.reveal())) {
    const Node* seed = map.get("seed");
    problems.add(seed == nullptr ? *node : *seed, "mfa.seed must be the device's secret in base32: letters and 2 to 7");
  }
}

}  // namespace world_identity

UserConfig read_user(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "users[]",
                            {"name", "path", "access_key_id", "secret_access_key", "session_token", "expires", "allow",
                             "deny", "policies", "attached", "boundary", "tags", "mfa"},
                            problems);
  UserConfig user;
  if (!node.is_map()) return user;
  user.name = map.text("name", 64);
  user.access_key_id = map.text("access_key_id", 128);
  user.secret_access_key = Secret<>(map.text("secret_access_key"));
  user.session_token = Secret<>(map.text("session_token"));
  if (const yaml::Node* expires = map.get("expires")) {
    user.expires = parse_rfc3339(expires->text);
    if (!user.expires) problems.add(*expires, "expires must be a time such as 2030-01-31T12:00:00Z");
  }
  world_identity::read_common(map, user);
  world_identity::read_mfa(map.get("mfa"), user, problems);
  return user;
}

RoleConfig read_role(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "roles[]",
                            {"name", "path", "description", "max_session", "trust", "allow", "deny", "policies",
                             "attached", "boundary", "tags"},
                            problems);
  RoleConfig role;
  if (!node.is_map()) return role;
  role.name = map.text("name", 64);
  role.description = map.text("description", 1000);
  if (const auto span = read_span(map.get("max_session"), "max_session", problems)) {
    role.max_session = std::chrono::duration_cast<std::chrono::seconds>(*span);
  }
  const yaml::Node* trust = map.get("trust");
  if (trust != nullptr && !trust->is_sequence()) {
    role.trust_document = read_document(trust, "trust", iam::DocumentKind::trust, problems);
  } else {
    each(map, "trust",
         [&](const yaml::Node& item) { role.trust.push_back(world_identity::read_trust(item, problems)); });
  }
  world_identity::read_common(map, role);
  return role;
}

ManagedPolicyConfig read_managed_policy(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "managed_policies[]", {"name", "path", "document"}, problems);
  ManagedPolicyConfig policy;
  if (!node.is_map()) return policy;
  policy.name = map.text("name", 128);
  if (map.get("path") != nullptr) policy.path = map.text("path", 512);
  policy.document = read_document(map.get("document"), "document", iam::DocumentKind::identity, problems);
  if (policy.name.empty() || map.get("document") == nullptr) {
    problems.add(node, "a managed policy needs a name and a document");
  }
  return policy;
}

InstanceProfileConfig read_instance_profile(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "instance_profiles[]", {"name", "path", "role"}, problems);
  InstanceProfileConfig profile;
  if (!node.is_map()) return profile;
  profile.name = map.text("name", 128);
  if (profile.name.empty()) problems.add(node, "an instance profile needs a name");
  if (map.get("path") != nullptr) profile.path = map.text("path", 512);
  profile.role = map.text("role", 64);
  return profile;
}

}  // namespace postern::sim::world_parts
