#include "world/world.hpp"

#include <cstdio>

#include "base/check.hpp"

namespace postern::world {
namespace {

constexpr std::size_t kExplanationsMax = 10'000;
// A turn in which tasks only wake each other never ends by itself; the largest honest turns are some 100,000 handlers.
constexpr std::uint64_t kHandlersPerTurnMax = 50'000'000;
constexpr std::size_t kReportedMax = 50;

}  // namespace

void RecordingExplainer::explain(std::string_view topic, std::string text) {
  trace_.append(topic, text);
  if (lines_.size() >= kExplanationsMax) lines_.pop_front();
  lines_.emplace_back(std::string(topic), std::move(text));
}

bool RecordingExplainer::said(std::string_view topic, std::string_view part) const {
  for (const WhyLine& line : lines_) {
    if (line.topic == topic && line.text.find(part) != std::string::npos) return true;
  }
  return false;
}

World::World(std::uint64_t seed)
    : seed_(seed),
      io_(1),
      trace_(clock_),
      explainer_(trace_),
      terminal_(trace_, pending_),
      disk_(clock_, random("disk"), trace_),
      processes_(clock_, trace_),
      network_(clock_, random("net"), trace_, pending_),
      background_(executor()) {}

World::~World() {
  stop_spawned();
}

void World::stop_spawned() {
  background_.cancel();
  unwind(background_);
}

SeededRandom& World::random(std::string_view label) {
  const auto at = randoms_.find(label);
  if (at != randoms_.end()) return *at->second;
  auto made = std::make_unique<SeededRandom>(seed_, label);
  return *randoms_.emplace(std::string(label), std::move(made)).first->second;
}

// Runs ready handlers until there are none. The number of them goes into the hash: it differs as soon as anything does.
Result<void> World::turn() {
  io_.restart();
  std::uint64_t ran = 0;
  while (io_.poll_one() > 0) {
    if (++ran > kHandlersPerTurnMax)
      return fail(stuck("livelock: time cannot move on because tasks keep each other busy"));
  }
  trace_.mix(ran);
  trace_.mix(static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()));
  return {};
}

// Moves to the next timer that is not after `limit` and fires it; timers of the same instant have a turn each.
bool World::jump(MonoTime limit) {
  const auto next = clock_.next_timer();
  if (!next || *next > limit) return false;
  clock_.move_to(*next);
  CHECK(clock_.fire_due());
  return true;
}

Result<void> World::drive(rt::TaskGroup& group) {
  const MonoTime limit = clock_.now() + kRunMax;
  Result<void> ran = turn();
  while (ran && group.size() > 0) {
    if (jump(limit)) {
      ran = turn();
    } else if (clock_.armed() == 0) {
      ran = fail(stuck("deadlock: the main task waits and nothing is left to happen"));
    } else {
      ran = fail(stuck("the main task waits for ever: only timers of others go on"));
    }
  }
  if (!ran) {
    group.cancel();
    unwind(group);
  }
  return ran;
}

// After cancel(): tasks unwind, perhaps waiting for timers of their own.
void World::unwind(rt::TaskGroup& group) {
  const MonoTime limit = clock_.now() + kRunMax;
  Result<void> ran = turn();
  while (ran && group.size() > 0 && jump(limit)) ran = turn();
  if (ran && group.size() == 0) return;
  std::fprintf(stderr, "%s\n", stuck("a task ignores its cancellation").to_text().c_str());
  CHECK(group.size() == 0);
}

void World::poll() {
  const Result<void> ran = turn();
  CHECK(ran.has_value());
}

void World::advance(Duration by) {
  const MonoTime target = clock_.now() + by;
  poll();
  while (jump(target)) poll();
  clock_.move_to(target);
  poll();
}

Result<void> World::run_until(const std::function<bool()>& done, Duration within) {
  const MonoTime limit = clock_.now() + within;
  TRY_VOID(turn());
  while (!done()) {
    if (!jump(limit)) {
      return fail(stuck(clock_.armed() == 0 ? "nothing is left to happen" : "it did not happen in the time given"));
    }
    TRY_VOID(turn());
  }
  return {};
}

Result<void> World::expect_idle() {
  TRY_VOID(turn());
  if (clock_.armed() == 0 && pending_.size() == 0 && network_.connections() == 0 && background_.size() == 0) return {};
  return fail(stuck("the world is not idle"));
}

std::string World::pending_report() const {
  std::string out = std::to_string(clock_.armed()) + " timers, " + std::to_string(background_.size()) +
                    " background tasks, " + std::to_string(network_.connections()) + " connections";
  std::size_t listed = 0;
  for (const std::string& what : pending_.list()) {
    if (++listed > kReportedMax) {
      out += "\n  and more";
      break;
    }
    out += "\n  " + what;
  }
  return out;
}

Error World::stuck(std::string_view what) const {
  return Error(ErrorKind::internal, std::string(what) + "; pending: " + pending_report())
      .with("seed", std::to_string(seed_))
      .with("time", format_duration(clock_.now().time_since_epoch()));
}

}  // namespace postern::world
