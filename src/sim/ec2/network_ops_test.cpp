// The network's operations through the dispatcher, as a client sees them.

#include <gtest/gtest.h>

#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace network_ops_test {

using namespace aws::ec2;
using testing::Rig;
using testing::rig_config;

class Ec2Network : public ::testing::Test {
 protected:
  Ec2Network() : rig_(rig_config(3)) { EXPECT_TRUE(rig_.become_operator()); }

  template <class Op>
  typename Op::Response ok(typename Op::Request request) {
    auto response = rig_.call<Op>(std::move(request));
    EXPECT_TRUE(response) << Op::spec().name << ": " << (response ? "" : response.error().to_text());
    return response ? std::move(*response) : typename Op::Response();
  }
  /// The code that the call fails with.
  template <class Op>
  std::string refused(typename Op::Request request) {
    const auto response = rig_.call<Op>(std::move(request));
    if (response) return "accepted";
    return response.error().aws() == nullptr ? response.error().to_text() : response.error().aws()->code;
  }

  std::string make_vpc(const std::string& block = "10.200.0.0/16") {
    CreateVpcRequest request;
    request.cidr_block = block;
    return *ok<CreateVpc>(request).vpc->vpc_id;
  }
  std::string make_subnet(const std::string& vpc, const std::string& block, const std::string& zone = "us-east-1a") {
    CreateSubnetRequest request;
    request.vpc_id = vpc;
    request.cidr_block = block;
    request.availability_zone = zone;
    return *ok<CreateSubnet>(request).subnet->subnet_id;
  }
  std::string make_group(const std::string& vpc, const std::string& name) {
    CreateSecurityGroupRequest request;
    request.vpc_id = vpc;
    request.group_name = name;
    request.description = "for a test";
    return *ok<CreateSecurityGroup>(request).group_id;
  }
  static Filter filter(const std::string& name, const std::string& value) {
    Filter made;
    made.name = name;
    made.values.push_back(value);
    return made;
  }

  Rig rig_;
};

TEST_F(Ec2Network, HasADefaultOneWithSsmEndpointsOnly) {
  const auto vpcs = ok<DescribeVpcs>({});
  ASSERT_EQ(vpcs.vpcs.size(), 1U);
  DescribeSubnetsRequest subnets;
  subnets.filters.push_back(filter("vpc-id", *vpcs.vpcs[0].vpc_id));
  EXPECT_EQ(ok<DescribeSubnets>(subnets).subnets.size(), 3U);
  const auto endpoints = ok<DescribeVpcEndpoints>({});
  ASSERT_EQ(endpoints.vpc_endpoints.size(), 4U);
  EXPECT_TRUE(ok<DescribeInternetGateways>({}).internet_gateways.empty());
  EXPECT_TRUE(ok<DescribeNatGateways>({}).nat_gateways.empty());
  const auto instances = ok<DescribeInstances>({});
  DescribeSubnetsRequest own;
  own.subnet_ids.push_back(*instances.reservations[0].instances[0].subnet_id);
  EXPECT_EQ(ok<DescribeSubnets>(own).subnets[0].vpc_id, *vpcs.vpcs[0].vpc_id);
  DescribeSecurityGroupsRequest groups;
  groups.group_ids.push_back(*instances.reservations[0].instances[0].security_groups[0].group_id);
  EXPECT_EQ(ok<DescribeSecurityGroups>(groups).security_groups[0].group_name, "nodes");
}

