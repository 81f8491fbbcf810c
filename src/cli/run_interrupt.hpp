#pragma once

/// What becomes of the commands that a run leaves behind on the nodes: cancelled, or left alone and named with the line
/// that stops them.

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "flow/left_running.hpp"

namespace postern::cli {

enum class OnInterrupt : std::uint8_t { ask, cancel, leave };

/// --on-interrupt, else `ask` where a person can be asked, else `leave`.
OnInterrupt chosen_on_interrupt(const Command& command);

/// One line to copy for each command, indented; the first `kLeftShownMax` of them.
inline constexpr std::size_t kLeftShownMax = 20;
std::string stop_lines(const std::vector<flow::LeftCommand>& left);

}  // namespace postern::cli
