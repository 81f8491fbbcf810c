#pragma once

/// Buckets in host names ("name.s3.us-east-1.amazonaws.com/key") and in paths ("/name/key"): services with
/// ServiceSpec::s3_rules know both (docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).

#include <span>
#include <string>
#include <string_view>

#include "aws/core/spec.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// A name that is one DNS label, so that a certificate for *.s3... covers it.
bool is_host_bucket(std::string_view bucket) noexcept;

/// Client: moves the bucket out of the target of a request in path style when the operation has one that may stand in a
/// host name. Returns what goes before the endpoint's host, "name." or nothing.
std::string move_bucket_to_host(const OperationSpec& op, http::Request& request);

/// Server: the bucket that the Host field names: what stands before "s3." or "s3-" of AWS's own names, or before one of
/// `bases` ("localhost"). Empty when it names none. A port is ignored. Points into `host`.
std::string_view bucket_in_host(std::string_view host, std::span<const std::string> bases) noexcept;

/// Server: the target in path style, whatever the host is.
std::string path_style_target(const http::Request& request, std::span<const std::string> bases);

}  // namespace postern::aws
