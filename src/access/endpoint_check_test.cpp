#include "access/endpoint_check.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/endpoint_plan.hpp"
#include "access/log_writer.hpp"

namespace postern::access {
namespace endpoint_check_test {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kOpen =
    R"({"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";
constexpr const char* kOwn =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",)"
    R"("Condition":{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}}]})";

RuleFacts https(bool egress, std::string cidr, std::string group = {}, std::string list = {}) {
  RuleFacts rule;
  rule.egress = egress;
  rule.protocol = "tcp";
  rule.from = 443;
  rule.to = 443;
  rule.cidr = std::move(cidr);
  rule.group = std::move(group);
  rule.prefix_list = std::move(list);
  return rule;
}

EndpointFacts endpoint(std::string service) {
  EndpointFacts out;
  out.id = "vpce-" + service;
  out.service = std::move(service);
  out.state = "available";
  out.private_dns = true;
  out.subnets = {"subnet-a"};
  out.groups = {"sg-endpoints"};
  out.policy = kOwn;
  return out;
}

/// Nothing is wrong with it: two nodes in a private subnet, endpoints and a route to S3.
NetworkFacts sound() {
  NetworkFacts place;
  place.account = "444455556666";
  place.region = "us-east-1";
  VpcFacts& vpc = place.vpcs.emplace_back();
  vpc.id = "vpc-1";
  vpc.cidrs = {"10.0.0.0/16"};
  SubnetFacts& subnet = vpc.subnets["subnet-a"];
  subnet.id = "subnet-a";
  subnet.zone = "us-east-1a";
  subnet.cidr = "10.0.1.0/24";
  subnet.route_table = "rtb-1";
  vpc.route_tables["rtb-1"] = {RouteFacts("10.0.0.0/16", "local"), RouteFacts("pl-s3", "vpce-s3")};
  vpc.groups["sg-nodes"] = {https(true, {}, "sg-endpoints"), https(true, {}, {}, "pl-s3")};
  vpc.groups["sg-endpoints"] = {https(false, "10.0.1.0/24")};
  vpc.endpoints = {endpoint("ssm"), endpoint("ssmmessages"), endpoint("s3")};
  vpc.endpoints[2].gateway = true;
  vpc.endpoints[2].private_dns = false;
  vpc.endpoints[2].policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
      R"("Resource":"*"},)"
      R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":)"
      R"({"aws:ResourceAccount":"444455556666","aws:PrincipalAccount":"444455556666"}}}]})";
  for (const char* id : {"i-1", "i-2"}) {
    NodeFacts& node = vpc.nodes.emplace_back();
    node.id = id;
    node.subnet = "subnet-a";
    node.address = "10.0.1." + std::string(id).substr(2);
    node.groups = {"sg-nodes"};
    node.agent_version = "3.3.1957.0";
  }
  return place;
}

std::vector<Finding> found(const NetworkFacts& place, std::vector<EndpointUse> uses = {EndpointUse::ssm}) {
  EndpointWants wants;
  wants.uses = std::move(uses);
  wants.way_in = " --account payments";
  return check_endpoints(place, wants);
}

const Finding* one(const std::vector<Finding>& all, std::string_view code) {
  const auto at = std::ranges::find(all, code, &Finding::code);
  return at == all.end() ? nullptr : &*at;
}

TEST(EndpointCheck, FindsNothingWhereAllIsWell) {
  for (const Finding& each : found(sound())) ADD_FAILURE() << each.code << ": " << each.cause;
}

TEST(EndpointCheck, NamesMissingEndpointsOnceForAVpc) {
  NetworkFacts place = sound();
  place.vpcs[0].endpoints.clear();
  place.vpcs[0].route_tables["rtb-1"].pop_back();
  const std::vector<Finding> all = found(place);
  const Finding* missing = one(all, "endpoint_missing");
  ASSERT_NE(missing, nullptr);
  EXPECT_EQ(missing->severity, Severity::blocks);
  EXPECT_THAT(missing->services, ElementsAre("ssm", "ssmmessages"));
  EXPECT_THAT(missing->nodes, ElementsAre("i-1", "i-2"));
  EXPECT_EQ(missing->fix, "postern deploy endpoints --vpc vpc-1 --region us-east-1 --account payments");
  ASSERT_NE(one(all, "s3_missing"), nullptr);
  EXPECT_EQ(all.size(), 2U);
}

TEST(EndpointCheck, KnowsAnotherWayOutWhenItSeesOne) {
  NetworkFacts place = sound();
  place.vpcs[0].endpoints.clear();
  auto& routes = place.vpcs[0].route_tables["rtb-1"];
  routes.back() = RouteFacts("0.0.0.0/0", "nat-1");
  std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "by_internet");
  EXPECT_EQ(all[0].severity, Severity::note);
  routes.back() = RouteFacts("0.0.0.0/0", "igw-1");
  EXPECT_EQ(one(found(place), "endpoint_missing")->severity, Severity::blocks) << "nodes have no public address";
  routes.back() = RouteFacts("10.0.0.0/8", "tgw-1");
  all = found(place);
  EXPECT_EQ(one(all, "endpoint_missing")->severity, Severity::risk);
  EXPECT_THAT(one(all, "endpoint_missing")->cause, HasSubstr("endpoints in another VPC, perhaps"));
}

/// A11: endpoints with private names in a VPC whose DNS attributes are off.
TEST(EndpointCheck, LooksAtTheDnsAttributesOfTheVpc) {
  NetworkFacts place = sound();
  place.vpcs[0].dns_hostnames = false;
  const std::vector<Finding> hostnames = found(place);
  ASSERT_EQ(hostnames.size(), 1U);
  EXPECT_EQ(hostnames[0].code, "vpc_dns");
  EXPECT_EQ(hostnames[0].severity, Severity::blocks);
  EXPECT_EQ(hostnames[0].fix,
            "aws ec2 modify-vpc-attribute --vpc-id vpc-1 --enable-dns-hostnames Value=true --region us-east-1");
  place.vpcs[0].dns_support = false;
  EXPECT_THAT(one(found(place), "vpc_dns")->fix,
              AllOf(HasSubstr("--enable-dns-support"), HasSubstr("--enable-dns-hostnames")));
}

TEST(EndpointCheck, PrivateNamesAndStateOfEndpoints) {
  NetworkFacts place = sound();
  place.vpcs[0].endpoints[0].private_dns = false;
  place.vpcs[0].endpoints[1].state = "pendingAcceptance";
  const std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(one(all, "private_dns_off")->fix, HasSubstr("--vpc-endpoint-id vpce-ssm --private-dns-enabled"));
  EXPECT_THAT(one(all, "endpoint_state")->cause, HasSubstr("pendingAcceptance"));
}

TEST(EndpointCheck, GroupsOnBothSides) {
  NetworkFacts place = sound();
  place.vpcs[0].groups["sg-endpoints"] = {https(false, "10.0.9.0/24")};
  std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "endpoint_group");
  EXPECT_THAT(all[0].services, ElementsAre("ssm", "ssmmessages"));
  EXPECT_THAT(all[0].fix, AllOf(HasSubstr("--group-id sg-endpoints"), HasSubstr("CidrIp=10.0.1.0/24")));
  place = sound();
  place.vpcs[0].groups["sg-nodes"].clear();
  all = found(place);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(one(all, "node_group")->fix, HasSubstr("UserIdGroupPairs=[{GroupId=sg-endpoints}]"));
  EXPECT_THAT(one(all, "node_group_s3")->fix, HasSubstr("PrefixListId=pl-s3"));
  // A reference to the nodes' group, and a wide block, do as well.
  place = sound();
  place.vpcs[0].groups["sg-endpoints"] = {https(false, {}, "sg-nodes")};
  place.vpcs[0].groups["sg-nodes"] = {https(true, "0.0.0.0/0")};
  EXPECT_THAT(found(place), IsEmpty());
}

