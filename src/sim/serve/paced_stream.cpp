#include "sim/serve/paced_stream.hpp"

#include <algorithm>

namespace postern::sim {
namespace paced_stream {

constexpr std::size_t kTicksPerSecond = 10;

class PacedStream final : public net::Stream {
 public:
  PacedStream(std::unique_ptr<net::Stream> inner, PaceTable& paces, rt::CallContext ctx)
      : inner_(std::move(inner)), paces_(paces), ctx_(ctx), peer_(inner_->peer()) {}

  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override {
    co_return co_await inner_->read_some(into);
  }

  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override {
    const std::size_t pace = next_pace();
    if (pace == 0) co_return co_await inner_->write_all(bytes);
    const std::size_t piece = std::max<std::size_t>(1, pace / kTicksPerSecond);
    while (!bytes.empty()) {
      const std::size_t now = std::min(piece, bytes.size());
      CO_TRY_VOID(co_await inner_->write_all(bytes.first(now)));
      bytes = bytes.subspan(now);
      const Duration pause = std::chrono::nanoseconds(std::chrono::seconds(1)) / kTicksPerSecond;
      if (!bytes.empty()) {
        CO_TRY_VOID(co_await rt::sleep_until(ctx_.clock(), ctx_.now() + pause));
      }
    }
    co_return Result<void>();
  }

  rt::Task<Result<void>> shutdown_write() override { co_return co_await inner_->shutdown_write(); }
  void close() noexcept override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  std::size_t take_ready(std::span<std::byte> into) noexcept override { return inner_->take_ready(into); }
  std::size_t write_ready(std::span<const std::byte> bytes) noexcept override {
    if (pace_ == 0) pace_ = paces_.take(peer_);
    return pace_ == 0 ? inner_->write_ready(bytes) : 0;
  }
  std::string peer() const override { return peer_; }

 private:
  std::size_t next_pace() {
    if (pace_ == 0) return paces_.take(peer_);
    return std::exchange(pace_, 0);
  }
  std::unique_ptr<net::Stream> inner_;
  PaceTable& paces_;
  rt::CallContext ctx_;
  std::string peer_;
  std::size_t pace_ = 0;  ///< of the answer that write_ready() was asked about
};

}  // namespace paced_stream

rt::Task<Result<std::unique_ptr<net::Stream>>> PacedListener::accept() {
  CO_TRY(std::unique_ptr<net::Stream> stream, co_await inner_->accept());
  std::unique_ptr<net::Stream> paced = std::make_unique<paced_stream::PacedStream>(std::move(stream), paces_, ctx_);
  co_return paced;
}

}  // namespace postern::sim
