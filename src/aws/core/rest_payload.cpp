#include "aws/core/rest_payload.hpp"

#include <algorithm>
#include <vector>

#include "aws/core/reply.hpp"
#include "aws/core/rest_checksum.hpp"
#include "aws/core/rest_chunks.hpp"
#include "aws/core/scalar.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace rest_payload {

constexpr std::string_view kPrefix = "x-amz-checksum-";
constexpr std::string_view kAlgorithm = "x-amz-sdk-checksum-algorithm";
constexpr std::string_view kMd5 = "Content-MD5";

/// The algorithm of a field "x-amz-checksum-crc32"; x-amz-checksum-algorithm, -mode and -type are none.
std::optional<ChecksumKind> kind_of_field(std::string_view name) noexcept {
  if (!starts_with_ignore_case(name, kPrefix)) return std::nullopt;
  return checksum_kind(name.substr(kPrefix.size()));
}

bool has_checksum(const http::Headers& headers) {
  if (headers.find(kMd5) != nullptr) return true;
  return std::any_of(headers.fields().begin(), headers.fields().end(),
                     [](const auto& field) { return kind_of_field(field.first).has_value(); });
}

/// What a header said twice would make ambiguous is taken from the trailer only when the header is not there.
Result<void> add_trailers(const OperationSpec& op, const ChunkedBody& chunked, http::Request& request) {
  for (const auto& [name, value] : chunked.trailers) {
    if (request.headers.find(name) == nullptr) request.headers.add(std::string(name), std::string(value));
  }
  for (const std::string_view part : split(request.headers.get("x-amz-trailer"), ',')) {
    const std::string_view name = trim(part);
    const bool there = name.empty() || std::any_of(chunked.trailers.begin(), chunked.trailers.end(),
                                                   [name](const auto& t) { return equals_ignore_case(t.first, name); });
    if (!there) {
      return fail(bad_request(op, "MalformedTrailerError",
                              "The request contained trailing data that was not well-formed or did not conform to our "
                              "published schema."));
    }
  }
  return Result<void>();
}

void drop_coding(http::Headers& headers) {
  std::string kept;
  for (const std::string_view part : split(headers.get("Content-Encoding"), ',')) {
    const std::string_view coding = trim(part);
    if (coding.empty() || equals_ignore_case(coding, "aws-chunked")) continue;
    kept.append(kept.empty() ? "" : ",").append(coding);
  }
  if (kept.empty())
    headers.remove("Content-Encoding");
  else
    headers.set("Content-Encoding", kept);
}

Result<void> unchunk(const OperationSpec& op, http::Request& request) {
  const auto incomplete = [&op](std::string message) { return fail(bad_request(op, "IncompleteBody", message)); };
  auto chunked = parse_chunks(request.body);
  if (!chunked) return incomplete("The request body terminated unexpectedly: " + chunked.error().message());
  std::string body;
  body.reserve(request.body.size());
  for (const auto& chunk : chunked->chunks) body += chunk.data;
  const std::string_view declared = request.headers.get("x-amz-decoded-content-length");
  if (!declared.empty() && declared != std::to_string(body.size()))
    return incomplete("You did not provide the number of bytes specified by the Content-Length HTTP header");
  TRY_VOID(add_trailers(op, *chunked, request));
  drop_coding(request.headers);
  request.headers.set("Content-Length", std::to_string(body.size()));
  request.body = std::move(body);
  return Result<void>();
}

Result<void> check_md5(const OperationSpec& op, const http::Request& request) {
  const std::string* field = request.headers.find(kMd5);
  if (field == nullptr) return Result<void>();
  const auto given = from_base64(trim(*field));
  if (!given || given->size() != 16)
    return fail(bad_request(op, "InvalidDigest", "The Content-MD5 you specified was invalid."));
  const std::string computed = checksum(ChecksumKind::md5, request.body);
  if (!computed.empty() && computed != *given)
    return fail(bad_request(op, "BadDigest", "The Content-MD5 you specified did not match what we received."));
  return Result<void>();
}

Result<void> check_fields(const OperationSpec& op, const http::Request& request) {
  for (const auto& [name, value] : request.headers.fields()) {
    const auto kind = kind_of_field(name);
    if (!kind) continue;
    const std::string computed = checksum(*kind, request.body);
    const auto given = from_base64(trim(value));
    if (!given || given->size() != computed.size()) {
      return fail(bad_request(op, "InvalidRequest", "Value for " + to_lower(name) + " header is invalid."));
    }
    if (computed != *given) {
      return fail(bad_request(
          op, "BadDigest",
          "The " + to_upper(checksum_name(*kind)) + " you specified did not match the calculated checksum."));
    }
  }
  return Result<void>();
}

}  // namespace rest_payload

void append_raw_payload(std::string& body, const Shape& shape, const void* value) {
  if (shape.kind == Kind::blob)
    body += static_cast<const Blob*>(value)->bytes;
  else
    append_scalar(body, shape, value, TimeFormat::iso8601);
}

Result<void> add_body_checksum(const OperationSpec& op, http::Request& request) {
  if (op.body_checksum == BodyChecksum::none || rest_payload::has_checksum(request.headers)) return Result<void>();
  const std::string_view asked = request.headers.get(rest_payload::kAlgorithm);
  if (asked.empty() && op.body_checksum == BodyChecksum::optional) return Result<void>();
  // MD5 is what every service takes; the object store takes CRC-32 too, which every OpenSSL configuration can do.
  ChecksumKind kind = op.service->s3_rules ? ChecksumKind::crc32 : ChecksumKind::md5;
  if (!asked.empty()) {
    const auto known = checksum_kind(asked);
    if (!known) return fail(ErrorKind::usage, "no such checksum algorithm: " + printable(asked, 40));
    kind = *known;
  }
  const std::string value = checksum(kind, request.body);
  if (value.empty()) return fail(ErrorKind::internal, "OpenSSL does not offer " + std::string(checksum_name(kind)));
  if (kind == ChecksumKind::md5) {
    request.headers.add(std::string(rest_payload::kMd5), to_base64(value));
    return Result<void>();
  }
  if (asked.empty()) request.headers.add(std::string(rest_payload::kAlgorithm), to_upper(checksum_name(kind)));
  request.headers.add(std::string(rest_payload::kPrefix) + std::string(checksum_name(kind)), to_base64(value));
  return Result<void>();
}

Result<void> open_payload(const OperationSpec& op, http::Request& request) {
  if (op.service->s3_rules && is_aws_chunked(request)) TRY_VOID(rest_payload::unchunk(op, request));
  if (op.body_checksum == BodyChecksum::none) return Result<void>();
  if (op.body_checksum == BodyChecksum::required && !rest_payload::has_checksum(request.headers)) {
    return fail(
        bad_request(op, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"));
  }
  TRY_VOID(rest_payload::check_md5(op, request));
  return rest_payload::check_fields(op, request);
}

}  // namespace postern::aws
