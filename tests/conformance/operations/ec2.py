"""EC2: networks and what is in them, launch templates, instances, and what describes them."""
import re

from frame import REGION, TARGET, at_least, has, lacks, moment

ANY = "0.0.0.0/0"
SSM = f"com.amazonaws.{REGION}.ssm"
DENIED = "UnauthorizedOperation"


def some(kind):
    return re.compile(kind + "-[0-9a-f]{17}")


def absent(kind):
    return kind + "-0123456789abcdef0"


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def named(**values):
    return [{"Name": name.replace("_", "-").replace("--", "."), "Values": [value]} for name, value in values.items()]


class Net:
    """A network of the case's own."""

    def __init__(self, w, cidr="10.98"):
        self.ec2 = w.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock=cidr + ".0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr + ".1.0/24",
                                             AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]

    def end(self):
        self.ec2.delete_subnet(SubnetId=self.subnet)
        self.ec2.delete_vpc(VpcId=self.vpc)


def places(w):
    ec2, weak = w.client("ec2"), w.client("ec2", "weak")
    w.answers(ec2.describe_regions, {"Regions": [{"RegionName": "us-west-2", "Endpoint": "ec2.us-west-2.amazonaws.com",
                                                  "OptInStatus": "opt-in-not-required"}]}, RegionNames=["us-west-2"])
    w.refuses("InvalidParameterValue", ec2.describe_regions, RegionNames=["us-nowhere-1"])
    w.answers(ec2.describe_availability_zones, {"AvailabilityZones": has(
        {"ZoneName": "us-east-1a", "State": "available", "RegionName": REGION})})
    w.refuses("InvalidParameterValue", ec2.describe_availability_zones, ZoneNames=["us-east-1z"])
    w.answers(ec2.describe_account_attributes, {"AccountAttributes": [{
        "AttributeName": "supported-platforms", "AttributeValues": [{"AttributeValue": "VPC"}]}]},
        AttributeNames=["supported-platforms"])
    w.refuses(DENIED, weak.describe_account_attributes)
    w.answers(ec2.describe_images, {"Images": at_least(1)}, Filters=named(name="al2023-*"))
    w.refuses("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=[absent("ami")])
    w.refuses("InvalidAMIID.Malformed", ec2.describe_images, ImageIds=["image"])
    lists = w.answers(ec2.describe_prefix_lists, {"PrefixLists": has({"PrefixListName": f"com.amazonaws.{REGION}.s3"})})
    one = lists["PrefixLists"][0]
    w.refuses("InvalidPrefixListID.NotFound", ec2.describe_prefix_lists, PrefixListIds=[absent("pl")])
    w.answers(ec2.describe_managed_prefix_lists, {"PrefixLists": [{"PrefixListId": one["PrefixListId"], "OwnerId": "AWS"}]},
              PrefixListIds=[one["PrefixListId"]])
    w.refuses("InvalidPrefixListID.NotFound", ec2.describe_managed_prefix_lists, PrefixListIds=[absent("pl")])
    w.answers(ec2.get_managed_prefix_list_entries, {"Entries": [{"Cidr": cidr} for cidr in one["Cidrs"]]},
              PrefixListId=one["PrefixListId"])
    w.refuses("InvalidPrefixListID.NotFound", ec2.get_managed_prefix_list_entries, PrefixListId=absent("pl"))


def vpcs(w):
    ec2 = w.client("ec2")
    vpc = w.answers(ec2.create_vpc, {"Vpc": {"VpcId": some("vpc"), "CidrBlock": "10.97.0.0/16", "State": "pending",
                                             "IsDefault": False, "OwnerId": TARGET,
                                             "Tags": [{"Key": "Name", "Value": "case"}]}},
                    CidrBlock="10.97.0.0/16", TagSpecifications=tags("vpc", "case"))["Vpc"]["VpcId"]
    w.refuses("InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/8")
    w.refuses("DryRunOperation", ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    w.answers(ec2.describe_vpcs, {"Vpcs": [{"VpcId": vpc, "State": "available", "CidrBlock": "10.97.0.0/16"}]},
              VpcIds=[vpc])
    w.refuses("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[absent("vpc")])
    w.refuses("InvalidVpcID.Malformed", ec2.describe_vpcs, VpcIds=["net"])
    w.answers(ec2.modify_vpc_attribute, {}, VpcId=vpc, EnableDnsHostnames={"Value": True}, then=lambda: w.answers(
        ec2.describe_vpc_attribute, {"VpcId": vpc, "EnableDnsHostnames": {"Value": True}}, VpcId=vpc,
        Attribute="enableDnsHostnames"))
    w.refuses("InvalidVpcID.NotFound", ec2.modify_vpc_attribute, VpcId=absent("vpc"), EnableDnsSupport={"Value": True})
    w.refuses("InvalidVpcID.NotFound", ec2.describe_vpc_attribute, VpcId=absent("vpc"), Attribute="enableDnsSupport")
    subnet = w.answers(ec2.create_subnet, {"Subnet": {
        "SubnetId": some("subnet"), "VpcId": vpc, "CidrBlock": "10.97.1.0/24", "AvailabilityZone": "us-east-1a",
        "AvailableIpAddressCount": 251}}, VpcId=vpc, CidrBlock="10.97.1.0/24", AvailabilityZone="us-east-1a")
    subnet = subnet["Subnet"]["SubnetId"]
    w.refuses("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.97.1.0/25")
    w.refuses("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.96.1.0/24")
    w.answers(ec2.describe_subnets, {"Subnets": [{"SubnetId": subnet, "MapPublicIpOnLaunch": False}]},
              Filters=named(vpc_id=vpc))
    w.refuses("InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=[absent("subnet")])
    w.answers(ec2.modify_subnet_attribute, {}, SubnetId=subnet, MapPublicIpOnLaunch={"Value": True}, then=lambda: w.answers(
        ec2.describe_subnets, {"Subnets": [{"MapPublicIpOnLaunch": True}]}, SubnetIds=[subnet]))
    w.refuses("InvalidSubnetID.NotFound", ec2.modify_subnet_attribute, SubnetId=absent("subnet"),
              MapPublicIpOnLaunch={"Value": True})
    w.refuses("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    w.answers(ec2.delete_subnet, {}, SubnetId=subnet, then=lambda: w.refuses(
        "InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=[subnet]))
    w.refuses("InvalidSubnetID.NotFound", ec2.delete_subnet, SubnetId=subnet)
    w.answers(ec2.delete_vpc, {}, VpcId=vpc, then=lambda: w.refuses(
        "InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc]))
    w.refuses("InvalidVpcID.NotFound", ec2.delete_vpc, VpcId=vpc)


def gone(ec2, nat):
    found = ec2.describe_nat_gateways(Filter=named(nat_gateway_id=nat))["NatGateways"]
    return all(one["State"] == "deleted" for one in found)


def internet(w):
    ec2, net = w.client("ec2"), Net(w)
    gateway = w.answers(ec2.create_internet_gateway, {"InternetGateway": {"InternetGatewayId": some("igw"),
                                                                         "Attachments": []}})
    gateway = gateway["InternetGateway"]["InternetGatewayId"]
    w.refuses(DENIED, w.client("ec2", "weak").create_internet_gateway)
    both = {"InternetGatewayId": gateway, "VpcId": net.vpc}
    w.answers(ec2.attach_internet_gateway, {}, **both, then=lambda: w.answers(
        ec2.describe_internet_gateways, {"InternetGateways": [{"Attachments": [
            {"State": "available", "VpcId": net.vpc}]}]}, InternetGatewayIds=[gateway]))
    w.refuses("Resource.AlreadyAssociated", ec2.attach_internet_gateway, **both)
    w.refuses("InvalidInternetGatewayID.NotFound", ec2.describe_internet_gateways, InternetGatewayIds=[absent("igw")])
    w.refuses("DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=gateway)
    address = w.answers(ec2.allocate_address, {"AllocationId": some("eipalloc"), "Domain": "vpc",
                                               "PublicIp": re.compile(r"[\d.]+")}, Domain="vpc")["AllocationId"]
    w.refuses(DENIED, w.client("ec2", "weak").allocate_address, Domain="vpc")
    w.answers(ec2.describe_addresses, {"Addresses": [{"AllocationId": address, "Domain": "vpc"}]},
              AllocationIds=[address])
    w.refuses("InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[absent("eipalloc")])
    nat = w.answers(ec2.create_nat_gateway, {"NatGateway": {
        "NatGatewayId": some("nat"), "State": "pending", "SubnetId": net.subnet, "VpcId": net.vpc,
        "CreateTime": moment}}, SubnetId=net.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    w.refuses("InvalidSubnetID.NotFound", ec2.create_nat_gateway, SubnetId=absent("subnet"), AllocationId=address)
    w.until(lambda: ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "available")
    w.answers(ec2.describe_nat_gateways, {"NatGateways": [{"NatGatewayId": nat, "State": "available",
                                                           "NatGatewayAddresses": [{"AllocationId": address}]}]},
              NatGatewayIds=[nat])
    w.refuses("NatGatewayNotFound", ec2.describe_nat_gateways, NatGatewayIds=[absent("nat")])
    w.answers(ec2.delete_nat_gateway, {"NatGatewayId": nat}, NatGatewayId=nat)
    w.refuses("NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId=absent("nat"))
    w.until(lambda: gone(ec2, nat))
    w.answers(ec2.release_address, {}, AllocationId=address, then=lambda: w.refuses(
        "InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[address]))
    w.refuses("InvalidAllocationID.NotFound", ec2.release_address, AllocationId=address)
    w.answers(ec2.detach_internet_gateway, {}, **both, then=lambda: w.answers(
        ec2.describe_internet_gateways, {"InternetGateways": [{"Attachments": []}]}, InternetGatewayIds=[gateway]))
    w.refuses("Gateway.NotAttached", ec2.detach_internet_gateway, **both)
    w.answers(ec2.delete_internet_gateway, {}, InternetGatewayId=gateway, then=lambda: w.refuses(
        "InvalidInternetGatewayID.NotFound", ec2.describe_internet_gateways, InternetGatewayIds=[gateway]))
    net.end()


def routes(w):
    ec2, net = w.client("ec2"), Net(w)
    gateways = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]]
    ec2.attach_internet_gateway(InternetGatewayId=gateways[0], VpcId=net.vpc)
    made = [w.answers(ec2.create_route_table, {"RouteTable": {
        "RouteTableId": some("rtb"), "VpcId": net.vpc, "Routes": [{"GatewayId": "local", "State": "active"}]}},
        VpcId=net.vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    table, other = made
    w.refuses("InvalidVpcID.NotFound", ec2.create_route_table, VpcId=absent("vpc"))
    route = {"RouteTableId": table, "DestinationCidrBlock": ANY}
    w.answers(ec2.create_route, {"Return": True}, **route, GatewayId=gateways[0])
    w.answers(ec2.describe_route_tables, {"RouteTables": [{"Routes": has({"DestinationCidrBlock": ANY,
                                                                         "GatewayId": gateways[0]})}]}, RouteTableIds=[table])
    w.refuses("InvalidRouteTableID.NotFound", ec2.describe_route_tables, RouteTableIds=[absent("rtb")])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=net.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    w.until(lambda: ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "available")
    w.refuses("RouteAlreadyExists", ec2.create_route, **route, NatGatewayId=nat)
    w.answers(ec2.replace_route, {}, **route, NatGatewayId=nat, then=lambda: w.answers(
        ec2.describe_route_tables, {"RouteTables": [{"Routes": has({"NatGatewayId": nat})}]}, RouteTableIds=[table]))
    w.refuses("InvalidRoute.NotFound", ec2.replace_route, RouteTableId=table, DestinationCidrBlock="10.1.0.0/16",
              NatGatewayId=nat)
    association = w.answers(ec2.associate_route_table, {"AssociationId": some("rtbassoc"), "AssociationState": {
        "State": "associated"}}, RouteTableId=other, SubnetId=net.subnet)["AssociationId"]
    w.refuses("InvalidSubnetID.NotFound", ec2.associate_route_table, RouteTableId=other, SubnetId=absent("subnet"))
    association = w.answers(ec2.replace_route_table_association, {"NewAssociationId": some("rtbassoc")},
                            AssociationId=association, RouteTableId=table)["NewAssociationId"]
    w.refuses("InvalidAssociationID.NotFound", ec2.replace_route_table_association, AssociationId=absent("rtbassoc"),
              RouteTableId=table)
    w.refuses("DependencyViolation", ec2.delete_route_table, RouteTableId=table)
    w.answers(ec2.disassociate_route_table, {}, AssociationId=association, then=lambda: w.answers(
        ec2.describe_route_tables, {"RouteTables": [{"Associations": []}]}, RouteTableIds=[table]))
    w.refuses("InvalidAssociationID.NotFound", ec2.disassociate_route_table, AssociationId=association)
    w.answers(ec2.delete_route, {}, **route, then=lambda: w.answers(ec2.describe_route_tables, {"RouteTables": [{
        "Routes": lacks({"DestinationCidrBlock": ANY})}]}, RouteTableIds=[table]))
    w.refuses("InvalidRoute.NotFound", ec2.delete_route, **route)
    for one in made:
        w.answers(ec2.delete_route_table, {}, RouteTableId=one, then=lambda: w.refuses(
            "InvalidRouteTableID.NotFound", ec2.describe_route_tables, RouteTableIds=[one]))
    ec2.delete_nat_gateway(NatGatewayId=nat)
    w.until(lambda: gone(ec2, nat))
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(InternetGatewayId=gateways[0], VpcId=net.vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateways[0])
    net.end()


def endpoints(w):
    ec2, net = w.client("ec2"), Net(w)
    w.answers(ec2.describe_vpc_endpoint_services, {"ServiceNames": has(SSM), "ServiceDetails": has({
        "ServiceName": SSM, "Owner": "amazon"})})
    w.refuses("InvalidServiceName", ec2.describe_vpc_endpoint_services, ServiceNames=["com.amazonaws.nothing"])
    make = {"VpcId": net.vpc, "VpcEndpointType": "Interface", "SubnetIds": [net.subnet]}
    w.refuses("InvalidParameter", ec2.create_vpc_endpoint, **make, ServiceName=SSM, text="enableDnsHostnames")
    ec2.modify_vpc_attribute(VpcId=net.vpc, EnableDnsHostnames={"Value": True})
    made = w.answers(ec2.create_vpc_endpoint, {"VpcEndpoint": {
        "VpcEndpointId": some("vpce"), "VpcEndpointType": "Interface", "VpcId": net.vpc, "ServiceName": SSM,
        "SubnetIds": [net.subnet], "CreationTimestamp": moment}}, **make, ServiceName=SSM)["VpcEndpoint"]["VpcEndpointId"]
    w.refuses("InvalidServiceName", ec2.create_vpc_endpoint, **make, ServiceName="com.amazonaws.nothing")
    w.until(lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"][0]["State"] == "available")
    w.answers(ec2.modify_vpc_endpoint, {"Return": True}, VpcEndpointId=made, PrivateDnsEnabled=False)
    w.refuses("InvalidVpcEndpointId.NotFound", ec2.modify_vpc_endpoint, VpcEndpointId=absent("vpce"))
    w.answers(ec2.describe_vpc_endpoints, {"VpcEndpoints": [{"State": "available", "PrivateDnsEnabled": False}]},
              Filters=named(vpc_id=net.vpc))
    w.refuses("InvalidVpcEndpointId.NotFound", ec2.describe_vpc_endpoints, VpcEndpointIds=[absent("vpce")])
    w.answers(ec2.delete_vpc_endpoints, {"Unsuccessful": []}, VpcEndpointIds=[made])
    w.answers(ec2.delete_vpc_endpoints, {"Unsuccessful": [{"ResourceId": absent("vpce"), "Error": {
        "Code": "InvalidVpcEndpointId.NotFound"}}]}, VpcEndpointIds=[absent("vpce")])
    w.refuses(DENIED, w.client("ec2", "Narrow").delete_vpc_endpoints, VpcEndpointIds=[absent("vpce")])
    w.until(lambda: not ec2.describe_vpc_endpoints(Filters=named(vpc_id=net.vpc))["VpcEndpoints"])
    net.end()


def groups(w):
    ec2, net = w.client("ec2"), Net(w)
    make = {"GroupName": "case", "Description": "d", "VpcId": net.vpc}
    group = w.answers(ec2.create_security_group, {"GroupId": some("sg")}, **make)["GroupId"]
    w.refuses("InvalidGroup.Duplicate", ec2.create_security_group, **make)
    rule = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    given = {"GroupId": group, "IpPermissions": rule}
    found = w.answers(ec2.authorize_security_group_ingress, {"Return": True, "SecurityGroupRules": [{
        "SecurityGroupRuleId": some("sgr"), "GroupId": group, "IsEgress": False, "CidrIpv4": "10.0.0.0/8"}]}, **given)
    found = found["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    w.refuses("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, **given)
    w.answers(ec2.authorize_security_group_egress, {"Return": True, "SecurityGroupRules": [{"IsEgress": True}]}, **given)
    w.refuses("InvalidPermission.Duplicate", ec2.authorize_security_group_egress, **given)
    w.answers(ec2.describe_security_group_rules, {"SecurityGroupRules": [{"FromPort": 443, "IpProtocol": "tcp"}]},
              SecurityGroupRuleIds=[found])
    w.refuses("InvalidSecurityGroupRuleId.NotFound", ec2.describe_security_group_rules,
              SecurityGroupRuleIds=[absent("sgr")])
    w.answers(ec2.describe_security_groups, {"SecurityGroups": [{
        "GroupName": "case", "VpcId": net.vpc, "IpPermissions": rule, "IpPermissionsEgress": at_least(2)}]},
        GroupIds=[group])
    w.refuses("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[absent("sg")])
    w.answers(ec2.revoke_security_group_ingress, {"Return": True}, **given)
    w.answers(ec2.revoke_security_group_egress, {"Return": True}, **given)
    w.refuses("InvalidPermission.NotFound", ec2.revoke_security_group_ingress, **given)
    w.refuses("InvalidPermission.NotFound", ec2.revoke_security_group_egress, **given)
    w.answers(ec2.delete_security_group, {}, GroupId=group, then=lambda: w.refuses(
        "InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[group]))
    w.refuses("InvalidGroup.NotFound", ec2.delete_security_group, GroupId=group)
    net.end()


def acls(w):
    ec2, net = w.client("ec2"), Net(w)
    acl = w.answers(ec2.create_network_acl, {"NetworkAcl": {"NetworkAclId": some("acl"), "IsDefault": False,
                                                            "VpcId": net.vpc}}, VpcId=net.vpc)
    acl = acl["NetworkAcl"]["NetworkAclId"]
    w.refuses("InvalidVpcID.NotFound", ec2.create_network_acl, VpcId=absent("vpc"))
    number = {"NetworkAclId": acl, "RuleNumber": 100, "Egress": False}
    entry = {**number, "Protocol": "-1", "CidrBlock": ANY}

    def action(expected):
        return w.answers(ec2.describe_network_acls, {"NetworkAcls": [{"Entries": has({
            "RuleNumber": 100, "RuleAction": expected})}]}, NetworkAclIds=[acl])
    w.answers(ec2.create_network_acl_entry, {}, **entry, RuleAction="allow", then=lambda: action("allow"))
    w.refuses("NetworkAclEntryAlreadyExists", ec2.create_network_acl_entry, **entry, RuleAction="allow")
    w.answers(ec2.replace_network_acl_entry, {}, **entry, RuleAction="deny", then=lambda: action("deny"))
    w.refuses("InvalidNetworkAclEntry.NotFound", ec2.replace_network_acl_entry, **{**entry, "RuleNumber": 200},
              RuleAction="deny")
    w.refuses("InvalidNetworkAclID.NotFound", ec2.describe_network_acls, NetworkAclIds=[absent("acl")])
    default = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [net.subnet]}])
    default = default["NetworkAcls"][0]
    new = w.answers(ec2.replace_network_acl_association, {"NewAssociationId": some("aclassoc")},
                    AssociationId=default["Associations"][0]["NetworkAclAssociationId"], NetworkAclId=acl)
    w.refuses("InvalidAssociationID.NotFound", ec2.replace_network_acl_association, AssociationId=absent("aclassoc"),
              NetworkAclId=acl)
    w.refuses("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
    ec2.replace_network_acl_association(AssociationId=new["NewAssociationId"], NetworkAclId=default["NetworkAclId"])
    w.answers(ec2.delete_network_acl_entry, {}, **number, then=lambda: w.answers(ec2.describe_network_acls, {
        "NetworkAcls": [{"Entries": lacks({"RuleNumber": 100})}]}, NetworkAclIds=[acl]))
    w.refuses("InvalidNetworkAclEntry.NotFound", ec2.delete_network_acl_entry, **number)
    w.answers(ec2.delete_network_acl, {}, NetworkAclId=acl, then=lambda: w.refuses(
        "InvalidNetworkAclID.NotFound", ec2.describe_network_acls, NetworkAclIds=[acl]))
    net.end()


def keys_and_templates(w):
    ec2 = w.client("ec2")
    w.answers(ec2.create_key_pair, {"KeyName": "case", "KeyPairId": some("key"), "KeyFingerprint": str,
                                    "KeyMaterial": has("PRIVATE KEY")}, KeyName="case")
    w.refuses("InvalidKeyPair.Duplicate", ec2.create_key_pair, KeyName="case")
    w.answers(ec2.describe_key_pairs, {"KeyPairs": [{"KeyName": "case"}]}, KeyNames=["case"])
    w.refuses("InvalidKeyPair.NotFound", ec2.describe_key_pairs, KeyNames=["none"])
    w.answers(ec2.delete_key_pair, {}, KeyName="case", then=lambda: w.refuses(
        "InvalidKeyPair.NotFound", ec2.describe_key_pairs, KeyNames=["case"]))
    w.refuses(DENIED, w.client("ec2", "Narrow").delete_key_pair, KeyName="case")

    name = {"LaunchTemplateName": "case"}
    image = ec2.describe_images(Filters=named(name="al2023-*"))["Images"][0]["ImageId"]
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    made = w.answers(ec2.create_launch_template, {"LaunchTemplate": {
        **name, "LaunchTemplateId": some("lt"), "DefaultVersionNumber": 1, "LatestVersionNumber": 1,
        "CreateTime": moment}}, **name, LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
    w.refuses("InvalidLaunchTemplateName.AlreadyExistsException", ec2.create_launch_template, **name,
              LaunchTemplateData=data)
    w.answers(ec2.create_launch_template_version, {"LaunchTemplateVersion": {
        "VersionNumber": 2, "LaunchTemplateData": {"ImageId": image, "InstanceType": "t3.small"}}}, **name,
        SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small"})
    w.refuses("InvalidLaunchTemplateName.NotFoundException", ec2.create_launch_template_version,
              LaunchTemplateName="none", LaunchTemplateData=data)
    w.answers(ec2.modify_launch_template, {"LaunchTemplate": {"DefaultVersionNumber": 2}}, **name, DefaultVersion="2")
    w.refuses("InvalidLaunchTemplateId.VersionNotFound", ec2.modify_launch_template, **name, DefaultVersion="9")
    w.answers(ec2.describe_launch_templates, {"LaunchTemplates": [{"LaunchTemplateId": made, "DefaultVersionNumber": 2}]},
              LaunchTemplateNames=["case"])
    w.refuses("InvalidLaunchTemplateName.NotFoundException", ec2.describe_launch_templates, LaunchTemplateNames=["none"])
    w.answers(ec2.describe_launch_template_versions, {"LaunchTemplateVersions": [
        {"VersionNumber": 2, "DefaultVersion": True}, {"VersionNumber": 1, "DefaultVersion": False}]}, **name)
    w.refuses("InvalidLaunchTemplateId.NotFound", ec2.describe_launch_template_versions,
              LaunchTemplateId=absent("lt"))
    w.answers(ec2.delete_launch_template_versions, {
        "SuccessfullyDeletedLaunchTemplateVersions": [{"VersionNumber": 1}],
        "UnsuccessfullyDeletedLaunchTemplateVersions": [{"VersionNumber": 2}]}, **name, Versions=["1", "2"])
    w.refuses("InvalidLaunchTemplateName.NotFoundException", ec2.delete_launch_template_versions,
              LaunchTemplateName="none", Versions=["1"])
    w.answers(ec2.delete_launch_template, {"LaunchTemplate": {"LaunchTemplateId": made}}, **name)
    w.refuses("InvalidLaunchTemplateName.NotFoundException", ec2.delete_launch_template, **name)


def state(ec2, instance):
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]


def running_instance(w, ec2, subnet, **more):
    image = ec2.describe_images(Filters=named(name="al2023-*"))["Images"][0]["ImageId"]
    made = w.answers(ec2.run_instances, {"ReservationId": some("r"), "Instances": [{
        "InstanceId": some("i"), "ImageId": image, "InstanceType": "t3.micro", "SubnetId": subnet,
        "State": {"Code": 0, "Name": "pending"}, "LaunchTime": moment}]},
        ImageId=image, InstanceType="t3.micro", SubnetId=subnet, MinCount=1, MaxCount=1, **more)
    made = made["Instances"][0]["InstanceId"]
    w.until(lambda: state(ec2, made) == "running")
    return made


def instances(w):
    ec2, net = w.client("ec2"), Net(w)
    made = running_instance(w, ec2, net.subnet, TagSpecifications=tags("instance", "case"))
    w.refuses("InvalidAMIID.NotFound", ec2.run_instances, ImageId=absent("ami"), InstanceType="t3.micro", MinCount=1,
              MaxCount=1, SubnetId=net.subnet)
    one = w.answers(ec2.describe_instances, {"Reservations": [{"OwnerId": TARGET, "Instances": [{
        "InstanceId": made, "State": {"Code": 16, "Name": "running"}, "VpcId": net.vpc,
        "Tags": has({"Key": "Name", "Value": "case"})}]}]}, InstanceIds=[made])["Reservations"][0]["Instances"][0]
    w.refuses("InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=[absent("i")])
    w.refuses("InvalidInstanceID.Malformed", ec2.describe_instances, InstanceIds=["web"])
    w.answers(ec2.describe_instance_status, {"InstanceStatuses": [{"InstanceId": made, "InstanceState": {
        "Name": "running"}, "SystemStatus": {"Status": str}}]}, InstanceIds=[made])
    w.refuses("InvalidInstanceID.NotFound", ec2.describe_instance_status, InstanceIds=[absent("i")])
    mine = [{"Name": "attachment.instance-id", "Values": [made]}]
    w.answers(ec2.describe_volumes, {"Volumes": [{"VolumeId": some("vol"), "State": "in-use", "Attachments": [
        {"InstanceId": made, "State": "attached"}]}]}, Filters=mine)
    w.refuses("InvalidVolume.NotFound", ec2.describe_volumes, VolumeIds=[absent("vol")])
    w.answers(ec2.describe_network_interfaces, {"NetworkInterfaces": [{
        "NetworkInterfaceId": some("eni"), "PrivateIpAddress": one["PrivateIpAddress"], "SubnetId": net.subnet,
        "Status": "in-use"}]}, Filters=mine)
    w.refuses("InvalidNetworkInterfaceID.NotFound", ec2.describe_network_interfaces,
              NetworkInterfaceIds=[absent("eni")])
    about = {"InstanceId": made, "Attribute": "disableApiTermination"}
    w.answers(ec2.modify_instance_attribute, {}, InstanceId=made, DisableApiTermination={"Value": True}, then=lambda:
              w.answers(ec2.describe_instance_attribute, {"DisableApiTermination": {"Value": True}}, **about))
    w.refuses("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[made])
    ec2.modify_instance_attribute(InstanceId=made, DisableApiTermination={"Value": False})
    w.refuses("InvalidInstanceID.NotFound", ec2.modify_instance_attribute, InstanceId=absent("i"),
              DisableApiTermination={"Value": True})
    w.refuses("InvalidInstanceID.NotFound", ec2.describe_instance_attribute, **{**about, "InstanceId": absent("i")})
    w.answers(ec2.modify_instance_metadata_options, {"InstanceId": made, "InstanceMetadataOptions": {
        "HttpTokens": "required", "HttpPutResponseHopLimit": 2}}, InstanceId=made, HttpTokens="required",
        HttpPutResponseHopLimit=2)
    w.refuses("InvalidInstanceID.NotFound", ec2.modify_instance_metadata_options, InstanceId=absent("i"),
              HttpTokens="required")
    instance_profile(w, ec2, made)
    powered(w, ec2, made)
    net.end()


def instance_profile(w, ec2, made):
    profile = {"InstanceId": made, "IamInstanceProfile": {"Name": "PosternNode"}}
    found = w.answers(ec2.associate_iam_instance_profile, {"IamInstanceProfileAssociation": {
        "AssociationId": some("iip-assoc"), "InstanceId": made, "State": re.compile("associat(ing|ed)")}}, **profile)
    found = found["IamInstanceProfileAssociation"]["AssociationId"]
    w.refuses("IncorrectState", ec2.associate_iam_instance_profile, **profile)
    w.answers(ec2.describe_iam_instance_profile_associations, {"IamInstanceProfileAssociations": [{
        "AssociationId": found, "IamInstanceProfile": {"Arn": has("instance-profile/PosternNode")}}]},
        Filters=named(instance_id=made))
    w.refuses("InvalidAssociationID.NotFound", ec2.describe_iam_instance_profile_associations,
              AssociationIds=[absent("iip-assoc")])
    w.answers(ec2.disassociate_iam_instance_profile, {"IamInstanceProfileAssociation": {"AssociationId": found}},
              AssociationId=found)
    w.refuses("InvalidAssociationID.NotFound", ec2.disassociate_iam_instance_profile, AssociationId=absent("iip-assoc"))


def powered(w, ec2, made):
    w.answers(ec2.reboot_instances, {}, InstanceIds=[made], then=lambda: state(ec2, made) == "running")
    w.answers(ec2.stop_instances, {"StoppingInstances": [{"InstanceId": made, "CurrentState": {"Name": "stopping"},
                                                          "PreviousState": {"Name": "running"}}]}, InstanceIds=[made])
    w.until(lambda: state(ec2, made) == "stopped")
    w.answers(ec2.start_instances, {"StartingInstances": [{"CurrentState": {"Name": "pending"},
                                                           "PreviousState": {"Name": "stopped"}}]}, InstanceIds=[made])
    w.until(lambda: state(ec2, made) == "running")
    for call in (ec2.reboot_instances, ec2.stop_instances, ec2.start_instances, ec2.terminate_instances):
        w.refuses("InvalidInstanceID.NotFound", call, InstanceIds=[absent("i")])
    w.answers(ec2.terminate_instances, {"TerminatingInstances": [{"CurrentState": {"Name": "shutting-down"}}]},
              InstanceIds=[made])
    w.until(lambda: state(ec2, made) == "terminated")


def tagging(w):
    ec2 = w.client("ec2")
    made = w.instances("live-01")
    told = [{"Name": "tag:case", "Values": ["told"]}]
    w.answers(ec2.create_tags, {}, Resources=made, Tags=[{"Key": "case", "Value": "told"}], then=lambda: w.answers(
        ec2.describe_tags, {"Tags": [{"ResourceId": made[0], "ResourceType": "instance", "Key": "case",
                                      "Value": "told"}]}, Filters=told))
    w.refuses("InvalidInstanceID.NotFound", ec2.create_tags, Resources=[absent("i")], Tags=[{"Key": "a", "Value": "b"}])
    w.refuses("InvalidParameterValue", ec2.create_tags, Resources=made, Tags=[{"Key": "aws:x", "Value": "b"}])
    w.refuses(DENIED, w.client("ec2", "Narrow").describe_tags)
    w.answers(ec2.delete_tags, {}, Resources=made, Tags=[{"Key": "case"}], then=lambda: w.answers(
        ec2.describe_tags, {"Tags": []}, Filters=told))
    w.refuses("InvalidInstanceID.NotFound", ec2.delete_tags, Resources=[absent("i")], Tags=[{"Key": "a"}])


CASES = [places, vpcs, internet, routes, endpoints, groups, acls, keys_and_templates, instances, tagging]
