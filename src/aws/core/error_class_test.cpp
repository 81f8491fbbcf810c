#include "aws/core/error_class.hpp"

#include <gtest/gtest.h>

namespace postern::aws {
namespace {

struct ErrorClassCase {
  ErrorClassCase(std::string_view c, int s, ErrorKind k, RetryClass r) : code(c), status(s), kind(k), retry(r) {}
  std::string_view code;
  int status;
  ErrorKind kind;
  RetryClass retry;
};

TEST(ErrorClass, CodeDecidesBeforeStatus) {
  const ErrorClassCase cases[] = {
      {"ThrottlingException", 400, ErrorKind::throttled, RetryClass::throttle},
      {"RequestLimitExceeded", 503, ErrorKind::throttled, RetryClass::throttle},
      {"AccessDeniedException", 400, ErrorKind::denied, RetryClass::never},
      {"AccessDenied", 403, ErrorKind::denied, RetryClass::never},
      {"UnauthorizedOperation", 403, ErrorKind::denied, RetryClass::never},
      {"ExpiredToken", 403, ErrorKind::credentials, RetryClass::expired_credentials},
      {"ExpiredTokenException", 400, ErrorKind::credentials, RetryClass::expired_credentials},
      {"RequestExpired", 400, ErrorKind::credentials, RetryClass::clock_skew},
      {"UnrecognizedClientException", 400, ErrorKind::credentials, RetryClass::never},
      {"InvalidClientTokenId", 403, ErrorKind::credentials, RetryClass::never},
      {"AuthFailure", 401, ErrorKind::credentials, RetryClass::clock_skew},
      {"SignatureDoesNotMatch", 403, ErrorKind::credentials, RetryClass::clock_skew},
      {"InvalidSignatureException", 400, ErrorKind::credentials, RetryClass::clock_skew},
      {"RequestTimeTooSkewed", 403, ErrorKind::credentials, RetryClass::clock_skew},
      {"ValidationException", 400, ErrorKind::service, RetryClass::never},
      {"InvalidInstanceId", 400, ErrorKind::service, RetryClass::never},
      {"DryRunOperation", 412, ErrorKind::service, RetryClass::never},
      {"InternalServerError", 500, ErrorKind::unavailable, RetryClass::transient},
      {"RequestTimeout", 400, ErrorKind::unavailable, RetryClass::transient},
      {"IDPCommunicationError", 400, ErrorKind::unavailable, RetryClass::transient},
      {"UnknownOperationException", 404, ErrorKind::unsupported, RetryClass::never},
      {"SomethingNew", 500, ErrorKind::unavailable, RetryClass::transient},
      {"SomethingNew", 429, ErrorKind::throttled, RetryClass::throttle},
      {"SomethingNew", 404, ErrorKind::service, RetryClass::never},
      {"", 503, ErrorKind::unavailable, RetryClass::transient},
      {"", 429, ErrorKind::throttled, RetryClass::throttle},
      {"", 403, ErrorKind::denied, RetryClass::never},
      {"", 401, ErrorKind::credentials, RetryClass::never},
      {"", 404, ErrorKind::not_found, RetryClass::never},
      {"", 501, ErrorKind::unsupported, RetryClass::never},
      {"", 301, ErrorKind::service, RetryClass::never},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(classify(c.code, c.status), c.kind) << c.code << ' ' << c.status;
    AwsFault fault;
    fault.code = c.code;
    fault.http_status = c.status;
    const Error error = Error(classify(c.code, c.status), "x").aws(fault);
    EXPECT_EQ(retry_class(error), c.retry) << c.code << ' ' << c.status;
  }
}

TEST(ErrorClass, TransportErrorsGoByKind) {
  EXPECT_EQ(retry_class(Error(ErrorKind::unavailable, "connection reset")), RetryClass::transient);
  EXPECT_EQ(retry_class(Error(ErrorKind::timeout, "no answer")), RetryClass::transient);
  EXPECT_EQ(retry_class(Error(ErrorKind::cancelled, "stopped")), RetryClass::never);
  EXPECT_EQ(retry_class(Error(ErrorKind::malformed, "HTML")), RetryClass::never);
  EXPECT_EQ(retry_class(Error(ErrorKind::refused, "read-only")), RetryClass::never);
}

TEST(ErrorClass, RetryClassesHaveNames) {
  EXPECT_EQ(to_string(RetryClass::clock_skew), "clock_skew");
  EXPECT_EQ(to_string(RetryClass::expired_credentials), "expired_credentials");
}

}  // namespace
}  // namespace postern::aws
