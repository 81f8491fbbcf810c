#include "fleet/fleet_reader.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::fleet {

namespace fleet_reader_detail {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kRegionsMax = 64;
constexpr std::size_t kTextMax = 2048;

}  // namespace fleet_reader_detail

void Problems::add_error(const Error& error) {
  ++total_;
  if (lines_.size() < kProblemsMax) lines_.push_back(error.message());
}

Error Problems::error() const {
  std::string text = join(lines_, "\n");
  if (total_ > lines_.size()) text += "\n... and " + std::to_string(total_ - lines_.size()) + " more";
  return Error(ErrorKind::usage, std::move(text));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?";
}

MapReader::MapReader(const yaml::Node& node, std::string_view what, std::initializer_list<std::string_view> keys,
                     Problems& problems)
    : node_(node), problems_(problems) {
  if (!node.is_map() && !node.is_null()) {
    problems.add(node, std::string(what) + " must be a map, not " + std::string(yaml::to_string(node.kind)));
    return;
  }
  for (const yaml::Entry& entry : node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    std::string text = "unknown key '" + printable(entry.key, 60) + "' in " + std::string(what);
    const std::string near = did_you_mean(entry.key, known);
    problems.add(entry, text + (near.empty() ? "; known keys: " + join(known, ", ") : near));
  }
}

const yaml::Node* MapReader::get(std::string_view key) const {
  const yaml::Entry* entry = node_.find(key);
  return entry == nullptr || entry->value.is_null() ? nullptr : &entry->value;
}

std::string MapReader::text(std::string_view key) const {
  const yaml::Node* node = get(key);
  if (node == nullptr) return {};
  if (!node->is_scalar()) {
    problems_.add(*node, std::string(key) + " must be a text, not " + std::string(yaml::to_string(node->kind)));
    return {};
  }
  if (node->text.empty()) problems_.add(*node, std::string(key) + " is empty: leave the key out instead");
  if (node->text.size() > fleet_reader_detail::kTextMax) problems_.add(*node, std::string(key) + " is too long");
  return node->text;
}

std::vector<const yaml::Node*> scalars(const yaml::Node& node, std::string_view what, Problems& problems) {
  std::vector<const yaml::Node*> all;
  if (node.is_scalar()) {
    all.push_back(&node);
  } else if (node.is_sequence()) {
    for (const yaml::Node& item : node.items) {
      if (item.is_scalar()) {
        all.push_back(&item);
      } else {
        problems.add(
            item, "each of " + std::string(what) + " must be a text, not " + std::string(yaml::to_string(item.kind)));
      }
    }
  } else {
    problems.add(
        node, std::string(what) + " must be a text or a list of texts, not " + std::string(yaml::to_string(node.kind)));
  }
  return all;
}

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
