#include "session/back_off.hpp"

#include <algorithm>
#include <charconv>

namespace postern::session {
namespace back_off_rules {

constexpr std::uint64_t kLeastMs = 100;
constexpr std::uint64_t kSpreadMs = 100;
/// 100 ms * 2^16 is beyond every cap; more would not fit.
constexpr unsigned kDoublingsMax = 16;

/// The HTTP status that an error came with, or 0.
int status_of(const Error& error) noexcept {
  if (error.aws() != nullptr) return error.aws()->http_status;
  const std::string_view text = error.context("status");
  int status = 0;
  std::from_chars(text.data(), text.data() + text.size(), status);
  return status;
}

}  // namespace back_off_rules

Duration back_off(rt::Random& random, unsigned attempt, Duration most) {
  const std::uint64_t least = back_off_rules::kLeastMs + random.below(back_off_rules::kSpreadMs);
  const unsigned doublings = std::min(attempt, back_off_rules::kDoublingsMax);
  return std::min<Duration>(most, std::chrono::milliseconds(least << doublings));
}

bool may_pass(const Error& error) noexcept {
  switch (error.kind()) {
    case ErrorKind::throttled:
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::conflict:
    case ErrorKind::malformed:  // something on the way answered in the service's place
      return true;
    case ErrorKind::service: {
      const int status = back_off_rules::status_of(error);
      return status == 429 || status >= 500;
    }
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::credentials:
    case ErrorKind::cancelled:
    case ErrorKind::refused:
    case ErrorKind::unsupported:
    case ErrorKind::internal:
      break;
  }
  return false;
}

}  // namespace postern::session
