#pragma once

/// EC2 on the simulated cloud: every operation of the generated handler, on the state of sim/ec2.

#include <functional>

#include "aws/ec2/server.hpp"
#include "sim/access.hpp"
#include "sim/cloud.hpp"
#include "sim/ec2/catalog.hpp"
#include "sim/ec2/network.hpp"

namespace postern::sim {

namespace launch_ops {
struct Launch;
}

/// The cloud outlives it.
class Ec2Service final : public aws::ec2::Handler {
 public:
  /// Told when a node goes down, and how long it stays so at least.
  using Down = std::function<void(const sim::Instance& instance, Duration time)>;
  explicit Ec2Service(Cloud& cloud) : cloud_(cloud) {}
  void when_down(Down told) { down_ = std::move(told); }

  // Regions and what accounts are told (catalog_ops.cpp)
  Result<aws::ec2::DescribeRegionsResponse> describe_regions(const aws::server::CallInfo& info,
                                                             const aws::ec2::DescribeRegionsRequest& request) override;
  Result<aws::ec2::DescribeAvailabilityZonesResponse> describe_availability_zones(
      const aws::server::CallInfo& info, const aws::ec2::DescribeAvailabilityZonesRequest& request) override;
  Result<aws::ec2::DescribeAccountAttributesResponse> describe_account_attributes(
      const aws::server::CallInfo& info, const aws::ec2::DescribeAccountAttributesRequest& request) override;
  Result<aws::ec2::DescribeImagesResponse> describe_images(const aws::server::CallInfo& info,
                                                           const aws::ec2::DescribeImagesRequest& request) override;
  Result<aws::ec2::DescribePrefixListsResponse> describe_prefix_lists(
      const aws::server::CallInfo& info, const aws::ec2::DescribePrefixListsRequest& request) override;
  Result<aws::ec2::DescribeManagedPrefixListsResponse> describe_managed_prefix_lists(
      const aws::server::CallInfo& info, const aws::ec2::DescribeManagedPrefixListsRequest& request) override;
  Result<aws::ec2::GetManagedPrefixListEntriesResponse> get_managed_prefix_list_entries(
      const aws::server::CallInfo& info, const aws::ec2::GetManagedPrefixListEntriesRequest& request) override;
  Result<aws::ec2::CreateKeyPairResponse> create_key_pair(const aws::server::CallInfo& info,
                                                          const aws::ec2::CreateKeyPairRequest& request) override;
  Result<aws::ec2::DeleteKeyPairResponse> delete_key_pair(const aws::server::CallInfo& info,
                                                          const aws::ec2::DeleteKeyPairRequest& request) override;
  Result<aws::ec2::DescribeKeyPairsResponse> describe_key_pairs(
      const aws::server::CallInfo& info, const aws::ec2::DescribeKeyPairsRequest& request) override;

  // Launch templates (template_ops.cpp)
  Result<aws::ec2::CreateLaunchTemplateResponse> create_launch_template(
      const aws::server::CallInfo& info, const aws::ec2::CreateLaunchTemplateRequest& request) override;
  Result<aws::ec2::CreateLaunchTemplateVersionResponse> create_launch_template_version(
      const aws::server::CallInfo& info, const aws::ec2::CreateLaunchTemplateVersionRequest& request) override;
  Result<aws::ec2::ModifyLaunchTemplateResponse> modify_launch_template(
      const aws::server::CallInfo& info, const aws::ec2::ModifyLaunchTemplateRequest& request) override;
  Result<aws::ec2::DeleteLaunchTemplateResponse> delete_launch_template(
      const aws::server::CallInfo& info, const aws::ec2::DeleteLaunchTemplateRequest& request) override;
  Result<aws::ec2::DeleteLaunchTemplateVersionsResponse> delete_launch_template_versions(
      const aws::server::CallInfo& info, const aws::ec2::DeleteLaunchTemplateVersionsRequest& request) override;
  Result<aws::ec2::DescribeLaunchTemplatesResponse> describe_launch_templates(
      const aws::server::CallInfo& info, const aws::ec2::DescribeLaunchTemplatesRequest& request) override;
  Result<aws::ec2::DescribeLaunchTemplateVersionsResponse> describe_launch_template_versions(
      const aws::server::CallInfo& info, const aws::ec2::DescribeLaunchTemplateVersionsRequest& request) override;

