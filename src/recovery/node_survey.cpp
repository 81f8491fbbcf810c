#include "recovery/node_survey.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "flow/verdict.hpp"
#include "rt/combine.hpp"

namespace postern::recovery {
namespace node_survey {

constexpr std::string_view kVerdicts[] = {"ok", "NO_INSTANCE_PROFILE", "PROFILE_WITHOUT_ROLE",
                                          "PROFILE_LACKS_DRS_POLICY", "UNREADABLE"};
constexpr std::string_view kOutcomes[] = {"attached", "failed", "unknown"};
constexpr std::size_t kReasonMax = 400;
constexpr std::size_t kActionsShown = 3;
constexpr int kLooksMax = 7;  // with pauses that double: about a minute
constexpr Duration kFirstPause = std::chrono::seconds(1);

/// An account's thing, by account and name or ARN.
using Key = std::pair<std::string, std::string>;

struct Profile {
  Profile() = default;
  std::string arn;
  std::vector<fleet::ScopePtr> scopes;  ///< a Region each
  std::vector<std::size_t> instances;   ///< positions
  std::optional<InstanceProfile> found;
  std::optional<Error> error;
  std::size_t role = kNoRole;
};

void add_scope(std::vector<fleet::ScopePtr>& scopes, const fleet::ScopePtr& scope) {
  const bool known =
      std::any_of(scopes.begin(), scopes.end(), [&](const auto& one) { return one->region == scope->region; });
  if (!known) scopes.push_back(scope);
}

std::string first_of(const std::vector<std::string>& actions) {
  std::string out;
  for (std::size_t i = 0; i < actions.size() && i < kActionsShown; ++i) out += (i == 0 ? "" : ", ") + actions[i];
  const std::size_t more = actions.size() - std::min(actions.size(), kActionsShown);
  return more == 0 ? out : out + " and " + plural(more, "other");
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& each : texts) out += (out.empty() ? "" : "; ") + each;
  return printable(out, kReasonMax);
}

void judge(RoleCheck& check, const std::vector<fleet::ScopePtr>& sites, const StagingSites& staging) {
  const fleet::Scope& scope = *check.scopes.front();
  NodeNeeds needs;
  needs.account = scope.account.text();
  needs.region = scope.region.text();
  needs.partition = scope.partition;
  const auto site =
      std::find_if(sites.begin(), sites.end(), [&](const auto& one) { return one->account == scope.account; });
  if (site != sites.end()) needs.region = (*site)->region.text();
  if (const auto there = staging.find(needs.account); there != staging.end()) {
    needs.region = there->second->region.text();
    needs.staging_account = there->second->account.text();
  }
  check.rights = judge_role(check.role, needs);
  const NodeRights& rights = check.rights;
  const std::string role = "the role " + printable(check.role.name, kReasonMax);
  if (rights.missing_drs.empty()) {
    check.verdict = NodeVerdict::ok;
    if (!rights.unread.empty()) check.reason = "a deny would not be seen: " + joined(rights.unread);
  } else if (!rights.unread.empty()) {
    check.verdict = NodeVerdict::unreadable;
    check.reason = role + " cannot be judged: " + joined(rights.unread);
  } else {
    check.verdict = NodeVerdict::lacks_drs_policy;
    check.reason = role + " does not allow " + first_of(rights.missing_drs);
    if (!rights.notes.empty()) check.reason += ": " + joined(rights.notes);
  }
  if (!rights.missing_ssm.empty()) {
    check.reason += (check.reason.empty() ? "" : "; ") + role + " does not allow " + first_of(rights.missing_ssm) +
                    " of AmazonSSMManagedInstanceCore";
  }
}

/// A survey under way.
struct Survey {
  Survey(rt::CallContext c, NodeRoles& p) : ctx(c), port(&p) {}
  rt::CallContext ctx;
  NodeRoles* port;
  std::vector<Profile> profiles;
  std::vector<RoleCheck> roles;
  std::vector<std::optional<Error>> role_errors;
};

struct ReadProfile {
  explicit ReadProfile(Survey* s) : survey(s) {}
  rt::Task<void> operator()(std::size_t index) const {
    Profile& one = survey->profiles[index];
    Result<std::optional<InstanceProfile>> found =
        co_await survey->port->profile(survey->ctx, one.scopes.front(), profile_name_of(one.arn));
    if (found) {
      one.found = std::move(*found);
    } else {
      one.error = std::move(found).error();
    }
  }
  Survey* survey;
};

struct ReadRole {
  explicit ReadRole(Survey* s) : survey(s) {}
  rt::Task<void> operator()(std::size_t index) const {
    RoleCheck& one = survey->roles[index];
    Result<NodeRole> found = co_await survey->port->role(survey->ctx, one.scopes.front(), one.role.name, one.role.arn);
    if (found) {
      one.role = std::move(*found);
    } else {
      survey->role_errors[index] = std::move(found).error();
    }
  }
  Survey* survey;
};

/// The instances' profiles, each once, in the order in which they come.
std::vector<Profile> profiles_of(const std::vector<fleet::Instance>& instances) {
  std::vector<Profile> out;
  std::map<Key, std::size_t> known;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const fleet::Instance& instance = instances[i];
    if (instance.instance_profile_arn.empty()) continue;
    const Key key(instance.ref.scope().account.text(), instance.instance_profile_arn.text());
    const auto [at, added] = known.emplace(key, out.size());
    if (added) {
      out.emplace_back();
      out.back().arn = instance.instance_profile_arn.text();
    }
    Profile& profile = out[at->second];
    add_scope(profile.scopes, instance.ref.scope_ptr());
    profile.instances.push_back(i);
  }
  return out;
}

