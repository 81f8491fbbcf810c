#include "sim/cloud.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/agents/node_roles.hpp"
#include "sim/configured_stores.hpp"
#include "sim/drs/sites.hpp"

namespace postern::sim {
namespace {

RoleConfig organization_role(const std::string& hub) {
  TrustStatement trust;
  trust.principals.push_back("arn:aws:iam::" + hub + ":root");
  RoleConfig role;
  role.name = "OrganizationAccountAccessRole";
  role.trust.push_back(std::move(trust));
  role.permissions.allow.emplace_back("*");
  return role;
}

}  // namespace

Cloud::Cloud(CloudConfig config, WallTime now)
    : config_(std::move(config)), begin_(now), fleet_(config_.seed), managed_(std::make_unique<ManagedNodes>()) {}
Cloud::~Cloud() = default;

Result<std::unique_ptr<Cloud>> Cloud::create(CloudConfig config, WallTime now) {
  TRY_VOID(check_config(config));
  if (config.regions.empty()) config.regions = default_regions();
  TRY_VOID(check_configured_stores(config, now));
  TRY_VOID(drs::check_configured_sites(config));
  for (AccountConfig& account : config.accounts) {
    if (account.id == config.hub_account || config.hub_account.empty()) continue;
    if (account.organization_role == OrganizationRole::absent) continue;
    account.roles.push_back(organization_role(config.hub_account));
  }
  std::unique_ptr<Cloud> cloud(new Cloud(std::move(config), now));
  TRY(cloud->directory_, Directory::create(cloud->config_, now));
  cloud->roles_ = std::make_unique<NodeRoles>(*cloud);
  cloud->fleet_.set_iam(cloud->roles_.get());
  for (std::size_t i = 0; i < cloud->config_.accounts.size(); ++i) {
    cloud->accounts_.emplace(cloud->config_.accounts[i].id, i);
    TRY_VOID(cloud->add_account(cloud->config_.accounts[i]));
  }
  return cloud;
}

Result<void> Cloud::add_account(AccountConfig& account) {
  for (const NetworkConfig& network : account.networks) {
    if (!has_region(network.region)) {
      return fail(ErrorKind::usage, "a network of account " + account.id + " is in Region '" + network.region +
                                        "', which is not enabled");
    }
    TRY_VOID(fleet_.describe_network(account.id, network, begin_));
  }
  for (std::size_t i = 0; i < account.instances.size(); ++i) {
    const InstanceConfig& one = account.instances[i];
    TRY_VOID(fleet_.add(account, i, one.id.empty() ? derived_instance_id(config_, account, i) : one.id, begin_));
  }
  // The fleet has all of it, in less memory.
  account.instances.clear();
  account.instances.shrink_to_fit();
  return {};
}

bool Cloud::has_region(std::string_view region) const {
  return std::find(config_.regions.begin(), config_.regions.end(), region) != config_.regions.end();
}

const AccountConfig* Cloud::find_account(std::string_view id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &config_.accounts[found->second];
}

const std::list<Instance>& Cloud::instances(const std::string& account, const std::string& region) const {
  static const std::list<Instance> none;
  const ec2::Site* site = fleet_.find_site(account, region);
  return site == nullptr ? none : site->instances;
}

const Instance* Cloud::find_instance(const std::string& account, const std::string& region, std::string_view id) const {
  const Instance* found = fleet_.find(id);
  return found != nullptr && found->account_id() == account && found->region() == region ? found : nullptr;
}

std::vector<const Instance*> Cloud::nodes(const std::string& account, const std::string& region) const {
  std::vector<const Instance*> found;
  for (const Instance& instance : instances(account, region)) found.push_back(&instance);
  for (const Instance* node : managed_->hybrid(account, region)) found.push_back(node);
  return found;
}

const Instance* Cloud::find_node(const std::string& account, const std::string& region, std::string_view id) const {
  if (const Instance* instance = find_instance(account, region, id)) return instance;
  const ManagedNode* node = managed_->find(id);
  if (node == nullptr || !node->is_hybrid()) return nullptr;
  const bool there = node->instance.account_id() == account && node->instance.region() == region;
  return there ? &node->instance : nullptr;
}

IssuedKey Cloud::issue(IdentityPtr identity, WallTime expires, rt::Random& random) {
  ++truth_.sessions;
  return directory_->keys().issue(std::move(identity), expires, random);
}

bool Cloud::expire_key(std::string_view access_key_id, WallTime at) {
  AccessKey* key = directory_->keys().find(access_key_id);
  if (key == nullptr) return false;
  key->known.expires = at;
  return true;
}

}  // namespace postern::sim
