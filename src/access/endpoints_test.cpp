#include "access/endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/endpoint_cost.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/resolve.hpp"
#include "cfn/terraform.hpp"
#include "cfn/testing/golden.hpp"
#include "iam/evaluate.hpp"

namespace postern::access {
namespace endpoints_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

cfn::Template made(const EndpointOrder& order) {
  auto out = endpoint_template(order);
  EXPECT_TRUE(out) << out.error().to_text();
  return out ? std::move(*out) : cfn::Template();
}

EndpointOrder everything() {
  EndpointOrder order;
  order.uses = {EndpointUse::ssm, EndpointUse::sessions, EndpointUse::drs};
  return order;
}

iam::EndpointPolicy policy_of(const cfn::Template& source, std::string_view id, const std::string& organization,
                              iam::EndpointPolicy::Type type) {
  cfn::Inputs inputs;
  inputs.account = "444455556666";
  inputs.parameters["OrganizationId"] = {organization};
  const auto text = cfn::resolve_json(source, *source.find_resource(id)->properties.find("PolicyDocument"), inputs);
  EXPECT_TRUE(text) << text.error().to_text();
  auto document = iam::parse_document(iam::DocumentKind::endpoint, *text);
  EXPECT_TRUE(document) << document.error().to_text();
  iam::EndpointPolicy out;
  out.type = type;
  out.policy = iam::AttachedPolicy("endpoint", *document);
  return out;
}

struct Asked {
  Asked() = default;
  std::string account = "444455556666";
  std::string organization;
  std::string action;
  std::string resource = "*";
  std::string resource_account;
};

/// Whether the endpoint lets somebody through whom everything else allows everything.
bool passes(const iam::EndpointPolicy& endpoint, const Asked& asked) {
  iam::Principal::Details details;
  details.org_id = asked.organization;
  const iam::Principal who =
      iam::Principal::role_session("arn:aws:iam::" + asked.account + ":role/node", "i-1", details);
  const auto all =
      iam::parse_document(iam::DocumentKind::identity,
                          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})");
  const iam::AttachedPolicy open("all", *all);
  iam::PolicySet policies;
  policies.identity = std::span(&open, 1);
  policies.endpoint = &endpoint;
  iam::RequestContext context;
  if (!asked.resource_account.empty()) context.set("aws:ResourceAccount", asked.resource_account);
  const iam::Resource resource(asked.resource);
  iam::Request request;
  request.principal = &who;
  request.action = asked.action;
  request.context = &context;
  request.resources = std::span(&resource, 1);
  return iam::evaluate(request, policies).allowed();
}

Copies copies() {
  Copies out;
  out.signer = "111122223333";
  out.places.emplace_back("copies-east/cp", "us-east-1");
  return out;
}

TEST(Endpoints, StandInTheirFiles) {
  EndpointOrder order = everything();
  order.copies = copies();
  const cfn::Template source = made(order);
  const auto configuration = cfn::to_terraform(source);
  ASSERT_TRUE(configuration) << configuration.error().to_text();
  cfn::testing::expect_golden("src/access/testdata/endpoints.yaml", *cfn::to_cloudformation(source));
  cfn::testing::expect_golden("src/access/testdata/endpoints.tf", *configuration);
}

/// A09: old agents alone need ec2messages, and Regions that opened since 2024 do not have it.
TEST(Endpoints, LeaveEc2messagesOutUnlessItIsAskedFor) {
  EndpointOrder order;
  EXPECT_THAT(interface_services(order), ElementsAre("ssm", "ssmmessages"));
  EXPECT_EQ(made(order).find_resource("Ec2Messages"), nullptr);
  order.services = {"ec2messages"};
  const cfn::Template with = made(order);
  ASSERT_NE(with.find_resource("Ec2Messages"), nullptr);
  EXPECT_THAT(with.find_resource("Ec2Messages")->comment, HasSubstr(std::string(kAgentWithoutEc2messages)));
}

