#pragma once

/// A day of runs, one every five minutes, over 40 accounts of which one call in a hundred goes wrong.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace postern::dst {

struct Day {
  Day() = default;
  std::size_t runs = 0;
  std::size_t targets = 0;
  std::uint64_t calls = 0;
  std::uint64_t faults = 0;
  std::size_t doubts = 0;  ///< sends that a person decided about
  Duration virtual_time{};
  std::size_t bytes_warm = 0;  ///< allocated after the first tenth
  std::size_t bytes_end = 0;
  std::string wrong;  ///< empty: every run is reconciled
  std::string to_text() const;
};

/// `ledger` is a file of the real disk that is not there yet: it grows, and is no memory.
Day run_day(std::uint64_t seed, Duration length, const std::string& ledger);

}  // namespace postern::dst
