// CloudTrail in a world file, read and written.

#include "sim/serve/faults_file.hpp"
#include "sim/serve/world_lines.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim {

TrailConfig world_parts::read_trail(const yaml::Node* node, yaml::Problems& problems) {
  TrailConfig trail = served_trail();
  if (node == nullptr) return trail;
  const yaml::MapReader map(*node, "cloudtrail", {"events", "delay"}, problems);
  if (!node->is_map()) return trail;
  trail.events = static_cast<TrailEvents>(
      read_word(map, "events", {"none", "writes", "all"}, static_cast<std::size_t>(trail.events)));
  trail.delay = read_span(map.get("delay"), "delay", problems).value_or(trail.delay);
  if (trail.delay < Duration::zero()) problems.add(*map.get("delay"), "delay must not be negative");
  return trail;
}

std::string world_lines::trail_line(const TrailConfig& trail) {
  constexpr std::string_view kWords[] = {"none", "writes", "all"};
  FlowMap map;
  map.add("events", kWords[static_cast<std::size_t>(trail.events)]);
  map.add("delay", format_span(trail.delay));
  return map.done();
}

}  // namespace postern::sim
