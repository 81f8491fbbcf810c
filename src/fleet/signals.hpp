#pragma once

/// What the fleet file says of who is told of runs, of where their output and the anchors of their chains are kept, and
/// of what large files travel through.

#include <vector>

#include "fleet/notify_target.hpp"

namespace postern::fleet {

inline constexpr std::int64_t kAnchorDaysMax = 36'500;
inline constexpr std::size_t kCopyPlacesMax = 100;

struct Signals {
  Signals() = default;
  std::vector<NotifyTarget> notify;
  S3Place output_s3;        ///< full output of commands; empty: none is kept
  std::string output_logs;  ///< a log group for it
  S3Place anchors;          ///< the heads of closed runs; empty: none is kept
  int anchor_days = 0;      ///< Object Lock retention; 0: the bucket's own default
  /// What large files travel through, one place for a Region: nodes reach S3 by a gateway, which leads to the buckets
  /// of its own Region.
  std::vector<S3Place> copies;

  /// Null: there is none in this Region. Points into `copies`.
  const S3Place* copy_place(const Region& region) const noexcept;
};

}  // namespace postern::fleet
