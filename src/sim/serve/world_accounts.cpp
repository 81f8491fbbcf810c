// Accounts of a world file.

#include "sim/serve/world_parts.hpp"
#include "sim/ssm/document.hpp"

namespace postern::sim::world_parts {
namespace world_accounts {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

DocumentConfig read_ssm_document(const Node& node, Problems& problems) {
  const MapReader map(node, "documents[]", {"name", "region", "type", "format", "content"}, problems);
  DocumentConfig document;
  if (!node.is_map()) return document;
  document.name = map.text("name", 128);
  document.region = map.text("region", 32);
  document.type = read_word(map, "type", {"Command", "Session"}, 0) == 0 ? "Command" : "Session";
  document.format = read_word(map, "format", {"YAML", "JSON"}, 0) == 0 ? "YAML" : "JSON";
  document.content = map.text("content", kDocumentBytesMax);
  if (document.name.empty() || document.region.empty() || document.content.empty()) {
    problems.add(node, "a document needs a name, a region and its content");
    return document;
  }
  const DocumentFormat format = document.format == "JSON" ? DocumentFormat::json : DocumentFormat::yaml;
  const auto parsed = parse_document(document.content, format, document.type);
  if (!parsed) problems.add(*map.get("content"), "content: " + parsed.error().message());
  return document;
}

BucketConfig read_bucket(const Node& node, Problems& problems) {
  const MapReader map(node, "buckets[]", {"name", "region", "versioning", "policy"}, problems);
  BucketConfig bucket;
  if (!node.is_map()) return bucket;
  bucket.name = map.text("name", 63);
  bucket.region = map.text("region", 32);
  if (bucket.name.empty() || bucket.region.empty()) problems.add(node, "a bucket needs a name and a region");
  bucket.versioning = read_switch(map, "versioning", Switch::off);
  bucket.policy = read_document(map.get("policy"), "policy", iam::DocumentKind::resource, problems);
  return bucket;
}

KeyConfig read_key(const Node& node, Problems& problems) {
  const MapReader map(node, "keys[]", {"id", "region", "alias", "description", "policy", "enabled"}, problems);
  KeyConfig key;
  if (!node.is_map()) return key;
  key.id = map.text("id", 36);
  key.region = map.text("region", 32);
  key.alias = map.text("alias", 256);
  key.description = map.text("description", 8192);
  key.policy = read_document(map.get("policy"), "policy", iam::DocumentKind::resource, problems);
  key.enabled = read_switch(map, "enabled", Switch::on);
  if (key.region.empty()) problems.add(node, "a key needs a region");
  return key;
}

void read_lists(const MapReader& map, AccountConfig& account) {
  Problems& problems = map.problems();
  each(map, "managed_policies",
       [&](const Node& item) { account.managed_policies.push_back(read_managed_policy(item, problems)); });
  each(map, "users", [&](const Node& item) { account.users.push_back(read_user(item, problems)); });
  each(map, "roles", [&](const Node& item) { account.roles.push_back(read_role(item, problems)); });
  each(map, "instance_profiles",
       [&](const Node& item) { account.instance_profiles.push_back(read_instance_profile(item, problems)); });
  each(map, "networks", [&](const Node& item) { account.networks.push_back(read_network(item, problems)); });
  each(map, "documents", [&](const Node& item) { account.documents.push_back(read_ssm_document(item, problems)); });
  each(map, "keys", [&](const Node& item) { account.keys.push_back(read_key(item, problems)); });
  each(map, "buckets", [&](const Node& item) { account.buckets.push_back(read_bucket(item, problems)); });
  each(map, "drs", [&](const Node& item) { account.drs.push_back(read_drs_site(item, problems)); });
  each(map, "instances", [&](const Node& item) { read_instances(item, account.instances, problems); });
}

}  // namespace world_accounts

AccountConfig read_account(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(
      node, "accounts[]",
      {"id", "name", "alias", "unit", "status", "organization_role", "managed_policies", "users", "roles",
       "instance_profiles", "networks", "documents", "buckets", "keys", "drs", "instances"},
      problems);
  AccountConfig account;
  if (!node.is_map()) return account;
  account.id = map.text("id", 12);
  account.name = map.text("name", 128);
  account.alias = map.text("alias", 63);
  account.unit = map.text("unit", 512);
  if (map.get("status") != nullptr) account.status = map.text("status", 32);
  account.organization_role = read_word(map, "organization_role", {"present", "absent"}, 0) == 0
                                  ? OrganizationRole::present
                                  : OrganizationRole::absent;
  world_accounts::read_lists(map, account);
  return account;
}

}  // namespace postern::sim::world_parts
