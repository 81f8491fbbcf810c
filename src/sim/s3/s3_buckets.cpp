// Buckets: creation, settings, policy.

#include <algorithm>

#include "base/text.hpp"
#include "sim/s3/s3_access.hpp"
#include "sim/s3/s3_service.hpp"
#include "sim/s3/s3_shared.hpp"

namespace postern::sim {
namespace s3_buckets {

using aws::s3::CreateBucketRequest;
using s3::s3_error;

constexpr std::size_t kPolicyMax = 20U << 10U;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool looks_like_address(std::string_view name) {
  return std::count(name.begin(), name.end(), '.') == 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

Result<void> check_name(const std::string& name) {
  const bool letters =
      std::all_of(name.begin(), name.end(), [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
  const bool ends = !name.empty() && is_lower_or_digit(name.front()) && is_lower_or_digit(name.back());
  const bool reserved = name.starts_with("xn--") || name.starts_with("sthree-") || name.ends_with("-s3alias") ||
                        name.ends_with("--ol-s3");
  const bool sound = name.size() >= 3 && name.size() <= 63 && letters && ends && !reserved &&
                     name.find("..") == std::string::npos && !looks_like_address(name);
  if (sound) return {};
  return fail(s3_error("InvalidBucketName", "The specified bucket is not valid.", 400));
}

/// Where the bucket is to be: the location constraint, which must be the Region that was asked.
Result<std::string> location_of(const Cloud& cloud, const std::string& region, const CreateBucketRequest& request) {
  std::string wanted;
  if (request.create_bucket_configuration && request.create_bucket_configuration->location_constraint)
    wanted = request.create_bucket_configuration->location_constraint->text();
  if (wanted == "EU") wanted = "eu-west-1";
  if (wanted.empty() && region == "us-east-1") return region;
  if (wanted == "us-east-1" || (!wanted.empty() && !cloud.has_region(wanted))) {
    return fail(s3_error("InvalidLocationConstraint", "The specified location-constraint is not valid", 400));
  }
  if (wanted == region || (region == "us-east-1" && !wanted.empty())) return wanted;
  return fail(s3_error("IllegalLocationConstraintException",
                       "The " + (wanted.empty() ? std::string("unspecified") : wanted) +
                           " location constraint is incompatible for the region specific endpoint this request was "
                           "sent to.",
                       400));
}

Result<void> refuse_bucket_options(const CreateBucketRequest& request) {
  if (request.object_lock_enabled_for_bucket.value_or(false)) return fail(s3::not_implemented("object lock"));
  const bool grants = request.grant_full_control || request.grant_read || request.grant_read_acp ||
                      request.grant_write || request.grant_write_acp;
  const bool acl = request.acl && request.acl->text() != "private";
  const bool owner = request.object_ownership && request.object_ownership->text() != "BucketOwnerEnforced";
  if (!grants && !acl && !owner) return {};
  return fail(s3_error("InvalidBucketAclWithObjectOwnership",
                       "Bucket cannot have ACLs set with ObjectOwnership's "
                       "BucketOwnerEnforced setting",
                       400));
}

bool is_public(const iam::Document& document) {
  const auto names_everyone = [](const iam::PrincipalEntry& entry) {
    return entry.type == iam::PrincipalEntry::Type::everyone;
  };
  return std::any_of(document.statements().begin(), document.statements().end(), [&](const iam::Statement& statement) {
    if (statement.effect != iam::Effect::allow || !statement.conditions.empty()) return false;
    if (statement.principal_scope == iam::Scope::all_except) return true;
    return std::any_of(statement.principals.begin(), statement.principals.end(), names_everyone);
  });
}

}  // namespace s3_buckets

WallTime S3Service::now(const Info& info) const {
  return std::chrono::floor<std::chrono::seconds>(cloud_.now(info.ctx.clock()));
}

Result<StoredBucket*> S3Service::find_bucket(const std::string& name,
                                             const std::optional<std::string>& expected_owner) {
  StoredBucket* bucket = store_.find(name);
  if (bucket == nullptr) return fail(s3::no_such_bucket());
  if (expected_owner && *expected_owner != bucket->account)
    return fail(s3::s3_error("AccessDenied", "Access Denied", 403));
  return bucket;
}

Result<StoredBucket*> S3Service::open_bucket(const Info& info, const std::string& name,
                                             const std::optional<std::string>& expected_owner,
                                             std::string_view action) {
  TRY(StoredBucket * bucket, find_bucket(name, expected_owner));
  TRY_VOID(authorize(info, Access(std::string(action)).on(s3::owned(*bucket, bucket->arn()))));
  return bucket;
}

rt::Task<Result<aws::s3::ListBucketsResponse>> S3Service::list_buckets(Info info, aws::s3::ListBucketsRequest) {
  CO_TRY_VOID(authorize(info, Access("s3:ListAllMyBuckets").on("arn:aws:s3:::*")));
  aws::s3::ListBucketsResponse response;
  for (const auto& [name, bucket] : store_.buckets()) {
    if (bucket.account != info.caller.account_id) continue;
    aws::s3::Bucket& item = response.buckets.emplace_back();
    item.name = name;
    item.creation_date = bucket.created;
  }
  response.owner.emplace().id = derived_hex(cloud_.config().seed, "canonical/" + info.caller.account_id, 64);
  co_return response;
}

Result<aws::s3::CreateBucketResponse> S3Service::create(const Info& info, const aws::s3::CreateBucketRequest& request) {
  using namespace s3_buckets;
  TRY_VOID(check_name(*request.bucket));
  TRY_VOID(refuse_bucket_options(request));
  TRY_VOID(authorize(info, Access("s3:CreateBucket").on("arn:aws:s3:::" + *request.bucket)));
  TRY(const std::string region, location_of(cloud_, info.region, request));
  aws::s3::CreateBucketResponse response;
  response.location = "/" + *request.bucket;
  if (const StoredBucket* there = store_.find(*request.bucket)) {
    if (there->account != info.caller.account_id) {
      return fail(s3_error("BucketAlreadyExists",
                           "The requested bucket name is not available. The bucket namespace is shared by all users of "
                           "the system. Please select a different name and try again.",
                           409));
    }
    if (region == "us-east-1" && there->region == region) return response;
    return fail(s3_error("BucketAlreadyOwnedByYou",
                         "Your previous request to create the named bucket succeeded and you already own it.", 409));
  }
  StoredBucket bucket;
  bucket.name = *request.bucket;
  bucket.account = info.caller.account_id;
  bucket.region = region;
  bucket.created = now(info);
  if (!store_.add(std::move(bucket))) {
    return fail(s3_error("TooManyBuckets", "You have attempted to create more buckets than allowed", 400));
  }
  return response;
}

rt::Task<Result<aws::s3::CreateBucketResponse>> S3Service::create_bucket(Info info,
                                                                         aws::s3::CreateBucketRequest request) {
  co_return create(info, request);
}

rt::Task<Result<aws::s3::DeleteBucketResponse>> S3Service::delete_bucket(Info info,
                                                                         aws::s3::DeleteBucketRequest request) {
  CO_TRY(const StoredBucket* bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:DeleteBucket"));
  if (!bucket->objects.empty()) {
    co_return fail(s3::s3_error("BucketNotEmpty", "The bucket you tried to delete is not empty", 409));
  }
  store_.remove(*request.bucket);
  co_return aws::s3::DeleteBucketResponse();
}

rt::Task<Result<aws::s3::HeadBucketResponse>> S3Service::head_bucket(Info info, aws::s3::HeadBucketRequest request) {
  CO_TRY_VOID(open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:ListBucket"));
  co_return aws::s3::HeadBucketResponse();
}

rt::Task<Result<aws::s3::GetBucketLocationResponse>> S3Service::get_bucket_location(
    Info info, aws::s3::GetBucketLocationRequest request) {
  CO_TRY(const StoredBucket* bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:GetBucketLocation"));
  aws::s3::GetBucketLocationResponse response;
  if (bucket->region != "us-east-1") response.location_constraint.emplace().assign(bucket->region);
  co_return response;
}

rt::Task<Result<aws::s3::GetBucketVersioningResponse>> S3Service::get_bucket_versioning(
    Info info, aws::s3::GetBucketVersioningRequest request) {
  CO_TRY(const StoredBucket* bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:GetBucketVersioning"));
  aws::s3::GetBucketVersioningResponse response;
  if (bucket->versioning == Versioning::enabled) response.status = aws::s3::BucketVersioningStatus::enabled;
  if (bucket->versioning == Versioning::suspended) response.status = aws::s3::BucketVersioningStatus::suspended;
  co_return response;
}

rt::Task<Result<aws::s3::PutBucketVersioningResponse>> S3Service::put_bucket_versioning(
    Info info, aws::s3::PutBucketVersioningRequest request) {
  CO_TRY(StoredBucket * bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:PutBucketVersioning"));
  const aws::s3::VersioningConfiguration& wanted = *request.versioning_configuration;
  if (wanted.mfa_delete && wanted.mfa_delete->text() != "Disabled") co_return fail(s3::not_implemented("MFA delete"));
  const std::string status = wanted.status ? std::string(wanted.status->text()) : std::string();
  if (status != "Enabled" && status != "Suspended") {
    co_return fail(
        s3::s3_error("IllegalVersioningConfigurationException", "The Versioning element must be specified", 400));
  }
  bucket->versioning = status == "Enabled" ? Versioning::enabled : Versioning::suspended;
  co_return aws::s3::PutBucketVersioningResponse();
}

rt::Task<Result<aws::s3::GetBucketPolicyResponse>> S3Service::get_bucket_policy(
    Info info, aws::s3::GetBucketPolicyRequest request) {
  CO_TRY(const StoredBucket* bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:GetBucketPolicy"));
  if (bucket->policy_text.empty()) {
    co_return fail(s3::s3_error("NoSuchBucketPolicy", "The bucket policy does not exist", 404));
  }
  aws::s3::GetBucketPolicyResponse response;
  response.policy = bucket->policy_text;
  co_return response;
}

rt::Task<Result<aws::s3::PutBucketPolicyResponse>> S3Service::put_bucket_policy(
    Info info, aws::s3::PutBucketPolicyRequest request) {
  CO_TRY(StoredBucket * bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:PutBucketPolicy"));
  if (request.policy->size() > s3_buckets::kPolicyMax) {
    co_return fail(s3::s3_error("PolicyTooLarge", "Policy exceeds the maximum allowed document size.", 400));
  }
  Result<iam::DocumentPtr> document = iam::parse_document(iam::DocumentKind::resource, *request.policy);
  if (!document) co_return fail(s3::s3_error("MalformedPolicy", document.error().message(), 400));
  const bool blocked = bucket->public_access && bucket->public_access->policy && s3_buckets::is_public(**document);
  if (blocked) {
    co_return fail(s3::s3_error("AccessDenied",
                                "User: " + info.caller.arn +
                                    " is not authorized to perform: s3:PutBucketPolicy on resource: \"" +
                                    bucket->arn() +
                                    "\" because public policies are prevented by the BlockPublicPolicy setting in S3 "
                                    "Block Public Access.",
                                403));
  }
  auto attached = std::make_shared<iam::AttachedPolicy>();
  attached->name = bucket->name;
  attached->document = std::move(*document);
  bucket->policy = std::move(attached);
  bucket->policy_text = *request.policy;
  co_return aws::s3::PutBucketPolicyResponse();
}

rt::Task<Result<aws::s3::DeleteBucketPolicyResponse>> S3Service::delete_bucket_policy(
    Info info, aws::s3::DeleteBucketPolicyRequest request) {
  CO_TRY(StoredBucket * bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:DeleteBucketPolicy"));
  bucket->policy = nullptr;
  bucket->policy_text.clear();
  co_return aws::s3::DeleteBucketPolicyResponse();
}

rt::Task<Result<aws::s3::GetPublicAccessBlockResponse>> S3Service::get_public_access_block(
    Info info, aws::s3::GetPublicAccessBlockRequest request) {
  CO_TRY(const StoredBucket* bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:GetBucketPublicAccessBlock"));
  if (!bucket->public_access) {
    co_return fail(s3::s3_error("NoSuchPublicAccessBlockConfiguration",
                                "The public access block configuration was not found", 404));
  }
  aws::s3::GetPublicAccessBlockResponse response;
  auto& configuration = response.public_access_block_configuration.emplace();
  configuration.block_public_acls = bucket->public_access->acls;
  configuration.ignore_public_acls = bucket->public_access->ignore_acls;
  configuration.block_public_policy = bucket->public_access->policy;
  configuration.restrict_public_buckets = bucket->public_access->restrict_buckets;
  co_return response;
}

rt::Task<Result<aws::s3::PutPublicAccessBlockResponse>> S3Service::put_public_access_block(
    Info info, aws::s3::PutPublicAccessBlockRequest request) {
  CO_TRY(StoredBucket * bucket,
         open_bucket(info, *request.bucket, request.expected_bucket_owner, "s3:PutBucketPublicAccessBlock"));
  const auto& wanted = *request.public_access_block_configuration;
  PublicAccessBlock block;
  block.acls = wanted.block_public_acls.value_or(false);
  block.ignore_acls = wanted.ignore_public_acls.value_or(false);
  block.policy = wanted.block_public_policy.value_or(false);
  block.restrict_buckets = wanted.restrict_public_buckets.value_or(false);
  bucket->public_access = block;
  co_return aws::s3::PutPublicAccessBlockResponse();
}

}  // namespace postern::sim
