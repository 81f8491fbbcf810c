#include "aws/core/sigv4_verify.hpp"

#include <charconv>
#include <utility>
#include <vector>

#include "aws/core/sigv4_chunks.hpp"
#include "aws/core/sigv4_crypto.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::aws {

namespace {

constexpr std::string_view kAlgorithmName = "AWS4-HMAC-SHA256";
constexpr std::size_t kSignedHeadersMax = 100;

/// What a request claims, before anything is believed.
struct Claim {
  Claim() = default;
  std::string credential;
  std::string signed_headers;
  std::string signature;
  std::string timestamp;
  std::string token;
  std::chrono::seconds valid_for{0};  // presigned only
  bool presigned = false;
  // parts of credential
  std::string access_key_id;
  std::string date;
  std::string region;
  std::string service;
};

using ClaimResult = tl::expected<Claim, SignatureFailure>;

tl::unexpected<SignatureFailure> problem(SignatureProblem kind, std::string message) {
  return tl::unexpected<SignatureFailure>(SignatureFailure(kind, std::move(message)));
}

tl::unexpected<SignatureFailure> malformed(std::string message) {
  return problem(SignatureProblem::malformed, std::move(message));
}

std::optional<std::string> query_parameter(const http::Request& request, std::string_view name) {
  for (const std::string_view piece : split(request.query(), '&')) {
    const std::size_t equals = piece.find('=');
    if (equals != name.size() || piece.substr(0, equals) != name) continue;
    return percent_decode(piece.substr(equals + 1));
  }
  return std::nullopt;
}

ClaimResult parse_header_form(const http::Request& request, std::string_view header) {
  Claim claim;
  std::string_view rest = header.substr(kAlgorithmName.size());
  for (std::string_view part : split(rest, ',')) {
    part = trim(part);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return malformed("'" + printable(part) +
                       "' not a valid key=value pair (missing equal-sign) in Authorization header: '" +
                       printable(header) + "'.");
    }
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (key == "Credential") claim.credential = value;
    if (key == "SignedHeaders") claim.signed_headers = value;
    if (key == "Signature") claim.signature = value;
  }
  claim.timestamp = request.headers.get("X-Amz-Date");
  if (claim.timestamp.empty()) {
    // A Date header may stand in, in HTTP's form or in SigV4's.
    const std::string_view date = request.headers.get("Date");
    const auto parsed = parse_http_date(date);
    claim.timestamp = parsed ? format_basic(*parsed) : std::string(date);
  }
  claim.token = request.headers.get("X-Amz-Security-Token");
  std::string missing;
  const auto require = [&missing](const std::string& value, std::string_view text) {
    if (value.empty()) missing.append(missing.empty() ? "" : " ").append(text);
  };
  require(claim.credential, "Authorization header requires 'Credential' parameter.");
  require(claim.signature, "Authorization header requires 'Signature' parameter.");
  require(claim.signed_headers, "Authorization header requires 'SignedHeaders' parameter.");
  require(claim.timestamp, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  if (!missing.empty()) return malformed(missing + " Authorization=" + printable(header));
  return claim;
}

ClaimResult parse_query_form(const http::Request& request) {
  Claim claim;
  claim.presigned = true;
  std::string missing;
  const auto take = [&request, &missing](std::string_view name) {
    std::string value = query_parameter(request, name).value_or(std::string());
    if (value.empty()) {
      missing.append(missing.empty() ? "" : " ")
          .append("AWS query-string parameters must include '")
          .append(name)
          .append("'.");
    }
    return value;
  };
  claim.credential = take("X-Amz-Credential");
  claim.signed_headers = take("X-Amz-SignedHeaders");
  claim.signature = take("X-Amz-Signature");
  claim.timestamp = take("X-Amz-Date");
  if (!missing.empty()) return malformed(missing + " Re-examine the query-string parameters.");
  claim.token = query_parameter(request, "X-Amz-Security-Token").value_or(std::string());
  const std::string expires = query_parameter(request, "X-Amz-Expires").value_or("900");
  int seconds = -1;
  const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  constexpr int kWeek = 7 * 24 * 3600;
  if (error != std::errc() || end != expires.data() + expires.size() || seconds < 1 || seconds > kWeek) {
    return malformed("X-Amz-Expires must be a number of seconds between 1 and 604800, got: '" + printable(expires) +
                     "'");
  }
  claim.valid_for = std::chrono::seconds(seconds);
  return claim;
}

ClaimResult parse_claim(const http::Request& request) {
  const std::string_view header = request.headers.get("Authorization");
  if (header.empty()) {
    const auto algorithm = query_parameter(request, "X-Amz-Algorithm");
    if (!algorithm) return problem(SignatureProblem::missing, "Request is missing Authentication Token");
    if (*algorithm != kAlgorithmName) return malformed("Unsupported AWS 'algorithm': '" + printable(*algorithm) + "'.");
    return parse_query_form(request);
  }
  if (!header.starts_with(kAlgorithmName) ||
      (header.size() > kAlgorithmName.size() && header[kAlgorithmName.size()] != ' ')) {
    return malformed("Unsupported AWS 'algorithm': '" + printable(header.substr(0, header.find(' '))) + "'.");
  }
  return parse_header_form(request, header);
}

/// Splits the credential, whose access key id is whatever stands before the last four parts.
tl::expected<void, SignatureFailure> split_credential(Claim& claim) {
  const auto parts = split(claim.credential, '/');
  if (parts.size() != 5) {
    return malformed(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got: '" +
        printable(claim.credential) + "'");
  }
  claim.access_key_id = parts[0];
  claim.date = parts[1];
  claim.region = parts[2];
  claim.service = parts[3];
  if (parts[4] != "aws4_request") {
    return problem(
        SignatureProblem::mismatch,
        "Credential should be scoped with a valid terminator: 'aws4_request', not '" + printable(parts[4]) + "'.");
  }
  return {};
}

tl::expected<void, SignatureFailure> check_scope(const Claim& claim, const VerifyOptions& options) {
  std::string wrong;
  if (!options.region.empty() && claim.region != options.region) {
    wrong = "Credential should be scoped to a valid region, not '" + printable(claim.region) + "'. ";
  }
  if (!options.service.empty() && claim.service != options.service) {
    wrong += "Credential should be scoped to correct service: '" + options.service + "'. ";
  }
  if (claim.date != std::string_view(claim.timestamp).substr(0, 8)) {
    wrong += "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
             printable(claim.date) + "' != '" + printable(claim.timestamp.substr(0, 8)) + "', from '" +
             printable(claim.timestamp) + "'.";
  }
  if (!wrong.empty()) return problem(SignatureProblem::mismatch, std::string(trim(wrong)));
  return {};
}

tl::expected<void, SignatureFailure> check_key(const Claim& claim, const std::optional<KnownKey>& key, WallTime now) {
  const std::string_view invalid = "The security token included in the request is invalid.";
  if (!key) return problem(SignatureProblem::unknown_key, std::string(invalid));
  if (!equal_constant_time(key->session_token.reveal(), claim.token)) {
    return problem(SignatureProblem::unknown_key, std::string(invalid));
  }
  if (key->expires && now >= *key->expires) {
    return problem(SignatureProblem::expired_token, "The security token included in the request is expired");
  }
  return {};
}

tl::expected<void, SignatureFailure> check_time(const Claim& claim, WallTime at, WallTime now,
                                                const VerifyOptions& options) {
  const auto minutes = [](std::chrono::seconds span) { return std::to_string(span.count() / 60) + " min.)"; };
  const std::chrono::seconds old_max = claim.presigned ? claim.valid_for : options.skew_max;
  if (at < now - old_max) {
    return problem(SignatureProblem::expired, "Signature expired: " + claim.timestamp + " is now earlier than " +
                                                  format_basic(now - old_max) + " (" + format_basic(now) + " - " +
                                                  minutes(old_max));
  }
  if (at > now + options.skew_max) {
    return problem(SignatureProblem::not_yet_current, "Signature not yet current: " + claim.timestamp +
                                                          " is still later than " +
                                                          format_basic(now + options.skew_max) + " (" +
                                                          format_basic(now) + " + " + minutes(options.skew_max));
  }
  return {};
}

tl::expected<std::vector<std::string>, SignatureFailure> parse_signed_headers(const Claim& claim) {
  std::vector<std::string> names;
  for (const std::string_view name : split(claim.signed_headers, ';')) {
    if (name.empty() || names.size() >= kSignedHeadersMax)
      return malformed("SignedHeaders is not a list of header names.");
    names.emplace_back(name);
  }
  for (const std::string& name : names) {
    if (name == "host" || name == ":authority") return names;
  }
  return problem(SignatureProblem::mismatch,
                 "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

/// The session token was signed, or was added after signing: AWS takes both (old STS clients do the latter).
bool token_is_signed(const http::Request& request) {
  return query_parameter(request, "X-Amz-Security-Token").has_value();
}

http::Request without_query_token(const http::Request& request) {
  http::Request copy;
  copy.method = request.method;
  copy.headers = request.headers;
  copy.target = request.path();
  char separator = '?';
  for (const std::string_view piece : split(request.query(), '&')) {
    if (piece.starts_with("X-Amz-Security-Token=")) continue;
    copy.target += separator;
    copy.target += piece;
    separator = '&';
  }
  return copy;
}

bool matches(Signer& signer, const http::Request& request, const Claim& claim, const KnownKey& key, WallTime at,
             const std::vector<std::string>& names, std::string_view payload_hash, const SigningOptions& options) {
  const SigningScope scope(claim.region, claim.service, at);
  const std::string canonical = canonical_request(request, std::string_view(), names, payload_hash, options);
  std::string to_sign =
      "AWS4-HMAC-SHA256\n" + scope.timestamp + '\n' + scope.to_text() + '\n' + signer.sha256_hex(canonical);
  if (key.verify) return key.verify(to_sign, claim.signature);
  const std::string expected = signer.sign_string(claim.access_key_id, key.secret_access_key.reveal(), scope, to_sign);
  return equal_constant_time(expected, claim.signature);
}

}  // namespace

std::string claimed_access_key(const http::Request& request) {
  ClaimResult claim = parse_claim(request);
  if (!claim || !split_credential(*claim)) return std::string();
  return claim->access_key_id;
}

tl::expected<SignedBy, SignatureFailure> verify_signature(Signer& signer, const http::Request& request,
                                                          FunctionRef<std::optional<KnownKey>(std::string_view)> lookup,
                                                          WallTime now, const VerifyOptions& options) {
  ClaimResult claim = parse_claim(request);
  if (!claim) return tl::unexpected<SignatureFailure>(std::move(claim).error());
  if (auto done = split_credential(*claim); !done) return tl::unexpected<SignatureFailure>(std::move(done).error());
  const auto at = parse_basic(claim->timestamp);
  if (!at) {
    return malformed("Date must be in ISO-8601 'basic format'. Got '" + printable(claim->timestamp) +
                     "'. See http://en.wikipedia.org/wiki/ISO_8601");
  }
  auto names = parse_signed_headers(*claim);
  if (!names) return tl::unexpected<SignatureFailure>(std::move(names).error());
  const std::optional<KnownKey> key = lookup(claim->access_key_id);
  if (auto done = check_key(*claim, key, now); !done) return tl::unexpected<SignatureFailure>(std::move(done).error());
  if (auto done = check_scope(*claim, options); !done) return tl::unexpected<SignatureFailure>(std::move(done).error());
  if (auto done = check_time(*claim, *at, now, options); !done)
    return tl::unexpected<SignatureFailure>(std::move(done).error());

  const std::string body_hash = signer.sha256_hex(request.body);
  std::string payload_hash = body_hash;
  if (const std::string* declared = request.headers.find("x-amz-content-sha256"))
    payload_hash = *declared;
  else if (claim->presigned && options.signing.unsigned_payload)
    payload_hash = "UNSIGNED-PAYLOAD";
  const bool unsigned_payload =
      options.signing.unsigned_payload && (payload_hash == "UNSIGNED-PAYLOAD" || is_streaming_payload(payload_hash));
  if (payload_hash != body_hash && !unsigned_payload) {
    return problem(SignatureProblem::mismatch,
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  bool good = matches(signer, request, *claim, *key, *at, *names, payload_hash, options.signing);
  if (!good && claim->presigned && token_is_signed(request)) {
    good = matches(signer, without_query_token(request), *claim, *key, *at, *names, payload_hash, options.signing);
  }
  good = good && chunks_are_signed(signer, request, claim->access_key_id, key->secret_access_key.reveal(),
                                   SigningScope(claim->region, claim->service, *at), claim->signature);
  if (!good) {
    return problem(
        SignatureProblem::mismatch,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details.");
  }
  SignedBy by;
  by.access_key_id = claim->access_key_id;
  by.region = claim->region;
  by.service = claim->service;
  by.signed_at = *at;
  by.presigned = claim->presigned;
  return by;
}

namespace {

struct WireCode {
  std::string_view code;
  int status;
};

WireCode wire_code(SignatureProblem kind, Protocol protocol) {
  const bool json = protocol == Protocol::json || protocol == Protocol::rest_json;
  const bool ec2 = protocol == Protocol::ec2;
  const bool s3 = protocol == Protocol::rest_xml;
  const int json_status = protocol == Protocol::rest_json ? 403 : 400;
  switch (kind) {
    case SignatureProblem::missing:
      if (json) return {"MissingAuthenticationTokenException", json_status};
      return s3 ? WireCode{"AccessDenied", 403} : WireCode{"MissingAuthenticationToken", 403};
    case SignatureProblem::malformed:
      if (json) return {"IncompleteSignatureException", json_status};
      return s3 ? WireCode{"AuthorizationHeaderMalformed", 400} : WireCode{"IncompleteSignature", 400};
    case SignatureProblem::unknown_key:
      if (json) return {"UnrecognizedClientException", json_status};
      if (s3) return {"InvalidAccessKeyId", 403};
      return ec2 ? WireCode{"AuthFailure", 401} : WireCode{"InvalidClientTokenId", 403};
    case SignatureProblem::expired_token:
      if (json) return {"ExpiredTokenException", json_status};
      if (ec2) return {"RequestExpired", 400};
      return {"ExpiredToken", s3 ? 400 : 403};
    case SignatureProblem::expired:
    case SignatureProblem::not_yet_current:
      if (json) return {"InvalidSignatureException", json_status};
      if (s3) return {"RequestTimeTooSkewed", 403};
      return ec2 ? WireCode{"RequestExpired", 400} : WireCode{"SignatureDoesNotMatch", 403};
    case SignatureProblem::mismatch:
      if (json) return {"InvalidSignatureException", json_status};
      return ec2 ? WireCode{"AuthFailure", 401} : WireCode{"SignatureDoesNotMatch", 403};
  }
  return {"InternalFailure", 500};
}

}  // namespace

namespace {

/// The object store has texts of its own; empty where it says the same as the others.
std::string_view object_store_text(SignatureProblem kind) {
  switch (kind) {
    case SignatureProblem::missing:
      return "Access Denied";
    case SignatureProblem::unknown_key:
      return "The AWS Access Key Id you provided does not exist in our records.";
    case SignatureProblem::expired_token:
      return "The provided token has expired.";
    case SignatureProblem::expired:
    case SignatureProblem::not_yet_current:
      return "The difference between the request time and the current time is too large.";
    case SignatureProblem::mismatch:
      return "The request signature we calculated does not match the signature you provided. Check your key and "
             "signing "
             "method.";
    case SignatureProblem::malformed:
      break;
  }
  return {};
}

}  // namespace

WireError to_wire_error(const SignatureFailure& failure, const ServiceSpec& service) {
  const WireCode code = wire_code(failure.problem, service.protocol);
  WireError error;
  error.code = code.code;
  error.http_status = code.status;
  error.message = failure.message;
  const bool bad_pair =
      failure.problem == SignatureProblem::mismatch || failure.problem == SignatureProblem::unknown_key;
  if (service.protocol == Protocol::ec2 && bad_pair) {
    error.message = "AWS was not able to validate the provided access credentials";
  }
  if (service.s3_rules) {
    const std::string_view own = object_store_text(failure.problem);
    if (!own.empty()) error.message = own;
  }
  return error;
}

}  // namespace postern::aws
