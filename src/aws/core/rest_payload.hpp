#pragma once

/// Bodies of REST requests: raw payloads, checksums, and the aws-chunked coding.

#include <string>
#include <string_view>

#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// Appends a blob's bytes, a text, or any other scalar.
void append_raw_payload(std::string& body, const Shape& shape, const void* value);

/// Client: the checksum that the operation requires or that a header asks for (x-amz-sdk-checksum-algorithm), unless
/// there is one already. Errors: usage for an algorithm that is not known, internal when OpenSSL lacks it.
Result<void> add_body_checksum(const OperationSpec& op, http::Request& request);

/// Server: takes the aws-chunked coding off (the trailers become headers, Content-Length tells the decoded size) and
/// checks Content-MD5 and x-amz-checksum-*. To be called after the signature has been checked. Errors are usage with an
/// AwsFault: IncompleteBody, InvalidDigest, BadDigest, InvalidRequest, MalformedTrailerError.
Result<void> open_payload(const OperationSpec& op, http::Request& request);

}  // namespace postern::aws