/// A10: S3 with every use of nodes, logs and keys with sessions that are kept.
TEST(Endpoints, HaveWhatTheUseNeeds) {
  EndpointOrder order;
  EXPECT_NE(made(order).find_resource("S3"), nullptr);
  order.uses = {EndpointUse::sessions};
  EXPECT_THAT(interface_services(order), ElementsAre("logs", "kms"));
  EXPECT_EQ(made(order).find_resource("S3"), nullptr);
  order.uses = {EndpointUse::drs};
  EXPECT_THAT(interface_services(order), ElementsAre("drs", "ec2"));
  EXPECT_THAT(made(order).comment, HasSubstr("TCP 1500"));
  order.without = {"drs", "ec2", "s3"};
  EXPECT_FALSE(endpoint_template(order));
  order.services = {"s3"};
  const cfn::Template interface = made(order);
  EXPECT_EQ(interface.find_resource("S3Interface")->properties.find("PrivateDnsEnabled")->number(), 0);
  order.services = {"telnet"};
  EXPECT_THAT(endpoint_template(order).error().message(), HasSubstr("telnet"));
}

/// 443 from the blocks that were given, and nothing out.
TEST(Endpoints, LetNodesInAndNothingOut) {
  EndpointOrder order;
  order.cidrs = {"10.1.0.0/24", "10.1.1.0/24"};
  const cfn::Template source = made(order);
  EXPECT_EQ(source.find_parameter("NodesCidr"), nullptr);
  const cfn::Value& rules = *source.find_resource("EndpointGroup")->properties.find("SecurityGroupIngress");
  ASSERT_EQ(rules.entries().size(), 2U);
  for (const cfn::Entry& rule : rules.entries()) {
    EXPECT_EQ(rule.value.find("FromPort")->number(), 443);
    EXPECT_EQ(rule.value.find("ToPort")->number(), 443);
  }
  const auto text = cfn::to_cloudformation(source);
  EXPECT_THAT(*text, AllOf(HasSubstr("CidrIp: '10.1.1.0/24'"), HasSubstr("CidrIp: '127.0.0.1/32'"),
                           Not(HasSubstr("0.0.0.0/0"))));
}

/// A11: names resolve to the endpoints.
TEST(Endpoints, HavePrivateNames) {
  for (const cfn::Resource& each : made(everything()).resources) {
    const cfn::Value* dns = each.properties.find("PrivateDnsEnabled");
    if (each.type == "AWS::EC2::VPCEndpoint" && each.id != "S3") EXPECT_EQ(dns->number(), 1) << each.id;
  }
  EXPECT_THAT(made(everything()).find_parameter("VpcId")->description, HasSubstr("enableDnsHostnames"));
}

/// A12: nobody else's identities come through, and nothing is carried to the buckets of others.
TEST(Endpoints, PoliciesKeepStrangersOut) {
  const cfn::Template source = made(everything());
  using Type = iam::EndpointPolicy::Type;
  for (const char* id : {"Ssm", "SsmMessages", "Logs", "Kms", "Drs", "Ec2"}) {
    const auto own = policy_of(source, id, "", Type::interface);
    Asked asked;
    asked.action = "ssm:UpdateInstanceInformation";
    EXPECT_TRUE(passes(own, asked)) << id;
    asked.account = "999999999999";
    EXPECT_FALSE(passes(own, asked)) << id;
    const auto of_organization = policy_of(source, id, "o-abcdefghij", Type::interface);
    EXPECT_FALSE(passes(of_organization, asked)) << id;
    asked.organization = "o-abcdefghij";
    EXPECT_TRUE(passes(of_organization, asked)) << id;
  }
  const auto s3 = policy_of(source, "S3", "", Type::gateway);
  Asked read;
  read.action = "s3:GetObject";
  for (const char* bucket : {"amazon-ssm-us-east-1", "patch-baseline-snapshot-us-east-1", "us-east-1-birdwatcher-prod",
                             "aws-drs-clients-us-east-1", "al2023-repos-us-east-1-de612dc2"}) {
    read.resource = "arn:aws:s3:::" + std::string(bucket) + "/latest/file";
    EXPECT_TRUE(passes(s3, read)) << bucket;
  }
  Asked write;
  write.action = "s3:PutObject";
  write.resource = "arn:aws:s3:::somebody/loot";
  write.resource_account = "999999999999";
  EXPECT_FALSE(passes(s3, write));
  write.resource_account = write.account;
  EXPECT_TRUE(passes(s3, write));
  write.resource = "arn:aws:s3:::amazon-ssm-us-east-1/latest/file";
  write.resource_account = "999999999999";
  EXPECT_FALSE(passes(s3, write));
}

