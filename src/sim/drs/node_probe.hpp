#pragma once

/// What a node of this world answers to the look inside that comes before an installation of the replication agent
/// (docs/formats/world.md): what stands in the installer's way is what the look finds.

#include <optional>
#include <string>
#include <string_view>

#include "sim/agents.hpp"

namespace postern::sim::drs {

/// The Region that a step asks about; absent: the step is no such look.
std::optional<std::string> probed_region(const WorkStep& step);

/// The answer. `obstacle` is the class of what stands in the way ("kernel", "disk_space"), "" for nothing; `network` is
/// the service that is not reached ("s3", "drs"), "" for none.
std::string probe_answer(Platform platform, std::string_view obstacle, std::string_view network);

}  // namespace postern::sim::drs
