#pragma once

/// What IAM keeps per account, as values: users, roles, managed policies, instance profiles.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "iam/document.hpp"
#include "iam/evaluate.hpp"

namespace postern::sim {

using Tags = std::map<std::string, std::string>;

/// A policy document as it was given, and parsed. Shared by everything that has the same text.
struct SharedDocument {
  SharedDocument() = default;
  std::string text;
  iam::DocumentPtr document;
};
using SharedDocumentPtr = std::shared_ptr<const SharedDocument>;

struct PolicyVersion {
  PolicyVersion() = default;
  std::string id;  ///< "v1"
  SharedDocumentPtr document;
  WallTime created;
};

/// A customer's managed policy, or one of AWS's.
struct ManagedPolicy {
  ManagedPolicy() = default;
  std::string name;
  std::string path = "/";
  std::string arn;
  std::string id;  ///< ANPA...
  std::string description;
  Tags tags;
  WallTime created;
  WallTime updated;
  std::vector<PolicyVersion> versions;  ///< oldest first, never empty
  std::string default_version;
  int next_version = 2;

  bool is_aws() const noexcept { return arn.starts_with("arn:aws:iam::aws:"); }
  const PolicyVersion* find_version(std::string_view version) const;
  const PolicyVersion& current() const;
};
using ManagedPolicyPtr = std::shared_ptr<const ManagedPolicy>;

/// What the evaluator is given for a user or role.
struct EffectivePolicies {
  EffectivePolicies() = default;
  iam::PolicyList identity;
  std::optional<iam::AttachedPolicy> boundary;
};

/// What users and roles have in common.
struct Entity {
  Entity() = default;
  std::string name;
  std::string path = "/";
  std::string account_id;
  std::string arn;
  std::string id;  ///< AIDA... or AROA...
  WallTime created;
  Tags tags;
  std::map<std::string, SharedDocumentPtr, std::less<>> inline_policies;
  std::vector<std::string> attached;  ///< ARNs in the order of attachment
  std::string boundary;               ///< ARN; empty: none

  // What Directory::effective() made of these, and when.
  mutable std::shared_ptr<const EffectivePolicies> effective;
  mutable std::uint64_t effective_at = 0;
};

struct Role : Entity {
  Role() = default;
  std::string description;
  std::chrono::seconds max_session = std::chrono::hours(1);
  SharedDocumentPtr trust_text;
  iam::AttachedPolicy trust;  ///< with its principals bound to ids
  std::optional<WallTime> last_used;
  std::string last_used_region;
};

struct Identity;

struct User : Entity {
  User() = default;
  std::vector<std::string> access_keys;  ///< ids, oldest first

  // What Directory::identity_of() made of it, and when.
  mutable std::shared_ptr<const Identity> identity;
  mutable std::uint64_t identity_at = 0;
};

struct InstanceProfile {
  InstanceProfile() = default;
  std::string name;
  std::string path = "/";
  std::string arn;
  std::string id;  ///< AIPA...
  WallTime created;
  std::string role;  ///< name; empty: none yet
  Tags tags;
};

/// A virtual MFA device (totp.hpp), of a user or of nobody yet.
struct MfaDevice {
  MfaDevice() = default;
  std::string serial;  ///< "arn:aws:iam::111122223333:mfa/ada"
  Secret<> seed;       ///< bytes
  std::string user;    ///< name; empty: not enabled
  WallTime enabled;
  Tags tags;
  std::int64_t spent = -1;     ///< the last step whose code was taken
  std::int64_t clock_off = 0;  ///< steps that the device's clock is ahead
};

/// IAM of one account.
struct AccountIam {
  AccountIam() = default;
  std::string id;
  std::string alias;
  std::map<std::string, std::shared_ptr<Role>, std::less<>> roles;
  std::map<std::string, std::shared_ptr<User>, std::less<>> users;
  std::map<std::string, std::shared_ptr<InstanceProfile>, std::less<>> profiles;
  std::map<std::string, std::shared_ptr<ManagedPolicy>, std::less<>> policies;  ///< by ARN
  std::map<std::string, std::shared_ptr<MfaDevice>, std::less<>> mfa_devices;   ///< by serial number
};

}  // namespace postern::sim
