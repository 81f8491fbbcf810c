#include "iam/evaluate.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "iam/evaluate_text.hpp"

namespace postern::iam {
namespace {

using Outcome = LayerResult::Outcome;

// AWS Security Token Service API reference: these need no permission, and no policy takes them away.
constexpr std::string_view kAlwaysAllowed[] = {"sts:getcalleridentity", "sts:getsessiontoken"};

// The order in which a denial is attributed when several layers deny: AWS names one of them.
constexpr Layer kDenyOrder[] = {Layer::scp,      Layer::rcp,      Layer::endpoint, Layer::resource,
                                Layer::identity, Layer::boundary, Layer::session};

bool has_account_side(PrincipalKind kind) {
  return kind != PrincipalKind::service && kind != PrincipalKind::identity && kind != PrincipalKind::anonymous;
}

std::string owner_of(const Resource& resource, const std::optional<Arn>& arn) {
  if (!resource.account.empty() || !arn || !is_account_id(arn->account())) return resource.account;
  return std::string(arn->account());
}

// One resource of one request.
class ResourceEvaluation {
 public:
  ResourceEvaluation(const Request& request, const PolicySet& policies, std::string_view folded_action,
                     const Resource& resource, Evaluation& out, Detail detail)
      : principal_(*request.principal),
        policies_(policies),
        action_(folded_action),
        resource_(resource),
        arn_(split_arn(resource.arn)),
        owner_(owner_of(resource, arn_)),
        keys_(resource.context, request.context, &principal_.context(), &owner_),
        out_(out),
        detail_(detail) {}

  void run() {
    out_.layers = {};
    out_.near_misses.clear();
    scps();
    rcps();
    endpoint();
    resource_policy();
    identity();
    boundary();
    session();
    decide();
  }

 private:
  LayerResult& at(Layer layer) { return out_.layers[static_cast<std::size_t>(layer)]; }
  bool allows(Layer layer) {
    const Outcome outcome = at(layer).outcome;
    return outcome == Outcome::allow || outcome == Outcome::absent || outcome == Outcome::exempt;
  }

  // ---- statements ----

  bool covers_resource(const Statement& statement) const {
    if (statement.resource_scope == Scope::absent) return true;
    const bool listed = std::any_of(statement.resources.begin(), statement.resources.end(),
                                    [&](const ArnPattern& p) { return p.matches(resource_.arn, arn_, keys_); });
    return listed == (statement.resource_scope == Scope::only);
  }

  // A gateway endpoint knows only "*" and, of an account, its root user (PrivateLink guide, "Gateway endpoint
  // policies").
  Naming named_by(const PrincipalEntry& entry, Layer layer) const {
    const Naming naming = names(entry, principal_);
    const bool gateway = layer == Layer::endpoint && policies_.endpoint->type == EndpointPolicy::Type::gateway;
    if (!gateway || entry.type == PrincipalEntry::Type::everyone) return naming;
    return entry.type == PrincipalEntry::Type::account && naming == Naming::itself ? naming : Naming::no;
  }

  Naming covers_principal(const Statement& statement, Layer layer) const {
    if (statement.principal_scope == Scope::absent) return Naming::itself;
    Naming best = Naming::no;
    for (const PrincipalEntry& entry : statement.principals) best = std::max(best, named_by(entry, layer));
    if (statement.principal_scope == Scope::only) return best;
    // A Deny spares only who is listed at every level; an Allow is not read as meaning anybody who is listed at any.
    const bool spared =
        statement.effect == Effect::deny ? lists_every_level(statement.principals, principal_) : best != Naming::no;
    return spared ? Naming::no : Naming::itself;
  }

  const Condition* failed_condition(const Statement& statement) const {
    const auto failed = std::find_if(statement.conditions.begin(), statement.conditions.end(),
                                     [&](const Condition& c) { return !c.holds(keys_); });
    return failed == statement.conditions.end() ? nullptr : &*failed;
  }

  Naming matches(const StatementRef& ref, Layer layer) {
    const Statement& statement = ref.statement();
    if (!statement.covers_action(action_)) return Naming::no;
    if (!covers_resource(statement)) return miss(ref, layer, NearMiss::Part::resource, nullptr);
    const Naming naming = covers_principal(statement, layer);
    if (naming == Naming::no) return miss(ref, layer, NearMiss::Part::principal, nullptr);
    if (const Condition* failed = failed_condition(statement))
      return miss(ref, layer, NearMiss::Part::condition, failed);
    return naming;
  }

