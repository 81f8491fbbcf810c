// exec

#include <array>

#include "base/text.hpp"
#include "cli/exec_frames.hpp"
#include "cli/failure.hpp"
#include "cli/session_work.hpp"
#include "flow/script_quote.hpp"
#include "rt/combine.hpp"
#include "rt/random_hex.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace exec_command {

constexpr std::string_view kDocument = "AWS-StartInteractiveCommand";
constexpr std::string_view kInterrupt = "\x03";
/// For what the session still says when the command has ended: it then ends by itself.
constexpr Duration kEndTime = std::chrono::seconds(2);
constexpr std::size_t kReadBytes = 16U << 10U;

ExecMark fresh_mark(rt::Random& random) {
  return ExecMark("p" + rt::random_hex(random, 6));
}

/// The command of the words: one word is text for the shell, several arrive as they are.
Result<std::string> script_of(const Invocation& invocation) {
  if (invocation.words.size() < 2) {
    return fail(ErrorKind::usage, "what is to be executed where? postern exec TARGET -- COMMAND [ARG...]");
  }
  std::string script;
  TRY(const std::vector<flow::EnvVariable> variables, flow::parse_env_variables(invocation.values("--env")));
  for (const flow::EnvVariable& variable : variables) script += flow::export_for_sh(variable) + "\n";
  if (invocation.words.size() == 2) return script + invocation.words[1];
  for (std::size_t i = 1; i < invocation.words.size(); ++i) {
    script += (i == 1 ? "" : " ") + flow::quote_for_sh(invocation.words[i]);
  }
  if (script.find('\0') != std::string::npos) return fail(ErrorKind::usage, "a command has no NUL");
  return script;
}

/// One command on one session.
class Execution {
 public:
  Execution(const Command& command, LiveSession& live, ExecMark mark, ExecInput input)
      : command_(command), live_(live), channel_(live.channel()), reader_(std::move(mark)), input_(input) {}

  /// The exit code. Fails with unavailable when the session ended before the command, cancelled, timeout.
  rt::Task<Result<int>> run() {
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group_ = &group;
    const SignalHook hook(command_, [this](os::Signal signal) { return take_signal(signal); });
    channel_.on_news([this](const session::ConnectionNews& news) {
      const std::string text = news_text(news);
      if (!text.empty()) command_.err(text + "\n");
    });
    ChannelRun run(group.executor(), channel_);
    Result<void> heard = co_await rt::with_deadline<void>(command_.ctx(), listen());
    co_await rt::uncancelled(wind_up());
    group.cancel();
    co_await group.join();
    co_await run.stop();
    channel_.on_news({});
    if (run.error() && !broken_) broken_ = run.error();
    if (broken_ && !exit_code_) co_return fail(*broken_);
    if (!heard) co_return fail(std::move(heard).error());
    if (exit_code_) co_return *exit_code_;
    co_return fail(ended_early());
  }

  void tell_bytes(SessionClose& close) const {
    close.bytes_to_node = to_node_;
    close.bytes_from_node = from_node_;
    close.exit_code = exit_code_;
    close.text = closed_text_;
  }

 private:
  bool is_done() const { return exit_code_ && outputs_ended_ == 2; }

  Error ended_early() const {
    std::string message = "the session ended before the command did, so its exit code is not known";
    if (!closed_text_.empty()) message += ": " + printable(closed_text_, 300);
    return unreachable(std::move(message));
  }

  bool take_signal(os::Signal signal) {
    if (signal != os::Signal::interrupt || interrupted_ || !ready_) return signal == os::Signal::window_change;
    interrupted_ = true;
    command_.err("\npostern: the command is interrupted; again ends its session\n");
    group_->spawn(send_interrupt());
    return true;
  }

  rt::Task<Result<void>> send(std::string bytes) {
    CO_TRY_VOID(co_await writing_.acquire());
    const rt::Semaphore::Permit permit(writing_);
    to_node_ += bytes.size();
    co_return co_await channel_.write(std::move(bytes));
  }
  rt::Task<void> send_interrupt() { (void)co_await send(std::string(kInterrupt)); }
  rt::Task<void> send_end() { (void)co_await send(exec_input_end()); }

