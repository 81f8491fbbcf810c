#pragma once

/// Inside of the fleet file's parser: collecting mistakes and reading maps with known keys.

#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.hpp"
#include "fleet/fleet_file.hpp"

namespace postern::fleet {

/// Mistakes in the order in which they were met; the first kProblemsMax are kept.
class Problems {
 public:
  void add(const yaml::Node& at, std::string_view text) { add_error(at.error(text)); }
  void add(const yaml::Entry& at, std::string_view text) { add_error(at.error(text)); }
  bool none() const noexcept { return total_ == 0; }
  /// One line each, in the order of the file, and how many more there were.
  Error error() const;

 private:
  void add_error(const Error& error);
  std::vector<std::string> lines_;
  std::size_t total_ = 0;
};

/// A map of the fleet file. Unknown keys are reported on construction, with the nearest known one.
class MapReader {
 public:
  /// `what` names the map in messages ("accounts[]"). Anything but a map is reported and reads as
  /// empty; null is an empty map.
  MapReader(const yaml::Node& node, std::string_view what, std::initializer_list<std::string_view> keys,
            Problems& problems);

  /// The value, or null when the key is absent or has no value.
  const yaml::Node* get(std::string_view key) const;
  /// Text of a scalar; empty when absent, reported when it is no text or empty in quotes.
  std::string text(std::string_view key) const;
  Problems& problems() const { return problems_; }

 private:
  const yaml::Node& node_;
  Problems& problems_;
};

/// "; did you mean 'x'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

/// A scalar as one text, or a list of scalars; anything else is reported. `bytes_max` bounds each text.
std::vector<const yaml::Node*> scalars(const yaml::Node& node, std::string_view what, Problems& problems);

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

/// selectors, groups and protect; `file.accounts` is read already.
void read_selectors(const yaml::Node* selectors, const yaml::Node* groups, const yaml::Node* protect, FleetFile& file,
                    Problems& problems);

}  // namespace postern::fleet
