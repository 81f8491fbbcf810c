#include "session/stdio_bridge.hpp"

#include <utility>
#include <vector>

#include "rt/combine.hpp"

namespace postern::session {
namespace stdio_bridge {

constexpr std::size_t kBuffer = 32U << 10U;

struct Bridge {
  Bridge(rt::CallContext c, DataChannel& d, ByteEnds& l, BridgeOptions o)
      : ctx(c), channel(d), local(l), options(std::move(o)) {}
  rt::CallContext ctx;
  DataChannel& channel;
  ByteEnds& local;
  BridgeOptions options;
  MonoTime said_at{};  ///< when the far side last did
};

/// From the input into the session; then the far side's end is waited for.
rt::Task<void> carry_in(Bridge& bridge) {
  std::vector<std::byte> buffer(kBuffer);
  for (;;) {
    const Result<std::size_t> got = co_await bridge.local.read(buffer);
    if (!got && got.error().kind() == ErrorKind::cancelled) co_return;
    if (!got || *got == 0) break;
    // As it is, a lone line feed too (pitfall D4).
    std::string bytes(reinterpret_cast<const char*>(buffer.data()), *got);
    const Result<void> written = co_await bridge.channel.write(std::move(bytes));
    if (!written) co_return;
  }
  const Result<void> settled = co_await bridge.channel.settle();
  if (!settled) co_return;
  bridge.said_at = bridge.ctx.now();
  while (bridge.ctx.now() < bridge.said_at + bridge.options.linger) {
    const Result<void> slept = co_await rt::sleep_until(bridge.ctx.clock(), bridge.said_at + bridge.options.linger);
    if (!slept) co_return;
  }
  const Result<void> told = co_await bridge.channel.terminate();
  static_cast<void>(told);
}

rt::Task<Result<std::string>> carry_out(Bridge& bridge) {
  for (;;) {
    CO_TRY(std::optional<SessionEvent> event, co_await bridge.channel.next());
    if (!event) co_return fail(ErrorKind::unavailable, "the session cannot go on");
    bridge.said_at = bridge.ctx.now();
    if (event->kind == SessionEvent::Kind::closed) co_return std::move(event->bytes);
    if (event->kind == SessionEvent::Kind::failed) co_return fail(std::move(*event->error));
    if (event->kind != SessionEvent::Kind::output) {
      if (bridge.options.on_event) bridge.options.on_event(*event);
      continue;
    }
    const Result<void> written = co_await bridge.local.write(std::move(event->bytes));
    if (written) continue;
    if (written.error().kind() == ErrorKind::cancelled) co_return fail(written.error());
    // Nobody is there for what it says.
    CO_TRY_VOID(co_await bridge.channel.terminate());
    co_return std::string();
  }
}

}  // namespace stdio_bridge

rt::Task<Result<std::string>> bridge(rt::CallContext ctx, DataChannel& channel, ByteEnds& local,
                                     BridgeOptions options) {
  stdio_bridge::Bridge ends(ctx, channel, local, std::move(options));
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group.spawn(stdio_bridge::carry_in(ends));
  Result<std::string> ended = co_await stdio_bridge::carry_out(ends);
  group.cancel();
  co_await group.join();
  co_return ended;
}

}  // namespace postern::session
