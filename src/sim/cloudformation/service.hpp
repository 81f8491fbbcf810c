#pragma once

/// CloudFormation: stacks, change sets and exports of the caller's account and Region, and stack sets.

#include <map>
#include <string>
#include <string_view>

#include "aws/cloudformation/server.hpp"
#include "sim/access.hpp"
#include "sim/cloudformation/stack_sets.hpp"

namespace postern::sim {

/// Templates are given as TemplateBody. Not offered: TemplateURL, transforms and macros, nested stacks, imports of
/// resources, drift, hooks, stack policies, rollback triggers. Cloud and ctx's effects outlive it.
class CloudFormationService final : public aws::cloudformation::Handler {
 public:
  using Info = aws::server::CallInfo;

  CloudFormationService(Cloud& cloud, rt::CallContext ctx)
      : cloud_(cloud), calls_(cloud, ctx), engine_(cloud, calls_, ctx), sets_(cloud, engine_) {}

  /// The services that resources are made with; set once, before the first call.
  stacks::ServiceCalls& calls() noexcept { return calls_; }
  stacks::StackEngine& engine() noexcept { return engine_; }

  Result<aws::cloudformation::CancelUpdateStackResponse> cancel_update_stack(
      const Info& info, const aws::cloudformation::CancelUpdateStackRequest& request) override;
  Result<aws::cloudformation::CreateChangeSetResponse> create_change_set(
      const Info& info, const aws::cloudformation::CreateChangeSetRequest& request) override;
  Result<aws::cloudformation::CreateStackResponse> create_stack(
      const Info& info, const aws::cloudformation::CreateStackRequest& request) override;
  Result<aws::cloudformation::DeleteChangeSetResponse> delete_change_set(
      const Info& info, const aws::cloudformation::DeleteChangeSetRequest& request) override;
  Result<aws::cloudformation::DeleteStackResponse> delete_stack(
      const Info& info, const aws::cloudformation::DeleteStackRequest& request) override;
  Result<aws::cloudformation::DescribeChangeSetResponse> describe_change_set(
      const Info& info, const aws::cloudformation::DescribeChangeSetRequest& request) override;
  Result<aws::cloudformation::DescribeStackEventsResponse> describe_stack_events(
      const Info& info, const aws::cloudformation::DescribeStackEventsRequest& request) override;
  Result<aws::cloudformation::DescribeStackResourceResponse> describe_stack_resource(
      const Info& info, const aws::cloudformation::DescribeStackResourceRequest& request) override;
  Result<aws::cloudformation::DescribeStackResourcesResponse> describe_stack_resources(
      const Info& info, const aws::cloudformation::DescribeStackResourcesRequest& request) override;
  Result<aws::cloudformation::DescribeStacksResponse> describe_stacks(
      const Info& info, const aws::cloudformation::DescribeStacksRequest& request) override;
  Result<aws::cloudformation::ExecuteChangeSetResponse> execute_change_set(
      const Info& info, const aws::cloudformation::ExecuteChangeSetRequest& request) override;
  Result<aws::cloudformation::GetTemplateResponse> get_template(
      const Info& info, const aws::cloudformation::GetTemplateRequest& request) override;
  Result<aws::cloudformation::GetTemplateSummaryResponse> get_template_summary(
      const Info& info, const aws::cloudformation::GetTemplateSummaryRequest& request) override;
  Result<aws::cloudformation::ListChangeSetsResponse> list_change_sets(
      const Info& info, const aws::cloudformation::ListChangeSetsRequest& request) override;
  Result<aws::cloudformation::ListExportsResponse> list_exports(
      const Info& info, const aws::cloudformation::ListExportsRequest& request) override;
  Result<aws::cloudformation::ListStackResourcesResponse> list_stack_resources(
      const Info& info, const aws::cloudformation::ListStackResourcesRequest& request) override;
  Result<aws::cloudformation::ListStacksResponse> list_stacks(
      const Info& info, const aws::cloudformation::ListStacksRequest& request) override;
  Result<aws::cloudformation::UpdateStackResponse> update_stack(
      const Info& info, const aws::cloudformation::UpdateStackRequest& request) override;
  Result<aws::cloudformation::UpdateTerminationProtectionResponse> update_termination_protection(
      const Info& info, const aws::cloudformation::UpdateTerminationProtectionRequest& request) override;
  Result<aws::cloudformation::ValidateTemplateResponse> validate_template(
      const Info& info, const aws::cloudformation::ValidateTemplateRequest& request) override;

