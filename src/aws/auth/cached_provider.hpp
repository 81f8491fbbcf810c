#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/auth/single_flight.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// Keeps what another provider found and renews it in time, once for everybody who asks.
///
/// 15 to 10 minutes before the end (a random moment, so that a thousand roles do not renew together) whoever asks next
/// renews, while others go on with what there is; a failure is explained and tried again a minute later. 5 minutes
/// before the end everybody waits for the new ones; when that fails, the old ones serve until they end. Short-lived
/// credentials scale these times down. Errors are never remembered. Credentials that come already ended by this host's
/// clock are handed out all the same, once a minute anew: the clock is the likelier culprit, and AWS has the last word.
class CachedProvider final : public CredentialsProvider {
 public:
  static constexpr Duration kMandatory = std::chrono::minutes(5);
  static constexpr Duration kAdvisory = std::chrono::minutes(10);
  static constexpr Duration kAdvisorySpread = std::chrono::minutes(5);
  static constexpr Duration kPauseAfterFailure = std::chrono::minutes(1);

  explicit CachedProvider(std::shared_ptr<CredentialsProvider> inner) : inner_(std::move(inner)) {}
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  const Credentials* at_hand(rt::CallContext ctx) override;
  std::string describe() const override { return inner_->describe(); }
  void invalidate() override;

 private:
  enum class Age : std::uint8_t { none, fresh, ageing, old, over };
  Age age(WallTime now) const;
  rt::Task<Result<Credentials>> renew(rt::CallContext ctx);
  void keep(rt::CallContext ctx, const Credentials& found);

  std::shared_ptr<CredentialsProvider> inner_;  // shared with a describe() or a second scope
  std::optional<Credentials> held_;
  Duration advisory_{};   // before the end
  Duration mandatory_{};  // before the end
  bool came_ended_ = false;
  MonoTime not_before_{};  // no renewal before this, as long as there is something to hand out
  SingleFlight<Credentials> flight_;
};

}  // namespace postern::aws::auth
