#pragma once

/// What the parts of S3 share: errors, refusals, entity tags. Private to s3.

#include <optional>
#include <string>
#include <string_view>

#include "aws/core/server.hpp"
#include "sim/s3/store.hpp"

namespace postern::sim::s3_buckets {

/// Whether a bucket may have the name. Fails with InvalidBucketName.
Result<void> check_name(const std::string& name);

}  // namespace postern::sim::s3_buckets

namespace postern::sim::s3 {

Error s3_error(std::string code, std::string message, int status);
Error no_such_bucket();
Error no_such_key();
Error no_such_upload();
Error invalid_argument(std::string message);
/// For what S3 can do and this simulator cannot.
Error not_implemented(std::string_view what);
Error store_is_full();
Error precondition_failed();

/// MD5, raw bytes.
std::string md5(std::string_view body);
/// "\"<hex>\"".
std::string quoted_hex(std::string_view digest);
/// 32 letters and digits.
std::string new_id(rt::Random& random);
/// If-Match and If-None-Match: "*", or a list of tags with or without quotes.
bool tag_matches(std::string_view condition, std::string_view e_tag);
/// 1 to 1024 bytes of UTF-8.
Result<void> check_key(const std::string& key);

/// Refuses members that would have an effect in AWS and have none here.
template <class Request>
Result<void> refuse_unknown(const Request& request) {
  if (request.sse_customer_algorithm || request.sse_customer_key)
    return fail(not_implemented("encryption with customers' keys"));
  if (request.server_side_encryption && request.server_side_encryption->text() != "AES256")
    return fail(not_implemented("encryption other than AES256"));
  if (request.storage_class && request.storage_class->text() != "STANDARD")
    return fail(not_implemented("storage classes other than STANDARD"));
  if (request.website_redirect_location) return fail(not_implemented("website redirects"));
  if (request.tagging && !request.tagging->empty()) return fail(not_implemented("object tags"));
  if (request.object_lock_mode || request.object_lock_legal_hold_status) return fail(not_implemented("object lock"));
  const bool grants = request.grant_full_control || request.grant_read || request.grant_read_acp;
  const bool own =
      !request.acl || request.acl->text() == "private" || request.acl->text() == "bucket-owner-full-control";
  if (grants || !own) {
    return fail(s3_error("AccessControlListNotSupported", "The bucket does not allow ACLs", 400));
  }
  return {};
}

template <class Request>
ObjectHeaders headers_of(const Request& request) {
  ObjectHeaders headers;
  headers.content_type = request.content_type;
  headers.content_encoding = request.content_encoding;
  headers.content_language = request.content_language;
  headers.content_disposition = request.content_disposition;
  headers.cache_control = request.cache_control;
  headers.expires = request.expires;
  for (const auto& [name, value] : request.metadata) headers.metadata.emplace(name, value);
  return headers;
}

}  // namespace postern::sim::s3
