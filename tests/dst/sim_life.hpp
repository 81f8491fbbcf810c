#pragma once

/// Inside of SimRun: what a run takes along from one process to the next.

#include "tests/dst/sim_run.hpp"

namespace postern::dst {

struct SimRun::Work {
  Work() = default;
  std::size_t hold_unreadable = 0;  ///< so many times more
  flow::Plan plan;
  flow::RunHeader header;
  MonoTime begin;
  MonoTime disturbed;  ///< when something went wrong, or a person did something, for the last time
};

/// Marked: kSecretMark.
std::string external_id();

}  // namespace postern::dst
