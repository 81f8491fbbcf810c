// Objects: put, get, head, copy, delete.

#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "sim/s3/s3_access.hpp"
#include "sim/s3/s3_service.hpp"
#include "sim/s3/s3_shared.hpp"

namespace postern::sim {
namespace s3_objects {

using aws::ChecksumKind;
using s3::s3_error;

/// A part of a body: first byte and length.
struct Range {
  Range() = default;
  std::size_t first = 0;
  std::size_t length = 0;
};

std::optional<std::size_t> to_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "bytes=0-9", "bytes=5-", "bytes=-3". Absent: what makes no sense, which is ignored (RFC 9110 section 14.2), and
/// several ranges, which S3 answers whole.
Result<std::optional<Range>> parse_range(const std::optional<std::string>& text, std::size_t size) {
  if (!text || !text->starts_with("bytes=")) return std::optional<Range>();
  const std::string_view spec = trim(std::string_view(*text).substr(6));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return std::optional<Range>();
  const auto first = to_number(spec.substr(0, dash));
  const auto last = to_number(spec.substr(dash + 1));
  Range range;
  if (dash == 0) {
    if (!last) return std::optional<Range>();
    range.length = std::min(*last, size);
    range.first = size - range.length;
  } else {
    if (!first || (dash + 1 < spec.size() && !last) || (last && *last < *first)) return std::optional<Range>();
    range.first = *first;
    if (range.first < size) range.length = std::min(last.value_or(size), size - 1) - range.first + 1;
  }
  if (range.length == 0) return fail(s3_error("InvalidRange", "The requested range is not satisfiable", 416));
  return std::optional<Range>(range);
}

/// RFC 9110 section 13.2.2, as GetObject and HeadObject share it.
template <class Request>
Result<void> check_conditions(const Request& request, const ObjectVersion& version) {
  if (request.if_match) {
    if (!s3::tag_matches(*request.if_match, version.e_tag)) return fail(s3::precondition_failed());
  } else if (request.if_unmodified_since && version.modified > *request.if_unmodified_since) {
    return fail(s3::precondition_failed());
  }
  const Error unchanged = s3_error("NotModified", "Not Modified", 304);
  if (request.if_none_match) {
    if (s3::tag_matches(*request.if_none_match, version.e_tag)) return fail(unchanged);
  } else if (request.if_modified_since && version.modified <= *request.if_modified_since) {
    return fail(unchanged);
  }
  return {};
}

template <class Response>
void set_checksum(ChecksumKind kind, const std::string& value, Response& response) {
  if (kind == ChecksumKind::crc32) response.checksum_crc32 = value;
  if (kind == ChecksumKind::crc32c) response.checksum_crc32_c = value;
  if (kind == ChecksumKind::sha1) response.checksum_sha1 = value;
  if (kind == ChecksumKind::sha256) response.checksum_sha256 = value;
}

/// The checksum that came with a body; it has been compared already.
template <class Request>
void take_checksum(const Request& request, ObjectVersion& version) {
  const auto take = [&](ChecksumKind kind, const std::optional<std::string>& value) {
    if (!value) return;
    version.checksum_kind = kind;
    version.checksum = *value;
  };
  take(ChecksumKind::crc32, request.checksum_crc32);
  take(ChecksumKind::crc32c, request.checksum_crc32_c);
  take(ChecksumKind::sha1, request.checksum_sha1);
  take(ChecksumKind::sha256, request.checksum_sha256);
}

template <class Response>
void describe(const StoredBucket& bucket, const ObjectVersion& version, const ObjectHeaders& headers,
              Response& response) {
  response.accept_ranges = "bytes";
  response.last_modified = version.modified;
  response.e_tag = version.e_tag;
  if (bucket.versioning != Versioning::never) response.version_id = version.id;
  response.content_type = headers.content_type.value_or("binary/octet-stream");
  response.content_encoding = headers.content_encoding;
  response.content_language = headers.content_language;
  response.content_disposition = headers.content_disposition;
  response.cache_control = headers.cache_control;
  response.expires = headers.expires;
  for (const auto& [name, value] : headers.metadata) response.metadata.emplace(name, value);
  response.server_side_encryption = aws::s3::ServerSideEncryption::aes256;
}

void set_next_version(const StoredBucket& bucket, rt::Random& random, ObjectVersion& version) {
  if (bucket.versioning == Versioning::enabled) version.id = s3::new_id(random);
}

/// "bucket/key?versionId=x", percent-encoded, with or without a slash in front.
struct CopySource {
  CopySource() = default;
  std::string bucket;
  std::string key;
  std::optional<std::string> version_id;
};

Result<CopySource> parse_source(std::string_view text) {
  CopySource source;
  if (text.starts_with('/')) text.remove_prefix(1);
  const std::size_t query = text.find("?versionId=");
  if (query != std::string_view::npos) {
    source.version_id = std::string(text.substr(query + 11));
    text = text.substr(0, query);
  }
  const auto decoded = percent_decode(text);
  const std::size_t slash = decoded ? decoded->find('/') : std::string::npos;
  if (slash == std::string::npos || slash == 0 || slash + 1 == decoded->size()) {
    return fail(s3::invalid_argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey"));
  }
  source.bucket = decoded->substr(0, slash);
  source.key = decoded->substr(slash + 1);
  return source;
}

Result<void> check_source(const aws::s3::CopyObjectRequest& request, const ObjectVersion& version) {
  const bool wrong =
      (request.copy_source_if_match && !s3::tag_matches(*request.copy_source_if_match, version.e_tag)) ||
      (request.copy_source_if_none_match && s3::tag_matches(*request.copy_source_if_none_match, version.e_tag)) ||
      (request.copy_source_if_unmodified_since && version.modified > *request.copy_source_if_unmodified_since) ||
      (request.copy_source_if_modified_since && version.modified <= *request.copy_source_if_modified_since);
  if (wrong) return fail(s3::precondition_failed());
  return {};
}

}  // namespace s3_objects

Result<StoredBucket*> S3Service::open_object(const Info& info, const std::string& name, const std::string& key,
                                             const std::optional<std::string>& expected_owner,
                                             std::string_view action) {
  TRY_VOID(s3::check_key(key));
  TRY(StoredBucket * bucket, find_bucket(name, expected_owner));
  TRY_VOID(authorize(info, Access(std::string(action)).on(s3::owned(*bucket, bucket->arn() + "/" + key))));
  return bucket;
}

Result<const ObjectVersion*> S3Service::find_version(const Info& info, const StoredBucket& bucket,
                                                     const std::string& key,
                                                     const std::optional<std::string>& version_id) const {
  if (version_id) {
    const ObjectVersion* version = bucket.version(key, *version_id);
    if (version == nullptr) {
      return fail(s3::s3_error("NoSuchVersion", "The specified version does not exist.", 404));
    }
    if (version->delete_marker) {
      return fail(s3::s3_error("MethodNotAllowed", "The specified method is not allowed against this resource.", 405));
    }
    return version;
  }
  if (const ObjectVersion* version = bucket.current(key)) return version;
  TRY_VOID(authorize(info, Access("s3:ListBucket").on(s3::owned(bucket, bucket.arn()))));
  return fail(s3::no_such_key());
}

Result<aws::s3::PutObjectResponse> S3Service::put(const Info& info, aws::s3::PutObjectRequest& request) {
  using namespace s3_objects;
  TRY(StoredBucket * bucket,
      open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, "s3:PutObject"));
  TRY_VOID(s3::refuse_unknown(request));
  std::string body = request.body ? std::move(request.body->bytes) : std::string();
  if (!store_.fits(body.size())) return fail(s3::store_is_full());
  ObjectVersion version;
  version.e_tag = s3::quoted_hex(s3::md5(body));
  version.modified = now(info);
  version.headers = s3::headers_of(request);
  version.body = std::make_shared<const std::string>(std::move(body));
  take_checksum(request, version);
  set_next_version(*bucket, info.ctx.random(), version);
  aws::s3::PutObjectResponse response;
  response.e_tag = version.e_tag;
  response.server_side_encryption = aws::s3::ServerSideEncryption::aes256;
  if (version.checksum_kind) set_checksum(*version.checksum_kind, version.checksum, response);
  if (bucket->versioning == Versioning::enabled) response.version_id = version.id;
  store_.put(*bucket, *request.key, std::move(version));
  return response;
}

rt::Task<Result<aws::s3::PutObjectResponse>> S3Service::put_object(Info info, aws::s3::PutObjectRequest request) {
  co_return put(info, request);
}

rt::Task<Result<aws::s3::GetObjectResponse>> S3Service::get_object(Info info, aws::s3::GetObjectRequest request) {
  using namespace s3_objects;
  const char* action = request.version_id ? "s3:GetObjectVersion" : "s3:GetObject";
  CO_TRY(const StoredBucket* bucket,
         open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, action));
  CO_TRY(const ObjectVersion* version, find_version(info, *bucket, *request.key, request.version_id));
  CO_TRY_VOID(check_conditions(request, *version));
  if (request.part_number) co_return fail(s3::not_implemented("reads by part number"));
  const std::size_t size = version->body->size();
  CO_TRY(const std::optional<Range> range, parse_range(request.range, size));
  ObjectHeaders headers = version->headers;
  const auto override_by = [](const std::optional<std::string>& asked, std::optional<std::string>& header) {
    if (asked) header = asked;
  };
  override_by(request.response_content_type, headers.content_type);
  override_by(request.response_content_encoding, headers.content_encoding);
  override_by(request.response_content_language, headers.content_language);
  override_by(request.response_content_disposition, headers.content_disposition);
  override_by(request.response_cache_control, headers.cache_control);
  aws::s3::GetObjectResponse response;
  describe(*bucket, *version, headers, response);
  if (range) {
    response.body.emplace(version->body->substr(range->first, range->length));
    response.content_range = "bytes " + std::to_string(range->first) + "-" +
                             std::to_string(range->first + range->length - 1) + "/" + std::to_string(size);
  } else {
    response.body.emplace(*version->body);
  }
  // A checksum is of the whole: with a range it would not fit what is sent.
  if (request.checksum_mode && version->checksum_kind && !range) {
    set_checksum(*version->checksum_kind, version->checksum, response);
  }
  co_return response;
}

