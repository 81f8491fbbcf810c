#include "world/connection.hpp"

#include <algorithm>
#include <cstring>

namespace postern::world {
namespace {

constexpr const char* kClosedHere = "the connection was closed on this side";
constexpr const char* kReset = "connection reset by the peer";

tl::unexpected<Error> stream_cancelled(Delivery delivery) {
  return fail(Error(ErrorKind::cancelled, "cancelled").delivered(delivery));
}

}  // namespace

SimConnection::SimConnection(Network& n, std::uint64_t i, std::string from, net::Endpoint to, Link l)
    : network(n), id(i), link(l), from_(std::move(from)), to_(std::move(to)) {}

SimConnection::~SimConnection() {
  network.connections_.erase(id);
}

bool SimConnection::joins(std::string_view a, std::string_view b) const noexcept {
  return (from_ == a && to_.host == b) || (from_ == b && to_.host == a);
}

std::string SimConnection::label(std::size_t side) const {
  return "#" + std::to_string(id) + " " + from_ + (side == 0 ? " -> " : " <- ") + to_.to_text();
}

std::size_t SimConnection::room(std::size_t side) const noexcept {
  const std::size_t used = lanes[side].flight_bytes + lanes[side].received.size();
  return used < link.window ? link.window - used : 0;
}

void SimConnection::send(std::size_t side, Segment segment) {
  Lane& lane = lanes[side];
  const MonoTime now = network.clock_.now();
  lane.wire_free = std::max(lane.wire_free, now);
  if (link.bytes_per_second > 0) {
    // In microseconds: enough for a model, and it cannot overflow for what fits into a window.
    const std::uint64_t micros = segment.bytes.size() * 1'000'000 / link.bytes_per_second;
    lane.wire_free += std::chrono::microseconds(micros);
  }
  MonoTime arrival = lane.wire_free + link.latency;
  if (link.jitter > Duration::zero()) {
    const auto bound = static_cast<std::uint64_t>(link.jitter.count());
    arrival += Duration(static_cast<std::int64_t>(network.random_.below(bound)));
  }
  lane.last_arrival = std::max(lane.last_arrival, arrival);
  lane.flight_bytes += segment.bytes.size();
  lane.flight.push_back(std::move(segment));
  if (lane.last_arrival <= now) {
    ++lane.due;
    flush(side);
    return;
  }
  // Weak: when both ends are gone nobody is left to receive it.
  network.clock_.schedule(lane.last_arrival, [weak = weak_from_this(), side] {
    const std::shared_ptr<SimConnection> self = weak.lock();
    if (!self) return;
    ++self->lanes[side].due;
    self->flush(side);
  });
}

void SimConnection::flush(std::size_t side) {
  Lane& lane = lanes[side];
  if (silent_ || network.is_partitioned(from_, to_.host)) return;
  while (lane.due > 0 && !lane.flight.empty()) {
    --lane.due;
    Segment segment = std::move(lane.flight.front());
    lane.flight.pop_front();
    lane.flight_bytes -= segment.bytes.size();
    arrive(side, std::move(segment));
  }
}

void SimConnection::arrive(std::size_t side, Segment segment) {
  Lane& lane = lanes[side];
  const std::size_t receiver = 1 - side;
  if (segment.kind == Segment::Kind::reset) return become_reset(receiver);
  if (reset[receiver]) return;
  if (segment.kind == Segment::Kind::end) {
    lane.end_arrived = true;
  } else if (closed[receiver]) {
    // Nobody reads that any more: the system of the receiver answers with a reset.
    send(receiver, Segment(Segment::Kind::reset, ""));
    return;
  } else {
    lane.received += segment.bytes;
  }
  lane.reader.wake();
}

void SimConnection::become_reset(std::size_t side) {
  if (reset[side]) return;
  reset[side] = true;
  network.note(label(side) + (side == 0 ? " dialler" : " acceptor") + " sees a reset");
  lanes[side].writer.wake();
  lanes[1 - side].reader.wake();
}

void SimConnection::close(std::size_t side) noexcept {
  if (closed[side]) return;
  closed[side] = true;
  Lane& in = lanes[1 - side];
  if (!reset[side]) {
    network.note(label(side) + " close");
    // Closing with unread bytes resets (RFC 1122 section 4.2.2.13); otherwise it is an orderly end.
    if (!in.received.empty()) {
      send(side, Segment(Segment::Kind::reset, ""));
    } else if (!lanes[side].end_sent) {
      send(side, Segment(Segment::Kind::end, ""));
    }
  }
  lanes[side].end_sent = true;
  in.received.clear();
  in.reader.wake();
  lanes[side].writer.wake();
}

void SimConnection::reset_by(std::size_t side) {
  if (reset[side]) return;
  become_reset(side);
  send(side, Segment(Segment::Kind::reset, ""));
}

void SimConnection::reset_both() {
  for (Lane& lane : lanes) {
    lane.flight.clear();
    lane.flight_bytes = 0;
  }
  become_reset(0);
  become_reset(1);
}

std::size_t SimStream::take(std::span<std::byte> into) noexcept {
  const std::size_t count = std::min(in().received.size(), into.size());
  if (count == 0) return 0;
  std::memcpy(into.data(), in().received.data(), count);
  in().received.erase(0, count);
  in().writer.wake();
  return count;
}

rt::Task<Result<std::size_t>> SimStream::read_some(std::span<std::byte> into) {
  const std::optional<Moment> fault = connection_->network.begin_operation();
  if (fault && *fault != Moment::after) connection_->reset_by(side_);
  const PendingTable::Entry entry(connection_->network.pending_, "reading " + connection_->label(1 - side_));
  for (;;) {
    if (connection_->closed[side_]) co_return fail(ErrorKind::unavailable, kClosedHere);
    if (const std::size_t count = take(into); count > 0) {
      if (fault) connection_->reset_by(side_);
      co_return count;
    }
    if (connection_->reset[side_]) {
      co_return fail(ErrorKind::unavailable, std::string("reading failed: ") + kReset);
    }
    if (in().end_arrived || into.empty()) co_return std::size_t{0};
    const rt::Wake how = co_await in().reader.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled");
  }
}

std::optional<Error> SimStream::write_failure() const {
  if (connection_->closed[side_] || (out().end_sent && !connection_->reset[side_])) {
    return Error(ErrorKind::unavailable, kClosedHere);
  }
  if (connection_->reset[side_]) return Error(ErrorKind::unavailable, std::string("writing failed: ") + kReset);
  return std::nullopt;
}

rt::Task<Result<void>> SimStream::write_all(std::span<const std::byte> bytes) {
  const bool cancelled = co_await rt::is_cancelled();
  if (cancelled) co_return stream_cancelled(Delivery::not_sent);
  const std::optional<Moment> fault = connection_->network.begin_write(connection_->link);
  if (fault == Moment::before) connection_->reset_by(side_);
  const std::size_t wanted = fault == Moment::halfway ? bytes.size() / 2 : bytes.size();
  const PendingTable::Entry entry(connection_->network.pending_, "writing " + connection_->label(side_));
  std::size_t done = 0;
  for (;;) {
    const Delivery delivery = done == 0 ? Delivery::not_sent : Delivery::sent;
    if (std::optional<Error> error = write_failure()) co_return fail(std::move(*error).delivered(delivery));
    const std::size_t count = std::min(connection_->room(side_), wanted - done);
    if (count > 0) {
      connection_->send(side_, Segment(Segment::Kind::data, std::string(net::as_text(bytes.subspan(done, count)))));
      done += count;
    }
    if (done == wanted) break;
    const rt::Wake how = co_await out().writer.wait();
    if (how == rt::Wake::cancelled) co_return stream_cancelled(done == 0 ? Delivery::not_sent : Delivery::sent);
  }
  connection_->network.note(connection_->label(side_) + " write " + std::to_string(done));
  if (fault) connection_->reset_by(side_);
  if (fault != Moment::halfway) co_return Result<void>();
  Error error(ErrorKind::unavailable, std::string("writing failed: ") + kReset);
  co_return fail(std::move(error).delivered(done == 0 ? Delivery::not_sent : Delivery::sent));
}

rt::Task<Result<void>> SimStream::shutdown_write() {
  if (!out().end_sent && !connection_->reset[side_]) {
    out().end_sent = true;
    connection_->send(side_, Segment(Segment::Kind::end, ""));
  }
  co_return Result<void>();
}

bool SimStream::is_open() const noexcept {
  return !connection_->closed[side_] && !connection_->reset[side_] && !out().end_sent && !in().end_arrived;
}

std::size_t SimStream::take_ready(std::span<std::byte> into) noexcept {
  return connection_->closed[side_] ? 0 : take(into);
}

}  // namespace postern::world
