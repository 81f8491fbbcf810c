#include "session/data_channel_link.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "rt/combine.hpp"

namespace postern::session {
namespace data_channel_link {

/// Messages that go out in one write.
constexpr std::size_t kBatchBytes = 64U << 10U;
/// The body of a ping, as the service is used to it.
constexpr std::string_view kPing = "keepalive";
/// How often it is looked whether a connection is dead.
constexpr std::chrono::seconds kLookEvery{5};
/// Something was sent that nobody acknowledges, and nothing else was heard: then it is asked before its time.
constexpr std::chrono::seconds kSilence{10};
/// The wall clock has gone on by so much more than the other one: the computer slept. Whatever lies between has most
/// likely forgotten the connection.
constexpr std::chrono::seconds kSlept{10};
constexpr std::chrono::seconds kGoodbyeTime{1};

rt::Task<bool> wait_until(rt::Clock& clock, rt::Waiter& waiter, std::optional<MonoTime> at) {
  rt::Clock::TimerId timer = 0;
  if (at) timer = clock.schedule(*at, [&waiter] { waiter.wake(); });
  const rt::Wake how = co_await waiter.wait();
  clock.unschedule(timer);
  co_return how == rt::Wake::woken;
}

}  // namespace data_channel_link

/// Until the connection breaks, the session ends, or cancelled.
rt::Task<void> DataChannel::carry(Link& link) {
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  link.group = &group;
  link.since = ctx_.clock().now();
  link.heard_at = link.since;
  link_ = &link;
  group.spawn(read(link));
  group.spawn(write_out(link));
  group.spawn(watch(link));
  co_await group.join();
  link_ = nullptr;
  link.group = nullptr;
  // Of one that is over, the last messages still go out.
  if (!over_.is_set()) link.stream->close();
}

void DataChannel::lose(Link& link, Error error) {
  link.cut = link.cut || error.delivery() == Delivery::sent;
  if (!link.lost) link.lost = std::move(error);
  link.group->cancel();
}

void DataChannel::arrived() {
  collect();
  outgoing_.wake();
  room_waiter_.wake();
  if (!session_.is_settled()) return;
  settle_waiter_.wake();
  failed_waiter_.wake();
}

/// A message, which the session has room for.
void DataChannel::take(std::string_view message) {
  const Result<void> taken = session_.receive(moment(), message);
  if (!taken) ctx_.explainer().explain("session", "a message was dropped: " + taken.error().to_text());
  if (link_ != nullptr) link_->has_news = true;
  arrived();
}

/// What waited for room, as far as there is some.
void DataChannel::take_waiting(Link& link) {
  while (!session_.is_full() && !over_.is_set()) {
    const std::optional<std::string> message = link.inbox.take();
    if (!message) return;
    take(*message);
  }
}

/// Whether the connection should not be read: the user is slow. Acknowledgements are needed all the same while
/// something waits for them.
bool DataChannel::holds_back(const Link& link) const {
  return session_.is_full() && (session_.is_settled() || link.inbox.is_full());
}

rt::Task<void> DataChannel::read(Link& link) {
  while (!over_.is_set()) {
    while (holds_back(link)) {
      link.held = true;
      const rt::Wake how = co_await reading_.wait();
      if (how == rt::Wake::cancelled) co_return;
      link.held_until = ctx_.clock().now();
    }
    link.held = false;
    Result<ws::Event> event = co_await link.socket->receive();
    if (!event) co_return lose(link, std::move(event).error());
    ++link.heard;
    link.heard_at = ctx_.clock().now();
    if (event->kind == ws::Event::Kind::pong) continue;
    if (event->kind == ws::Event::Kind::close) {
      Error closed(ErrorKind::unavailable, "the service closed the connection");
      closed.with("code", std::to_string(event->code));
      if (!event->payload.empty()) closed.with("reason", event->payload);
      co_return lose(link, std::move(closed));
    }
    link.has_message = true;
    if ((session_.is_full() || !link.inbox.empty()) && !Inbox::passes(event->payload)) {
      link.inbox.keep(std::move(event->payload));
    } else {
      take(event->payload);
    }
    take_waiting(link);
    // Who waits for an echo sees it before more is asked for; what comes by the hundred is not handed on one by one.
    if (!events_.empty() && !link.socket->has_more()) co_await rt::next_turn();
  }
}

/// Whether there was anything to write.
rt::Task<Result<bool>> DataChannel::write_batch(Link& link) {
  std::vector<std::string> batch;
  const Moment now = moment();
  for (std::size_t bytes = 0; bytes < data_channel_link::kBatchBytes;) {
    std::optional<std::string> message = session_.next_outgoing(now);
    if (!message) break;
    bytes += message->size();
    batch.push_back(std::move(*message));
  }
  if (batch.empty()) co_return false;
  CO_TRY_VOID(co_await link.socket->send_all(ws::Event::Kind::binary, batch));
  co_return true;
}

rt::Task<void> DataChannel::write_out(Link& link) {
  for (;;) {
    const Result<bool> wrote = co_await write_batch(link);
    if (!wrote) co_return lose(link, wrote.error());
    if (*wrote) continue;
    std::optional<MonoTime> at = session_.wakes_at();
    // Never at once: the clock moves before it is asked again.
    if (at) at = std::max(*at, ctx_.clock().now() + std::chrono::milliseconds(1));
    const bool woken = co_await data_channel_link::wait_until(ctx_.clock(), outgoing_, at);
    if (!woken) co_return;
    // Who waits for an echo sees it before its acknowledgement costs time.
    if (std::exchange(link.has_news, false)) co_await rt::next_turn();
  }
}

/// Pings, and notices when nobody is there any more.
rt::Task<void> DataChannel::watch(Link& link) {
  MonoTime next_ping = ctx_.clock().now();
  Moment before = moment();
  std::optional<MonoTime> asked;
  std::uint64_t heard_then = 0;
  for (;;) {
    const Moment now = moment();
    const bool slept = (now.wall - before.wall) - (now.mono - before.mono) > data_channel_link::kSlept;
    before = now;
    if (asked && link.heard != heard_then) asked.reset();
    const bool silent = !session_.is_settled() && now.mono - link.heard_at >= data_channel_link::kSilence;
    if (!asked && (now.mono >= next_ping || slept || (silent && !link.held))) {
      asked = now.mono;
      heard_then = link.heard;
      next_ping = now.mono + options_.ping_every;
      std::string body(data_channel_link::kPing);
      auto sent = co_await rt::with_deadline(ctx_.within(options_.pong_within),
                                             link.socket->send(ws::Event::Kind::ping, std::move(body)));
      if (!sent && sent.error().kind() == ErrorKind::timeout) {
        sent =
            fail(std::move(sent).error().as(ErrorKind::unavailable).reworded("the connection takes nothing any more"));
      }
      if (!sent) co_return lose(link, std::move(sent).error());
      continue;
    }
    // While it is not read, nobody knows what has come.
    const MonoTime answer_by = asked ? std::max(*asked, link.held_until) + options_.pong_within : MonoTime::max();
    if (asked && !link.held && now.mono >= answer_by) {
      const std::string within = format_duration(options_.pong_within);
      co_return lose(link, Error(ErrorKind::unavailable, "the service did not answer for " + within));
    }
    MonoTime next = std::min(now.mono + data_channel_link::kLookEvery, asked ? MonoTime::max() : next_ping);
    if (!link.held) next = std::min(next, answer_by);
    const Result<void> waited = co_await rt::sleep_until(ctx_.clock(), next);
    if (!waited) co_return;
  }
}

/// The last acknowledgements and answers, then a close.
rt::Task<void> DataChannel::say_goodbye(Link& link) {
  const rt::CallContext ctx = ctx_.within(data_channel_link::kGoodbyeTime);
  bool more = true;
  while (more && !link.cut) {
    const Result<bool> wrote = co_await rt::with_deadline(ctx, write_batch(link));
    more = wrote.value_or(false);
  }
  if (!link.cut) {
    const Result<void> closed = co_await rt::with_deadline(ctx, link.socket->close(ws::kCloseNormal, std::string()));
    static_cast<void>(closed);
  }
  link.stream->close();
}

}  // namespace postern::session
