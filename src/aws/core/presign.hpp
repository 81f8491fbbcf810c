#pragma once

/// URLs that carry their own signature: whoever has one may make this one request, as the signer, until it expires
/// (docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html).

#include <chrono>
#include <string>
#include <string_view>

#include "aws/core/credentials.hpp"
#include "aws/core/endpoints.hpp"
#include "aws/core/shape.hpp"
#include "aws/core/sigv4.hpp"

namespace postern::aws {

/// The longest that a signature of a URL can live.
inline constexpr std::chrono::seconds kPresignedMax = std::chrono::hours(24 * 7);

/// A URL for one operation of a service with s3_rules. Only its method, path and query are signed, so that any client
/// can send it: what the operation would say in header fields is refused (usage), a body is not part of the signature.
/// It is a secret like the credentials that it is made of, and ends no later than they do. Errors: usage, credentials,
/// unsupported for other services.
Result<Secret<>> presign(Signer& signer, const EndpointConfig& endpoints, const OperationSpec& operation,
                         ConstErased in, std::string_view region, const Credentials& credentials, WallTime now,
                         std::chrono::seconds valid_for);

}  // namespace postern::aws
