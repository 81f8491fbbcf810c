#pragma once

/// S3: buckets and objects, enough for AWS's own tools and for the output of commands (aws.md 7.2).

#include "aws/s3/server.hpp"
#include "sim/cloud.hpp"
#include "sim/s3/store.hpp"

namespace postern::sim {

/// Buckets live in one Region and are named once over all accounts. Anonymous access, ACLs beyond the owner's,
/// encryption with customers' keys, object lock and tags are refused, not ignored. Cloud and store outlive it.
class S3Service final : public aws::s3::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  S3Service(const Cloud& cloud, Store& store) : cloud_(cloud), store_(store) {}

  Answer<aws::s3::ListBucketsResponse> list_buckets(Info info, aws::s3::ListBucketsRequest request) override;
  Answer<aws::s3::CreateBucketResponse> create_bucket(Info info, aws::s3::CreateBucketRequest request) override;
  Answer<aws::s3::DeleteBucketResponse> delete_bucket(Info info, aws::s3::DeleteBucketRequest request) override;
  Answer<aws::s3::HeadBucketResponse> head_bucket(Info info, aws::s3::HeadBucketRequest request) override;
  Answer<aws::s3::GetBucketLocationResponse> get_bucket_location(Info info,
                                                                 aws::s3::GetBucketLocationRequest request) override;
  Answer<aws::s3::GetBucketVersioningResponse> get_bucket_versioning(
      Info info, aws::s3::GetBucketVersioningRequest request) override;
  Answer<aws::s3::PutBucketVersioningResponse> put_bucket_versioning(
      Info info, aws::s3::PutBucketVersioningRequest request) override;
  Answer<aws::s3::GetBucketPolicyResponse> get_bucket_policy(Info info,
                                                             aws::s3::GetBucketPolicyRequest request) override;
  Answer<aws::s3::PutBucketPolicyResponse> put_bucket_policy(Info info,
                                                             aws::s3::PutBucketPolicyRequest request) override;
  Answer<aws::s3::DeleteBucketPolicyResponse> delete_bucket_policy(Info info,
                                                                   aws::s3::DeleteBucketPolicyRequest request) override;
  Answer<aws::s3::GetPublicAccessBlockResponse> get_public_access_block(
      Info info, aws::s3::GetPublicAccessBlockRequest request) override;
  Answer<aws::s3::PutPublicAccessBlockResponse> put_public_access_block(
      Info info, aws::s3::PutPublicAccessBlockRequest request) override;

  Answer<aws::s3::ListObjectsV2Response> list_objects_v2(Info info, aws::s3::ListObjectsV2Request request) override;
  Answer<aws::s3::PutObjectResponse> put_object(Info info, aws::s3::PutObjectRequest request) override;
  Answer<aws::s3::GetObjectResponse> get_object(Info info, aws::s3::GetObjectRequest request) override;
  Answer<aws::s3::HeadObjectResponse> head_object(Info info, aws::s3::HeadObjectRequest request) override;
  Answer<aws::s3::CopyObjectResponse> copy_object(Info info, aws::s3::CopyObjectRequest request) override;
  Answer<aws::s3::DeleteObjectResponse> delete_object(Info info, aws::s3::DeleteObjectRequest request) override;
  Answer<aws::s3::DeleteObjectsResponse> delete_objects(Info info, aws::s3::DeleteObjectsRequest request) override;

  Answer<aws::s3::CreateMultipartUploadResponse> create_multipart_upload(
      Info info, aws::s3::CreateMultipartUploadRequest request) override;
  Answer<aws::s3::UploadPartResponse> upload_part(Info info, aws::s3::UploadPartRequest request) override;
  Answer<aws::s3::CompleteMultipartUploadResponse> complete_multipart_upload(
      Info info, aws::s3::CompleteMultipartUploadRequest request) override;
  Answer<aws::s3::AbortMultipartUploadResponse> abort_multipart_upload(
      Info info, aws::s3::AbortMultipartUploadRequest request) override;

 private:
  /// The bucket, when it exists and is the expected owner's, and the caller may do `action` to it.
  Result<StoredBucket*> open_bucket(const Info& info, const std::string& name,
                                    const std::optional<std::string>& expected_owner, std::string_view action);
  /// The same about an object in it.
  Result<StoredBucket*> open_object(const Info& info, const std::string& name, const std::string& key,
                                    const std::optional<std::string>& expected_owner, std::string_view action);
  Result<StoredBucket*> find_bucket(const std::string& name, const std::optional<std::string>& expected_owner);
  /// The version that is asked for. Who may not list is not told that there is none.
  Result<const ObjectVersion*> find_version(const Info& info, const StoredBucket& bucket, const std::string& key,
                                            const std::optional<std::string>& version_id) const;
  std::string remove_one(const Info& info, StoredBucket& bucket, const std::string& key,
                         const std::optional<std::string>& version_id, bool& marker);
  Result<aws::s3::CreateBucketResponse> create(const Info& info, const aws::s3::CreateBucketRequest& request);
  Result<aws::s3::ListObjectsV2Response> list(const Info& info, const aws::s3::ListObjectsV2Request& request);
  Result<aws::s3::PutObjectResponse> put(const Info& info, aws::s3::PutObjectRequest& request);
  Result<aws::s3::CopyObjectResponse> copy(const Info& info, const aws::s3::CopyObjectRequest& request);
  Result<aws::s3::CompleteMultipartUploadResponse> complete(const Info& info,
                                                            const aws::s3::CompleteMultipartUploadRequest& request);
  WallTime now(const Info& info) const;

  const Cloud& cloud_;
  Store& store_;
};

}  // namespace postern::sim
