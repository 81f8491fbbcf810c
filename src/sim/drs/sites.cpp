#include "sim/drs/sites.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "sim/drs/common.hpp"
#include "sim/drs/service_roles.hpp"
#include "sim/ec2/describe.hpp"

namespace postern::sim::drs {
namespace sites_detail {

using std::chrono::hours;

constexpr hours kAgeUsual{24 * 30};
constexpr hours kOnDemandKept{1};  // as long as what the minute's rule takes
constexpr std::size_t kServersMax = 4'000;
constexpr std::int64_t kGib = 1LL << 30U;

bool is_meant(const std::string& glob, const std::string& name, const std::string& id) {
  return glob == id || glob_match(glob, name);
}

/// As the emulated interfaces of EC2 have them: locally administered.
std::string mac_of(const std::string& instance_id) {
  const std::string hex = derived_hex(1, "mac/" + instance_id, 10);
  std::string mac = "02";
  for (std::size_t i = 0; i < hex.size(); i += 2) mac += ":" + hex.substr(i, 2);
  return mac;
}

Machine machine_of(const Instance& instance) {
  Machine machine;
  machine.instance_id = instance.id;
  machine.account = instance.account_id();
  machine.region = instance.region();
  machine.zone = instance.placement->availability_zone;
  machine.name = instance.name;
  machine.instance_type = instance.traits->instance_type;
  machine.private_ip = instance.private_ip();
  machine.mac = mac_of(instance.id);
  machine.platform = instance.traits->platform;
  machine.platform_name = instance.traits->platform_name;
  machine.platform_version = instance.traits->platform_version;
  machine.os = machine.platform_name + " " + machine.platform_version;
  machine.disk_bytes = (instance.extras ? instance.extras->volume_size : InstanceExtras().volume_size) * kGib;
  machine.agent = instance.traits->agent;
  machine.tags = instance.all_tags();
  return machine;
}

Disturbance disturbance_of(const DrsFault& fault, WallTime from) {
  Disturbance made;
  made.kind = fault.kind == DrsFaultKind::disconnect ? Disturbing::disconnect
              : fault.kind == DrsFaultKind::lag      ? Disturbing::lag
                                                     : Disturbing::stall;
  made.from = from + fault.at;
  made.to = fault.lasts == Duration::zero() ? WallTime::max() : made.from + fault.lasts;
  made.error = fault.what.empty() ? "AGENT_NOT_SEEN" : fault.what;
  made.raw_error = fault.text;
  made.lag = fault.lag;
  return made;
}

/// In the order of time; of what halts replication no two overlap afterwards: the earlier one stands.
void put_in_order(std::vector<Disturbance>& all) {
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return std::pair(a.from, a.kind) < std::pair(b.from, b.kind); });
  WallTime free = WallTime::min();
  for (Disturbance& one : all) {
    if (one.kind == Disturbing::lag) continue;
    one.from = std::max(one.from, std::min(free, one.to));
    free = std::max(free, one.to);
  }
  std::erase_if(all, [](const Disturbance& one) { return one.from >= one.to; });
}

Result<void> check_fault(const DrsFault& fault, const std::string& where) {
  const std::vector<std::string> words = drs_fault_words(fault.kind);
  const bool usual = fault.kind == DrsFaultKind::stall && fault.what.empty();
  if (usual || words.empty() || std::find(words.begin(), words.end(), fault.what) != words.end()) return {};
  return fail(ErrorKind::usage, "'" + printable(fault.what, 60) + "' is nothing that a fault of kind " +
                                    std::string(to_string(fault.kind)) + " can be" + where);
}

}  // namespace sites_detail

