#pragma once

/// What `run` runs, from the command line: words after --, --script FILE or -, --env, --no-strict. The lines that a
/// node reads are made by flow/script.hpp.

#include <string>

#include "cli/command.hpp"
#include "flow/script.hpp"

namespace postern::cli {

/// Fails with usage: nothing or two things to run, a file that cannot be read, a bad variable, too much for SSM.
rt::Task<Result<flow::CommandSpec>> chosen_script(const Command& command);

/// What it is, in one line for a plan: the command as it would be typed, or "the script FILE"; the names of variables,
/// never their values.
std::string describe_script(const Invocation& invocation);

}  // namespace postern::cli
