#include "cli/session_terminal.hpp"

#include <array>

#include "base/text.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace session_terminal {

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr Duration kLeaveTime = std::chrono::seconds(5);
/// What the official plugin says of a session without a terminal.
constexpr std::size_t kNoTtyColumns = 300;
constexpr std::size_t kNoTtyRows = 100;
constexpr std::string_view kEndOfInput = "\x04";
constexpr std::string_view kInterrupt = "\x03";
constexpr std::string_view kEscapeHelp =
    "[postern: at the beginning of a line ~. ends the session, ~~ is a tilde, ~? is this]";

}  // namespace session_terminal

std::string_view to_string(TerminalEnd::How how) noexcept {
  switch (how) {
    case TerminalEnd::How::closed:
      return "closed";
    case TerminalEnd::How::left:
      return "left";
    case TerminalEnd::How::failed:
      return "failed";
    case TerminalEnd::How::interrupted:
      return "interrupted";
    case TerminalEnd::How::port:
      return "port";
  }
  return "closed";
}

SessionTerminal::SessionTerminal(const Command& command, session::DataChannel& channel, TerminalOptions options)
    : command_(command), channel_(channel), options_(options), keys_(options.escape_key) {}

void SessionTerminal::tell(std::string_view text) {
  if (text.empty()) return;
  const std::string line = raw_ ? "\r\n" + std::string(text) + "\r\n" : std::string(text) + "\n";
  (void)command_.host().console->write(os::StdStream::err, line);
}

void SessionTerminal::follow_size() {
  const std::optional<os::TtySize> now = command_.host().console->size();
  const os::TtySize size =
      raw_ && now ? *now : os::TtySize(session_terminal::kNoTtyColumns, session_terminal::kNoTtyRows);
  if (size == size_) return;
  if (options_.cast != nullptr && size_.columns > 0) options_.cast->resize(size.columns, size.rows);
  size_ = size;
  channel_.resize(
      session::TerminalSize(static_cast<std::uint32_t>(size.columns), static_cast<std::uint32_t>(size.rows)));
}

bool SessionTerminal::take_signal(os::Signal signal) {
  if (signal == os::Signal::window_change) {
    follow_size();
    return true;
  }
  // Without a terminal Ctrl-C is a signal here and a key there; a parent such as the AWS CLI leaves it to us.
  if (signal == os::Signal::interrupt && !raw_) {
    group_->spawn(send_interrupt());
    return true;
  }
  // The keys of a raw terminal are no signals: this came from elsewhere, and is told in a terminal as it was.
  command_.host().console->restore();
  return false;
}

rt::Task<Result<void>> SessionTerminal::send(std::string bytes) {
  CO_TRY_VOID(co_await writing_.acquire());
  const rt::Semaphore::Permit permit(writing_);
  co_return co_await channel_.write(std::move(bytes));
}

rt::Task<void> SessionTerminal::send_interrupt() {
  (void)co_await send(std::string(session_terminal::kInterrupt));
}

rt::Task<void> SessionTerminal::leave() {
  const rt::CallContext outer = command_.ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), session_terminal::kLeaveTime));
  (void)co_await rt::with_deadline<void>(ctx, channel_.terminate());
}

rt::Task<void> SessionTerminal::read_keys() {
  std::array<std::byte, session_terminal::kReadBytes> buffer;
  for (;;) {
    const Result<std::size_t> got = co_await command_.host().console->read_input(buffer);
    if (!got) co_return;
    term::EscapeKeys::Taken taken;
    if (*got > 0) {
      taken = keys_.take(net::as_text(std::span(buffer).first(*got)));
    } else {
      taken.bytes = keys_.rest();
      if (options_.input_end == InputEnd::end_shell) taken.bytes += session_terminal::kEndOfInput;
    }
    end_.bytes_to_node += taken.bytes.size();
    if (!taken.bytes.empty()) {
      const Result<void> written = co_await send(std::move(taken.bytes));
      if (!written) co_return;
    }
    if (*got == 0) co_return;
    // What was typed is on its way before more is read.
    co_await rt::next_turn();
    if (taken.order == term::EscapeKeys::Order::help) tell(session_terminal::kEscapeHelp);
    if (taken.order == term::EscapeKeys::Order::leave) {
      end_.how = TerminalEnd::How::left;
      co_await leave();
      co_return;
    }
  }
}

rt::Task<void> SessionTerminal::keep_alive() {
  rt::Clock& clock = command_.ctx().clock();
  for (;;) {
    const Result<void> slept = co_await rt::sleep_until(clock, clock.now() + options_.keepalive);
    if (!slept) co_return;
    // A size is input to the service, and nothing to the shell.
    channel_.repeat_size();
  }
}

void SessionTerminal::show(const session::SessionEvent& event) {
  using Kind = session::SessionEvent::Kind;
  switch (event.kind) {
    case Kind::output:
    case Kind::errors:
      end_.started = true;
      end_.bytes_from_node += event.bytes.size();
      // What the remote terminal writes is for this one, as it is.
      (void)command_.host().console->write(event.kind == Kind::output ? os::StdStream::out : os::StdStream::err,
                                           event.bytes);
      if (options_.cast != nullptr) options_.cast->output(event.bytes);
      break;
    case Kind::exit_code:
      end_.exit_code = event.exit_code;
      break;
    case Kind::started:
      end_.started = true;
      break;
    case Kind::message:
      tell(printable(event.bytes));
      break;
    case Kind::closed:
      end_.text = event.bytes;
      break;
    case Kind::failed:
      if (event.error) end_.error = event.error;
      break;
    case Kind::flag:
    case Kind::need_key:
      break;
  }
}

rt::Task<void> SessionTerminal::show_events() {
  for (;;) {
    const Result<std::optional<session::SessionEvent>> event = co_await channel_.next();
    if (!event) {
      if (event.error().kind() == ErrorKind::cancelled) end_.how = TerminalEnd::How::interrupted;
      co_return;
    }
    if (!*event) co_return;
    show(**event);
    if (channel_.session().type() == session::SessionType::port) {
      end_.how = TerminalEnd::How::port;
      co_return;
    }
  }
}

rt::Task<TerminalEnd> SessionTerminal::run() {
  os::Console& console = *command_.host().console;
  if (console.is_tty(os::StdStream::in)) {
    if (Result<std::unique_ptr<os::RawMode>> raw = console.enter_raw_mode()) raw_ = std::move(*raw);
  }
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group_ = &group;
  const SignalHook hook(command_, [this](os::Signal signal) { return take_signal(signal); });
  channel_.on_news([this](const session::ConnectionNews& news) { tell(news_text(news)); });
  group.spawn(read_keys());
  follow_size();
  if (options_.keepalive > Duration{}) group.spawn(keep_alive());
  co_await show_events();
  if (end_.how == TerminalEnd::How::interrupted) co_await rt::uncancelled(leave());
  group.cancel();
  co_await group.join();
  channel_.on_news({});
  raw_.reset();
  if (end_.error && end_.how == TerminalEnd::How::closed) end_.how = TerminalEnd::How::failed;
  co_return std::move(end_);
}

}  // namespace postern::cli
