// shell

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/session_terminal.hpp"

namespace postern::cli {
namespace shell_command {

constexpr std::chrono::seconds kShortestKeepalive(5);

struct ShellOrder {
  ShellOrder() = default;
  std::string word;
  SessionAsk ask;
  TerminalOptions terminal;
};

Result<char> escape_key(const Invocation& invocation) {
  const std::string text = invocation.value("--escape").value_or("~");
  if (text == "none") return '\0';
  if (text.size() == 1 && static_cast<unsigned char>(text[0]) > ' ' && text[0] != '.') return text[0];
  return fail(ErrorKind::usage, "--escape: one character, or none");
}

Result<ShellOrder> order_of(const Command& command) {
  const Invocation& invocation = command.invocation();
  ShellOrder order;
  if (invocation.words.size() != 1) return fail(ErrorKind::usage, "which node? postern shell TARGET");
  order.word = invocation.words.front();
  order.ask.verb = "shell";
  order.ask.document = invocation.value("--document").value_or("");
  TRY(order.ask.reason, chosen_reason(invocation));
  TRY(order.ask.parameters, chosen_parameters(invocation));
  // A document of one's own may be of any type: the agent then says of which, or the first output does.
  if (order.ask.document.empty()) order.ask.expected = session::SessionType::shell;
  if (order.ask.document == "AWS-StartInteractiveCommand") {
    order.ask.expected = session::SessionType::interactive_command;
  }
  if (!order.ask.parameters.empty()) {
    Json names = Json::array();
    for (const auto& [name, values] : order.ask.parameters) names.push_back(name);
    order.ask.kept_parameters = Json::object().set("names", std::move(names));
  }
  TRY(order.terminal.escape_key, escape_key(invocation));
  if (const auto text = invocation.value("--keepalive")) {
    TRY(const std::chrono::seconds every, parse_duration(*text, "--keepalive"));
    if (every < kShortestKeepalive) return fail(ErrorKind::usage, "--keepalive: at least 5s");
    order.terminal.keepalive = every;
  }
  order.terminal.input_end = InputEnd::end_shell;
  return order;
}

Result<std::unique_ptr<CastFile>> recording(const Command& command, const SessionPlace& place) {
  const auto path = command.invocation().value("--record");
  if (!path) return std::unique_ptr<CastFile>();
  term::CastHeader header;
  if (const auto size = command.host().console->size()) {
    header.columns = size->columns;
    header.rows = size->rows;
  }
  header.title = "postern shell " + place.label();
  header.terminal = command.host().environment->get("TERM").value_or("");
  return CastFile::create(command, *path, std::move(header));
}

rt::Task<void> close_session(const Command& command, LiveSession& live, const TerminalEnd& end, CastFile* cast) {
  SessionClose close;
  close.cause = to_string(end.how);
  close.text = end.error ? end.error->message() : end.text;
  close.exit_code = end.exit_code;
  close.bytes_to_node = end.bytes_to_node;
  close.bytes_from_node = end.bytes_from_node;
  if (cast != nullptr) {
    Result<std::string> hash = cast->finish();
    if (hash) {
      close.transcript = cast->path();
      close.transcript_sha256 = std::move(*hash);
    } else {
      command.err("warning: the recording is not complete: " + described_message(hash.error(), 300) + "\n");
    }
  }
  co_await live.close(std::move(close));
}

/// Whether --wait goes on with a new session: this one ended without anybody ending it.
bool is_gone(const TerminalEnd& end) {
  return end.how == TerminalEnd::How::failed || (end.how == TerminalEnd::How::closed && !end.text.empty());
}

std::string why_ended(const TerminalEnd& end) {
  if (end.error) return described_message(*end.error, 300);
  return printable(end.text, 300);
}

void fail_with(TerminalEnd& end, const Error& error) {
  end.error = error;
  if (end.how == TerminalEnd::How::closed) end.how = TerminalEnd::How::failed;
}

rt::Task<Result<int>> sessions(const Command& command, SessionSetup& setup, ShellOrder order) {
  CO_TRY(const std::unique_ptr<CastFile> cast, recording(command, setup.place));
  order.terminal.cast = cast.get();
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  for (;;) {
    CO_TRY(const std::unique_ptr<LiveSession> live,
           co_await LiveSession::start(command, setup, setup.place, order.ask));
    const std::string id = live->channel().session_id();
    command.log().write(obs::LogLevel::info, "session.opened", {{"session", id}});
    SessionTerminal terminal(command, live->channel(), order.terminal);
    ChannelRun run(executor, live->channel());
    TerminalEnd end = co_await terminal.run();
    if (end.how == TerminalEnd::How::port) co_await live->terminate();
    co_await run.stop();
    if (run.error() && !end.error) fail_with(end, *run.error());
    bool again = setup.wait.wait && is_gone(end);
    // A command that told its exit code has ended, and no node with it.
    if (setup.wait.wait && !again && end.how == TerminalEnd::How::closed && !end.exit_code) {
      again = co_await live->has_lost_its_node();
    }
    CastFile* finished = again ? nullptr : cast.get();
    co_await close_session(command, *live, end, finished);
    const std::string why = why_ended(end);
    if (again) {
      command.err("the session is gone" + (why.empty() ? "" : ": " + why) + "; waiting for " + setup.place.label() +
                  "\n");
      continue;
    }
    if (end.how == TerminalEnd::How::interrupted) co_return kExitInterrupted;
    if (end.error) co_return fail(*end.error);
    if (end.how == TerminalEnd::How::port) {
      co_return fail(ErrorKind::usage, "the document is one for ports: postern forward is about those");
    }
    if (!why.empty()) command.err("the session has ended: " + why + "\n");
    if (!end.started && end.how == TerminalEnd::How::closed) co_return kExitUnknown;
    co_return end.exit_code.value_or(kExitOk);
  }
}

}  // namespace shell_command

rt::Task<Result<int>> run_shell(const Command& command) {
  CO_TRY(shell_command::ShellOrder order, shell_command::order_of(command));
  std::string word = order.word;
  CO_TRY(const std::unique_ptr<SessionSetup> setup, co_await open_session_setup(command, std::move(word)));
  Result<int> code = co_await shell_command::sessions(command, *setup, std::move(order));
  co_await setup->aws.session->close();
  co_return code;
}

}  // namespace postern::cli
