#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <vector>

#include "os/signals.hpp"
#include "rt/combine.hpp"
#include "rt/loop.hpp"

namespace postern::os {
namespace {

using namespace std::chrono_literals;

rt::Task<Result<std::vector<Signal>>> collect(Signals* signals, std::size_t count) {
  std::vector<Signal> seen;
  while (seen.size() < count) {
    CO_TRY(const Signal signal, co_await signals->next());
    seen.push_back(signal);
  }
  co_return seen;
}

TEST(PosixSignals, ArriveAlsoWhenNobodyWaited) {
  rt::Loop loop;
  const auto signals = make_posix_signals(loop.executor());
  ::raise(SIGINT);
  ::raise(SIGWINCH);
  ::raise(SIGTERM);
  const auto seen = loop.run(collect(signals.get(), 3));
  ASSERT_TRUE(seen);
  EXPECT_THAT(*seen, ::testing::UnorderedElementsAre(Signal::interrupt, Signal::window_change, Signal::terminate));
}

rt::Task<Result<Signal>> next_within(rt::CallContext ctx, Signals* signals) {
  co_return co_await rt::with_deadline(ctx, signals->next());
}

class QuietExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class ZeroRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = 0;
  }
};

TEST(PosixSignals, WaitingCanBeCancelled) {
  rt::Loop loop;
  const auto signals = make_posix_signals(loop.executor());
  QuietExplainer explainer;
  ZeroRandom random;
  const rt::CallContext ctx = rt::CallContext(loop.clock(), random, explainer).within(10ms);
  const auto signal = loop.run(next_within(ctx, signals.get()));
  ASSERT_FALSE(signal);
  EXPECT_EQ(signal.error().kind(), ErrorKind::timeout);
}

}  // namespace
}  // namespace postern::os
