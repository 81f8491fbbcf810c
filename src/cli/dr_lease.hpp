#pragma once

/// Launch settings that a drill or a recovery has servers launched with, in place of their own. DRS has one launch
/// configuration for each server, whatever it is launched for: theirs are written down in the ledger before they are
/// changed, and put back when the run is over - by itself, by `resume`, by `dr cleanup`, or by the next launch.

#include <string>
#include <vector>

#include "cli/aws_command.hpp"
#include "cli/run_ledger.hpp"
#include "flow/waves.hpp"

namespace postern::cli {

/// A server whose settings are not its own just now.
struct LaunchLease {
  LaunchLease() = default;
  std::string account;
  std::string region;
  std::string server;
  Json before = Json::object();  ///< by the names of fleet::launch_fields(), only what was changed
  std::string plan;              ///< digest of the run's
};

/// Source servers by their sites, with the way in.
using LaunchedServers = std::vector<std::pair<fleet::ScopePtr, std::string>>;
/// Of a drill's or recovery's plan.
LaunchedServers launched_servers(const flow::Plan& plan);

/// --disposition, --right-sizing, --copy-private-ip, in the fleet file's form. Errors of kind usage.
Result<fleet::DrSettings> chosen_launch_settings(const Invocation& invocation);

/// Leases that nobody has given back yet.
rt::Task<Result<std::vector<LaunchLease>>> open_leases(rt::CallContext ctx, OpenLedger& ledger);

/// Gives the servers these settings, each read back. What an earlier run left is put back first; refused (rail
/// "lease") while that run is not over. When one server cannot be changed all are put back, and nothing is launched.
rt::Task<Result<void>> take_leases(const Command& command, AwsWork& work, OpenLedger& ledger, LaunchedServers servers,
                                   const fleet::DrSettings& wanted, std::string digest);

/// Puts back what of the servers is on lease, and says what could not be. True when nothing is left. Goes
/// through with it when the command was interrupted.
rt::Task<bool> give_back_leases(const Command& command, AwsWork& work, OpenLedger& ledger, LaunchedServers servers);

}  // namespace postern::cli
