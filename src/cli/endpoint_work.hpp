#pragma once

/// The networks of all accounts and Regions, read side by side, and what is wrong with them.

#include <vector>

#include "access/endpoint_check.hpp"
#include "adapters/network_source.hpp"
#include "cli/aws_command.hpp"

namespace postern::cli {

/// One account's Region.
struct NetworkPlace {
  NetworkPlace() = default;
  fleet::ScopePtr scope;
  access::NetworkFacts facts;
  std::vector<access::Finding> findings;
};

struct NetworksSeen {
  NetworksSeen() = default;
  std::vector<NetworkPlace> places;
  fleet::Discovery asked;  ///< its problems: the places that could not be read
};

/// Places in the order of `scopes`. With a VPC asked for, places without it are left out, unless none has it. Fails
/// with cancelled, and with not_found when no place has the VPC.
rt::Task<Result<NetworksSeen>> read_networks(const Command& command, AwsWork& work, std::vector<fleet::ScopePtr> scopes,
                                             adapters::NetworkQuestion question);

/// What --for says.
Result<std::vector<access::EndpointUse>> chosen_uses(const Invocation& invocation);
/// The options by which commands of ours get to the place: " --account payments".
std::string way_in(const fleet::Scope& scope, const std::optional<fleet::FleetFile>& fleet);

}  // namespace postern::cli
