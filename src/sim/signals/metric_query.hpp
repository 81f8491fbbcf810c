#pragma once

/// Queries of CloudWatch Metrics Insights, as far as an alarm may stand on one.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::sim::signals {

/// SELECT FUNCTION(metric) FROM "space", or FROM SCHEMA("space", dimension, ...): every metric of that name, with
/// exactly those dimensions.
struct MetricQuery {
  MetricQuery() = default;
  std::string statistic;  ///< "Maximum", as other alarms call it
  std::string space;
  std::string name;
  std::optional<std::set<std::string>> dimensions;

  bool matches(std::string_view metric_space, std::string_view metric_name,
               const std::map<std::string, std::string>& metric_dimensions) const;
};

/// Errors of kind unsupported: WHERE, GROUP BY and whatever else is not above.
Result<MetricQuery> parse_metric_query(std::string_view text);

}  // namespace postern::sim::signals
