#include "session/stdio_bridge.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "session/testing/rig.hpp"

namespace postern::session {
namespace {

using testing::Rig;

AgentSessionOptions raw_port() {
  AgentSessionOptions options;
  options.type = SessionType::port;
  options.port.port = "22";
  return options;
}

/// Input is what a test types; output is kept.
class TypedEnds final : public ByteEnds {
 public:
  rt::Task<Result<std::size_t>> read(std::span<std::byte> into) override {
    while (typed_.empty() && !ended_) {
      const rt::Wake how = co_await waiter_.wait();
      if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled");
    }
    if (typed_.empty()) co_return std::size_t{0};
    const std::string part = std::move(typed_.front());
    typed_.pop_front();
    CHECK(part.size() <= into.size());
    std::memcpy(into.data(), part.data(), part.size());
    co_return part.size();
  }
  rt::Task<Result<void>> write(std::string bytes) override {
    if (broken) co_return fail(ErrorKind::unavailable, "broken pipe");
    written += bytes;
    co_return Result<void>();
  }
  void type(std::string bytes) {
    typed_.push_back(std::move(bytes));
    waiter_.wake();
  }
  void end() {
    ended_ = true;
    waiter_.wake();
  }
  std::string written;
  bool broken = false;

 private:
  std::deque<std::string> typed_;
  bool ended_ = false;
  rt::Waiter waiter_;
};

class BridgeRig : public Rig {
 public:
  BridgeRig() : Rig(raw_port()) {
    service.on_event = [this](AgentEvent& event) {
      if (event.kind == AgentEvent::Kind::input) inputs.push_back(event.bytes);
      if (event.kind == AgentEvent::Kind::flag && event.number == 2) service.close_session("");
    };
    world.spawn(testing::keep(channel.run(), &result));
    world.spawn(carry(this));
    EXPECT_TRUE(world.run_until([&] { return channel.session().type().has_value(); }).has_value());
  }
  ~BridgeRig() { world.stop_spawned(); }
  std::string input() const {
    std::string all;
    for (const std::string& one : inputs) all += one;
    return all;
  }
  void say(std::string_view bytes) {
    service.agent.send_output(bytes);
    service.wake();
    world.advance(std::chrono::seconds(1));
  }

  TypedEnds ends;
  std::vector<std::string> inputs;
  std::optional<Result<void>> result;
  std::optional<Result<std::string>> ended;

 private:
  static rt::Task<void> carry(BridgeRig* rig) {
    rig->ended.emplace(co_await bridge(rig->world.ctx(), rig->channel, rig->ends));
  }
};

TEST(StdioBridge, CarriesBytesAsTheyAre) {
  BridgeRig rig;
  // Pitfall D4: the other client makes carriage returns of lone line feeds, and breaks what is carried.
  for (const char* part : {"A", "\n", "\n", "\r\n", "\n"}) {
    rig.ends.type(part);
    rig.world.advance(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(rig.input(), "A\n\n\r\n\n");
  EXPECT_EQ(rig.inputs.size(), 5U);
  std::string all(256, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  rig.say(all);
  EXPECT_EQ(rig.ends.written, all);
}

TEST(StdioBridge, TheFarSideEndsIt) {
  BridgeRig rig;
  rig.say("bye");
  rig.service.close_session("");
  rig.world.advance(std::chrono::seconds(1));
  ASSERT_TRUE(rig.ended.has_value());
  EXPECT_EQ(**rig.ended, "");
  EXPECT_EQ(rig.ends.written, "bye");
}

TEST(StdioBridge, WaitsForTheAnswerAfterTheInputHasEnded) {
  BridgeRig rig;
  rig.ends.type("request");
  rig.ends.end();
  rig.world.advance(std::chrono::seconds(14));
  EXPECT_EQ(rig.input(), "request");
  rig.say("half of the answer, ");
  rig.world.advance(std::chrono::seconds(13));
  rig.say("the other half");
  EXPECT_FALSE(rig.ended.has_value());
  EXPECT_EQ(rig.ends.written, "half of the answer, the other half");
  rig.world.advance(std::chrono::seconds(13));
  EXPECT_FALSE(rig.ended.has_value());
  rig.world.advance(std::chrono::seconds(3));
  EXPECT_TRUE(rig.ended.has_value()) << "then the session is ended";
}

TEST(StdioBridge, AnOutputThatNobodyReadsEndsIt) {
  BridgeRig rig;
  rig.ends.broken = true;
  rig.say("is anybody there?");
  rig.world.advance(std::chrono::seconds(1));
  ASSERT_TRUE(rig.ended.has_value());
  EXPECT_TRUE(rig.ended->has_value());
  EXPECT_TRUE(rig.result.has_value());
}

}  // namespace
}  // namespace postern::session
