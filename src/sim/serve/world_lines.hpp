#pragma once

/// Inside of the world file's writer: configs as flow maps on one line. Private to serve.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"

namespace postern::sim::world_lines {

/// JSON strings are YAML's double-quoted ones.
std::string yaml_text(std::string_view text);
std::string yaml_list(const std::vector<std::string>& items);
std::string yaml_map(const std::map<std::string, std::string>& items);

/// A flow map that is built member by member; what has its default is left out by the callers.
class FlowMap {
 public:
  void add(std::string_view key, std::string_view yaml) {
    text_.append(text_.empty() ? "" : ", ").append(key).append(": ").append(yaml);
  }
  void text(std::string_view key, std::string_view value, std::string_view fallback = "") {
    if (value != fallback) add(key, yaml_text(value));
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) add(key, yaml_list(values));
  }
  void map(std::string_view key, const std::map<std::string, std::string>& items) {
    if (!items.empty()) add(key, yaml_map(items));
  }
  void on_off(std::string_view key, Switch value, Switch fallback) {
    if (value != fallback) add(key, value == Switch::on ? "on" : "off");
  }
  /// A list of what `line` makes of each item.
  template <class Item>
  void lines(std::string_view key, const std::vector<Item>& items, std::string (*line)(const Item&)) {
    std::string all;
    for (const Item& item : items) all.append(all.empty() ? "" : ", ").append(line(item));
    if (!items.empty()) add(key, "[" + all + "]");
  }
  std::string done() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string user_line(const UserConfig& user);
std::string role_line(const RoleConfig& role);
std::string managed_policy_line(const ManagedPolicyConfig& policy);
std::string instance_profile_line(const InstanceProfileConfig& profile);
std::string network_line(const NetworkConfig& network);
std::string document_line(const DocumentConfig& document);
std::string bucket_line(const BucketConfig& bucket);
std::string key_line(const KeyConfig& key);
std::string drs_site_line(const DrsSiteConfig& site);
std::string instance_line(const InstanceConfig& instance);
std::string agent_of(const AgentConfig& agent);
std::string trail_line(const TrailConfig& trail);
std::string organization_line(const OrganizationConfig& organization);

}  // namespace postern::sim::world_lines
