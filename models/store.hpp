#pragma once

/// For tests: an object store in memory behind the generated stubs of S3, with real signature checks.

#include <map>
#include <string>

#include "aws/core/dispatcher.hpp"
#include "aws/core/sigv4_chunks.hpp"
#include "aws/core/sigv4_verify.hpp"
#include "aws/s3/server.hpp"

namespace postern::aws::models_test {

inline constexpr const char* kStoreKey = "AKIDEXAMPLE";
inline constexpr const char* kStoreSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Knows one access key.
class StoreAuthenticator final : public server::Authenticator {
 public:
  rt::Task<Result<server::CallerInfo>> authenticate(rt::CallContext ctx, const OperationSpec& operation,
                                                    const http::Request& request) override {
    VerifyOptions options;
    options.service = operation.service->signing_name;
    options.signing = server_signing(*operation.service);
    const auto lookup = [](std::string_view id) {
      std::optional<KnownKey> known;
      if (id == kStoreKey) known.emplace().secret_access_key = Secret<>(kStoreSecret);
      return known;
    };
    const auto by = verify_signature(signer_, request, FunctionRef<std::optional<KnownKey>(std::string_view)>(lookup),
                                     ctx.clock().wall_now(), options);
    if (!by) {
      const WireError wire = to_wire_error(by.error(), *operation.service);
      co_return fail(server::fault(ErrorKind::credentials, wire.code, wire.message, wire.http_status));
    }
    server::CallerInfo caller;
    caller.access_key_id = by->access_key_id;
    co_return caller;
  }

 private:
  Signer signer_;
};

class StoreHandler final : public s3::Handler {
 public:
  struct Object {
    Object() = default;
    std::string body;
    std::string type;
    Map<std::string> metadata;
  };

