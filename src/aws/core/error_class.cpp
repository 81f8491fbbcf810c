#include "aws/core/error_class.hpp"

#include <algorithm>
#include <array>

namespace postern::aws {
namespace error_codes {

constexpr std::array<std::string_view, 15> kThrottle{
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "Client.RequestLimitExceeded",
};

constexpr std::array<std::string_view, 12> kTransient{
    "RequestTimeout",
    "RequestTimeoutException",
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "InternalServiceError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
    "InternalServiceException",
};

constexpr std::array<std::string_view, 6> kExpired{
    "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "TokenExpired", "InvalidToken",
};

// A wrong clock is certain for the first three and possible for the rest: a wrong key signs just as wrongly.
constexpr std::array<std::string_view, 6> kSkew{
    "RequestTimeTooSkewed",      "RequestInTheFuture",    "RequestExpired",
    "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
};

constexpr std::array<std::string_view, 12> kCredentials{
    "UnrecognizedClientException", "InvalidClientTokenId",         "AuthFailure",
    "InvalidSignatureException",   "SignatureDoesNotMatch",        "RequestTimeTooSkewed",
    "RequestInTheFuture",          "MissingAuthenticationToken",   "MissingAuthenticationTokenException",
    "IncompleteSignature",         "IncompleteSignatureException", "InvalidAccessKeyId",
};

constexpr std::array<std::string_view, 7> kDenied{
    "UnauthorizedOperation", "Client.UnauthorizedOperation", "AuthorizationError",
    "UnauthorizedAccess",    "UnauthorizedException",        "NotAuthorized",
    "ForbiddenException",
};

constexpr std::array<std::string_view, 4> kUnsupported{
    "UnknownOperationException",
    "InvalidAction",
    "UnsupportedProtocol",
    "NotImplemented",
};

// Only those that mean nothing else; most services have words of their own.
constexpr std::array<std::string_view, 7> kNotFound{
    "NotFound",      "NoSuchKey",          "NoSuchBucket",
    "NoSuchUpload",  "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration",
    "NoSuchVersion",
};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& codes, std::string_view code) noexcept {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

ErrorKind by_status(std::string_view code, int status) noexcept {
  switch (status) {
    case 401:
      return ErrorKind::credentials;
    case 403:
      return ErrorKind::denied;
    case 408:
      return ErrorKind::unavailable;
    case 429:
      return ErrorKind::throttled;
    case 501:
      return ErrorKind::unsupported;
    default:
      break;
  }
  if (status >= 500) return ErrorKind::unavailable;
  // Without a code the status is all there is: a proxy's or load balancer's answer, most likely.
  if (code.empty() && status == 404) return ErrorKind::not_found;
  if (code.empty() && status == 409) return ErrorKind::conflict;
  return ErrorKind::service;
}

}  // namespace error_codes

ErrorKind classify(std::string_view code, int http_status) noexcept {
  if (error_codes::contains(error_codes::kThrottle, code)) return ErrorKind::throttled;
  if (code.starts_with("AccessDenied") || error_codes::contains(error_codes::kDenied, code)) return ErrorKind::denied;
  if (error_codes::contains(error_codes::kExpired, code) || error_codes::contains(error_codes::kCredentials, code))
    return ErrorKind::credentials;
  if (error_codes::contains(error_codes::kTransient, code)) return ErrorKind::unavailable;
  if (error_codes::contains(error_codes::kUnsupported, code)) return ErrorKind::unsupported;
  if (error_codes::contains(error_codes::kNotFound, code)) return ErrorKind::not_found;
  return error_codes::by_status(code, http_status);
}

RetryClass retry_class(const Error& error) noexcept {
  if (const AwsFault* fault = error.aws(); fault != nullptr && !fault->code.empty()) {
    if (error_codes::contains(error_codes::kThrottle, fault->code)) return RetryClass::throttle;
    if (error_codes::contains(error_codes::kSkew, fault->code)) return RetryClass::clock_skew;
    if (error_codes::contains(error_codes::kExpired, fault->code)) return RetryClass::expired_credentials;
  }
  switch (error.kind()) {
    case ErrorKind::throttled:
      return RetryClass::throttle;
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
      return RetryClass::transient;
    default:
      return RetryClass::never;
  }
}

std::string_view to_string(RetryClass retry) noexcept {
  switch (retry) {
    case RetryClass::never:
      return "never";
    case RetryClass::transient:
      return "transient";
    case RetryClass::throttle:
      return "throttle";
    case RetryClass::clock_skew:
      return "clock_skew";
    case RetryClass::expired_credentials:
      return "expired_credentials";
  }
  return "never";
}

}  // namespace postern::aws
