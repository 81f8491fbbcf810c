#pragma once

/// Which source servers a drill or recovery is about: named, selected, or the failed ones of an earlier run; with what
/// the gate wants to know of each.

#include "adapters/drs_jobs.hpp"
#include "adapters/drs_servers.hpp"
#include "cli/dr_work.hpp"
#include "cli/failed_of.hpp"
#include "recovery/launch_plan.hpp"

namespace postern::cli {

struct LaunchWanted {
  LaunchWanted() = default;
  std::vector<std::string> words;           ///< ids of source servers or of the instances that they are
  std::optional<fleet::Selector> selector;  ///< bound
  std::optional<ParentRun> parent;
  recovery::LaunchPolicy policy;
  std::size_t concurrency = 16;
};

struct Candidates {
  Candidates() = default;
  std::vector<recovery::ChosenLaunch> chosen;  ///< by site and id, each with the gate's decision
  std::vector<fleet::Instance> instances;      ///< what the rails look at: the same servers, with the plan's targets
  fleet::Discovery asked;           ///< its problems: sites that could not be asked
  std::vector<std::string> doubts;  ///< what could not be read besides, one sentence each
};

/// A selector sees a server as an instance with the site's account and Region: its name is the EC2 instance's tag Name
/// (else the server's, else its host name), its id the EC2 instance's, its tags those of the source server and, over
/// them, the EC2 instance's as far as EC2 can be asked. Usage when nothing is chosen, or a word names no server.
rt::Task<Result<Candidates>> load_candidates(const Command& command, DrWork& work, LaunchWanted wanted);

}  // namespace postern::cli
