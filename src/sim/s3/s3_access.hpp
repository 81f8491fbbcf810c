#pragma once

/// Whether a caller may do something to a bucket or an object: sim/access.hpp, with who owns the bucket and what its
/// policy says. Private to s3.
///
///     TRY_VOID(authorize(info, Access("s3:GetObject").on(s3::owned(bucket, bucket.arn() + "/" + key))));

#include <string>

#include "sim/access.hpp"
#include "sim/s3/store.hpp"

namespace postern::sim::s3 {

/// The bucket, or an object in it.
inline OwnedResource owned(const StoredBucket& bucket, std::string arn) {
  OwnedResource resource;
  resource.arn = std::move(arn);
  resource.account = bucket.account;
  resource.policy = bucket.policy;
  return resource;
}

}  // namespace postern::sim::s3
