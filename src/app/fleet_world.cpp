#include "app/fleet_world.hpp"

#include <algorithm>

#include "sim/serve/world.hpp"

namespace postern::app {
namespace fleet_world {

constexpr std::string_view kStandInHub = "111122223333";
constexpr int kNodesPerRegion = 3;

/// Role names of all duties without their paths, each once.
std::vector<std::string> role_names(const fleet::Roles& own, const fleet::Roles& defaults) {
  std::vector<std::string> names;
  for (const fleet::Duty duty : fleet::kAllDuties) {
    const std::string& mine = own.get(duty);
    const std::string& role = mine.empty() ? defaults.get(duty) : mine;
    if (!role.empty() && std::find(names.begin(), names.end(), role) == names.end()) names.push_back(role);
  }
  return names;
}

sim::RoleConfig role_of(const std::string& text, const std::string& hub, const std::string& external_id) {
  sim::RoleConfig role;
  const std::string path_and_name = text.starts_with("arn:") ? text.substr(text.find("role/") + 5) : text;
  const std::size_t slash = path_and_name.rfind('/');
  role.name = slash == std::string::npos ? path_and_name : path_and_name.substr(slash + 1);
  if (slash != std::string::npos && slash > 0) {
    role.path = (path_and_name[0] == '/' ? "" : "/") + path_and_name.substr(0, slash + 1);
  }
  sim::TrustStatement trust;
  trust.principals.push_back("arn:aws:iam::" + hub + ":root");
  if (!external_id.empty()) trust.external_ids.push_back(external_id);
  role.trust.push_back(std::move(trust));
  role.permissions.allow = {"ssm:*", "ec2:Describe*", "iam:Get*", "sts:GetCallerIdentity", "cloudtrail:LookupEvents"};
  return role;
}

sim::AccountConfig hub_account(const std::string& id) {
  sim::UserConfig user;
  user.name = "postern-hub";
  user.access_key_id = "AKIASIMULATEDHUB0001";
  user.secret_access_key = Secret<>(std::string("simulated/hub/secret/key/000000000000001"));
  user.permissions.allow = {"sts:*", "organizations:*", "ec2:Describe*", "ssm:*", "cloudtrail:LookupEvents"};
  sim::AccountConfig hub;
  hub.id = id;
  hub.name = "hub";
  hub.users.push_back(std::move(user));
  return hub;
}

class Maker {
 public:
  explicit Maker(const fleet::FleetFile& fleet) : fleet_(fleet) {}

  Result<std::string> make() {
    const std::string hub = fleet_.hub.account.empty() ? std::string(kStandInHub) : fleet_.hub.account.text();
    sim::CloudConfig& config = world_.config;
    config.name = "rehearsal";
    config.trail = sim::served_trail();
    config.hub_account = hub;
    config.accounts.push_back(hub_account(hub));
    for (const fleet::Account& account : fleet_.accounts) {
      if (account.id.empty()) continue;
      if (account.id.text() == hub) {
        add_nodes(account, config.accounts.front());
      } else {
        add_account(account, hub);
      }
    }
    if (config.accounts.size() == 1) {
      return fail(ErrorKind::usage, fleet_.file_name + " has no account whose id a world could be made of");
    }
    TRY_VOID(sim::check_config(config));
    return sim::write_world(world_, heading());
  }

 private:
  std::string external_id(const fleet::Account& account) {
    const auto& reference = account.external_id ? account.external_id : fleet_.defaults.external_id;
    if (!reference) return {};
    if (reference->kind == fleet::SecretRef::Kind::literal) return reference->text;
    std::string made_up = "simulated-" + account.id.text();
    const std::string place = reference->to_text();
    if (place.starts_with("env:")) {
      exports_ += "  export " + place.substr(4) + "=" + made_up + "\n";
    } else {
      exports_ += "  (" + place + " must say " + made_up + ")\n";
    }
    return made_up;
  }

  void add_account(const fleet::Account& account, const std::string& hub) {
    sim::AccountConfig made;
    made.id = account.id.text();
    made.name = account.name;
    const std::string id = external_id(account);
    for (const std::string& role : role_names(account.roles, fleet_.defaults.roles)) {
      made.roles.push_back(role_of(role, hub, id));
    }
    add_nodes(account, made);
    world_.config.accounts.push_back(std::move(made));
  }

  void add_nodes(const fleet::Account& account, sim::AccountConfig& made) {
    std::vector<std::string> regions;
    for (const fleet::Region& region : account.regions.empty() ? fleet_.defaults.regions : account.regions) {
      regions.push_back(region.text());
    }
    if (regions.empty()) regions.push_back(fleet_.hub.region.empty() ? "us-east-1" : fleet_.hub.region.text());
    for (const std::string& region : regions) {
      note_region(region);
      for (int i = 1; i <= kNodesPerRegion; ++i) {
        sim::InstanceConfig node;
        node.name = "node-0" + std::to_string(i);
        node.region = region;
        for (const auto& [key, value] : account.tags) node.tags.emplace(key, value);
        node.tags.emplace("dr:enabled", "true");
        node.tags.emplace("dr:recovery-strategy", "drs");
        node.agent.profile = sim::AgentProfile::live;
        made.instances.push_back(std::move(node));
      }
    }
  }

  /// Regions that are not on by default are enabled when the fleet file works in one.
  void note_region(const std::string& region) {
    std::vector<std::string>& enabled = world_.config.regions;
    const std::vector<std::string>& usual = sim::default_regions();
    if (std::find(usual.begin(), usual.end(), region) != usual.end()) return;
    if (enabled.empty()) enabled = usual;
    if (std::find(enabled.begin(), enabled.end(), region) == enabled.end()) enabled.push_back(region);
  }

  std::string heading() const {
    std::string text = "A world for the fleet file " + fleet_.file_name +
                       ", made by `postern sim init`.\nEverything in it is made up: change names, tags and agents so "
                       "that your selectors find something.\n\n  postern sim serve --world FILE --env-file sim.env\n"
                       "  . ./sim.env; postern --fleet " +
                       fleet_.file_name + " accounts check\n";
    if (!exports_.empty()) text += "\nThe fleet file reads these ExternalIds from elsewhere:\n" + exports_;
    return text + "\nAgents: live really runs commands on this host, with your rights.";
  }

  const fleet::FleetFile& fleet_;
  sim::World world_;
  std::string exports_;
};

}  // namespace fleet_world

Result<std::string> fleet_world_yaml(const fleet::FleetFile& fleet) {
  fleet_world::Maker maker(fleet);
  return maker.make();
}

}  // namespace postern::app
