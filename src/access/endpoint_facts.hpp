#pragma once

/// What was read of an account's network in one Region: the VPCs with nodes, and what lies between those and AWS.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace postern::access {

struct SubnetFacts {
  SubnetFacts() = default;
  std::string id;
  std::string zone;
  std::string cidr;
  std::string route_table;  ///< its own, else the VPC's main one
};

struct RouteFacts {
  RouteFacts() = default;
  RouteFacts(std::string d, std::string t) : destination(std::move(d)), target(std::move(t)) {}
  std::string destination;  ///< a block, or "pl-..."
  std::string target;       ///< "local", "vpce-...", "nat-...", "igw-...", "tgw-..." ...; black holes are left out
};

/// A rule of a security group; ports -1 to -1: all.
struct RuleFacts {
  RuleFacts() = default;
  bool egress = false;
  std::string protocol;
  std::int32_t from = -1;
  std::int32_t to = -1;
  std::string cidr;
  std::string group;
  std::string prefix_list;
};

struct EndpointFacts {
  EndpointFacts() = default;
  std::string id;
  std::string service;  ///< "ssm"; the whole name of what is not AWS's
  bool gateway = false;
  std::string state;
  bool private_dns = false;
  std::vector<std::string> subnets;
  std::vector<std::string> groups;
  std::vector<std::string> route_tables;
  std::string policy;  ///< JSON; empty: the default, which allows everything
  std::string stack;   ///< that made it; empty: none
};

struct NodeFacts {
  NodeFacts() = default;
  std::string id;
  std::string name;
  std::string subnet;
  std::string address;
  bool public_address = false;
  bool running = true;
  std::vector<std::string> groups;
  std::string profile;        ///< the ARN of its instance profile
  std::string agent_version;  ///< empty: Systems Manager does not know it
  bool online = false;
};

struct VpcFacts {
  VpcFacts() = default;
  std::string id;
  std::string name;
  std::vector<std::string> cidrs;
  bool dns_support = true;
  bool dns_hostnames = true;
  std::map<std::string, SubnetFacts> subnets;
  std::map<std::string, std::vector<RouteFacts>> route_tables;
  std::map<std::string, std::vector<RuleFacts>> groups;
  std::vector<EndpointFacts> endpoints;
  std::vector<NodeFacts> nodes;  ///< terminated ones aside
};

/// A role of nodes, and what it may not do with the log groups that its nodes write to.
struct LogGap {
  LogGap() = default;
  std::string group;
  std::string role;
  std::string profile;               ///< by which instances have it
  std::vector<std::string> missing;  ///< actions
  std::vector<std::string> unread;   ///< policies that could not be judged
};

struct NetworkFacts {
  NetworkFacts() = default;
  std::string account;
  std::string region;
  std::string partition = "aws";
  std::string organization;  ///< o-...; empty: not known
  std::vector<VpcFacts> vpcs;
  bool sessions_logged = false;  ///< the Session Manager preferences name a log group
  bool sessions_encrypted = false;
  std::vector<LogGap> log_gaps;
  std::vector<std::string> unread;  ///< what could not be learnt, one sentence each
};

}  // namespace postern::access
