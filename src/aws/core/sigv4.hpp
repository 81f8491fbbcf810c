#pragma once

/// AWS Signature Version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html): every
/// stage as a pure function, and Signer, which does all of them with cached keys. The server half is in
/// sigv4_verify.hpp.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/credentials.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// How a request is canonicalised and what is added to it. The defaults are those of every service but S3.
struct SigningOptions {
  enum class Path : std::uint8_t { normalize, as_is };    ///< resolve "." and "..", drop doubled slashes; S3: as_is
  enum class Escape : std::uint8_t { again, as_is };      ///< encode the encoded path once more; S3: as_is
  enum class ContentHeader : std::uint8_t { omit, add };  ///< x-amz-content-sha256; S3: add
  enum class Token : std::uint8_t { signed_in, added_after };  ///< whether the session token is part of what is signed
  SigningOptions() = default;
  Path path = Path::normalize;
  Escape escape = Escape::again;
  ContentHeader content_header = ContentHeader::omit;
  Token token = Token::signed_in;
  bool unsigned_payload = false;  ///< sign "UNSIGNED-PAYLOAD" instead of the body's hash (S3 over TLS)
};

/// Date, Region and service of a signature.
struct SigningScope {
  SigningScope(std::string_view region_name, std::string_view service_name, WallTime at)
      : region(region_name), service(service_name), timestamp(format_basic(at)) {}
  std::string_view region;   ///< borrowed
  std::string_view service;  ///< borrowed; the signing name, "ssm"
  std::string timestamp;     ///< "20150830T123600Z"
  std::string_view date() const noexcept { return std::string_view(timestamp).substr(0, 8); }
  /// "20150830/us-east-1/service/aws4_request".
  std::string to_text() const;
};

/// The lower-case, sorted names of the headers to sign: all but those that proxies and HTTP stacks change on the way.
/// "host" is always among them.
std::vector<std::string> headers_to_sign(const http::Headers& headers);

/// Stage 1. `host` is used when the request has no Host field; `signed_headers` are lower-case and sorted;
/// `payload_hash` is 64 hex digits or "UNSIGNED-PAYLOAD". A query parameter X-Amz-Signature is left out.
std::string canonical_request(const http::Request& request, std::string_view host,
                              std::span<const std::string> signed_headers, std::string_view payload_hash,
                              const SigningOptions& options);
/// Stage 2.
std::string string_to_sign(const SigningScope& scope, std::string_view canonical_request);
/// Stage 3: 64 lower-case hex digits.
std::string signature(std::string_view secret_access_key, const SigningScope& scope, std::string_view string_to_sign);

/// Signs requests. Owns the fetched algorithms, a bounded, least-recently-used cache of derived keys under (access key
/// id, date, Region, service, hash of the secret), and one context, keyed with the last. Loop thread only; secrets are
/// wiped with it.
class Signer {
 public:
  /// Derived keys kept: 1,000 accounts in two Regions with two services fit.
  static constexpr std::size_t kDefaultKeys = 4096;
  explicit Signer(std::size_t keys_max = kDefaultKeys);
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  /// Adds X-Amz-Security-Token (with a session), X-Amz-Date, x-amz-content-sha256 (if asked for) and Authorization;
  /// what an earlier signature left of them is replaced. `host` is the Host header that will be sent. Errors:
  /// credentials when the key is incomplete, internal when OpenSSL offers no SHA-256.
  Result<void> sign_headers(http::Request& request, std::string_view host, const Credentials& credentials,
                            std::string_view region, std::string_view service, WallTime now,
                            const SigningOptions& options = SigningOptions());

  /// Appends the X-Amz-* parameters and the signature to the target's query; headers stay as they are. Same errors.
  Result<void> presign_query(http::Request& request, std::string_view host, const Credentials& credentials,
                             std::string_view region, std::string_view service, WallTime now,
                             std::chrono::seconds valid_for, const SigningOptions& options = SigningOptions());

  /// 64 hex digits with the cached key: the last stage alone, for the server half.
  std::string sign_string(std::string_view access_key_id, std::string_view secret_access_key, const SigningScope& scope,
                          std::string_view string_to_sign);
  std::string sha256_hex(std::string_view data);
  bool ok() const noexcept;
  std::size_t cached_keys() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::aws
