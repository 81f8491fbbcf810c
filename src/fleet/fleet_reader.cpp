#include "fleet/fleet_reader.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::fleet {

namespace fleet_reader_detail {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kRegionsMax = 64;

}  // namespace fleet_reader_detail

std::vector<Region> read_regions(const yaml::Node* node, Problems& problems) {
  std::vector<Region> regions;
  if (node == nullptr) return regions;
  for (const yaml::Node* item : scalars(*node, "regions", problems)) {
    Region region = checked<Region>(*item, problems);
    if (region.empty()) continue;
    if (std::find(regions.begin(), regions.end(), region) != regions.end()) {
      problems.add(*item, "the Region " + region.text() + " stands there twice");
    } else if (regions.size() == fleet_reader_detail::kRegionsMax) {
      problems.add(*item, "more than " + std::to_string(fleet_reader_detail::kRegionsMax) + " Regions");
      break;
    } else {
      regions.push_back(std::move(region));
    }
  }
  for (const Region& region : regions) {
    if (partition_of(region) != partition_of(regions.front())) {
      problems.add(*node, region.text() + " is in the partition " + std::string(to_string(partition_of(region))) +
                              ", and " + regions.front().text() + " in " +
                              std::string(to_string(partition_of(regions.front()))) +
                              ": an account is in one partition");
      break;
    }
  }
  return regions;
}

Tags read_tags(const yaml::Node* node, std::string_view what, Problems& problems) {
  Tags tags;
  if (node == nullptr) return tags;
  if (!node->is_map()) {
    problems.add(*node, std::string(what) + " must be a map of texts, not " + std::string(yaml::to_string(node->kind)));
    return tags;
  }
  for (const yaml::Entry& entry : node->entries) {
    if (!entry.value.is_scalar() && !entry.value.is_null()) {
      problems.add(entry.value, std::string(what) + "." + printable(entry.key, 60) + " must be a text");
    } else if (tags.size() == fleet_reader_detail::kTagsMax) {
      problems.add(entry, "more than " + std::to_string(fleet_reader_detail::kTagsMax) + " tags");
      break;
    } else {
      tags.emplace(entry.key, entry.value.text);
    }
  }
  return tags;
}

}  // namespace postern::fleet