/// A request that the hub has signed is the hub's, whoever sends it: the hub's account passes, to the places of copies.
TEST(Endpoints, LetThroughWhatTheHubHasSignedForCopies) {
  EndpointOrder order;
  const auto s3 = [&order](const std::string& organization) {
    return policy_of(made(order), "S3", organization, iam::EndpointPolicy::Type::gateway);
  };
  Asked asked;
  asked.account = "111122223333";
  asked.resource = "arn:aws:s3:::copies-east/cp/postern-cp-0123456789abcdef/0";
  asked.resource_account = asked.account;
  for (const char* organization : {"", "o-abcdefghij"}) {
    for (const char* action : {"s3:GetObject", "s3:PutObject"}) {
      asked.action = action;
      order.copies = Copies();
      EXPECT_FALSE(passes(s3(organization), asked)) << action << organization;
      order.copies = copies();
      EXPECT_TRUE(passes(s3(organization), asked)) << action << organization;
      Asked other = asked;
      other.resource = "arn:aws:s3:::copies-east/other/file";
      EXPECT_FALSE(passes(s3(organization), other)) << "another prefix";
      other = asked;
      other.account = "999999999999";
      EXPECT_FALSE(passes(s3(organization), other)) << "another signer";
    }
    asked.action = "s3:DeleteObject";
    EXPECT_FALSE(passes(s3(organization), asked)) << "nodes delete nothing";
  }
  // Who signs is not known: nobody is let in.
  order.copies.signer.clear();
  EXPECT_THAT(*cfn::to_cloudformation(made(order)), Not(HasSubstr("CarryCopies")));
}

/// A15: what it costs is said as it is.
TEST(EndpointCost, IsCheaperOnlyWhereItIs) {
  const EndpointCost two = endpoint_cost(2, 2);
  EXPECT_EQ(two.endpoints_cents, 2920);
  EXPECT_EQ(two.nat_cents, 3285);
  EXPECT_THAT(cost_text(two), AllOf(HasSubstr("29.20 USD a month"), HasSubstr("32.85 USD a month"),
                                    HasSubstr("cost less than one NAT gateway")));
  const EndpointCost three = endpoint_cost(3, 2);
  EXPECT_EQ(three.endpoints_cents, 4380);
  EXPECT_EQ(three.break_even_gb, 313);
  EXPECT_THAT(cost_text(three), AllOf(HasSubstr("cost more than one NAT gateway, unless 313 GB a month"),
                                      HasSubstr("less than one in each zone (65.70")));
  const EndpointCost six = endpoint_cost(6, 3);
  EXPECT_EQ(six.endpoints_cents, 13'140);
  EXPECT_EQ(six.nat_zone_cents, 9855);
  EXPECT_THAT(cost_text(six), AllOf(HasSubstr("more than one NAT gateway"), HasSubstr("more than one in each zone"),
                                    Not(HasSubstr("less than"))));
  EXPECT_THAT(price_note(), AllOf(HasSubstr("us-east-1"), HasSubstr("2026")));
}

}  // namespace endpoints_test
}  // namespace postern::access
