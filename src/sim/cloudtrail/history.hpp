#pragma once

/// EventHistory: the events of all accounts and Regions, bounded.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/cloudtrail/event.hpp"

namespace postern::sim::trail {

/// Reads have a ring of their own, so that polling pushes no change out. What is pushed out is the oldest. Loop thread
/// only.
class EventHistory {
 public:
  static constexpr std::size_t kWritesMax = 5'000;             ///< of an account and Region; AssumeRole counts here
  static constexpr std::size_t kReadsMax = 1'000;              ///< of an account and Region
  static constexpr std::size_t kBytesMax = 64U * 1024 * 1024;  ///< of all of them, about

  void add(const SiteKey& site, CallEventPtr call);
  /// Newest first; valid until the next add().
  std::vector<const LoggedEvent*> newest_first(const SiteKey& site) const;
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return events_.size(); }

 private:
  struct Rings {
    Rings() = default;
    std::deque<std::uint64_t> writes;  ///< numbers, oldest first
    std::deque<std::uint64_t> reads;
  };
  struct Entry {
    Entry(LoggedEvent e, Rings* r) : event(std::move(e)), rings(r) {}
    LoggedEvent event;
    Rings* rings;
  };
  void drop_oldest(std::deque<std::uint64_t>& ring);

  std::map<SiteKey, Rings> sites_;
  std::map<std::uint64_t, Entry> events_;  ///< by number, so that the oldest of all is the first
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 1;
};

/// Whether the event stands among the reads, of which fewer are kept.
bool is_plain_read(const CallEvent& call) noexcept;

}  // namespace postern::sim::trail