  Result<aws::cloudformation::CreateStackInstancesResponse> create_stack_instances(
      const Info& info, const aws::cloudformation::CreateStackInstancesRequest& request) override;
  Result<aws::cloudformation::CreateStackSetResponse> create_stack_set(
      const Info& info, const aws::cloudformation::CreateStackSetRequest& request) override;
  Result<aws::cloudformation::DeleteStackInstancesResponse> delete_stack_instances(
      const Info& info, const aws::cloudformation::DeleteStackInstancesRequest& request) override;
  Result<aws::cloudformation::DeleteStackSetResponse> delete_stack_set(
      const Info& info, const aws::cloudformation::DeleteStackSetRequest& request) override;
  Result<aws::cloudformation::DescribeStackInstanceResponse> describe_stack_instance(
      const Info& info, const aws::cloudformation::DescribeStackInstanceRequest& request) override;
  Result<aws::cloudformation::DescribeStackSetResponse> describe_stack_set(
      const Info& info, const aws::cloudformation::DescribeStackSetRequest& request) override;
  Result<aws::cloudformation::DescribeStackSetOperationResponse> describe_stack_set_operation(
      const Info& info, const aws::cloudformation::DescribeStackSetOperationRequest& request) override;
  Result<aws::cloudformation::ListStackInstancesResponse> list_stack_instances(
      const Info& info, const aws::cloudformation::ListStackInstancesRequest& request) override;
  Result<aws::cloudformation::ListStackSetOperationResultsResponse> list_stack_set_operation_results(
      const Info& info, const aws::cloudformation::ListStackSetOperationResultsRequest& request) override;
  Result<aws::cloudformation::ListStackSetOperationsResponse> list_stack_set_operations(
      const Info& info, const aws::cloudformation::ListStackSetOperationsRequest& request) override;
  Result<aws::cloudformation::ListStackSetsResponse> list_stack_sets(
      const Info& info, const aws::cloudformation::ListStackSetsRequest& request) override;
  Result<aws::cloudformation::StopStackSetOperationResponse> stop_stack_set_operation(
      const Info& info, const aws::cloudformation::StopStackSetOperationRequest& request) override;
  Result<aws::cloudformation::UpdateStackSetResponse> update_stack_set(
      const Info& info, const aws::cloudformation::UpdateStackSetRequest& request) override;

 private:
  using Stack = stacks::Stack;
  using StackModel = stacks::StackModel;
  using ChangeSet = stacks::ChangeSet;

  /// Authorises the operation on the stack, and finds it; null when there is none.
  Result<Stack*> look_up(const Info& info, std::string_view name, Access access = Access());
  /// As look_up(); fails with `missing` around the name.
  Result<Stack*> open(const Info& info, std::string_view name, std::string_view missing, Access access = Access());
  /// The caller, or the session of the stack's service role.
  Result<Info> acting(const Info& info, const StackModel& model) const;
  template <class Request>
  Result<StackModel> model_of(const Info& info, const Request& request, const Stack* before);
  Result<std::pair<Stack*, ChangeSet*>> open_change_set(const Info& info, const std::string& name,
                                                        const std::optional<std::string>& stack);
  /// Whose stack sets are meant, and whether as a delegated administrator.
  Result<std::string> set_owner(const Info& info, const std::string& call_as) const;
  Result<stacks::StackSet*> open_set(const Info& info, const std::string& name, const std::string& call_as);
  /// The accounts of an organization that the targets name, each with its unit.
  Result<std::map<std::string, std::string>> target_accounts(
      const stacks::StackSet& set, const std::vector<std::string>& accounts,
      const std::optional<aws::cloudformation::DeploymentTargets>& targets) const;
  Result<std::string> begin_set_operation(const Info& info, stacks::StackSet& set, stacks::SetOperation operation,
                                          const std::optional<std::string>& id);
  void compute(Stack& stack, const std::string& change_set);

  Cloud& cloud_;
  stacks::ServiceCalls calls_;
  stacks::StackEngine engine_;
  stacks::StackSetEngine sets_;
};

}  // namespace postern::sim
