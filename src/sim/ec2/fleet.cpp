#include "sim/ec2/fleet.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.hpp"
#include "base/short_text.hpp"
#include "base/text_hash.hpp"
#include "sim/ec2/address.hpp"
#include "sim/ec2/catalog.hpp"
#include "sim/ec2/configured_network.hpp"
#include "sim/ec2/network.hpp"
#include "sim/ec2/reachability.hpp"

namespace postern::sim::ec2 {
namespace fleet {

constexpr std::uint32_t kNodesPerOctet = 250;
constexpr std::uint32_t kZoneOctets = 63;  // of 64: the last of a zone's /18 holds the endpoints

/// A stable number below `bound` for a label.
std::uint64_t number(std::uint64_t seed, const std::string& label, std::uint64_t bound) {
  return std::stoull(derived_hex(seed, label, 12), nullptr, 16) % bound;
}

InstanceTraits traits_of(const InstanceConfig& config, std::uint64_t seed) {
  InstanceTraits traits;
  traits.platform = config.platform;
  traits.platform_name = config.platform_name;
  traits.platform_version = config.platform_version;
  traits.instance_type = config.instance_type;
  traits.image_id = "ami-0" + derived_hex(seed, "ami/" + config.region + config.platform_name, 16);
  traits.instance_profile = config.instance_profile;
  traits.agent = config.agent;
  traits.programs = config.programs;
  return traits;
}

}  // namespace fleet

Site::Site() = default;
Site::~Site() = default;

/// Every event of every command looks its instance up here: ids are kept in place, for in a large fleet each step to
/// another place in memory is a wait.
struct Fleet::Index {
  Index() = default;
  struct Entry {
    Site* site;
    std::list<Instance>::iterator at;
  };
  boost::unordered_flat_map<ShortText, Entry, TextHash, std::equal_to<>> entries;

