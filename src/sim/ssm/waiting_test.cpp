#include <gtest/gtest.h>

#include "aws/iam/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace waiting_test {

using testing::Rig;
using testing::rig_config;

constexpr const char* kCore = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

template <class Response>
std::string outcome(const Result<Response>& result) {
  return result ? "ok" : result.error().message();
}

/// One node in a subnet that gets out through endpoints only.
CloudConfig private_config() {
  CloudConfig config = rig_config(1);
  VpcConfig vpc;
  vpc.name = "private";
  vpc.cidr = "10.60.0.0/16";
  SubnetConfig& subnet = vpc.subnets.emplace_back();
  subnet.name = "nodes";
  subnet.cidr = "10.60.1.0/24";
  GroupConfig& group = vpc.groups.emplace_back();
  group.name = "open";
  for (const auto direction : {GroupRuleConfig::Direction::ingress, GroupRuleConfig::Direction::egress}) {
    GroupRuleConfig& rule = group.rules.emplace_back();
    rule.direction = direction;
    rule.peer = "10.60.0.0/16";
  }
  for (const char* service : {"ssm", "ssmmessages"}) {
    EndpointConfig& endpoint = vpc.endpoints.emplace_back();
    endpoint.service = service;
    endpoint.subnets.emplace_back("nodes");
    endpoint.groups.emplace_back("open");
  }
  NetworkConfig network;
  network.region = "us-east-1";
  network.vpcs.push_back(std::move(vpc));
  config.accounts[1].networks.push_back(std::move(network));
  config.accounts[1].instances[0].subnet = "nodes";
  config.accounts[1].instances[0].security_groups.emplace_back("open");
  return config;
}

std::string send(Rig& rig) {
  const auto sent = rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1)));
  EXPECT_TRUE(sent) << outcome(sent);
  return sent ? *sent->command->command_id : std::string();
}

std::string status(Rig& rig, const std::string& id) {
  const auto command = rig.command(id);
  return command ? command->status->text() + "/" + *command->status_details : outcome(command);
}

TEST(Waiting, ACommandIsDeliveredWhenTheEndpointIsBack) {
  Rig rig(private_config());
  ASSERT_TRUE(rig.become_operator());
  const auto found = rig.call<aws::ec2::DescribeVpcEndpoints>(aws::ec2::DescribeVpcEndpointsRequest());
  ASSERT_TRUE(found) << outcome(found);
  aws::ec2::CreateVpcEndpointRequest again;
  aws::ec2::DeleteVpcEndpointsRequest remove;
  for (const aws::ec2::VpcEndpoint& one : found->vpc_endpoints) {
    if (!one.service_name->ends_with(".ssmmessages")) continue;
    remove.vpc_endpoint_ids.push_back(*one.vpc_endpoint_id);
    again.service_name = one.service_name;
    again.vpc_id = one.vpc_id;
    again.subnet_ids = one.subnet_ids;
    again.vpc_endpoint_type.emplace("Interface");
    again.private_dns_enabled = true;
    for (const aws::ec2::SecurityGroupIdentifier& group : one.groups)
      again.security_group_ids.push_back(*group.group_id);
  }
  ASSERT_EQ(remove.vpc_endpoint_ids.size(), 1U);
  ASSERT_TRUE(rig.call<aws::ec2::DeleteVpcEndpoints>(remove));
  rig.loop().advance(std::chrono::seconds(30));

  const std::string id = send(rig);
  rig.loop().advance(std::chrono::seconds(20));
  EXPECT_EQ(status(rig, id), "InProgress/InProgress");
  EXPECT_TRUE(rig.cloud().truth().executions.empty());

  const auto made = rig.call<aws::ec2::CreateVpcEndpoint>(again);
  ASSERT_TRUE(made) << outcome(made);
  rig.loop().advance(std::chrono::seconds(60));
  EXPECT_EQ(status(rig, id), "Success/Success");
}

TEST(Waiting, ACommandIsDeliveredWhenThePolicyIsAttachedAgain) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  aws::iam::DetachRolePolicyRequest detach;
  detach.role_name = "PosternNode";
  detach.policy_arn = kCore;
  const std::string id = send(rig);
  ASSERT_TRUE(rig.call<aws::iam::DetachRolePolicy>(detach));
  rig.loop().advance(std::chrono::seconds(20));
  EXPECT_NE(status(rig, id), "Success/Success");
  EXPECT_TRUE(rig.cloud().truth().executions.empty());

  // What has nothing to do with it changes nothing.
  aws::iam::TagRoleRequest tag;
  tag.role_name = "PosternNode";
  tag.tags.emplace_back().key = "a";
  tag.tags.back().value = "b";
  ASSERT_TRUE(rig.call<aws::iam::TagRole>(tag));
  rig.loop().advance(std::chrono::seconds(60));
  EXPECT_TRUE(rig.cloud().truth().executions.empty());

  aws::iam::AttachRolePolicyRequest attach;
  attach.role_name = "PosternNode";
  attach.policy_arn = kCore;
  ASSERT_TRUE(rig.call<aws::iam::AttachRolePolicy>(attach));
  rig.loop().advance(std::chrono::seconds(60));
  EXPECT_EQ(status(rig, id), "Success/Success");
  EXPECT_EQ(rig.cloud().truth().executions.at(rig.ids(1)[0]), 1U);
}

TEST(Waiting, ACommandIsDeliveredWhenTheProfileHasItsRoleBack) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const std::string id = send(rig);
  aws::iam::RemoveRoleFromInstanceProfileRequest remove;
  remove.instance_profile_name = "PosternNode";
  remove.role_name = "PosternNode";
  ASSERT_TRUE(rig.call<aws::iam::RemoveRoleFromInstanceProfile>(remove));
  rig.loop().advance(std::chrono::seconds(20));
  EXPECT_TRUE(rig.cloud().truth().executions.empty());
  aws::iam::AddRoleToInstanceProfileRequest add;
  add.instance_profile_name = "PosternNode";
  add.role_name = "PosternNode";
  ASSERT_TRUE(rig.call<aws::iam::AddRoleToInstanceProfile>(add));
  rig.loop().advance(std::chrono::seconds(60));
  EXPECT_EQ(status(rig, id), "Success/Success");
}

TEST(Waiting, ACommandIsDeliveredWhenTheInstanceRunsAgain) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const std::string id = send(rig);
  aws::ec2::StopInstancesRequest stop;
  stop.instance_ids = rig.ids(1);
  // Stopped before the command gets there.
  rig.cloud().mutable_instance(stop.instance_ids[0])->state = InstanceState::stopped;
  rig.loop().advance(std::chrono::seconds(20));
  EXPECT_TRUE(rig.cloud().truth().executions.empty());
  aws::ec2::StartInstancesRequest start;
  start.instance_ids = rig.ids(1);
  const auto started = rig.call<aws::ec2::StartInstances>(start);
  ASSERT_TRUE(started) << outcome(started);
  rig.loop().advance(std::chrono::seconds(60));
  EXPECT_EQ(status(rig, id), "Success/Success");
}

}  // namespace waiting_test
}  // namespace postern::sim
