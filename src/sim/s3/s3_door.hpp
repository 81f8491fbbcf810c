#pragma once

/// What S3 does around its operations: Regions of buckets, and statuses and headers that its model does not describe.

#include "aws/core/service_router.hpp"
#include "http/client.hpp"
#include "sim/s3/store.hpp"

namespace postern::sim {

/// Requests of other services pass. A request that is signed for another Region than its bucket's is refused with the
/// right one, as S3 does (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html): 301 PermanentRedirect when the
/// host names the wrong Region, else 400 AuthorizationHeaderMalformed. Inner and store outlive it.
class S3Door final : public http::Service {
 public:
  S3Door(http::Service& inner, const Store& store) : inner_(inner), store_(store) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  http::Service& inner_;
  const Store& store_;
};

}  // namespace postern::sim
