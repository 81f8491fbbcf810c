#pragma once

/// Faults as a wrapper: the simulator itself never misbehaves.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/service_router.hpp"
#include "http/client.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

enum class FaultKind : std::uint8_t {
  delay,            ///< executed and answered, later; the only kind that lets later rules have their say
  throttle,         ///< the service's own form, not executed
  server_error,     ///< 500, not executed
  html_error,       ///< 502 with a web page, not executed
  lost_reply,       ///< executed; the connection ends without an answer
  failed_reply,     ///< executed; 500 all the same
  lost_request,     ///< not executed; the connection ends without an answer
  expired_token,    ///< not executed; the credentials are refused as expired
  html_page,        ///< not executed; 200 with a web page, as captive portals and proxies send
  truncated_reply,  ///< executed; the body ends in the middle
  huge_reply,       ///< not executed; 200 with `size` bytes of nothing
  nested_reply,     ///< not executed; 200 with `size` levels of nesting
  invalid_utf8,     ///< executed; the body is broken by bytes that are no UTF-8
  refused_page,     ///< a request with a page token is refused as if the token were forged; others pass
  endless_pages,    ///< executed; every page names the first page's token as the next
  unknown_value,    ///< executed; every text member called `member` reads `value`
  slow_body,        ///< executed; the answer comes at `size` bytes a second
};

/// As the faults file spells it, "lost_reply".
std::string_view to_string(FaultKind kind) noexcept;
std::optional<FaultKind> parse_fault_kind(std::string_view text) noexcept;
/// Every spelling, in the order of the enum.
std::vector<std::string> fault_kind_names();

/// Which calls, and what happens to them.
struct FaultRule {
  static constexpr std::uint64_t kForever = UINT64_MAX;
  FaultRule() = default;
  FaultRule(std::string operation_glob, FaultKind fault, std::uint64_t times)
      : operation(std::move(operation_glob)), kind(fault), count(times) {}
  std::string operation = "*";  ///< glob over "ssm:SendCommand"
  std::string account;          ///< of the caller's key; empty: any
  std::string region;           ///< of the signature; empty: any
  FaultKind kind = FaultKind::throttle;
  std::uint64_t skip = 0;      ///< matching calls that pass first
  std::uint64_t count = 1;     ///< then so many are hit
  double probability = 1.0;    ///< of those, this share, drawn from the plan's seed
  Duration delay{};            ///< waited before anything else is done
  std::size_t size = 100'000;  ///< of huge_reply, nested_reply and slow_body
  std::string retry_after;     ///< the header's value; empty: none
  std::string code;            ///< the error's code instead of the service's own
  /// Calls a second that pass, in each account and Region for each operation by itself, and how many at once: a token
  /// bucket, as AWS limits its APIs. Those beyond it are hit. 0: it is not about rates.
  double rate = 0;
  double burst = 1;
  std::string member;  ///< of unknown_value: as it is on the wire, "Status"
  std::string value;   ///< of unknown_value
};

/// Answers that are to be sent slowly, by the connection's peer ("127.0.0.1:51234"): what the service decides and the
/// connection does (paced_stream.hpp).
class PaceTable {
 public:
  void set(const std::string& peer, std::size_t bytes_per_second) { paces_[peer] = bytes_per_second; }
  /// The pace of the answer that is about to be sent, once; 0: as fast as it can be.
  std::size_t take(const std::string& peer);

 private:
  std::map<std::string, std::size_t> paces_;
};

/// Applies the first rule that has something left for a call, and the delays that come before it. A lost reply is
/// Error{cancelled} to its caller, upon which the HTTP server closes the connection. Whether a rule hits its n-th
/// matching call depends on the seed, the rule's place and n alone. Loop thread only; inner and cloud outlive it.
class FaultyService final : public http::Service {
 public:
  FaultyService(http::Service& inner, std::vector<aws::server::Binding> bindings, const Cloud& cloud)
      : inner_(inner), router_(std::move(bindings)), cloud_(cloud), seed_(cloud.config().seed) {}
  void add(FaultRule rule);
  void clear() { rules_.clear(); }
  /// The world's own at first.
  void set_seed(std::uint64_t seed) noexcept { seed_ = seed; }
  std::uint64_t applied() const noexcept { return applied_; }
  /// How often each kind struck so far.
  const std::map<FaultKind, std::uint64_t>& applied_by_kind() const noexcept { return by_kind_; }
  PaceTable& paces() noexcept { return paces_; }
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  struct Bucket {
    Bucket() = default;
    double tokens = 0;
    MonoTime filled;
  };
  struct Armed {
    explicit Armed(FaultRule r) : rule(std::move(r)) {}
    FaultRule rule;
    std::uint64_t seen = 0;
    std::uint64_t hit = 0;
    std::map<std::string, Bucket> buckets;  ///< of a rate: by operation, account and Region
  };
  struct Chosen {
    Chosen() = default;
    Duration delay{};
    std::optional<FaultRule> rule;  ///< a copy: rules may be cleared while the call waits; absent: only the delay
    const aws::OperationSpec* operation = nullptr;
    const aws::Codec* codec = nullptr;  ///< that the caller speaks
  };
  Chosen choose(const http::Request& request, MonoTime now);
  bool matches(const FaultRule& rule, const std::string& operation, const http::Request& request) const;
  bool hits(std::size_t place, Armed& armed);
  bool within_rate(Armed& armed, const std::string& operation, const http::Request& request, MonoTime now) const;
  rt::Task<Result<http::Response>> answer(rt::CallContext ctx, http::PeerInfo peer, http::Request request,
                                          Chosen chosen);

  http::Service& inner_;
  aws::server::ServiceRouter router_;
  const Cloud& cloud_;
  PaceTable paces_;
  std::vector<Armed> rules_;
  std::map<std::string, std::string> page_tokens_;  ///< of endless_pages: the first that was given, by rule's glob
  std::uint64_t seed_;
  std::uint64_t applied_ = 0;
  std::map<FaultKind, std::uint64_t> by_kind_;
};

}  // namespace postern::sim
