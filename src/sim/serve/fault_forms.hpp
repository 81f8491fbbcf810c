#pragma once

/// What faults look like on the wire, service by service (aws.md 1.10, 4.1, 7.2, 7.3). Private to serve.

#include "aws/core/codec.hpp"
#include "aws/core/spec.hpp"
#include "http/message.hpp"
#include "sim/serve/faults.hpp"

namespace postern::sim::fault_forms {

/// The answer to a call that never reached its service, in the protocol that the call came in.
http::Response invented(const FaultRule& rule, const aws::ServiceSpec& service, const aws::Codec& codec);
/// The service's answer, made wrong. `page_token` is remembered between the answers of one rule.
http::Response spoiled(const FaultRule& rule, const aws::ServiceSpec& service, http::Response response,
                       std::string& page_token);
/// Whether the call reaches the service before the fault does its work.
bool executes(FaultKind kind) noexcept;
/// Whether the request asks for a page after the first.
bool has_page_token(const http::Request& request);

}  // namespace postern::sim::fault_forms
