#pragma once

/// What `postern render alarms` writes. Calls nothing.

#include "base/error.hpp"
#include "cli/parse.hpp"
#include "cli/render_roles.hpp"

namespace postern::cli {

/// --scope and --format as the one template that they ask for.
Result<Rendered> render_alarms(const Invocation& invocation);

}  // namespace postern::cli
