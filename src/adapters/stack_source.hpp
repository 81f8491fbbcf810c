#pragma once

#include <string>
#include <vector>

#include "adapters/aws_session.hpp"
#include "stacks/stack_port.hpp"

namespace postern::adapters {

/// stacks::StackPort on CloudFormation. The session outlives it.
class AwsStacks final : public stacks::StackPort {
 public:
  explicit AwsStacks(AwsSession& session) : session_(session) {}
  rt::Task<Result<std::optional<stacks::Stack>>> describe(rt::CallContext ctx, fleet::ScopePtr scope,
                                                          std::string stack) override;
  rt::Task<Result<void>> create_change_set(rt::CallContext ctx, fleet::ScopePtr scope, stacks::StackOrder order,
                                           std::optional<stacks::Stack> current, std::string name) override;
  rt::Task<Result<std::optional<stacks::ChangeSet>>> describe_change_set(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                         std::string stack, std::string name) override;
  rt::Task<Result<void>> execute_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                            std::string name, std::string token) override;
  rt::Task<Result<void>> delete_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                           std::string name) override;
  rt::Task<Result<void>> delete_stack(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                      std::string token) override;
  rt::Task<Result<std::string>> newest_event(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack) override;
  rt::Task<Result<std::vector<stacks::StackEvent>>> events(rt::CallContext ctx, fleet::ScopePtr scope,
                                                           std::string stack, std::string after) override;

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
