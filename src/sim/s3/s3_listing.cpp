// ListObjectsV2.

#include <algorithm>

#include "base/encoding.hpp"
#include "sim/s3/s3_access.hpp"
#include "sim/s3/s3_service.hpp"
#include "sim/s3/s3_shared.hpp"

namespace postern::sim {
namespace s3_listing {

constexpr std::int32_t kKeysMax = 1000;
constexpr std::string_view kTokenMark = "1:";

std::string make_token(const std::string& last) {
  return to_base64(std::string(kTokenMark) + last);
}

Result<std::string> read_token(const std::string& token) {
  const auto text = from_base64(token);
  if (!text || !text->starts_with(kTokenMark)) {
    return fail(s3::invalid_argument("The continuation token provided is incorrect"));
  }
  return text->substr(kTokenMark.size());
}

/// The common prefix that a key rolls up into; empty when it stands for itself.
std::string rolled_up(const std::string& key, const std::string& prefix, const std::string& delimiter) {
  if (delimiter.empty()) return {};
  const std::size_t at = key.find(delimiter, prefix.size());
  return at == std::string::npos ? std::string() : key.substr(0, at + delimiter.size());
}

/// The least text that is behind everything that begins with `prefix`; empty when there is none.
std::string behind(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

/// What a page is made of.
struct Question {
  Question() = default;
  std::string prefix;
  std::string delimiter;
  std::string after;  ///< keys and prefixes up to this one have been listed
  std::int32_t max_keys = kKeysMax;
  bool encoded = false;
  bool with_owner = false;
  std::string text(const std::string& raw) const { return encoded ? percent_encode(raw, Slash::keep) : raw; }
};

void add_object(const Question& question, const std::string& key, const ObjectVersion& version,
                const std::string& owner, aws::s3::ListObjectsV2Response& response) {
  aws::s3::Object& item = response.contents.emplace_back();
  item.key = question.text(key);
  item.last_modified = version.modified;
  item.e_tag = version.e_tag;
  item.size = static_cast<std::int32_t>(version.body->size());
  item.storage_class = aws::s3::ObjectStorageClass::standard;
  if (version.checksum_kind == aws::ChecksumKind::crc32)
    item.checksum_algorithm.emplace_back(aws::s3::ChecksumAlgorithm::crc32);
  if (version.checksum_kind == aws::ChecksumKind::crc32c)
    item.checksum_algorithm.emplace_back(aws::s3::ChecksumAlgorithm::crc32c);
  if (version.checksum_kind == aws::ChecksumKind::sha256)
    item.checksum_algorithm.emplace_back(aws::s3::ChecksumAlgorithm::sha256);
  if (question.with_owner) item.owner.emplace().id = owner;
}

/// Fills one page; the last key or prefix on it when there is more.
std::optional<std::string> fill(const Question& question, const StoredBucket& bucket, const std::string& owner,
                                aws::s3::ListObjectsV2Response& response) {
  std::int32_t count = 0;
  std::string last;
  auto at = bucket.objects.lower_bound(std::max(question.prefix, question.after));
  while (at != bucket.objects.end() && at->first.starts_with(question.prefix)) {
    const std::string& key = at->first;
    const std::string group = rolled_up(key, question.prefix, question.delimiter);
    const std::string& shown = group.empty() ? key : group;
    const bool seen = shown <= question.after || bucket.current(key) == nullptr;
    // A group that begins before `after` and goes beyond it was listed by the page before.
    const bool listed = !group.empty() && question.after.starts_with(group);
    if (seen || listed) {
      ++at;
      continue;
    }
    if (count == question.max_keys) return last;
    ++count;
    last = shown;
    if (group.empty()) {
      add_object(question, key, *bucket.current(key), owner, response);
      ++at;
    } else {
      response.common_prefixes.emplace_back().prefix = question.text(group);
      const std::string next = behind(group);
      at = next.empty() ? bucket.objects.end() : bucket.objects.lower_bound(next);
    }
  }
  return std::nullopt;
}

}  // namespace s3_listing

Result<aws::s3::ListObjectsV2Response> S3Service::list(const Info& info, const aws::s3::ListObjectsV2Request& request) {
  using namespace s3_listing;
  TRY(const StoredBucket* bucket, find_bucket(*request.bucket, request.expected_bucket_owner));
  Question question;
  question.prefix = request.prefix.value_or("");
  question.delimiter = request.delimiter.value_or("");
  question.after = request.start_after.value_or("");
  question.max_keys = request.max_keys.value_or(kKeysMax);
  if (question.max_keys < 0) {
    return fail(s3::invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647"));
  }
  question.max_keys = std::min(question.max_keys, kKeysMax);
  question.with_owner = request.fetch_owner.value_or(false);
  if (request.encoding_type) {
    if (request.encoding_type->text() != "url")
      return fail(s3::invalid_argument("Invalid Encoding Method specified in Request"));
    question.encoded = true;
  }
  Access access("s3:ListBucket");
  access.on(s3::owned(*bucket, bucket->arn())).with("s3:max-keys", std::to_string(question.max_keys));
  if (request.prefix) access.with("s3:prefix", *request.prefix);
  if (request.delimiter) access.with("s3:delimiter", *request.delimiter);
  TRY_VOID(authorize(info, access));
  if (request.continuation_token) {
    TRY(question.after, read_token(*request.continuation_token));
  }
  aws::s3::ListObjectsV2Response response;
  response.name = bucket->name;
  response.prefix = question.text(question.prefix);
  if (request.delimiter) response.delimiter = question.text(question.delimiter);
  if (request.start_after) response.start_after = question.text(*request.start_after);
  response.max_keys = question.max_keys;
  response.encoding_type = request.encoding_type;
  response.continuation_token = request.continuation_token;
  const std::string owner = derived_hex(cloud_.config().seed, "canonical/" + bucket->account, 64);
  std::optional<std::string> last;
  if (question.max_keys > 0) last = fill(question, *bucket, owner, response);
  response.is_truncated = last.has_value();
  if (last) response.next_continuation_token = make_token(*last);
  response.key_count = static_cast<std::int32_t>(response.contents.size() + response.common_prefixes.size());
  return response;
}

rt::Task<Result<aws::s3::ListObjectsV2Response>> S3Service::list_objects_v2(Info info,
                                                                            aws::s3::ListObjectsV2Request request) {
  co_return list(info, request);
}

}  // namespace postern::sim
