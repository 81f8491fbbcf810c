#include "tests/dst/dr_world.hpp"

#include "adapters/drs_jobs.hpp"
#include "base/check.hpp"
#include "world/random.hpp"

namespace postern::dst {
namespace dr_world {

using sim::FaultKind;
using sim::FaultRule;

constexpr const char* kHub = "111122223333";

std::string nodes_line(const DrNodes& nodes) {
  const std::string name = nodes.count > 1 ? nodes.name + "-{n}" : nodes.name;
  const bool windows = nodes.family.find("Windows") != std::string::npos;
  return "      - {name: \"" + name + "\", count: " + std::to_string(nodes.count) +
         ", region: us-east-1, platform_name: \"" + nodes.family + "\"" + (windows ? ", platform: windows" : "") +
         ", profile: " + nodes.profile + ", agent: " + nodes.agent +
         ", tags: {\"dr:enabled\": \"true\", \"dr:recovery-strategy\": drs}}\n";
}

std::string site_text(const DrAccount& account) {
  if (!account.initialized) return {};
  std::string out = "    drs:\n      - region: us-west-2\n        pace: " + std::to_string(account.pace) + "\n";
  if (!account.replicating.empty()) out += "        servers:\n";
  for (const std::string& glob : account.replicating) {
    out += "          - {instance: \"" + glob + "\", region: us-east-1, age: 7d}\n";
  }
  if (!account.faults.empty()) out += "        faults:\n";
  for (const std::string& fault : account.faults) out += "          - {" + fault + "}\n";
  return out;
}

}  // namespace dr_world

std::size_t DrAccount::count() const {
  std::size_t all = 0;
  for (const DrNodes& one : nodes) all += one.count;
  return all;
}

std::size_t count_of(const std::vector<DrAccount>& accounts) {
  std::size_t all = 0;
  for (const DrAccount& one : accounts) all += one.count();
  return all;
}

std::string world_text(const std::vector<DrAccount>& accounts) {
  std::string out = "version: 1\nname: dr\nhub: \"" + std::string(dr_world::kHub) +
                    "\"\nregions: [us-east-1, us-west-2]\naccounts:\n  - id: \"" + dr_world::kHub +
                    "\"\n    name: hub\n    users: [{name: ops, access_key_id: AKIADRSIM00000000001, "
                    "secret_access_key: made-up, allow: \"*\"}]\n";
  for (const DrAccount& account : accounts) {
    out += "  - id: \"" + account.id + "\"\n    name: " + account.name +
           "\n    roles: [{name: Node, attached: [\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\", "
           "\"arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy\"]}]\n"
           "    instance_profiles: [{name: Node, role: Node}]\n" +
           dr_world::site_text(account) + "    instances:\n";
    for (const DrNodes& nodes : account.nodes) out += dr_world::nodes_line(nodes);
  }
  return out;
}

std::string fleet_text(const std::vector<DrAccount>& accounts) {
  std::string out = "version: 1\nhub: {account: \"" + std::string(dr_world::kHub) +
                    "\", region: us-east-1}\n"
                    "defaults: {role: OrganizationAccountAccessRole, regions: [us-east-1]}\naccounts:\n";
  for (const DrAccount& account : accounts) {
    out += "  - {id: \"" + account.id + "\", name: " + account.name + ", dr: {region: us-west-2}}\n";
  }
  return out;
}

std::vector<DrAccount> three_tiers(std::size_t servers) {
  std::vector<DrAccount> all;
  all.emplace_back("444455556666", "shop");
  all.emplace_back("777788889999", "ledger");
  all.emplace_back("888899990000", "lab");
  const std::size_t db = servers / 5;
  const std::size_t app = servers / 2;
  all[0].nodes.emplace_back("app", app);
  all[1].nodes.emplace_back("db", db);
  all[2].nodes.emplace_back("web", servers - db - app);
  for (DrAccount& one : all) {
    one.replicating.emplace_back("*");
    for (DrNodes& nodes : one.nodes) nodes.agent = "none";
  }
  return all;
}

void slow_down(DrSim& sim, rt::Random& random) {
  using namespace dr_world;
  sim::FaultyService& faults = sim.services().faults();
  static constexpr std::string_view kWhat[] = {"drs:Describe*", "ec2:Describe*", "ssm:*", "sts:*", "drs:*", "iam:*"};
  if (random.below(2) == 0) {
    FaultRule late(std::string(kWhat[random.below(std::size(kWhat))]), FaultKind::delay, FaultRule::kForever);
    late.probability = 0.3;
    late.delay = std::chrono::milliseconds(20 + random.below(3'000));
    faults.add(std::move(late));
  }
  if (random.below(2) == 0) {
    FaultRule refused(std::string(kWhat[random.below(std::size(kWhat))]), FaultKind::throttle, 1);
    refused.skip = random.below(20);
    faults.add(std::move(refused));
  }
  if (random.below(4) == 0) {
    FaultRule rate("drs:Describe*", FaultKind::throttle, FaultRule::kForever);
    rate.rate = 1 + static_cast<double>(random.below(5));
    rate.burst = 5;
    faults.add(std::move(rate));
  }
}

DrSimOptions dr_options(std::uint64_t seed, const std::vector<DrAccount>& accounts, rt::Random& random) {
  using namespace std::chrono_literals;
  static constexpr Duration kLags[] = {0s, 0s, 2s, 10s, 45s, 60s};
  DrSimOptions options;
  options.seed = seed;
  options.world = world_text(accounts);
  options.fleet = fleet_text(accounts);
  options.list_lag = kLags[random.below(std::size(kLags))];
  return options;
}

std::size_t pick(rt::Random& random, std::size_t count) {
  CHECK(count > 0);
  return static_cast<std::size_t>(random.below(count));
}

std::vector<std::size_t> pick_some(rt::Random& random, std::size_t count, std::size_t some) {
  CHECK(some <= count);
  std::set<std::size_t> chosen;
  while (chosen.size() < some) chosen.insert(pick(random, count));
  return std::vector<std::size_t>(chosen.begin(), chosen.end());
}

std::map<std::string, std::string> server_ids(DrSim& sim, const std::string& account) {
  std::map<std::string, std::string> ids;
  const sim::drs::SiteRecord& site = sim.sites().site(sim::drs::SiteKey(account, std::string(kDrSite)));
  for (const auto& [id, server] : site.servers) ids[server.machine.name] = id;
  return ids;
}

std::string launch_beside(DrSim& sim, const std::string& account, const std::vector<std::string>& ids, bool drill) {
  adapters::DrsJobs jobs(sim.other());
  recovery::LaunchOrder order;
  order.drill = drill;
  for (const std::string& id : ids) order.servers.emplace_back().id = id;
  const rt::CallContext ctx(sim.world().clock(), sim.world().random("other"), sim.world().explainer());
  const Result<recovery::Job> job =
      sim.world().run(jobs.start(ctx, DrSim::scope(account, std::string(kDrSite)), std::move(order)));
  if (!job) check_failed("another operator", 0, job.error().to_text().c_str());
  return job->id;
}

}  // namespace postern::dst
