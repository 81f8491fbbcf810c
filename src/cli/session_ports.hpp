#pragma once

/// Port sessions on this process's own standard input and output, and those of the plugin: what ssh-proxy and the
/// plugin share.

#include "cli/session_terminal.hpp"

namespace postern::cli {

/// Standard input and output on the port, until the session has ended; a ChannelRun runs beside it. After the end of
/// the input it goes on while something comes. Signals end it without a word: ssh sends one when it is done.
class StdioBridge {
 public:
  StdioBridge(const Command& command, session::DataChannel& channel) : command_(command), channel_(channel) {}
  rt::Task<TerminalEnd> run();

 private:
  rt::Task<void> read_input();
  rt::Task<void> stop();
  rt::Task<void> stop_when_silent();
  bool take_signal(os::Signal signal);
  void take(const session::SessionEvent& event);

  const Command& command_;
  session::DataChannel& channel_;
  rt::TaskGroup* group_ = nullptr;
  TerminalEnd end_;
  bool stopping_ = false;
};

/// Listens as the session's document says, or puts standard input and output on the port; until the session has ended,
/// or an interrupt. Callers of the plugin read what it prints.
rt::Task<TerminalEnd> on_ports(const Command& command, session::DataChannel& channel);

}  // namespace postern::cli
