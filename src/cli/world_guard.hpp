#pragma once

/// Simulated and real never mix (DESIGN.md section 7): POSTERN_WORLD, which the env file of a simulated cloud sets.

#include <optional>
#include <string>
#include <string_view>

#include "net/allow.hpp"
#include "os/environment.hpp"

namespace postern::cli {

/// The simulated world that the environment speaks of, "sim:demo"; empty: the real one. Fails with usage for anything
/// else than "sim:<name>" and "aws...".
Result<std::string> simulated_world(const os::Environment& environment);

/// A way out that leads nowhere but to the addresses of that world: those of AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_* and
/// POSTERN_SIM_PLAIN_URL. Fails with usage when there is none. `inner` outlives it.
Result<net::AllowDialer> world_dialer(net::Dialer& inner, const os::Environment& environment, const std::string& world);

}  // namespace postern::cli
