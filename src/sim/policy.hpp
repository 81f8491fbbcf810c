#pragma once

/// The small concrete check of permissions that this slice of the cloud needs: action lists of identities, session
/// policies without conditions, trust by principal and ExternalId. Kept apart from the services, so that the full
/// evaluator can take its place.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sim/config.hpp"

namespace postern::sim {

enum class Decision : std::uint8_t { allowed, implicit_deny, explicit_deny };

/// A policy document as AssumeRole's `Policy` carries it.
class SessionPolicy {
 public:
  /// At most 2,048 characters of JSON. Errors carry MalformedPolicyDocument or PackedPolicyTooLarge, status 400.
  /// Conditions are not evaluated here, so a statement that has one is refused rather than read wrongly.
  static Result<SessionPolicy> parse(std::string_view text);
  Decision evaluate(std::string_view action, std::string_view resource) const;

 private:
  struct Statement {
    Statement() = default;
    bool allows = false;
    bool actions_inverted = false;
    bool resources_inverted = false;
    std::vector<std::string> actions;
    std::vector<std::string> resources;
  };
  friend class SessionPolicyReader;
  std::vector<Statement> statements_;
};

Decision evaluate(const Permissions& permissions, std::string_view action);

/// Who asks to assume a role, as its trust policy sees them.
struct Principal {
  Principal() = default;
  std::string account_id;
  std::string arn;       ///< a session: its own ARN, "arn:aws:sts::111122223333:assumed-role/Name/session"
  std::string role_arn;  ///< a session: the role's; else empty
};

enum class Trust : std::uint8_t {
  none,     ///< no statement covers the caller
  account,  ///< the caller's account is trusted: the caller's own permissions decide
  exact,    ///< the caller itself, its role or everybody is named
};

/// What the trust policy says of the caller; ExternalId conditions included.
Trust evaluate_trust(const RoleConfig& role, const Principal& caller, const std::optional<std::string>& external_id);

}  // namespace postern::sim