rt::Task<Result<aws::s3::HeadObjectResponse>> S3Service::head_object(Info info, aws::s3::HeadObjectRequest request) {
  using namespace s3_objects;
  const char* action = request.version_id ? "s3:GetObjectVersion" : "s3:GetObject";
  CO_TRY(const StoredBucket* bucket,
         open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, action));
  CO_TRY(const ObjectVersion* version, find_version(info, *bucket, *request.key, request.version_id));
  CO_TRY_VOID(check_conditions(request, *version));
  CO_TRY(const std::optional<Range> range, parse_range(request.range, version->body->size()));
  aws::s3::HeadObjectResponse response;
  describe(*bucket, *version, version->headers, response);
  response.content_length = static_cast<std::int64_t>(range ? range->length : version->body->size());
  if (version->parts > 0 && request.part_number) response.parts_count = static_cast<std::int32_t>(version->parts);
  if (request.checksum_mode && version->checksum_kind) {
    set_checksum(*version->checksum_kind, version->checksum, response);
  }
  co_return response;
}

Result<aws::s3::CopyObjectResponse> S3Service::copy(const Info& info, const aws::s3::CopyObjectRequest& request) {
  using namespace s3_objects;
  TRY(const CopySource source, parse_source(*request.copy_source));
  const char* action = source.version_id ? "s3:GetObjectVersion" : "s3:GetObject";
  TRY(const StoredBucket* from,
      open_object(info, source.bucket, source.key, request.expected_source_bucket_owner, action));
  TRY(const ObjectVersion* old, find_version(info, *from, source.key, source.version_id));
  TRY(StoredBucket * bucket,
      open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, "s3:PutObject"));
  TRY_VOID(s3::refuse_unknown(request));
  TRY_VOID(check_source(request, *old));
  const bool replace = request.metadata_directive && request.metadata_directive->text() == "REPLACE";
  if (from == bucket && source.key == *request.key && !source.version_id && !replace) {
    return fail(s3_error("InvalidRequest",
                         "This copy request is illegal because it is trying to copy an object to itself without "
                         "changing the object's metadata, storage class, website redirect location or encryption "
                         "attributes.",
                         400));
  }
  if (!store_.fits(old->body->size())) return fail(s3::store_is_full());
  ObjectVersion version = *old;
  version.id = "null";
  version.parts = 0;
  version.e_tag = s3::quoted_hex(s3::md5(*version.body));
  version.modified = now(info);
  if (replace) version.headers = s3::headers_of(request);
  set_next_version(*bucket, info.ctx.random(), version);
  aws::s3::CopyObjectResponse response;
  auto& result = response.copy_object_result.emplace();
  result.e_tag = version.e_tag;
  result.last_modified = version.modified;
  if (version.checksum_kind) set_checksum(*version.checksum_kind, version.checksum, result);
  if (from->versioning != Versioning::never) response.copy_source_version_id = old->id;
  if (bucket->versioning == Versioning::enabled) response.version_id = version.id;
  response.server_side_encryption = aws::s3::ServerSideEncryption::aes256;
  store_.put(*bucket, *request.key, std::move(version));
  return response;
}

