#include "sim/serve/world_lines.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_lines {
namespace world_lines_detail {

/// What users and roles have in common.
template <class Config>
void add_common(FlowMap& map, const Config& config) {
  map.texts("allow", config.permissions.allow);
  map.texts("deny", config.permissions.deny);
  map.map("policies", config.policies.inline_documents);
  map.texts("attached", config.policies.attached);
  map.text("boundary", config.policies.boundary);
  map.map("tags", config.tags);
}

std::string trust_line(const TrustStatement& statement) {
  FlowMap map;
  map.texts("principals", statement.principals);
  map.texts("external_ids", statement.external_ids);
  return map.done();
}

/// Whether the text needs no quotes.
bool is_word(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && std::all_of(text.begin(), text.end(), plain) &&
         text != "null" && text != "true" && text != "false";
}

std::string organization_policy_line(const OrganizationPolicyConfig& policy) {
  FlowMap map;
  map.text("name", policy.name);
  if (policy.type == OrganizationPolicyType::resource_control) map.add("type", "resource_control");
  map.text("document", policy.document);
  map.texts("targets", policy.targets);
  if (policy.replaces_full_access) map.add("replaces_full_access", "on");
  return map.done();
}

}  // namespace world_lines_detail

std::string yaml_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string yaml_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + yaml_text(item);
  return out + "]";
}

std::string yaml_map(const std::map<std::string, std::string>& items) {
  std::string out = "{";
  for (const auto& [key, value] : items) out += (out.size() > 1 ? ", " : "") + yaml_text(key) + ": " + yaml_text(value);
  return out + "}";
}

std::string user_line(const UserConfig& user) {
  FlowMap map;
  map.text("name", user.name);
  map.text("path", user.path, "/");
  map.text("access_key_id", user.access_key_id);
  map.text("secret_access_key", user.secret_access_key.reveal());
  map.text("session_token", user.session_token.reveal());
  if (user.expires) map.add("expires", yaml_text(format_rfc3339(*user.expires)));
  world_lines_detail::add_common(map, user);
  if (!user.mfa_seed.empty()) {
    FlowMap mfa;
    mfa.text("name", user.mfa_name);
    mfa.text("seed", user.mfa_seed.reveal());
    map.add("mfa", mfa.done());
  }
  return map.done();
}

std::string role_line(const RoleConfig& role) {
  FlowMap map;
  map.text("name", role.name);
  map.text("path", role.path, "/");
  map.text("description", role.description);
  if (role.max_session != RoleConfig().max_session) map.add("max_session", format_span(role.max_session));
  map.text("trust", role.trust_document);
  if (role.trust_document.empty()) map.lines("trust", role.trust, &world_lines_detail::trust_line);
  world_lines_detail::add_common(map, role);
  return map.done();
}

std::string managed_policy_line(const ManagedPolicyConfig& policy) {
  FlowMap map;
  map.text("name", policy.name);
  map.text("path", policy.path, "/");
  map.text("document", policy.document);
  return map.done();
}

std::string instance_profile_line(const InstanceProfileConfig& profile) {
  FlowMap map;
  map.text("name", profile.name);
  map.text("path", profile.path, "/");
  map.text("role", profile.role);
  return map.done();
}

std::string document_line(const DocumentConfig& document) {
  const DocumentConfig usual;
  FlowMap map;
  map.text("name", document.name);
  map.text("region", document.region);
  map.text("type", document.type, usual.type);
  map.text("format", document.format, usual.format);
  map.text("content", document.content);
  return map.done();
}

std::string bucket_line(const BucketConfig& bucket) {
  FlowMap map;
  map.text("name", bucket.name);
  map.text("region", bucket.region);
  map.on_off("versioning", bucket.versioning, Switch::off);
  map.text("policy", bucket.policy);
  return map.done();
}

std::string key_line(const KeyConfig& key) {
  FlowMap map;
  map.text("id", key.id);
  map.text("region", key.region);
  map.text("alias", key.alias);
  map.text("description", key.description);
  map.text("policy", key.policy);
  map.on_off("enabled", key.enabled, Switch::on);
  return map.done();
}

std::string agent_of(const AgentConfig& agent) {
  const AgentConfig usual;
  const bool frames = agent.session_frame_bytes != usual.session_frame_bytes;
  const bool plain = agent.version == usual.version && agent.pick_up_delay == usual.pick_up_delay && !frames;
  if (plain) return std::string(world_parts::to_string(agent.profile));
  FlowMap map;
  map.add("profile", world_parts::to_string(agent.profile));
  map.text("version", agent.version, usual.version);
  if (agent.pick_up_delay != usual.pick_up_delay) map.add("pick_up_delay", format_span(agent.pick_up_delay));
  if (frames) map.add("session_frame_bytes", std::to_string(agent.session_frame_bytes));
  return map.done();
}

std::string instance_line(const InstanceConfig& instance) {
  InstanceConfig usual;
  if (instance.platform == Platform::windows) {
    usual.platform_name = "Microsoft Windows Server 2022 Datacenter";
    usual.platform_version = "10.0.20348";
  }
  FlowMap map;
  map.text("id", instance.id);
  map.text("name", instance.name);
  map.add("region", world_lines_detail::is_word(instance.region) ? instance.region : yaml_text(instance.region));
  map.text("state", instance.state, usual.state);
  if (instance.platform != Platform::linux) map.add("platform", world_parts::to_string(instance.platform));
  map.text("platform_name", instance.platform_name, usual.platform_name);
  map.text("platform_version", instance.platform_version, usual.platform_version);
  map.text("type", instance.instance_type, usual.instance_type);
  map.text("private_ip", instance.private_ip);
  map.text("subnet", instance.subnet);
  map.texts("security_groups", instance.security_groups);
  map.on_off("public_address", instance.public_address, Switch::off);
  const std::string profile = instance.instance_profile.empty() ? "none" : instance.instance_profile;
  map.text("profile", profile, usual.instance_profile);
  map.map("tags", instance.tags);
  if (instance.age) map.add("age", format_span(*instance.age));
  map.add("agent", agent_of(instance.agent));
  map.map("programs", instance.programs);
  return map.done();
}

std::string organization_line(const OrganizationConfig& organization) {
  if (organization.presence == OrganizationPresence::absent) return "absent";
  FlowMap map;
  map.text("id", organization.id);
  map.text("management_account", organization.management_account);
  map.texts("units", organization.units);
  map.texts("delegated_administrators", organization.delegated_administrators);
  map.lines("policies", organization.policies, &world_lines_detail::organization_policy_line);
  return map.done();
}

}  // namespace postern::sim::world_lines
