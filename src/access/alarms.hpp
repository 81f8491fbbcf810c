#pragma once

/// What watches over commands and replication in an account and Region: alarms, rules for events, and a topic.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::access {

/// Everything of the template is named so: permissions are limited to it.
inline constexpr std::string_view kAlarmPrefix = "postern-";

enum class AlarmScope : std::uint8_t {
  all,
  commands,  ///< Run Command: where nodes are
  recovery   ///< Elastic Disaster Recovery: in the Region that is recovered to
};
std::string_view to_string(AlarmScope scope) noexcept;
std::optional<AlarmScope> parse_alarm_scope(std::string_view text) noexcept;

/// A regional stack: metrics, events and topics are the Region's.
Result<cfn::Template> alarm_template(AlarmScope scope);

}  // namespace postern::access
