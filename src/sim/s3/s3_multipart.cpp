// Multipart uploads.

#include "base/encoding.hpp"
#include "sim/s3/s3_service.hpp"
#include "sim/s3/s3_shared.hpp"

namespace postern::sim {
namespace s3_multipart {

constexpr std::int32_t kPartsMax = 10'000;
constexpr std::size_t kPartMin = 5U << 20U;

Result<void> check_order(const std::vector<aws::s3::CompletedPart>& parts) {
  std::int32_t before = 0;
  for (const aws::s3::CompletedPart& part : parts) {
    const std::int32_t number = part.part_number.value_or(0);
    if (number <= before) {
      return fail(
          s3::s3_error("InvalidPartOrder",
                       "The list of parts was not in ascending order. The parts list must be specified in order "
                       "by part number.",
                       400));
    }
    before = number;
  }
  return {};
}

/// Puts the parts together; the entity tag is that of their digests.
Result<ObjectVersion> join_parts(const Upload& upload, const std::vector<aws::s3::CompletedPart>& parts) {
  std::string body;
  std::string digests;
  for (const aws::s3::CompletedPart& wanted : parts) {
    const auto found = upload.parts.find(*wanted.part_number);
    const bool same = found != upload.parts.end() && wanted.e_tag &&
                      s3::tag_matches(*wanted.e_tag, s3::quoted_hex(found->second.digest));
    if (!same) {
      return fail(s3::s3_error("InvalidPart",
                               "One or more of the specified parts could not be found.  The part may not have been "
                               "uploaded, or the specified entity tag may not match the part's entity tag.",
                               400));
    }
    const bool last = &wanted == &parts.back();
    if (!last && found->second.body.size() < kPartMin) {
      return fail(s3::s3_error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400));
    }
    body += found->second.body;
    digests += found->second.digest;
  }
  ObjectVersion version;
  version.e_tag = "\"" + to_hex(s3::md5(digests)) + "-" + std::to_string(parts.size()) + "\"";
  version.body = std::make_shared<const std::string>(std::move(body));
  version.parts = parts.size();
  version.headers = upload.headers;
  return version;
}

}  // namespace s3_multipart

rt::Task<Result<aws::s3::CreateMultipartUploadResponse>> S3Service::create_multipart_upload(
    Info info, aws::s3::CreateMultipartUploadRequest request) {
  CO_TRY_VOID(open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, "s3:PutObject"));
  CO_TRY_VOID(s3::refuse_unknown(request));
  if (!store_.fits(0)) co_return fail(s3::store_is_full());
  Upload upload;
  upload.bucket = *request.bucket;
  upload.key = *request.key;
  upload.account = info.caller.account_id;
  upload.headers = s3::headers_of(request);
  aws::s3::CreateMultipartUploadResponse response;
  response.bucket = request.bucket;
  response.key = request.key;
  response.upload_id = s3::new_id(info.ctx.random());
  response.server_side_encryption = aws::s3::ServerSideEncryption::aes256;
  response.checksum_algorithm = request.checksum_algorithm;
  store_.add_upload(*response.upload_id, std::move(upload));
  co_return response;
}

rt::Task<Result<aws::s3::UploadPartResponse>> S3Service::upload_part(Info info, aws::s3::UploadPartRequest request) {
  CO_TRY_VOID(open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, "s3:PutObject"));
  if (request.sse_customer_algorithm) co_return fail(s3::not_implemented("encryption with customers' keys"));
  if (*request.part_number < 1 || *request.part_number > s3_multipart::kPartsMax) {
    co_return fail(s3::invalid_argument("Part number must be an integer between 1 and 10000, inclusive"));
  }
  Upload* upload = store_.find_upload(*request.upload_id);
  if (upload == nullptr || upload->bucket != *request.bucket || upload->key != *request.key)
    co_return fail(s3::no_such_upload());
  UploadedPart part;
  if (request.body) part.body = std::move(request.body->bytes);
  if (!store_.fits(part.body.size())) co_return fail(s3::store_is_full());
  part.digest = s3::md5(part.body);
  part.modified = now(info);
  aws::s3::UploadPartResponse response;
  response.e_tag = s3::quoted_hex(part.digest);
  response.server_side_encryption = aws::s3::ServerSideEncryption::aes256;
  response.checksum_crc32 = request.checksum_crc32;
  response.checksum_crc32_c = request.checksum_crc32_c;
  response.checksum_sha1 = request.checksum_sha1;
  response.checksum_sha256 = request.checksum_sha256;
  store_.put_part(*upload, *request.part_number, std::move(part));
  co_return response;
}

Result<aws::s3::CompleteMultipartUploadResponse> S3Service::complete(
    const Info& info, const aws::s3::CompleteMultipartUploadRequest& request) {
  TRY(StoredBucket * bucket,
      open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, "s3:PutObject"));
  const Upload* upload = store_.find_upload(*request.upload_id);
  if (upload == nullptr || upload->bucket != *request.bucket || upload->key != *request.key)
    return fail(s3::no_such_upload());
  if (!request.multipart_upload || request.multipart_upload->parts.empty()) {
    return fail(s3::s3_error("MalformedXML",
                             "The XML you provided was not well-formed or did not validate against our published "
                             "schema",
                             400));
  }
  const auto& parts = request.multipart_upload->parts;
  TRY_VOID(s3_multipart::check_order(parts));
  TRY(ObjectVersion version, s3_multipart::join_parts(*upload, parts));
  version.modified = now(info);
  if (bucket->versioning == Versioning::enabled) version.id = s3::new_id(info.ctx.random());
  aws::s3::CompleteMultipartUploadResponse response;
  response.location =
      "https://" + bucket->name + ".s3." + bucket->region + ".amazonaws.com/" + percent_encode(*request.key);
  response.bucket = request.bucket;
  response.key = request.key;
  response.e_tag = version.e_tag;
  response.server_side_encryption = aws::s3::ServerSideEncryption::aes256;
  if (bucket->versioning == Versioning::enabled) response.version_id = version.id;
  store_.remove_upload(*request.upload_id);
  store_.put(*bucket, *request.key, std::move(version));
  return response;
}

rt::Task<Result<aws::s3::CompleteMultipartUploadResponse>> S3Service::complete_multipart_upload(
    Info info, aws::s3::CompleteMultipartUploadRequest request) {
  co_return complete(info, request);
}

rt::Task<Result<aws::s3::AbortMultipartUploadResponse>> S3Service::abort_multipart_upload(
    Info info, aws::s3::AbortMultipartUploadRequest request) {
  CO_TRY_VOID(
      open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, "s3:AbortMultipartUpload"));
  const Upload* upload = store_.find_upload(*request.upload_id);
  if (upload == nullptr || upload->bucket != *request.bucket || upload->key != *request.key)
    co_return fail(s3::no_such_upload());
  store_.remove_upload(*request.upload_id);
  co_return aws::s3::AbortMultipartUploadResponse();
}

}  // namespace postern::sim