  // Launching (launch_ops.cpp)
  Result<aws::ec2::RunInstancesResponse> run_instances(const aws::server::CallInfo& info,
                                                       const aws::ec2::RunInstancesRequest& request) override;

  /// A service launches on a caller's behalf, in his account: permissions have been asked already. The new instances'
  /// ids; fails as RunInstances does.
  Result<std::vector<std::string>> launch_for_service(const aws::server::CallInfo& info,
                                                      const aws::ec2::RunInstancesRequest& request);

  // Instances (instance_ops.cpp)
  Result<aws::ec2::StartInstancesResponse> start_instances(const aws::server::CallInfo& info,
                                                           const aws::ec2::StartInstancesRequest& request) override;
  Result<aws::ec2::StopInstancesResponse> stop_instances(const aws::server::CallInfo& info,
                                                         const aws::ec2::StopInstancesRequest& request) override;
  Result<aws::ec2::RebootInstancesResponse> reboot_instances(const aws::server::CallInfo& info,
                                                             const aws::ec2::RebootInstancesRequest& request) override;
  Result<aws::ec2::TerminateInstancesResponse> terminate_instances(
      const aws::server::CallInfo& info, const aws::ec2::TerminateInstancesRequest& request) override;
  Result<aws::ec2::DescribeInstanceAttributeResponse> describe_instance_attribute(
      const aws::server::CallInfo& info, const aws::ec2::DescribeInstanceAttributeRequest& request) override;
  Result<aws::ec2::ModifyInstanceAttributeResponse> modify_instance_attribute(
      const aws::server::CallInfo& info, const aws::ec2::ModifyInstanceAttributeRequest& request) override;
  Result<aws::ec2::ModifyInstanceMetadataOptionsResponse> modify_instance_metadata_options(
      const aws::server::CallInfo& info, const aws::ec2::ModifyInstanceMetadataOptionsRequest& request) override;
  Result<aws::ec2::AssociateIamInstanceProfileResponse> associate_iam_instance_profile(
      const aws::server::CallInfo& info, const aws::ec2::AssociateIamInstanceProfileRequest& request) override;
  Result<aws::ec2::DisassociateIamInstanceProfileResponse> disassociate_iam_instance_profile(
      const aws::server::CallInfo& info, const aws::ec2::DisassociateIamInstanceProfileRequest& request) override;
  Result<aws::ec2::DescribeIamInstanceProfileAssociationsResponse> describe_iam_instance_profile_associations(
      const aws::server::CallInfo& info,
      const aws::ec2::DescribeIamInstanceProfileAssociationsRequest& request) override;

  // Instances described (describe_ops.cpp)
  Result<aws::ec2::DescribeInstancesResponse> describe_instances(
      const aws::server::CallInfo& info, const aws::ec2::DescribeInstancesRequest& request) override;
  Result<aws::ec2::DescribeInstanceStatusResponse> describe_instance_status(
      const aws::server::CallInfo& info, const aws::ec2::DescribeInstanceStatusRequest& request) override;
  Result<aws::ec2::DescribeVolumesResponse> describe_volumes(const aws::server::CallInfo& info,
                                                             const aws::ec2::DescribeVolumesRequest& request) override;
  Result<aws::ec2::DescribeNetworkInterfacesResponse> describe_network_interfaces(
      const aws::server::CallInfo& info, const aws::ec2::DescribeNetworkInterfacesRequest& request) override;

