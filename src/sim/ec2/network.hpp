#pragma once

/// Network: the VPCs of one account in one Region and everything in them. Records are AWS's own shapes: what is
/// described is what is kept, with what AWS does not show beside it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/ec2/types.hpp"
#include "sim/ec2/address.hpp"
#include "sim/ec2/fleet.hpp"

namespace postern::sim::ec2 {

/// By id: the order of every description.
template <class T>
using Table = std::map<std::string, T, std::less<>>;

struct VpcRecord {
  VpcRecord() = default;
  aws::ec2::Vpc shape;
  bool dns_support = true;     ///< enableDnsSupport
  bool dns_hostnames = false;  ///< enableDnsHostnames
};

struct GroupRecord {
  GroupRecord() = default;
  aws::ec2::SecurityGroup shape;                   ///< without permissions
  std::vector<aws::ec2::SecurityGroupRule> rules;  ///< in the order of their making
};

/// A prefix list of AWS's own.
struct PrefixList {
  PrefixList() = default;
  std::string id;
  std::string name;
  std::vector<std::string> cidrs;
};

/// Plain state; the operations keep it sound. Every association of a subnet or route table refers to what exists.
struct Network {
  Network() = default;
  SiteName site;
  Table<VpcRecord> vpcs;
  Table<aws::ec2::Subnet> subnets;
  Table<aws::ec2::RouteTable> route_tables;
  Table<aws::ec2::InternetGateway> internet_gateways;
  Table<aws::ec2::NatGateway> nat_gateways;
  Table<aws::ec2::VpcEndpoint> endpoints;
  Table<GroupRecord> groups;
  Table<aws::ec2::NetworkAcl> acls;
  Table<aws::ec2::NetworkInterface> interfaces;  ///< those of endpoints and NAT gateways; instances have their own
  Table<aws::ec2::Address> addresses;
  std::vector<PrefixList> prefix_lists;
};

/// What the lists in Describe answers say: both AWS's own lists of a Region.
std::vector<PrefixList> aws_prefix_lists(std::string_view region);

/// The network that every account has where its config describes none: one VPC whose three private subnets reach SSM's
/// three services and S3 through endpoints, and nothing else.
std::unique_ptr<Network> make_default_network(std::uint64_t seed, const SiteName& site, WallTime made);

/// The site's network; made when nobody has asked for it before. `made` is when it claims to have been made.
Network& network_of(Fleet& fleet, Site& site, WallTime made);

/// The id of the next thing that is made in a site: "vpc-0" and 16 hex digits.
std::string next_id(Fleet& fleet, Site& site, std::string_view prefix);

/// What a subnet is associated with: its own, else the VPC's main one. Null only when the subnet is unknown.
const aws::ec2::RouteTable* route_table_of(const Network& network, const aws::ec2::Subnet& subnet);
const aws::ec2::NetworkAcl* acl_of(const Network& network, std::string_view subnet_id);
/// The group every VPC has.
const GroupRecord* default_group_of(const Network& network, std::string_view vpc_id);

/// A VPC with what AWS makes with it: main route table, default ACL and default group.
VpcRecord& add_vpc(Network& network, std::string vpc_id, const Cidr& block, std::string_view route_table_id,
                   std::string_view acl_id, std::string_view group_id);
aws::ec2::Subnet& add_subnet(Network& network, std::string subnet_id, const std::string& vpc_id, const Cidr& block,
                             std::string_view zone);
/// An interface of an endpoint or a NAT gateway at the highest free address of the subnet.
aws::ec2::NetworkInterface& add_interface(Network& network, std::string id, const std::string& subnet_id,
                                          std::string_view type, std::string_view description,
                                          const std::vector<std::string>& groups);

/// One rule; ids of rules follow from group and place.
struct RuleSpec {
  RuleSpec() = default;
  bool egress = false;
  std::string protocol = "-1";
  std::int32_t from = -1;
  std::int32_t to = -1;
  std::string cidr;
  std::string group;
  std::string prefix_list;
};
aws::ec2::SecurityGroupRule& add_rule(GroupRecord& group, const RuleSpec& rule, std::string id);

/// "use1-az1" for "us-east-1a": every account sees the same one.
std::string zone_id(std::string_view zone);
aws::ec2::Tag make_tag(std::string_view key, std::string_view value);

}  // namespace postern::sim::ec2
