#pragma once

/// A network as values: what a world file says of an account's VPCs in one Region. Things are named, ids follow.

#include <cstdint>
#include <string>
#include <vector>

namespace postern::sim {

/// How a subnet gets out.
enum class SubnetExit : std::uint8_t {
  none,              ///< local routes only
  internet_gateway,  ///< 0.0.0.0/0 to the VPC's internet gateway
  nat_gateway,       ///< 0.0.0.0/0 to the VPC's NAT gateway, which stands in its first subnet with an internet gateway
};

enum class Switch : std::uint8_t { off, on };

struct SubnetConfig {
  SubnetConfig() = default;
  std::string name;
  std::string cidr;
  char zone = 'a';
  SubnetExit exit = SubnetExit::none;
};

struct GroupRuleConfig {
  GroupRuleConfig() = default;
  enum class Direction : std::uint8_t { ingress, egress };
  Direction direction = Direction::ingress;
  std::string protocol = "tcp";  ///< "tcp", "udp" or "-1"
  std::int32_t from_port = 443;
  std::int32_t to_port = 443;
  /// A block, the name of a group of the same VPC, or "pl:s3" for AWS's prefix list.
  std::string peer;
};

/// A group has the rules that are listed and no others.
struct GroupConfig {
  GroupConfig() = default;
  std::string name;
  std::vector<GroupRuleConfig> rules;
};

/// An interface endpoint with subnets and groups, or a gateway endpoint (S3) on every route table.
struct EndpointConfig {
  EndpointConfig() = default;
  enum class Type : std::uint8_t { interface, gateway };
  std::string service;  ///< "ssm"
  Type type = Type::interface;
  std::vector<std::string> subnets;
  std::vector<std::string> groups;
  Switch private_dns = Switch::on;
};

/// An entry of the VPC's default ACL, which has "allow all" as number 100 in both directions besides.
struct AclEntryConfig {
  AclEntryConfig() = default;
  enum class Action : std::uint8_t { allow, deny };
  std::int32_t number = 50;
  GroupRuleConfig::Direction direction = GroupRuleConfig::Direction::ingress;
  Action action = Action::deny;
  std::string protocol = "tcp";
  std::int32_t from_port = 443;
  std::int32_t to_port = 443;
  std::string cidr = "0.0.0.0/0";
};

struct VpcConfig {
  VpcConfig() = default;
  std::string name;
  std::string cidr;
  Switch dns_support = Switch::on;
  Switch dns_hostnames = Switch::on;
  std::vector<SubnetConfig> subnets;
  std::vector<GroupConfig> groups;
  std::vector<EndpointConfig> endpoints;
  std::vector<AclEntryConfig> acl;
};

/// Stands in the place of the default network. Names of subnets and groups are unique in it.
struct NetworkConfig {
  NetworkConfig() = default;
  std::string region;
  std::vector<VpcConfig> vpcs;
};

}  // namespace postern::sim
