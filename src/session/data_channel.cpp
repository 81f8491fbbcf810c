#include "session/data_channel.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "http/client.hpp"
#include "rt/combine.hpp"
#include "session/back_off.hpp"
#include "session/data_channel_link.hpp"

namespace postern::session {
namespace data_channel {

/// Beyond what the way carries, so much may wait to be sent: whoever writes next waits behind it.
constexpr std::size_t kAheadBytes = 32U << 10U;
/// The first agent that ends a session by itself when its client says so.
constexpr std::string_view kBeforeTerminateFlag = "2.3.722.0";
/// How long an agent may take to do that before the service is asked.
constexpr std::chrono::seconds kFlagTime{5};
/// How long the service's last words are waited for once it has ended the session.
constexpr std::chrono::seconds kLastWordsTime{2};
constexpr std::chrono::seconds kTerminateTime{10};

/// The parts of a StreamUrl, as they are: real ones have a query that means something to the service.
Result<http::Url> parse_stream_url(std::string_view text) {
  std::string url;
  if (text.starts_with("wss://")) {
    url = "https://" + std::string(text.substr(6));
  } else if (text.starts_with("ws://")) {
    url = "http://" + std::string(text.substr(5));
  } else {
    return fail(ErrorKind::malformed, "the session's StreamUrl does not begin with wss:// or ws://");
  }
  Result<http::Url> parsed = http::parse_url(url);
  if (!parsed) return fail(Error(ErrorKind::malformed, "the session's StreamUrl is none").caused_by(parsed.error()));
  return parsed;
}

tl::unexpected<Error> cancelled() {
  return fail(ErrorKind::cancelled, "the session was cancelled");
}

/// Beside AWS's API, which StartSession has just reached, sessions need this one host.
Error cannot_connect(const std::string& stream_url, Error why) {
  const Result<http::Url> url = parse_stream_url(stream_url);
  if (!url || why.kind() == ErrorKind::cancelled) return why;
  const http::Origin& origin = url->origin;
  const ErrorKind kind = why.kind();
  std::string text = "the session's connection cannot be opened: this computer must reach " + origin.host +
                     " on port " + std::to_string(origin.port);
  return Error(kind, std::move(text)).caused_by(std::move(why));
}

Error cannot_resume(Error why) {
  const ErrorKind kind = why.kind();
  return Error(kind, "the connection was lost and the session cannot be resumed").caused_by(std::move(why));
}

}  // namespace data_channel

DataChannel::DataChannel(rt::CallContext ctx, Dial dial, SessionService& service, Started started,
                         DataChannelOptions options)
    : ctx_(ctx),
      dial_(std::move(dial)),
      service_(service),
      started_(std::move(started)),
      options_(std::move(options)),
      session_(ctx.random(), options_.session) {}

// ---- the user's side

rt::Task<Result<std::optional<SessionEvent>>> DataChannel::next() {
  for (;;) {
    std::optional<SessionEvent> event = take_ready();
    if (event || finished_) co_return event;
    const rt::Wake how = co_await next_waiter_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled while waiting for the session");
  }
}

std::optional<SessionEvent> DataChannel::take_ready() {
  if (events_.empty()) return std::nullopt;
  SessionEvent event = std::move(events_.front());
  events_.pop_front();
  event_bytes_ -= event.bytes.size();
  collect();
  if (link_ != nullptr) take_waiting(*link_);
  if (!session_.is_full()) reading_.wake();
  return event;
}

rt::Task<Result<std::size_t>> DataChannel::room() {
  for (;;) {
    if (has_ended()) co_return fail(ErrorKind::unavailable, "the session has ended");
    // More than the way carries would only wait here, and what is decided later would wait behind it.
    const Channel& channel = session_.channel();
    const std::size_t used = options_.session.channel.window_bytes - channel.room();
    const std::size_t ahead = channel.window() + data_channel::kAheadBytes;
    const std::size_t room = std::min(session_.room(), ahead > used ? ahead - used : 0);
    if (room > 0) co_return room;
    const rt::Wake how = co_await room_waiter_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled while sending");
  }
}

rt::Task<Result<void>> DataChannel::write(std::string bytes) {
  std::string_view left = bytes;
  while (!left.empty()) {
    CO_TRY(const std::size_t most, co_await room());
    const std::string_view part = left.substr(0, most);
    session_.send_input(part);
    left.remove_prefix(part.size());
    speak();
  }
  co_return Result<void>();
}

/// There is something to write, and then an acknowledgement to be heard.
void DataChannel::speak() {
  outgoing_.wake();
  reading_.wake();
}

void DataChannel::resize(TerminalSize size) {
  session_.send_size(size);
  speak();
}

void DataChannel::repeat_size() {
  session_.repeat_size();
  outgoing_.wake();
}

void DataChannel::flag(Flag flag) {
  session_.send_flag(flag);
  speak();
}

rt::Task<Result<void>> DataChannel::settle() {
  while (!session_.is_settled() && !has_ended()) {
    const rt::Wake how = co_await settle_waiter_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled while sending");
  }
  co_return Result<void>();
}

rt::Task<Result<void>> DataChannel::terminate() {
  if (has_ended()) co_return Result<void>();
  const bool knows_flag =
      session_.type() == SessionType::port && later_than(session_.agent_version(), data_channel::kBeforeTerminateFlag);
  if (knows_flag && is_connected()) {
    flag(Flag::terminate_session);
    const Result<void> ended = co_await rt::with_deadline(ctx_.within(data_channel::kFlagTime), over_.wait());
    if (ended || ended.error().kind() == ErrorKind::cancelled) co_return ended;
  }
  const rt::CallContext ctx = ctx_.within(data_channel::kTerminateTime);
  const Result<void> told = co_await rt::with_deadline(ctx, service_.terminate(ctx, started_.session_id));
  // One that is not there any more has ended.
  if (!told && told.error().kind() != ErrorKind::not_found) co_return told;
  if (is_connected()) {
    const Result<void> heard = co_await rt::with_deadline(ctx_.within(data_channel::kLastWordsTime), over_.wait());
    static_cast<void>(heard);
  }
  end_with(std::string());
  co_return Result<void>();
}

/// What came before is still there for the user.
void DataChannel::end_with(std::string why) {
  event_bytes_max_ = std::numeric_limits<std::size_t>::max();
  collect();
  if (over_.is_set()) return;
  SessionEvent closed(SessionEvent::Kind::closed);
  closed.bytes = std::move(why);
  events_.push_back(std::move(closed));
  conclude();
}

void DataChannel::collect() {
  while (event_bytes_ < event_bytes_max_ && !over_.is_set() && !failed_) {
    std::optional<SessionEvent> event = session_.next_event();
    if (!event) break;
    if (event->kind == SessionEvent::Kind::need_key) {
      if (work_ != nullptr) work_->spawn(fetch_key());
      continue;
    }
    const SessionEvent::Kind kind = event->kind;
    event_bytes_ += event->bytes.size();
    events_.push_back(std::move(*event));
    if (kind == SessionEvent::Kind::closed) conclude();
    if (kind == SessionEvent::Kind::failed) {
      failed_ = true;
      room_waiter_.wake();
      settle_waiter_.wake();
      if (work_ != nullptr) work_->spawn(end_failed());
    }
  }
  if (!events_.empty()) next_waiter_.wake();
}

/// The agent is still told what went wrong: it says that to the service, and so to whoever looks there.
rt::Task<void> DataChannel::end_failed() {
  const MonoTime by = ctx_.now() + data_channel::kLastWordsTime;
  const rt::Clock::TimerId timer = ctx_.clock().schedule(by, [this] { failed_waiter_.wake(); });
  rt::Wake how = rt::Wake::woken;
  while (!session_.is_settled() && ctx_.now() < by && how == rt::Wake::woken) how = co_await failed_waiter_.wait();
  ctx_.clock().unschedule(timer);
  conclude();
}

void DataChannel::conclude() {
  over_.set();
  if (link_ != nullptr) link_->group->cancel();
  next_waiter_.wake();
  room_waiter_.wake();
  settle_waiter_.wake();
}

rt::Task<void> DataChannel::fetch_key() {
  KeyRequest request = session_.key_request();
  const rt::CallContext ctx = ctx_.within(options_.dial_within);
  Result<DataKey> key = co_await rt::with_deadline(ctx, service_.data_key(ctx, std::move(request)));
  if (co_await rt::is_cancelled()) co_return;
  session_.data_key(std::move(key));
  collect();
  outgoing_.wake();
}

// ---- connections

void DataChannel::tell(ConnectionNews::Kind kind, std::string text, Duration wait, unsigned attempt) {
  if (!told_) return;
  ConnectionNews news(kind);
  news.text = std::move(text);
  news.wait = wait;
  news.attempt = attempt;
  told_(news);
}

rt::Task<Result<void>> DataChannel::run() {
  rt::TaskGroup work(co_await rt::asio::this_coro::executor);
  work_ = &work;
  Result<void> result = co_await stay_connected();
  work.cancel();
  co_await work.join();
  work_ = nullptr;
  finished_ = true;
  next_waiter_.wake();
  room_waiter_.wake();
  settle_waiter_.wake();
  co_return result;
}

rt::Task<Result<void>> DataChannel::stay_connected() {
  CO_TRY(std::unique_ptr<Link> link, co_await first_connection());
  unsigned useless = 0;
  while (!over_.is_set()) {
    co_await carry(*link);
    if (co_await rt::is_cancelled()) co_return data_channel::cancelled();
    if (session_.channel().closed()) {
      // The service has said its last word; the user has not heard all that came before it.
      CO_TRY_VOID(co_await over_.wait());
    }
    if (over_.is_set()) break;
    tell(ConnectionNews::Kind::lost, link->lost->to_text(), Duration::zero(), 0);
    // Connections that can be made and break at once are not made without end as fast as can be.
    useless = link->was_of_use(ctx_.clock().now()) ? 0 : useless + 1;
    const bool goes_on = useless == 0 || co_await pause(useless - 1, *link->lost);
    if (!goes_on) co_return data_channel::cancelled();
    CO_TRY(link, co_await come_back());
  }
  if (link != nullptr) co_await say_goodbye(*link);
  if (failed_) {
    const rt::CallContext ctx = ctx_.within(data_channel::kTerminateTime);
    const Result<void> told = co_await rt::with_deadline(ctx, service_.terminate(ctx, started_.session_id));
    static_cast<void>(told);
  }
  co_return Result<void>();
}

rt::Task<Result<std::unique_ptr<DataChannel::Link>>> DataChannel::first_connection() {
  for (unsigned attempt = 0; !over_.is_set(); ++attempt) {
    Result<std::unique_ptr<Link>> made = co_await connect(started_.token.reveal());
    if (made) tell(ConnectionNews::Kind::connected, std::string(), Duration::zero(), attempt);
    if (made) co_return made;
    if (attempt >= options_.first_retries || !may_pass(made.error())) {
      co_return fail(data_channel::cannot_connect(started_.stream_url, std::move(made).error()));
    }
    const bool goes_on = co_await pause(attempt, made.error());
    if (!goes_on) co_return data_channel::cancelled();
  }
  co_return std::unique_ptr<Link>();
}

rt::Task<Result<std::unique_ptr<DataChannel::Link>>> DataChannel::come_back() {
  for (unsigned attempt = 0; !over_.is_set(); ++attempt) {
    const rt::CallContext ctx = ctx_.within(options_.dial_within);
    auto token = co_await rt::with_deadline(ctx, service_.resume(ctx, started_.session_id));
    if (token && token->empty()) {
      end_with("the session ended while the connection to it was lost");
      break;
    }
    std::optional<Error> failure;
    if (token) {
      // The StreamUrl stays the first one, whatever ResumeSession says.
      Result<std::unique_ptr<Link>> made = co_await connect(token->reveal());
      if (made) {
        ++reconnections_;
        session_.reconnected();
        tell(ConnectionNews::Kind::resumed, std::string(), Duration::zero(), attempt);
        co_return std::move(*made);
      }
      // The service knows the session and has just said so: whatever stands between passes.
      failure = std::move(made).error();
    } else if (!may_pass(token.error())) {
      co_return fail(data_channel::cannot_resume(std::move(token).error()));
    } else {
      failure = std::move(token).error();
    }
    const bool goes_on = co_await pause(attempt, *failure);
    if (!goes_on) co_return data_channel::cancelled();
  }
  co_return std::unique_ptr<Link>();
}

/// False when cancelled. A session that ends meanwhile ends the wait.
rt::Task<bool> DataChannel::pause(unsigned attempt, const Error& why) {
  const Duration wait = back_off(ctx_.random(), attempt, options_.back_off_max);
  tell(ConnectionNews::Kind::waiting, why.to_text(), wait, attempt + 1);
  const Result<void> ended = co_await rt::with_deadline(ctx_.within(wait), over_.wait());
  co_return ended.has_value() || ended.error().kind() == ErrorKind::timeout;
}

rt::Task<Result<std::unique_ptr<DataChannel::Link>>> DataChannel::connect(std::string token) {
  CO_TRY(const http::Url url, data_channel::parse_stream_url(started_.stream_url));
  const rt::CallContext ctx = ctx_.within(options_.dial_within);
  auto link = std::make_unique<Link>();
  net::Endpoint endpoint(url.origin.host, url.origin.port);
  CO_TRY(link->stream, co_await rt::with_deadline(ctx, dial_(ctx, std::move(endpoint), url.origin.tls)));
  // No Authorization and no Origin: the token in the first message is what the service goes by.
  http::Request request;
  request.target = url.target;
  request.headers.set("Host", url.origin.host_header());
  auto opened = co_await rt::with_deadline(ctx, ws::open_client(ctx, *link->stream, std::move(request)));
  if (!opened) co_return fail(std::move(opened).error());
  link->socket = std::move(*opened);
  std::string opening = session_.opening(token);
  auto sent = co_await rt::with_deadline(ctx, link->socket->send(ws::Event::Kind::text, std::move(opening)));
  if (!sent) co_return fail(std::move(sent).error());
  co_return link;
}

}  // namespace postern::session
