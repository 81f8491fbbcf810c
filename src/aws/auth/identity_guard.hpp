#pragma once

/// The wrong-account rail (DESIGN.md 2.8): before the first write in a scope, whoever the credentials belong to must be
/// in the scope's account and partition.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "aws/auth/single_flight.hpp"
#include "aws/core/call.hpp"

namespace postern::aws::auth {

struct CallerIdentity {
  CallerIdentity() = default;
  std::string account_id;
  std::string arn;
  std::string user_id;
  std::string partition;  ///< of the ARN
};

/// Asks STS once per provider and remembers the answer: a provider never changes its account. Loop thread only.
class IdentityGuard {
 public:
  explicit IdentityGuard(Invoker& invoker) : invoker_(invoker) {}

  /// Who the scope's credentials are, whatever the scope says. Errors: what the call failed with, malformed.
  rt::Task<Result<CallerIdentity>> identify(rt::CallContext ctx, CallScope scope);

  /// The same, and fails with refused (context expected, actual, arn) when the account is not the scope's or the
  /// partition not that of the scope's Region. A scope that names no account is checked for its partition only.
  rt::Task<Result<CallerIdentity>> verify(rt::CallContext ctx, CallScope scope);

 private:
  struct Known {
    Known() = default;
    std::shared_ptr<CredentialsProvider> provider;  // shared with the scopes: keeps the key's address from being reused
    bool asked = false;
    CallerIdentity identity;
    SingleFlight<CallerIdentity> flight;
  };

  Invoker& invoker_;
  std::map<const CredentialsProvider*, Known> known_;  // looked up by address only, never iterated
};

}  // namespace postern::aws::auth
