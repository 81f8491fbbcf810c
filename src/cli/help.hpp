#pragma once

/// Texts made from the command table.

#include <string>
#include <string_view>

#include "cli/command_table.hpp"

namespace postern::cli {

inline constexpr std::string_view kVersion = "0.1.0";

/// The list of commands, global options and exit codes, wrapped at `columns`.
std::string general_help(std::size_t columns);
std::string command_help(const CommandSpec& command, std::size_t columns);
/// The commands of a group ("accounts").
std::string group_help(std::string_view word, std::size_t columns);

/// postern(1) in roff.
std::string man_page();
/// docs/guide/commands.md; a test compares the file with this.
std::string markdown_reference();
/// A completion script; shell is bash, zsh or fish.
std::string completion_script(std::string_view shell);

}  // namespace postern::cli