/// The roles that the profiles contain, sorted by account and name.
std::vector<RoleCheck> roles_of(std::vector<Profile>& profiles) {
  std::map<Key, std::vector<Profile*>> by_role;
  for (Profile& profile : profiles) {
    if (!profile.found || profile.found->role.empty()) continue;
    by_role[Key(profile.scopes.front()->account.text(), profile.found->role)].push_back(&profile);
  }
  std::vector<RoleCheck> out;
  for (const auto& [key, all] : by_role) {
    out.emplace_back();
    RoleCheck& check = out.back();
    check.role.name = key.second;
    check.role.arn = all.front()->found->role_arn;
    for (Profile* profile : all) {
      profile->role = out.size() - 1;
      for (const fleet::ScopePtr& scope : profile->scopes) add_scope(check.scopes, scope);
      check.profiles.push_back(*profile->found);
      check.instances += profile->instances.size();
    }
  }
  return out;
}

void take_verdict(const Profile& profile, const std::vector<RoleCheck>& roles, NodeCheck& node) {
  node.profile = profile_name_of(profile.arn);
  node.role = profile.role;
  if (profile.error) {
    node.reason = "the instance profile " + printable(node.profile, kReasonMax) +
                  " could not be read: " + printable(profile.error->message(), kReasonMax);
  } else if (profile.role == kNoRole) {
    node.verdict = NodeVerdict::profile_without_role;
    node.reason = "the instance profile " + printable(node.profile, kReasonMax) +
                  (profile.found ? " has no role in it" : " does not exist any more");
  } else {
    node.verdict = roles[profile.role].verdict;
    node.reason = roles[profile.role].reason;
  }
}

/// Learns whom a change reaches.
struct ReadUse {
  ReadUse(rt::CallContext c, NodeRoles& p, const NodeSurvey& s, std::vector<RoleChange>* w)
      : ctx(c), port(&p), survey(&s), changes(w) {}
  rt::Task<void> operator()(std::size_t index) const {
    RoleChange& change = (*changes)[index];
    const RoleCheck& check = survey->roles[change.role];
    Result<std::vector<InstanceProfile>> profiles =
        co_await port->profiles_of(ctx, check.scopes.front(), check.role.name);
    if (!profiles) {
      change.notes.push_back("which other instance profiles have the role could not be read: " +
                             printable(profiles.error().message(), kReasonMax));
      profiles = check.profiles;
    }
    std::vector<std::string> arns;
    for (InstanceProfile& profile : *profiles) {
      arns.push_back(profile.arn);
      change.profiles.emplace_back();
      change.profiles.back().profile = std::move(profile);
    }
    for (const fleet::ScopePtr& scope : check.scopes) {
      const auto counts = co_await port->count_instances(ctx, scope, arns);
      if (!counts) {
        change.notes.push_back("instances in " + scope->region.text() +
                               " could not be counted: " + printable(counts.error().message(), kReasonMax));
        continue;
      }
      for (ProfileUse& use : change.profiles) {
        const auto found = counts->find(use.profile.arn);
        if (found != counts->end()) use.instances += found->second;
      }
    }
  }
  rt::CallContext ctx;
  NodeRoles* port;
  const NodeSurvey* survey;
  std::vector<RoleChange>* changes;
};

}  // namespace node_survey

