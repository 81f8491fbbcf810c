#pragma once

/// The evaluator: one request against everything that has a say in it. IAM user guide, "Policy evaluation logic".
///
///     allow  <=>  no Deny matches anywhere
///                 && every level of the organization above the caller allows (SCPs)
///                 && the VPC endpoint's policy allows
///                 && inside one account: the resource policy names the caller directly, or identity policies, boundary
///                    and session policies all allow;
///                    across accounts: identity policies, boundary, session policies and the resource policy all allow

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "iam/context.hpp"
#include "iam/document.hpp"
#include "iam/principal.hpp"

namespace postern::iam {

/// A document under the name that people know it by.
struct AttachedPolicy {
  AttachedPolicy() = default;
  AttachedPolicy(std::string n, DocumentPtr d) : name(std::move(n)), document(std::move(d)) {}
  AttachedPolicy(std::string n, std::string a, DocumentPtr d)
      : name(std::move(n)), arn(std::move(a)), document(std::move(d)) {}
  std::string name;      ///< "AmazonSSMFullAccess"
  std::string arn;       ///< empty for inline policies
  DocumentPtr document;  ///< never null
};
using PolicyList = std::vector<AttachedPolicy>;

/// One level of an organization - the root, an organizational unit or an account - and what is attached there.
struct OrganizationLevel {
  OrganizationLevel() = default;
  std::string name;  ///< "r-examplerootid", "ou-...", an account's id
  PolicyList scps;   ///< empty: nobody below may do anything (FullAWSAccess was detached)
  PolicyList rcps;   ///< RCPFullAWSAccess need not be listed: it cannot be detached
};

/// An account's place in its organization. Shared: levels by all accounts below them, the whole by everybody in the
/// account.
struct OrganizationPath {
  OrganizationPath() = default;
  enum class Account : std::uint8_t { member, management };
  Account account = Account::member;
  std::vector<std::shared_ptr<const OrganizationLevel>> levels;  ///< root first, the account last
};

/// The endpoint that a request came through.
struct EndpointPolicy {
  EndpointPolicy() = default;
  enum class Type : std::uint8_t { interface, gateway };
  Type type = Type::interface;
  AttachedPolicy policy;
};

/// What the caller's side has. Borrowed; null and empty mean that there is none.
struct PolicySet {
  PolicySet() = default;
  std::span<const AttachedPolicy> identity;  ///< of the user, its groups or the role
  const AttachedPolicy* boundary = nullptr;
  std::span<const AttachedPolicy> session;         ///< together they bound the session
  const OrganizationPath* organization = nullptr;  ///< of the caller's account
  const EndpointPolicy* endpoint = nullptr;        ///< null also for an endpoint with the default policy
};

/// A resource of a request. A call that names several is allowed when it is for each of them.
struct Resource {
  Resource() = default;
  explicit Resource(std::string a) : arn(std::move(a)) {}

  /// Its ARN, or "*" for an action without resource types: only statements about "*" match that.
  std::string arn;
  /// Its owner. Empty: the account in the ARN; when there is none either (buckets, AWS's public documents) it counts as
  /// the caller's own.
  std::string account;
  const RequestContext* context = nullptr;  ///< aws:ResourceTag/*, ssm:resourceTag/* and the like
  const AttachedPolicy* policy = nullptr;   ///< bucket policy, key policy, trust policy ...
  /// `required`: without a grant in the resource policy nobody gets in, the own account's administrators included
  /// (KMS keys, role trust policies).
  enum class PolicyUse : std::uint8_t { optional, required };
  PolicyUse policy_use = PolicyUse::optional;
  const OrganizationPath* organization = nullptr;  ///< of the owner: its RCPs
};

/// Borrows everything.
struct Request {
  Request() = default;
  const Principal* principal = nullptr;
  std::string_view action;  ///< "ssm:SendCommand", in any case
  const RequestContext* context = nullptr;
  std::span<const Resource> resources;  ///< empty: the same as one "*", and the denial's text names no resource
};

enum class Decision : std::uint8_t { allow, implicit_deny, explicit_deny };
std::string_view to_string(Decision decision) noexcept;

enum class Layer : std::uint8_t { scp, rcp, endpoint, resource, identity, boundary, session };
inline constexpr std::size_t kLayers = 7;
/// "service control policy", "identity-based policy": as AWS's messages name it. The resource policy of a role is its
/// "role trust policy".
std::string_view layer_name(Layer layer, DocumentKind resource_kind = DocumentKind::resource) noexcept;

/// A statement of a policy of the request's PolicySet or Resource; valid as long as that is.
struct StatementRef {
  const AttachedPolicy* policy = nullptr;
  std::uint32_t index = 0;

