#pragma once

/// This terminal on one session: keys go there, output comes here, the size follows, reconnections are told between
/// the lines. What shell and the plugin share.

#include <functional>
#include <memory>

#include "cli/cast_file.hpp"
#include "cli/session_work.hpp"
#include "term/escape_keys.hpp"

namespace postern::cli {

enum class InputEnd : std::uint8_t {
  keep,      ///< the session goes on without input, as with the official plugin
  end_shell  ///< Ctrl-D is sent, so that a shell that reads a script ends
};

struct TerminalOptions {
  TerminalOptions() = default;
  char escape_key = '~';  ///< 0: none
  /// So often something is sent when nobody types, to keep an idle session; 0: never.
  Duration keepalive{};
  InputEnd input_end = InputEnd::keep;
  CastFile* cast = nullptr;  ///< null: nothing is recorded
};

struct TerminalEnd {
  TerminalEnd() = default;
  enum class How : std::uint8_t {
    closed,  ///< the shell ended; `text` is what the service said
    left,    ///< by the escape
    failed,  ///< `error`
    interrupted,
    port  ///< the session is none for a terminal: it goes on, and nothing of it was taken
  };
  How how = How::closed;
  std::string text;
  std::optional<Error> error;
  std::optional<int> exit_code;  ///< of documents that tell one
  bool started = false;          ///< the agent was there
  std::uint64_t bytes_to_node = 0;
  std::uint64_t bytes_from_node = 0;
};

/// "closed", "left" ... for the ledger.
std::string_view to_string(TerminalEnd::How how) noexcept;

class SessionTerminal {
 public:
  SessionTerminal(const Command& command, session::DataChannel& channel, TerminalOptions options);
  /// Until the session has ended, or somebody ended it; a ChannelRun runs beside it. The terminal is as before then,
  /// whatever happened.
  rt::Task<TerminalEnd> run();

 private:
  rt::Task<Result<void>> send(std::string bytes);
  rt::Task<void> send_interrupt();
  rt::Task<void> read_keys();
  rt::Task<void> keep_alive();
  rt::Task<void> show_events();
  void show(const session::SessionEvent& event);
  bool take_signal(os::Signal signal);
  void follow_size();
  void tell(std::string_view text);
  rt::Task<void> leave();

  const Command& command_;
  session::DataChannel& channel_;
  TerminalOptions options_;
  term::EscapeKeys keys_;
  std::unique_ptr<os::RawMode> raw_;
  os::TtySize size_;
  TerminalEnd end_;
  rt::Semaphore writing_{1};        ///< the channel has one writer: keys, or an interrupt
  rt::TaskGroup* group_ = nullptr;  ///< while run() runs
};

}  // namespace postern::cli
