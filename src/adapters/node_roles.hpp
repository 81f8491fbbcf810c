#pragma once

/// Instance profiles, roles and their policies, from IAM; how many instances have a profile, from EC2.

#include "adapters/role_policies.hpp"
#include "recovery/node_role.hpp"

namespace postern::adapters {

/// The session outlives it. Managed policies are read once each.
class AwsNodeRoles final : public recovery::NodeRoles {
 public:
  explicit AwsNodeRoles(AwsSession& session) : session_(session), policies_(session) {}
  rt::Task<Result<std::optional<recovery::InstanceProfile>>> profile(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                     std::string name) override;
  rt::Task<Result<recovery::NodeRole>> role(rt::CallContext ctx, fleet::ScopePtr scope, std::string name,
                                            std::string arn) override;
  rt::Task<Result<std::vector<std::string>>> attached(rt::CallContext ctx, fleet::ScopePtr scope,
                                                      std::string role) override;
  rt::Task<Result<std::vector<recovery::InstanceProfile>>> profiles_of(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                       std::string role) override;
  rt::Task<Result<std::map<std::string, std::size_t>>> count_instances(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                       std::vector<std::string> profile_arns) override;
  rt::Task<Result<void>> attach(rt::CallContext ctx, fleet::ScopePtr scope, std::string role,
                                std::string policy_arn) override;

 private:
  rt::Task<Result<std::optional<std::string>>> boundary_of(rt::CallContext ctx, fleet::ScopePtr scope,
                                                           std::string role);
  rt::Task<Result<void>> read_document(rt::CallContext ctx, fleet::ScopePtr scope, recovery::RolePolicy& policy);

  AwsSession& session_;
  RolePolicies policies_;
  std::map<std::string, std::string, std::less<>> documents_;  ///< of managed policies, by ARN
};

}  // namespace postern::adapters