TEST_F(Ec2Network, VpcComesWithTableAclAndGroupAndGoesWithThem) {
  const std::string vpc = make_vpc();
  DescribeRouteTablesRequest tables;
  tables.filters.push_back(filter("vpc-id", vpc));
  tables.filters.push_back(filter("association.main", "true"));
  EXPECT_EQ(ok<DescribeRouteTables>(tables).route_tables.size(), 1U);
  DescribeNetworkAclsRequest acls;
  acls.filters.push_back(filter("vpc-id", vpc));
  EXPECT_EQ(ok<DescribeNetworkAcls>(acls).network_acls[0].entries.size(), 4U);
  const std::string subnet = make_subnet(vpc, "10.200.1.0/24");
  DeleteVpcRequest request;
  request.vpc_id = vpc;
  EXPECT_EQ(refused<DeleteVpc>(request), "DependencyViolation");
  DeleteSubnetRequest gone;
  gone.subnet_id = subnet;
  ok<DeleteSubnet>(gone);
  ok<DeleteVpc>(request);
  EXPECT_EQ(refused<DeleteVpc>(request), "InvalidVpcID.NotFound");
  EXPECT_TRUE(ok<DescribeRouteTables>(tables).route_tables.empty());
}

TEST_F(Ec2Network, RefusesWhatAwsRefuses) {
  CreateVpcRequest vpc;
  vpc.cidr_block = "10.0.0.0/8";
  EXPECT_EQ(refused<CreateVpc>(vpc), "InvalidVpc.Range");
  vpc.cidr_block = "nonsense";
  EXPECT_EQ(refused<CreateVpc>(vpc), "InvalidParameterValue");
  vpc.cidr_block = "10.200.0.0/16";
  vpc.dry_run = true;
  EXPECT_EQ(refused<CreateVpc>(vpc), "DryRunOperation");
  vpc.dry_run.reset();
  vpc.amazon_provided_ipv6_cidr_block = true;
  EXPECT_EQ(refused<CreateVpc>(vpc), "UnsupportedOperation");
  const std::string id = make_vpc();
  CreateSubnetRequest subnet;
  subnet.vpc_id = id;
  subnet.cidr_block = "10.201.0.0/24";
  EXPECT_EQ(refused<CreateSubnet>(subnet), "InvalidSubnet.Range");
  make_subnet(id, "10.200.1.0/24");
  subnet.cidr_block = "10.200.0.0/22";
  EXPECT_EQ(refused<CreateSubnet>(subnet), "InvalidSubnet.Conflict");
  subnet.cidr_block = "10.200.8.0/24";
  subnet.availability_zone = "us-east-1z";
  EXPECT_EQ(refused<CreateSubnet>(subnet), "InvalidParameterValue");
  DescribeVpcsRequest describe;
  describe.filters.push_back(filter("colour", "red"));
  EXPECT_EQ(refused<DescribeVpcs>(describe), "InvalidParameterValue");
  DescribeVpcsRequest named;
  named.vpc_ids.emplace_back("vpc-00000000000000000");
  EXPECT_EQ(refused<DescribeVpcs>(named), "InvalidVpcID.NotFound");
}

TEST_F(Ec2Network, RoutesLeadThroughGatewaysThatAreAttached) {
  const std::string vpc = make_vpc();
  const std::string subnet = make_subnet(vpc, "10.200.1.0/24");
  CreateRouteTableRequest table;
  table.vpc_id = vpc;
  const std::string table_id = *ok<CreateRouteTable>(table).route_table->route_table_id;
  const std::string gateway = *ok<CreateInternetGateway>({}).internet_gateway->internet_gateway_id;
  CreateRouteRequest route;
  route.route_table_id = table_id;
  route.destination_cidr_block = "0.0.0.0/0";
  route.gateway_id = gateway;
  EXPECT_EQ(refused<CreateRoute>(route), "InvalidParameterValue");
  AttachInternetGatewayRequest attach;
  attach.internet_gateway_id = gateway;
  attach.vpc_id = vpc;
  ok<AttachInternetGateway>(attach);
  EXPECT_EQ(refused<AttachInternetGateway>(attach), "Resource.AlreadyAssociated");
  ok<CreateRoute>(route);
  AssociateRouteTableRequest associate;
  associate.route_table_id = table_id;
  associate.subnet_id = subnet;
  const std::string association = *ok<AssociateRouteTable>(associate).association_id;
  EXPECT_EQ(refused<AssociateRouteTable>(associate), "Resource.AlreadyAssociated");
  DetachInternetGatewayRequest detach;
  detach.internet_gateway_id = gateway;
  detach.vpc_id = vpc;
  ok<DetachInternetGateway>(detach);
  DescribeRouteTablesRequest black;
  black.filters.push_back(filter("route.state", "blackhole"));
  EXPECT_EQ(ok<DescribeRouteTables>(black).route_tables.size(), 1U);
  DisassociateRouteTableRequest part;
  part.association_id = association;
  ok<DisassociateRouteTable>(part);
  DeleteRouteRequest gone;
  gone.route_table_id = table_id;
  gone.destination_cidr_block = "0.0.0.0/0";
  ok<DeleteRoute>(gone);
  EXPECT_EQ(refused<DeleteRoute>(gone), "InvalidRoute.NotFound");
}

