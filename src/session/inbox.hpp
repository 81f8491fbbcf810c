#pragma once

/// Inbox: messages of a connection that a full session cannot take yet. A reader that simply stops reading stops
/// hearing acknowledgements too, and then nothing goes out: two ends that each wait for the other to take something
/// would wait for ever.

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace postern::session {

class Inbox {
 public:
  /// Bytes that are kept. Enough for what is on the way when an end begins to wait; memory of a session only while its
  /// user is slow and says something himself.
  static constexpr std::size_t kBytesMax = 2U << 20U;

  /// Acknowledgements need no room: they pass by everything that waits.
  static bool passes(std::string_view message) noexcept { return message.substr(4, 12) == "acknowledge "; }
  /// No more is kept: the connection is not read.
  bool is_full() const noexcept { return bytes_ >= kBytesMax; }
  bool empty() const noexcept { return messages_.empty(); }
  void keep(std::string message) {
    bytes_ += message.size();
    messages_.push_back(std::move(message));
  }
  /// The oldest one.
  std::optional<std::string> take() {
    if (messages_.empty()) return std::nullopt;
    std::string first = std::move(messages_.front());
    messages_.pop_front();
    bytes_ -= first.size();
    return first;
  }

 private:
  std::deque<std::string> messages_;
  std::size_t bytes_ = 0;
};

}  // namespace postern::session