std::string_view to_string(NodeVerdict verdict) noexcept {
  return node_survey::kVerdicts[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(AttachOutcome outcome) noexcept {
  return node_survey::kOutcomes[static_cast<std::size_t>(outcome)];
}

rt::Task<Result<NodeSurvey>> survey_nodes(rt::CallContext ctx, NodeRoles& port,
                                          const std::vector<fleet::Instance>& instances,
                                          const std::vector<fleet::ScopePtr>& sites, const StagingSites& staging,
                                          std::size_t concurrency) {
  using namespace node_survey;
  Survey survey(ctx, port);
  survey.profiles = profiles_of(instances);
  const ReadProfile read_profile(&survey);
  co_await rt::for_each_bounded(survey.profiles.size(), concurrency, read_profile);
  survey.roles = roles_of(survey.profiles);
  survey.role_errors.resize(survey.roles.size());
  const ReadRole read_role(&survey);
  co_await rt::for_each_bounded(survey.roles.size(), concurrency, read_role);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  for (std::size_t i = 0; i < survey.roles.size(); ++i) {
    if (survey.role_errors[i]) {
      survey.roles[i].reason = "the policies of the role " + printable(survey.roles[i].role.name, kReasonMax) +
                               " could not be read: " + printable(survey.role_errors[i]->message(), kReasonMax);
    } else {
      judge(survey.roles[i], sites, staging);
    }
  }
  NodeSurvey out;
  out.roles = std::move(survey.roles);
  for (const fleet::Instance& instance : instances) {
    out.nodes.emplace_back();
    NodeCheck& node = out.nodes.back();
    node.target = instance.ref;
    node.name = instance.name;
    if (!instance.instance_profile_arn.empty()) continue;
    node.verdict = NodeVerdict::no_instance_profile;
    node.reason = "the instance has no instance profile";
  }
  for (const Profile& profile : survey.profiles) {
    for (const std::size_t at : profile.instances) take_verdict(profile, out.roles, out.nodes[at]);
  }
  co_return out;
}

rt::Task<Result<std::vector<RoleChange>>> plan_role_changes(rt::CallContext ctx, NodeRoles& port,
                                                            const NodeSurvey& survey, std::size_t concurrency) {
  std::vector<RoleChange> out;
  for (std::size_t i = 0; i < survey.roles.size(); ++i) {
    if (!survey.roles[i].mendable()) continue;
    out.emplace_back();
    out.back().role = i;
    out.back().policy_arn = node_policy_arn(survey.roles[i].scopes.front()->partition);
  }
  const node_survey::ReadUse read(ctx, port, survey, &out);
  co_await rt::for_each_bounded(out.size(), concurrency, read);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return out;
}

rt::Task<Result<AttachResult>> attach_node_policy(rt::CallContext ctx, NodeRoles& port, const RoleCheck& role,
                                                  std::string policy_arn) {
  using namespace node_survey;
  AttachResult out;
  const fleet::ScopePtr scope = role.scopes.front();
  Result<void> asked = co_await port.attach(ctx, scope, role.role.name, policy_arn);
  if (!asked && asked.error().kind() == ErrorKind::cancelled) co_return fail(std::move(asked).error());
  if (!asked) {
    out.error = std::move(asked).error();
    if (!flow::is_ambiguous(*out.error)) {
      out.outcome = AttachOutcome::failed;
      co_return out;
    }
  }
  Duration pause = kFirstPause;
  for (int look = 1;; ++look) {
    Result<std::vector<std::string>> now = co_await port.attached(ctx, scope, role.role.name);
    if (now && std::find(now->begin(), now->end(), policy_arn) != now->end()) {
      out.outcome = AttachOutcome::attached;
      out.error.reset();
      co_return out;
    }
    if (!now && now.error().kind() == ErrorKind::cancelled) co_return fail(std::move(now).error());
    const bool last = look == kLooksMax || ctx.clock().now() + pause >= ctx.deadline().at();
    if (last) {
      if (!now) {
        out.error = std::move(now).error();
      } else if (!out.error) {
        out.error = Error(ErrorKind::timeout, "IAM took the policy and does not show it yet: look again");
      }
      co_return out;
    }
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + pause));
    pause *= 2;
  }
}

}  // namespace postern::recovery
