#pragma once

/// Reading YAML that people write: collecting every mistake, and maps with known keys.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.hpp"

namespace postern::yaml {

inline constexpr std::size_t kProblemsMax = 50;
inline constexpr std::size_t kTextMax = 2048;

/// Mistakes in the order in which they were met; the first kProblemsMax are kept.
class Problems {
 public:
  void add(const Node& at, std::string_view text) { add_error(at.error(text)); }
  void add(const Entry& at, std::string_view text) { add_error(at.error(text)); }
  bool none() const noexcept { return total_ == 0; }
  /// One line each, in the order of the file, and how many more there were.
  Error error() const;

 private:
  void add_error(const Error& error);
  std::vector<std::string> lines_;
  std::size_t total_ = 0;
};

/// A map of a file. Unknown keys are reported on construction, with the nearest known one.
class MapReader {
 public:
  /// `what` names the map in messages ("accounts[]"). Anything but a map is reported and reads as
  /// empty; null is an empty map.
  MapReader(const Node& node, std::string_view what, std::initializer_list<std::string_view> keys, Problems& problems);

  /// The value, or null when the key is absent or has no value.
  const Node* get(std::string_view key) const;
  /// Text of a scalar; empty when absent, reported when it is no text, too long or empty in quotes.
  std::string text(std::string_view key, std::size_t bytes_max = kTextMax) const;
  Problems& problems() const { return problems_; }

 private:
  const Node& node_;
  Problems& problems_;
};

/// "; did you mean 'x'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

/// A scalar as one text, or a list of scalars; anything else is reported.
std::vector<const Node*> scalars(const Node& node, std::string_view what, Problems& problems);

}  // namespace postern::yaml
