#pragma once

/// The flag with which somebody holds every run of a fleet: one parameter of Parameter Store in the hub's account and
/// Region.

#include <optional>
#include <string>

#include "aws/core/call.hpp"
#include "base/time.hpp"
#include "flow/driver.hpp"

namespace postern::adapters {

inline constexpr std::string_view kHoldParameter = "/postern/hold";
inline constexpr std::size_t kHoldReasonMax = 1000;  ///< bytes; a parameter's value has at most 4,096

/// What stands in the parameter.
struct HoldNote {
  HoldNote() = default;
  std::string who;  ///< "ops@laptop"
  std::string why;
  std::optional<WallTime> since;
  friend bool operator==(const HoldNote&, const HoldNote&) = default;
};

std::string hold_text(const HoldNote& note);
/// Anything is a hold, also what somebody else wrote there: its text is then the reason. As it stands there: not
/// printable yet.
HoldNote parse_hold(std::string_view text);
/// "held by ops@laptop since 2026-11-21T16:00:00Z: database is being moved", made printable.
std::string describe_hold(const HoldNote& note);

class HubHold final : public flow::HoldFlag {
 public:
  /// `hub`: account (may be empty), Region and credentials of the hub. `invoker` outlives the flag.
  HubHold(aws::Invoker& invoker, aws::CallScope hub) : invoker_(invoker), hub_(std::move(hub)) {}

  /// The note, when there is one.
  rt::Task<Result<std::optional<HoldNote>>> look(rt::CallContext ctx);
  /// Absent: the fleet is held from now on. Else who held it before, and nothing was changed.
  rt::Task<Result<std::optional<HoldNote>>> hold(rt::CallContext ctx, HoldNote note);
  /// The note that was taken away; absent when nothing was held.
  rt::Task<Result<std::optional<HoldNote>>> release(rt::CallContext ctx);

  /// For runs: in words, with how to let go. Waits a few seconds at most: the hub's Region may be what is being
  /// recovered from.
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext ctx) override;

 private:
  aws::Invoker& invoker_;
  aws::CallScope hub_;
};

}  // namespace postern::adapters
