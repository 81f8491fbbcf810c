#pragma once

/// What the fleet file says of who is told of runs, and of where their output and the anchors of their chains are kept.

#include <vector>

#include "fleet/notify_target.hpp"

namespace postern::fleet {

inline constexpr std::int64_t kAnchorDaysMax = 36'500;

struct Signals {
  Signals() = default;
  std::vector<NotifyTarget> notify;
  S3Place output_s3;        ///< full output of commands; empty: none is kept
  std::string output_logs;  ///< a log group for it
  S3Place anchors;          ///< the heads of closed runs; empty: none is kept
  int anchor_days = 0;      ///< Object Lock retention; 0: the bucket's own default
};

}  // namespace postern::fleet
