#pragma once

/// Installations that AWS's document cannot do: into another account, and of some disks only. They go by a document of
/// our own, whose content is looked at before it is sent, and by roles that DRS's console makes.

#include <map>
#include <string>
#include <vector>

#include "cli/dr_work.hpp"
#include "flow/document_look.hpp"
#include "recovery/node_survey.hpp"
#include "recovery/probe.hpp"

namespace postern::cli {

/// The disks to replicate; empty: all.
struct InstallDevices {
  InstallDevices() = default;
  std::string linux_disks;    ///< "/dev/nvme0n1,/dev/xvdb"
  std::string windows_disks;  ///< "C:,D:"
  bool empty() const { return linux_disks.empty() && windows_disks.empty(); }
};

/// --devices: paths below /dev are Linux's, letters with a colon are Windows's. Errors of kind usage.
Result<InstallDevices> chosen_devices(const Invocation& invocation);

/// The sites of accounts whose servers replicate into another one: of --into, else the fleet file's
/// `dr: {staging_account}`. `sites` are their own, whose Regions count. Errors of kind usage: no way into that account.
Result<recovery::StagingSites> chosen_staging(const Command& command, const AwsWork& aws,
                                              const std::vector<fleet::ScopePtr>& sites);

/// Fails with refused (rail "document") when what a look saw is not our document with the content of today.
Result<void> expect_own_document(const flow::DocumentLook& look);

/// What stands in the way of sending our document to instances.
class OwnInstall {
 public:
  /// Looks at the document in every scope of the instances, and at the roles of trusted accounts. What cannot be
  /// learnt stands in the way; fails only with cancelled.
  rt::Task<Result<void>> look(const Command& command, adapters::AwsSession& session,
                              std::vector<fleet::Instance> instances, const recovery::StagingSites& staging,
                              const InstallDevices& devices, std::size_t concurrency);
  /// The document, or disks that nobody named for the platform; never waived.
  std::optional<recovery::Blocker> obstacle(const fleet::Instance& instance) const;
  /// Roles that are missing.
  std::optional<recovery::Blocker> missing_trust(const fleet::Instance& instance) const;

 private:
  InstallDevices devices_;
  std::map<std::string, recovery::Blocker, std::less<>> documents_;  ///< by scope
  std::map<std::string, recovery::Blocker, std::less<>> trust_;      ///< by account
};

}  // namespace postern::cli
