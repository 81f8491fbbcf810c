// Accounts of a world file, with users and roles.

#include "base/text.hpp"
#include "base/time.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_parts {
namespace world_accounts {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

/// Calls `read` for each entry of a list; reports anything else than a list.
template <class Read>
void each(const Node* node, std::string_view what, Problems& problems, const Read& read) {
  if (node == nullptr) return;
  if (!node->is_sequence()) {
    problems.add(*node, std::string(what) + " must be a list, not " + std::string(yaml::to_string(node->kind)));
    return;
  }
  for (const Node& item : node->items) read(item);
}

void read_permissions(const MapReader& map, Permissions& permissions) {
  if (const Node* allow = map.get("allow")) permissions.allow = texts(*allow, "allow", map.problems());
  if (const Node* deny = map.get("deny")) permissions.deny = texts(*deny, "deny", map.problems());
}

TrustStatement read_trust(const Node& node, Problems& problems) {
  const MapReader map(node, "trust[]", {"principals", "external_ids"}, problems);
  TrustStatement trust;
  if (!node.is_map()) return trust;
  if (const Node* principals = map.get("principals")) trust.principals = texts(*principals, "principals", problems);
  if (trust.principals.empty()) problems.add(node, "a statement of trust needs principals");
  if (const Node* ids = map.get("external_ids")) trust.external_ids = texts(*ids, "external_ids", problems);
  return trust;
}

}  // namespace world_accounts

std::vector<std::string> texts(const yaml::Node& node, std::string_view what, yaml::Problems& problems) {
  std::vector<std::string> all;
  for (const yaml::Node* item : yaml::scalars(node, what, problems)) all.push_back(item->text);
  return all;
}

std::map<std::string, std::string> text_map(const yaml::Node* node, std::string_view what, std::size_t bytes_max,
                                            yaml::Problems& problems) {
  std::map<std::string, std::string> all;
  if (node == nullptr) return all;
  if (!node->is_map()) {
    problems.add(*node, std::string(what) + " must be a map of texts, not " + std::string(yaml::to_string(node->kind)));
    return all;
  }
  for (const yaml::Entry& entry : node->entries) {
    if (!entry.value.is_scalar() && !entry.value.is_null()) {
      problems.add(entry.value, std::string(what) + "." + printable(entry.key, 60) + " must be a text");
    } else if (entry.value.text.size() > bytes_max) {
      problems.add(entry.value, std::string(what) + "." + printable(entry.key, 60) + " is too long");
    } else {
      all.emplace(entry.key, entry.value.text);
    }
  }
  return all;
}

std::uint64_t whole_number(const yaml::MapReader& map, std::string_view key, std::uint64_t fallback) {
  const yaml::Node* node = map.get(key);
  if (node == nullptr) return fallback;
  const auto value = node->to_int();
  if (value && *value >= 0) return static_cast<std::uint64_t>(*value);
  map.problems().add(*node, std::string(key) + " must be a whole number, 0 or more");
  return fallback;
}

UserConfig read_user(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "users[]",
                            {"name", "access_key_id", "secret_access_key", "session_token", "expires", "allow", "deny"},
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
  world_accounts::read_permissions(map, user.permissions);
  return user;
}

RoleConfig read_role(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "roles[]", {"name", "path", "max_session", "trust", "allow", "deny"}, problems);
  RoleConfig role;
  if (!node.is_map()) return role;
  role.name = map.text("name", 64);
  if (map.get("path") != nullptr) role.path = map.text("path", 512);
  if (const auto span = read_span(map.get("max_session"), "max_session", problems)) {
    role.max_session = std::chrono::duration_cast<std::chrono::seconds>(*span);
  }
  world_accounts::each(map.get("trust"), "trust", problems, [&](const yaml::Node& item) {
    role.trust.push_back(world_accounts::read_trust(item, problems));
  });
  world_accounts::read_permissions(map, role.permissions);
  return role;
}

AccountConfig read_account(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "accounts[]",
                            {"id", "name", "unit", "status", "organization_role", "users", "roles", "instances"},
                            problems);
  AccountConfig account;
  if (!node.is_map()) return account;
  account.id = map.text("id", 12);
  account.name = map.text("name", 128);
  account.unit = map.text("unit", 512);
  if (map.get("status") != nullptr) account.status = map.text("status", 32);
  const std::string organization = map.text("organization_role", 16);
  if (organization == "absent") {
    account.organization_role = OrganizationRole::absent;
  } else if (!organization.empty() && organization != "present") {
    problems.add(*map.get("organization_role"), "organization_role must be present or absent");
  }
  world_accounts::each(map.get("users"), "users", problems,
                       [&](const yaml::Node& item) { account.users.push_back(read_user(item, problems)); });
  world_accounts::each(map.get("roles"), "roles", problems,
                       [&](const yaml::Node& item) { account.roles.push_back(read_role(item, problems)); });
  world_accounts::each(map.get("instances"), "instances", problems,
                       [&](const yaml::Node& item) { read_instances(item, account.instances, problems); });
  return account;
}

}  // namespace postern::sim::world_parts