/// A10: S3 is reached by a route, in the table of the nodes' own subnet.
TEST(EndpointCheck, RouteToS3InTheNodesTable) {
  NetworkFacts place = sound();
  place.vpcs[0].route_tables["rtb-1"].pop_back();
  place.vpcs[0].route_tables["rtb-2"] = {RouteFacts("pl-s3", "vpce-s3")};
  const std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "s3_route");
  EXPECT_EQ(all[0].severity, Severity::blocks);
  EXPECT_THAT(all[0].fix, HasSubstr("--vpc-endpoint-id vpce-s3 --add-route-table-ids rtb-1"));
}

/// A10, A12: what sessions and replication need besides, policies that are open, and policies that forbid too much.
TEST(EndpointCheck, FurtherUsesAndPolicies) {
  NetworkFacts place = sound();
  EXPECT_THAT(one(found(place, {EndpointUse::ssm, EndpointUse::sessions}), "endpoint_missing")->services,
              ElementsAre("logs", "kms"));
  place.sessions_logged = true;
  EXPECT_THAT(one(found(place), "endpoint_missing")->services, ElementsAre("logs"));
  place = sound();
  place.vpcs[0].endpoints[0].policy = kOpen;
  place.vpcs[0].endpoints[2].policy.clear();
  std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "policy_open");
  EXPECT_EQ(all[0].severity, Severity::risk);
  EXPECT_THAT(all[0].services, ElementsAre("ssm", "s3"));
  place = sound();
  place.vpcs[0].endpoints[1].policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ssmmessages:*Control*",)"
      R"("Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}}]})";
  place.vpcs[0].endpoints[2].policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
      R"("Resource":"arn:aws:s3:::amazon-ssm-us-east-1/*"}]})";
  all = found(place);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[0].cause, AllOf(HasSubstr("forbids ssmmessages:CreateDataChannel, ssmmessages:OpenDataChannel")));
  EXPECT_EQ(all[0].severity, Severity::blocks);
  EXPECT_THAT(all[1].cause, AllOf(HasSubstr("patch-baseline-snapshot-us-east-1"), Not(HasSubstr(" amazon-ssm-us"))));
  // Of an organisation that is not known, nothing is claimed.
  place = sound();
  place.vpcs[0].endpoints[0].policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",)"
      R"("Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}]})";
  all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].severity, Severity::risk);
  place.organization = "o-abcdefghij";
  EXPECT_THAT(found(place), IsEmpty());
}

std::vector<Finding> found_for_copies(const NetworkFacts& place, std::string signer = "111122223333") {
  EndpointWants wants;
  wants.copies.signer = std::move(signer);
  wants.copies.places.emplace_back("copies-east/cp", "us-east-1");
  wants.copies.places.emplace_back("copies-west/cp", "us-west-2");
  return check_endpoints(place, wants);
}

TEST(EndpointCheck, FindsAGatewayThatKeepsBackWhatTheHubSigns) {
  NetworkFacts place = sound();
  EndpointFacts& gateway = place.vpcs[0].endpoints[2];
  std::vector<Finding> all = found_for_copies(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "copies_forbidden");
  EXPECT_EQ(all[0].severity, Severity::risk);
  EXPECT_EQ(all[0].subject, "vpce-s3");
  EXPECT_EQ(all[0].cause,
            "the policy of the endpoint for s3 keeps back what the hub's account 111122223333 signs for nodes in "
            "copies-east/cp: large files of `postern cp` go through slow sessions instead");
  EXPECT_THAT(all[0].fix, HasSubstr("modify-vpc-endpoint --vpc-endpoint-id vpce-s3 --policy-document FILE"));
  gateway.stack = "postern-endpoints-vpc-1";
  EXPECT_EQ(found_for_copies(place)[0].fix, "postern deploy endpoints --vpc vpc-1 --region us-east-1");
  // The hub is of the VPC's own account; no places; places of another Region alone.
  EXPECT_THAT(found_for_copies(place, place.account), IsEmpty());
  EXPECT_THAT(found_for_copies(place, ""), IsEmpty());
  place.region = "eu-west-1";
  EXPECT_EQ(one(found_for_copies(place), "copies_forbidden"), nullptr);
  place.region = "us-east-1";
  gateway.policy.clear();
  EXPECT_EQ(one(found_for_copies(place), "copies_forbidden"), nullptr);
  gateway.policy = "{";
  EXPECT_EQ(one(found_for_copies(place), "copies_forbidden"), nullptr);
}

/// Whoever lets nodes read and not write, or forbids what is signed beforehand, has not thought of copies.
TEST(EndpointCheck, JudgesCopiesAsTheyAreSent) {
  NetworkFacts place = sound();
  const auto verdict = [&place](const std::string& statements) -> std::string {
    place.vpcs[0].endpoints[2].policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
        R"("Resource":"*"},)" +
        statements + "]}";
    const std::vector<Finding> all = found_for_copies(place);
    const Finding* each = one(all, "copies_forbidden");
    if (each == nullptr) return "passes";
    return each->cause.find(" keeps back ") != std::string::npos ? "stops" : "may stop";
  };
  const std::string carry = R"({"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],)"
                            R"("Resource":"arn:aws:s3:::copies-east/cp/*",)"
                            R"("Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}})";
  EXPECT_EQ(verdict(carry), "passes");
  EXPECT_EQ(
      verdict(
          R"({"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::copies-east/x/*"})"),
      "stops");
  EXPECT_EQ(verdict(carry + R"(,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",)"
                            R"("Condition":{"StringNotEquals":{"s3:authType":"REST-HEADER"}}})"),
            "stops");
  // A bucket of a third account that is named, and an organisation that is not known.
  EXPECT_EQ(verdict(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*",)"
                    R"("Condition":{"StringEquals":{"aws:ResourceAccount":["222233334444"]}}})"),
            "passes");
  EXPECT_EQ(verdict(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*",)"
                    R"("Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}})"),
            "may stop");
  place.vpcs[0].endpoints[2].stack = "postern-endpoints-vpc-1";
  EXPECT_EQ(one(found_for_copies(place), "copies_forbidden")->fix,
            "postern deploy endpoints --vpc vpc-1 --region us-east-1 --organization o-abcdefghij");
  // The same of a stack that did not tag it.
  place.vpcs[0].endpoints[2].stack.clear();
  verdict(R"({"Sid":"OwnBuckets","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*",)"
          R"("Condition":{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}})");
  EXPECT_EQ(one(found_for_copies(place), "copies_forbidden")->fix,
            "postern deploy endpoints --vpc vpc-1 --region us-east-1; if that leaves it as it is: aws ec2 "
            "modify-vpc-endpoint --vpc-endpoint-id vpce-s3 --policy-document FILE --region us-east-1, with the policy "
            "that `postern render endpoints` shows");
}

TEST(EndpointPlan, HasTheCopiesOfItsRegion) {
  const NetworkFacts place = sound();
  EndpointOrder wanted;
  wanted.copies.signer = "111122223333";
  wanted.copies.places.emplace_back("copies-west/cp", "us-west-2");
  wanted.copies.places.emplace_back("copies-east/cp", "us-east-1");
  const EndpointPlan plan = plan_endpoints(place, place.vpcs[0], wanted, "");
  ASSERT_EQ(plan.order.copies.places.size(), 1U);
  EXPECT_EQ(plan.order.copies.places[0].place, "copies-east/cp");
  EXPECT_EQ(plan.order.copies.signer, "111122223333");
}

/// A09: ec2messages is for old agents, and a cost for all others.
TEST(EndpointCheck, Ec2messagesIsNoMust) {
  NetworkFacts place = sound();
  place.vpcs[0].endpoints.push_back(endpoint("ec2messages"));
  std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "needless_endpoint");
  EXPECT_EQ(all[0].severity, Severity::note);
  EXPECT_THAT(all[0].cause, HasSubstr("7.30 USD a month"));
  place.vpcs[0].nodes[1].agent_version = "3.2.582.0";
  EXPECT_THAT(found(place), IsEmpty());
  place.vpcs[0].endpoints.pop_back();
  all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "old_agent");
  EXPECT_THAT(all[0].nodes, ElementsAre("i-2"));
}

TEST(EndpointCheck, WhatIsSeenIsBelieved) {
  NetworkFacts place = sound();
  place.vpcs[0].endpoints.erase(place.vpcs[0].endpoints.begin(), place.vpcs[0].endpoints.begin() + 2);
  for (NodeFacts& node : place.vpcs[0].nodes) node.online = true;
  const std::vector<Finding> all = found(place);
  EXPECT_EQ(one(all, "endpoint_missing")->severity, Severity::risk);
  EXPECT_THAT(one(all, "endpoint_missing")->cause, HasSubstr("yet its nodes are online"));
}

/// A18: logs that nobody may write.
TEST(EndpointCheck, RolesThatMayNotWriteLogs) {
  NetworkFacts place = sound();
  LogGap& gap = place.log_gaps.emplace_back();
  gap.group = "/nodes";
  gap.role = "Node";
  gap.missing = {"logs:PutLogEvents"};
  const std::vector<Finding> all = found(place);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].severity, Severity::blocks);
  EXPECT_THAT(all[0].cause, HasSubstr("Node may not logs:PutLogEvents on the log group /nodes"));
  EXPECT_THAT(all[0].fix, HasSubstr("OutputLogGroup=/nodes"));
}

TEST(EndpointCheck, ZonesAndVersions) {
  NetworkFacts place = sound();
  SubnetFacts& far = place.vpcs[0].subnets["subnet-b"];
  far = place.vpcs[0].subnets["subnet-a"];
  far.id = "subnet-b";
  far.zone = "us-east-1b";
  place.vpcs[0].nodes[1].subnet = "subnet-b";
  const std::vector<Finding> all = found(place);
  EXPECT_THAT(all, Contains(Field(&Finding::code, "zone")));
  EXPECT_TRUE(is_older("3.2.582.0", "3.3.40.0"));
  EXPECT_TRUE(is_older("3.3.4.0", "3.3.40.0"));
  EXPECT_FALSE(is_older("3.3.40.0", "3.3.40.0"));
  EXPECT_FALSE(is_older("3.3.987.0", "3.3.40.0"));
  EXPECT_FALSE(is_older("", "3.3.40.0")) << "not known is not old";
  EXPECT_FALSE(is_older("latest", "3.3.40.0"));
}

/// A18: what the role's policies say of the group.
TEST(LogWriter, NeedsToFindTheGroupAndToWriteItsStreams) {
  RoleFacts role;
  role.arn = "arn:aws:iam::444455556666:role/Node";
  role.organization = OrganizationState::none;
  const NetworkFacts place = sound();
  EXPECT_THAT(
      judge_log_writer(role, place, "/nodes").missing,
      ElementsAre("logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:CreateLogStream", "logs:PutLogEvents"));
  role.policies.emplace_back(
      "output", "",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:DescribeLogGroups","Resource":"*"},)"
      R"({"Effect":"Allow","Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],)"
      R"("Resource":"arn:aws:logs:*:444455556666:log-group:/nodes:*"}]})");
  EXPECT_THAT(judge_log_writer(role, place, "/nodes").missing, IsEmpty());
  EXPECT_EQ(judge_log_writer(role, place, "/others").missing.size(), 3U);
  role.policies.emplace_back("strange", "", "{");
  EXPECT_FALSE(judge_log_writer(role, place, "/nodes").unread.empty());
}

/// A bare VPC gets everything: a subnet in each zone with nodes, open to the nodes' subnets.
TEST(EndpointPlan, FollowsTheNodes) {
  NetworkFacts place = sound();
  VpcFacts& vpc = place.vpcs[0];
  vpc.endpoints.clear();
  for (const char* letter : {"b", "c"}) {
    SubnetFacts subnet = vpc.subnets["subnet-a"];
    subnet.id = "subnet-" + std::string(letter);
    subnet.zone = "us-east-1b";
    subnet.cidr = letter == std::string("b") ? "10.0.2.0/24" : "10.0.3.0/24";
    subnet.route_table = "rtb-2";
    vpc.subnets[subnet.id] = subnet;
    NodeFacts node = vpc.nodes[0];
    node.id = "i-" + std::string(letter);
    node.subnet = subnet.id;
    vpc.nodes.push_back(node);
  }
  SubnetFacts empty = vpc.subnets["subnet-a"];
  empty.id = "subnet-d";
  empty.zone = "us-east-1d";
  vpc.subnets["subnet-d"] = empty;
  EndpointPlan plan = plan_endpoints(place, vpc, EndpointOrder(), "postern-endpoints-vpc-1");
  EXPECT_EQ(plan.parameters["SubnetIds"], "subnet-a,subnet-b");
  EXPECT_EQ(plan.zones, 2U);
  EXPECT_EQ(plan.parameters["RouteTableIds"], "rtb-1,rtb-2");
  EXPECT_THAT(plan.order.cidrs, ElementsAre("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"));
  EXPECT_THAT(plan.in_the_way, IsEmpty());
  EXPECT_THAT(plan.notes, IsEmpty());
  // A second time the stack's own subnets stay.
  EndpointFacts own = endpoint("ssm");
  own.stack = "postern-endpoints-vpc-1";
  own.subnets = {"subnet-a", "subnet-c"};
  vpc.endpoints = {own};
  plan = plan_endpoints(place, vpc, EndpointOrder(), "postern-endpoints-vpc-1");
  EXPECT_EQ(plan.parameters["SubnetIds"], "subnet-a,subnet-c");
  EXPECT_THAT(plan.notes, IsEmpty());
}

/// What somebody else made is left alone; what EC2 would refuse is said first (A11).
TEST(EndpointPlan, LeavesOthersAlone) {
  NetworkFacts place = sound();
  VpcFacts& vpc = place.vpcs[0];
  vpc.endpoints[2].route_tables = {"rtb-1"};
  EXPECT_TRUE(plan_endpoints(place, vpc, EndpointOrder(), "mine").empty());
  vpc.endpoints.erase(vpc.endpoints.begin());
  vpc.dns_hostnames = false;
  const EndpointPlan plan = plan_endpoints(place, vpc, EndpointOrder(), "mine");
  EXPECT_THAT(interface_services(plan.order), ElementsAre("ssm"));
  EXPECT_FALSE(has_s3_gateway(plan.order));
  EXPECT_EQ(plan.notes.size(), 2U);
  EXPECT_THAT(plan.in_the_way, HasSubstr("enableDnsHostnames of vpc-1 is off"));
  EXPECT_THAT(plan.mend, HasSubstr("--enable-dns-hostnames"));
}

}  // namespace endpoint_check_test
}  // namespace postern::access
