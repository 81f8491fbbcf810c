#include "sim/cloudtrail/history.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/check.hpp"

namespace postern::sim::trail {
namespace history {

/// What an event takes beside its texts: itself, the nodes that lead to it and what its identity costs.
constexpr std::size_t kEventOverhead = 768;

std::size_t bytes_of(const CallEvent& call) {
  return kEventOverhead + call.request.size() + call.response.size() + call.error_message.size() +
         call.user_agent.size();
}

}  // namespace history

bool is_plain_read(const CallEvent& call) noexcept {
  return call.operation->effect == aws::Effect::read && call.role_arn.empty();
}

void EventHistory::drop_oldest(std::deque<std::uint64_t>& ring) {
  const auto found = events_.find(ring.front());
  CHECK(found != events_.end());
  bytes_ -= history::bytes_of(*found->second.event.call);
  events_.erase(found);
  ring.pop_front();
}

void EventHistory::add(const SiteKey& site, CallEventPtr call) {
  Rings& rings = sites_[site];
  const bool read = is_plain_read(*call);
  std::deque<std::uint64_t>& ring = read ? rings.reads : rings.writes;
  bytes_ += history::bytes_of(*call);
  ring.push_back(next_);
  events_.emplace(next_, Entry(LoggedEvent(next_, site.first, std::move(call)), &rings));
  ++next_;
  if (ring.size() > (read ? kReadsMax : kWritesMax)) drop_oldest(ring);
  while (bytes_ > kBytesMax && events_.size() > 1) {
    const Entry& oldest = events_.begin()->second;
    // The oldest of all is the oldest of its ring.
    drop_oldest(is_plain_read(*oldest.event.call) ? oldest.rings->reads : oldest.rings->writes);
  }
}

std::vector<const LoggedEvent*> EventHistory::newest_first(const SiteKey& site) const {
  std::vector<const LoggedEvent*> out;
  const auto found = sites_.find(site);
  if (found == sites_.end()) return out;
  const Rings& rings = found->second;
  std::vector<std::uint64_t> numbers;
  numbers.reserve(rings.writes.size() + rings.reads.size());
  std::merge(rings.writes.rbegin(), rings.writes.rend(), rings.reads.rbegin(), rings.reads.rend(),
             std::back_inserter(numbers), std::greater<>());
  out.reserve(numbers.size());
  for (const std::uint64_t number : numbers) out.push_back(&events_.at(number).event);
  return out;
}

}  // namespace postern::sim::trail
