// The organization of a world file.

#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_parts {
namespace world_organization {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

OrganizationPolicyConfig read_policy(const Node& node, Problems& problems) {
  const MapReader map(node, "policies[]", {"name", "type", "document", "targets", "replaces_full_access"}, problems);
  OrganizationPolicyConfig policy;
  if (!node.is_map()) return policy;
  policy.name = map.text("name", 128);
  const bool scp = read_word(map, "type", {"service_control", "resource_control"}, 0) == 0;
  policy.type = scp ? OrganizationPolicyType::service_control : OrganizationPolicyType::resource_control;
  policy.document =
      read_document(map.get("document"), "document", scp ? iam::DocumentKind::scp : iam::DocumentKind::rcp, problems);
  if (policy.name.empty() || map.get("document") == nullptr) {
    problems.add(node, "a policy of the organization needs a name and a document");
  }
  policy.targets = texts(map, "targets");
  policy.replaces_full_access = read_switch(map, "replaces_full_access", Switch::off) == Switch::on;
  if (policy.replaces_full_access && !scp) {
    problems.add(node, "replaces_full_access is of service control policies only");
  }
  return policy;
}

}  // namespace world_organization

OrganizationConfig read_organization(const yaml::Node& node, yaml::Problems& problems) {
  OrganizationConfig organization;
  if (node.is_scalar() && node.text == "absent") {
    organization.presence = OrganizationPresence::absent;
    return organization;
  }
  const yaml::MapReader map(node, "organization",
                            {"id", "management_account", "units", "policies", "delegated_administrators"}, problems);
  if (!node.is_map()) return organization;
  organization.id = map.text("id", 34);
  organization.management_account = map.text("management_account", 12);
  organization.units = texts(map, "units");
  organization.delegated_administrators = texts(map, "delegated_administrators");
  each(map, "policies", [&](const yaml::Node& item) {
    organization.policies.push_back(world_organization::read_policy(item, problems));
  });
  return organization;
}

}  // namespace postern::sim::world_parts
