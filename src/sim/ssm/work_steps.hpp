#pragma once

#include "sim/agents.hpp"

namespace postern::sim {

/// The steps of a document as an agent on `platform` gets them: parameters put in, and what it skips or refuses there.
std::vector<WorkStep> work_steps(const Document& document, const DocumentValues& values, Platform platform);

/// How long the whole document may take: the steps' timeouts together, of those that run on some platform at most.
std::chrono::seconds execution_time(const Document& document, const DocumentValues& values);

}  // namespace postern::sim
