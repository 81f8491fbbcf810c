// The program as session-manager-plugin.

#include "cli/plugin_command.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/session_ports.hpp"
#include "flow/verdict.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace plugin_command {

constexpr int kFailed = 255;

/// A caller that says nothing of the request: KMS needs the target, and is not asked for a wrong one.
class WithoutKeys final : public session::SessionService {
 public:
  explicit WithoutKeys(session::SessionService& inner) : inner_(inner) {}
  rt::Task<Result<Secret<std::string>>> resume(rt::CallContext ctx, std::string session_id) override {
    return inner_.resume(ctx, std::move(session_id));
  }
  rt::Task<Result<void>> terminate(rt::CallContext ctx, std::string session_id) override {
    return inner_.terminate(ctx, std::move(session_id));
  }
  rt::Task<Result<session::DataKey>> data_key(rt::CallContext, session::KeyRequest) override {
    co_return fail(ErrorKind::unsupported,
                   "the session is encrypted, and its caller names no target: use an AWS CLI of 2019 or later");
  }

 private:
  session::SessionService& inner_;
};

/// The session in the ledger. A plugin works without one: what goes wrong with it is in the log.
class Noted {
 public:
  Noted(const Command& command, AwsWork& work) : command_(command) {
    Result<OpenLedger> ledger = open_ledger(command, world_label(command, work.session.get()), LedgerUse::write);
    if (ledger) {
      ledger_.emplace(std::move(*ledger));
    } else {
      tell(ledger.error());
    }
  }
  rt::Task<void> begin(const PluginOrder& order) {
    if (!ledger_) co_return;
    record_ = std::make_unique<SessionRecord>(*ledger_->store, ledger_->world, flow::make_op_id(command_.ctx()));
    SessionBegin asked;
    asked.verb = kPluginName;
    asked.operator_name = operator_name(command_);
    asked.region = order.region;
    asked.target = order.target;
    asked.document = order.document;
    Result<void> noted = co_await record_->ask(command_.ctx(), std::move(asked));
    if (noted) noted = co_await record_->open(command_.ctx(), order.started.session_id);
    if (noted) co_return;
    tell(noted.error());
    record_.reset();
  }
  rt::Task<void> end(SessionClose close) {
    if (!record_) co_return;
    const Result<void> noted = co_await record_->close(command_.ctx(), std::move(close));
    if (!noted) tell(noted.error());
  }

 private:
  void tell(const Error& error) const {
    command_.log().write(obs::LogLevel::info, "session.not_in_ledger", {{"why", error.to_text()}});
  }

  const Command& command_;
  std::optional<OpenLedger> ledger_;
  std::unique_ptr<SessionRecord> record_;
};

session::DataChannelOptions channel_options(const Command& command, const PluginOrder& order) {
  session::DataChannelOptions options;
  options.session.session_id = order.started.session_id;
  options.session.target = order.target;
  std::array<std::uint8_t, 16> bytes{};
  command.ctx().random().fill(bytes);
  options.session.client_id = make_uuid(bytes);
  if (order.document == "AWS-StartInteractiveCommand" || order.target.starts_with("ecs:")) {
    options.session.expected = session::SessionType::interactive_command;
  } else if (order.document.empty() && !order.is_port) {
    options.session.expected = session::SessionType::shell;
  }
  return options;
}

/// What callers read of it, and what it came to.
int tell_end(const Command& command, const PluginOrder& order, const TerminalEnd& end) {
  if (end.exit_code) command.out("EXIT_CODE: " + std::to_string(*end.exit_code));
  if (!end.text.empty()) command.out("\nSessionId: " + order.started.session_id + " : " + printable(end.text) + "\n");
  command.out("\n\nExiting session with sessionId: " + order.started.session_id + ".\n\n");
  if (end.how == TerminalEnd::How::interrupted) return kExitInterrupted;
  if (end.error) {
    command.err(describe_failure(*end.error));
    return kFailed;
  }
  if (end.exit_code) return *end.exit_code;
  return end.started || end.text.empty() ? kExitOk : kFailed;
}

rt::Task<TerminalEnd> carry(const Command& command, session::DataChannel& channel, const PluginOrder& order) {
  ChannelRun run(co_await rt::asio::this_coro::executor, channel);
  TerminalEnd end;
  end.how = TerminalEnd::How::port;
  if (!order.is_port) {
    TerminalOptions options;
    options.escape_key = '\0';  // the official one has none
    SessionTerminal terminal(command, channel, options);
    end = co_await terminal.run();
  }
  if (end.how == TerminalEnd::How::port) end = co_await on_ports(command, channel);
  co_await run.stop();
  if (run.error() && !end.error) end.error = run.error();
  co_return end;
}

rt::Task<Result<int>> session(const Command& command, AwsWork& work, const PluginOrder& order) {
  aws::CallScope scope;
  scope.region = order.region;
  scope.credentials = work.session->hub();
  adapters::AwsSessions sessions(*work.session, std::move(scope));
  WithoutKeys without_keys(sessions);
  session::SessionService& service = order.is_legacy ? static_cast<session::SessionService&>(without_keys) : sessions;
  Noted noted(command, work);
  co_await noted.begin(order);
  session::Started started = order.started;
  CO_TRY(started.stream_url,
         adapters::stream_url_at(std::move(started.stream_url), work.session->settings().endpoints.custom));
  session::DataChannel channel(command.ctx(), sessions.dial(), service, std::move(started),
                               channel_options(command, order));
  command.out("\nStarting session with SessionId: " + order.started.session_id + "\n");
  const TerminalEnd end = co_await carry(command, channel, order);
  const int code = tell_end(command, order, end);
  SessionClose close;
  close.cause = to_string(end.how);
  close.text = end.error ? end.error->message() : end.text;
  close.exit_code = end.exit_code;
  close.bytes_to_node = end.bytes_to_node;
  close.bytes_from_node = end.bytes_from_node;
  close.reconnections = channel.reconnections();
  co_await rt::uncancelled(noted.end(std::move(close)));
  co_return code;
}

}  // namespace plugin_command

rt::Task<Result<int>> run_plugin(const Command& command) {
  CO_TRY(const PluginOrder order, parse_plugin_words(command.invocation().words));
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork work, open_session(executor, command, FleetUse::ignored));
  Result<int> code = co_await plugin_command::session(command, work, order);
  co_await work.session->close();
  co_return code;
}

}  // namespace postern::cli
