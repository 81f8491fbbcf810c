#pragma once

/// Identity: who a request is made by. KeyRing: the access keys of a cloud.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/core/sigv4_verify.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "iam/evaluate.hpp"
#include "rt/random.hpp"
#include "sim/iam/entities.hpp"

namespace postern::sim {

/// Immutable and shared with the calls under way. What its user or role may do is not part of it: that is looked up
/// for each request, so that a changed policy is effective at once.
struct Identity {
  enum class Kind : std::uint8_t {
    user,           ///< a user's own access key
    session_token,  ///< GetSessionToken: temporary credentials of a user
    role_session,
  };
  explicit Identity(iam::Principal who) : principal(std::move(who)) {}

  Kind kind = Kind::user;
  iam::Principal principal;
  std::string user_id;                 ///< "AIDA..." or "AROA...:session"
  std::weak_ptr<const Entity> entity;  ///< the user or role; gone when that was deleted
  iam::PolicyList session_policies;
  std::optional<WallTime> issued;  ///< of temporary credentials
  /// When the code of an MFA device was shown for them; absent: none was.
  std::optional<WallTime> mfa_at;
  /// What else the session brings to every request: ec2:SourceInstanceARN of an instance's role.
  iam::RequestContext keys;

  const std::string& arn() const noexcept { return principal.arn(); }
  const std::string& account_id() const noexcept { return principal.account(); }
  bool is_session() const noexcept { return kind == Kind::role_session; }
};
using IdentityPtr = std::shared_ptr<const Identity>;

/// Credentials as STS hands them out.
struct IssuedKey {
  IssuedKey() = default;
  std::string access_key_id;
  Secret<> secret_access_key;
  Secret<> session_token;
  WallTime expires;
};

enum class KeyStatus : std::uint8_t { active, inactive };

/// A key of either sort.
struct AccessKey {
  AccessKey() = default;
  enum class Sort : std::uint8_t { user, issued };
  aws::KnownKey known;
  Sort sort = Sort::user;
  KeyStatus status = KeyStatus::active;
  IdentityPtr identity;      ///< of issued keys
  std::weak_ptr<User> user;  ///< of users' own keys
  WallTime created;
  std::optional<WallTime> last_used;
  std::string last_service;
  std::string last_region;
};

/// Loop thread only.
class KeyRing {
 public:
  AccessKey* find(std::string_view id);
  const AccessKey* find(std::string_view id) const;
  void put(std::string id, AccessKey key) { keys_.insert_or_assign(std::move(id), std::move(key)); }
  void erase(std::string_view id);
  /// A new key for temporary credentials. They are bounded: what ends first goes when there are too many.
  IssuedKey issue(IdentityPtr identity, WallTime expires, rt::Random& random);
  /// A new key of a user: "AKIA...".
  IssuedKey create(const std::shared_ptr<User>& user, WallTime now, rt::Random& random);

 private:
  void drop_oldest_session();

  std::map<std::string, AccessKey, std::less<>> keys_;
  std::size_t issued_ = 0;
};

}  // namespace postern::sim
