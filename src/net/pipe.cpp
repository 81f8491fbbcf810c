#include "net/pipe.hpp"

#include <algorithm>
#include <cstring>

#include "rt/waiter.hpp"

namespace postern::net {
namespace {

/// One direction of a pipe. At most one reader and one writer wait.
struct PipeWay {
  PipeWay() = default;
  std::size_t capacity = 0;
  std::string buffer;                  ///< in flight; capacity at most
  std::span<const std::byte> pending;  ///< the waiting writer's bytes that found no room
  bool writer_ended = false;           ///< no more will come: read what is left, then 0
  bool reader_closed = false;          ///< nobody will read: writes fail
  rt::Waiter reader;
  rt::Waiter writer;

  void refill() {
    const std::size_t count = std::min(capacity - buffer.size(), pending.size());
    if (count == 0) return;
    buffer.append(as_text(pending.first(count)));
    pending = pending.subspan(count);
  }

  std::size_t take(std::span<std::byte> into) {
    if (!buffer.empty()) {
      const std::size_t count = std::min(buffer.size(), into.size());
      std::memcpy(into.data(), buffer.data(), count);
      buffer.erase(0, count);
      refill();
      if (pending.empty()) writer.wake();
      return count;
    }
    const std::size_t count = std::min(pending.size(), into.size());
    if (count == 0) return 0;
    std::memcpy(into.data(), pending.data(), count);
    pending = pending.subspan(count);
    if (pending.empty()) writer.wake();
    return count;
  }
};

struct PipeState {
  explicit PipeState(std::size_t capacity) {
    ways[0].capacity = capacity;
    ways[1].capacity = capacity;
  }
  PipeWay ways[2];
};

class PipeEnd final : public Stream {
 public:
  PipeEnd(std::shared_ptr<PipeState> state, std::size_t side, std::string peer)
      : state_(std::move(state)), in_(&state_->ways[1 - side]), out_(&state_->ways[side]), peer_(std::move(peer)) {}
  ~PipeEnd() override { close(); }

  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override {
    for (;;) {
      if (closed_) co_return fail(ErrorKind::unavailable, "the connection was closed on this side");
      if (const std::size_t count = in_->take(into); count > 0) co_return count;
      if (in_->writer_ended || into.empty()) co_return std::size_t{0};
      if (co_await in_->reader.wait() == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled");
    }
  }

  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override {
    if (co_await rt::is_cancelled())
      co_return fail(Error(ErrorKind::cancelled, "cancelled").delivered(Delivery::not_sent));
    if (closed_ || out_->writer_ended || out_->reader_closed) {
      Error error(ErrorKind::unavailable, closed_ || out_->writer_ended
                                              ? "the connection was closed on this side"
                                              : "writing failed: connection reset by the peer");
      co_return fail(std::move(error).delivered(Delivery::not_sent));
    }
    out_->pending = bytes;
    out_->refill();
    out_->reader.wake();
    rt::Wake how = rt::Wake::woken;
    while (!out_->pending.empty() && !out_->reader_closed && !closed_ && how == rt::Wake::woken) {
      how = co_await out_->writer.wait();
    }
    if (out_->pending.empty()) co_return Result<void>();
    const bool none_left = out_->pending.size() == bytes.size();
    out_->pending = {};
    Error error(ErrorKind::cancelled, "cancelled");
    if (how != rt::Wake::cancelled) {
      error = Error(ErrorKind::unavailable, closed_ ? "the connection was closed on this side"
                                                    : "writing failed: connection reset by the peer");
    }
    co_return fail(std::move(error).delivered(none_left ? Delivery::not_sent : Delivery::sent));
  }

  rt::Task<Result<void>> shutdown_write() override {
    end_writing();
    co_return Result<void>();
  }

  void close() noexcept override {
    if (closed_) return;
    closed_ = true;
    end_writing();
    in_->reader_closed = true;
    in_->writer.wake();
    in_->reader.wake();
    out_->writer.wake();
  }

  bool is_open() const noexcept override {
    return !closed_ && !out_->writer_ended && !out_->reader_closed && !in_->writer_ended;
  }
  std::size_t take_ready(std::span<std::byte> into) noexcept override { return closed_ ? 0 : in_->take(into); }
  std::string peer() const override { return peer_; }

 private:
  void end_writing() noexcept {
    out_->writer_ended = true;
    out_->reader.wake();
  }

  std::shared_ptr<PipeState> state_;
  PipeWay* in_;
  PipeWay* out_;
  std::string peer_;
  bool closed_ = false;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(PipeOptions options) {
  auto state = std::make_shared<PipeState>(options.capacity);
  std::unique_ptr<Stream> first = std::make_unique<PipeEnd>(state, 0, std::move(options.first_peer));
  std::unique_ptr<Stream> second = std::make_unique<PipeEnd>(state, 1, std::move(options.second_peer));
  return {std::move(first), std::move(second)};
}

}  // namespace postern::net
