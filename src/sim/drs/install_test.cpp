#include "sim/drs/install_outcomes.hpp"
#include "sim/drs/installer.hpp"
#include "sim/drs/test_calls.hpp"

namespace postern::sim {
namespace drs_install_test {

using namespace aws::drs;
using std::chrono::minutes;
using testing::code_of;
using testing::drs_config;
using testing::DrsRig;
using testing::kDrsSite;

constexpr const char* kPolicy = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy";

/// Nodes whose role may install, with a site that nothing replicates into.
CloudConfig ready_config(std::size_t nodes) {
  CloudConfig config = drs_config(nodes, 0);
  RoleConfig role;
  role.name = "PosternNode";
  role.policies.attached = {"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", kPolicy};
  config.accounts[1].roles.push_back(std::move(role));
  InstanceProfileConfig profile;
  profile.name = "PosternNode";
  profile.role = "PosternNode";
  config.accounts[1].instance_profiles.push_back(std::move(profile));
  return config;
}

struct Installed {
  std::string status;
  std::string output;
  std::string errors;
};

/// Installs on every node; by the nodes' names.
std::map<std::string, Installed> install(DrsRig& rig, std::size_t nodes, const std::string& tags = "team=dr env=prod") {
  rig.in_region("us-east-1");
  aws::ssm::SendCommandRequest request;
  request.document_name = "AWSDisasterRecovery-InstallDRAgentOnInstance";
  request.instance_ids = rig.ids(nodes);
  request.parameters["Region"].emplace_back("us-west-2");
  request.parameters["Tags"].push_back(tags);
  request.max_concurrency = "50";
  request.max_errors = "50";
  const auto sent = rig.call<aws::ssm::SendCommand>(request);
  EXPECT_TRUE(sent) << sent.error().to_text();
  rig.loop().advance(minutes(20));
  std::map<std::string, Installed> all;
  for (const std::string& id : rig.ids(nodes)) {
    aws::ssm::GetCommandInvocationRequest get;
    get.command_id = *sent->command->command_id;
    get.instance_id = id;
    get.plugin_name = "installReplicationAgentOnLinux";
    const auto found = rig.call<aws::ssm::GetCommandInvocation>(get);
    EXPECT_TRUE(found) << found.error().to_text();
    Installed& one = all[rig.cloud().mutable_instance(id)->name];
    one.status = found->status->text();
    one.output = found->standard_output_content.value_or("");
    one.errors = found->standard_error_content.value_or("");
  }
  rig.in_region("us-west-2");
  return all;
}

TEST(DrsInstall, RegistersASourceServerWithItsTags) {
  DrsRig rig(ready_config(1));
  const auto all = install(rig, 1);
  EXPECT_EQ(all.at("node-1").status, "Success") << all.at("node-1").errors;
  const auto servers = rig.call<DescribeSourceServers>({});
  ASSERT_EQ(servers->items.size(), 1U);
  const SourceServer& server = servers->items[0];
  EXPECT_NE(all.at("node-1").output.find("The following is the source server ID: " + *server.source_server_id),
            std::string::npos);
  EXPECT_EQ(server.tags.at("team"), "dr");
  EXPECT_EQ(server.tags.at("env"), "prod");
  rig.loop().advance(minutes(40));
  EXPECT_EQ(rig.described(*server.source_server_id).data_replication_info->data_replication_state,
            DataReplicationState::continuous);
  // Once more does no harm.
  EXPECT_EQ(install(rig, 1).at("node-1").status, "Success");
  EXPECT_EQ(rig.call<DescribeSourceServers>({})->items.size(), 1U);
}

TEST(DrsInstall, ALookInsideFindsWhatWouldStandInTheWay) {
  DrsRig rig(ready_config(1));
  const auto looked = [&rig] {
    rig.in_region("us-east-1");
    aws::ssm::SendCommandRequest request;
    request.document_name = "AWS-RunShellScript";
    request.instance_ids = rig.ids(1);
    request.parameters["commands"] = {"echo 'postern-drs-probe 1'",
                                      "echo \"net_drs=$(reach drs.us-west-2.amazonaws.com)\""};
    const auto sent = rig.call<aws::ssm::SendCommand>(request);
    EXPECT_TRUE(sent) << sent.error().to_text();
    rig.loop().advance(minutes(2));
    aws::ssm::GetCommandInvocationRequest get;
    get.command_id = *sent->command->command_id;
    get.instance_id = rig.ids(1)[0];
    const auto found = rig.call<aws::ssm::GetCommandInvocation>(get);
    rig.in_region("us-west-2");
    return found->standard_output_content.value_or("");
  };
  EXPECT_NE(looked().find("root_free_kb=6291456"), std::string::npos);
  DrsFault fault;
  fault.kind = DrsFaultKind::install;
  fault.what = "disk_space";
  fault.times = 1;
  rig.sites().add_fault(kDrsSite, fault);
  EXPECT_NE(looked().find("root_free_kb=204800"), std::string::npos);
  EXPECT_NE(looked().find("root_free_kb=204800"), std::string::npos) << "looking uses nothing up";
}

TEST(DrsInstall, FailsWithoutThePolicyAndNamesIt) {
  DrsRig rig(drs_config(1, 0));
  const auto all = install(rig, 1);
  EXPECT_EQ(all.at("node-1").status, "Failed");
  EXPECT_NE(all.at("node-1").errors.find("drs:GetAgentInstallationAssetsForDrs"), std::string::npos);
}

TEST(DrsInstall, FailsWhereTheSiteIsNotInitialised) {
  CloudConfig config = ready_config(1);
  config.accounts[1].drs[0].readiness = DrsReadiness::uninitialized;
  DrsRig rig(std::move(config));
  const auto all = install(rig, 1);
  EXPECT_EQ(all.at("node-1").status, "Failed");
  EXPECT_NE(all.at("node-1").errors.find("UninitializedAccountException"), std::string::npos);
}

TEST(DrsInstall, EveryClassOfFailureIsToldAsAnInstallerDoes) {
  const std::vector<std::string> classes = drs::install_classes();
  CloudConfig config = ready_config(classes.size());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    config.accounts[1].drs[0].faults.emplace_back(DrsFaultKind::install, "node-" + std::to_string(i + 1), classes[i]);
  }
  DrsRig rig(std::move(config));
  const auto all = install(rig, classes.size());
  std::size_t registered = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const Installed& one = all.at("node-" + std::to_string(i + 1));
    const bool phantom = classes[i] == "phantom";
    EXPECT_EQ(one.status, phantom ? "Success" : "Failed") << classes[i];
    if (classes[i] == "silent") EXPECT_TRUE(one.output.empty() && one.errors.empty());
    if (!phantom && classes[i] != "silent") EXPECT_FALSE(one.errors.empty()) << classes[i];
    if (classes[i] == "registers_but_fails") ++registered;
  }
  EXPECT_EQ(rig.call<DescribeSourceServers>({})->items.size(), registered);
}

