#include "cli/demo_dr_world.hpp"

namespace postern::cli {
namespace demo_dr_world {

constexpr std::string_view kWorld =
    R"yaml(# The world of `postern demo --dr`: a fleet that is to be protected by Elastic Disaster Recovery.
# Everything in it is made up, and so is what is wrong with it.
# Serve it:  postern sim serve --world FILE --env-file sim.env --metadata orchestrator
# Use it:    . ./sim.env; postern init --from-organizations -O postern.yaml
version: 1
name: dr                        # answers of this world say "sim:dr"
seed: 12                        # ids, addresses and chance depend on it alone
hub: "111122223333"             # the account that everything is done from
regions: [us-east-1, us-west-2]

# Not read by the simulator: a place for what is used several times.
templates:
  marked: &marked {"dr:enabled": "true", "dr:recovery-strategy": drs}
  shop: &shop {"dr:enabled": "true", "dr:recovery-strategy": drs, app: shop}

accounts:
  - id: "111122223333"
    name: hub
    users:                      # an administrator; keys are fixed, so that scripts can use them
      - {name: admin, access_key_id: AKIASIMULATED0000001, secret_access_key: made-up, allow: "*"}
    instances:                  # where postern will run: it has no instance profile yet
      - {name: orchestrator, region: us-east-1, profile: none, agent: none}

  # The account that something is wrong in.
  - id: "444455556666"
    name: payments
    unit: Workloads/Prod
    roles:
      - name: Node
        attached:
          - arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore
          - arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy
    instance_profiles: [{name: Node, role: Node}]
    drs:
      - region: us-west-2
        pace: 600               # 600 times faster than AWS
        servers: [{instance: already, region: us-east-1, age: 7d}]
        faults:
          - {kind: install, instance: "oldkernel-*", what: kernel}
          - {kind: install, instance: "full-*", what: disk_space}
          - {kind: install, instance: phantom, what: phantom}
          - {kind: install, instance: odd, what: registers_but_fails}
          - {kind: install, instance: "mirrorless-*", what: gcc}
    instances:
      - {name: "good-{n}", count: 60, region: us-east-1, profile: Node, agent: live, tags: *marked}
      - {name: already, region: us-east-1, profile: Node, agent: live, tags: *marked}
      - {name: "oldkernel-{n}", count: 3, region: us-east-1, profile: Node, agent: live, tags: *marked}
      - {name: "full-{n}", count: 2, region: us-east-1, profile: Node, agent: live, tags: *marked}
      - {name: phantom, region: us-east-1, profile: Node, agent: live, tags: *marked}
      - {name: odd, region: us-east-1, profile: Node, agent: live, tags: *marked}
      - {name: "offline-{n}", count: 6, region: us-east-1, profile: Node, agent: connection_lost, tags: *marked}
      - {name: "bare-{n}", count: 4, region: us-east-1, profile: none, agent: live, tags: *marked}
      - {name: "mirrorless-{nn}", count: 10, region: us-east-1, platform_name: Ubuntu, profile: Node, agent: live,
         tags: *marked}

  # Nothing is wrong with its servers, and nothing is set up yet. Three of them will not come up at first.
  - id: "777788889999"
    name: ledger
    unit: Workloads/Prod
    roles: [{name: Node, attached: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]}]
    instance_profiles: [{name: Node, role: Node}]
    drs:
      - region: us-west-2
        initialized: off
        pace: 600
        faults:
          - {kind: launch, instance: shop-03, what: launch, text: &full "InsufficientInstanceCapacity: no m5.4xlarge",
             times: 1}
          - {kind: launch, instance: shop-11, what: launch, text: *full, times: 1}
          - {kind: launch, instance: shop-19, what: launch, text: *full, times: 1}
    instances:
      - {name: "shop-{nn}", count: 25, region: us-east-1, profile: Node, agent: live, tags: *shop}
      - {name: "batch-{nn}", count: 12, region: us-east-1, profile: Node, agent: live, tags: *marked}

  # Tagged, and nobody has set up where it recovers to.
  - id: "888899990000"
    name: lab
    unit: Sandbox
    roles: [{name: Node, attached: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]}]
    instance_profiles: [{name: Node, role: Node}]
    instances:
      - {name: "lab-{n}", count: 5, region: us-east-1, profile: Node, agent: live, tags: *marked}
)yaml";

constexpr std::string_view kFleetHead =
    R"(# The fleet of the simulated cloud "dr". Everything in it is made up; `postern init` writes one for
# real accounts.
version: 1
mode: read-write            # `postern init` writes read-only
hub: {account: "111122223333", region: us-east-1}
defaults:
  # A role for each duty: a command assumes the least that it needs.
  roles: {observe: PosternObserve, operate: PosternOperate, rollout: PosternRollout, recover: PosternRecover,
          cleanup: PosternCleanup}
  regions: [us-east-1]
  dr: {region: us-west-2}   # where everything recovers to
accounts:
)";

struct Account {
  std::string_view id;
  std::string_view name;
  std::string_view external_id;
};
constexpr Account kAccounts[] = {{"444455556666", "payments", "5f0c2a97d1e84b36"},
                                 {"777788889999", "ledger", "c81d90e4a7263f5b"},
                                 {"888899990000", "lab", "2b6e71f8039ad4c5"}};

}  // namespace demo_dr_world

std::string dr_world_yaml() {
  return std::string(demo_dr_world::kWorld);
}

std::string dr_fleet_yaml(const std::map<std::string, std::string, std::less<>>& staging) {
  std::string yaml(demo_dr_world::kFleetHead);
  for (const demo_dr_world::Account& account : demo_dr_world::kAccounts) {
    yaml.append("  - {id: \"").append(account.id).append("\", name: ").append(account.name);
    yaml.append(", external_id: \"").append(account.external_id).append("\"");
    const auto area = staging.find(account.name);
    if (area != staging.end()) yaml += ",\n     dr: {region: us-west-2, replication: " + area->second + "}";
    yaml += "}\n";
  }
  return yaml;
}

}  // namespace postern::cli
