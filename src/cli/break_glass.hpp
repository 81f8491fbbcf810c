#pragma once

/// --break-glass REASON: over protected targets, freeze windows, lists of documents and holds, on purpose and on
/// record.

#include "cli/command.hpp"
#include "flow/run_records.hpp"

namespace postern::cli {

/// The reason; empty when the option was not given. Errors of kind usage: a reason that says nothing, or too much.
Result<std::string> chosen_break_glass(const Invocation& invocation);

/// In one line, for those who are notified.
std::string describe_break_glass(const flow::BreakGlass& glass);

/// Says on the terminal that a run goes over the rails.
void tell_break_glass(const Command& command, const flow::BreakGlass& glass);

}  // namespace postern::cli