TEST(DrsInstall, ASpentFaultLetsTheNextTryThrough) {
  CloudConfig config = ready_config(1);
  DrsFault once(DrsFaultKind::install, "node-1", "network");
  once.times = 1;
  config.accounts[1].drs[0].faults.push_back(once);
  DrsRig rig(std::move(config));
  EXPECT_EQ(install(rig, 1).at("node-1").status, "Failed");
  EXPECT_EQ(install(rig, 1).at("node-1").status, "Success");
}

TEST(DrsInstall, NeedsAWayToTheServiceOfTheTargetRegion) {
  CloudConfig config = ready_config(2);
  NetworkConfig network;
  network.region = "us-east-1";
  VpcConfig& vpc = network.vpcs.emplace_back();
  vpc.name = "production";
  vpc.cidr = "10.40.0.0/16";
  vpc.dns_hostnames = Switch::on;
  for (const char* name : {"out", "closed"}) {
    SubnetConfig& subnet = vpc.subnets.emplace_back();
    subnet.name = name;
    subnet.cidr = name == std::string("out") ? "10.40.1.0/24" : "10.40.2.0/24";
    if (name == std::string("out")) subnet.exit = SubnetExit::nat_gateway;
  }
  SubnetConfig& front = vpc.subnets.emplace_back();
  front.name = "front";
  front.cidr = "10.40.3.0/24";
  front.exit = SubnetExit::internet_gateway;
  GroupRuleConfig out;
  out.direction = GroupRuleConfig::Direction::egress;
  out.peer = "0.0.0.0/0";
  GroupConfig& nodes = vpc.groups.emplace_back();
  nodes.name = "nodes";
  nodes.rules.push_back(out);
  GroupRuleConfig in;
  in.peer = "nodes";
  GroupConfig& endpoints = vpc.groups.emplace_back();
  endpoints.name = "endpoints";
  endpoints.rules.push_back(in);
  for (const char* service : {"ssm", "ssmmessages", "drs"}) {
    EndpointConfig& endpoint = vpc.endpoints.emplace_back();
    endpoint.service = service;
    endpoint.subnets = {"closed"};
    endpoint.groups = {"endpoints"};
  }
  config.accounts[1].networks.push_back(std::move(network));
  config.accounts[1].instances[0].subnet = "out";
  config.accounts[1].instances[1].subnet = "closed";
  for (InstanceConfig& instance : config.accounts[1].instances) instance.security_groups = {"nodes"};
  DrsRig rig(std::move(config));
  const auto all = install(rig, 2);
  EXPECT_EQ(all.at("node-1").status, "Success") << all.at("node-1").errors;
  EXPECT_EQ(all.at("node-2").status, "Failed");
  EXPECT_NE(all.at("node-2").errors.find("Errno 110"), std::string::npos);
}