TEST_F(Ec2Network, NatGatewayHoldsItsAddress) {
  const std::string vpc = make_vpc();
  const std::string subnet = make_subnet(vpc, "10.200.1.0/24");
  const std::string allocation = *ok<AllocateAddress>({}).allocation_id;
  CreateNatGatewayRequest nat;
  nat.subnet_id = subnet;
  EXPECT_EQ(refused<CreateNatGateway>(nat), "MissingParameter");
  nat.allocation_id = allocation;
  const auto made = ok<CreateNatGateway>(nat);
  EXPECT_EQ(refused<CreateNatGateway>(nat), "Resource.AlreadyAssociated");
  ReleaseAddressRequest release;
  release.allocation_id = allocation;
  EXPECT_EQ(refused<ReleaseAddress>(release), "InvalidIPAddress.InUse");
  DescribeNatGatewaysRequest describe;
  describe.filter.push_back(filter("state", "available"));
  EXPECT_EQ(ok<DescribeNatGateways>(describe).nat_gateways.size(), 1U);
  DeleteNatGatewayRequest gone;
  gone.nat_gateway_id = *made.nat_gateway->nat_gateway_id;
  ok<DeleteNatGateway>(gone);
  ok<ReleaseAddress>(release);
  EXPECT_EQ(refused<DeleteNatGateway>(gone), "NatGatewayNotFound");
}

TEST_F(Ec2Network, EndpointsWantDnsAttributesAndOneSubnetPerZone) {
  const std::string vpc = make_vpc();
  const std::string first = make_subnet(vpc, "10.200.1.0/24");
  const std::string second = make_subnet(vpc, "10.200.2.0/24", "us-east-1b");
  const std::string same_zone = make_subnet(vpc, "10.200.3.0/24");
  CreateVpcEndpointRequest request;
  request.vpc_id = vpc;
  request.service_name = "com.amazonaws.us-east-1.ssm";
  request.vpc_endpoint_type.emplace("Interface");
  request.subnet_ids = {first, second};
  EXPECT_EQ(refused<CreateVpcEndpoint>(request), "InvalidParameter");
  ModifyVpcAttributeRequest attribute;
  attribute.vpc_id = vpc;
  attribute.enable_dns_hostnames.emplace().value = true;
  ok<ModifyVpcAttribute>(attribute);
  const auto made = ok<CreateVpcEndpoint>(request);
  EXPECT_EQ(made.vpc_endpoint->network_interface_ids.size(), 2U);
  EXPECT_EQ(made.vpc_endpoint->dns_entries.size(), 2U);
  EXPECT_EQ(refused<CreateVpcEndpoint>(request), "InvalidParameter");
  ModifyVpcEndpointRequest modify;
  modify.vpc_endpoint_id = *made.vpc_endpoint->vpc_endpoint_id;
  modify.add_subnet_ids.push_back(same_zone);
  EXPECT_EQ(refused<ModifyVpcEndpoint>(modify), "DuplicateSubnetsInSameZone");
  DescribeNetworkInterfacesRequest interfaces;
  interfaces.filters.push_back(filter("interface-type", "vpc_endpoint"));
  interfaces.filters.push_back(filter("vpc-id", vpc));
  EXPECT_EQ(ok<DescribeNetworkInterfaces>(interfaces).network_interfaces.size(), 2U);
  DeleteVpcEndpointsRequest gone;
  gone.vpc_endpoint_ids = {*made.vpc_endpoint->vpc_endpoint_id, "vpce-00000000000000000"};
  EXPECT_EQ(ok<DeleteVpcEndpoints>(gone).unsuccessful.size(), 1U);
  EXPECT_TRUE(ok<DescribeNetworkInterfaces>(interfaces).network_interfaces.empty());
  request.service_name = "com.amazonaws.us-east-1.nonsense";
  EXPECT_EQ(refused<CreateVpcEndpoint>(request), "InvalidServiceName");
}