  // VPCs and subnets (vpc_ops.cpp)
  Result<aws::ec2::CreateVpcResponse> create_vpc(const aws::server::CallInfo& info,
                                                 const aws::ec2::CreateVpcRequest& request) override;
  Result<aws::ec2::DeleteVpcResponse> delete_vpc(const aws::server::CallInfo& info,
                                                 const aws::ec2::DeleteVpcRequest& request) override;
  Result<aws::ec2::DescribeVpcsResponse> describe_vpcs(const aws::server::CallInfo& info,
                                                       const aws::ec2::DescribeVpcsRequest& request) override;
  Result<aws::ec2::DescribeVpcAttributeResponse> describe_vpc_attribute(
      const aws::server::CallInfo& info, const aws::ec2::DescribeVpcAttributeRequest& request) override;
  Result<aws::ec2::ModifyVpcAttributeResponse> modify_vpc_attribute(
      const aws::server::CallInfo& info, const aws::ec2::ModifyVpcAttributeRequest& request) override;
  Result<aws::ec2::CreateSubnetResponse> create_subnet(const aws::server::CallInfo& info,
                                                       const aws::ec2::CreateSubnetRequest& request) override;
  Result<aws::ec2::DeleteSubnetResponse> delete_subnet(const aws::server::CallInfo& info,
                                                       const aws::ec2::DeleteSubnetRequest& request) override;
  Result<aws::ec2::DescribeSubnetsResponse> describe_subnets(const aws::server::CallInfo& info,
                                                             const aws::ec2::DescribeSubnetsRequest& request) override;
  Result<aws::ec2::ModifySubnetAttributeResponse> modify_subnet_attribute(
      const aws::server::CallInfo& info, const aws::ec2::ModifySubnetAttributeRequest& request) override;

  // Routes (route_ops.cpp)
  Result<aws::ec2::CreateRouteTableResponse> create_route_table(
      const aws::server::CallInfo& info, const aws::ec2::CreateRouteTableRequest& request) override;
  Result<aws::ec2::DeleteRouteTableResponse> delete_route_table(
      const aws::server::CallInfo& info, const aws::ec2::DeleteRouteTableRequest& request) override;
  Result<aws::ec2::DescribeRouteTablesResponse> describe_route_tables(
      const aws::server::CallInfo& info, const aws::ec2::DescribeRouteTablesRequest& request) override;
  Result<aws::ec2::CreateRouteResponse> create_route(const aws::server::CallInfo& info,
                                                     const aws::ec2::CreateRouteRequest& request) override;
  Result<aws::ec2::ReplaceRouteResponse> replace_route(const aws::server::CallInfo& info,
                                                       const aws::ec2::ReplaceRouteRequest& request) override;
  Result<aws::ec2::DeleteRouteResponse> delete_route(const aws::server::CallInfo& info,
                                                     const aws::ec2::DeleteRouteRequest& request) override;
  Result<aws::ec2::AssociateRouteTableResponse> associate_route_table(
      const aws::server::CallInfo& info, const aws::ec2::AssociateRouteTableRequest& request) override;
  Result<aws::ec2::DisassociateRouteTableResponse> disassociate_route_table(
      const aws::server::CallInfo& info, const aws::ec2::DisassociateRouteTableRequest& request) override;
  Result<aws::ec2::ReplaceRouteTableAssociationResponse> replace_route_table_association(
      const aws::server::CallInfo& info, const aws::ec2::ReplaceRouteTableAssociationRequest& request) override;

