#pragma once

/// Watcher: stands between the client and the simulated cloud, counts what is asked for, and is where the client's
/// process may die: a call is one of its effects, as every write and sync of its disk is.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/core/service_router.hpp"
#include "http/client.hpp"
#include "sim/cloud.hpp"

namespace postern::dst {

/// What one account was asked for, Systems Manager's part.
struct AccountCalls {
  AccountCalls() = default;
  std::vector<MonoTime> reads;  ///< ListCommands and ListCommandInvocations
  std::uint64_t lists = 0;      ///< ListCommandInvocations alone
  std::uint64_t sends = 0;      ///< SendCommands that were answered with a command
  std::optional<MonoTime> first_send;
  MonoTime last;

  /// From the first send to the last call.
  Duration under_way() const { return first_send ? last - *first_send : Duration{}; }
  /// What was asked while it was under way, but for one list of every command.
  std::uint64_t polls() const { return reads.size() > sends ? reads.size() - sends : 0; }
};

/// The mean of the accounts' polls a minute; an account that was under way for less than a minute counts as one.
double polls_per_minute(const std::map<std::string, AccountCalls>& accounts);

class Watcher final : public http::Service {
 public:
  /// Everything outlives it.
  Watcher(http::Service& inner, std::vector<aws::server::Binding> bindings, const sim::Cloud& cloud)
      : inner_(inner), router_(std::move(bindings)), cloud_(cloud) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

  /// The `nth` call from now on is not answered, and no later one is let through: the process died waiting for it.
  /// With `executed` the cloud did what it asked for. 0: none.
  void die_at(std::uint64_t nth, bool executed) {
    die_at_ = nth == 0 ? 0 : seen_ + nth;
    die_executed_ = executed;
  }
  /// Told at that moment.
  void when_dying(std::function<void()> told) { told_ = std::move(told); }
  bool is_dead() const noexcept { return dead_; }
  /// The next process.
  void revive() noexcept { dead_ = false; }
  std::uint64_t seen() const noexcept { return seen_; }

  /// Forgets what was counted: another phase begins.
  void clear();
  /// By "ssm:SendCommand".
  const std::map<std::string, std::uint64_t>& calls() const noexcept { return calls_; }
  const std::map<std::string, AccountCalls>& accounts() const noexcept { return accounts_; }

 private:
  void count(const std::string& operation, const http::Request& request, MonoTime now);
  std::string account_of(const http::Request& request) const;

  http::Service& inner_;
  aws::server::ServiceRouter router_;
  const sim::Cloud& cloud_;
  std::map<std::string, std::uint64_t> calls_;
  std::map<std::string, AccountCalls> accounts_;
  std::function<void()> told_;
  std::uint64_t seen_ = 0;
  std::uint64_t die_at_ = 0;
  bool die_executed_ = false;
  bool dead_ = false;
};

}  // namespace postern::dst
