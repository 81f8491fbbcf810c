#pragma once

/// The trail that keeps what CloudTrail's own history forgets after 90 days.

#include <string>

#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::access {

struct TrailOrder {
  TrailOrder() = default;
  std::string name = "postern-audit";
  std::string organization;  ///< o-..., as a parameter's default; empty: of one account
  std::string bucket;        ///< that is there already; empty: one of the template's own
};

/// A trail of all Regions with its log group, the role that writes there and, unless there is a bucket, the bucket with
/// its policy. Errors of kind usage: a name that CloudTrail or S3 does not take.
Result<cfn::Template> trail_template(const TrailOrder& order);

}  // namespace postern::access
