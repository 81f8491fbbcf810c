#include "recovery/rollout.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "flow/plan.hpp"

namespace postern::recovery {
namespace rollout_detail {

bool holds(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Puts a finding where it belongs: in the way, or beside it.
void take(RolloutTarget& target, Blocker blocker, const std::vector<std::string>& waived) {
  if (holds(waived, blocker.code)) {
    blocker.blocks = false;
    target.waived = true;
  }
  if (blocker.blocks) {
    target.block(std::move(blocker));
  } else {
    target.notes.push_back(std::move(blocker));
  }
}

/// The live servers of each instance.
class Index {
 public:
  explicit Index(const Sweep& sweep) : sweep_(&sweep) {
    for (std::size_t i = 0; i < sweep.servers.size(); ++i) {
      const SourceServer& server = sweep.servers[i];
      if (server.instance_id.empty() || !server.is_live() || server.is_extended()) continue;
      servers_.emplace(instance_key(server.origin_account, server.instance_id), i);
    }
  }
  /// The places in the sweep of an instance's servers in `site`, or with `elsewhere` in the other sites.
  std::vector<std::size_t> of(const fleet::Instance& instance, const fleet::Scope& site, bool elsewhere) const {
    const std::string key = instance_key(instance.ref.scope().account.text(), instance.ref.id().text());
    std::vector<std::size_t> out;
    const auto [begin, end] = servers_.equal_range(key);
    for (auto at = begin; at != end; ++at) {
      const fleet::Scope& there = *sweep_->servers[at->second].site;
      const bool same = there.account == site.account && there.region == site.region;
      if (same != elsewhere) out.push_back(at->second);
    }
    return out;
  }
  const SourceServer& server(std::size_t at) const { return sweep_->servers[at]; }

 private:
  const Sweep* sweep_;
  std::multimap<std::string, std::size_t, std::less<>> servers_;
};

bool is_among(const std::vector<fleet::ScopePtr>& sites, const fleet::Scope& site) {
  return std::any_of(sites.begin(), sites.end(), [&](const fleet::ScopePtr& one) {
    return one->account == site.account && one->region == site.region;
  });
}

void take_site(RolloutTarget& target, const Sweep& before, const std::vector<std::string>& waived) {
  if (is_among(before.uninitialized, *target.site)) {
    take(target,
         Blocker("TARGET_NOT_INITIALIZED", "DRS is not initialized in " + target.site->label(), "postern dr init"),
         waived);
    return;
  }
  for (const fleet::ScopeProblem& problem : before.problems) {
    if (problem.scope->account != target.site->account || problem.scope->region != target.site->region) continue;
    take(target,
         Blocker("SITE_UNKNOWN",
                 "DRS in " + target.site->label() + " could not be asked: " + printable(problem.error.message(), 200),
                 "postern dr status says more"),
         waived);
  }
}

void take_reach(RolloutTarget& target, const std::vector<std::string>& waived) {
  const fleet::Instance& instance = *target.instance;
  if (instance.state == fleet::InstanceState::stopped || instance.state == fleet::InstanceState::stopping) {
    take(target,
         Blocker("INSTANCE_STOPPED", "the instance is stopped: it is not protected, and nothing runs on it",
                 "start it, or exclude it (tag postern:dr-exclude)"),
         waived);
    return;
  }
  // Without a profile it would be said to be unmanaged, which is true and no help.
  if (instance.instance_profile_arn.empty() && !fleet::is_hybrid(instance.ref.id())) {
    take(target,
         Blocker("NO_INSTANCE_PROFILE", "the instance has no profile: neither Systems Manager nor DRS let it in",
                 "attach one whose role has AmazonSSMManagedInstanceCore and "
                 "AWSElasticDisasterRecoveryEc2InstancePolicy"),
         waived);
    return;
  }
  const std::string obstacle = flow::obstacle_of(instance);
  if (!obstacle.empty()) {
    take(target, Blocker("SSM_OFFLINE", obstacle, "postern targets shows its state"), waived);
  }
}

void take_enrolled(RolloutTarget& target, const Index& index, const Sweep& sweep, std::size_t at,
                   const HealthPolicy& policy) {
  target.server_id = index.server(at).id;
  target.health = assess(index.server(at), sweep.points[at], sweep.at, policy);
}

}  // namespace rollout_detail

std::string_view to_string(RolloutState state) noexcept {
  constexpr std::array<std::string_view, 11> kNames = {"ready",      "excluded",  "blocked",   "enrolled",
                                                       "not_sent",   "failed",    "installed", "phantom",
                                                       "registered", "protected", "unknown"};
  return kNames.at(static_cast<std::size_t>(state));
}

void RolloutTarget::block(Blocker blocker) {
  if (state == RolloutState::blocked) {
    notes.push_back(std::move(blocker));
    return;
  }
  state = RolloutState::blocked;
  code = std::move(blocker.code);
  reason = std::move(blocker.why);
  fix = std::move(blocker.fix);
}

std::string os_family(const fleet::Instance& instance) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kFamilies = {{
      {"amazon linux", "Amazon Linux"},
      {"ubuntu", "Ubuntu"},
      {"red hat", "Red Hat Enterprise Linux"},
      {"rhel", "Red Hat Enterprise Linux"},
      {"suse", "SUSE Linux"},
      {"sles", "SUSE Linux"},
      {"debian", "Debian"},
      {"centos", "CentOS"},
      {"oracle", "Oracle Linux"},
      {"windows", "Windows Server"},
  }};
  const std::string name = to_lower(instance.ssm.platform_name.view());
  for (const auto& [fragment, family] : kFamilies) {
    if (name.find(fragment) != std::string::npos) return std::string(family);
  }
  if (instance.platform == fleet::Platform::windows) return "Windows Server";
  return name.empty() ? "Linux" : printable(instance.ssm.platform_name, 40);
}

std::vector<RolloutTarget> plan_rollout(const std::vector<fleet::Instance>& instances,
                                        const std::vector<fleet::ScopePtr>& sites, const Sweep& before,
                                        const HealthPolicy& policy, const Preflight& preflight) {
  using namespace rollout_detail;
  const Index index(before);
  std::map<std::string, fleet::ScopePtr, std::less<>> site_of;
  site_of.insert(preflight.staging.begin(), preflight.staging.end());
  for (const fleet::ScopePtr& site : sites) site_of.emplace(site->account.text(), site);
  std::vector<RolloutTarget> out;
  out.reserve(instances.size());
  for (const fleet::Instance& instance : instances) {
    RolloutTarget& target = out.emplace_back();
    target.instance = &instance;
    target.family = os_family(instance);
    const auto site = site_of.find(instance.ref.scope().account.text());
    if (site == site_of.end()) {
      target.block(Blocker("NO_SITE", "nobody said where it is recovered to", "--to REGION, or dr: in the fleet file"));
      continue;
    }
    target.site = site->second;
    const auto excluded = instance.tags.find(kExcludeTag);
    if (excluded != instance.tags.end()) {
      target.state = RolloutState::excluded;
      target.reason = excluded->second;
      continue;
    }
    const std::vector<std::size_t> here = index.of(instance, *target.site, false);
    const std::vector<std::size_t> elsewhere = index.of(instance, *target.site, true);
    if (here.size() == 1 && elsewhere.empty()) {
      target.state = RolloutState::enrolled;
      take_enrolled(target, index, before, here.front(), policy);
      continue;
    }
    if (here.size() > 1) {
      target.block(Blocker("DUPLICATE_REGISTRATION",
                           std::to_string(here.size()) + " live source servers say that they are this instance",
                           "disconnect and delete all but one"));
      continue;
    }
    if (!elsewhere.empty()) {
      target.block(Blocker("OTHER_SITE",
                           "it replicates to " + index.server(elsewhere.front()).site->label() + " already",
                           "disconnect it there first"));
      continue;
    }
    take_site(target, before, preflight.waived);
    take_reach(target, preflight.waived);
    if (preflight.rights && target.state == RolloutState::ready) {
      if (auto lacking = preflight.rights(instance)) take(target, std::move(*lacking), preflight.waived);
    }
    if (preflight.order && target.state == RolloutState::ready) {
      if (auto obstacle = preflight.order(instance)) target.block(std::move(*obstacle));
    }
  }
  return out;
}

void take_probe(RolloutTarget& target, const flow::TargetResult& result, std::string_view output,
                const std::vector<std::string>& waived) {
  using namespace rollout_detail;
  if (target.state != RolloutState::ready) return;
  // Whoever may install and not run scripts does without the look: the installer fails cleanly and says so.
  if (result.refusal == ErrorKind::denied) {
    take(target,
         Blocker("PROBE_REFUSED", "the look inside the server was not allowed: " + printable(result.reason, 300),
                 "the role of the duty operate has to send AWS-RunShellScript to it (postern deploy roles --node-tag "
                 "dr:enabled=true); --no-probe leaves the look out",
                 false),
         waived);
    return;
  }
  if (result.outcome != flow::Outcome::succeeded && !read_probe(output)) {
    take(target,
         Blocker("PROBE_FAILED", "the look inside the server failed: " + printable(result.reason, 200),
                 "postern run on it shows what it answers"),
         waived);
    return;
  }
  for (Blocker& blocker : judge_probe(output, target.instance->platform)) take(target, std::move(blocker), waived);
}

void take_installation(RolloutTarget& target, const flow::TargetResult& result, std::string_view text) {
  if (target.state != RolloutState::ready) return;
  target.command_id = result.command_id;
  switch (result.outcome) {
    case flow::Outcome::succeeded:
      target.state = RolloutState::installed;
      target.server_id = registered_server(text);
      return;
    case flow::Outcome::skipped:
      target.state = RolloutState::not_sent;
      target.code = "NOT_SENT";
      target.reason = result.reason;
      return;
    case flow::Outcome::unknown:
      target.state = RolloutState::unknown;
      target.code = "IN_DOUBT";
      target.reason = result.reason;
      return;
    case flow::Outcome::failed:
      break;
  }
  target.state = RolloutState::failed;
  if (result.refusal) {
    target.code = "SEND_REFUSED";
    target.reason = result.reason;
    return;
  }
  InstallFailure failure = classify_installation(text);
  // Nothing ran: what Systems Manager says is all there is.
  const bool undelivered = failure.code == "SILENT" && !result.exit_code;
  target.code = undelivered ? "NOT_DELIVERED" : failure.code;
  target.reason = undelivered ? result.reason : failure.cause;
  target.fix = undelivered ? "the agent did not take the command in time: run the rollout again" : failure.fix;
}

bool awaits_server(const RolloutTarget& target) noexcept {
  return target.state == RolloutState::installed || target.state == RolloutState::registered;
}

void take_servers(std::vector<RolloutTarget>& targets, const Sweep& now, const HealthPolicy& policy, bool too_late) {
  using namespace rollout_detail;
  const Index index(now);
  for (RolloutTarget& target : targets) {
    const bool was_sent = target.state == RolloutState::failed || target.state == RolloutState::unknown ||
                          awaits_server(target) || target.state == RolloutState::protected_now;
    if (!was_sent) continue;
    const std::vector<std::size_t> servers = index.of(*target.instance, *target.site, false);
    if (servers.empty()) {
      if (!too_late || target.state != RolloutState::installed) continue;
      target.state = RolloutState::phantom;
      target.code = "PHANTOM_INSTALL";
      target.reason = "Systems Manager calls the installation a success, and DRS does not know the server";
      target.fix = "read the agent's log on the server; a wrapper may hide the installer's exit code";
      continue;
    }
    if (target.state == RolloutState::failed) {
      Blocker note("INSTALLER_FAILED",
                   "the installer failed (" + target.code +
                       "), and the server is registered all "
                       "the same",
                   "", false);
      target.notes.push_back(std::move(note));
    }
    target.code.clear();
    target.reason.clear();
    target.fix.clear();
    take_enrolled(target, index, now, servers.front(), policy);
    target.state = target.health.is_protected() ? RolloutState::protected_now : RolloutState::registered;
    if (target.state == RolloutState::protected_now) continue;
    target.reason = step_text(index.server(servers.front()));
    if (target.reason.empty()) target.reason = to_string(target.health.replication);
    if (target.health.percent) target.reason += ", " + std::to_string(*target.health.percent) + "% copied";
  }
}

RolloutTotals totals_of(const std::vector<RolloutTarget>& targets) {
  RolloutTotals totals;
  totals.all = targets.size();
  for (const RolloutTarget& target : targets) ++totals.by_state[to_string(target.state)];
  return totals;
}

std::string account_status(const std::vector<const RolloutTarget*>& of_account) {
  std::size_t good = 0;
  std::size_t pending = 0;
  std::size_t bad = 0;
  for (const RolloutTarget* target : of_account) {
    switch (target->state) {
      case RolloutState::excluded:
        break;
      case RolloutState::enrolled:
      case RolloutState::protected_now:
        ++good;
        break;
      case RolloutState::ready:
      case RolloutState::installed:
      case RolloutState::registered:
        ++pending;
        break;
      default:
        ++bad;
    }
  }
  if (good + pending + bad == 0) return "no_instances";
  if (bad > 0) return good + pending > 0 ? "partial" : "error";
  return pending > 0 ? "pending" : "success";
}

}  // namespace postern::recovery