TEST(DrsInstall, OptionsAreReadOutOfTheVariablesOfAScript) {
  WorkStep step;
  step.commands = {"region='eu-west-1'",
                   "account='999988887777'",
                   "devices=''",
                   "tags='a=b c=d'",
                   "name=aws-replication-installer-init",
                   R"(set -- --region "$region" --no-prompt)",
                   R"([ -z "$account" ] || set -- "$@" --account-id "$account")",
                   R"([ -z "$devices" ] || set -- "$@" --devices "$devices")",
                   R"([ -z "$tags" ] || set -- "$@" --tags $tags)"};
  const auto options = drs::install_options(step);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->region, "eu-west-1");
  EXPECT_EQ(options->account, "999988887777");
  EXPECT_TRUE(options->devices.empty());
  EXPECT_EQ(options->tags, (Tags{{"a", "b"}, {"c", "d"}}));
  step.commands = {"$region = 'eu-west-1'",
                   "$account = ''",
                   "$devices = 'C:,D:'",
                   "$tags = 'a=b c=d'",
                   "$name = 'AwsReplicationWindowsInstaller.exe'",
                   "$words = @('--region', $region, '--no-prompt')",
                   "if ($account) { $words += @('--account-id', $account) }",
                   "if ($devices) { $words += @('--devices', $devices) }",
                   "if ($tags) { $words += @('--tags') + $tags.Split(' ') }"};
  const auto windows = drs::install_options(step);
  ASSERT_TRUE(windows);
  EXPECT_EQ(windows->region, "eu-west-1");
  EXPECT_EQ(windows->account, "");
  EXPECT_EQ(windows->devices, (std::vector<std::string>{"C:", "D:"}));
  EXPECT_EQ(windows->tags, (Tags{{"a", "b"}, {"c", "d"}}));
}

TEST(DrsInstall, OptionsAreReadFromTheCommandLine) {
  WorkStep step;
  step.commands = {"wget https://aws-elastic-disaster-recovery-x.s3.x.amazonaws.com/aws-replication-installer-init",
                   "sudo ./aws-replication-installer-init --region eu-west-1 --account-id 999988887777 --no-prompt "
                   "--tags a=b \"c=d@e\" --devices /dev/xvda"};
  const auto options = drs::install_options(step);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->region, "eu-west-1");
  EXPECT_EQ(options->account, "999988887777");
  EXPECT_EQ(options->tags, (Tags{{"a", "b"}, {"c", "d@e"}}));
  EXPECT_EQ(options->devices, std::vector<std::string>{"/dev/xvda"});
  step.commands = {"echo aws-replication-installer-init"};
  EXPECT_FALSE(drs::install_options(step));
}

}  // namespace drs_install_test
}  // namespace postern::sim
