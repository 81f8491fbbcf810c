// Port sessions with one connection at a time (protocol.md B1.9).

#include <algorithm>
#include <array>
#include <charconv>

#include "rt/combine.hpp"
#include "rt/sync.hpp"
#include "sim/sessions/live/port_target.hpp"

namespace postern::sim::live {
namespace port_work {

constexpr std::size_t kChunk = 32U << 10U;
constexpr std::size_t kPendingMax = 256U << 10U;
constexpr std::chrono::seconds kDialTime{15};
constexpr std::string_view kNoConnection = "Connection to destination port failed, check SSM Agent logs.";
/// Clients and agents from which on many connections share one session.
constexpr std::string_view kMuxClient = "1.1.69.0";
constexpr std::string_view kMuxAgent = "3.0.196.0";

constexpr std::array<std::string_view, 10> kForbidden = {
    "169.254.169.254", "169.254.169.253", "169.254.169.123", "169.254.169.250", "169.254.169.251",
    "fd00:ec2::254",   "fd00:ec2::253",   "fd00:ec2::123",   "fd00:ec2::250",   "fd00:ec2::251"};

class PortWork final : public SessionWork {
 public:
  enum class Mode : std::uint8_t { single, forward };
  PortWork(WorkParts parts, Mode mode) : parts_(std::move(parts)), mode_(mode) {}

  rt::Task<WorkEnd> run() override {
    WorkEnd end;
    for (bool first = true;; first = false) {
      // The first connection is made at once; later ones when there is something to say to them.
      if (!first && !co_await wait_for_input()) co_return end;
      Result<std::unique_ptr<net::Stream>> dialled = co_await dial_port(parts_);
      if (!dialled) {
        if (dialled.error().kind() == ErrorKind::cancelled) co_return end;
        if (first || dialled.error().kind() == ErrorKind::refused) {
          end.failed = true;
          const bool forbidden = dialled.error().kind() == ErrorKind::refused;
          end.text = forbidden ? dialled.error().message() : std::string(kNoConnection);
          co_return end;
        }
        parts_.voice->flag(session::Flag::connect_to_port_error);
        drop_input();
        continue;
      }
      stream_ = std::move(*dialled);
      const auto ended = co_await rt::race(show(), feed());
      stream_.reset();
      const bool over = mode_ == Mode::single || co_await rt::is_cancelled();
      if (over) co_return end;
      static_cast<void>(ended);
    }
  }

  rt::Task<Result<void>> input(std::string bytes) override {
    while (pending_.size() >= kPendingMax) {
      const bool woken = co_await room_.wait();
      if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while input waited");
    }
    pending_ += bytes;
    arrived_.wake_all();
    co_return Result<void>();
  }

  void flag(std::uint32_t number) override {
    const bool over = number == static_cast<std::uint32_t>(session::Flag::disconnect_to_port);
    if (over && mode_ == Mode::forward && stream_ != nullptr) stream_->close();
  }

 private:
  rt::Task<bool> wait_for_input() {
    while (pending_.empty()) {
      const bool woken = co_await arrived_.wait();
      if (!woken) co_return false;
    }
    co_return true;
  }

  void drop_input() {
    pending_.clear();
    room_.wake_all();
  }

  rt::Task<Result<void>> show() {
    std::vector<std::byte> chunk(kChunk);
    for (;;) {
      CO_TRY(const std::size_t count, co_await stream_->read_some(chunk));
      if (count == 0) co_return Result<void>();
      std::string text(reinterpret_cast<const char*>(chunk.data()), count);
      CO_TRY_VOID(co_await parts_.voice->output(std::move(text)));
    }
  }

  rt::Task<Result<void>> feed() {
    for (;;) {
      const bool more = co_await wait_for_input();
      if (!more) co_return fail(ErrorKind::cancelled, "cancelled");
      const std::string bytes = std::exchange(pending_, std::string());
      room_.wake_all();
      CO_TRY_VOID(co_await stream_->write_all(net::as_bytes(bytes)));
    }
  }

  WorkParts parts_;
  Mode mode_;
  std::unique_ptr<net::Stream> stream_;
  std::string pending_;
  rt::WaitQueue arrived_;
  rt::WaitQueue room_;
};

}  // namespace port_work

std::string_view host_of(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  std::string_view host = peer.substr(0, colon == std::string_view::npos ? peer.size() : colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

bool is_forbidden_address(std::string_view host) {
  return std::ranges::find(port_work::kForbidden, host) != port_work::kForbidden.end();
}

std::string forbidden_text(std::string_view host) {
  return "Forwarding to IP address " + std::string(host) + " is forbidden.";
}

rt::Task<Result<std::unique_ptr<net::Stream>>> dial_port(const WorkParts& parts) {
  const session::PortProperties& port = parts.plan->port;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.port.data(), port.port.data() + port.port.size(), number);
  if (error != std::errc() || end != port.port.data() + port.port.size() || number == 0) {
    co_return fail(ErrorKind::usage, "the port '" + port.port + "' is no port number");
  }
  const net::Endpoint to(port.host.empty() ? "127.0.0.1" : port.host, number);
  if (is_forbidden_address(to.host)) co_return fail(ErrorKind::refused, forbidden_text(to.host));
  CO_TRY(std::unique_ptr<net::Stream> stream, co_await parts.dialer->dial(parts.ctx.within(port_work::kDialTime), to));
  // What a name led to.
  const std::string peer = stream->peer();
  if (is_forbidden_address(host_of(peer))) co_return fail(ErrorKind::refused, forbidden_text(host_of(peer)));
  co_return stream;
}

std::unique_ptr<SessionWork> make_port_work(WorkParts parts) {
  using port_work::PortWork;
  if (parts.plan->port.type.empty()) return std::make_unique<PortWork>(std::move(parts), PortWork::Mode::single);
  const bool mux = session::later_than(parts.voice->client_version(), port_work::kMuxClient) &&
                   session::later_than(parts.agent_version, port_work::kMuxAgent);
  if (mux) return make_mux_work(std::move(parts));
  return std::make_unique<PortWork>(std::move(parts), PortWork::Mode::forward);
}

}  // namespace postern::sim::live
