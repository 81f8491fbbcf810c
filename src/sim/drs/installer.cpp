#include "sim/drs/installer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/agents/node_roles.hpp"
#include "sim/drs/common.hpp"
#include "sim/drs/install_outcomes.hpp"
#include "sim/drs/node_probe.hpp"
#include "sim/drs/service.hpp"
#include "sim/ec2/reachability.hpp"

namespace postern::sim::drs {
namespace installer_detail {

using End = StepOutcome::End;
using std::chrono::seconds;

constexpr std::string_view kPrograms[] = {"aws-replication-installer-init", "AwsReplicationWindowsInstaller.exe"};
constexpr seconds kLinux{90};
constexpr seconds kWindows{180};
constexpr seconds kEarly{10};
constexpr std::chrono::milliseconds kStopTime{10};
constexpr int kKilledExit = 137;

std::string unquoted(std::string_view word) {
  std::string text(word);
  std::erase_if(text, [](char c) { return c == '"' || c == '\''; });
  return text;
}

InstallOptions options_of(const std::string& line) {
  InstallOptions options;
  std::string option;
  for (const std::string_view part : split(line, ' ')) {
    const std::string word = unquoted(part);
    if (word.empty()) continue;
    if (word.starts_with("--")) {
      option = word;
    } else if (option == "--region") {
      options.region = word;
    } else if (option == "--account-id") {
      options.account = word;
    } else if (const std::size_t equals = word.find('='); option == "--tags" && equals != std::string::npos) {
      options.tags[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return options;
}

bool mentions(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

/// Agents that do not end their work are not cured by what they are asked to do.
bool is_lost(AgentProfile profile) {
  return profile == AgentProfile::stalls || profile == AgentProfile::dies || profile == AgentProfile::old;
}

}  // namespace installer_detail

std::optional<InstallOptions> install_options(const WorkStep& step) {
  using namespace installer_detail;
  const bool installs = std::any_of(std::begin(kPrograms), std::end(kPrograms),
                                    [&](std::string_view name) { return mentions(step.commands, name); });
  if (!installs) return {};
  for (const std::string& line : step.commands) {
    // The lines that fetch the program name the Region in its address only.
    if (line.find(" --region ") != std::string::npos) return options_of(line);
  }
  return {};
}

Installer::~Installer() {
  for (auto& [key, one] : running_) sites_.ctx().clock().unschedule(one.timer);
}

void Installer::deliver(Work work, WorkListener& listener) {
  const bool installs = std::any_of(work.steps->begin(), work.steps->end(), [](const WorkStep& step) {
    return step.skipped.empty() && step.refused.empty() && install_options(step);
  });
  const bool probes = std::any_of(work.steps->begin(), work.steps->end(),
                                  [](const WorkStep& step) { return probed_region(step).has_value(); });
  // A node that has a download program of its own says by it what an installation does, or finds.
  const bool own = work.programs.contains(probes ? "curl" : "wget");
  if ((!installs && !probes) || own || installer_detail::is_lost(work.profile))
    return inner_.deliver(std::move(work), listener);
  if (running_.contains(work.key)) return;
  const WorkKey key = work.key;
  const Duration delay = std::max(work.pick_up_delay, Duration(std::chrono::milliseconds(1)));
  Running& made = running_[key];
  made.work = std::move(work);
  made.listener = &listener;
  later(key, delay, &Installer::begin);
}

void Installer::later(const WorkKey& key, Duration after, void (Installer::*then)(const WorkKey&)) {
  rt::Clock& clock = sites_.ctx().clock();
  running_.at(key).timer = clock.schedule(clock.now() + after, [this, key, then] { (this->*then)(key); });
}

void Installer::cancel(const WorkKey& key) {
  const auto found = running_.find(key);
  if (found == running_.end()) return inner_.cancel(key);
  sites_.ctx().clock().unschedule(found->second.timer);
  if (!found->second.started) {
    running_.erase(found);
    return;
  }
  found->second.cancelled = true;
  later(key, installer_detail::kStopTime, &Installer::end_step);
}

void Installer::begin(const WorkKey& key) {
  WorkListener* listener = running_.at(key).listener;
  if (!listener->picked_up(key)) {
    running_.erase(key);
    return;
  }
  running_.at(key).started = true;
  run_next(key);
}

void Installer::run_next(const WorkKey& key) {
  using namespace installer_detail;
  Running& running = running_.at(key);
  const std::optional<std::size_t> next = next_step(*running.work.steps, running.done);
  if (!next) {
    WorkListener* listener = running.listener;
    WorkOutcome outcome(std::move(running.done));
    running_.erase(key);
    return listener->finished(key, std::move(outcome));
  }
  if (!running.done.empty()) running.listener->progressed(key, running.done);
  running.step = *next;
  running.outcome.clear();
  const auto options = install_options((*running.work.steps)[*next]);
  if (!options) return later(key, seconds(1), &Installer::end_step);
  running.options = *options;
  if (running.options.account.empty()) running.options.account = running.work.account_id;
  decide(running);
  SiteRecord& site = sites_.site(SiteKey(running.options.account, running.options.region));
  const bool early = install_outcome(running.outcome, running.work.platform, "", "", "").early;
  const Duration usual = early                                        ? Duration(kEarly)
                         : running.work.platform == Platform::windows ? Duration(kWindows)
                                                                      : Duration(kLinux);
  later(key, varied(usual, sites_.cloud().config().seed, key.instance_id, site.pace), &Installer::end_step);
}

void Installer::decide(Running& running) {
  const Instance* instance = sites_.cloud().ec2().find(running.work.key.instance_id);
  SiteRecord& site = sites_.site(SiteKey(running.options.account, running.options.region));
  running.outcome = obstacle(running, instance, site);
}

std::string Installer::obstacle(Running& running, const Instance* instance, SiteRecord& site) {
  running.detail.clear();
  // A node of another place brings keys of its own, and these commands none.
  if (instance == nullptr) return "no_credentials";
  const DrsFault* fault = sites_.use_fault(site, DrsFaultKind::install, "", instance->id, instance->name);
  if (fault != nullptr) {
    running.detail = fault->text;
    return fault->what;
  }
  if (std::string found = network_obstacle(*instance, running.options.region, running.detail); !found.empty()) {
    return found;
  }
  if (std::string found = rights_obstacle(*instance, running.options, running.detail); !found.empty()) return found;
  if (site.readiness != DrsReadiness::initialized) return "not_initialized";
  if (site.key.first != instance->account_id()) {
    // Without the role for trusted accounts the installation fails and says nothing (dr.md 2.1).
    const AccountIam* iam = sites_.cloud().directory().find_account(site.key.first);
    const std::string role = "DRSCrossAccountAgentAuthorizedRole_" + instance->account_id();
    if (iam == nullptr || !iam->roles.contains(role)) return "silent";
  }
  for (auto& [key, other] : sites_.all()) {
    if (key == site.key || sites_.find_live(other, instance->id) == nullptr) continue;
    running.detail = "(" + key.first + ", " + key.second + ")";
    return "other_region";
  }
  if (sites_.find_live(site, instance->id) != nullptr) return {};
  const auto replicates = [](const auto& entry) {
    return entry.second.replicating == Replicating::running && entry.second.staging_arn.empty();
  };
  const auto busy = std::count_if(site.servers.begin(), site.servers.end(), replicates);
  return busy >= static_cast<std::ptrdiff_t>(DrsService::kReplicatingMax) ? "quota" : "";
}

/// The installer and its hashes come from the target Region's buckets, and the service is asked there (dr.md 0).
std::string Installer::network_obstacle(const Instance& instance, const std::string& region,
                                        std::string& detail) const {
  const ec2::Fleet& fleet = sites_.cloud().ec2();
  const ec2::Site* home = fleet.find_site(instance.account_id(), instance.region());
  if (home == nullptr || home->network == nullptr) return {};
  // The network that nobody has described stands for one that is set up for this.
  if (instance.placement->vpc_id == ec2::default_id(fleet.seed(), home->name, "vpc", "vpc")) return {};
  const ec2::NodeView node(instance);
  for (const std::string service : {"s3", "drs"}) {
    // An endpoint answers for its own Region only.
    const std::string name = region == instance.region() ? service : service + "." + region;
    const ec2::PathReach reach = ec2::service_reach(*home->network, node, name);
    if (reach.ok()) continue;
    detail = "(" + service + "." + region + ".amazonaws.com: " + reach.why + ")";
    return "network";
  }
  return {};
}

std::string Installer::rights_obstacle(const Instance& instance, const InstallOptions& options,
                                       std::string& detail) const {
  Cloud& cloud = sites_.cloud();
  const std::shared_ptr<Role> role = instance_role(cloud.directory(), instance);
  if (role == nullptr || !trusts_service(cloud.directory(), *role, "ec2.amazonaws.com")) return "no_credentials";
  if (instance.traits->metadata.endpoint == MetadataOptions::Endpoint::disabled) return "no_credentials";
  const IdentityPtr identity = node_session(cloud.directory(), role, instance, cloud.begin());
  iam::RequestContext context;
  context.set("aws:RequestedRegion", options.region);
  context.set("aws:SecureTransport", "true");
  context.set("aws:ViaAWSService", "false");
  for (const iam::RequestContext::Entry& entry : identity->keys.entries()) context.set_list(entry.key, entry.values);
  for (const char* action : {"drs:GetAgentInstallationAssetsForDrs", "drs:CreateSourceServerForDrs"}) {
    const iam::Evaluation answer = evaluate_access(cloud, *identity, Access(action), context);
    if (answer.allowed()) continue;
    detail = answer.denial_text;
    return "not_permitted";
  }
  return {};
}

std::string Installer::probe(const Running& running, const std::string& region) {
  const Instance* instance = sites_.cloud().ec2().find(running.work.key.instance_id);
  if (instance == nullptr) return probe_answer(running.work.platform, "", "");
  SiteRecord& site = sites_.site(SiteKey(running.work.account_id, region));
  const DrsFault* fault = sites_.next_fault(site, DrsFaultKind::install, instance->id, instance->name);
  std::string detail;
  std::string network;
  if (!network_obstacle(*instance, region, detail).empty()) network = detail.starts_with("(s3.") ? "s3" : "drs";
  return probe_answer(running.work.platform, fault != nullptr ? fault->what : "", network);
}

std::string Installer::enrol(const Running& running, const Instance& instance) {
  SiteRecord& site = sites_.site(SiteKey(running.options.account, running.options.region));
  if (const Server* there = sites_.find_live(site, instance.id)) return there->id;
  return sites_.register_instance(site, instance, running.options.tags, sites_.now()).id;
}

void Installer::end_step(const WorkKey& key) {
  using namespace installer_detail;
  Running& running = running_.at(key);
  running.timer = 0;
  StepOutcome outcome;
  if (running.cancelled) {
    outcome.end = End::cancelled;
    outcome.exit_code = kKilledExit;
  } else if (!install_options((*running.work.steps)[running.step])) {
    outcome.end = End::success;
    outcome.exit_code = 0;
    const auto probed = probed_region((*running.work.steps)[running.step]);
    if (probed) outcome.output = probe(running, *probed);
  } else {
    const Platform platform = running.work.platform;
    std::string id;
    const Instance* instance = sites_.cloud().ec2().find(key.instance_id);
    const bool registers = install_outcome(running.outcome, platform, "", "", "").registers;
    if (registers && instance != nullptr) id = enrol(running, *instance);
    InstallOutcome made = install_outcome(running.outcome, platform, id, running.options.region, running.detail);
    outcome.end = made.exit_code == 0 ? End::success : End::failed;
    outcome.exit_code = made.exit_code;
    outcome.output = std::move(made.output);
    outcome.errors = std::move(made.errors);
  }
  running.done.push_back(std::move(outcome));
  run_next(key);
}

}  // namespace postern::sim::drs