  rt::Task<Result<s3::CreateBucketResponse>> create_bucket(server::CallInfo, s3::CreateBucketRequest request) override {
    buckets[*request.bucket];
    if (request.create_bucket_configuration && request.create_bucket_configuration->location_constraint)
      location = request.create_bucket_configuration->location_constraint->text();
    s3::CreateBucketResponse response;
    response.location = "/" + *request.bucket;
    co_return response;
  }
  rt::Task<Result<s3::HeadBucketResponse>> head_bucket(server::CallInfo, s3::HeadBucketRequest request) override {
    if (!buckets.contains(*request.bucket)) co_return fail(no_bucket());
    co_return s3::HeadBucketResponse();
  }
  rt::Task<Result<s3::ListBucketsResponse>> list_buckets(server::CallInfo, s3::ListBucketsRequest) override {
    s3::ListBucketsResponse response;
    for (const auto& [name, objects] : buckets) response.buckets.emplace_back().name = name;
    response.owner.emplace().id = "owner";
    co_return response;
  }
  rt::Task<Result<s3::GetBucketLocationResponse>> get_bucket_location(server::CallInfo,
                                                                      s3::GetBucketLocationRequest) override {
    s3::GetBucketLocationResponse response;
    if (!location.empty()) response.location_constraint.emplace().assign(location);
    co_return response;
  }
  rt::Task<Result<s3::PutObjectResponse>> put_object(server::CallInfo, s3::PutObjectRequest request) override {
    if (!buckets.contains(*request.bucket)) co_return fail(no_bucket());
    Object& object = buckets[*request.bucket][*request.key];
    object.body = request.body ? request.body->bytes : "";
    object.type = request.content_type.value_or("binary/octet-stream");
    object.metadata = request.metadata;
    s3::PutObjectResponse response;
    response.e_tag = "\"tag\"";
    response.checksum_crc32 = request.checksum_crc32;
    co_return response;
  }
  rt::Task<Result<s3::GetObjectResponse>> get_object(server::CallInfo, s3::GetObjectRequest request) override {
    const Object* object = find(*request.bucket, *request.key);
    if (object == nullptr) co_return fail(no_key());
    s3::GetObjectResponse response;
    response.body.emplace().bytes = object->body;
    response.content_type = object->type;
    response.metadata = object->metadata;
    co_return response;
  }
  rt::Task<Result<s3::HeadObjectResponse>> head_object(server::CallInfo, s3::HeadObjectRequest request) override {
    const Object* object = find(*request.bucket, *request.key);
    if (object == nullptr) co_return fail(no_key());
    s3::HeadObjectResponse response;
    response.content_length = static_cast<std::int64_t>(object->body.size());
    response.metadata = object->metadata;
    co_return response;
  }
  rt::Task<Result<s3::DeleteObjectResponse>> delete_object(server::CallInfo, s3::DeleteObjectRequest request) override {
    buckets[*request.bucket].erase(*request.key);
    co_return s3::DeleteObjectResponse();
  }
  rt::Task<Result<s3::DeleteObjectsResponse>> delete_objects(server::CallInfo,
                                                             s3::DeleteObjectsRequest request) override {
    s3::DeleteObjectsResponse response;
    for (const s3::ObjectIdentifier& object : request.delete_->objects) {
      buckets[*request.bucket].erase(*object.key);
      response.deleted.emplace_back().key = object.key;
    }
    co_return response;
  }
  rt::Task<Result<s3::ListObjectsV2Response>> list_objects_v2(server::CallInfo,
                                                              s3::ListObjectsV2Request request) override {
    s3::ListObjectsV2Response response;
    response.name = request.bucket;
    response.is_truncated = false;
    for (const auto& [key, object] : buckets[*request.bucket]) {
      if (!key.starts_with(request.prefix.value_or(""))) continue;
      s3::Object& item = response.contents.emplace_back();
      item.key = key;
      item.size = static_cast<decltype(item.size)::value_type>(object.body.size());
    }
    response.key_count = static_cast<std::int32_t>(response.contents.size());
    co_return response;
  }
  rt::Task<Result<s3::CreateMultipartUploadResponse>> create_multipart_upload(
      server::CallInfo, s3::CreateMultipartUploadRequest request) override {
    parts.clear();
    s3::CreateMultipartUploadResponse response;
    response.bucket = request.bucket;
    response.key = request.key;
    response.upload_id = "upload-1";
    co_return response;
  }
  rt::Task<Result<s3::UploadPartResponse>> upload_part(server::CallInfo, s3::UploadPartRequest request) override {
    parts[*request.part_number] = request.body ? request.body->bytes : "";
    s3::UploadPartResponse response;
    response.e_tag = "\"part\"";
    co_return response;
  }
  rt::Task<Result<s3::CompleteMultipartUploadResponse>> complete_multipart_upload(
      server::CallInfo, s3::CompleteMultipartUploadRequest request) override {
    Object& object = buckets[*request.bucket][*request.key];
    object.body.clear();
    for (const s3::CompletedPart& part : request.multipart_upload->parts) object.body += parts[*part.part_number];
    s3::CompleteMultipartUploadResponse response;
    response.key = request.key;
    response.e_tag = "\"whole\"";
    co_return response;
  }
  rt::Task<Result<s3::PutBucketPolicyResponse>> put_bucket_policy(server::CallInfo,
                                                                  s3::PutBucketPolicyRequest request) override {
    policy = *request.policy;
    co_return s3::PutBucketPolicyResponse();
  }
  rt::Task<Result<s3::GetBucketPolicyResponse>> get_bucket_policy(server::CallInfo,
                                                                  s3::GetBucketPolicyRequest) override {
    if (policy.empty())
      co_return fail(
          server::fault(ErrorKind::not_found, "NoSuchBucketPolicy", "The bucket policy does not exist", 404));
    s3::GetBucketPolicyResponse response;
    response.policy = policy;
    co_return response;
  }
  rt::Task<Result<s3::PutPublicAccessBlockResponse>> put_public_access_block(
      server::CallInfo, s3::PutPublicAccessBlockRequest request) override {
    block = *request.public_access_block_configuration;
    co_return s3::PutPublicAccessBlockResponse();
  }
  rt::Task<Result<s3::GetPublicAccessBlockResponse>> get_public_access_block(server::CallInfo,
                                                                             s3::GetPublicAccessBlockRequest) override {
    s3::GetPublicAccessBlockResponse response;
    response.public_access_block_configuration = block;
    co_return response;
  }

  std::map<std::string, std::map<std::string, Object>> buckets;
  std::map<std::int32_t, std::string> parts;
  std::string location;
  std::string policy;
  s3::PublicAccessBlockConfiguration block;

 private:
  static Error no_bucket() {
    return server::fault(ErrorKind::not_found, "NoSuchBucket", "The specified bucket does not exist", 404);
  }
  static Error no_key() {
    return server::fault(ErrorKind::not_found, "NoSuchKey", "The specified key does not exist.", 404);
  }
  const Object* find(const std::string& bucket, const std::string& key) const {
    const auto in = buckets.find(bucket);
    if (in == buckets.end()) return nullptr;
    const auto object = in->second.find(key);
    return object == in->second.end() ? nullptr : &object->second;
  }
};

}  // namespace postern::aws::models_test
