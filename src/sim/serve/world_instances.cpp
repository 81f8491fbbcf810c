// Instances of a world file: one entry may stand for many.

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_parts {
namespace world_instances {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

constexpr std::size_t kCountMax = 200'000;
constexpr std::size_t kFrameMax = 512U << 10U;
constexpr std::size_t kProgramMax = 64U << 10U;
constexpr std::array<std::string_view, 6> kStates = {"pending",    "running",  "shutting-down",
                                                     "terminated", "stopping", "stopped"};
constexpr std::array<std::pair<AgentProfile, std::string_view>, 12> kProfiles = {{
    {AgentProfile::none, "none"},
    {AgentProfile::live, "live"},
    {AgentProfile::slow, "slow"},
    {AgentProfile::offline, "offline"},
    {AgentProfile::connection_lost, "connection_lost"},
    {AgentProfile::flaky, "flaky"},
    {AgentProfile::stalls, "stalls"},
    {AgentProfile::old, "old"},
    {AgentProfile::wrong_platform, "wrong_platform"},
    {AgentProfile::dies, "dies"},
    {AgentProfile::reboots, "reboots"},
    {AgentProfile::remote, "remote"},
}};

AgentProfile read_profile(const Node& node, Problems& problems) {
  std::vector<std::string> known;
  for (const auto& [profile, name] : kProfiles) {
    if (node.text == name) return profile;
    known.emplace_back(name);
  }
  const std::string near = yaml::did_you_mean(node.text, known);
  problems.add(node, "there is no agent profile '" + printable(node.text, 40) + "'" +
                         (near.empty() ? "; there are " + join(known, ", ") : near));
  return AgentProfile::none;
}

/// "web-{n}" with 7 is "web-7", "web-{nn}" is "web-07", "web-{nnn}" is "web-007".
std::string numbered(const std::string& pattern, std::uint64_t number) {
  const std::size_t open = pattern.find("{n");
  const std::size_t close = pattern.find('}', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return pattern;
  std::string digits = std::to_string(number);
  const std::size_t width = close - open - 1;
  while (digits.size() < width) digits.insert(digits.begin(), '0');
  return pattern.substr(0, open) + digits + pattern.substr(close + 1);
}

void read_state(const MapReader& map, InstanceConfig& made) {
  const std::string state = map.text("state", 32);
  if (state.empty()) return;
  if (std::find(kStates.begin(), kStates.end(), state) == kStates.end()) {
    map.problems().add(*map.get("state"),
                       "state must be one of pending, running, shutting-down, terminated, "
                       "stopping, stopped");
  }
  made.state = state;
}

void read_platform(const MapReader& map, InstanceConfig& made) {
  const std::string platform = map.text("platform", 32);
  if (platform == "windows") {
    made.platform = Platform::windows;
    made.platform_name = "Microsoft Windows Server 2022 Datacenter";
    made.platform_version = "10.0.20348";
  } else if (!platform.empty() && platform != "linux") {
    map.problems().add(*map.get("platform"), "platform must be linux or windows");
  }
  if (map.get("platform_name") != nullptr) made.platform_name = map.text("platform_name", 128);
  if (map.get("platform_version") != nullptr) made.platform_version = map.text("platform_version", 64);
}

InstanceConfig read_one(const MapReader& map) {
  Problems& problems = map.problems();
  InstanceConfig made;
  made.id = map.text("id", 32);
  made.region = map.text("region", 32);
  made.name = map.text("name", 256);
  read_state(map, made);
  read_platform(map, made);
  if (map.get("type") != nullptr) made.instance_type = map.text("type", 32);
  made.private_ip = map.text("private_ip", 45);
  // "profile: none" is an instance without one.
  if (map.get("profile") != nullptr) made.instance_profile = map.text("profile", 128);
  if (made.instance_profile == "none") made.instance_profile.clear();
  made.tags = text_map(map.get("tags"), "tags", 256, problems);
  made.age = read_span(map.get("age"), "age", problems);
  world_parts::read_agent(map.get("agent"), made.agent, problems);
  made.subnet = map.text("subnet", 255);
  made.security_groups = texts(map, "security_groups");
  made.public_address = read_switch(map, "public_address", Switch::off);
  made.programs = text_map(map.get("programs"), "programs", kProgramMax, problems);
  return made;
}

}  // namespace world_instances

void read_agent(const yaml::Node* node, AgentConfig& agent, yaml::Problems& problems) {
  if (node == nullptr) return;
  if (node->is_scalar()) {
    agent.profile = world_instances::read_profile(*node, problems);
    return;
  }
  const yaml::MapReader map(*node, "agent", {"profile", "version", "pick_up_delay", "session_frame_bytes"}, problems);
  if (const yaml::Node* profile = map.get("profile")) agent.profile = world_instances::read_profile(*profile, problems);
  if (map.get("version") != nullptr) agent.version = map.text("version", 32);
  agent.pick_up_delay = read_span(map.get("pick_up_delay"), "pick_up_delay", problems).value_or(agent.pick_up_delay);
  agent.session_frame_bytes = whole_number(map, "session_frame_bytes", agent.session_frame_bytes);
  if (agent.session_frame_bytes < 1 || agent.session_frame_bytes > world_instances::kFrameMax) {
    problems.add(*map.get("session_frame_bytes"), "session_frame_bytes must be from 1 to 524288");
  }
}

std::string_view to_string(AgentProfile profile) noexcept {
  for (const auto& [value, name] : world_instances::kProfiles) {
    if (value == profile) return name;
  }
  return "none";
}

std::string_view to_string(Platform platform) noexcept {
  return platform == Platform::windows ? "windows" : "linux";
}

void read_instances(const yaml::Node& node, std::vector<InstanceConfig>& into, yaml::Problems& problems) {
  using namespace world_instances;
  const MapReader map(
      node, "instances[]",
      {"name", "count", "first", "id", "region", "state", "platform", "platform_name", "platform_version", "type",
       "private_ip", "profile", "tags", "age", "agent", "programs", "subnet", "security_groups", "public_address"},
      problems);
  if (!node.is_map()) return;
  const InstanceConfig made = read_one(map);
  if (made.region.empty()) problems.add(node, "the instance has no region");
  const Node* count = map.get("count");
  if (count == nullptr) {
    into.push_back(made);
    return;
  }
  const std::uint64_t many = whole_number(map, "count", 1);
  const std::uint64_t first = whole_number(map, "first", 1);
  if (many > kCountMax - std::min(kCountMax, into.size())) {
    problems.add(*count, "count must be at most " + std::to_string(kCountMax) + ", in the whole account");
    return;
  }
  if (many > 1 && made.name.find("{n") == std::string::npos) {
    problems.add(node, "several instances need a name with {n}, {nn} or {nnn} in it");
  }
  if (many > 1 && !(made.id.empty() && made.private_ip.empty())) {
    problems.add(node, "id and private_ip belong to one instance: leave them out, or the count");
  }
  for (std::uint64_t i = 0; i < many; ++i) {
    into.push_back(made);
    into.back().name = numbered(made.name, first + i);
  }
}

}  // namespace postern::sim::world_parts