  Naming miss(const StatementRef& ref, Layer layer, NearMiss::Part part, const Condition* condition) {
    if (detail_ == Detail::full && out_.near_misses.size() < kNearMissesMax) {
      NearMiss near;
      near.layer = layer;
      near.statement = ref;
      near.part = part;
      if (condition != nullptr) {
        near.condition_operator = condition->operator_text();
        near.key = condition->key();
        near.expected = condition->expected(keys_);
        if (const KeyValues found = keys_.find(condition->folded_key()))
          near.actual.emplace(found->begin(), found->end());
      }
      out_.near_misses.push_back(std::move(near));
    }
    return Naming::no;
  }

  // Policies of one layer: the first Deny that matches, else the firmest Allow. A resource policy's other Allows may
  // name the caller more firmly than the first, everywhere else the first suffices.
  LayerResult scan(std::span<const AttachedPolicy> list, Layer layer) {
    LayerResult result;
    result.outcome = Outcome::implicit_deny;
    StatementRef ref;
    for (const AttachedPolicy& policy : list) {
      ref.policy = &policy;
      for (const std::uint32_t index : policy.document->denies()) {
        ref.index = index;
        if (matches(ref, layer) == Naming::no) continue;
        result.outcome = Outcome::explicit_deny;
        result.by = ref;
        return result;
      }
    }
    for (const AttachedPolicy& policy : list) {
      ref.policy = &policy;
      for (const std::uint32_t index : policy.document->allows()) {
        ref.index = index;
        const Naming naming = matches(ref, layer);
        if (naming <= result.naming) continue;
        result.outcome = Outcome::allow;
        result.by = ref;
        result.naming = naming;
        if (naming == Naming::itself) return result;
      }
    }
    return result;
  }

  // ---- layers ----

  void exempt(Layer layer, std::string_view note, Outcome outcome = Outcome::exempt) {
    at(layer).outcome = outcome;
    at(layer).note = note;
  }

  void scps() {
    const OrganizationPath* organization = policies_.organization;
    if (organization == nullptr) return exempt(Layer::scp, "the caller's account has none", Outcome::absent);
    if (!has_account_side(principal_.kind())) return exempt(Layer::scp, "the caller belongs to no account");
    if (organization->account == OrganizationPath::Account::management)
      return exempt(Layer::scp, "the management account is not bound by service control policies");
    if (principal_.is_service_linked_role())
      return exempt(Layer::scp, "service-linked roles are not bound by service control policies");
    LayerResult implicit;
    LayerResult last;
    for (const auto& level : organization->levels) {
      LayerResult result = scan(level->scps, Layer::scp);
      result.level = level.get();
      if (result.outcome == Outcome::explicit_deny) {
        at(Layer::scp) = result;
        return;
      }
      // A Deny further down wins over a missing Allow here.
      if (result.outcome == Outcome::implicit_deny && implicit.outcome == Outcome::absent) implicit = result;
      last = result;
    }
    at(Layer::scp) = implicit.outcome == Outcome::absent ? last : implicit;
  }

  void rcps() {
    const OrganizationPath* organization = resource_.organization;
    if (organization == nullptr) return exempt(Layer::rcp, "the resource's account has none", Outcome::absent);
    if (!supports_rcp(action_.substr(0, action_.find(':'))))
      return exempt(Layer::rcp, "the service is not subject to resource control policies");
    if (organization->account == OrganizationPath::Account::management)
      return exempt(Layer::rcp, "resources of the management account are not bound by resource control policies");
    if (principal_.is_service_linked_role())
      return exempt(Layer::rcp, "service-linked roles are not bound by resource control policies");
    for (const auto& level : organization->levels) {
      LayerResult result = scan(level->rcps, Layer::rcp);
      result.level = level.get();
      if (result.outcome != Outcome::explicit_deny) continue;
      at(Layer::rcp) = result;
      return;
    }
    exempt(Layer::rcp, "RCPFullAWSAccess is always attached and nothing denies", Outcome::allow);
  }

  void endpoint() {
    if (policies_.endpoint == nullptr)
      return exempt(Layer::endpoint, "no VPC endpoint with a policy is involved", Outcome::absent);
    at(Layer::endpoint) = scan(std::span(&policies_.endpoint->policy, 1), Layer::endpoint);
  }

  void resource_policy() {
    if (resource_.policy == nullptr) return exempt(Layer::resource, "the resource has none", Outcome::absent);
    at(Layer::resource) = scan(std::span(resource_.policy, 1), Layer::resource);
  }

  void identity() {
    if (!has_account_side(principal_.kind()))
      return exempt(Layer::identity, "the caller has no identity", Outcome::absent);
    if (principal_.kind() == PrincipalKind::root_user)
      return exempt(Layer::identity, "the root user may do everything in its account", Outcome::allow);
    at(Layer::identity) = scan(policies_.identity, Layer::identity);
  }

