// Elastic Disaster Recovery in a world file: sites, servers and faults, read and written.

#include <algorithm>

#include "base/text.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world_lines.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim {
namespace world_parts {
namespace world_drs {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

constexpr std::uint64_t kPaceMax = 3'600;
constexpr std::uint64_t kTimesMax = 1'000;

DrsServersConfig read_servers(const Node& node, Problems& problems) {
  const MapReader map(node, "drs[].servers[]", {"instance", "account", "region", "age", "tags"}, problems);
  DrsServersConfig made;
  if (!node.is_map()) return made;
  made.instance = map.text("instance", 256);
  made.account = map.text("account", 12);
  made.region = map.text("region", 32);
  made.age = read_span(map.get("age"), "age", problems);
  made.tags = text_map(map.get("tags"), "tags", 256, problems);
  if (made.instance.empty() || made.region.empty()) {
    problems.add(node, "servers need an instance (a name, a pattern of names, or an id) and its region");
  }
  return made;
}

void read_what(const MapReader& map, const Node& node, DrsFault& made) {
  made.what = map.text("what", 64);
  const std::vector<std::string> words = drs_fault_words(made.kind);
  const bool usual = made.what.empty() && made.kind == DrsFaultKind::stall;
  if (words.empty() || usual || std::find(words.begin(), words.end(), made.what) != words.end()) return;
  const Node* what = map.get("what");
  const std::string near = what == nullptr ? std::string() : yaml::did_you_mean(made.what, words);
  map.problems().add(what == nullptr ? node : *what, "what must be one of " + join(words, ", ") + near);
}

DrsFault read_fault(const Node& node, Problems& problems) {
  const MapReader map(node, "drs[].faults[]", {"kind", "instance", "what", "text", "at", "for", "lag", "times"},
                      problems);
  DrsFault made;
  if (!node.is_map()) return made;
  made.kind =
      static_cast<DrsFaultKind>(read_word(map, "kind", {"install", "step", "stall", "disconnect", "lag", "launch"}, 2));
  if (map.get("kind") == nullptr) problems.add(node, "a fault needs a kind");
  if (map.get("instance") != nullptr) made.instance = map.text("instance", 256);
  read_what(map, node, made);
  made.text = map.text("text", 4'096);
  made.at = read_span(map.get("at"), "at", problems).value_or(Duration::zero());
  made.lasts = read_span(map.get("for"), "for", problems).value_or(Duration::zero());
  made.lag = read_span(map.get("lag"), "lag", problems).value_or(Duration::zero());
  const std::uint64_t times = whole_number(map, "times", 0);
  if (times > kTimesMax) problems.add(*map.get("times"), "times must be at most 1000");
  made.times = static_cast<unsigned>(std::min(times, kTimesMax));
  if (made.kind == DrsFaultKind::lag && made.lag == Duration::zero())
    problems.add(node, "a fault of kind lag needs lag");
  return made;
}

}  // namespace world_drs

DrsSiteConfig read_drs_site(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "drs[]", {"region", "initialized", "pace", "servers", "faults"}, problems);
  DrsSiteConfig made;
  if (!node.is_map()) return made;
  made.region = map.text("region", 32);
  if (made.region.empty()) problems.add(node, "a site of drs needs a region");
  made.readiness = read_switch(map, "initialized", Switch::on) == Switch::on ? DrsReadiness::initialized
                                                                             : DrsReadiness::uninitialized;
  const std::uint64_t pace = whole_number(map, "pace", 1);
  if (pace < 1 || pace > world_drs::kPaceMax) problems.add(*map.get("pace"), "pace must be 1 to 3600");
  made.pace = static_cast<unsigned>(std::clamp<std::uint64_t>(pace, 1, world_drs::kPaceMax));
  each(map, "servers",
       [&](const yaml::Node& item) { made.servers.push_back(world_drs::read_servers(item, problems)); });
  each(map, "faults", [&](const yaml::Node& item) { made.faults.push_back(world_drs::read_fault(item, problems)); });
  return made;
}

}  // namespace world_parts

namespace world_lines {
namespace world_drs_lines {

std::string servers_line(const DrsServersConfig& servers) {
  FlowMap map;
  map.text("instance", servers.instance);
  map.text("account", servers.account);
  map.text("region", servers.region);
  if (servers.age) map.add("age", format_span(*servers.age));
  map.map("tags", servers.tags);
  return map.done();
}

std::string fault_line(const DrsFault& fault) {
  const DrsFault usual;
  FlowMap map;
  map.add("kind", to_string(fault.kind));
  map.text("instance", fault.instance, usual.instance);
  map.text("what", fault.what);
  map.text("text", fault.text);
  if (fault.at != Duration::zero()) map.add("at", format_span(fault.at));
  if (fault.lasts != Duration::zero()) map.add("for", format_span(fault.lasts));
  if (fault.lag != Duration::zero()) map.add("lag", format_span(fault.lag));
  if (fault.times != 0) map.add("times", std::to_string(fault.times));
  return map.done();
}

}  // namespace world_drs_lines

std::string drs_site_line(const DrsSiteConfig& site) {
  FlowMap map;
  map.text("region", site.region);
  if (site.readiness == DrsReadiness::uninitialized) map.add("initialized", "off");
  if (site.pace != 1) map.add("pace", std::to_string(site.pace));
  map.lines("servers", site.servers, &world_drs_lines::servers_line);
  map.lines("faults", site.faults, &world_drs_lines::fault_line);
  return map.done();
}

}  // namespace world_lines
}  // namespace postern::sim
