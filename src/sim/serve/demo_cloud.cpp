#include "sim/serve/demo_cloud.hpp"

#include "base/check.hpp"
#include "sim/serve/world.hpp"

namespace postern::sim {
namespace demo_cloud {

constexpr std::string_view kWorld = R"yaml(# The world of `postern demo`. Everything in it is made up.
# Serve it:  postern sim serve --world FILE --env-file sim.env
# Use it:    . ./sim.env; aws sts get-caller-identity; postern accounts check
version: 1
name: demo                      # answers of this world say "sim:demo"
seed: 20261121                  # ids, addresses and chance depend on it alone
hub: "111122223333"             # the account that everything is done from
list_lag: 300ms                 # so long a new command cannot be read yet

# Not read by the simulator: a place for what is used several times.
templates:
  prod: &prod {env: prod, owner: platform, "dr:enabled": "true", "dr:recovery-strategy": drs}
  backup: &backup {env: prod, owner: platform, "dr:enabled": "true", "dr:recovery-strategy": backup}
  plain: &plain {env: prod, owner: platform}
  dev: &dev {env: dev, owner: platform}
  # Programs that stand first in the PATH of the commands that a live agent runs: what such a node would say.
  hostname: &hostname "#!/bin/sh\necho \"$POSTERN_SIM_HOSTNAME\"\n"
  uptime: &uptime "#!/bin/sh\necho ' 09:41:00 up 12 days,  3:07,  0 users,  load average: 0.08, 0.03, 0.01'\n"
  uname: &uname |
    #!/bin/sh
    release=6.1.115-126.197.amzn2023.x86_64
    case "$1" in
      -r) echo "$release" ;;
      -n) echo "$POSTERN_SIM_HOSTNAME" ;;
      -m) echo x86_64 ;;
      -a) echo "Linux $POSTERN_SIM_HOSTNAME $release #1 SMP x86_64 GNU/Linux" ;;
      *) echo Linux ;;
    esac
  systemctl: &systemctl |
    #!/bin/sh
    case "$1" in
      is-active) echo active ;;
      *) echo "$0: only is-active is simulated" >&2; exit 1 ;;
    esac
  node: &node {hostname: *hostname, uptime: *uptime, uname: *uname, systemctl: *systemctl}
  old-kernel: &old-kernel
    hostname: *hostname
    uptime: *uptime
    systemctl: *systemctl
    uname: |
      #!/bin/sh
      echo 6.1.92-99.174.amzn2023.x86_64
  nginx-failed: &nginx-failed
    hostname: *hostname
    uptime: *uptime
    uname: *uname
    systemctl: |
      #!/bin/sh
      echo failed
      exit 3

accounts:
  - id: "111122223333"
    name: hub
    users:                      # keys are fixed, so that scripts can use them
      - name: postern-hub
        access_key_id: AKIA30398579EB840807
        secret_access_key: 149ce8ef994c7647efa9a9893c6e4b009e681d6f
        allow: ["sts:*", "organizations:List*", "ec2:Describe*", "ssm:*", "s3:*", "cloudtrail:LookupEvents"]

  - id: "444455556666"
    name: payments-prod
    unit: Workloads/Prod
    roles:
      - name: PosternOperator
        trust: [{principals: "arn:aws:iam::111122223333:root", external_ids: payments-7f3a}]
        allow: &operator ["ssm:*", "ec2:Describe*", "iam:Get*", "sts:GetCallerIdentity", "cloudtrail:LookupEvents"]
    instances:                  # agent: live really runs commands on this host, with your rights
      - {name: "web-{nn}", count: 3, region: us-east-1, agent: live, tags: *prod, programs: *node}
      - {name: web-04, region: us-east-1, agent: live, tags: *prod, programs: *old-kernel}
      - {name: "api-{nn}", count: 2, region: us-east-1, agent: live, tags: *prod, programs: *node}
      - {name: db-01, region: us-east-1, type: r6i.2xlarge, agent: live, tags: *prod, programs: *node}
      - {name: db-02, region: us-east-1, type: r6i.2xlarge, agent: connection_lost, tags: *prod, programs: *node}
      - {name: web-05, region: us-west-2, agent: live, tags: *prod, programs: *node}
      - {name: web-06, region: us-west-2, state: stopped, agent: live, tags: *plain, programs: *node}

  - id: "777788889999"
    name: ledger-prod
    unit: Workloads/Prod
    roles:
      - name: PosternOperator
        trust: [{principals: "arn:aws:iam::111122223333:root", external_ids: ledger-91bc}]
        allow: *operator
    instances:
      - {name: "ledger-{nn}", count: 3, region: us-east-1, agent: live, tags: *prod, programs: *node}
      - {name: batch-01, region: us-east-1, agent: live, tags: *prod, programs: *nginx-failed}
      # Never registered with Systems Manager: no agent, no instance profile.
      - {name: batch-02, region: us-east-1, agent: none, profile: none, tags: *prod, programs: *node}
      - {name: report-01, region: us-east-1, agent: live, tags: *backup, programs: *node}
      - {name: "ledger-{nn}", count: 2, first: 4, region: us-west-2, agent: live, tags: *prod, programs: *node}
      - {name: report-02, region: us-west-2, agent: live, tags: *backup, programs: *node}

  - id: "999900001111"
    name: sandbox
    unit: Sandbox
    roles:
      - name: PosternOperator     # its ExternalId is not the one that the fleet file sends
        trust: [{principals: "arn:aws:iam::111122223333:root", external_ids: sandbox-rotated}]
        allow: *operator
    instances:
      - {name: "dev-{nn}", count: 3, region: us-east-1, agent: live, tags: *dev, programs: *node}
      - {name: "ci-{nn}", count: 2, region: us-east-1, agent: live, tags: *dev, programs: *node}
)yaml";

}  // namespace demo_cloud

std::string demo_world_yaml() {
  return std::string(demo_cloud::kWorld);
}

CloudConfig demo_cloud_config() {
  Result<World> world = parse_world(demo_cloud::kWorld, "the demo's world");
  CHECK(world.has_value());
  return std::move(world->config);
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
