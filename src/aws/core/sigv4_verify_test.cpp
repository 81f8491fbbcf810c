#include "aws/core/sigv4_verify.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace postern::aws {
namespace {

const WallTime kSigned = parse_rfc3339("2026-11-21T03:04:05Z").value();

Credentials session_credentials() {
  Credentials credentials;
  credentials.access_key_id = "ASIAEXAMPLE";
  credentials.secret_access_key = Secret<>("secret");
  credentials.session_token = Secret<>("token");
  return credentials;
}

constexpr auto known_session = [](std::string_view id) -> std::optional<KnownKey> {
  if (id != "ASIAEXAMPLE") return std::nullopt;
  KnownKey key;
  key.secret_access_key = Secret<>("secret");
  key.session_token = Secret<>("token");
  key.expires = kSigned + std::chrono::hours(1);
  return key;
};

http::Request signed_request(Signer& signer) {
  http::Request request;
  request.method = "POST";
  request.body = "{}";
  request.headers.add("Host", "ssm.us-east-1.amazonaws.com");
  request.headers.add("Content-Type", "application/x-amz-json-1.1");
  EXPECT_TRUE(signer.sign_headers(request, "", session_credentials(), "us-east-1", "ssm", kSigned));
  return request;
}

struct BadCase {
  std::string name;
  std::function<void(http::Request&)> spoil;
  Duration later;
  SignatureProblem problem;
  std::string message;  // a part of it
};

std::vector<BadCase> bad_cases() {
  using P = SignatureProblem;
  using std::chrono::minutes;
  const auto set_auth = [](std::string value) {
    return [value](http::Request& r) { r.headers.set("Authorization", value); };
  };
  const std::string parts =
      "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261121/us-east-1/ssm/aws4_request, SignedHeaders=host, ";
  return {
      {"none", [](http::Request& r) { r.headers.remove("Authorization"); }, minutes(0), P::missing,
       "Request is missing Authentication Token"},
      {"algorithm", set_auth("AWS3 x"), minutes(0), P::malformed, "Unsupported AWS 'algorithm': 'AWS3'."},
      {"no equals", set_auth("AWS4-HMAC-SHA256 Credential"), minutes(0), P::malformed,
       "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header"},
      {"no parts", set_auth("AWS4-HMAC-SHA256 X=1"), minutes(0), P::malformed,
       "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter."},
      {"four parts", set_auth("AWS4-HMAC-SHA256 Credential=A/b/c/aws4_request, SignedHeaders=host, Signature=1"),
       minutes(0), P::malformed, "Credential must have exactly 5 slash-delimited elements"},
      {"unknown key",
       set_auth("AWS4-HMAC-SHA256 Credential=B/20261121/us-east-1/ssm/aws4_request, SignedHeaders=host, "
                "Signature=1"),
       minutes(0), P::unknown_key, "The security token included in the request is invalid."},
      {"no token", [](http::Request& r) { r.headers.remove("X-Amz-Security-Token"); }, minutes(0), P::unknown_key,
       "invalid"},
      {"signature", set_auth(parts + "Signature=abc"), minutes(0), P::mismatch, "The request signature we calculated"},
      {"host unsigned",
       set_auth("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261121/us-east-1/ssm/aws4_request, "
                "SignedHeaders=x-amz-date, Signature=1"),
       minutes(0), P::mismatch, "'Host' or ':authority' must be a 'SignedHeader'"},
      {"region",
       set_auth("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261121/eu-west-1/ssm/aws4_request, SignedHeaders=host, "
                "Signature=1"),
       minutes(0), P::mismatch, "Credential should be scoped to a valid region"},
      {"date", [](http::Request& r) { r.headers.set("X-Amz-Date", "yesterday"); }, minutes(0), P::malformed,
       "Date must be in ISO-8601 'basic format'. Got 'yesterday'"},
      {"other day", [](http::Request& r) { r.headers.set("X-Amz-Date", "20261120T030405Z"); }, minutes(0), P::mismatch,
       "Date in Credential scope does not match"},
      {"old", [](http::Request&) {}, minutes(6), P::expired,
       "Signature expired: 20261121T030405Z is now earlier than 20261121T030505Z (20261121T031005Z - 5 min.)"},
      {"future", [](http::Request&) {}, minutes(-6), P::not_yet_current,
       "Signature not yet current: 20261121T030405Z is still later than 20261121T030305Z (20261121T025805Z + 5 min.)"},
      {"session over", [](http::Request&) {}, minutes(61), P::expired_token,
       "The security token included in the request is expired"},
      {"body", [](http::Request& r) { r.body = "{ }"; }, minutes(0), P::mismatch,
       "The request signature we calculated"},
      {"declared hash", [](http::Request& r) { r.headers.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD"); }, minutes(0),
       P::mismatch, "x-amz-content-sha256"},
  };
}

TEST(VerifySignature, SaysWhatIsWrongAsAwsDoes) {
  Signer signer;
  VerifyOptions options;
  options.region = "us-east-1";
  options.service = "ssm";
  for (const BadCase& bad : bad_cases()) {
    SCOPED_TRACE(bad.name);
    http::Request request = signed_request(signer);
    ASSERT_TRUE(verify_signature(signer, request, known_session, kSigned, options));
    bad.spoil(request);
    const auto result = verify_signature(signer, request, known_session, kSigned + bad.later, options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().problem, bad.problem);
    EXPECT_NE(result.error().message.find(bad.message), std::string::npos) << result.error().message;
  }
}

TEST(VerifySignature, PresignedUrlsEndWhenTheySay) {
  Signer signer;
  http::Request request;
  ASSERT_TRUE(signer.presign_query(request, "example.com", session_credentials(), "us-east-1", "s", kSigned,
                                   std::chrono::seconds(60)));
  request.headers.add("Host", "example.com");
  EXPECT_TRUE(verify_signature(signer, request, known_session, kSigned + std::chrono::seconds(60)));
  const auto late = verify_signature(signer, request, known_session, kSigned + std::chrono::seconds(61));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().problem, SignatureProblem::expired);
  EXPECT_EQ(claimed_access_key(request), "ASIAEXAMPLE");
}

TEST(VerifySignature, EachProtocolHasItsOwnCodes) {
  struct Row {
    Protocol protocol;
    SignatureProblem problem;
    std::string_view code;
    int status;
  };
  using P = SignatureProblem;
  const Row rows[] = {
      {Protocol::json, P::missing, "MissingAuthenticationTokenException", 400},
      {Protocol::json, P::unknown_key, "UnrecognizedClientException", 400},
      {Protocol::json, P::expired, "InvalidSignatureException", 400},
      {Protocol::json, P::expired_token, "ExpiredTokenException", 400},
      {Protocol::json, P::malformed, "IncompleteSignatureException", 400},
      {Protocol::query, P::missing, "MissingAuthenticationToken", 403},
      {Protocol::query, P::unknown_key, "InvalidClientTokenId", 403},
      {Protocol::query, P::mismatch, "SignatureDoesNotMatch", 403},
      {Protocol::query, P::not_yet_current, "SignatureDoesNotMatch", 403},
      {Protocol::query, P::expired_token, "ExpiredToken", 403},
      {Protocol::ec2, P::unknown_key, "AuthFailure", 401},
      {Protocol::ec2, P::expired_token, "RequestExpired", 400},
      {Protocol::ec2, P::expired, "RequestExpired", 400},
      {Protocol::rest_json, P::mismatch, "InvalidSignatureException", 403},
      {Protocol::rest_xml, P::expired, "RequestTimeTooSkewed", 403},
  };
  for (const Row& row : rows) {
    ServiceSpec service{};
    service.protocol = row.protocol;
    const WireError error = to_wire_error(SignatureFailure(row.problem, "m"), service);
    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.http_status, row.status);
  }
}

}  // namespace
}  // namespace postern::aws
