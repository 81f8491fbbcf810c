#pragma once

/// A rollout of the replication agent under way: looked at, probed, installed, confirmed by DRS.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/dr_own_install.hpp"
#include "cli/dr_prepare.hpp"
#include "cli/dr_work.hpp"
#include "cli/durable_run.hpp"
#include "cli/rollout_ledger.hpp"
#include "fleet/discover.hpp"
#include "recovery/rollout.hpp"

namespace postern::cli {

/// What the command line asks for.
struct RolloutOrder {
  RolloutOrder() = default;
  fleet::Selector selector = fleet::Selector::none();
  flow::WavePolicy waves;
  std::string document;  ///< of --document; empty: AWS's, or ours where that is needed
  InstallDevices devices;
  std::vector<std::string> tags;  ///< KEY=VALUE of new source servers
  std::vector<std::string> waived;
  bool probe = true;
  bool until_protected = false;
  Duration registration = std::chrono::minutes(15);
  std::size_t concurrency = 16;
};

/// --select, --waves, --tag, --waive ... Errors of kind usage.
Result<RolloutOrder> rollout_order(const Command& command, const std::optional<fleet::FleetFile>& fleet);

/// The session with the duty `rollout`; scopes of --from and the account that is named, sites of --to, --into or the
/// fleet file. Refused when an account that is named is not the one that the way in leads to. Closes the session when
/// it fails.
rt::Task<Result<DrWork>> open_rollout(const Command& command);

/// The targets of one family and site: they are sent one document with the same parameters, and have a canary and a
/// budget of their own.
struct InstallGroup {
  InstallGroup() = default;
  std::string label;                 ///< "Ubuntu", or "Ubuntu to us-west-2" when there are several sites
  std::string region;                ///< of the sites
  std::string account;               ///< that it is installed into, when that is not the servers' own
  std::vector<std::size_t> members;  ///< places of ready targets
  std::optional<RunCame> came;
  std::optional<Error> problem;
};

class RolloutWork {
 public:
  RolloutWork(const Command& command, DrWork& work, RolloutOrder order)
      : command_(command), work_(work), order_(std::move(order)) {}

  /// Discovers, asks DRS, reads the roles; nothing is sent. Fails only with cancelled, and when nothing could be asked.
  rt::Task<Result<void>> look();
  /// The same roles with the policy attached (--prepare), after the change was shown and agreed to.
  rt::Task<Result<void>> prepare_roles();
  /// Rails, then a person: how it was agreed to. Nothing has been sent.
  rt::Task<Result<std::string>> agree();
  /// Puts what was asked and found into the ledger; refused while an earlier installation is not over. Nothing has been
  /// sent.
  rt::Task<Result<void>> record();
  /// And what became of it: also when the rollout was interrupted. What cannot be written is said on stderr.
  rt::Task<void> close_record();
  /// Looks inside the servers that are ready.
  rt::Task<Result<void>> probe();
  rt::Task<Result<void>> install();
  /// Asks DRS until it knows every server that was installed, or the time for that is over.
  rt::Task<Result<void>> confirm();
  /// Tells whoever wants to know of each family's run, with what DRS knows of its servers: not what Systems Manager
  /// called a success. What goes wrong here is a warning.
  rt::Task<void> tell();

  const std::vector<recovery::RolloutTarget>& targets() const noexcept { return targets_; }
  const std::vector<InstallGroup>& groups() const noexcept { return groups_; }
  const fleet::Discovery& discovery() const noexcept { return discovery_; }
  const recovery::Sweep& sweep() const noexcept { return sweep_; }
  const RolloutOrder& order() const noexcept { return order_; }
  const std::vector<fleet::ScopePtr>& scopes() const noexcept { return work_.aws.scopes; }
  bool interrupted() const noexcept { return interrupted_; }
  /// Of the rollout in the ledger; empty before record().
  std::string id() const { return record_ ? record_->id() : std::string(); }
  std::size_t ready() const;
  /// Puts those that are ready into groups.
  void form_groups();
  /// The document that a group is sent.
  std::string document_of(const InstallGroup& group) const;
  /// What is sent: of several documents, all.
  std::string documents() const;

 private:
  rt::Task<Result<void>> check_roles();
  rt::Task<Result<void>> read_earlier();
  void plan_targets();
  void take_earlier();
  flow::CommandSpec install_spec(const InstallGroup& group) const;
  std::vector<fleet::Instance> instances_of(const std::vector<std::size_t>& members) const;
  /// The same with the way in of the duty operate, by which scripts are run.
  Result<std::vector<fleet::Instance>> looked_at(const std::vector<std::size_t>& members) const;
  Result<flow::RunHeader> header_of(const flow::Plan& plan, flow::CommandSpec spec, std::string title) const;
  rt::Task<Result<void>> refuse_open_runs();
  rt::Task<Result<Json>> header_record();
  RolloutEnd end_record() const;
  rt::Task<void> note_run(std::string run_id, std::string family);
  rt::Task<void> install_one(InstallGroup& group);
  rt::Task<Result<void>> install_group(InstallGroup& group);
  rt::Task<Result<void>> take_outputs(const InstallGroup& group);
  rt::Task<Result<void>> ask_drs(bool too_late);

  const Command& command_;
  DrWork& work_;
  RolloutOrder order_;
  fleet::Discovery discovery_;
  recovery::Sweep sweep_;
  NodePreparation nodes_;
  OwnInstall own_;
  std::map<std::string, LedgerInstall, std::less<>> earlier_;  ///< of late, by instance
  std::vector<recovery::RolloutTarget> targets_;
  std::vector<InstallGroup> groups_;
  flow::BreakGlass glass_;
  std::vector<fleet::FreezeWindow> windows_;
  std::string confirmed_;
  bool interrupted_ = false;
  std::optional<OpenLedger> ledger_;       ///< from record() on
  std::unique_ptr<RolloutRecord> record_;  ///< the same
};

}  // namespace postern::cli