  Instance* find(std::string_view id) const {
    const auto found = entries.find(id);
    return found == entries.end() ? nullptr : &*found->second.at;
  }
};

Fleet::Fleet(std::uint64_t seed) : seed_(seed), by_id_(std::make_unique<Index>()) {}
Fleet::~Fleet() = default;

std::size_t Fleet::size() const noexcept {
  return by_id_->entries.size();
}

std::string default_id(std::uint64_t seed, const SiteName& site, std::string_view prefix, std::string_view kind) {
  return std::string(prefix) + "-0" +
         derived_hex(seed, std::string(kind) + "/" + site.account_id + "/" + site.region, 16);
}

std::uint32_t default_octet(std::uint64_t seed, const SiteName& site) {
  return static_cast<std::uint32_t>(fleet::number(seed, "net/" + site.account_id + "/" + site.region, 256));
}

DefaultNode default_node(std::uint64_t seed, const SiteName& site, std::string_view instance_id, std::uint64_t index) {
  const auto zone = static_cast<std::uint32_t>(fleet::number(seed, "zone/" + std::string(instance_id), 3));
  const std::string zone_text = std::to_string(zone);
  DefaultNode node;
  node.placement.vpc_id = default_id(seed, site, "vpc", "vpc");
  node.placement.subnet_id = default_id(seed, site, "subnet", "subnet/" + zone_text);
  node.placement.availability_zone = site.region + static_cast<char>('a' + zone);
  node.placement.security_groups.push_back(default_id(seed, site, "sg", "sg/nodes"));
  const auto high = static_cast<std::uint32_t>((index / fleet::kNodesPerOctet) % fleet::kZoneOctets);
  const auto low = static_cast<std::uint32_t>(4 + index % fleet::kNodesPerOctet);
  node.address = (10U << 24U) | (default_octet(seed, site) << 16U) | ((zone * 64 + high) << 8U) | low;
  return node;
}

Site& Fleet::site(const std::string& account, const std::string& region) {
  std::unique_ptr<Site>& found = sites_[std::make_pair(account, region)];
  if (!found) {
    found = std::make_unique<Site>();
    found->name.account_id = account;
    found->name.region = region;
  }
  return *found;
}

const Site* Fleet::find_site(const std::string& account, const std::string& region) const {
  const auto found = sites_.find(std::make_pair(account, region));
  return found == sites_.end() ? nullptr : found->second.get();
}

Result<void> Fleet::describe_network(const std::string& account, const NetworkConfig& config, WallTime made) {
  Site& home = site(account, config.region);
  if (home.network) {
    return fail(ErrorKind::usage, "account " + account + " has two networks in " + config.region);
  }
  TRY(home.network, make_configured_network(seed_, home.name, config, made));
  return {};
}

Result<void> Fleet::place(const Site& home, const InstanceConfig& config, Instance& instance) {
  const std::string who = "instance '" + config.name + "' of account " + home.name.account_id;
  InstancePlacement placement;
  placement.subnet_id = configured_id(seed_, home.name, "subnet", config.subnet);
  const auto subnet = home.network->subnets.find(placement.subnet_id);
  if (subnet == home.network->subnets.end()) {
    return fail(ErrorKind::usage, who + " is in the subnet '" + config.subnet + "', which is not described");
  }
  placement.vpc_id = *subnet->second.vpc_id;
  placement.availability_zone = *subnet->second.availability_zone;
  for (const std::string& name : config.security_groups) {
    placement.security_groups.push_back(configured_id(seed_, home.name, "sg", name));
    const auto group = home.network->groups.find(placement.security_groups.back());
    if (group == home.network->groups.end() || group->second.shape.vpc_id != placement.vpc_id) {
      return fail(ErrorKind::usage, who + " has the security group '" + name + "', which its VPC has not");
    }
  }
  if (placement.security_groups.empty()) {
    placement.security_groups.push_back(*default_group_of(*home.network, placement.vpc_id)->shape.group_id);
  }
  const Cidr block = parse_cidr(*subnet->second.cidr_block).value_or(Cidr());
  const auto before = std::count_if(home.instances.begin(), home.instances.end(), [&](const Instance& one) {
    return one.placement->subnet_id == placement.subnet_id;
  });
  instance.private_address = block.base + 4 + static_cast<Address>(before);
  if (!config.private_ip.empty()) instance.private_address = parse_address(config.private_ip).value_or(0);
  if (!block.contains(instance.private_address)) {
    return fail(ErrorKind::usage, who + " has an address outside of its subnet " + config.subnet);
  }
  if (config.public_address == Switch::on) {
    instance.public_address = (198U << 24U) | (18U << 16U) | (instance.private_address & 0xFFFFU);
  }
  instance.placement = share(std::move(placement));
  return {};
}

Result<Instance*> Fleet::add(const AccountConfig& account, std::size_t index, const std::string& id, WallTime now) {
  const InstanceConfig& config = account.instances[index];
  Site& home = site(account.id, config.region);
  Instance made;
  made.id = id;
  made.name = config.name;
  made.traits = share(fleet::traits_of(config, seed_));
  if (!config.tags.empty()) made.shared_tags = share(config.tags);
  if (home.network) {
    TRY_VOID(place(home, config, made));
  } else if (!config.subnet.empty()) {
    return fail(ErrorKind::usage, "instance '" + config.name + "' names a subnet, but account " + account.id +
                                      " describes no network in " + config.region);
  } else {
    DefaultNode node = default_node(seed_, home.name, made.id, home.default_nodes++);
    made.placement = share(std::move(node.placement));
    made.private_address = parse_address(config.private_ip).value_or(node.address);
  }
  made.reservation = std::stoull(derived_hex(seed_, "reservation/" + made.id, 16), nullptr, 16);
  made.state = parse_instance_state(config.state).value_or(InstanceState::running);
  const std::uint64_t days = 3 + fleet::number(seed_, "age/" + made.id, 200);
  made.launched = std::chrono::floor<std::chrono::seconds>(now - config.age.value_or(std::chrono::hours(24 * days)));
  made.registered = made.launched + std::chrono::seconds(75);
  if (made.state == InstanceState::stopped) extras(made).transition_reason = "User initiated";
  return &insert(home, std::move(made));
}

Instance& Fleet::insert(Site& home, Instance instance) {
  CHECK(by_id_->find(instance.id) == nullptr);
  instance.site = &home.name;
  home.instances.push_back(std::move(instance));
  const auto at = std::prev(home.instances.end());
  by_id_->entries.emplace(at->id, Index::Entry{&home, at});
  return *at;
}

Instance* Fleet::find(std::string_view id) {
  return by_id_->find(id);
}

const Instance* Fleet::find(std::string_view id) const {
  return by_id_->find(id);
}

std::shared_ptr<const TagMap> Fleet::share(TagMap tags) {
  return tags.empty() ? nullptr : tags_.get(std::move(tags));
}

void Fleet::set_tag(Instance& instance, const std::string& key, const std::string& value) {
  TagMap tags = instance.tags();
  if (key == "Name") {
    // An empty name is a tag as well; the field stands for the usual ones.
    instance.name = value;
    if (!value.empty()) {
      tags.erase(key);
    } else {
      tags[key] = value;
    }
  } else {
    tags[key] = value;
  }
  instance.shared_tags = share(std::move(tags));
}

void Fleet::remove_tag(Instance& instance, const std::string& key) {
  if (key == "Name") instance.name.clear();
  TagMap tags = instance.tags();
  tags.erase(key);
  instance.shared_tags = share(std::move(tags));
}

InstanceExtras& Fleet::extras(Instance& instance) {
  if (!instance.extras) instance.extras = std::make_shared<InstanceExtras>();
  return *instance.extras;
}

void Fleet::change(Instance& instance, InstanceState through, InstanceState to, WallTime now) {
  std::erase_if(changes_, [&](const auto& entry) { return entry.second.id == instance.id; });
  instance.state = through;
  const Duration takes = to == InstanceState::running ? Duration(kStartTime) : Duration(kStopTime);
  changes_.emplace(now + takes, Change(instance.id, to));
}

void Fleet::settle(WallTime now) {
  while (!changes_.empty() && changes_.begin()->first <= now) {
    const WallTime at = changes_.begin()->first;
    const Change change = changes_.begin()->second;
    changes_.erase(changes_.begin());
    if (change.forget) {
      forget(change.id);
      continue;
    }
    Instance* instance = find(change.id);
    if (instance == nullptr) continue;
    instance->state = change.to;
    const bool starts = change.to == InstanceState::running && instance->registered == WallTime::max();
    if (starts && agent_reach(*this, *instance).registration.ok()) instance->registered = at + kRegistrationTime;
    if (change.to != InstanceState::terminated) continue;
    Change gone(change.id, change.to);
    gone.forget = true;
    changes_.emplace(at + kTerminatedListed, std::move(gone));
  }
}

void Fleet::forget(std::string_view id) {
  const auto found = by_id_->entries.find(id);
  if (found == by_id_->entries.end()) return;
  const Index::Entry entry = found->second;
  by_id_->entries.erase(found);
  entry.site->instances.erase(entry.at);
}

}  // namespace postern::sim::ec2
