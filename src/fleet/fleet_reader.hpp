#pragma once

/// Inside of the fleet file's parser.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_reader.hpp"
#include "fleet/fleet_file.hpp"

namespace postern::fleet {

using yaml::did_you_mean;
using yaml::MapReader;
using yaml::Problems;
using yaml::scalars;

/// Parses a checked text (AccountId, Region ...) and reports what is wrong at the node; empty when it is.
template <class T>
T checked(const yaml::Node& node, Problems& problems) {
  Result<T> value = T::parse(node.text);
  if (value) return std::move(*value);
  problems.add(node, value.error().message());
  return T();
}

std::vector<Region> read_regions(const yaml::Node* node, Problems& problems);
/// A map of plain texts.
Tags read_tags(const yaml::Node* node, std::string_view what, Problems& problems);

/// The parts of the file that say whom something is about.
struct SelectorNodes {
  SelectorNodes() = default;
  const yaml::Node* selectors = nullptr;
  const yaml::Node* groups = nullptr;
  const yaml::Node* protect = nullptr;
  const yaml::Node* freeze = nullptr;
};

/// selectors, groups, protect and freeze; `file.accounts` is read already.
void read_selectors(const SelectorNodes& nodes, FleetFile& file, Problems& problems);

/// How a freeze window says whom it is about.
struct WhomReader {
  WhomReader() = default;
  std::function<Selector(const yaml::Node&)> selector;
  std::function<Selector(const yaml::Node&)> accounts;
};
/// Their selectors are not bound yet.
void read_freeze(const yaml::Node* node, const WhomReader& whom, FleetFile& file, Problems& problems);
/// Names of documents, with patterns.
std::vector<std::string> read_documents(const yaml::Node* node, Problems& problems);

/// replication, launch and staging_account of a map.
DrSettings read_dr_settings(const yaml::Node& node, const MapReader& map, Problems& problems);

/// tunnels.
void read_tunnels(const yaml::Node* node, FleetFile& file, Problems& problems);

/// notify, output and anchors.
void read_signals(const MapReader& top, FleetFile& file, Problems& problems);

}  // namespace postern::fleet
