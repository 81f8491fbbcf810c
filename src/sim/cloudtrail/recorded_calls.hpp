#pragma once

/// Which calls are management events, and how CloudTrail writes what was asked and answered.

#include <string>
#include <string_view>

#include "aws/core/shape.hpp"
#include "aws/core/spec.hpp"

namespace postern::sim::trail {

/// False for what AWS logs as data events (objects, messages, log events, metrics' data) or not at all (the agent's
/// messages).
bool is_management_event(const aws::OperationSpec& operation);

/// "ssm.amazonaws.com".
std::string event_source(const aws::ServiceSpec& service);

/// JSON with names that begin in lower case; sensitive members are HIDDEN_DUE_TO_SECURITY_REASONS. Of more than
/// kTextMax bytes only the size is told.
std::string call_text(aws::ConstErased value);

inline constexpr std::size_t kTextMax = 16U * 1024;  ///< AWS keeps 100 KB
inline constexpr std::string_view kHidden = "HIDDEN_DUE_TO_SECURITY_REASONS";

}  // namespace postern::sim::trail
