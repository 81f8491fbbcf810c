#pragma once

/// What IAM and Organizations say of a role.

#include <string>

#include "access/why.hpp"
#include "adapters/role_policies.hpp"

namespace postern::adapters {

/// Pages to the end; the default version of managed policies. The session outlives it.
class AwsRoles {
 public:
  explicit AwsRoles(AwsSession& session) : session_(session), policies_(session) {}

  /// The role with all of its policies, read in its own account. `role` is a name without path. Errors are those of the
  /// call that failed: half a role explains nothing.
  rt::Task<Result<access::RoleFacts>> read(rt::CallContext ctx, fleet::ScopePtr scope, std::string role);
  /// The service control policies above an account, written into `role`. Only the management account and delegated
  /// administrators may read them: asked with the hub's own credentials. What cannot be learnt is a sentence in `role`;
  /// fails only with cancelled.
  rt::Task<Result<void>> read_organization(rt::CallContext ctx, std::string region, std::string account,
                                           access::RoleFacts& role);

 private:
  rt::Task<Result<void>> read_inline(rt::CallContext ctx, aws::CallScope scope, std::string role,
                                     access::RoleFacts& out);
  rt::Task<Result<void>> read_attached(rt::CallContext ctx, aws::CallScope scope, std::string role,
                                       access::RoleFacts& out);
  rt::Task<Result<access::ReadPolicy>> read_managed(rt::CallContext ctx, aws::CallScope scope, std::string arn);
  rt::Task<Result<bool>> policies_enabled(rt::CallContext ctx, aws::CallScope scope);
  rt::Task<Result<void>> read_levels(rt::CallContext ctx, aws::CallScope scope, std::string account,
                                     access::RoleFacts& role);
  rt::Task<Result<access::ReadLevel>> read_level(rt::CallContext ctx, aws::CallScope scope, std::string target);

  AwsSession& session_;
  RolePolicies policies_;
};

}  // namespace postern::adapters
