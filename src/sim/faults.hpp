#pragma once

/// Faults as a wrapper: the simulator itself never misbehaves.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aws/core/spec.hpp"
#include "http/client.hpp"

namespace postern::sim {

enum class FaultKind : std::uint8_t {
  throttle,         ///< the service's own form, not executed
  server_error,     ///< 500, not executed
  lost_reply,       ///< executed; the connection ends without an answer
  failed_reply,     ///< executed; 500 all the same
  lost_request,     ///< not executed; the connection ends without an answer
  expired_token,    ///< not executed; the credentials are refused as expired
  html_page,        ///< not executed; 200 with a web page, as captive portals and proxies send
  truncated_reply,  ///< executed; the body ends in the middle
  huge_reply,       ///< not executed; 200 with `size` bytes of nothing
  nested_reply,     ///< not executed; 200 with `size` levels of nesting
  invalid_utf8,     ///< executed; the body is broken by bytes that are no UTF-8
};

/// Which calls, and what happens to them.
struct FaultRule {
  FaultRule() = default;
  FaultRule(std::string operation_glob, FaultKind fault, std::uint64_t times)
      : operation(std::move(operation_glob)), kind(fault), count(times) {}
  std::string operation = "*";  ///< glob over "ssm:SendCommand"
  FaultKind kind = FaultKind::throttle;
  std::uint64_t skip = 0;      ///< matching calls that pass first
  std::uint64_t count = 1;     ///< then so many are hit
  double probability = 1.0;    ///< of those, this share, drawn from the context's random numbers
  std::size_t size = 100'000;  ///< of huge_reply and nested_reply
  std::string retry_after;     ///< the header's value; empty: none
};

/// Applies the first rule that has something left for a call. A lost reply is Error{cancelled} to its caller, upon
/// which the HTTP server closes the connection. Loop thread only; the inner service outlives it.
class FaultyService final : public http::Service {
 public:
  FaultyService(http::Service& inner, std::vector<const aws::ServiceSpec*> services)
      : inner_(inner), services_(std::move(services)) {}
  void add(FaultRule rule);
  void clear() { rules_.clear(); }
  std::uint64_t applied() const noexcept { return applied_; }
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  struct Armed {
    explicit Armed(FaultRule r) : rule(std::move(r)) {}
    FaultRule rule;
    std::uint64_t seen = 0;
    std::uint64_t hit = 0;
  };
  std::optional<FaultRule> choose(const std::string& operation, rt::Random& random);
  const aws::ServiceSpec* service_of(const http::Request& request) const;

  http::Service& inner_;
  std::vector<const aws::ServiceSpec*> services_;
  std::vector<Armed> rules_;
  std::uint64_t applied_ = 0;
};

}  // namespace postern::sim
