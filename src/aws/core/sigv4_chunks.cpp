#include "aws/core/sigv4_chunks.hpp"

#include "aws/core/rest_chunks.hpp"
#include "aws/core/sigv4_crypto.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace sigv4_chunks {

constexpr std::string_view kSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
constexpr std::string_view kTrailer = "-TRAILER";

SigningOptions s3_options() {
  SigningOptions options;
  options.path = SigningOptions::Path::as_is;
  options.escape = SigningOptions::Escape::as_is;
  options.content_header = SigningOptions::ContentHeader::add;
  return options;
}

}  // namespace sigv4_chunks

SigningOptions client_signing(const ServiceSpec& service) {
  return service.s3_rules ? sigv4_chunks::s3_options() : SigningOptions();
}

SigningOptions server_signing(const ServiceSpec& service) {
  SigningOptions options = client_signing(service);
  options.unsigned_payload = service.s3_rules;
  return options;
}

bool is_streaming_payload(std::string_view content_sha256) noexcept {
  return content_sha256.starts_with(sigv4_chunks::kSigned) || content_sha256 == sigv4_chunks::kUnsigned;
}

bool chunks_are_signed(Signer& signer, const http::Request& request, std::string_view access_key_id,
                       std::string_view secret_access_key, const SigningScope& scope, std::string_view seed) {
  const std::string_view declared = request.headers.get("x-amz-content-sha256");
  if (!declared.starts_with(sigv4_chunks::kSigned)) return true;
  const auto body = parse_chunks(request.body);
  if (!body) return false;
  const std::string empty_hash = signer.sha256_hex(std::string_view());
  const auto sign = [&](const char* algorithm, std::string_view previous, const std::string& what) {
    std::string text = algorithm + std::string("\n") + scope.timestamp + '\n' + scope.to_text() + '\n';
    text.append(previous).append("\n").append(what);
    return signer.sign_string(access_key_id, secret_access_key, scope, text);
  };
  std::string previous(seed);
  for (const auto& chunk : body->chunks) {
    previous = sign("AWS4-HMAC-SHA256-PAYLOAD", previous, empty_hash + '\n' + signer.sha256_hex(chunk.data));
    if (!equal_constant_time(previous, chunk.signature)) return false;
  }
  if (!declared.ends_with(sigv4_chunks::kTrailer)) return body->trailers.empty();
  std::string trailers;
  for (const auto& [name, value] : body->trailers)
    trailers.append(to_lower(name)).append(":").append(value).append("\n");
  const std::string expected = sign("AWS4-HMAC-SHA256-TRAILER", previous, signer.sha256_hex(trailers));
  return equal_constant_time(expected, body->trailer_signature);
}

}  // namespace postern::aws