rt::Task<Result<aws::s3::CopyObjectResponse>> S3Service::copy_object(Info info, aws::s3::CopyObjectRequest request) {
  co_return copy(info, request);
}

/// Removes a version, or puts a marker over the newest one; the id that the answer names, empty without versioning.
std::string S3Service::remove_one(const Info& info, StoredBucket& bucket, const std::string& key,
                                  const std::optional<std::string>& version_id, bool& marker) {
  marker = false;
  if (version_id) {
    const ObjectVersion* version = bucket.version(key, *version_id);
    marker = version != nullptr && version->delete_marker;
    (void)store_.erase(bucket, key, *version_id);
    return *version_id;
  }
  if (bucket.versioning == Versioning::never) {
    (void)store_.erase(bucket, key, "null");
    return {};
  }
  ObjectVersion version;
  version.delete_marker = true;
  version.modified = now(info);
  s3_objects::set_next_version(bucket, info.ctx.random(), version);
  std::string id = version.id;
  store_.put(bucket, key, std::move(version));
  marker = true;
  return id;
}

rt::Task<Result<aws::s3::DeleteObjectResponse>> S3Service::delete_object(Info info,
                                                                         aws::s3::DeleteObjectRequest request) {
  const char* action = request.version_id ? "s3:DeleteObjectVersion" : "s3:DeleteObject";
  CO_TRY(StoredBucket * bucket,
         open_object(info, *request.bucket, *request.key, request.expected_bucket_owner, action));
  bool marker = false;
  const std::string id = remove_one(info, *bucket, *request.key, request.version_id, marker);
  aws::s3::DeleteObjectResponse response;
  if (!id.empty()) response.version_id = id;
  if (marker) response.delete_marker = true;
  co_return response;
}

