#pragma once

/// What an AWS error code means to us. Pure; the lists come from botocore's retry code, the AWS SDK reference and the
/// common-error pages of the query services (aws reference 1.10 and 7.4).

#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace postern::aws {

/// The kind of a service error by its code (namespace stripped; empty when unknown) and its HTTP status.
/// Codes that are not known and carry a 4xx status are `service`: no retry mends them.
ErrorKind classify(std::string_view code, int http_status) noexcept;

enum class RetryClass : std::uint8_t {
  never,
  transient,            ///< the peer or the path failed in a way that may pass
  throttle,             ///< slow down first
  clock_skew,           ///< sign again with the peer's clock, once, when the clocks do differ
  expired_credentials,  ///< get fresh credentials, sign again, once
};

/// What sort of retry could mend the error. Whether one may be made is another question: the operation's Effect and the
/// error's Delivery answer it. Works on decoded service errors and on the transport's own (kind alone).
RetryClass retry_class(const Error& error) noexcept;

std::string_view to_string(RetryClass retry) noexcept;

}  // namespace postern::aws
