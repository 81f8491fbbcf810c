#include "adapters/stack_set_source.hpp"

#include "aws/cloudformation/ops.hpp"
#include "aws/core/pager.hpp"
#include "aws/organizations/ops.hpp"

namespace postern::adapters {
namespace stack_sets {

namespace api = aws::cloudformation;

// Accounts are changed side by side; one that fails leaves the others to their turn, and stands in the results.
constexpr std::int32_t kAtOncePercent = 25;
constexpr std::int32_t kTolerancePercent = 100;

bool says_no_set(const Error& error) {
  return error.aws() != nullptr && error.aws()->code.find("StackSetNotFound") != std::string::npos;
}

std::vector<api::Parameter> parameters_of(const stacks::StackSetOrder& order) {
  std::vector<api::Parameter> out;
  for (const auto& [key, value] : order.parameters) {
    api::Parameter one;
    one.parameter_key = key;
    one.parameter_value = value;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<api::Tag> tags_of(const stacks::StackSetOrder& order) {
  std::vector<api::Tag> out;
  for (const auto& [key, value] : order.tags) {
    api::Tag one;
    one.key = key;
    one.value = value;
    out.push_back(std::move(one));
  }
  return out;
}

api::AutoDeployment auto_deployment() {
  api::AutoDeployment out;
  out.enabled = true;
  out.retain_stacks_on_account_removal = false;
  return out;
}

api::StackSetOperationPreferences preferences() {
  api::StackSetOperationPreferences out;
  out.max_concurrent_percentage = kAtOncePercent;
  out.failure_tolerance_percentage = kTolerancePercent;
  return out;
}

api::DeploymentTargets targets_of(const stacks::StackSetOrder& order) {
  api::DeploymentTargets out;
  out.organizational_unit_ids = order.units;
  if (!order.accounts.empty()) {
    out.accounts = order.accounts;
    out.account_filter_type.emplace("INTERSECTION");
  }
  return out;
}

stacks::StackInstance instance_of(const api::StackInstanceSummary& wire) {
  stacks::StackInstance one;
  one.account = wire.account.value_or("");
  one.region = wire.region.value_or("");
  one.unit = wire.organizational_unit_id.value_or("");
  if (wire.status) one.status = wire.status->text();
  if (wire.stack_instance_status && wire.stack_instance_status->detailed_status) {
    one.detailed = wire.stack_instance_status->detailed_status->text();
  }
  one.reason = wire.status_reason.value_or("");
  one.stack_id = wire.stack_id.value_or("");
  return one;
}

}  // namespace stack_sets

aws::CallScope AwsStackSets::scope() const {
  aws::CallScope scope;
  scope.region = region_;
  scope.credentials = session_.hub();
  return scope;
}

std::string AwsStackSets::call_as() const {
  return call_as_ == stacks::CallAs::delegated_admin ? "DELEGATED_ADMIN" : "SELF";
}

rt::Task<Result<std::optional<stacks::StackSet>>> AwsStackSets::describe(rt::CallContext ctx, std::string name) {
  using namespace stack_sets;
  api::DescribeStackSetRequest request;
  request.stack_set_name = std::move(name);
  request.call_as.emplace(call_as());
  const auto response = co_await aws::call<api::DescribeStackSet>(ctx, session_.invoker(), scope(), std::move(request));
  if (!response) {
    if (says_no_set(response.error())) co_return std::optional<stacks::StackSet>();
    co_return fail(response.error());
  }
  if (!response->stack_set) co_return std::optional<stacks::StackSet>();
  const api::StackSet& wire = *response->stack_set;
  stacks::StackSet set;
  if (wire.status) set.status = wire.status->text();
  set.body = wire.template_body.value_or("");
  for (const api::Parameter& each : wire.parameters) {
    if (each.parameter_key) set.parameters[*each.parameter_key] = each.parameter_value.value_or("");
  }
  set.service_managed = wire.permission_model && wire.permission_model->text() == "SERVICE_MANAGED";
  set.auto_deployment = wire.auto_deployment && wire.auto_deployment->enabled.value_or(false);
  set.units = wire.organizational_unit_ids;
  co_return std::optional<stacks::StackSet>(std::move(set));
}

rt::Task<Result<void>> AwsStackSets::create(rt::CallContext ctx, stacks::StackSetOrder order) {
  using namespace stack_sets;
  api::CreateStackSetRequest request;
  request.stack_set_name = order.name;
  request.template_body = order.body;
  request.parameters = parameters_of(order);
  request.tags = tags_of(order);
  request.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
  request.permission_model.emplace("SERVICE_MANAGED");
  request.auto_deployment = auto_deployment();
  request.call_as.emplace(call_as());
  request.client_request_token = "postern-" + order.token;
  const auto response = co_await aws::call<api::CreateStackSet>(ctx, session_.invoker(), scope(), std::move(request));
  if (!response) co_return fail(response.error());
  co_return Result<void>();
}

rt::Task<Result<std::string>> AwsStackSets::update(rt::CallContext ctx, stacks::StackSetOrder order) {
  using namespace stack_sets;
  api::UpdateStackSetRequest request;
  request.stack_set_name = order.name;
  request.template_body = order.body;
  request.parameters = parameters_of(order);
  request.tags = tags_of(order);
  request.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
  request.permission_model.emplace("SERVICE_MANAGED");
  request.auto_deployment = auto_deployment();
  request.operation_preferences = preferences();
  request.call_as.emplace(call_as());
  request.operation_id = "postern-update-" + order.token;
  CO_TRY(const api::UpdateStackSetResponse response,
         co_await aws::call<api::UpdateStackSet>(ctx, session_.invoker(), scope(), std::move(request)));
  co_return response.operation_id.value_or("postern-update-" + order.token);
}

rt::Task<Result<std::string>> AwsStackSets::create_instances(rt::CallContext ctx, stacks::StackSetOrder order) {
  using namespace stack_sets;
  api::CreateStackInstancesRequest request;
  request.stack_set_name = order.name;
  request.deployment_targets = targets_of(order);
  request.regions.push_back(order.region);
  request.operation_preferences = preferences();
  request.call_as.emplace(call_as());
  request.operation_id = "postern-create-" + order.token;
  CO_TRY(const api::CreateStackInstancesResponse response,
         co_await aws::call<api::CreateStackInstances>(ctx, session_.invoker(), scope(), std::move(request)));
  co_return response.operation_id.value_or("postern-create-" + order.token);
}

rt::Task<Result<std::string>> AwsStackSets::delete_instances(rt::CallContext ctx, stacks::StackSetOrder order) {
  using namespace stack_sets;
  api::DeleteStackInstancesRequest request;
  request.stack_set_name = order.name;
  request.deployment_targets = targets_of(order);
  request.regions.push_back(order.region);
  request.operation_preferences = preferences();
  request.retain_stacks = false;
  request.call_as.emplace(call_as());
  request.operation_id = "postern-delete-" + order.token;
  CO_TRY(const api::DeleteStackInstancesResponse response,
         co_await aws::call<api::DeleteStackInstances>(ctx, session_.invoker(), scope(), std::move(request)));
  co_return response.operation_id.value_or("postern-delete-" + order.token);
}

rt::Task<Result<void>> AwsStackSets::remove(rt::CallContext ctx, std::string name) {
  using namespace stack_sets;
  api::DeleteStackSetRequest request;
  request.stack_set_name = std::move(name);
  request.call_as.emplace(call_as());
  const auto response = co_await aws::call<api::DeleteStackSet>(ctx, session_.invoker(), scope(), std::move(request));
  if (!response && !says_no_set(response.error())) co_return fail(response.error());
  co_return Result<void>();
}

rt::Task<Result<stacks::SetOperation>> AwsStackSets::operation(rt::CallContext ctx, std::string name, std::string id) {
  using namespace stack_sets;
  api::DescribeStackSetOperationRequest request;
  request.stack_set_name = std::move(name);
  request.operation_id = std::move(id);
  request.call_as.emplace(call_as());
  CO_TRY(const api::DescribeStackSetOperationResponse response,
         co_await aws::call<api::DescribeStackSetOperation>(ctx, session_.invoker(), scope(), std::move(request)));
  stacks::SetOperation out;
  if (response.stack_set_operation && response.stack_set_operation->status) {
    out.status = response.stack_set_operation->status->text();
    out.reason = response.stack_set_operation->status_reason.value_or("");
  }
  co_return out;
}

rt::Task<Result<std::vector<stacks::StackInstance>>> AwsStackSets::instances(rt::CallContext ctx, std::string name) {
  using namespace stack_sets;
  api::ListStackInstancesRequest request;
  request.stack_set_name = std::move(name);
  request.call_as.emplace(call_as());
  aws::Pager<api::ListStackInstances> pager(ctx, session_.invoker(), scope(), std::move(request));
  std::vector<stacks::StackInstance> all;
  for (;;) {
    auto page = co_await pager.next();
    if (!page) {
      if (says_no_set(page.error())) co_return all;
      co_return fail(std::move(page).error());
    }
    if (!*page) co_return all;
    for (const api::StackInstanceSummary& each : (*page)->summaries) all.push_back(instance_of(each));
  }
}

rt::Task<Result<OrganizationSeat>> organization_seat(rt::CallContext ctx, AwsSession& session, std::string region) {
  aws::CallScope scope;
  scope.region = std::move(region);
  scope.credentials = session.hub();
  aws::CallScope asking = scope;
  CO_TRY(const aws::auth::CallerIdentity identity, co_await session.identities().identify(ctx, std::move(asking)));
  OrganizationSeat seat;
  seat.account = identity.account_id;
  aws::organizations::DescribeOrganizationRequest request;
  CO_TRY(const aws::organizations::DescribeOrganizationResponse response,
         co_await aws::call<aws::organizations::DescribeOrganization>(ctx, session.invoker(), std::move(scope),
                                                                      std::move(request)));
  if (response.organization) seat.management = response.organization->master_account_id.value_or("");
  co_return seat;
}

}  // namespace postern::adapters
