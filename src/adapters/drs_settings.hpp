#pragma once

/// Settings in the fleet file's form, to and from the wire. Templates and servers of either kind have the same members
/// under the same names, in types of their own: hence templates of functions. Private to the adapters.

#include <algorithm>
#include <string>
#include <vector>

#include "aws/drs/ops.hpp"
#include "base/check.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "fleet/dr_settings.hpp"

namespace postern::adapters::drs_settings {

namespace drs = aws::drs;

inline void keep(Json& to, std::string_view name, const std::optional<bool>& value) {
  if (value) to.set(name, *value);
}
inline void keep(Json& to, std::string_view name, const std::optional<std::int64_t>& value) {
  if (value) to.set(name, *value);
}
inline void keep(Json& to, std::string_view name, const std::optional<std::string>& value) {
  if (value && !value->empty()) to.set(name, *value);
}
/// "IN_AWS" -> "in_aws"; "PRIVATE_IP" -> "private" without `tail`.
template <class Enum>
void keep(Json& to, std::string_view name, const std::optional<aws::Open<Enum>>& value, std::string_view tail = "") {
  if (!value) return;
  std::string text = value->text();
  if (!tail.empty() && text.ends_with(tail)) text.resize(text.size() - tail.size());
  to.set(name, to_lower(text));
}

inline fleet::PointRule minutes_of(const drs::PITPolicyRule& rule) {
  const std::string units = rule.units ? rule.units->text() : std::string();
  const std::int64_t scale = units == "DAY" ? 1440 : units == "HOUR" ? 60 : 1;
  fleet::PointRule out;
  out.interval = rule.interval.value_or(0) * scale;
  out.retention = rule.retention_duration.value_or(0) * scale;
  return out;
}

inline Json rules_json(const std::vector<drs::PITPolicyRule>& rules) {
  std::vector<std::pair<std::int64_t, std::string>> sorted;
  for (const drs::PITPolicyRule& rule : rules) {
    const fleet::PointRule minutes = minutes_of(rule);
    sorted.emplace_back(minutes.interval, fleet::to_text(minutes) + (rule.enabled.value_or(true) ? "" : " off"));
  }
  std::sort(sorted.begin(), sorted.end());
  Json out = Json::array();
  for (auto& [interval, text] : sorted) out.push_back(std::move(text));
  return out;
}

inline std::vector<drs::PITPolicyRule> wire_rules(const Json& rules) {
  std::vector<drs::PITPolicyRule> out;
  for (const Json& text : rules.items()) {
    const Result<fleet::PointRule> rule = fleet::parse_point_rule(text.as_string());
    CHECK(rule.has_value());
    // In the largest unit that both numbers are whole in.
    const bool days = rule->interval % 1440 == 0 && rule->retention % 1440 == 0;
    const bool hours = rule->interval % 60 == 0 && rule->retention % 60 == 0;
    const std::int64_t scale = days ? 1440 : hours ? 60 : 1;
    out.emplace_back();
    out.back().rule_id = static_cast<std::int64_t>(out.size());
    out.back().units.emplace(days ? "DAY" : hours ? "HOUR" : "MINUTE");
    out.back().interval = static_cast<std::int32_t>(rule->interval / scale);
    out.back().retention_duration = static_cast<std::int32_t>(rule->retention / scale);
    out.back().enabled = true;
  }
  return out;
}

template <class Wire>
Json replication_json(const Wire& from) {
  Json out = Json::object();
  keep(out, "subnet", from.staging_area_subnet_id);
  std::vector<std::string> groups = from.replication_servers_security_groups_ids;
  std::sort(groups.begin(), groups.end());
  Json ids = Json::array();
  for (std::string& group : groups) ids.push_back(std::move(group));
  out.set("security_groups", std::move(ids));
  keep(out, "default_security_group", from.associate_default_security_group);
  keep(out, "instance_type", from.replication_server_instance_type);
  keep(out, "dedicated_servers", from.use_dedicated_replication_server);
  keep(out, "disk_type", from.default_large_staging_disk_type);
  keep(out, "encryption", from.ebs_encryption);
  keep(out, "key", from.ebs_encryption_key_arn);
  keep(out, "bandwidth", from.bandwidth_throttling);
  keep(out, "routing", from.data_plane_routing, "_IP");
  keep(out, "public_ip", from.create_public_ip);
  Json tags = Json::object();
  for (const auto& [key, value] : from.staging_area_tags) tags.set(key, value);
  out.set("staging_tags", std::move(tags));
  out.set("points", rules_json(from.pit_policy));
  keep(out, "new_disks", from.auto_replicate_new_disks);
  return out;
}

template <class Value>
void put_text(const Json& from, std::string_view name, std::optional<Value>& to, std::string_view tail = "") {
  if (const auto text = from[name].to_string()) to.emplace(to_upper(*text) + std::string(tail));
}
inline void put_plain(const Json& from, std::string_view name, std::optional<std::string>& to) {
  if (const auto text = from[name].to_string()) to = std::string(*text);
}
inline void put_flag(const Json& from, std::string_view name, std::optional<bool>& to) {
  if (const auto flag = from[name].to_bool()) to = *flag;
}

template <class Wire>
void put_replication(const Json& from, Wire& to) {
  put_plain(from, "subnet", to.staging_area_subnet_id);
  for (const Json& id : from["security_groups"].items()) {
    to.replication_servers_security_groups_ids.push_back(id.as_string());
  }
  put_flag(from, "default_security_group", to.associate_default_security_group);
  put_plain(from, "instance_type", to.replication_server_instance_type);
  put_flag(from, "dedicated_servers", to.use_dedicated_replication_server);
  put_text(from, "disk_type", to.default_large_staging_disk_type);
  put_text(from, "encryption", to.ebs_encryption);
  put_plain(from, "key", to.ebs_encryption_key_arn);
  if (const auto number = from["bandwidth"].to_int()) to.bandwidth_throttling = *number;
  put_text(from, "routing", to.data_plane_routing, "_IP");
  put_flag(from, "public_ip", to.create_public_ip);
  for (const Json::Member& tag : from["staging_tags"].members()) {
    to.staging_area_tags[tag.key] = tag.value.to_string().value_or("");
  }
  if (from.contains("points")) to.pit_policy = wire_rules(from["points"]);
  put_flag(from, "new_disks", to.auto_replicate_new_disks);
}

template <class Wire>
Json launch_json(const Wire& from) {
  Json out = Json::object();
  keep(out, "disposition", from.launch_disposition);
  keep(out, "right_sizing", from.target_instance_type_right_sizing_method);
  keep(out, "copy_private_ip", from.copy_private_ip);
  keep(out, "copy_tags", from.copy_tags);
  if (from.licensing) keep(out, "byol", from.licensing->os_byol);
  keep(out, "post_launch", from.post_launch_enabled);
  return out;
}

template <class Wire>
void put_launch(const Json& from, Wire& to) {
  put_text(from, "disposition", to.launch_disposition);
  put_text(from, "right_sizing", to.target_instance_type_right_sizing_method);
  put_flag(from, "copy_private_ip", to.copy_private_ip);
  put_flag(from, "copy_tags", to.copy_tags);
  if (const auto byol = from["byol"].to_bool()) to.licensing.emplace().os_byol = *byol;
  put_flag(from, "post_launch", to.post_launch_enabled);
}

}  // namespace postern::adapters::drs_settings
