#pragma once

/// One attempt of a call: endpoint, credentials, signature, HTTP, decoding. Nothing waits between signing and sending.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "aws/core/codec.hpp"
#include "aws/core/invoker.hpp"
#include "aws/core/sigv4.hpp"

namespace postern::aws {

/// What the retry loop and one attempt tell each other.
struct Attempt {
  Attempt() = default;
  int number = 1;
  int attempts_max = 1;
  std::string invocation_id;    ///< the same over all attempts of a call
  bool skew_corrected = false;  ///< out: the peer's clock differs from ours and we know by how much now
};

/// Remembers, per host, how far the peer's clock is from ours (RFC 9110's Date against our wall clock).
class ClockSkew {
 public:
  /// Less than this is the network's delay and the second's granularity, not skew.
  static constexpr Duration kIgnored = std::chrono::seconds(30);
  WallTime corrected(const std::string& host, WallTime now) const;
  /// Learns from an answer's Date header; true when the offset changed by more than kIgnored.
  bool learn(const std::string& host, WallTime now, std::string_view date_header);

 private:
  std::map<std::string, Duration, std::less<>> offsets_;
};

class Sender {
 public:
  Sender(InvokerParts parts, const InvokerOptions& options) : parts_(std::move(parts)), options_(&options) {}

  rt::Task<Result<void>> send(rt::CallContext ctx, const CallScope& scope, const OperationSpec& operation,
                              ConstErased in, Erased out, Attempt* attempt);

  /// Endpoints kept: services times Regions; started anew when full.
  static constexpr std::size_t kEndpointsMax = 4096;

 private:
  Result<std::shared_ptr<const ResolvedEndpoint>> endpoint_of(const ServiceSpec& service, const std::string& region);
  Result<http::Request> prepare(rt::CallContext ctx, const ResolvedEndpoint& endpoint, const OperationSpec& operation,
                                ConstErased in, const Attempt& attempt) const;
  Result<void> finish(rt::CallContext ctx, const std::string& host, const CallScope& scope,
                      const OperationSpec& operation, http::Response& response, Erased out, Attempt* attempt);

  InvokerParts parts_;
  const InvokerOptions* options_;
  std::map<std::pair<const ServiceSpec*, std::string>, std::shared_ptr<const ResolvedEndpoint>>
      endpoints_;  // looked up only
  Signer signer_;
  ClockSkew skew_;
};

}  // namespace postern::aws
