#pragma once

/// Whether a role of nodes may write to a log group. Pure.

#include <string>

#include "access/endpoint_facts.hpp"
#include "access/why.hpp"

namespace postern::access {

/// Empty `missing` and `unread`: it may. Service control policies count as far as the role's facts have them.
LogGap judge_log_writer(const RoleFacts& role, const NetworkFacts& place, const std::string& group);

}  // namespace postern::access
