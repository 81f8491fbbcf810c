#pragma once

/// Inside of the world file's parser: accounts with their identities and instances. Private to serve.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_reader.hpp"
#include "sim/config.hpp"

namespace postern::sim::world_parts {

/// A text or a list of texts.
std::vector<std::string> texts(const yaml::Node& node, std::string_view what, yaml::Problems& problems);
/// A map of plain texts.
std::map<std::string, std::string> text_map(const yaml::Node* node, std::string_view what, std::size_t bytes_max,
                                            yaml::Problems& problems);
/// 0 or more; reported when it is anything else.
std::uint64_t whole_number(const yaml::MapReader& map, std::string_view key, std::uint64_t fallback);

AccountConfig read_account(const yaml::Node& node, yaml::Problems& problems);
UserConfig read_user(const yaml::Node& node, yaml::Problems& problems);
RoleConfig read_role(const yaml::Node& node, yaml::Problems& problems);
/// One entry of `instances`: as many as its count says.
void read_instances(const yaml::Node& node, std::vector<InstanceConfig>& into, yaml::Problems& problems);

std::string_view to_string(AgentProfile profile) noexcept;
std::string_view to_string(Platform platform) noexcept;

}  // namespace postern::sim::world_parts
