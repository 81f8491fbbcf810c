#pragma once

/// How Elastic Disaster Recovery's answers say things. For the files of this module.

#include <optional>
#include <string>

#include "aws/drs/types.hpp"
#include "base/time.hpp"

namespace postern::adapters {
namespace drs_text {

inline std::string text_of(const std::optional<std::string>& value) {
  return value.value_or("");
}

template <class Enum>
std::string text_of(const std::optional<aws::Open<Enum>>& value) {
  return value ? std::string(value->text()) : std::string();
}

/// Absent too for what is no time.
inline std::optional<WallTime> time_of(const std::optional<std::string>& value) {
  return value ? parse_rfc3339(*value) : std::nullopt;
}

}  // namespace drs_text
}  // namespace postern::adapters
