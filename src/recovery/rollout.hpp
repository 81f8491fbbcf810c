#pragma once

/// A rollout of the replication agent, target by target: who is ready, who is not and why, and what became of those
/// that were sent to. A success of Systems Manager is no protection: only DRS's own source server is. Pure.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fleet/inventory.hpp"
#include "flow/result.hpp"
#include "recovery/coverage.hpp"
#include "recovery/install_failure.hpp"
#include "recovery/node_survey.hpp"
#include "recovery/probe.hpp"
#include "recovery/sweep.hpp"

namespace postern::recovery {

enum class RolloutState : std::uint8_t {
  ready,          ///< to be sent to
  excluded,       ///< by the tag
  blocked,        ///< something is in the way: nothing was sent
  enrolled,       ///< was registered before: nothing was sent
  not_sent,       ///< ready, and its run stopped before its turn
  failed,         ///< the installation failed, and DRS does not know the server
  installed,      ///< the installer is done; DRS is asked until it knows the server
  phantom,        ///< the installation succeeded, and DRS does not know the server in time
  registered,     ///< DRS knows it; not protected yet
  protected_now,  ///< it replicates and can be recovered
  unknown         ///< what was sent, or what DRS has, is not known
};
std::string_view to_string(RolloutState state) noexcept;

struct RolloutTarget {
  RolloutTarget() = default;
  const fleet::Instance* instance = nullptr;
  fleet::ScopePtr site;  ///< where it replicates to
  std::string family;    ///< os_family()
  RolloutState state = RolloutState::ready;
  std::string code;  ///< "SSM_OFFLINE"; of the first thing that is in the way
  std::string reason;
  std::string fix;
  std::vector<Blocker> notes;  ///< worth knowing, and not in the way
  std::string run_id;          ///< in the ledger, of the installation; empty: none
  std::string command_id;
  std::string server_id;
  Health health;  ///< of the server, once there is one
  bool waived = false;

  void block(Blocker blocker);
};

/// "Amazon Linux", "Ubuntu", "Windows Server": one family fails for one reason, so each has a canary of its own.
std::string os_family(const fleet::Instance& instance);

/// The checks that APIs answer.
struct Preflight {
  Preflight() = default;
  /// Of an instance: what its profile lacks; absent: nothing, or it was not looked at.
  std::function<std::optional<Blocker>(const fleet::Instance&)> rights;
  /// Of an instance: why it cannot be sent what is asked for; never waived.
  std::function<std::optional<Blocker>(const fleet::Instance&)> order;
  StagingSites staging;             ///< of accounts whose servers replicate into another
  std::vector<std::string> waived;  ///< codes that are not to be in the way
};

/// One target per instance, in their order. `sites` are where accounts replicate to; `before` is their sweep.
std::vector<RolloutTarget> plan_rollout(const std::vector<fleet::Instance>& instances,
                                        const std::vector<fleet::ScopePtr>& sites, const Sweep& before,
                                        const HealthPolicy& policy, const Preflight& preflight);

/// What a probe printed, of a target that is ready. `ran` is false when the probe itself could not be run.
void take_probe(RolloutTarget& target, const flow::TargetResult& result, std::string_view output,
                const std::vector<std::string>& waived);

/// What became of the installation; `text` is what both streams had.
void take_installation(RolloutTarget& target, const flow::TargetResult& result, std::string_view text);

/// Whether DRS has to be asked about it again.
bool awaits_server(const RolloutTarget& target) noexcept;

/// What DRS has now: a failed installation whose server is there all the same is registered. With `too_late`, what
/// DRS still does not know is a phantom.
void take_servers(std::vector<RolloutTarget>& targets, const Sweep& now, const HealthPolicy& policy, bool too_late);

struct RolloutTotals {
  RolloutTotals() = default;
  std::map<std::string_view, std::size_t> by_state;
  std::size_t all = 0;
};
RolloutTotals totals_of(const std::vector<RolloutTarget>& targets);

/// An account's part in one word, as those expect it who read the answer of a Lambda that did this before: success,
/// no_instances, error - and partial, and pending while servers synchronise.
std::string account_status(const std::vector<const RolloutTarget*>& of_account);

}  // namespace postern::recovery