  // Gateways and addresses (gateway_ops.cpp)
  Result<aws::ec2::CreateInternetGatewayResponse> create_internet_gateway(
      const aws::server::CallInfo& info, const aws::ec2::CreateInternetGatewayRequest& request) override;
  Result<aws::ec2::DeleteInternetGatewayResponse> delete_internet_gateway(
      const aws::server::CallInfo& info, const aws::ec2::DeleteInternetGatewayRequest& request) override;
  Result<aws::ec2::AttachInternetGatewayResponse> attach_internet_gateway(
      const aws::server::CallInfo& info, const aws::ec2::AttachInternetGatewayRequest& request) override;
  Result<aws::ec2::DetachInternetGatewayResponse> detach_internet_gateway(
      const aws::server::CallInfo& info, const aws::ec2::DetachInternetGatewayRequest& request) override;
  Result<aws::ec2::DescribeInternetGatewaysResponse> describe_internet_gateways(
      const aws::server::CallInfo& info, const aws::ec2::DescribeInternetGatewaysRequest& request) override;
  Result<aws::ec2::CreateNatGatewayResponse> create_nat_gateway(
      const aws::server::CallInfo& info, const aws::ec2::CreateNatGatewayRequest& request) override;
  Result<aws::ec2::DeleteNatGatewayResponse> delete_nat_gateway(
      const aws::server::CallInfo& info, const aws::ec2::DeleteNatGatewayRequest& request) override;
  Result<aws::ec2::DescribeNatGatewaysResponse> describe_nat_gateways(
      const aws::server::CallInfo& info, const aws::ec2::DescribeNatGatewaysRequest& request) override;
  Result<aws::ec2::AllocateAddressResponse> allocate_address(const aws::server::CallInfo& info,
                                                             const aws::ec2::AllocateAddressRequest& request) override;
  Result<aws::ec2::ReleaseAddressResponse> release_address(const aws::server::CallInfo& info,
                                                           const aws::ec2::ReleaseAddressRequest& request) override;
  Result<aws::ec2::DescribeAddressesResponse> describe_addresses(
      const aws::server::CallInfo& info, const aws::ec2::DescribeAddressesRequest& request) override;

  // Endpoints (endpoint_ops.cpp)
  Result<aws::ec2::CreateVpcEndpointResponse> create_vpc_endpoint(
      const aws::server::CallInfo& info, const aws::ec2::CreateVpcEndpointRequest& request) override;
  Result<aws::ec2::ModifyVpcEndpointResponse> modify_vpc_endpoint(
      const aws::server::CallInfo& info, const aws::ec2::ModifyVpcEndpointRequest& request) override;
  Result<aws::ec2::DeleteVpcEndpointsResponse> delete_vpc_endpoints(
      const aws::server::CallInfo& info, const aws::ec2::DeleteVpcEndpointsRequest& request) override;
  Result<aws::ec2::DescribeVpcEndpointsResponse> describe_vpc_endpoints(
      const aws::server::CallInfo& info, const aws::ec2::DescribeVpcEndpointsRequest& request) override;
  Result<aws::ec2::DescribeVpcEndpointServicesResponse> describe_vpc_endpoint_services(
      const aws::server::CallInfo& info, const aws::ec2::DescribeVpcEndpointServicesRequest& request) override;

  // Security groups (group_ops.cpp)
  Result<aws::ec2::CreateSecurityGroupResponse> create_security_group(
      const aws::server::CallInfo& info, const aws::ec2::CreateSecurityGroupRequest& request) override;
  Result<aws::ec2::DeleteSecurityGroupResponse> delete_security_group(
      const aws::server::CallInfo& info, const aws::ec2::DeleteSecurityGroupRequest& request) override;
  Result<aws::ec2::DescribeSecurityGroupsResponse> describe_security_groups(
      const aws::server::CallInfo& info, const aws::ec2::DescribeSecurityGroupsRequest& request) override;
  Result<aws::ec2::DescribeSecurityGroupRulesResponse> describe_security_group_rules(
      const aws::server::CallInfo& info, const aws::ec2::DescribeSecurityGroupRulesRequest& request) override;
  Result<aws::ec2::AuthorizeSecurityGroupIngressResponse> authorize_security_group_ingress(
      const aws::server::CallInfo& info, const aws::ec2::AuthorizeSecurityGroupIngressRequest& request) override;
  Result<aws::ec2::AuthorizeSecurityGroupEgressResponse> authorize_security_group_egress(
      const aws::server::CallInfo& info, const aws::ec2::AuthorizeSecurityGroupEgressRequest& request) override;
  Result<aws::ec2::RevokeSecurityGroupIngressResponse> revoke_security_group_ingress(
      const aws::server::CallInfo& info, const aws::ec2::RevokeSecurityGroupIngressRequest& request) override;
  Result<aws::ec2::RevokeSecurityGroupEgressResponse> revoke_security_group_egress(
      const aws::server::CallInfo& info, const aws::ec2::RevokeSecurityGroupEgressRequest& request) override;

