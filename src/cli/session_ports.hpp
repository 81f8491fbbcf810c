#pragma once

/// Port sessions on this process's own standard input and output, and those of the plugin: what ssh-proxy and the
/// plugin share.

#include "cli/session_terminal.hpp"

namespace postern::cli {

/// Standard input and output on the port, until the session has ended; a ChannelRun runs beside it. Signals end it
/// without a word: ssh sends one when it is done.
rt::Task<TerminalEnd> on_stdio(const Command& command, session::DataChannel& channel);

/// Listens as the session's document says, or puts standard input and output on the port; until the session has ended,
/// or an interrupt. Callers of the plugin read what it prints.
rt::Task<TerminalEnd> on_ports(const Command& command, session::DataChannel& channel);

}  // namespace postern::cli
