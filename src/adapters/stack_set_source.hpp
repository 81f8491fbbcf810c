#pragma once

#include <string>
#include <vector>

#include "adapters/aws_session.hpp"
#include "stacks/stack_set.hpp"

namespace postern::adapters {

/// stacks::StackSetPort on CloudFormation, with the hub's own credentials. The session outlives it.
class AwsStackSets final : public stacks::StackSetPort {
 public:
  AwsStackSets(AwsSession& session, std::string region, stacks::CallAs call_as)
      : session_(session), region_(std::move(region)), call_as_(call_as) {}
  rt::Task<Result<std::optional<stacks::StackSet>>> describe(rt::CallContext ctx, std::string name) override;
  rt::Task<Result<void>> create(rt::CallContext ctx, stacks::StackSetOrder order) override;
  rt::Task<Result<std::string>> update(rt::CallContext ctx, stacks::StackSetOrder order) override;
  rt::Task<Result<std::string>> create_instances(rt::CallContext ctx, stacks::StackSetOrder order) override;
  rt::Task<Result<std::string>> delete_instances(rt::CallContext ctx, stacks::StackSetOrder order) override;
  rt::Task<Result<void>> remove(rt::CallContext ctx, std::string name) override;
  rt::Task<Result<stacks::SetOperation>> operation(rt::CallContext ctx, std::string name, std::string id) override;
  rt::Task<Result<std::vector<stacks::StackInstance>>> instances(rt::CallContext ctx, std::string name) override;

 private:
  aws::CallScope scope() const;
  std::string call_as() const;

  AwsSession& session_;
  std::string region_;
  stacks::CallAs call_as_;
};

/// Who we are in the organization.
struct OrganizationSeat {
  OrganizationSeat() = default;
  std::string account;     ///< ours
  std::string management;  ///< the management account
  bool is_management() const { return account == management; }
};
/// Errors: the account is in no organization, or may not ask.
rt::Task<Result<OrganizationSeat>> organization_seat(rt::CallContext ctx, AwsSession& session, std::string region);

}  // namespace postern::adapters