  // Network ACLs (acl_ops.cpp)
  Result<aws::ec2::CreateNetworkAclResponse> create_network_acl(
      const aws::server::CallInfo& info, const aws::ec2::CreateNetworkAclRequest& request) override;
  Result<aws::ec2::DeleteNetworkAclResponse> delete_network_acl(
      const aws::server::CallInfo& info, const aws::ec2::DeleteNetworkAclRequest& request) override;
  Result<aws::ec2::DescribeNetworkAclsResponse> describe_network_acls(
      const aws::server::CallInfo& info, const aws::ec2::DescribeNetworkAclsRequest& request) override;
  Result<aws::ec2::CreateNetworkAclEntryResponse> create_network_acl_entry(
      const aws::server::CallInfo& info, const aws::ec2::CreateNetworkAclEntryRequest& request) override;
  Result<aws::ec2::ReplaceNetworkAclEntryResponse> replace_network_acl_entry(
      const aws::server::CallInfo& info, const aws::ec2::ReplaceNetworkAclEntryRequest& request) override;
  Result<aws::ec2::DeleteNetworkAclEntryResponse> delete_network_acl_entry(
      const aws::server::CallInfo& info, const aws::ec2::DeleteNetworkAclEntryRequest& request) override;
  Result<aws::ec2::ReplaceNetworkAclAssociationResponse> replace_network_acl_association(
      const aws::server::CallInfo& info, const aws::ec2::ReplaceNetworkAclAssociationRequest& request) override;

  // Tags (tag_ops.cpp)
  Result<aws::ec2::CreateTagsResponse> create_tags(const aws::server::CallInfo& info,
                                                   const aws::ec2::CreateTagsRequest& request) override;
  Result<aws::ec2::DeleteTagsResponse> delete_tags(const aws::server::CallInfo& info,
                                                   const aws::ec2::DeleteTagsRequest& request) override;
  Result<aws::ec2::DescribeTagsResponse> describe_tags(const aws::server::CallInfo& info,
                                                       const aws::ec2::DescribeTagsRequest& request) override;

 private:
  using Info = aws::server::CallInfo;

  WallTime now(const Info& info) const { return cloud_.now(info.ctx.clock()); }
  ec2::Site& site(const Info& info);
  /// The caller's network there; the default one is made when nobody has asked for it before.
  ec2::Network& network(const Info& info);
  ec2::Catalog& catalog(const Info& info);
  std::string new_id(const Info& info, std::string_view prefix) {
    return ec2::next_id(cloud_.ec2(), site(info), prefix);
  }
  /// The caller's instances with these ids, in that order. Fails with the errors of InvalidInstanceID.
  Result<std::vector<Instance*>> instances_of(const Info& info, const std::vector<std::string>& ids);
  Result<Instance*> instance_of(const Info& info, const std::string& id);
  /// The thing with this id, as something to authorise: with the tags that it has.
  Access tagged(const Info& info, const std::string& type, const std::string& id);
  Result<launch_ops::Launch> plan_launch(const Info& info, const aws::ec2::RunInstancesRequest& request);
  std::vector<std::string> launch_all(const Info& info, const launch_ops::Launch& launch,
                                      const std::vector<std::uint32_t>& addresses);
  Result<aws::ec2::Reservation> reservation_of(const Info& info, const std::vector<std::string>& ids);
  /// Fails with InvalidParameterValue when the account has no instance profile of that name.
  Result<void> check_profile(const Info& info, const std::string& profile);
  bool subnet_in_use(const Info& info, std::string_view subnet_id);
  bool group_in_use(const Info& info, std::string_view group_id);

  Cloud& cloud_;
  Down down_;
};

}  // namespace postern::sim