TEST_F(Ec2Network, GroupRulesAreAddedAllOrNoneAndFoundAgain) {
  const std::string vpc = make_vpc();
  const std::string group = make_group(vpc, "web");
  AuthorizeSecurityGroupIngressRequest request;
  request.group_id = group;
  IpPermission& https = request.ip_permissions.emplace_back();
  https.ip_protocol = "tcp";
  https.from_port = 443;
  https.to_port = 443;
  https.ip_ranges.emplace_back().cidr_ip = "10.0.0.0/8";
  https.user_id_group_pairs.emplace_back().group_id = group;
  const auto made = ok<AuthorizeSecurityGroupIngress>(request);
  ASSERT_EQ(made.security_group_rules.size(), 2U);
  EXPECT_EQ(refused<AuthorizeSecurityGroupIngress>(request), "InvalidPermission.Duplicate");
  DescribeSecurityGroupsRequest describe;
  describe.filters.push_back(filter("ip-permission.cidr", "10.0.0.0/8"));
  const auto found = ok<DescribeSecurityGroups>(describe);
  ASSERT_EQ(found.security_groups.size(), 1U);
  EXPECT_EQ(found.security_groups[0].ip_permissions.size(), 1U);
  EXPECT_EQ(found.security_groups[0].ip_permissions_egress.size(), 1U);
  RevokeSecurityGroupIngressRequest revoke;
  revoke.group_id = group;
  revoke.security_group_rule_ids.push_back(*made.security_group_rules[0].security_group_rule_id);
  ok<RevokeSecurityGroupIngress>(revoke);
  EXPECT_EQ(refused<RevokeSecurityGroupIngress>(revoke), "InvalidSecurityGroupRuleId.NotFound");
  RevokeSecurityGroupIngressRequest by_value;
  by_value.group_id = group;
  by_value.ip_permissions = request.ip_permissions;
  EXPECT_EQ(refused<RevokeSecurityGroupIngress>(by_value), "InvalidPermission.NotFound");
  DescribeSecurityGroupRulesRequest rules;
  rules.filters.push_back(filter("group-id", group));
  EXPECT_EQ(ok<DescribeSecurityGroupRules>(rules).security_group_rules.size(), 2U);
  const std::string other = make_group(vpc, "other");
  DeleteSecurityGroupRequest gone;
  gone.group_id = group;
  ok<DeleteSecurityGroup>(gone);
  EXPECT_EQ(refused<DeleteSecurityGroup>(gone), "InvalidGroup.NotFound");
  request.ip_permissions[0].user_id_group_pairs[0].group_id = group;
  request.group_id = other;
  EXPECT_EQ(refused<AuthorizeSecurityGroupIngress>(request), "InvalidGroup.NotFound");
}

