#include "recovery/transitions.hpp"

namespace postern::recovery {
namespace {

constexpr std::uint32_t kWorseAfter = 2;
constexpr std::uint32_t kBetterAfter = 3;

/// The smaller the better.
int badness(Replication replication) {
  switch (replication) {
    case Replication::healthy:
      return 0;
    case Replication::lagging:
    case Replication::rescanning:
      return 1;
    case Replication::catching_up:
      return 2;
    case Replication::starting:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

std::optional<Transition> Transitions::see(const std::string& key, Replication now) {
  const auto [at, fresh] = seen_.try_emplace(key);
  Seen& seen = at->second;
  if (fresh) {
    seen.told = now;
    return std::nullopt;
  }
  if (now == seen.told) {
    seen.times = 0;
    return std::nullopt;
  }
  seen.times = now == seen.next ? seen.times + 1 : 1;
  seen.next = now;
  // What a new server goes through on its way is no flapping: it is told when it is seen.
  const bool on_its_way = badness(seen.told) > 1 && badness(seen.told) < 4 && badness(now) < badness(seen.told);
  const std::uint32_t needed = on_its_way ? 1 : (badness(now) < badness(seen.told) ? kBetterAfter : kWorseAfter);
  if (seen.times < needed) return std::nullopt;
  Transition change;
  change.from = seen.told;
  change.to = now;
  seen.told = now;
  seen.times = 0;
  return change;
}

}  // namespace postern::recovery
