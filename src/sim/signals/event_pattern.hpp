#pragma once

/// What an EventBridge rule looks for in an event.

#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::sim {

/// An event pattern (EventBridge user guide, "Creating event patterns"): an object whose leaves are lists of values and
/// filters. Every field must match; of a list one entry must; of an array in the event one item must. Filters: prefix,
/// suffix, equals-ignore-case, wildcard, anything-but (of values, of a list, of a prefix or a suffix), exists, numeric.
class EventPattern {
 public:
  static constexpr std::size_t kBytesMax = 2'048;  ///< AWS's default limit
  static constexpr int kDepthMax = 32;

  /// Fails with InvalidEventPatternException (400) and what is wrong.
  static Result<EventPattern> parse(std::string_view text);
  bool matches(const Json& event) const;

 private:
  explicit EventPattern(Json pattern) : pattern_(std::move(pattern)) {}
  Json pattern_;
};

}  // namespace postern::sim
