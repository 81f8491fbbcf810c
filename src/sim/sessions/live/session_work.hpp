#pragma once

/// What a session does on its node, and what it may say meanwhile. Private to the live sessions.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "os/children.hpp"
#include "rt/context.hpp"
#include "rt/task_group.hpp"
#include "session/handshake.hpp"
#include "sim/agents/live_node.hpp"
#include "sim/sessions/session_plan.hpp"

namespace postern::sim::live {

/// The way to the client.
class SessionVoice {
 public:
  virtual ~SessionVoice() = default;
  /// Sends all of it, waiting for room. Fails with cancelled.
  virtual rt::Task<Result<void>> output(std::string bytes) = 0;
  virtual rt::Task<Result<void>> errors(std::string bytes) = 0;
  virtual void exit_code(int code) = 0;
  virtual void flag(session::Flag flag) = 0;
  /// As the client said in the handshake; empty without one.
  virtual const std::string& client_version() const = 0;
};

/// How it ended.
struct WorkEnd {
  WorkEnd() = default;
  bool failed = false;
  std::string text;  ///< for the client; empty: nothing to say
};

/// One session's work. run() is a task; the other calls are made while it runs.
class SessionWork {
 public:
  virtual ~SessionWork() = default;
  /// Until it has ended by itself, or is cancelled.
  virtual rt::Task<WorkEnd> run() = 0;
  /// Waits as long as it is busy with earlier input.
  virtual rt::Task<Result<void>> input(std::string bytes) = 0;
  virtual void resize(session::TerminalSize) {}
  virtual void flag(std::uint32_t) {}
};

/// Borrowed; all outlive the work.
struct WorkParts {
  WorkParts(rt::CallContext c, SessionVoice& v, const SessionPlan& p) : ctx(c), voice(&v), plan(&p) {}
  rt::CallContext ctx;
  SessionVoice* voice;
  const SessionPlan* plan;
  os::Children* children = nullptr;
  net::Dialer* dialer = nullptr;
  LiveNode node;
  std::string shell;
  std::string agent_version;
};

/// A shell, or a command on a terminal.
std::unique_ptr<SessionWork> make_terminal_work(WorkParts parts);
/// A command without a terminal.
std::unique_ptr<SessionWork> make_command_work(WorkParts parts);
/// A port: one connection, or many.
std::unique_ptr<SessionWork> make_port_work(WorkParts parts);
/// Many connections in one stream; make_port_work() decides.
std::unique_ptr<SessionWork> make_mux_work(WorkParts parts);

/// Words as a shell would split them, without running one: quotes and backslashes (POSIX rules). Fails with usage when
/// a quote is not closed.
Result<std::vector<std::string>> split_words(std::string_view text);
/// Where forwards may not go: metadata, DNS and time of the instance (aws.md 2.2).
bool is_forbidden_address(std::string_view host);
/// "127.0.0.1:80" -> "127.0.0.1".
std::string_view host_of(std::string_view peer);

}  // namespace postern::sim::live
