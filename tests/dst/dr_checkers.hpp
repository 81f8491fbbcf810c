#pragma once

/// What must be true of every rollout, drill and cleanup, whatever went wrong: postern's answer and its ledger against
/// what the simulator knows to have happened. Each returns the first thing that is not as it must be, as a sentence;
/// empty: all is.

#include <set>
#include <string>

#include "tests/dst/dr_sim.hpp"

namespace postern::dst {

/// Every run of the ledger: what was sent has an intent, no intent led to two commands or jobs, and no batch was sent
/// twice. Looking inside a server is sent as often as one likes.
std::string check_ledger(DrSim& sim);

/// A document of a drill or recovery: each server's verdict is what its job came to, the sums are those of the servers,
/// and the jobs are the run's.
std::string check_launch(DrSim& sim, const Json& document);

/// A document of a cleanup: what it says to have ended is gone, what it says to have left is there.
std::string check_cleanup(DrSim& sim, const Json& document);

/// A document of a rollout: nobody is called protected who is not, and nobody is missing.
std::string check_rollout(DrSim& sim, const Json& document, std::size_t tagged);

/// The recovery instances that are there, of drills and of real recoveries.
struct Billable {
  Billable() = default;
  std::set<std::string> drills;
  std::set<std::string> live;
  std::set<std::string> strays;  ///< run in a site's Region and are none of DRS's
};
Billable billable(DrSim& sim);

/// "a document's member as text", for sentences and comparisons.
std::string text_of(const Json& json, std::string_view key);
/// totals.succeeded and the like; -1 when it is not there.
std::int64_t total_of(const Json& document, std::string_view key);

}  // namespace postern::dst
