#pragma once

/// --waves and --max-errors.

#include "cli/parse.hpp"
#include "flow/waves.hpp"

namespace postern::cli {

/// Without options: a canary of each platform in which nothing may fail, a tenth, the rest with 5 %.
Result<flow::WavePolicy> chosen_waves(const Invocation& invocation);

}  // namespace postern::cli
