#pragma once

/// Inside of the world file's parser: accounts with their identities, networks and instances. Private to serve.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_reader.hpp"
#include "iam/document.hpp"
#include "sim/config.hpp"

namespace postern::sim::world_parts {

/// A text or a list of texts.
std::vector<std::string> texts(const yaml::Node& node, std::string_view what, yaml::Problems& problems);
/// The same of a key that may be absent.
std::vector<std::string> texts(const yaml::MapReader& map, std::string_view key);
/// A map of plain texts.
std::map<std::string, std::string> text_map(const yaml::Node* node, std::string_view what, std::size_t bytes_max,
                                            yaml::Problems& problems);
/// 0 or more; reported when it is anything else.
std::uint64_t whole_number(const yaml::MapReader& map, std::string_view key, std::uint64_t fallback);
/// Calls `read` for each entry of a list; reports anything else than a list.
void each(const yaml::MapReader& map, std::string_view key, const std::function<void(const yaml::Node&)>& read);
/// on, off, true, false.
Switch read_switch(const yaml::MapReader& map, std::string_view key, Switch fallback);
/// One of `words`, by its place among them; reported when it is another.
std::size_t read_word(const yaml::MapReader& map, std::string_view key, std::initializer_list<std::string_view> words,
                      std::size_t fallback);
/// A policy as a map, or as JSON in a text; what it says is checked. JSON; empty when absent.
std::string read_document(const yaml::Node* node, std::string_view what, iam::DocumentKind kind,
                          yaml::Problems& problems);

/// Absent: as served_trail().
TrailConfig read_trail(const yaml::Node* node, yaml::Problems& problems);
OrganizationConfig read_organization(const yaml::Node& node, yaml::Problems& problems);
AccountConfig read_account(const yaml::Node& node, yaml::Problems& problems);
UserConfig read_user(const yaml::Node& node, yaml::Problems& problems);
RoleConfig read_role(const yaml::Node& node, yaml::Problems& problems);
ManagedPolicyConfig read_managed_policy(const yaml::Node& node, yaml::Problems& problems);
InstanceProfileConfig read_instance_profile(const yaml::Node& node, yaml::Problems& problems);
NetworkConfig read_network(const yaml::Node& node, yaml::Problems& problems);
DrsSiteConfig read_drs_site(const yaml::Node& node, yaml::Problems& problems);
/// One entry of `instances`: as many as its count says.
void read_instances(const yaml::Node& node, std::vector<InstanceConfig>& into, yaml::Problems& problems);
/// A profile's name, or a map.
void read_agent(const yaml::Node* node, AgentConfig& agent, yaml::Problems& problems);

std::string_view to_string(AgentProfile profile) noexcept;
std::string_view to_string(Platform platform) noexcept;

}  // namespace postern::sim::world_parts
