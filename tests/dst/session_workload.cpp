// What a seed stands for.

#include <algorithm>
#include <cstdio>

#include "base/json.hpp"
#include "tests/dst/session_run.hpp"
#include "world/random.hpp"

namespace postern::dst {
namespace session_workload {

using session::SessionType;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Draws of one seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed, "workload") {}
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  template <class T>
  T among(std::initializer_list<T> values) {
    return *(values.begin() + random_.below(values.size()));
  }
  Duration up_to(Duration most) { return most * static_cast<std::int64_t>(random_.below(1001)) / 1000; }
  double part(double most) { return random_.unit() * most; }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

 private:
  world::SeededRandom random_;
};

void draw_limits(Dice& dice, session::ChannelOptions& options) {
  options.window_bytes = dice.among<std::size_t>({16U << 10U, 64U << 10U, 512U << 10U});
  options.arrived_bytes = dice.among<std::size_t>({8U << 10U, 64U << 10U, 256U << 10U});
  options.early_bytes = dice.among<std::size_t>({16U << 10U, 128U << 10U, 4U << 20U});
  options.early_messages = dice.among<std::size_t>({20, 10'000});
}

void draw_way(Dice& dice, SessionWorkload& work) {
  work.way.delay = dice.among<Duration>({microseconds(100), milliseconds(5), milliseconds(40), milliseconds(400)});
  work.way.swapped_by = dice.up_to(milliseconds(300));
  work.way.lose = dice.among({0.0, 0.0, 0.005, 0.05, dice.part(0.4)});
  work.way.repeat = dice.among({0.0, 0.02, dice.part(0.5)});
  work.way.swap = dice.among({0.0, 0.02, dice.part(0.5)});
  work.way.bytes_per_second = dice.among<std::size_t>({0, 50'000, 1'000'000});
  work.way.holds = dice.among<std::size_t>({4U << 10U, 64U << 10U, 1U << 20U});
  work.hostile = dice.among({0.0, 0.02});
  work.reads_every = dice.among<Duration>({Duration{}, milliseconds(5), milliseconds(200)});
}

void draw_mishaps(Dice& dice, SessionWorkload& work) {
  constexpr Mishap::Kind kKinds[] = {Mishap::Kind::break_client, Mishap::Kind::break_agent, Mishap::Kind::pause_agent,
                                     Mishap::Kind::pause_client, Mishap::Kind::hostile};
  for (std::uint64_t left = dice.among<std::uint64_t>({0, 1, 3, 30}); left > 0; --left) {
    Mishap one;
    one.kind = kKinds[dice.below(std::size(kKinds))];
    one.at = dice.up_to(work.calm_after);
    one.lasts = dice.among<Duration>({Duration{}, dice.up_to(seconds(1)), dice.up_to(seconds(10))});
    work.mishaps.push_back(one);
  }
  std::ranges::sort(work.mishaps, {}, &Mishap::at);
}

}  // namespace session_workload

SessionWorkload session_workload_of(std::uint64_t seed) {
  using namespace session_workload;
  Dice dice(seed);
  SessionWorkload work;
  work.client.session_id = "user-" + std::to_string(seed);
  work.client.target = "i-0123456789abcdef0";
  work.client.client_id = "00112233-4455-6677-8899-aabbccddeeff";
  const auto type = static_cast<SessionType>(dice.below(4));
  work.agent.type = type;
  if (type == SessionType::port) work.agent.port.port = "5432";
  if (dice.one_in(2)) work.agent.kms_key = "arn:aws:kms:us-east-1:111122223333:key/k";
  if (dice.one_in(2)) work.agent.challenge = "MDEyMzQ1Njc4OWFiY2RlZg==";
  work.agent.require_challenge = dice.one_in(4) && !work.agent.challenge.empty();
  if (type == SessionType::interactive_command || dice.one_in(2)) work.client.expected = type;
  work.is_silent = type == SessionType::interactive_command
                       ? dice.one_in(2)
                       : type == SessionType::shell && work.client.expected && dice.one_in(4);
  work.kms_fails = dice.one_in(20);
  work.client.unit = dice.among<std::size_t>({1024, 16U << 10U});
  work.agent.unit = dice.among<std::size_t>({1024, 16U << 10U});
  draw_limits(dice, work.client.channel);
  draw_limits(dice, work.agent.channel);
  work.up_bytes = dice.below(dice.among<std::uint64_t>({1, 200, 20'000, 200'000}));
  work.down_bytes = dice.below(dice.among<std::uint64_t>({1, 200, 20'000, 200'000}));
  // A shell that nobody expects begins with its first output.
  if (type == SessionType::shell && !work.client.expected) ++work.down_bytes;
  work.calm_after = dice.among<Duration>({Duration{}, seconds(5), seconds(60)});
  draw_way(dice, work);
  work.client_opens = dice.up_to(seconds(4));
  work.agent_opens = dice.up_to(seconds(4));
  work.kms_takes = dice.up_to(seconds(2));
  draw_mishaps(dice, work);
  return work;
}

std::string SessionSummary::to_json() const {
  const auto object = [](const std::map<std::string, std::uint64_t>& of) {
    Json out = Json::object();
    for (const auto& [name, count] : of) out.set(name, count);
    return out;
  };
  return Json::object()
      .set("seeds", seeds)
      .set("bytes", bytes)
      .set("messages", messages)
      .set("virtual_hours", virtual_hours)
      .set("outcomes", object(outcomes))
      .set("faults", object(faults))
      .dump();
}

std::string SessionSummary::to_text() const {
  const auto list = [](const std::map<std::string, std::uint64_t>& of) {
    std::string text;
    for (const auto& [name, count] : of) text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
    return text;
  };
  char line[200];
  std::snprintf(line, sizeof line, "%llu sessions, %llu bytes in %llu messages, %.1f hours of virtual time\n",
                static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(bytes),
                static_cast<unsigned long long>(messages), virtual_hours);
  std::string text = line;
  text += "  sessions: " + list(outcomes) + "\n  injected: " + list(faults) + "\n";
  std::snprintf(line, sizeof line, "  at most %.1f s after the last mishap\n", slowest);
  return text + line;
}

}  // namespace postern::dst
