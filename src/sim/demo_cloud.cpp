#include "sim/demo_cloud.hpp"

#include "base/text.hpp"

namespace postern::sim {
namespace demo_cloud {

constexpr std::string_view kHub = "111122223333";
constexpr std::string_view kPayments = "444455556666";
constexpr std::string_view kLedger = "777788889999";
constexpr std::string_view kSandbox = "999900001111";
constexpr std::string_view kEast = "us-east-1";
constexpr std::string_view kWest = "us-west-2";
constexpr std::string_view kKernel = "6.1.115-126.197.amzn2023.x86_64";
constexpr std::string_view kOldKernel = "6.1.92-99.174.amzn2023.x86_64";

enum class Recovery : std::uint8_t { drs, backup, none };

std::map<std::string, std::string> node_programs(const std::string& name, std::string_view kernel,
                                                 std::string_view service_state) {
  const std::string shebang = "#!/bin/sh\n";
  const std::string release(kernel);
  std::map<std::string, std::string> programs;
  programs["hostname"] = shebang + "echo " + name + "\n";
  programs["uname"] = shebang + "case \"$1\" in\n  -r) echo " + release + " ;;\n  -n) echo " + name +
                      " ;;\n  -m) echo x86_64 ;;\n  -a) echo \"Linux " + name + " " + release +
                      " #1 SMP x86_64 GNU/Linux\" ;;\n  *) echo Linux ;;\nesac\n";
  programs["uptime"] = shebang + "echo ' 09:41:00 up 12 days,  3:07,  0 users,  load average: 0.08, 0.03, 0.01'\n";
  const std::string state(service_state);
  const std::string code = state == "active" ? "0" : "3";
  programs["systemctl"] = shebang + "case \"$1\" in\n  is-active) echo " + state + "; exit " + code +
                          " ;;\n  *) echo \"$0: only is-active is simulated\" >&2; exit 1 ;;\nesac\n";
  return programs;
}

InstanceConfig node(std::string name, std::string_view region, std::string_view env, Recovery recovery) {
  InstanceConfig made;
  made.name = std::move(name);
  made.region = region;
  made.tags["env"] = env;
  made.tags["service"] = made.name.substr(0, made.name.find('-'));
  made.tags["owner"] = "platform";
  if (recovery != Recovery::none) {
    made.tags["dr:enabled"] = "true";
    made.tags["dr:recovery-strategy"] = recovery == Recovery::drs ? "drs" : "backup";
  }
  made.agent.profile = AgentProfile::live;
  made.programs = node_programs(made.name, kKernel, "active");
  return made;
}

UserConfig hub_user(std::uint64_t seed) {
  UserConfig user;
  user.name = "postern-hub";
  user.access_key_id = "AKIA" + to_upper(derived_hex(seed, "hub access key", 16));
  user.secret_access_key = Secret<>(derived_hex(seed, "hub secret key", 40));
  user.permissions.allow = {"sts:*", "organizations:List*", "ec2:Describe*", "ssm:*"};
  return user;
}

RoleConfig operator_role(std::string external_id) {
  TrustStatement trust;
  trust.principals.push_back("arn:aws:iam::" + std::string(kHub) + ":root");
  trust.external_ids.push_back(std::move(external_id));
  RoleConfig role;
  role.name = "PosternOperator";
  role.trust.push_back(std::move(trust));
  role.permissions.allow = {"ssm:*", "ec2:Describe*", "iam:Get*", "sts:GetCallerIdentity"};
  return role;
}

AccountConfig account(std::string_view id, std::string name, std::string external_id) {
  AccountConfig made;
  made.id = id;
  made.name = std::move(name);
  made.roles.push_back(operator_role(std::move(external_id)));
  return made;
}

AccountConfig payments() {
  AccountConfig made = account(kPayments, "payments-prod", "payments-7f3a");
  made.unit = "Workloads/Prod";
  auto& nodes = made.instances;
  for (const char* name : {"web-01", "web-02", "web-03", "web-04"}) {
    nodes.push_back(node(name, kEast, "prod", Recovery::drs));
  }
  nodes.push_back(node("api-01", kEast, "prod", Recovery::drs));
  nodes.push_back(node("api-02", kEast, "prod", Recovery::drs));
  nodes.push_back(node("db-01", kEast, "prod", Recovery::drs));
  nodes.push_back(node("db-02", kEast, "prod", Recovery::drs));
  nodes.back().agent.profile = AgentProfile::connection_lost;
  nodes.push_back(node("web-05", kWest, "prod", Recovery::drs));
  nodes.push_back(node("web-06", kWest, "prod", Recovery::none));
  nodes.back().state = "stopped";
  nodes[3].programs = node_programs("web-04", kOldKernel, "active");
  for (std::size_t i : {std::size_t{6}, std::size_t{7}}) nodes[i].instance_type = "r6i.2xlarge";
  return made;
}

AccountConfig ledger() {
  AccountConfig made = account(kLedger, "ledger-prod", "ledger-91bc");
  made.unit = "Workloads/Prod";
  auto& nodes = made.instances;
  for (const char* name : {"ledger-01", "ledger-02", "ledger-03"}) {
    nodes.push_back(node(name, kEast, "prod", Recovery::drs));
  }
  nodes.push_back(node("batch-01", kEast, "prod", Recovery::drs));
  nodes.push_back(node("batch-02", kEast, "prod", Recovery::drs));
  nodes.back().agent.profile = AgentProfile::none;
  nodes.back().instance_profile.clear();
  nodes.push_back(node("report-01", kEast, "prod", Recovery::backup));
  nodes.push_back(node("ledger-04", kWest, "prod", Recovery::drs));
  nodes.push_back(node("ledger-05", kWest, "prod", Recovery::drs));
  nodes.push_back(node("report-02", kWest, "prod", Recovery::backup));
  nodes[3].programs = node_programs("batch-01", kKernel, "failed");
  return made;
}

AccountConfig sandbox() {
  AccountConfig made = account(kSandbox, "sandbox", "sandbox-rotated");
  made.unit = "Sandbox";
  for (const char* name : {"dev-01", "dev-02", "dev-03", "ci-01", "ci-02"}) {
    made.instances.push_back(node(name, kEast, "dev", Recovery::none));
  }
  return made;
}

}  // namespace demo_cloud

CloudConfig demo_cloud_config() {
  using namespace demo_cloud;
  CloudConfig config;
  config.name = "demo";
  config.seed = 20261121;
  config.hub_account = kHub;
  AccountConfig hub;
  hub.id = kHub;
  hub.name = "hub";
  hub.users.push_back(hub_user(config.seed));
  config.accounts.push_back(std::move(hub));
  config.accounts.push_back(payments());
  config.accounts.push_back(ledger());
  config.accounts.push_back(sandbox());
  return config;
}

std::string demo_fleet_yaml(const CloudConfig& config) {
  std::string yaml = "# The fleet of the simulated cloud \"" + config.name +
                     "\". Everything in it is made up; `postern init` writes one for real accounts.\n"
                     "version: 1\n"
                     "mode: read-write            # `postern init` writes read-only\n"
                     "hub: {account: \"111122223333\", region: us-east-1}\n"
                     "defaults:\n"
                     "  role: PosternOperator     # assumed in every account below\n"
                     "  regions: [us-east-1, us-west-2]\n"
                     "accounts:\n"
                     "  - {id: \"444455556666\", name: payments-prod, external_id: payments-7f3a, tags: {env: prod}, "
                     "dr: {region: us-west-2}}\n"
                     "  - {id: \"777788889999\", name: ledger-prod, external_id: ledger-91bc, tags: {env: prod}, "
                     "dr: {region: us-west-2}}\n"
                     "  # Its owner changed the ExternalId of the role and told nobody: the role cannot be assumed.\n"
                     "  - {id: \"999900001111\", name: sandbox, external_id: sandbox-2c55, tags: {env: dev}}\n"
                     "selectors:\n"
                     "  dr: {tags: {\"dr:enabled\": \"true\", \"dr:recovery-strategy\": drs}, state: running}\n"
                     "  web: {names: [\"web-*\"]}\n";
  return yaml;
}

std::vector<std::pair<std::string, std::string>> hub_environment(const CloudConfig& config) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const AccountConfig& account : config.accounts) {
    if (account.id != config.hub_account || account.users.empty()) continue;
    const UserConfig& user = account.users.front();
    variables.emplace_back("AWS_ACCESS_KEY_ID", user.access_key_id);
    variables.emplace_back("AWS_SECRET_ACCESS_KEY", user.secret_access_key.reveal());
    if (!user.session_token.empty()) variables.emplace_back("AWS_SESSION_TOKEN", user.session_token.reveal());
  }
  variables.emplace_back("AWS_REGION", "us-east-1");
  variables.emplace_back("AWS_DEFAULT_REGION", "us-east-1");
  return variables;
}

}  // namespace postern::sim
