#include "base/text.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world.hpp"
#include "sim/serve/world_lines.hpp"

namespace postern::sim {
namespace world_writer {

using namespace world_lines;

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

std::string session_fault_line(const SessionFaultRule& rule) {
  FlowMap map;
  map.add("kind", to_string(rule.kind));
  if (rule.from) map.add("from", *rule.from == End::client ? "client" : "agent");
  map.text("target", rule.target);
  if (rule.skip != 0) map.add("skip", std::to_string(rule.skip));
  if (rule.count != SessionFaultRule::kForever) map.add("count", std::to_string(rule.count));
  if (rule.probability < 1.0) map.add("probability", std::to_string(rule.probability));
  if (rule.bytes != 0) map.add("bytes", std::to_string(rule.bytes));
  if (rule.time != Duration::zero()) map.add("time", format_span(rule.time));
  return map.done();
}

void account_lines(const AccountConfig& account, std::string& out) {
  out += "  - id: " + yaml_text(account.id) + "\n";
  if (!account.name.empty()) out += "    name: " + yaml_text(account.name) + "\n";
  if (!account.alias.empty()) out += "    alias: " + yaml_text(account.alias) + "\n";
  if (!account.unit.empty()) out += "    unit: " + yaml_text(account.unit) + "\n";
  if (account.status != "ACTIVE") out += "    status: " + yaml_text(account.status) + "\n";
  if (account.organization_role == OrganizationRole::absent) out += "    organization_role: absent\n";
  const auto lines = [&out](std::string_view key, const auto& items, const auto& line) {
    if (items.empty()) return;
    out.append("    ").append(key).append(":\n");
    for (const auto& item : items) out.append("      - ").append(line(item)).append("\n");
  };
  lines("managed_policies", account.managed_policies, &managed_policy_line);
  lines("users", account.users, &user_line);
  lines("roles", account.roles, &role_line);
  lines("instance_profiles", account.instance_profiles, &instance_profile_line);
  lines("networks", account.networks, &network_line);
  lines("documents", account.documents, &document_line);
  lines("buckets", account.buckets, &bucket_line);
  lines("keys", account.keys, &key_line);
  lines("drs", account.drs, &drs_site_line);
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
  out += "version: 1\nname: " + yaml_text(config.name) + "\nseed: " + std::to_string(config.seed) + "\n";
  if (!config.hub_account.empty()) out += "hub: " + yaml_text(config.hub_account) + "\n";
  if (!config.regions.empty()) out += "regions: " + yaml_list(config.regions) + "\n";
  if (config.clock_skew != Duration::zero()) out += "clock_skew: " + format_span(config.clock_skew) + "\n";
  out += "list_lag: " + format_span(config.list_lag) + "\n";
  if (config.trail != served_trail()) out += "cloudtrail: " + trail_line(config.trail) + "\n";
  const std::string organization = organization_line(config.organization);
  if (organization != organization_line(OrganizationConfig())) out += "organization: " + organization + "\n";
  const std::string launched = agent_of(config.launched_agent);
  if (launched != agent_of(live_agent())) out += "launched_agent: " + launched + "\n";
  if (world.authority) {
    out += "tls:\n  certificate: " + block(world.authority->certificate_pem, "    ");
    out += "  key: " + block(world.authority->key_pem.reveal(), "    ");
  }
  if (!world.faults.empty()) out += "faults:\n";
  for (const FaultRule& rule : world.faults) out += "  - " + fault_line(rule) + "\n";
  if (!world.session_faults.empty()) out += "session_faults:\n";
  for (const SessionFaultRule& rule : world.session_faults) out += "  - " + session_fault_line(rule) + "\n";
  out += "accounts:\n";
  for (const AccountConfig& account : config.accounts) account_lines(account, out);
  return out;
}

}  // namespace postern::sim
