#pragma once

/// Discovery: the instances of many scopes that a selector means, with every account that could not be asked named
/// beside them.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fleet/ports.hpp"

namespace postern::fleet {

/// A scope that could not be listed. Its targets are unknown, not absent.
struct ScopeProblem {
  ScopeProblem(ScopePtr s, Error e) : scope(std::move(s)), error(std::move(e)) {}
  ScopePtr scope;
  Error error;
};

struct Discovery {
  Discovery() = default;
  std::vector<Instance> instances;     ///< that match; sorted by account, Region, id
  std::vector<ScopeProblem> problems;  ///< in the order of the scopes
  /// Scopes of which only EC2 answered: their instances are here with ssm unknown, their hybrid nodes are missing.
  std::vector<ScopeProblem> ssm_problems;
  std::vector<std::string> oddities;  ///< records that make no sense, one sentence each
  std::size_t scopes_asked = 0;
  std::size_t instances_seen = 0;  ///< before the selector
};

struct DiscoverOptions {
  DiscoverOptions() = default;
  std::size_t concurrency = 16;  ///< scopes asked at once
  bool terminated_too = false;   ///< EC2 lists terminated instances for about an hour
  /// Called before room is made for the instances of all scopes, when most lists have come and what they were read from
  /// is freed: where freed memory is worth giving back. May be empty.
  std::function<void()> before_room;
};

/// Asks every scope in which the selector can match, EC2 and SSM side by side. One scope's failure never hides
/// another's instances; SSM's failure alone makes `ssm` unknown with the reason, and is a problem of the scope when the
/// selector means hybrid nodes only. An instance that two scopes of one account list is taken once (and is an oddity).
/// Fails only with cancelled. `selector` has no references left (FleetFile::bind()).
rt::Task<Result<Discovery>> discover(rt::CallContext ctx, InventorySource& source, std::vector<ScopePtr> scopes,
                                     Selector selector, DiscoverOptions options = DiscoverOptions());

/// 64 hex digits over selector and targets: two resolutions are the same exactly when this is.
std::string resolution_digest(const Selector& selector, std::span<const Instance> instances);

}  // namespace postern::fleet
