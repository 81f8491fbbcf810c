#pragma once

/// Credentials and the one interface that resolves them. Providers live in aws/auth; aws/core only needs the seam.

#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::aws {

struct Credentials {
  Credentials() = default;
  std::string access_key_id;
  Secret<> secret_access_key;
  Secret<> session_token;           ///< empty for long-term keys
  std::optional<WallTime> expires;  ///< absent: they do not expire
  std::string source;               ///< who found them, for -v: "environment", "profile payments (assume-role)"
  std::string account_id;           ///< empty when the source does not tell
};

/// Resolves credentials; caching, refreshing and chaining are decorators of the same interface. Loop thread only.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// Errors: credentials (none found, expired, malformed) or what a call made on the way failed with. Cancellable.
  virtual rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) = 0;
  /// What resolve() would answer at once from memory, or null when it must be asked. Good until the caller next waits.
  virtual const Credentials* at_hand(rt::CallContext ctx) { return nullptr; }
  /// One line without secrets, for -v and errors.
  virtual std::string describe() const = 0;
  /// Called after AWS refused the credentials as expired: the next resolve() must not answer from a cache.
  virtual void invalidate() {}
};

}  // namespace postern::aws
