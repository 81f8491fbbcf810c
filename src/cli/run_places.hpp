#pragma once

/// --output-s3, --output-logs and --alarm of a run.

#include "cli/command.hpp"
#include "flow/plan.hpp"

namespace postern::cli {

/// From the options, else from the fleet file's `output`. Usage for what Systems Manager would not take.
Result<void> read_places(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                         flow::CommandSpec& spec);

/// Lines of the plan about them; empty when there are none.
std::string places_text(const flow::CommandSpec& spec);

}  // namespace postern::cli
