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

using Variables = std::map<std::string, std::string, std::less<>>;

/// Without what a shell or PowerShell writes around words.
std::string bare(std::string_view word) {
  std::string text(word);
  std::erase_if(text, [](char c) { return c == '"' || c == '\''; });
  text.erase(0, std::min(text.find_first_not_of("@("), text.size()));
  const std::size_t last = text.find_last_not_of("),");
  text.erase(last == std::string::npos ? 0 : last + 1);
  return text;
}

bool is_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// name='value' and $name = 'value' at the beginnings of lines.
Variables variables_of(const std::vector<std::string>& lines) {
  Variables out;
  for (const std::string_view line : lines) {
    const std::string_view text = line.starts_with('$') ? line.substr(1) : line;
    std::size_t end = 0;
    while (end < text.size() && is_name(text[end])) ++end;
    std::string_view rest = text.substr(end);
    rest = trim(rest);
    if (end == 0 || !rest.starts_with('=')) continue;
    rest = trim(rest.substr(1));
    const bool quoted = rest.size() >= 2 && rest.front() == '\'' && rest.back() == '\'';
    if (quoted) out.emplace(text.substr(0, end), rest.substr(1, rest.size() - 2));
  }
  return out;
}

/// A word, or the words of the variable that it names.
std::vector<std::string> words_of(std::string_view part, const Variables& variables) {
  std::string word = bare(part);
  if (word.starts_with('$')) {
    std::size_t end = 1;
    while (end < word.size() && is_name(word[end])) ++end;
    const auto found = variables.find(std::string_view(word).substr(1, end - 1));
    word = found == variables.end() ? std::string() : found->second;
  }
  std::vector<std::string> out;
  for (const std::string_view one : split(word, ' ')) {
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

void take_word(const std::string& word, std::string& option, InstallOptions& options) {
  const std::size_t equals = word.find('=');
  const bool digits = word.find_first_not_of("0123456789") == std::string::npos;
  if (word.starts_with("--")) {
    option = word;
  } else if (option == "--region" && word.find('-') != std::string::npos) {
    options.region = word;
  } else if (option == "--account-id" && digits) {
    options.account = word;
  } else if (option == "--devices" && (word.starts_with('/') || word.find(':') != std::string::npos)) {
    for (const std::string_view device : split(word, ',')) options.devices.emplace_back(device);
  } else if (option == "--tags" && equals != std::string::npos) {
    options.tags[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

/// A disk that every machine here has, by the names that agents know it by.
bool is_disk(const std::string& device, Platform platform) {
  if (platform == Platform::windows) return to_lower(device) == "c:";
  return device == "/dev/xvda" || device == "/dev/sda" || device == "/dev/nvme0n1";
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
  // The lines that fetch the program name the Region in its address only.
  if (!installs || !mentions(step.commands, "--region")) return {};
  InstallOptions options;
  const Variables variables = variables_of(step.commands);
  for (const std::string& line : step.commands) {
    std::string option;
    for (const std::string_view part : split(line, ' ')) {
      for (const std::string& word : words_of(part, variables)) take_word(word, option, options);
    }
  }
  return options;
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
  for (const std::string& device : running.options.devices) {
    if (installer_detail::is_disk(device, running.work.platform)) continue;
    running.detail = device;
    return "device";
  }
  if (std::string found = rights_obstacle(*instance, running.options, running.detail); !found.empty()) return found;
  if (site.readiness != DrsReadiness::initialized) return "not_initialized";
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
  if (options.account == instance.account_id()) return {};
  return trust_obstacle(instance, *identity, options.account, detail);
}

/// The agent assumes the role in its own account that is named after the other one, with itself as a tag, and with that
/// the other account's role (DRS user guide, "Adding a trusted account").
std::string Installer::trust_obstacle(const Instance& instance, const Identity& node, const std::string& target,
                                      std::string& detail) const {
  Cloud& cloud = sites_.cloud();
  const auto role_of = [&](const std::string& account, const std::string& name) -> std::shared_ptr<Role> {
    const AccountIam* iam = cloud.directory().find_account(account);
    if (iam == nullptr) return nullptr;
    const auto found = iam->roles.find(name);
    return found == iam->roles.end() ? nullptr : found->second;
  };
  const auto arn_of = [](const std::string& account, const std::string& name) {
    return "arn:aws:iam::" + account + ":role/service-role/" + name;
  };
  const std::string authorized = "DRSCrossAccountAgentAuthorizedRole_" + target;
  const std::string other = "DRSCrossAccountAgentRole_" + instance.account_id();
  const auto refused = [&](const std::string& who, const std::string& role) -> std::string {
    detail = "User: " + who + " is not authorized to perform: sts:AssumeRole on resource: " + role;
    return "cross_account";
  };
  const std::string first = arn_of(instance.account_id(), authorized);
  iam::RequestContext context;
  context.set("aws:SecureTransport", "true");
  for (const iam::RequestContext::Entry& entry : node.keys.entries()) context.set_list(entry.key, entry.values);
  context.set("aws:RequestTag/SourceInstanceARN", instance.arn());
  context.set_list("sts:TransitiveTagKeys", {"SourceInstanceARN"});
  const iam::Evaluation may = evaluate_access(cloud, node, Access("sts:AssumeRole").on(first), context);
  if (role_of(instance.account_id(), authorized) == nullptr || !may.allowed()) return refused(node.arn(), first);
  if (role_of(target, other) == nullptr) {
    const std::string session =
        "arn:aws:sts::" + instance.account_id() + ":assumed-role/" + authorized + "/" + instance.id;
    return refused(session, arn_of(target, other));
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