  explicit operator bool() const noexcept { return policy != nullptr; }
  const Statement& statement() const { return policy->document->statements()[index]; }
  /// `policy "Name", statement 2 ("Sid")`, counted from 1.
  std::string to_text() const;
};

/// What one layer said.
struct LayerResult {
  enum class Outcome : std::uint8_t {
    absent,  ///< nothing of this kind applies
    exempt,  ///< it exists and does not bind this caller
    allow,
    implicit_deny,
    explicit_deny,
  };
  Outcome outcome = Outcome::absent;
  StatementRef by;                           ///< the Deny, or one Allow that suffices
  Naming naming = Naming::no;                ///< of the resource policy's firmest Allow
  std::string_view note;                     ///< why absent, exempt or allowed without a statement; a literal
  const OrganizationLevel* level = nullptr;  ///< of an organization's denial
};

/// A statement about the action that did not match, and the first part of it that kept it from matching.
struct NearMiss {
  NearMiss() = default;
  enum class Part : std::uint8_t { resource, principal, condition };
  Layer layer = Layer::identity;
  StatementRef statement;
  Part part = Part::resource;
  // Of a condition:
  std::string condition_operator;
  std::string key;
  std::vector<std::string> expected;               ///< variables filled in
  std::optional<std::vector<std::string>> actual;  ///< nothing: the request has no such key
};

/// `decision`: who decided and AWS's text. `full`: near misses and the explanation too.
enum class Detail : std::uint8_t { decision, full };
/// How the denial is worded. AWS is terse where it does not want to tell strangers about roles.
enum class DenialStyle : std::uint8_t {
  service,   ///< as the service answers: sts:AssumeRole* gives no reason
  reason,    ///< with the reason always, as the IAM user guide shows it
  with_arn,  ///< since January 2026: an explicit deny also names the policy's ARN
};

struct EvaluateOptions {
  EvaluateOptions() = default;
  Detail detail = Detail::decision;
  DenialStyle style = DenialStyle::service;
};

/// Near misses are kept up to this number.
inline constexpr std::size_t kNearMissesMax = 200;

struct Evaluation {
  Evaluation() = default;
  bool allowed() const noexcept { return decision == Decision::allow; }
  const LayerResult& layer_result(Layer which) const { return layers[static_cast<std::size_t>(which)]; }
  /// The statement that denied; of an allowed request the identity policy's or else the resource policy's Allow. May be
  /// empty (implicit denials, the root user).
  StatementRef decided_by() const;

  Decision decision = Decision::implicit_deny;
  Layer layer = Layer::identity;              ///< that denied, or that granted
  std::size_t resource = 0;                   ///< the one that was denied; of an allowed request the last
  std::string action;                         ///< as asked; AssumeRole may fail at sts:TagSession
  std::array<LayerResult, kLayers> layers{};  ///< about that resource
  std::vector<NearMiss> near_misses;          ///< Detail::full only
  std::string denial_text;                    ///< what the service answers; empty when allowed
  std::string explanation;                    ///< Detail::full only: lines for people
};

/// Pure: the same input gives the same answer.
Evaluation evaluate(const Request& request, const PolicySet& policies,
                    const EvaluateOptions& options = EvaluateOptions());

}  // namespace postern::iam
