#pragma once

/// Worlds of disaster recovery as texts, and what slows them down without changing what comes of them.

#include <string>
#include <vector>

#include "tests/dst/dr_sim.hpp"

namespace postern::dst {

inline constexpr std::string_view kDrSource = "us-east-1";
inline constexpr std::string_view kDrSite = "us-west-2";

/// Instances of one kind; the names of several end in "-1", "-2" and so on.
struct DrNodes {
  DrNodes() = default;
  DrNodes(std::string n, std::size_t c) : name(std::move(n)), count(c) {}
  std::string name;
  std::size_t count = 1;
  std::string family = "Amazon Linux";
  std::string profile = "Node";
  std::string agent = "live";
};

struct DrAccount {
  DrAccount() = default;
  DrAccount(std::string i, std::string n) : id(std::move(i)), name(std::move(n)) {}
  std::string id;
  std::string name;
  std::vector<DrNodes> nodes;
  bool initialized = true;
  unsigned pace = 1;
  std::vector<std::string> replicating;  ///< globs over names
  std::vector<std::string> faults;       ///< "kind: stall, instance: web-1"
  std::size_t count() const;
};

std::string world_text(const std::vector<DrAccount>& accounts);
std::string fleet_text(const std::vector<DrAccount>& accounts);
std::size_t count_of(const std::vector<DrAccount>& accounts);

/// Three accounts that replicate with `servers` servers: db, app and web.
std::vector<DrAccount> three_tiers(std::size_t servers);

/// The options of a cloud of these accounts, with the seed's lag of lists.
DrSimOptions dr_options(std::uint64_t seed, const std::vector<DrAccount>& accounts, rt::Random& random);
/// Latencies and throttling of the seed, none of which may change a verdict: at most one call in a row is turned away,
/// which the client's own retries are for.
void slow_down(DrSim& sim, rt::Random& random);

/// One of `count`; `count` is not 0.
std::size_t pick(rt::Random& random, std::size_t count);
/// So many different ones below `count`, sorted.
std::vector<std::size_t> pick_some(rt::Random& random, std::size_t count, std::size_t some);

/// The ids of source servers by the names of their machines.
std::map<std::string, std::string> server_ids(DrSim& sim, const std::string& account);

/// Somebody else launches these servers of an account: the job's id.
std::string launch_beside(DrSim& sim, const std::string& account, const std::vector<std::string>& ids, bool drill);

}  // namespace postern::dst