TEST_F(Ec2Network, AclEntriesAreKeptInTheirOrder) {
  const std::string vpc = make_vpc();
  CreateNetworkAclRequest acl;
  acl.vpc_id = vpc;
  const std::string id = *ok<CreateNetworkAcl>(acl).network_acl->network_acl_id;
  CreateNetworkAclEntryRequest entry;
  entry.network_acl_id = id;
  entry.cidr_block = "10.0.0.0/8";
  entry.egress = true;
  entry.protocol = "tcp";
  entry.rule_action.emplace("allow");
  entry.rule_number = 200;
  EXPECT_EQ(refused<CreateNetworkAclEntry>(entry), "MissingParameter");
  entry.port_range.emplace().from = 443;
  entry.port_range->to = 443;
  ok<CreateNetworkAclEntry>(entry);
  EXPECT_EQ(refused<CreateNetworkAclEntry>(entry), "NetworkAclEntryAlreadyExists");
  entry.rule_number = 100;
  ok<CreateNetworkAclEntry>(entry);
  DescribeNetworkAclsRequest describe;
  describe.network_acl_ids.push_back(id);
  const auto shown = ok<DescribeNetworkAcls>(describe).network_acls[0];
  ASSERT_EQ(shown.entries.size(), 4U);
  EXPECT_EQ(shown.entries[0].rule_number, 100);
  EXPECT_EQ(shown.entries[1].rule_number, 200);
  DeleteNetworkAclEntryRequest gone;
  gone.network_acl_id = id;
  gone.egress = true;
  gone.rule_number = 100;
  ok<DeleteNetworkAclEntry>(gone);
  EXPECT_EQ(refused<DeleteNetworkAclEntry>(gone), "InvalidNetworkAclEntry.NotFound");
  DeleteNetworkAclRequest all;
  all.network_acl_id = id;
  ok<DeleteNetworkAcl>(all);
}

TEST_F(Ec2Network, PagesHoldTogether) {
  for (int i = 0; i < 12; ++i)
    ok<CreateRouteTable>([&] {
      CreateRouteTableRequest request;
      request.vpc_id = *ok<DescribeVpcs>({}).vpcs[0].vpc_id;
      return request;
    }());
  std::set<std::string> seen;
  DescribeRouteTablesRequest request;
  request.max_results = 5;
  int pages = 0;
  for (; pages < 10; ++pages) {
    const auto page = ok<DescribeRouteTables>(request);
    for (const RouteTable& table : page.route_tables) EXPECT_TRUE(seen.insert(*table.route_table_id).second);
    if (!page.next_token) break;
    request.next_token = page.next_token;
  }
  EXPECT_EQ(seen.size(), 13U);
  EXPECT_EQ(pages, 2);
  request.next_token = "nonsense";
  EXPECT_EQ(refused<DescribeRouteTables>(request), "InvalidNextToken");
}

TEST_F(Ec2Network, TagsAreOnEverything) {
  const std::string vpc = make_vpc();
  CreateTagsRequest create;
  create.resources = {vpc, rig_.ids(1)[0]};
  Tag& tag = create.tags.emplace_back();
  tag.key = "team";
  tag.value = "core";
  ok<CreateTags>(create);
  DescribeTagsRequest describe;
  describe.filters.push_back(filter("key", "team"));
  EXPECT_EQ(ok<DescribeTags>(describe).tags.size(), 2U);
  DescribeVpcsRequest vpcs;
  vpcs.filters.push_back(filter("tag:team", "c*"));
  EXPECT_EQ(ok<DescribeVpcs>(vpcs).vpcs.size(), 1U);
  DeleteTagsRequest remove;
  remove.resources = create.resources;
  remove.tags.emplace_back().key = "team";
  ok<DeleteTags>(remove);
  EXPECT_TRUE(ok<DescribeTags>(describe).tags.empty());
  create.tags[0].key = "aws:mine";
  EXPECT_EQ(refused<CreateTags>(create), "InvalidParameterValue");
  create.tags[0].key = "ok";
  create.resources = {"nonsense"};
  EXPECT_EQ(refused<CreateTags>(create), "InvalidID");
}

}  // namespace network_ops_test
}  // namespace postern::sim
