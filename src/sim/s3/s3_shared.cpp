#include "sim/s3/s3_shared.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::sim::s3 {

Error s3_error(std::string code, std::string message, int status) {
  const ErrorKind kind = status == 404   ? ErrorKind::not_found
                         : status == 403 ? ErrorKind::denied
                         : status == 409 ? ErrorKind::conflict
                                         : ErrorKind::usage;
  return aws::server::fault(kind, std::move(code), std::move(message), status);
}

Error no_such_bucket() {
  return s3_error("NoSuchBucket", "The specified bucket does not exist", 404);
}

Error no_such_key() {
  return s3_error("NoSuchKey", "The specified key does not exist.", 404);
}

Error no_such_upload() {
  return s3_error("NoSuchUpload",
                  "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                  "aborted or completed.",
                  404);
}

Error invalid_argument(std::string message) {
  return s3_error("InvalidArgument", std::move(message), 400);
}

Error not_implemented(std::string_view what) {
  return s3_error(
      "NotImplemented",
      "A header you provided implies functionality that is not implemented: this simulator does not offer " +
          std::string(what),
      501);
}

Error store_is_full() {
  return s3_error("ServiceUnavailable", "This simulator's object store is full: remove objects", 503);
}

Error precondition_failed() {
  return s3_error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412);
}

std::string md5(std::string_view body) {
  return aws::checksum(aws::ChecksumKind::md5, body);
}

std::string quoted_hex(std::string_view digest) {
  return "\"" + to_hex(digest) + "\"";
}

std::string new_id(rt::Random& random) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
  std::string id;
  for (int i = 0; i < 32; ++i) id.push_back(kAlphabet[random.below(kAlphabet.size())]);
  return id;
}

bool tag_matches(std::string_view condition, std::string_view e_tag) {
  if (trim(condition) == "*") return true;
  const auto bare = [](std::string_view tag) {
    tag = trim(tag);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
    return tag;
  };
  for (const std::string_view one : split(condition, ',')) {
    if (bare(one) == bare(e_tag)) return true;
  }
  return false;
}

Result<void> check_key(const std::string& key) {
  constexpr std::size_t kKeyMax = 1024;
  if (key.size() > kKeyMax) return fail(s3_error("KeyTooLongError", "Your key is too long", 400));
  if (!is_utf8(key)) return fail(s3_error("InvalidURI", "Couldn't parse the specified URI.", 400));
  return {};
}

}  // namespace postern::sim::s3
