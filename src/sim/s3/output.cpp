#include "sim/s3/output.hpp"

#include "sim/agents/node_roles.hpp"
#include "sim/s3/s3_access.hpp"
#include "sim/s3/s3_shared.hpp"

namespace postern::sim {

Result<void> S3OutputStore::put(const std::string& account, const std::string& region, const std::string& instance_id,
                                const std::string& bucket, const std::string& key, std::string body) {
  const Instance* node = cloud_.find_node(account, region, instance_id);
  StoredBucket* there = store_.find(bucket);
  if (node == nullptr || there == nullptr) return fail(s3::no_such_bucket());
  const Directory& directory = cloud_.directory();
  const std::shared_ptr<Role> role = node_role(cloud_, *node);
  if (role == nullptr) return fail(s3::s3_error("AccessDenied", "the node has no role to write with", 403));
  iam::RequestContext context;
  context.set("aws:RequestedRegion", there->region);
  context.set("aws:SecureTransport", "true");
  Access access("s3:PutObject");
  access.on(s3::owned(*there, there->arn() + "/" + key));
  const IdentityPtr identity = node_session(directory, role, *node, cloud_.now(ctx_.clock()));
  const iam::Evaluation evaluation = evaluate_access(cloud_, *identity, access, context);
  if (!evaluation.allowed()) return fail(s3::s3_error("AccessDenied", evaluation.denial_text, 403));
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
