#pragma once

/// What EC2, Systems Manager and IAM say of an account's network in one Region.

#include <string>
#include <vector>

#include "access/endpoint_facts.hpp"
#include "adapters/aws_session.hpp"

namespace postern::adapters {

struct NetworkQuestion {
  NetworkQuestion() = default;
  std::string vpc;        ///< this one alone, with nodes or without; empty: all that have nodes
  std::string log_group;  ///< that nodes write to; the Session Manager preferences may name another
  bool agents = true;     ///< what Systems Manager knows of the nodes, and roles that write logs
};

/// Everything is paged. The session outlives it.
class AwsNetworks {
 public:
  explicit AwsNetworks(AwsSession& session) : session_(session) {}

  /// Errors are those of EC2's calls. What Systems Manager and IAM do not tell is a sentence in the facts.
  rt::Task<Result<access::NetworkFacts>> read(rt::CallContext ctx, fleet::ScopePtr scope, NetworkQuestion question);

 private:
  struct Place;
  rt::Task<Result<void>> read_nodes(Place& place);
  rt::Task<Result<void>> read_vpcs(Place& place);
  rt::Task<Result<void>> read_attributes(Place& place, access::VpcFacts& vpc);
  rt::Task<Result<void>> read_subnets(Place& place);
  rt::Task<Result<void>> read_route_tables(Place& place);
  rt::Task<Result<void>> read_groups(Place& place);
  rt::Task<Result<void>> read_endpoints(Place& place);
  rt::Task<Result<void>> read_agents(Place& place);
  rt::Task<Result<void>> read_preferences(Place& place);
  rt::Task<Result<void>> read_log_writers(Place& place);
  rt::Task<Result<void>> judge_profile(Place& place, std::string profile_arn);

  AwsSession& session_;
};

}  // namespace postern::adapters
