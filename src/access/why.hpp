#pragma once

/// Why a role may or may not do something, or be assumed: what was read of it, judged as IAM would, with the first
/// statement that decides - or the nearest one, and what keeps it from matching. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace postern::access {

/// A policy document as IAM keeps it.
struct ReadPolicy {
  ReadPolicy() = default;
  ReadPolicy(std::string n, std::string a, std::string t) : name(std::move(n)), arn(std::move(a)), text(std::move(t)) {}
  std::string name;
  std::string arn;  ///< empty of an inline policy
  std::string text;
};

/// The organization's root, a unit or the account, with the service control policies attached there.
struct ReadLevel {
  ReadLevel() = default;
  std::string name;
  std::vector<ReadPolicy> policies;
};

enum class OrganizationState : std::uint8_t {
  unread,      ///< RoleFacts::organization_problem says why
  none,        ///< the account is in none, or service control policies are not enabled in it
  management,  ///< service control policies do not bind the management account
  member
};

struct RoleFacts {
  RoleFacts() = default;
  std::string arn;
  std::string id;  ///< AROA...
  std::int64_t max_session_seconds = 0;
  std::vector<std::pair<std::string, std::string>> tags;
  ReadPolicy trust;
  std::vector<ReadPolicy> policies;  ///< inline and attached
  std::optional<ReadPolicy> boundary;
  OrganizationState organization = OrganizationState::unread;
  std::string organization_id;
  std::string organization_problem;
  std::vector<ReadLevel> levels;  ///< root first, the account last
};

using ContextValues = std::vector<std::pair<std::string, std::vector<std::string>>>;

struct WhyQuestion {
  WhyQuestion() = default;
  std::string action;
  std::vector<std::string> resources;  ///< none: "*"
  ContextValues context;               ///< condition keys of the request
};

/// Who asks for the role's credentials.
struct AssumeQuestion {
  AssumeQuestion() = default;
  /// arn:aws:iam::ACCOUNT:role/NAME, arn:aws:iam::ACCOUNT:user/NAME, or an assumed role's session.
  std::string caller_arn;
  std::string caller_id;  ///< AROA... or AIDA..., when it is known
  std::string caller_organization;
  std::optional<std::string> external_id;
  ContextValues context;
  /// The caller's own policies, when they could be read; absent: taken to allow it.
  const RoleFacts* caller = nullptr;
};

enum class Part : std::uint8_t { action, resource, principal, condition };
std::string_view to_string(Part part) noexcept;

/// A statement in words.
struct ToldStatement {
  ToldStatement() = default;
  std::string layer;   ///< "identity-based policy", "service control policy", "role trust policy" ...
  std::string policy;  ///< its name
  std::string arn;
  std::size_t index = 0;  ///< from 1
  std::string sid;
  std::string effect;  ///< "Allow", "Deny"
  /// Of a statement that does not match: which part, and what about it.
  std::optional<Part> part;
  std::string difference;
  std::string to_text() const;
};

struct Explanation {
  Explanation() = default;
  bool allowed = false;
  std::string decision;  ///< "allow", "implicit_deny", "explicit_deny"
  std::string layer;     ///< that decided
  std::string at;        ///< of an organization's denial: where
  std::string action;    ///< that was judged: AssumeRole may fail at sts:TagSession
  std::string resource;  ///< the one that decided
  /// One sentence.
  std::string sentence;
  /// What AWS answers when it gives a reason.
  std::string aws_text;
  std::optional<ToldStatement> decided_by;
  std::vector<ToldStatement> nearest;  ///< of an implicit denial, at most kNearestMax
  std::vector<std::string> hints;      ///< what to do, or what to beware of
  std::vector<std::string> unknown;    ///< what was not read, and what was assumed of it
};
inline constexpr std::size_t kNearestMax = 3;

/// Errors: malformed, when a document of the role is not one that is understood; usage for a question that is none.
Result<Explanation> explain(const RoleFacts& role, const WhyQuestion& question);
Result<Explanation> explain_assumption(const RoleFacts& role, const AssumeQuestion& question);

/// Who may assume the role, statement by statement: "role arn:... if sts:ExternalId StringEquals "..."".
Result<std::vector<std::string>> told_trust(const RoleFacts& role);

/// The account in an ARN; empty when there is none.
std::string account_of_arn(std::string_view arn);

}  // namespace postern::access
