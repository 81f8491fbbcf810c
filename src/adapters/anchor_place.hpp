#pragma once

/// Anchors in a bucket, best one with Object Lock: what is in there cannot be changed by who can write the ledger.

#include <vector>

#include "adapters/aws_session.hpp"
#include "fleet/notify_target.hpp"
#include "flow/anchor.hpp"

namespace postern::adapters {

/// With the hub's own credentials. The session outlives it.
class AnchorPlace {
 public:
  /// `hub`: the account that the credentials must belong to; empty: any. `region`: where the bucket is when the place
  /// does not say.
  AnchorPlace(AwsSession& session, fleet::S3Place place, std::string hub, std::string region)
      : session_(session), place_(std::move(place)), hub_(std::move(hub)), region_(std::move(region)) {}

  /// "s3://BUCKET/KEY" of a run's anchor.
  std::string name_of(const flow::Anchor& anchor) const;
  /// Writes it, kept for `days` by Object Lock (compliance mode) unless that is 0: then by the bucket's own rule.
  rt::Task<Result<void>> put(rt::CallContext ctx, const flow::Anchor& anchor, int days);
  /// The keys of a ledger's anchors, in the order of their runs; more than 100,000 are refused.
  rt::Task<Result<std::vector<std::string>>> keys(rt::CallContext ctx, std::string world, std::string ledger);
  rt::Task<Result<flow::Anchor>> get(rt::CallContext ctx, std::string key);

 private:
  aws::CallScope scope() const;

  AwsSession& session_;
  fleet::S3Place place_;
  std::string hub_;
  std::string region_;
};

}  // namespace postern::adapters
