#pragma once

/// What is run on a node, made from the command line: words, or a script, for both kinds of shell.

#include <string>
#include <string_view>
#include <vector>

#include "flow/plan.hpp"

namespace postern::cli {

enum class Strictness : std::uint8_t { strict, lax };

/// One word is shell text; several are a program and its arguments, quoted so that they arrive as they are. Strict
/// scripts stop at their first failing command: Run Command itself reports only the last one's exit code.
flow::CommandSpec command_of_words(const std::vector<std::string>& words, Strictness strictness);
flow::CommandSpec command_of_script(std::string_view text, Strictness strictness);

std::string quote_for_sh(std::string_view word);
std::string quote_for_powershell(std::string_view word);

}  // namespace postern::cli
