// Sessions over a bad way: many seeds. More: scripts/ci/seeds session.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/dst/session_run.hpp"

namespace postern::dst {
namespace session_test {

/// POSTERN_SEEDS=FROM-TO for many seeds, and for one that failed.
TEST(SessionSeeds, WhateverTheWayDoesBothEndsSeeTheSameStreams) {
  unsigned long from = 1;
  unsigned long to = 200;
  if (const char* given = std::getenv("POSTERN_SEEDS")) std::sscanf(given, "%lu-%lu", &from, &to);
  SessionSummary summary;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    std::uint64_t hash = 0;
    EXPECT_EQ(run_session_seed(seed, &summary, &hash), "") << "seed " << seed;
    if (seed % 16 != 0) continue;
    std::uint64_t again = 0;
    EXPECT_EQ(run_session_seed(seed, nullptr, &again), "") << "seed " << seed;
    EXPECT_EQ(hash, again) << "seed " << seed;
  }
  std::fputs(summary.to_text().c_str(), stdout);
}

}  // namespace session_test
}  // namespace postern::dst
