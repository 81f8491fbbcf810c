#pragma once

/// Signatures of aws-chunked bodies, each chained to the one before
/// (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html), and which services sign how.

#include <string_view>

#include "aws/core/sigv4.hpp"
#include "aws/core/spec.hpp"

namespace postern::aws {

/// How a client signs requests of the service.
SigningOptions client_signing(const ServiceSpec& service);
/// What a server of the service accepts: with s3_rules unsigned and chunked payloads too.
SigningOptions server_signing(const ServiceSpec& service);

/// A value of x-amz-content-sha256 that stands for a body whose hash is not part of the signature.
bool is_streaming_payload(std::string_view content_sha256) noexcept;

/// Server: true when x-amz-content-sha256 asks for no signatures in the body, or every chunk (and the trailer) has its
/// right one. `seed` is the request's own signature.
bool chunks_are_signed(Signer& signer, const http::Request& request, std::string_view access_key_id,
                       std::string_view secret_access_key, const SigningScope& scope, std::string_view seed);

}  // namespace postern::aws