  rt::Task<void> read_input() {
    std::array<std::byte, kReadBytes> buffer;
    for (;;) {
      const Result<std::size_t> got = co_await command_.host().console->read_input(buffer);
      if (!got) co_return;
      std::string_view bytes = net::as_text(std::span(buffer).first(*got));
      std::string lines;
      for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kExecInputBytes))) {
        lines += exec_input_line(bytes.substr(0, kExecInputBytes));
      }
      if (*got == 0) lines = exec_input_end();
      const Result<void> sent = co_await send(std::move(lines));
      if (!sent || *got == 0) co_return;
    }
  }

  /// A command that has ended takes its session with it; any other session is ended.
  rt::Task<void> wind_up() {
    if (is_done()) {
      const rt::CallContext outer = command_.ctx();
      const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                                rt::Deadline::after(outer.clock(), kEndTime));
      (void)co_await rt::with_deadline<void>(ctx, drain());
    }
    if (!over_) co_await live_.terminate();
  }

  rt::Task<Result<void>> drain() {
    while (!over_) {
      Result<std::optional<session::SessionEvent>> event = co_await channel_.next();
      if (!event) co_return fail(std::move(event).error());
      over_ = !*event;
    }
    co_return Result<void>();
  }

  /// Until the command has ended, or the session.
  rt::Task<Result<void>> listen() {
    while (!is_done()) {
      Result<std::optional<session::SessionEvent>> event = co_await channel_.next();
      if (!event) co_return fail(std::move(event).error());
      over_ = !*event;
      if (over_) break;
      take(**event);
    }
    if (const std::optional<ExecFrame> frame = reader_.rest()) take(*frame);
    co_return Result<void>();
  }

  void take(session::SessionEvent& event) {
    using Kind = session::SessionEvent::Kind;
    if (event.kind == Kind::output) {
      from_node_ += event.bytes.size();
      reader_.feed(event.bytes);
      while (const std::optional<ExecFrame> frame = reader_.next()) take(*frame);
    } else if (event.kind == Kind::errors) {
      from_node_ += event.bytes.size();
      print(os::StdStream::err, event.bytes);
    } else if (event.kind == Kind::exit_code) {
      // Of a document with streams of its own. Our own shell's is the same, or says that it did not come to it.
      if (!exit_code_) exit_code_ = event.exit_code;
    } else if (event.kind == Kind::message) {
      // Not a word of the command's: its standard error is for others to read.
      command_.log().write(obs::LogLevel::info, "session.message", {{"text", printable(event.bytes)}});
    } else if (event.kind == Kind::closed) {
      closed_text_ = event.bytes;
    } else if (event.kind == Kind::failed && event.error) {
      broken_ = event.error;
    }
  }

  void take(const ExecFrame& frame) {
    using Kind = ExecFrame::Kind;
    switch (frame.kind) {
      case Kind::ready:
        ready_ = true;
        if (!frame.takes_input) {
          if (input_ == ExecInput::framed) command_.err("warning: this document's sessions take no input\n");
        } else if (input_ == ExecInput::framed) {
          reading_ = true;
          group_->spawn(read_input());
        }
        break;
      case Kind::output:
        print(os::StdStream::out, frame.bytes);
        break;
      case Kind::errors:
      case Kind::noise:
        print(os::StdStream::err, frame.bytes);
        break;
      case Kind::output_end:
      case Kind::errors_end:
        ++outputs_ended_;
        break;
      case Kind::exit_code:
        exit_code_ = frame.exit_code;
        // Whoever hands the input on waits for its end, and the streams' ends wait for him.
        if (reading_) group_->spawn(send_end());
        break;
    }
  }

  void print(os::StdStream stream, std::string_view bytes) { (void)command_.host().console->write(stream, bytes); }

  const Command& command_;
  LiveSession& live_;
  session::DataChannel& channel_;
  ExecReader reader_;
  ExecInput input_;
  rt::Semaphore writing_{1};
  rt::TaskGroup* group_ = nullptr;
  bool ready_ = false;
  bool reading_ = false;
  bool interrupted_ = false;
  bool over_ = false;  ///< the session
  int outputs_ended_ = 0;
  std::optional<int> exit_code_;
  std::optional<Error> broken_;
  std::string closed_text_;
  std::uint64_t to_node_ = 0;
  std::uint64_t from_node_ = 0;
};

rt::Task<Result<int>> execute(const Command& command, SessionSetup& setup, std::string script) {
  const Invocation& invocation = command.invocation();
  if (setup.place.platform == fleet::Platform::windows) {
    co_return fail(ErrorKind::unsupported, "exec needs a POSIX shell, and " + setup.place.label() +
                                               " runs Windows: postern run --select id:" + setup.place.id +
                                               " -- COMMAND runs it with PowerShell");
  }
  const bool no_input = invocation.has("--no-stdin") || command.host().console->is_tty(os::StdStream::in);
  const ExecInput input = no_input ? ExecInput::none : ExecInput::framed;
  const ExecMark mark = fresh_mark(command.ctx().random());
  SessionAsk ask;
  ask.verb = "exec";
  ask.document = invocation.value("--document").value_or(std::string(kDocument));
  CO_TRY(ask.reason, chosen_reason(invocation));
  CO_TRY(std::string parameter, exec_parameter(script, mark, input));
  ask.parameters["command"].push_back(std::move(parameter));
  // The command may hold secrets: what it was is kept by its hash.
  ask.kept_parameters = Json::object().set("command_sha256", ledger::to_hex(ledger::sha256(script)));
  if (ask.document == kDocument) ask.expected = session::SessionType::interactive_command;
  CO_TRY(const std::unique_ptr<LiveSession> live,
         co_await LiveSession::start(command, setup, setup.place, std::move(ask)));
  Execution execution(command, *live, mark, input);
  Result<int> code = co_await execution.run();
  SessionClose close;
  execution.tell_bytes(close);
  close.cause = code ? "closed" : code.error().kind() == ErrorKind::cancelled ? "interrupted" : "failed";
  if (!code) close.text = code.error().message();
  co_await live->close(std::move(close));
  co_return code;
}

}  // namespace exec_command

rt::Task<Result<int>> run_exec(const Command& command) {
  CO_TRY(std::string script, exec_command::script_of(command.invocation()));
  std::string word = command.invocation().words.front();
  CO_TRY(const std::unique_ptr<SessionSetup> setup, co_await open_session_setup(command, std::move(word)));
  Result<int> code = co_await exec_command::execute(command, *setup, std::move(script));
  co_await setup->aws.session->close();
  co_return code;
}

}  // namespace postern::cli
