#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sim/ec2/reachability.hpp"
#include "sim/iam/totp.hpp"
#include "sim/serve/world.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace world_full_test {

using testing::Rig;

/// The last YAML block of docs/formats/world.md. Tests run in the repository's root.
std::string documented_world() {
  std::ifstream file("docs/formats/world.md");
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  const std::string open = "```yaml\n";
  const std::size_t begin = text.rfind(open);
  if (begin == std::string::npos) return "";
  const std::size_t end = text.find("```", begin + open.size());
  return text.substr(begin + open.size(), end - begin - open.size());
}

World full_world() {
  Result<World> world = parse_world(documented_world(), "world.md");
  EXPECT_TRUE(world) << world.error().message();
  return world ? std::move(*world) : World();
}

TEST(FullWorld, TheDocumentedExampleIsReadAsItSays) {
  const World world = full_world();
  const CloudConfig& config = world.config;
  ASSERT_EQ(config.accounts.size(), 3U);
  EXPECT_EQ(config.organization.id, "o-everything01");
  ASSERT_EQ(config.organization.policies.size(), 2U);
  EXPECT_TRUE(config.organization.policies[1].replaces_full_access);
  EXPECT_EQ(config.launched_agent.profile, AgentProfile::slow);
  EXPECT_EQ(config.accounts[0].users[0].mfa_name, "phone");
  const AccountConfig& account = config.accounts[1];
  EXPECT_EQ(account.managed_policies.size(), 2U);
  ASSERT_EQ(account.roles.size(), 2U);
  EXPECT_NE(account.roles[0].trust_document.find(R"("aws:MultiFactorAuthPresent":"true")"), std::string::npos);
  EXPECT_EQ(account.roles[0].policies.inline_documents.size(), 1U);
  ASSERT_EQ(account.networks.size(), 1U);
  const VpcConfig& vpc = account.networks[0].vpcs.at(0);
  EXPECT_EQ(vpc.subnets[1].exit, SubnetExit::nat_gateway);
  EXPECT_EQ(vpc.subnets[2].zone, 'c');
  EXPECT_EQ(vpc.groups[0].rules[2].from_port, 53);
  EXPECT_EQ(vpc.endpoints[2].type, EndpointConfig::Type::gateway);
  EXPECT_EQ(vpc.acl[0].to_port, 2048);
  ASSERT_EQ(account.documents.size(), 1U);
  EXPECT_EQ(account.buckets.at(0).versioning, Switch::on);
  ASSERT_EQ(account.drs.size(), 1U);
  EXPECT_EQ(account.drs[0].pace, 60U);
  EXPECT_EQ(account.drs[0].servers.at(0).instance, "app-*");
  EXPECT_EQ(account.drs[0].faults.at(0).lag, std::chrono::minutes(22));
  EXPECT_EQ(account.drs[0].faults.at(2).times, 2U);
  ASSERT_EQ(account.instances.size(), 5U);
  EXPECT_EQ(account.instances[3].public_address, Switch::on);
}

TEST(FullWorld, WhatIsWrittenReadsBackTheSame) {
  const World world = full_world();
  const std::string once = write_world(world, "All of it");
  const Result<World> again = parse_world(once, "again.yaml");
  ASSERT_TRUE(again) << again.error().message() << "\n" << once;
  EXPECT_EQ(write_world(*again, "All of it"), once);
  const AccountConfig& before = world.config.accounts.at(1);
  const AccountConfig& after = again->config.accounts.at(1);
  EXPECT_EQ(after.roles[0].trust_document, before.roles[0].trust_document);
  EXPECT_EQ(after.roles[0].policies.inline_documents, before.roles[0].policies.inline_documents);
  EXPECT_EQ(after.roles[0].policies.boundary, before.roles[0].policies.boundary);
  EXPECT_EQ(after.managed_policies[0].document, before.managed_policies[0].document);
  EXPECT_EQ(after.documents[0].content, before.documents[0].content);
  EXPECT_EQ(after.buckets[0].policy, before.buckets[0].policy);
  EXPECT_EQ(after.networks[0].vpcs[0].groups[0].rules.size(), before.networks[0].vpcs[0].groups[0].rules.size());
  EXPECT_EQ(after.instances[2].subnet, "data");
  EXPECT_EQ(again->config.accounts[0].users[0].mfa_seed, world.config.accounts[0].users[0].mfa_seed);
  EXPECT_EQ(again->config.organization.policies[0].document, world.config.organization.policies[0].document);

  World none;
  none.config = again->config;
  none.config.organization = OrganizationConfig();
  none.config.organization.presence = OrganizationPresence::absent;
  const Result<World> alone = parse_world(write_world(none, ""), "none.yaml");
  ASSERT_TRUE(alone) << alone.error().message();
  EXPECT_EQ(alone->config.organization.presence, OrganizationPresence::absent);
}

