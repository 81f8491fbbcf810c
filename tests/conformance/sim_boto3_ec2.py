#!/usr/bin/env python3
"""boto3 drives every EC2 operation that the simulated cloud offers; none may be left out.

Environment: POSTERN_SIM_SERVER is the server's program.
"""
import os
import re
import unittest

import boto3
import botocore

import sim_harness as harness
from sim_boto3 import Base

SELECTION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models", "selection.toml")
SSM = "com.amazonaws.us-east-1.ssm"


def offered():
    """The operations of EC2 in the selection."""
    with open(SELECTION, encoding="utf-8") as file:
        section = file.read().split("[ec2.operations]\n")[1].split("\n[")[0]
    return set(re.findall(r"^(\w+) = ", section, re.MULTILINE))


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


class Every(Base):
    """One story through all operations; what each answers is asserted where it matters to the next."""

    def setUp(self):
        self.ec2 = self.client("ec2", self.assume())
        self.called = set()
        self.ec2.meta.events.register("before-call.ec2", lambda model, **_: self.called.add(model.name))

    def make_network(self):
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16", TagSpecifications=tags("vpc", "story"))["Vpc"]["VpcId"]
        ec2.get_waiter("vpc_available").wait(VpcIds=[self.vpc])
        for value in ({"EnableDnsSupport": {"Value": True}}, {"EnableDnsHostnames": {"Value": True}}):
            ec2.modify_vpc_attribute(VpcId=self.vpc, **value)
        attribute = ec2.describe_vpc_attribute(VpcId=self.vpc, Attribute="enableDnsHostnames")
        self.assertTrue(attribute["EnableDnsHostnames"]["Value"])
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.99.1.0/24",
                                        AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
        ec2.modify_subnet_attribute(SubnetId=self.subnet, MapPublicIpOnLaunch={"Value": True})
        found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["Subnets"]
        self.assertEqual([(one["SubnetId"], one["MapPublicIpOnLaunch"]) for one in found], [(self.subnet, True)])
        self.assertEqual(len(ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]["Tags"]), 1)

    def make_routes(self):
        ec2 = self.ec2
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        found = ec2.describe_internet_gateways(InternetGatewayIds=[self.gateway])["InternetGateways"][0]
        self.assertEqual(found["Attachments"], [{"State": "available", "VpcId": self.vpc}])
        self.table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        other = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.assertTrue(ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)["Return"])
        association = ec2.associate_route_table(RouteTableId=other, SubnetId=self.subnet)["AssociationId"]
        self.association = ec2.replace_route_table_association(AssociationId=association,
                                                               RouteTableId=self.table)["NewAssociationId"]
        ec2.delete_route_table(RouteTableId=other)
        self.address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        self.nat = ec2.create_nat_gateway(SubnetId=self.subnet, AllocationId=self.address)["NatGateway"]["NatGatewayId"]
        ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[self.nat])
        self.assertIn("AssociationId", ec2.describe_addresses(AllocationIds=[self.address])["Addresses"][0])
        ec2.replace_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=self.nat)
        routes = ec2.describe_route_tables(RouteTableIds=[self.table])["RouteTables"][0]["Routes"]
        self.assertEqual([route.get("NatGatewayId", route.get("GatewayId")) for route in routes], ["local", self.nat])

    def make_endpoint(self):
        ec2 = self.ec2
        self.assertIn(SSM, ec2.describe_vpc_endpoint_services()["ServiceNames"])
        self.endpoint = ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=SSM, VpcEndpointType="Interface",
                                                SubnetIds=[self.subnet])["VpcEndpoint"]["VpcEndpointId"]
        self.assertTrue(ec2.modify_vpc_endpoint(VpcEndpointId=self.endpoint, PrivateDnsEnabled=False)["Return"])
        found = ec2.describe_vpc_endpoints(VpcEndpointIds=[self.endpoint])["VpcEndpoints"][0]
        self.assertEqual((found["State"], found["PrivateDnsEnabled"]), ("available", False))
        lists = ec2.describe_prefix_lists()["PrefixLists"]
        self.assertEqual(len(lists), len(ec2.describe_managed_prefix_lists()["PrefixLists"]))
        entries = ec2.get_managed_prefix_list_entries(PrefixListId=lists[0]["PrefixListId"])["Entries"]
        self.assertEqual([entry["Cidr"] for entry in entries], lists[0]["Cidrs"])

    def make_groups(self):
        ec2 = self.ec2
        self.group = ec2.create_security_group(GroupName="story", Description="d", VpcId=self.vpc)["GroupId"]
        rule = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
        made = ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=rule)["SecurityGroupRules"]
        found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made[0]["SecurityGroupRuleId"]])
        self.assertEqual(found["SecurityGroupRules"][0]["CidrIpv4"], "10.0.0.0/8")
        ec2.revoke_security_group_ingress(GroupId=self.group, IpPermissions=rule)
        ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=rule)
        ec2.revoke_security_group_egress(GroupId=self.group, IpPermissions=rule)
        shown = ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"][0]
        self.assertEqual((len(shown["IpPermissions"]), len(shown["IpPermissionsEgress"])), (0, 1))

    def make_acl(self):
        ec2 = self.ec2
        self.acl = ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        entry = {"NetworkAclId": self.acl, "RuleNumber": 100, "Egress": False, "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
        ec2.create_network_acl_entry(RuleAction="allow", **entry)
        ec2.replace_network_acl_entry(RuleAction="deny", **entry)
        shown = ec2.describe_network_acls(NetworkAclIds=[self.acl])["NetworkAcls"][0]
        self.assertIn("deny", [one["RuleAction"] for one in shown["Entries"] if one["RuleNumber"] == 100])
        default = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [self.subnet]}])["NetworkAcls"][0]
        new = ec2.replace_network_acl_association(AssociationId=default["Associations"][0]["NetworkAclAssociationId"],
                                                  NetworkAclId=self.acl)["NewAssociationId"]
        ec2.replace_network_acl_association(AssociationId=new, NetworkAclId=default["NetworkAclId"])
        ec2.delete_network_acl_entry(NetworkAclId=self.acl, RuleNumber=100, Egress=False)
        ec2.delete_network_acl(NetworkAclId=self.acl)

    def make_template(self):
        ec2 = self.ec2
        self.image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["al2023-*"]}])["Images"][0]["ImageId"]
        ec2.create_key_pair(KeyName="story")
        self.assertEqual(len(ec2.describe_key_pairs(KeyNames=["story"])["KeyPairs"]), 1)
        ec2.delete_key_pair(KeyName="story")
        data = {"ImageId": self.image, "InstanceType": "t3.micro", "SecurityGroupIds": [self.group],
                "MetadataOptions": {"HttpTokens": "required"}}
        ec2.create_launch_template(LaunchTemplateName="story", LaunchTemplateData=data)
        for _ in range(2):
            made = ec2.create_launch_template_version(LaunchTemplateName="story", SourceVersion="1",
                                                      LaunchTemplateData={"InstanceType": "t3.small"})
        self.assertEqual(made["LaunchTemplateVersion"]["VersionNumber"], 3)
        ec2.modify_launch_template(LaunchTemplateName="story", DefaultVersion="2")
        gone = ec2.delete_launch_template_versions(LaunchTemplateName="story", Versions=["3", "2"])
        self.assertEqual(len(gone["SuccessfullyDeletedLaunchTemplateVersions"]), 1)
        self.assertEqual(len(gone["UnsuccessfullyDeletedLaunchTemplateVersions"]), 1)
        shown = ec2.describe_launch_template_versions(LaunchTemplateName="story")["LaunchTemplateVersions"]
        self.assertEqual([(one["VersionNumber"], one["LaunchTemplateData"]["ImageId"]) for one in shown],
                         [(2, self.image), (1, self.image)])
        self.assertEqual(ec2.describe_launch_templates()["LaunchTemplates"][0]["DefaultVersionNumber"], 2)

    def launch(self):
        ec2 = self.ec2
        run = {"LaunchTemplate": {"LaunchTemplateName": "story"}, "SubnetId": self.subnet, "MinCount": 1, "MaxCount": 1,
               "ClientToken": "story", "TagSpecifications": tags("instance", "fresh") + tags("volume", "root")}
        first = ec2.run_instances(**run)
        self.assertEqual(first["ReservationId"], ec2.run_instances(**run)["ReservationId"])
        self.instance = first["Instances"][0]["InstanceId"]
        ec2.get_waiter("instance_running").wait(InstanceIds=[self.instance], WaiterConfig={"Delay": 2})
        shown = ec2.describe_instances(InstanceIds=[self.instance])["Reservations"][0]["Instances"][0]
        self.assertEqual((shown["InstanceType"], shown["SubnetId"]), ("t3.small", self.subnet))
        self.assertIn("PublicIpAddress", shown)
        self.assertEqual(shown["SecurityGroups"], [{"GroupId": self.group, "GroupName": "story"}])
        statuses = ec2.describe_instance_status(InstanceIds=[self.instance])["InstanceStatuses"]
        self.assertEqual(statuses[0]["InstanceState"]["Name"], "running")
        mine = [{"Name": "attachment.instance-id", "Values": [self.instance]}]
        self.assertEqual(ec2.describe_volumes(Filters=mine)["Volumes"][0]["Tags"], [{"Key": "Name", "Value": "root"}])
        interface = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"][0]
        self.assertEqual(interface["PrivateIpAddress"], shown["PrivateIpAddress"])

    def change(self):
        ec2, instance = self.ec2, self.instance
        ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
        self.refused("OperationNotPermitted", 400, ec2.terminate_instances, InstanceIds=[instance])
        ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
        shown = ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
        self.assertFalse(shown["DisableApiTermination"]["Value"])
        options = ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="optional")
        self.assertEqual(options["InstanceMetadataOptions"]["HttpTokens"], "optional")
        made = ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": "PosternNode"})
        found = ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [instance]}])
        self.assertEqual(found["IamInstanceProfileAssociations"][0]["AssociationId"],
                         made["IamInstanceProfileAssociation"]["AssociationId"])
        ec2.disassociate_iam_instance_profile(AssociationId=made["IamInstanceProfileAssociation"]["AssociationId"])
        ec2.create_tags(Resources=[instance, self.vpc], Tags=[{"Key": "story", "Value": "told"}])
        told = [{"Name": "tag:story", "Values": ["told"]}]
        self.assertEqual(len(ec2.describe_tags(Filters=told)["Tags"]), 2)
        ec2.delete_tags(Resources=[instance, self.vpc], Tags=[{"Key": "story"}])
        self.assertEqual(ec2.describe_tags(Filters=told)["Tags"], [])
        ec2.reboot_instances(InstanceIds=[instance])
        stopping = ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
        self.assertEqual((stopping["PreviousState"]["Name"], stopping["CurrentState"]["Name"]), ("running", "stopping"))
        ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig={"Delay": 2})
        ec2.start_instances(InstanceIds=[instance])
        ec2.terminate_instances(InstanceIds=[instance])
        ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig={"Delay": 2})

    def clear(self):
        ec2 = self.ec2
        self.refused("DependencyViolation", 400, ec2.delete_vpc, VpcId=self.vpc)
        ec2.delete_launch_template(LaunchTemplateName="story")
        self.assertEqual(ec2.delete_vpc_endpoints(VpcEndpointIds=[self.endpoint])["Unsuccessful"], [])
        ec2.delete_nat_gateway(NatGatewayId=self.nat)
        ec2.release_address(AllocationId=self.address)
        ec2.delete_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0")
        ec2.disassociate_route_table(AssociationId=self.association)
        ec2.delete_route_table(RouteTableId=self.table)
        ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        ec2.delete_security_group(GroupId=self.group)
        ec2.delete_subnet(SubnetId=self.subnet)
        ec2.delete_vpc(VpcId=self.vpc)
        self.refused("InvalidVpcID.NotFound", 400, ec2.describe_vpcs, VpcIds=[self.vpc])

    def test_operation_is_called_and_understood(self):
        self.assertEqual(len(self.ec2.describe_regions()["Regions"]), 17)
        self.assertEqual(len(self.ec2.describe_availability_zones()["AvailabilityZones"]), 3)
        self.assertTrue(self.ec2.describe_account_attributes()["AccountAttributes"])
        for part in (self.make_network, self.make_routes, self.make_endpoint, self.make_groups, self.make_acl,
                     self.make_template, self.launch, self.change, self.clear):
            part()
        # Boto3 has read every answer; these few are only listed above.
        self.ec2.describe_nat_gateways()
        self.assertEqual(offered() - self.called, set())

    def test_default_network_is_private(self):
        endpoints = self.ec2.describe_vpc_endpoints()["VpcEndpoints"]
        self.assertEqual(sorted(one["ServiceName"].rsplit(".", 1)[1] for one in endpoints),
                         ["ec2messages", "s3", "ssm", "ssmmessages"])
        self.assertEqual(self.ec2.describe_internet_gateways()["InternetGateways"], [])


class Reachability(Base):
    def test_node_that_loses_its_endpoint_loses_its_connection(self):
        keys = self.assume()
        ec2, ssm = self.client("ec2", keys, "us-west-2"), self.client("ssm", keys, "us-west-2")

        def states():
            return {one["PingStatus"] for one in ssm.describe_instance_information()["InstanceInformationList"]}

        self.assertEqual(states(), {"Online"})
        endpoint = ec2.describe_vpc_endpoints(Filters=[{"Name": "service-name", "Values": ["*.ssm"]}])["VpcEndpoints"][0]
        group = endpoint["Groups"][0]["GroupId"]
        shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=shown["IpPermissions"])
        self.assertEqual(states(), {"ConnectionLost"})
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=shown["IpPermissions"])
        self.assertEqual(states(), {"Online"})


del Base  # its tests are not this file's

if __name__ == "__main__":
    print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}", flush=True)
    unittest.main(warnings="ignore")
