#pragma once

/// Directory: identities, roles, policies and the organization of all accounts of a cloud. Loop thread only.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "rt/random.hpp"
#include "sim/config.hpp"
#include "sim/iam/endpoints.hpp"
#include "sim/iam/entities.hpp"
#include "sim/iam/identity.hpp"
#include "sim/iam/organization.hpp"

namespace postern::sim {

/// What a session adds to its role.
struct SessionOptions {
  SessionOptions() = default;
  std::string name;
  iam::PolicyList policies;
  std::string source_identity;
  iam::TagList tags;             ///< session tags, inherited ones included
  iam::TagList transitive_tags;  ///< those of them that the next session inherits
  iam::RequestContext keys;
  std::optional<WallTime> mfa_at;  ///< when an MFA code was shown for it
};

/// Whether a trust policy may name a principal that is not there. A cloud's config may: of accounts outside the cloud.
enum class UnknownPrincipals : std::uint8_t { refused, outside };

class Directory {
 public:
  /// The accounts of the config with their users, roles, policies and keys, and the organization. Errors: usage, with
  /// what is wrong and where.
  static Result<std::unique_ptr<Directory>> create(const CloudConfig& config, WallTime now);

  AccountIam* find_account(std::string_view id);
  const AccountIam* find_account(std::string_view id) const;
  const std::map<std::string, AccountIam, std::less<>>& accounts() const noexcept { return accounts_; }
  /// By ARN, with the path; null when there is none.
  std::shared_ptr<Role> find_role(std::string_view arn) const;
  std::shared_ptr<User> find_user(std::string_view arn) const;
  /// AWS's own, or a customer's of any account.
  ManagedPolicyPtr find_policy(std::string_view arn) const;
  std::shared_ptr<ManagedPolicy> edit_policy(std::string_view arn);
  std::shared_ptr<const InstanceProfile> find_profile(std::string_view account, std::string_view name) const;
  /// Sorted by name; parsed when first asked for.
  const std::map<std::string, ManagedPolicyPtr, std::less<>>& aws_policies() const noexcept { return aws_policies_; }

  /// Null: the cloud has no organization.
  Organization* organization() noexcept { return organization_.get(); }
  const Organization* organization() const noexcept { return organization_.get(); }
  /// "o-..." when the account is in the organization, else empty.
  std::string organization_of(std::string_view account) const;

  /// Parses a document, or finds it among those in use. Errors as iam::parse_document.
  Result<SharedDocumentPtr> document(iam::DocumentKind kind, std::string_view text,
                                     const iam::ParseOptions& options = iam::ParseOptions()) const;
  /// Makes it the role's trust policy: principals are bound to ids.
  Result<void> set_trust(Role& role, std::string_view text, UnknownPrincipals unknown) const;
  /// The trust policy as GetRole shows it: principals that are gone by their ids.
  std::string trust_text(const Role& role) const;

  /// Call after every change of an identity, policy or profile.
  void changed() noexcept { ++generation_; }
  /// Another after every change of an identity, a policy, a profile or the organization.
  std::uint64_t generation() const noexcept {
    return generation_ + (organization_ == nullptr ? 0 : organization_->generation() << 32U);
  }
  const EffectivePolicies& effective(const Entity& entity) const;

  /// "AROA..." and the like: the same for a seed, an ARN and how often that was forgotten.
  std::string new_id(std::string_view prefix, const std::string& arn) const;
  /// Call when something is deleted: the next of that name is another.
  void forget(const std::string& arn);

  KeyRing& keys() noexcept { return keys_; }
  const KeyRing& keys() const noexcept { return keys_; }
  /// What SigV4 needs to know; absent for an unknown or inactive key.
  std::optional<aws::KnownKey> known_key(std::string_view access_key_id) const;
  /// The key's owner as it is now; null when there is none.
  IdentityPtr identity_of(std::string_view access_key_id) const;
  IdentityPtr user_identity(const std::shared_ptr<User>& user) const;
  /// A session of the role: AssumeRole's, an instance's, a service's.
  IdentityPtr role_identity(const std::shared_ptr<Role>& role, SessionOptions options, WallTime now) const;
  /// GetSessionToken's.
  IdentityPtr token_identity(const std::shared_ptr<User>& user, WallTime now,
                             std::optional<WallTime> mfa_at = std::nullopt) const;

  EndpointRegistry& endpoints() noexcept { return endpoints_; }
  const EndpointRegistry& endpoints() const noexcept { return endpoints_; }

  /// Keeps what DecodeAuthorizationMessage tells, for the newest denials.
  void keep_denial(std::string encoded, std::string decoded);
  const std::string* find_denial(std::string_view encoded) const;

 private:
  friend class DirectoryLoader;
  explicit Directory(std::uint64_t seed) : seed_(seed) {}
  iam::Principal::Details details_of(const Entity& entity) const;
  std::optional<std::string> id_of(const std::string& arn, UnknownPrincipals unknown) const;
  void sweep_documents() const;

  std::uint64_t seed_;
  std::map<std::string, AccountIam, std::less<>> accounts_;
  std::map<std::string, ManagedPolicyPtr, std::less<>> aws_policies_;  // by ARN
  std::unique_ptr<Organization> organization_;
  KeyRing keys_;
  EndpointRegistry endpoints_;
  std::uint64_t generation_ = 1;
  std::map<std::string, std::uint64_t, std::less<>> gone_;  // ARN: how often it was deleted
  // Documents in use by kind and text; bound ones also by the ids of their principals.
  mutable std::map<std::string, std::weak_ptr<const SharedDocument>, std::less<>> documents_;
  mutable std::size_t sweep_at_ = 1024;
  std::deque<std::pair<std::string, std::string>> denials_;
};

}  // namespace postern::sim
