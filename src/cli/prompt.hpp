#pragma once

/// Questions to the person at the terminal, on stderr.

#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace postern::cli {

/// Whether there is somebody to ask: input and stderr are terminals.
bool can_ask(const Command& command);

/// "QUESTION "; what was typed, trimmed. Fails with cancelled. Empty at the end of the input.
rt::Task<Result<std::string>> ask_word(const Command& command, std::string question);

/// "QUESTION [y/N] "; true for y and yes. Fails with cancelled. The end of the input is a no.
rt::Task<Result<bool>> ask_yes(const Command& command, std::string question);

/// --yes, or a person at the terminal who says so. Fails with usage when there is nobody to ask, with refused (rail
/// "confirm") at a no; `done` says what was then not done: "changed".
rt::Task<Result<void>> agree(const Command& command, std::string question, std::string done);

}  // namespace postern::cli
