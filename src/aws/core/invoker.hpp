#pragma once

/// How a call is made: the decorators of Invoker, composed in make_invoker(), which reads top to bottom.

#include <cstdint>
#include <memory>
#include <string>

#include "aws/core/call.hpp"
#include "aws/core/endpoints.hpp"
#include "aws/core/rate_limiter.hpp"
#include "aws/core/retry.hpp"
#include "aws/core/sigv4.hpp"
#include "http/client.hpp"

namespace postern::aws {

enum class AccessMode : std::uint8_t { read_write, read_only };

struct InvokerOptions {
  InvokerOptions() = default;
  AccessMode mode = AccessMode::read_write;
  RetryOptions retry;
  Duration attempt_timeout = std::chrono::seconds(60);  ///< of one attempt, connecting included
  Duration call_timeout = std::chrono::minutes(5);      ///< of all attempts together, when ctx has no sooner deadline
  std::string user_agent = "postern";
};

/// The client is borrowed and outlives the invoker.
struct InvokerParts {
  InvokerParts(http::Client& c, EndpointConfig e) : client(&c), endpoints(std::move(e)) {}
  http::Client* client;
  EndpointConfig endpoints;
};

/// The whole pipeline: explain, read-only switch, retry, rate limit, then endpoint, credentials, signature, HTTP.
std::unique_ptr<Invoker> make_invoker(InvokerParts parts, InvokerOptions options);

}  // namespace postern::aws
