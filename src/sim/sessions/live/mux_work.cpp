// Port sessions with many connections in one stream (protocol.md B1.9).

#include <map>

#include "rt/combine.hpp"
#include "rt/sync.hpp"
#include "session/mux.hpp"
#include "sim/sessions/live/port_target.hpp"

namespace postern::sim::live {
namespace mux_work {

constexpr std::size_t kChunk = 32U << 10U;
constexpr std::size_t kTurn = 64U << 10U;

class MuxWork final : public SessionWork {
 public:
  explicit MuxWork(WorkParts parts) : parts_(std::move(parts)), mux_(session::MuxOptions(session::MuxSide::server)) {}

  rt::Task<WorkEnd> run() override {
    WorkEnd end;
    if (is_forbidden_address(parts_.plan->port.host)) {
      end.failed = true;
      end.text = forbidden_text(parts_.plan->port.host);
      co_return end;
    }
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group_ = &group;
    serve();
    const Result<void> spoken = co_await speak();
    group_ = nullptr;
    group.cancel();
    co_await group.join();
    end.failed = !spoken;
    end.text = failure_;
    co_return end;
  }

  rt::Task<Result<void>> input(std::string bytes) override {
    while (!mux_.wants_input() && !broken_) {
      const bool woken = co_await wanted_.wait();
      if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while input waited");
    }
    const Result<void> fed = mux_.feed(bytes);
    if (!fed) break_off(fed.error().message());
    serve();
    co_return Result<void>();
  }

 private:
  /// One forwarded connection; lives in its task.
  struct Line {
    Line() = default;
    rt::WaitQueue readable;
    rt::WaitQueue writable;
  };

  void break_off(std::string why) {
    broken_ = true;
    failure_ = std::move(why);
    due_.wake_all();
    wanted_.wake_all();
  }

  /// Hands on what the multiplexer has to tell.
  void serve() {
    while (group_ != nullptr) {
      const auto accepted = mux_.accept();
      if (!accepted) break;
      group_->spawn(connect(*accepted));
    }
    while (const auto id = mux_.next_readable()) {
      const auto found = lines_.find(*id);
      if (found != lines_.end()) found->second->readable.wake_all();
    }
    while (const auto id = mux_.next_writable()) {
      const auto found = lines_.find(*id);
      if (found != lines_.end()) found->second->writable.wake_all();
    }
    if (mux_.has_outgoing()) due_.wake_all();
    if (mux_.wants_input()) wanted_.wake_all();
  }

  rt::Task<Result<void>> speak() {
    for (;;) {
      while (mux_.has_outgoing() && !broken_) {
        std::string bytes = mux_.take_outgoing(kTurn);
        serve();
        CO_TRY_VOID(co_await parts_.voice->output(std::move(bytes)));
      }
      if (broken_) co_return fail(ErrorKind::malformed, failure_);
      const bool woken = co_await due_.wait();
      if (!woken) co_return fail(ErrorKind::cancelled, "cancelled");
    }
  }

  rt::Task<void> connect(std::uint32_t id) {
    Line line;
    lines_[id] = &line;
    Result<std::unique_ptr<net::Stream>> dialled = co_await dial_port(parts_);
    if (dialled) {
      co_await rt::race(up(id, &line, dialled->get()), down(id, &line, dialled->get()));
    } else if (dialled.error().kind() == ErrorKind::refused) {
      break_off(dialled.error().message());
    } else if (dialled.error().kind() != ErrorKind::cancelled) {
      parts_.voice->flag(session::Flag::connect_to_port_error);
    }
    lines_.erase(id);
    mux_.close(id);
    serve();
  }

  /// From the client to the port. There is no half-close: the end of either direction is the end of both.
  rt::Task<Result<void>> up(std::uint32_t id, Line* line, net::Stream* stream) {
    for (;;) {
      const session::Mux::Input input = mux_.read(id);
      serve();
      if (!input.bytes.empty()) CO_TRY_VOID(co_await stream->write_all(net::as_bytes(input.bytes)));
      if (input.ended) co_return Result<void>();
      if (!input.bytes.empty()) continue;
      const bool woken = co_await line->readable.wait();
      if (!woken) co_return fail(ErrorKind::cancelled, "cancelled");
    }
  }

  rt::Task<Result<void>> down(std::uint32_t id, Line* line, net::Stream* stream) {
    std::vector<std::byte> chunk(kChunk);
    for (;;) {
      const std::size_t room = mux_.room(id);
      if (room == 0) {
        const bool woken = co_await line->writable.wait();
        if (!woken) co_return fail(ErrorKind::cancelled, "cancelled");
        continue;
      }
      const std::span<std::byte> into = std::span(chunk).first(std::min(room, chunk.size()));
      CO_TRY(const std::size_t count, co_await stream->read_some(into));
      if (count == 0) co_return Result<void>();
      mux_.write(id, std::string_view(reinterpret_cast<const char*>(chunk.data()), count));
      serve();
    }
  }

  WorkParts parts_;
  session::Mux mux_;
  rt::TaskGroup* group_ = nullptr;  ///< while it runs
  std::map<std::uint32_t, Line*> lines_;
  rt::WaitQueue due_;
  rt::WaitQueue wanted_;
  bool broken_ = false;
  std::string failure_;
};

}  // namespace mux_work

std::unique_ptr<SessionWork> make_mux_work(WorkParts parts) {
  return std::make_unique<mux_work::MuxWork>(std::move(parts));
}

}  // namespace postern::sim::live