TEST(FullWorld, BecomesACloudInWhichAllOfItWorks) {
  World world = full_world();
  ASSERT_EQ(world.config.accounts.size(), 3U);
  Rig rig(std::move(world.config));
  Cloud& cloud = rig.cloud();
  const std::string account = "444455556666";
  std::map<std::string, std::string> reach;
  for (const Instance& one : cloud.instances(account, "us-east-1")) {
    const ec2::AgentReach found = ec2::agent_reach(cloud.ec2(), one);
    reach[one.name] = found.messages.why;
  }
  EXPECT_EQ(reach.size(), 4U);
  EXPECT_EQ(reach["app-1"], "");
  EXPECT_EQ(reach["db-1"], "");

  aws::Credentials operator_key;
  operator_key.access_key_id = "AKIASIMULATED0000001";
  operator_key.secret_access_key = Secret<>(std::string("made-up"));
  rig.use(operator_key);
  aws::sts::AssumeRoleRequest request;
  request.role_arn = "arn:aws:iam::444455556666:role/postern/PosternOperator";
  request.role_session_name = "full";
  request.external_id = "payments-7f3a";
  EXPECT_FALSE(rig.call<aws::sts::AssumeRole>(request)) << "the role asks for a code";
  request.serial_number = "arn:aws:iam::111122223333:mfa/phone";
  request.token_code =
      totp_code(*from_base32("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), totp_step(rig.loop().clock().wall_now()));
  const auto session = rig.call<aws::sts::AssumeRole>(request);
  ASSERT_TRUE(session) << session.error().message();
  aws::Credentials credentials;
  credentials.access_key_id = *session->credentials->access_key_id;
  credentials.secret_access_key = *session->credentials->secret_access_key;
  credentials.session_token = *session->credentials->session_token;
  rig.use(std::move(credentials));

  std::map<std::string, std::string> ids;
  for (const Instance& one : cloud.instances(account, "us-east-1")) ids[one.name] = one.id;
  EXPECT_TRUE(rig.call<aws::ssm::SendCommand>(Rig::shell({ids["app-1"]})));
  EXPECT_FALSE(rig.call<aws::ssm::SendCommand>(Rig::shell({ids["db-1"]}))) << "it has no tag env=prod";
  aws::ssm::DescribeDocumentRequest describe;
  describe.name = "Restart-App";
  const auto document = rig.call<aws::ssm::DescribeDocument>(describe);
  ASSERT_TRUE(document) << document.error().message();
  EXPECT_EQ(document->document->owner, account);
}

std::string full_problem(const std::string& account_part, const std::string& top_part = "") {
  const Result<World> world = parse_world(
      "version: 1\nname: x\n" + top_part + "accounts:\n  - id: \"111122223333\"\n" + account_part, "w.yaml");
  return world ? "accepted" : world.error().message();
}

TEST(FullWorld, MistakesAreNamedWithTheirLines) {
  const struct {
    const char* account;
    const char* top;
    const char* text;
  } cases[] = {
      {"    roles: [{name: a, trust: {Version: x}}]\n", "", "w.yaml:5:30: trust is no policy: "},
      {"    roles: [{name: a, policies: {p: '{}'}}]\n", "", "w.yaml:5:37: policies.p is no policy: "},
      {"    roles: [{name: a, polices: {}}]\n", "", "did you mean 'policies'?"},
      {"    users: [{name: a, mfa: {seed: 'no base 1'}}]\n", "", "w.yaml:5:35: mfa.seed must be"},
      {"    managed_policies: [{name: a}]\n", "", "w.yaml:5:24: a managed policy needs a name and a document"},
      {"    networks: [{region: us-east-1}]\n", "", "w.yaml:5:16: a network needs a region and vpcs"},
      {"    networks: [{region: us-east-1, vpcs: [{name: v, cidr: 10.0.0.0/16, dns_support: maybe}]}]\n", "",
       "dns_support must be on or off"},
      {"    networks: [{region: us-east-1, vpcs: [{name: v, cidr: ten}]}]\n", "", "w.yaml:5:59: cidr must be a block"},
      {"    networks: [{region: us-east-1, vpcs: [{name: v, cidr: 10.0.0.0/16, acl: [{ports: 9-1}]}]}]\n", "",
       "ports must be one such as 443"},
      {"    documents: [{name: Doc, region: us-east-1, content: '{}'}]\n", "", "w.yaml:5:57: content: "},
      {"    buckets: [{name: b1b}]\n", "", "w.yaml:5:15: a bucket needs a name and a region"},
      {"    organization_role: maybe\n", "", "organization_role must be one of present, absent"},
      {"", "organization: {policies: [{name: p, type: service_contrl, document: {}}]}\n",
       "did you mean 'service_control'?"},
      {"", "organization: {units: {a: b}}\n", "w.yaml:3:23: units must be a text or a list of texts"},
  };
  for (const auto& c : cases) {
    const std::string said = full_problem(c.account, c.top);
    EXPECT_NE(said.find(c.text), std::string::npos) << c.account << c.top << said;
  }
}

TEST(FullWorld, WhatPartsSayTogetherIsCheckedByTheCloud) {
  const auto says = [](const std::string& part) {
    Result<World> world = parse_world("version: 1\nname: x\naccounts:\n  - id: \"111122223333\"\n" + part, "w.yaml");
    if (!world) return world.error().message();
    const auto cloud = Cloud::create(std::move(world->config), WallTime());
    return cloud ? std::string("accepted") : cloud.error().message();
  };
  EXPECT_NE(says("    buckets: [{name: BAD, region: us-east-1}]\n").find("(bucket 'BAD' of account 111122223333)"),
            std::string::npos);
  EXPECT_NE(says("    buckets: [{name: abc, region: us-east-1}, {name: abc, region: us-east-1}]\n").find("twice"),
            std::string::npos);
  EXPECT_NE(says("    buckets: [{name: abc, region: mars}]\n").find("'mars' is not enabled"), std::string::npos);
  EXPECT_NE(says("    roles: [{name: a, attached: ['arn:aws:iam::aws:policy/None']}]\n").find("policy/None"),
            std::string::npos);
  EXPECT_NE(says("    instance_profiles: [{name: p, role: nobody}]\n").find("'nobody'"), std::string::npos);
  EXPECT_EQ(says("    buckets: [{name: abc, region: us-east-1}]\n"), "accepted");
}

}  // namespace world_full_test
}  // namespace postern::sim
