#pragma once

/// Port sessions of the plugin: a session of which the agent says that it is about a port.

#include "cli/session_terminal.hpp"

namespace postern::cli {

/// Listens as the session's document says, or puts standard input and output on the port; until the session has ended,
/// or an interrupt.
rt::Task<TerminalEnd> on_ports(const Command& command, session::DataChannel& channel, ChannelRun& run);

}  // namespace postern::cli