rt::Task<Result<aws::s3::DeleteObjectsResponse>> S3Service::delete_objects(Info info,
                                                                           aws::s3::DeleteObjectsRequest request) {
  constexpr std::size_t kObjectsMax = 1000;
  CO_TRY_VOID(find_bucket(*request.bucket, request.expected_bucket_owner));
  const auto& objects = request.delete_->objects;
  if (objects.empty() || objects.size() > kObjectsMax) {
    co_return fail(s3::s3_error("MalformedXML",
                                "The XML you provided was not well-formed or did not validate against our published "
                                "schema",
                                400));
  }
  const bool quiet = request.delete_->quiet.value_or(false);
  aws::s3::DeleteObjectsResponse response;
  for (const aws::s3::ObjectIdentifier& object : objects) {
    const char* action = object.version_id ? "s3:DeleteObjectVersion" : "s3:DeleteObject";
    Result<StoredBucket*> bucket = open_object(info, *request.bucket, *object.key, std::nullopt, action);
    if (!bucket) {
      aws::s3::Error& error = response.errors.emplace_back();
      error.key = object.key;
      error.version_id = object.version_id;
      error.code = bucket.error().aws() == nullptr ? "InternalError" : bucket.error().aws()->code;
      error.message = bucket.error().message();
      continue;
    }
    bool marker = false;
    const std::string id = remove_one(info, **bucket, *object.key, object.version_id, marker);
    if (quiet) continue;
    aws::s3::DeletedObject& deleted = response.deleted.emplace_back();
    deleted.key = object.key;
    deleted.version_id = object.version_id;
    if (marker) {
      deleted.delete_marker = true;
      deleted.delete_marker_version_id = id;
    }
  }
  co_return response;
}

}  // namespace postern::sim
