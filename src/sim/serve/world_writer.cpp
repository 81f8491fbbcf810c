#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim {
namespace world_writer {

/// JSON strings are YAML's double-quoted ones.
std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + quoted(item);
  return out + "]";
}

std::string map_of(const std::map<std::string, std::string>& items) {
  std::string out = "{";
  for (const auto& [key, value] : items) out += (out.size() > 1 ? ", " : "") + quoted(key) + ": " + quoted(value);
  return out + "}";
}

/// A flow map that is built member by member; what has its default is left out by the callers.
class FlowMap {
 public:
  void add(std::string_view key, std::string_view yaml) {
    text_.append(text_.empty() ? "" : ", ").append(key).append(": ").append(yaml);
  }
  void text(std::string_view key, std::string_view value, std::string_view fallback = "") {
    if (value != fallback) add(key, quoted(value));
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) add(key, list(values));
  }
  void permissions(const Permissions& permissions) {
    texts("allow", permissions.allow);
    texts("deny", permissions.deny);
  }
  std::string done() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string user_line(const UserConfig& user) {
  FlowMap map;
  map.text("name", user.name);
  map.text("access_key_id", user.access_key_id);
  map.text("secret_access_key", user.secret_access_key.reveal());
  map.text("session_token", user.session_token.reveal());
  if (user.expires) map.add("expires", quoted(format_rfc3339(*user.expires)));
  map.permissions(user.permissions);
  return map.done();
}

std::string role_line(const RoleConfig& role) {
  FlowMap map;
  map.text("name", role.name);
  map.text("path", role.path, "/");
  if (role.max_session != RoleConfig().max_session) map.add("max_session", format_span(role.max_session));
  std::string trust;
  for (const TrustStatement& statement : role.trust) {
    FlowMap part;
    part.texts("principals", statement.principals);
    part.texts("external_ids", statement.external_ids);
    trust += (trust.empty() ? "" : ", ") + part.done();
  }
  if (!trust.empty()) map.add("trust", "[" + trust + "]");
  map.permissions(role.permissions);
  return map.done();
}

std::string agent_of(const AgentConfig& agent) {
  const AgentConfig usual;
  const bool plain = agent.version == usual.version && agent.pick_up_delay == usual.pick_up_delay;
  if (plain) return std::string(world_parts::to_string(agent.profile));
  FlowMap map;
  map.add("profile", world_parts::to_string(agent.profile));
  map.text("version", agent.version, usual.version);
  if (agent.pick_up_delay != usual.pick_up_delay) map.add("pick_up_delay", format_span(agent.pick_up_delay));
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
  map.add("region", instance.region);
  map.text("state", instance.state, usual.state);
  if (instance.platform != Platform::linux) map.add("platform", world_parts::to_string(instance.platform));
  map.text("platform_name", instance.platform_name, usual.platform_name);
  map.text("platform_version", instance.platform_version, usual.platform_version);
  map.text("type", instance.instance_type, usual.instance_type);
  map.text("private_ip", instance.private_ip);
  const std::string profile = instance.instance_profile.empty() ? "none" : instance.instance_profile;
  map.text("profile", profile, usual.instance_profile);
  if (!instance.tags.empty()) map.add("tags", map_of(instance.tags));
  if (instance.age) map.add("age", format_span(*instance.age));
  map.add("agent", agent_of(instance.agent));
  if (!instance.programs.empty()) map.add("programs", map_of(instance.programs));
  return map.done();
}

std::string fault_line(const FaultRule& rule) {
  const FaultRule usual;
  FlowMap map;
  map.add("kind", to_string(rule.kind));
  map.text("operation", rule.operation, usual.operation);
  map.text("account", rule.account);
  map.text("region", rule.region);
  if (rule.skip != 0) map.add("skip", std::to_string(rule.skip));
  if (rule.count != FaultRule::kForever) map.add("count", std::to_string(rule.count));
  if (rule.probability < 1.0) map.add("probability", std::to_string(rule.probability));
  if (rule.delay != Duration::zero()) map.add("delay", format_span(rule.delay));
  map.add("size", std::to_string(rule.size));
  map.text("retry_after", rule.retry_after);
  map.text("code", rule.code);
  map.text("member", rule.member);
  map.text("value", rule.value);
  return map.done();
}

void account_lines(const AccountConfig& account, std::string& out) {
  out += "  - id: " + quoted(account.id) + "\n";
  if (!account.name.empty()) out += "    name: " + quoted(account.name) + "\n";
  if (!account.unit.empty()) out += "    unit: " + quoted(account.unit) + "\n";
  if (account.status != "ACTIVE") out += "    status: " + quoted(account.status) + "\n";
  if (account.organization_role == OrganizationRole::absent) out += "    organization_role: absent\n";
  const auto lines = [&out](std::string_view key, const auto& items, const auto& line) {
    if (items.empty()) return;
    out.append("    ").append(key).append(":\n");
    for (const auto& item : items) out.append("      - ").append(line(item)).append("\n");
  };
  lines("users", account.users, &user_line);
  lines("roles", account.roles, &role_line);
  lines("instances", account.instances, &instance_line);
}

std::string block(std::string_view text, std::string_view indent) {
  std::string out = "|\n";
  for (const std::string_view line : split(trim(text), '\n')) out.append(indent).append(line).append("\n");
  return out;
}

}  // namespace world_writer

std::string write_world(const World& world, std::string_view comment) {
  using namespace world_writer;
  const CloudConfig& config = world.config;
  std::string out;
  if (!comment.empty()) {
    for (const std::string_view line : split(comment, '\n'))
      out.append(line.empty() ? "#" : "# ").append(line).append("\n");
  }
  out += "version: 1\nname: " + quoted(config.name) + "\nseed: " + std::to_string(config.seed) + "\n";
  if (!config.hub_account.empty()) out += "hub: " + quoted(config.hub_account) + "\n";
  if (!config.regions.empty()) out += "regions: " + list(config.regions) + "\n";
  if (config.clock_skew != Duration::zero()) out += "clock_skew: " + format_span(config.clock_skew) + "\n";
  out += "list_lag: " + format_span(config.list_lag) + "\n";
  if (world.authority) {
    out += "tls:\n  certificate: " + block(world.authority->certificate_pem, "    ");
    out += "  key: " + block(world.authority->key_pem.reveal(), "    ");
  }
  if (!world.faults.empty()) out += "faults:\n";
  for (const FaultRule& rule : world.faults) out += "  - " + fault_line(rule) + "\n";
  out += "accounts:\n";
  for (const AccountConfig& account : config.accounts) account_lines(account, out);
  return out;
}

}  // namespace postern::sim
