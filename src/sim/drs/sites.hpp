#pragma once

/// Sites: everything that Elastic Disaster Recovery keeps, in all accounts and Regions of a cloud.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "rt/context.hpp"
#include "sim/drs/records.hpp"

namespace postern::sim::drs {

/// The tag by which the service knows what it made in EC2.
inline constexpr std::string_view kManagedTag = "AWSElasticDisasterRecoveryManaged";

/// Fails with usage: servers or faults of the config that cannot be.
Result<void> check_configured_sites(const CloudConfig& config);

/// Loop thread only. The cloud and ctx's effects outlive it. A server costs memory only: how its replication stands is
/// worked out when somebody asks.
class Sites {
 public:
  /// With the sites of the cloud's config.
  Sites(Cloud& cloud, rt::CallContext ctx);
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  Cloud& cloud() noexcept { return cloud_; }
  rt::CallContext ctx() const noexcept { return ctx_; }
  WallTime now() const { return cloud_.now(ctx_.clock()); }

  /// Made when it is not there yet.
  SiteRecord& site(const SiteKey& key);
  SiteRecord* find(const SiteKey& key);
  std::map<SiteKey, SiteRecord>& all() noexcept { return sites_; }

  /// The service's roles and instance profiles are there afterwards, as is its default launch template. A second time
  /// changes nothing.
  void initialize(SiteRecord& site);
  /// A new source server for the instance; replication begins at `when`.
  Server& register_instance(SiteRecord& site, const Instance& instance, Tags tags, WallTime when);
  /// A new server of a machine that is known already: the way back, or an extension.
  Server& register_machine(SiteRecord& site, Machine machine, Tags tags, WallTime when);
  /// Told of every site that a server comes to.
  void when_registered(std::function<void(const SiteKey&)> told) { registered_ = std::move(told); }
  /// The instance's server that is not disconnected and no extension; null when there is none.
  Server* find_live(SiteRecord& site, std::string_view instance_id);
  /// By ARN, in any site.
  Server* find_by_arn(std::string_view arn);
  /// Where the server really replicates: an extension's server in the staging account, else itself. Null when that is
  /// gone.
  Server* replicating(Server& server);
  Progress progress(Server& server);
  /// Points that can be recovered to, oldest first.
  std::vector<WallTime> points(Server& server);
  /// Begins the initiation anew.
  void restart(Server& server);

  /// For tests and for faults that a running cloud is given: times count from now.
  void add_fault(const SiteKey& key, DrsFault fault);
  void clear_faults(const SiteKey& key);
  /// The first fault of this kind for the machine that is not used up, which counts one use of it; null when there is
  /// none. `what` empty: any.
  const DrsFault* use_fault(SiteRecord& site, DrsFaultKind kind, std::string_view what, const std::string& instance_id,
                            const std::string& name);
  /// The same without counting a use.
  const DrsFault* next_fault(const SiteRecord& site, DrsFaultKind kind, const std::string& instance_id,
                             const std::string& name) const;

  /// "s-" and 17 hex digits.
  std::string new_id(SiteRecord& site, std::string_view prefix);
  /// "arn:aws:drs:us-west-2:444455556666:<tail>".
  static std::string arn_of(const SiteKey& key, std::string_view tail);
  /// "pit-..." of a server's point.
  std::string point_id(const Server& server, WallTime point) const;

 private:
  void add_configured(const AccountConfig& account, const DrsSiteConfig& config);
  void disturb(const SiteRecord& site, Server& server) const;

  Cloud& cloud_;
  rt::CallContext ctx_;
  std::map<SiteKey, SiteRecord> sites_;
  std::function<void(const SiteKey&)> registered_;
};

}  // namespace postern::sim::drs
