#include "sim/s3/output.hpp"

#include "sim/s3/s3_shared.hpp"

namespace postern::sim {

Result<void> S3OutputStore::put(const std::string& account, const std::string& region, const std::string& instance_id,
                                const std::string& bucket, const std::string& key, std::string body) {
  const Instance* node = cloud_.find_instance(account, region, instance_id);
  if (node == nullptr || node->profile_arn().empty()) {
    return fail(s3::s3_error("AccessDenied", "the node has no role to write with", 403));
  }
  StoredBucket* there = store_.find(bucket);
  if (there == nullptr) return fail(s3::no_such_bucket());
  if (there->account != account) return fail(s3::s3_error("AccessDenied", "Access Denied", 403));
  TRY_VOID(s3::check_key(key));
  if (!store_.fits(body.size())) return fail(s3::store_is_full());
  ObjectVersion version;
  version.e_tag = s3::quoted_hex(s3::md5(body));
  version.modified = std::chrono::floor<std::chrono::seconds>(cloud_.now(ctx_.clock()));
  version.headers.content_type = "text/plain";
  version.body = std::make_shared<const std::string>(std::move(body));
  if (there->versioning == Versioning::enabled) version.id = s3::new_id(ctx_.random());
  store_.put(*there, key, std::move(version));
  return {};
}

}  // namespace postern::sim
