#pragma once

/// What `postern cp` sends large files through, and in whose name.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::access {

struct CopyPrefix {
  CopyPrefix(std::string p, std::string r) : place(std::move(p)), region(std::move(r)) {}
  std::string place;   ///< "BUCKET/PREFIX"
  std::string region;  ///< of the bucket
};

/// Nodes put and fetch objects by requests that the hub has signed beforehand. S3, and the policy of an endpoint on the
/// way, judge such a request as its signer's and not as the node's.
struct Copies {
  Copies() = default;
  std::string signer;  ///< the hub's account; empty: not known
  std::vector<CopyPrefix> places;

  bool empty() const noexcept { return signer.empty() || places.empty(); }
  /// A gateway to S3 leads to the buckets of its own Region.
  Copies of_region(std::string_view region) const {
    Copies out;
    out.signer = signer;
    for (const CopyPrefix& each : places) {
      if (each.region == region) out.places.push_back(each);
    }
    return out;
  }
};

}  // namespace postern::access
