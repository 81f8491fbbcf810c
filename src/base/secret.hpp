#pragma once

/// Secret<T>: a value that must not reach a log, an error, the ledger or freed memory.

#include <string>
#include <utility>

#include "base/wipe.hpp"

namespace postern {

/// Holds a string-like T; zeroes it on destruction, assignment and move. It has no operator<< and no implicit
/// conversion: `reveal()` is the only way in, so that every use can be found by searching for it.
template <class T = std::string>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) { wipe(value); }
  Secret(const Secret& other) : value_(other.value_) {}
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(value_);
      value_ = std::move(other.value_);
      wipe(other.value_);
    }
    return *this;
  }
  ~Secret() { wipe(value_); }

  const T& reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }
  /// Equality for tests and caches; not constant-time.
  friend bool operator==(const Secret& a, const Secret& b) { return a.value_ == b.value_; }

 private:
  T value_;
};

}  // namespace postern