  void boundary() {
    if (policies_.boundary == nullptr) return exempt(Layer::boundary, "none is set", Outcome::absent);
    if (principal_.kind() == PrincipalKind::root_user) return exempt(Layer::boundary, "the root user has none");
    at(Layer::boundary) = scan(std::span(policies_.boundary, 1), Layer::boundary);
  }

  void session() {
    // A federation token without session policies may do only what resource policies grant it.
    const bool federated = principal_.kind() == PrincipalKind::federated_user;
    const bool possible = federated || principal_.kind() == PrincipalKind::role_session;
    if (!possible || (policies_.session.empty() && !federated))
      return exempt(Layer::session, "the session has none", Outcome::absent);
    at(Layer::session) = scan(policies_.session, Layer::session);
  }

  // ---- decision ----

  void deny(Decision decision, Layer layer) {
    out_.decision = decision;
    out_.layer = layer;
  }

  void grant(Layer layer) {
    out_.decision = Decision::allow;
    out_.layer = layer;
  }

  void decide() {
    for (const Layer layer : kDenyOrder)
      if (at(layer).outcome == Outcome::explicit_deny) return deny(Decision::explicit_deny, layer);
    for (const Layer layer : {Layer::scp, Layer::endpoint})
      if (!allows(layer)) return deny(Decision::implicit_deny, layer);
    if (!has_account_side(principal_.kind())) {
      if (at(Layer::resource).outcome == Outcome::allow) return grant(Layer::resource);
      return deny(Decision::implicit_deny, Layer::resource);
    }
    const bool cross = !owner_.empty() && owner_ != principal_.account();
    return cross ? decide_across_accounts() : decide_in_account();
  }

  // The caller's own layers, in the order in which AWS evaluates them.
  std::optional<Layer> missing_on_caller_side() {
    for (const Layer layer : {Layer::identity, Layer::boundary, Layer::session})
      if (!allows(layer)) return layer;
    return std::nullopt;
  }

  void decide_across_accounts() {
    if (const auto missing = missing_on_caller_side()) return deny(Decision::implicit_deny, *missing);
    if (at(Layer::resource).outcome != Outcome::allow) return deny(Decision::implicit_deny, Layer::resource);
    grant(Layer::identity);
  }

  void decide_in_account() {
    const Naming naming = at(Layer::resource).naming;
    if (naming == Naming::itself) return grant(Layer::resource);
    const std::optional<Layer> missing = missing_on_caller_side();
    if (naming == Naming::role) {
      // Named by its role: no identity policy is needed, boundary and session policies still bound it.
      for (const Layer layer : {Layer::boundary, Layer::session})
        if (!allows(layer)) return deny(Decision::implicit_deny, layer);
      return grant(Layer::resource);
    }
    if (resource_.policy_use == Resource::PolicyUse::required && naming == Naming::no)
      return deny(Decision::implicit_deny, Layer::resource);
    if (missing) return deny(Decision::implicit_deny, *missing);
    grant(Layer::identity);
  }

  const Principal& principal_;
  const PolicySet& policies_;
  std::string_view action_;
  const Resource& resource_;
  std::optional<Arn> arn_;
  std::string owner_;
  KeyLookup keys_;
  Evaluation& out_;
  Detail detail_;
};

bool needs_no_permission(const Principal& principal, std::string_view folded) {
  return has_account_side(principal.kind()) &&
         std::find(std::begin(kAlwaysAllowed), std::end(kAlwaysAllowed), folded) != std::end(kAlwaysAllowed);
}

}  // namespace

StatementRef Evaluation::decided_by() const {
  if (decision == Decision::implicit_deny) return {};
  return layer_result(layer).by;
}

Evaluation evaluate(const Request& request, const PolicySet& policies, const EvaluateOptions& options) {
  CHECK(request.principal != nullptr);
  Evaluation out;
  out.action = std::string(request.action);
  const std::string folded = to_lower(request.action);
  const Resource everything("*");
  const bool named = !request.resources.empty();
  const std::span<const Resource> resources = named ? request.resources : std::span(&everything, 1);
  if (needs_no_permission(*request.principal, folded)) {
    out.decision = Decision::allow;
    out.layers[static_cast<std::size_t>(Layer::identity)].outcome = Outcome::allow;
    out.layers[static_cast<std::size_t>(Layer::identity)].note = "the action needs no permission";
  } else {
    for (std::size_t i = 0; i < resources.size(); ++i) {
      out.resource = i;
      ResourceEvaluation(request, policies, folded, resources[i], out, options.detail).run();
      if (!out.allowed()) break;
    }
  }
  const Resource* shown = named ? &resources[out.resource] : nullptr;
  if (!out.allowed()) out.denial_text = denial_sentence(out, request, shown, options.style);
  if (options.detail == Detail::full) out.explanation = explanation_of(out, request, shown);
  return out;
}

}  // namespace postern::iam
