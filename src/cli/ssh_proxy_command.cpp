// ssh-proxy

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/session_ports.hpp"

namespace postern::cli {
namespace ssh_proxy {

constexpr std::string_view kDocument = "AWS-StartSSHSession";

Result<SessionAsk> ask_of(const Invocation& invocation) {
  if (invocation.words.empty() || invocation.words.size() > 2) {
    return fail(ErrorKind::usage, "which node, and which port? postern ssh-proxy TARGET [PORT]");
  }
  SessionAsk ask;
  ask.verb = "ssh-proxy";
  ask.document = kDocument;
  ask.expected = session::SessionType::port;
  std::string port = "22";
  if (invocation.words.size() == 2) {
    TRY(const int number, parse_count(invocation.words[1], "PORT", 1, 65535));
    port = std::to_string(number);
  }
  ask.parameters["portNumber"].push_back(port);
  ask.kept_parameters = Json::object().set("port", port);
  TRY(ask.reason, chosen_reason(invocation));
  return ask;
}

rt::Task<Result<int>> bridge(const Command& command, SessionSetup& setup, SessionAsk ask) {
  CO_TRY(const std::unique_ptr<LiveSession> live,
         co_await LiveSession::start(command, setup, setup.place, std::move(ask)));
  session::DataChannel& channel = live->channel();
  channel.on_news([&command](const session::ConnectionNews& news) {
    if (const std::string text = news_text(news); !text.empty()) command.err(text + "\n");
  });
  ChannelRun run(co_await rt::asio::this_coro::executor, channel);
  TerminalEnd end = co_await on_stdio(command, channel);
  if (end.how == TerminalEnd::How::interrupted) co_await live->terminate();
  co_await run.stop();
  channel.on_news({});
  if (run.error() && !end.error) end.error = run.error();
  SessionClose close;
  close.cause = end.error ? "failed" : to_string(end.how);
  close.text = end.error ? end.error->message() : end.text;
  close.bytes_to_node = end.bytes_to_node;
  close.bytes_from_node = end.bytes_from_node;
  co_await live->close(std::move(close));
  if (end.error) co_return fail(*end.error);
  if (end.started) co_return kExitOk;
  co_return fail(
      unreachable("the session ended before it began" + (end.text.empty() ? "" : ": " + printable(end.text))));
}

}  // namespace ssh_proxy

rt::Task<Result<int>> run_ssh_proxy(const Command& command) {
  CO_TRY(SessionAsk ask, ssh_proxy::ask_of(command.invocation()));
  std::string word = command.invocation().words.front();
  CO_TRY(const std::unique_ptr<SessionSetup> setup, co_await open_session_setup(command, std::move(word)));
  Result<int> code = co_await ssh_proxy::bridge(command, *setup, std::move(ask));
  co_await setup->aws.session->close();
  co_return code;
}

}  // namespace postern::cli
