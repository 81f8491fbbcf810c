#pragma once

/// What topics and event buses took, kept as truth for checkers.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace postern::sim {

struct PublishedMessage {
  PublishedMessage() = default;
  WallTime time;
  std::string topic_arn;
  std::string id;
  std::string from;  ///< the caller's ARN, or the service: "events.amazonaws.com"
  std::string subject;
  std::string message;
  std::map<std::string, std::string> attributes;  ///< by name; of a binary one the base64
};

/// One target of a rule that an event matched.
struct EventDelivery {
  EventDelivery() = default;
  std::string rule_arn;
  std::string target_arn;
  std::string refused;  ///< why it did not take the event; empty: it did
};

struct SeenEvent {
  SeenEvent() = default;
  std::string bus_arn;
  Json event;  ///< as a target gets it
  std::vector<EventDelivery> deliveries;
};

/// The newest items, within two bounds.
template <class T>
class KeptList {
 public:
  static constexpr std::size_t kItemsMax = 2'000;             // what a checker looks through
  static constexpr std::size_t kBytesMax = 16 * 1024 * 1024;  // 64 messages of the largest size

  /// `bytes` is what the item counts for.
  void add(T item, std::size_t bytes) {
    ++count_;
    bytes_ += bytes;
    items_.emplace_back(std::move(item));
    sizes_.push_back(bytes);
    while (items_.size() > kItemsMax || (bytes_ > kBytesMax && items_.size() > 1)) {
      bytes_ -= sizes_.front();
      sizes_.pop_front();
      items_.pop_front();
    }
  }
  /// Oldest first.
  const std::deque<T>& items() const noexcept { return items_; }
  /// All that ever came, kept or not.
  std::uint64_t count() const noexcept { return count_; }

 private:
  std::deque<T> items_;
  std::deque<std::size_t> sizes_;
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace postern::sim