Result<void> check_configured_sites(const CloudConfig& config) {
  for (const AccountConfig& account : config.accounts) {
    for (const DrsSiteConfig& site : account.drs) {
      const std::string where = " (drs of account " + account.id + " in " + site.region + ")";
      const auto& regions = config.regions;
      if (std::find(regions.begin(), regions.end(), site.region) == regions.end()) {
        return fail(ErrorKind::usage, "the Region is not enabled" + where);
      }
      if (site.pace == 0 || site.pace > 3'600) return fail(ErrorKind::usage, "pace must be 1 to 3600" + where);
      for (const DrsFault& fault : site.faults) TRY_VOID(sites_detail::check_fault(fault, where));
      for (const DrsServersConfig& servers : site.servers) {
        const std::string& owner = servers.account.empty() ? account.id : servers.account;
        const auto is_there = [&](const AccountConfig& one) {
          return one.id == owner &&
                 std::any_of(one.instances.begin(), one.instances.end(), [&](const InstanceConfig& instance) {
                   return instance.region == servers.region &&
                          sites_detail::is_meant(servers.instance, instance.name, instance.id);
                 });
        };
        if (std::any_of(config.accounts.begin(), config.accounts.end(), is_there)) continue;
        return fail(ErrorKind::usage, "no instance of account " + owner + " in " + servers.region + " is called '" +
                                          printable(servers.instance, 100) + "'" + where);
      }
    }
  }
  return {};
}

Sites::Sites(Cloud& cloud, rt::CallContext ctx) : cloud_(cloud), ctx_(ctx) {
  for (const AccountConfig& account : cloud.config().accounts) {
    for (const DrsSiteConfig& config : account.drs) add_configured(account, config);
  }
}

void Sites::add_configured(const AccountConfig& account, const DrsSiteConfig& config) {
  SiteRecord& here = site(SiteKey(account.id, config.region));
  here.pace = config.pace;
  for (const DrsFault& fault : config.faults) here.faults.emplace_back().fault = fault;
  if (config.readiness == DrsReadiness::initialized) initialize(here);
  for (const DrsServersConfig& servers : config.servers) {
    const std::string& owner = servers.account.empty() ? account.id : servers.account;
    const WallTime added = cloud_.begin() - servers.age.value_or(sites_detail::kAgeUsual);
    for (const Instance& instance : cloud_.instances(owner, servers.region)) {
      if (!sites_detail::is_meant(servers.instance, instance.name, instance.id)) continue;
      if (here.servers.size() >= sites_detail::kServersMax || find_live(here, instance.id) != nullptr) continue;
      register_instance(here, instance, servers.tags, added);
    }
  }
}

SiteRecord& Sites::site(const SiteKey& key) {
  SiteRecord& found = sites_[key];
  found.key = key;
  return found;
}

SiteRecord* Sites::find(const SiteKey& key) {
  const auto found = sites_.find(key);
  return found == sites_.end() ? nullptr : &found->second;
}

void Sites::initialize(SiteRecord& here) {
  if (here.readiness == DrsReadiness::initialized) return;
  here.readiness = DrsReadiness::initialized;
  add_service_roles(cloud_.directory(), here.key.first, now());
}

std::string Sites::new_id(SiteRecord& here, std::string_view prefix) {
  const std::string label =
      "drs/" + here.key.first + "/" + here.key.second + "/" + std::string(prefix) + "/" + std::to_string(++here.made);
  return std::string(prefix) + "-" + derived_hex(cloud_.config().seed, label, 17);
}

std::string Sites::arn_of(const SiteKey& key, std::string_view tail) {
  return "arn:aws:drs:" + key.second + ":" + key.first + ":" + std::string(tail);
}

std::string Sites::point_id(const Server& server, WallTime point) const {
  const auto at = std::chrono::floor<std::chrono::seconds>(point).time_since_epoch().count();
  return "pit-" + derived_hex(cloud_.config().seed, server.id + "/" + std::to_string(at), 17);
}

Server& Sites::register_instance(SiteRecord& here, const Instance& instance, Tags tags, WallTime when) {
  return register_machine(here, sites_detail::machine_of(instance), std::move(tags), when);
}

Server& Sites::register_machine(SiteRecord& here, Machine machine, Tags tags, WallTime when) {
  const std::string id = new_id(here, "s");
  Server& made = here.servers[id];
  made.id = id;
  made.arn = arn_of(here.key, "source-server/" + id);
  made.site = here.key;
  made.machine = std::move(machine);
  made.tags = std::move(tags);
  made.tags.emplace("AWSDRS", "AllowLaunchingIntoThisInstance");
  if (!made.machine.name.empty()) made.tags.emplace("Name", made.machine.name);
  made.added = when;
  made.course.seed = pick(cloud_.config().seed, id, UINT64_MAX);
  made.course.bytes = made.machine.disk_bytes;
  made.course.begin = when;
  disturb(here, made);
  if (registered_) registered_(here.key);
  return made;
}

void Sites::disturb(const SiteRecord& here, Server& server) const {
  using namespace sites_detail;
  Course& course = server.course;
  course.pace = here.pace;
  course.failing_step = kSteps;
  course.disturbances.clear();
  for (const ActiveFault& one : here.faults) {
    const DrsFault& fault = one.fault;
    if (!is_meant(fault.instance, server.machine.name, server.machine.instance_id)) continue;
    if (fault.kind == DrsFaultKind::step) {
      const auto step = std::find(kStepNames.begin(), kStepNames.end(), fault.what);
      course.failing_step = static_cast<std::size_t>(step - kStepNames.begin());
      course.failures = fault.times;
      course.step_error = fault.text;
    } else if (fault.kind != DrsFaultKind::install && fault.kind != DrsFaultKind::launch) {
      course.disturbances.push_back(
          disturbance_of(fault, one.added.value_or(std::max(cloud_.begin(), server.course.begin))));
    }
  }
  put_in_order(course.disturbances);
}

Server* Sites::find_live(SiteRecord& here, std::string_view instance_id) {
  for (auto& [id, server] : here.servers) {
    const bool live = server.replicating != Replicating::disconnected && server.staging_arn.empty();
    if (live && server.machine.instance_id == instance_id) return &server;
  }
  return nullptr;
}

Server* Sites::find_by_arn(std::string_view arn) {
  const std::size_t slash = arn.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  const std::string id(arn.substr(slash + 1));
  for (auto& [key, here] : sites_) {
    const auto found = here.servers.find(id);
    if (found != here.servers.end() && found->second.arn == arn) return &found->second;
  }
  return nullptr;
}

Server* Sites::replicating(Server& server) {
  return server.staging_arn.empty() ? &server : find_by_arn(server.staging_arn);
}

Progress Sites::progress(Server& server) {
  Server* source = replicating(server);
  if (source == nullptr) {
    Progress gone;
    gone.phase = Phase::disconnected;
    gone.last_seen = server.added;
    return gone;
  }
  const bool running = source->replicating == Replicating::running;
  return progress_of(source->course, std::max(source->course.begin, running ? now() : source->changed));
}

std::vector<WallTime> Sites::points(Server& server) {
  Server* source = replicating(server);
  // StopReplication deletes the snapshots, and so does a disconnection.
  if (source == nullptr || source->replicating != Replicating::running) return {};
  std::vector<PointRule> rules;
  for (const aws::drs::PITPolicyRule& rule : source->replication.pit_policy) {
    if (!rule.enabled.value_or(true) || !rule.units) continue;
    const Duration unit = *rule.units == aws::drs::PITPolicyRuleUnits::minute ? Duration(std::chrono::minutes(1))
                          : *rule.units == aws::drs::PITPolicyRuleUnits::hour ? Duration(std::chrono::hours(1))
                                                                              : Duration(std::chrono::hours(24));
    rules.emplace_back(unit * rule.interval.value_or(1), unit * rule.retention_duration.value_or(1));
  }
  if (rules.empty()) {
    rules.emplace_back(std::chrono::minutes(10), std::chrono::hours(1));
    rules.emplace_back(std::chrono::hours(1), std::chrono::hours(24));
    rules.emplace_back(std::chrono::hours(24), std::chrono::hours(24 * 7));
  }
  std::vector<WallTime> all = points_of(source->course, rules, std::max(source->course.begin, now()));
  for (const WallTime point : source->on_demand) {
    if (now() - point < sites_detail::kOnDemandKept) all.push_back(point);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void Sites::restart(Server& server) {
  server.replicating = Replicating::running;
  server.course.begin = now();
  server.on_demand.clear();
  if (SiteRecord* here = find(server.site)) disturb(*here, server);
}

void Sites::add_fault(const SiteKey& key, DrsFault fault) {
  CHECK(sites_detail::check_fault(fault, "").has_value());
  SiteRecord& here = site(key);
  ActiveFault& made = here.faults.emplace_back();
  made.fault = std::move(fault);
  made.added = now();
  for (auto& [id, server] : here.servers) disturb(here, server);
}

void Sites::clear_faults(const SiteKey& key) {
  SiteRecord& here = site(key);
  here.faults.clear();
  for (auto& [id, server] : here.servers) disturb(here, server);
}

const DrsFault* Sites::use_fault(SiteRecord& here, DrsFaultKind kind, std::string_view what,
                                 const std::string& instance_id, const std::string& name) {
  for (ActiveFault& one : here.faults) {
    const bool meant = one.fault.kind == kind && (what.empty() || one.fault.what == what) &&
                       sites_detail::is_meant(one.fault.instance, name, instance_id);
    if (!meant) continue;
    unsigned& used = one.used[instance_id];
    if (one.fault.times != 0 && used >= one.fault.times) continue;
    ++used;
    return &one.fault;
  }
  return nullptr;
}

const DrsFault* Sites::next_fault(const SiteRecord& site, DrsFaultKind kind, const std::string& instance_id,
                                  const std::string& name) const {
  for (const ActiveFault& one : site.faults) {
    if (one.fault.kind != kind || !sites_detail::is_meant(one.fault.instance, name, instance_id)) continue;
    const auto used = one.used.find(instance_id);
    if (one.fault.times == 0 || used == one.used.end() || used->second < one.fault.times) return &one.fault;
  }
  return nullptr;
}

}  // namespace postern::sim::drs
