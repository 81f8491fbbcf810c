#pragma once

/// EC2's instance filters: names and values over one instance.

#include <vector>

#include "aws/ec2/types.hpp"
#include "base/error.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// Fails with InvalidParameterValue for a filter that AWS does not have (and for one that this simulator does not
/// know).
Result<void> check_filters(const std::vector<aws::ec2::Filter>& filters);

/// Filters are joined by AND, their values by OR; `*` and `?` stand for any text and any character. Only filters that
/// check_filters() has passed.
bool matches_filters(const Instance& instance, const std::vector<aws::ec2::Filter>& filters);

/// The number that EC2 has for a state: 16 is running.
std::int32_t state_code(std::string_view state);

}  // namespace postern::sim
