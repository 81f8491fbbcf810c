#pragma once

/// AWS's own session documents (aws.md 2.2).

#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace postern::sim {

/// Name and content, by name.
std::vector<std::pair<std::string, Json>> aws_session_documents();

}  // namespace postern::sim
