#include "cli/target_json.hpp"

#include "base/text.hpp"

namespace postern::cli {

Json target_json(const fleet::Instance& instance) {
  const fleet::Scope& scope = instance.ref.scope();
  Json ssm = Json::object();
  ssm.set("status", to_string(instance.ssm.status));
  if (!instance.ssm.reason.empty()) ssm.set("reason", scrub_utf8(instance.ssm.reason));
  if (!instance.ssm.agent_version.empty()) ssm.set("agent_version", instance.ssm.agent_version.text());
  if (instance.ssm.last_ping) ssm.set("last_ping", format_rfc3339(*instance.ssm.last_ping));
  if (!instance.ssm.platform_name.empty()) ssm.set("platform_name", instance.ssm.platform_name.text());
  Json tags = Json::object();
  for (const auto& [key, value] : instance.tags) tags.set(key, value);
  Json json = Json::object();
  json.set("account_id", scope.account.text()).set("account", scope.account_name).set("region", scope.region.text());
  json.set("instance_id", instance.ref.id().text()).set("name", instance.name).set("state", to_string(instance.state));
  json.set("platform", to_string(instance.platform)).set("private_ip", instance.private_ip);
  json.set("ssm", std::move(ssm)).set("tags", std::move(tags));
  return json;
}

}  // namespace postern::cli
