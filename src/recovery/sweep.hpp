#pragma once

/// One look at all sites: their source servers, and the newest points of those that are asked about.

#include <map>
#include <vector>

#include "fleet/discover.hpp"
#include "recovery/health.hpp"
#include "recovery/server_source.hpp"

namespace postern::recovery {

/// Whose points are read: one call a server.
enum class ReadPoints : std::uint8_t { nobodys, of_the_troubled, of_all };

struct SweepOptions {
  SweepOptions() = default;
  std::size_t concurrency = 16;  ///< sites, and then servers, asked at once
  ReadPoints points = ReadPoints::of_the_troubled;
  HealthPolicy policy;
};

struct Sweep {
  Sweep() = default;
  std::vector<SourceServer> servers;           ///< in the order of the sites, then by id
  std::vector<PointsRead> points;              ///< beside servers
  std::vector<fleet::ScopeProblem> problems;   ///< sites that could not be asked: their servers are unknown
  std::vector<fleet::ScopePtr> uninitialized;  ///< sites where DRS was never set up
  std::size_t sites_asked = 0;
  WallTime at;  ///< when the last site had answered
};

/// Fails only with cancelled. Disconnected servers and those on their way home are among the servers: an instance may
/// have left several behind (SourceServer::is_live).
rt::Task<Result<Sweep>> sweep_sites(rt::CallContext ctx, ServerSource& source, std::vector<fleet::ScopePtr> sites,
                                    SweepOptions options = SweepOptions());

}  // namespace postern::recovery
