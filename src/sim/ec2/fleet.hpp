#pragma once

/// Fleet: all EC2 state of a cloud, by account and Region, and the instances' life in time.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sim/ec2/instance.hpp"

namespace postern::sim::ec2 {

struct Network;
struct Catalog;

/// One account's part of a Region.
struct Site {
  Site();
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  SiteName name;
  std::list<Instance> instances;     ///< in the order of their launch; addresses stay
  std::unique_ptr<Network> network;  ///< null: nobody has asked yet, so it is the default network
  std::unique_ptr<Catalog> catalog;  ///< launch templates, key pairs and the like; null: none
  std::uint64_t made = 0;            ///< counts what was created here, for ids
  std::uint64_t default_nodes = 0;   ///< instances of the default network, for their addresses
};

/// What EC2 has to know of IAM.
class IamView {
 public:
  virtual ~IamView() = default;
  virtual bool has_instance_profile(std::string_view account, std::string_view name) const = 0;
  /// Why an agent with this instance profile may not do `action` ("ssm:UpdateInstanceInformation"), in words; empty
  /// when it may.
  virtual std::string why_denied(const Instance& instance, std::string_view action) const = 0;
};

/// How long the changes of an instance's state take.
inline constexpr std::chrono::seconds kStartTime{5};
inline constexpr std::chrono::seconds kStopTime{10};
/// From running to registered with SSM, when the network lets it.
inline constexpr std::chrono::seconds kRegistrationTime{20};
/// A terminated instance is listed for so long.
inline constexpr std::chrono::hours kTerminatedListed{1};

/// Loop thread only. Instances stay where they are in memory until they are gone for good.
class Fleet {
 public:
  explicit Fleet(std::uint64_t seed);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  std::uint64_t seed() const noexcept { return seed_; }
  /// Null: every profile exists and its role may do all that agents do. Outlives the fleet.
  const IamView* iam() const noexcept { return iam_; }
  void set_iam(const IamView* iam) noexcept { iam_ = iam; }
  /// Made when it is not there yet.
  Site& site(const std::string& account, const std::string& region);
  const Site* find_site(const std::string& account, const std::string& region) const;

  /// Makes the network that a config describes. Fails with usage. Before the site's instances are added.
  Result<void> describe_network(const std::string& account, const NetworkConfig& config, WallTime made);
  /// An instance of the config, in the described network where there is one, else in the default one. Fails with usage
  /// when its subnet or its groups are not described.
  Result<Instance*> add(const AccountConfig& account, std::size_t index, const std::string& id, WallTime now);
  /// Puts an instance into the site under its id.
  Instance& insert(Site& site, Instance instance);
  Instance* find(std::string_view id);
  const Instance* find(std::string_view id) const;
  std::size_t size() const noexcept;

  /// The same traits with one more change made by `edit`, shared again.
  std::shared_ptr<const InstanceTraits> share(InstanceTraits traits) { return traits_.get(std::move(traits)); }
  std::shared_ptr<const InstancePlacement> share(InstancePlacement placement) {
    return placements_.get(std::move(placement));
  }
  std::shared_ptr<const TagMap> share(TagMap tags);
  /// Sets or replaces one tag.
  void set_tag(Instance& instance, const std::string& key, const std::string& value);
  void remove_tag(Instance& instance, const std::string& key);
  /// Its own extras, made when there are none.
  static InstanceExtras& extras(Instance& instance);

  /// Begins a change: `through` now, `to` once it is done. A later change of the same instance replaces it.
  void change(Instance& instance, InstanceState through, InstanceState to, WallTime now);
  /// Everything that is due by `now` has happened afterwards. Cheap when nothing is.
  void settle(WallTime now);

 private:
  struct Change {
    Change(std::string instance, InstanceState state) : id(std::move(instance)), to(state) {}
    std::string id;
    InstanceState to;
    bool forget = false;
  };
  Result<void> place(const Site& home, const InstanceConfig& config, Instance& instance);
  void forget(std::string_view id);

  std::uint64_t seed_;
  const IamView* iam_ = nullptr;
  using SiteKey = std::pair<std::string, std::string>;  ///< account, Region
  struct KeyHash {
    std::size_t operator()(const SiteKey& key) const noexcept {
      return std::hash<std::string>()(key.first) * 31 + std::hash<std::string>()(key.second);
    }
  };
  // Looked up only, never iterated: several times for each node, so that a tree of a thousand accounts would be felt.
  std::unordered_map<SiteKey, std::unique_ptr<Site>, KeyHash> sites_;
  struct Index;
  std::unique_ptr<Index> by_id_;
  std::multimap<WallTime, Change> changes_;
  SharedPool<InstanceTraits> traits_;
  SharedPool<InstancePlacement> placements_;
  SharedPool<TagMap> tags_;
};

/// Where the default network of a site puts its `index`th node, without making the network: the VPC's block is
/// 10.N.0.0/16, and each of three zones has a /18 of it.
struct DefaultNode {
  DefaultNode() = default;
  InstancePlacement placement;
  std::uint32_t address = 0;
};
DefaultNode default_node(std::uint64_t seed, const SiteName& site, std::string_view instance_id, std::uint64_t index);
/// The second octet of a default network's block.
std::uint32_t default_octet(std::uint64_t seed, const SiteName& site);
/// "vpc-0...": `kind` is "vpc", "subnet/0" or "sg/nodes".
std::string default_id(std::uint64_t seed, const SiteName& site, std::string_view prefix, std::string_view kind);

}  // namespace postern::sim::ec2
