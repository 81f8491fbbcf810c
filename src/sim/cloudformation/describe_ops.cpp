#include "sim/cloudformation/service.hpp"
#include "sim/cloudformation/service_shared.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim {
namespace describe_stacks {

using namespace stacks;

constexpr std::string_view kNoStack = "Stack with id % does not exist";

aws::cloudformation::Stack shown(const Stack& from) {
  aws::cloudformation::Stack to;
  to.stack_id = from.id;
  to.stack_name = from.name;
  if (!from.change_set_id.empty()) to.change_set_id = from.change_set_id;
  to.creation_time = from.created;
  to.last_updated_time = from.updated;
  to.deletion_time = from.deleted;
  to.rollback_configuration.emplace();
  to.stack_status.emplace(from.status);
  if (!from.reason.empty()) to.stack_status_reason = from.reason;
  to.disable_rollback = from.disable_rollback;
  to.notification_arns = from.model.notification_arns;
  to.timeout_in_minutes = from.timeout_minutes;
  for (const std::string& one : from.model.capabilities) to.capabilities.emplace_back(one);
  if (!from.model.role_arn.empty()) to.role_arn = from.model.role_arn;
  for (const auto& [key, value] : from.model.tags) {
    aws::cloudformation::Tag& tag = to.tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  to.enable_termination_protection = from.protected_from_deletion;
  to.drift_information.emplace();
  to.drift_information->stack_drift_status.emplace("NOT_CHECKED");
  if (!from.model.source) return to;
  if (!from.model.source->description.empty()) to.description = from.model.source->description;
  for (const ParameterDecl& decl : from.model.source->parameters) {
    const auto value = from.model.parameters.find(decl.id);
    if (value == from.model.parameters.end()) continue;
    aws::cloudformation::Parameter& parameter = to.parameters.emplace_back();
    parameter.parameter_key = decl.id;
    parameter.parameter_value = shown_value(decl, value->second);
  }
  for (const StackOutput& one : from.outputs) {
    aws::cloudformation::Output& output = to.outputs.emplace_back();
    output.output_key = one.id;
    output.output_value = one.value;
    if (!one.description.empty()) output.description = one.description;
    if (!one.export_name.empty()) output.export_name = one.export_name;
  }
  return to;
}

template <class To>
To resource_of(const StackResource& from) {
  To to;
  to.logical_resource_id = from.logical_id;
  if (!from.physical_id.empty()) to.physical_resource_id = from.physical_id;
  to.resource_type = from.type;
  to.resource_status.emplace(from.status);
  if (!from.reason.empty()) to.resource_status_reason = from.reason;
  to.drift_information.emplace();
  to.drift_information->stack_resource_drift_status.emplace("NOT_CHECKED");
  return to;
}

}  // namespace describe_stacks

using namespace stacks;

Result<aws::cloudformation::DescribeStacksResponse> CloudFormationService::describe_stacks(
    const Info& info, const aws::cloudformation::DescribeStacksRequest& request) {
  aws::cloudformation::DescribeStacksResponse response;
  if (request.stack_name) {
    TRY(Stack* const stack, open(info, *request.stack_name, describe_stacks::kNoStack));
    response.stacks.push_back(describe_stacks::shown(*stack));
    return response;
  }
  const std::string every = stack_arn(info.region, info.caller.account_id, "stack/*/*");
  TRY_VOID(authorize(info, every));
  std::vector<Stack*> all = engine_.list(info.caller.account_id, info.region);
  std::erase_if(all, [](const Stack* one) { return one->is_deleted(); });
  std::vector<Stack*> page;
  TRY_VOID(take_page(request.next_token, "stacks/" + every, all, page, response.next_token,
                     [](const Stack* one) { return one->id; }));
  for (const Stack* one : page) response.stacks.push_back(describe_stacks::shown(*one));
  return response;
}

Result<aws::cloudformation::ListStacksResponse> CloudFormationService::list_stacks(
    const Info& info, const aws::cloudformation::ListStacksRequest& request) {
  TRY_VOID(authorize(info));
  const std::vector<std::string> wanted = open_texts(request.stack_status_filter);
  std::vector<Stack*> all = engine_.list(info.caller.account_id, info.region);
  std::erase_if(all, [&](const Stack* one) {
    return !wanted.empty() && std::find(wanted.begin(), wanted.end(), one->status) == wanted.end();
  });
  std::reverse(all.begin(), all.end());
  std::vector<Stack*> page;
  aws::cloudformation::ListStacksResponse response;
  TRY_VOID(take_page(request.next_token, "list/" + info.region + info.caller.account_id + join(wanted, ","), all, page,
                     response.next_token, [](const Stack* one) { return one->id; }));
  for (const Stack* one : page) {
    aws::cloudformation::StackSummary& to = response.stack_summaries.emplace_back();
    to.stack_id = one->id;
    to.stack_name = one->name;
    if (one->model.source && !one->model.source->description.empty()) {
      to.template_description = one->model.source->description;
    }
    to.creation_time = one->created;
    to.last_updated_time = one->updated;
    to.deletion_time = one->deleted;
    to.stack_status.emplace(one->status);
    if (!one->reason.empty()) to.stack_status_reason = one->reason;
    to.drift_information.emplace();
    to.drift_information->stack_drift_status.emplace("NOT_CHECKED");
  }
  return response;
}

Result<aws::cloudformation::DescribeStackEventsResponse> CloudFormationService::describe_stack_events(
    const Info& info, const aws::cloudformation::DescribeStackEventsRequest& request) {
  TRY(Stack* const stack, open(info, request.stack_name.value_or(""), "Stack [%] does not exist"));
  std::vector<const StackEvent*> all;
  for (auto one = stack->events.rbegin(); one != stack->events.rend(); ++one) all.push_back(&*one);
  std::vector<const StackEvent*> page;
  aws::cloudformation::DescribeStackEventsResponse response;
  TRY_VOID(take_page(request.next_token, "events/" + stack->id, all, page, response.next_token,
                     [](const StackEvent* one) { return one->id; }));
  for (const StackEvent* one : page) {
    aws::cloudformation::StackEvent& to = response.stack_events.emplace_back();
    to.stack_id = stack->id;
    to.event_id = one->id;
    to.stack_name = stack->name;
    to.logical_resource_id = one->logical_id;
    to.physical_resource_id = one->physical_id;
    to.resource_type = one->type;
    to.timestamp = one->time;
    to.resource_status.emplace(one->status);
    if (!one->reason.empty()) to.resource_status_reason = one->reason;
    if (!one->properties.empty()) to.resource_properties = one->properties;
    if (!one->token.empty()) to.client_request_token = one->token;
  }
  return response;
}

Result<aws::cloudformation::DescribeStackResourceResponse> CloudFormationService::describe_stack_resource(
    const Info& info, const aws::cloudformation::DescribeStackResourceRequest& request) {
  TRY(Stack* const stack, open(info, *request.stack_name, "Stack '%' does not exist"));
  const auto found = stack->resources.find(*request.logical_resource_id);
  if (found == stack->resources.end()) {
    return fail(validation_error("Resource " + printable(*request.logical_resource_id, 255) +
                                 " does not exist for stack " + stack->name));
  }
  using Detail = aws::cloudformation::StackResourceDetail;
  Detail to = describe_stacks::resource_of<Detail>(found->second);
  to.stack_name = stack->name;
  to.stack_id = stack->id;
  to.last_updated_timestamp = found->second.changed;
  const ResourceDecl* decl = stack->model.source ? stack->model.source->find_resource(found->first) : nullptr;
  to.metadata = decl != nullptr && !decl->metadata.is_null() ? decl->metadata.dump() : "{}";
  aws::cloudformation::DescribeStackResourceResponse response;
  response.stack_resource_detail = std::move(to);
  return response;
}

Result<aws::cloudformation::DescribeStackResourcesResponse> CloudFormationService::describe_stack_resources(
    const Info& info, const aws::cloudformation::DescribeStackResourcesRequest& request) {
  if (request.stack_name.has_value() == request.physical_resource_id.has_value()) {
    return fail(validation_error(request.stack_name ? "You cannot specify both StackName and PhysicalResourceId"
                                                    : "Either StackName or PhysicalResourceId must be specified"));
  }
  std::string name = request.stack_name.value_or("");
  for (const Stack* one : engine_.list(info.caller.account_id, info.region)) {
    for (const auto& [id, resource] : one->resources) {
      const bool same = request.physical_resource_id && resource.physical_id == *request.physical_resource_id;
      if (same && !one->is_deleted()) name = one->id;
    }
  }
  if (name.empty()) {
    TRY_VOID(authorize(info, stack_arn(info.region, info.caller.account_id, "stack/*/*")));
    return fail(validation_error("Stack for " + printable(*request.physical_resource_id, 255) + " does not exist"));
  }
  TRY(Stack* const stack, open(info, name, describe_stacks::kNoStack));
  aws::cloudformation::DescribeStackResourcesResponse response;
  for (const auto& [id, resource] : stack->resources) {
    if (request.logical_resource_id && id != *request.logical_resource_id) continue;
    if (response.stack_resources.size() == kPageSize) break;
    using Shown = aws::cloudformation::StackResource;
    Shown& to = response.stack_resources.emplace_back(describe_stacks::resource_of<Shown>(resource));
    to.stack_name = stack->name;
    to.stack_id = stack->id;
    to.timestamp = resource.changed;
  }
  return response;
}

Result<aws::cloudformation::ListStackResourcesResponse> CloudFormationService::list_stack_resources(
    const Info& info, const aws::cloudformation::ListStackResourcesRequest& request) {
  TRY(Stack* const stack, open(info, *request.stack_name, describe_stacks::kNoStack));
  using Summary = aws::cloudformation::StackResourceSummary;
  std::vector<Summary> all;
  for (const auto& [id, resource] : stack->resources) {
    all.push_back(describe_stacks::resource_of<Summary>(resource));
    all.back().last_updated_timestamp = resource.changed;
  }
  aws::cloudformation::ListStackResourcesResponse response;
  TRY_VOID(take_page(request.next_token, "resources/" + stack->id, all, response.stack_resource_summaries,
                     response.next_token, [](const Summary& one) { return *one.logical_resource_id; }));
  return response;
}

Result<aws::cloudformation::ListExportsResponse> CloudFormationService::list_exports(
    const Info& info, const aws::cloudformation::ListExportsRequest& request) {
  TRY_VOID(authorize(info));
  std::vector<aws::cloudformation::Export> all;
  for (const auto& [name, value] : engine_.exports(info.caller.account_id, info.region)) {
    aws::cloudformation::Export& to = all.emplace_back();
    to.exporting_stack_id = value.first->id;
    to.name = name;
    to.value = value.second;
  }
  aws::cloudformation::ListExportsResponse response;
  TRY_VOID(take_page(request.next_token, "exports/" + info.region + info.caller.account_id, all, response.exports,
                     response.next_token, [](const aws::cloudformation::Export& one) { return *one.name; }));
  return response;
}

Result<aws::cloudformation::GetTemplateResponse> CloudFormationService::get_template(
    const Info& info, const aws::cloudformation::GetTemplateRequest& request) {
  aws::cloudformation::GetTemplateResponse response;
  std::shared_ptr<const Template> source;
  if (request.change_set_name) {
    TRY(const auto found, open_change_set(info, *request.change_set_name, request.stack_name));
    source = found.second->model.source;
  } else {
    TRY(Stack* const stack, open(info, request.stack_name.value_or(""), describe_stacks::kNoStack));
    source = stack->model.source;
    if (!source) return fail(validation_error("Stack with id " + stack->name + " does not exist"));
  }
  response.template_body = source->text;
  response.stages_available.emplace_back("Original");
  response.stages_available.emplace_back("Processed");
  return response;
}

Result<aws::cloudformation::GetTemplateSummaryResponse> CloudFormationService::get_template_summary(
    const Info& info, const aws::cloudformation::GetTemplateSummaryRequest& request) {
  std::shared_ptr<const Template> source;
  if (request.stack_name) {
    TRY(Stack* const stack, open(info, *request.stack_name, describe_stacks::kNoStack));
    source = stack->model.source;
    if (!source) return fail(validation_error("Stack with id " + stack->name + " does not exist"));
  } else {
    TRY_VOID(authorize(info));
    if (request.stack_set_name) return fail(validation_error("StackSetName is not offered by this simulator here"));
    TRY(source, template_of(request.template_body, request.template_url));
  }
  aws::cloudformation::GetTemplateSummaryResponse response;
  for (const ParameterDecl& decl : source->parameters) {
    aws::cloudformation::ParameterDeclaration& to = response.parameters.emplace_back();
    to.parameter_key = decl.id;
    to.default_value = decl.default_value;
    to.parameter_type = decl.type;
    to.no_echo = decl.no_echo;
    if (!decl.description.empty()) to.description = decl.description;
    to.parameter_constraints.emplace();
    to.parameter_constraints->allowed_values = decl.allowed_values;
  }
  if (!source->description.empty()) response.description = source->description;
  if (const std::string capability = required_capability(*source); !capability.empty()) {
    response.capabilities.emplace_back(capability);
    response.capabilities_reason =
        "The following resource(s) require capabilities: [" + join(capable_types(*source), ", ") + "]";
  }
  response.resource_types = source->types();
  if (!source->version.empty()) response.version = source->version;
  if (!source->metadata.is_null()) response.metadata = source->metadata.dump();
  return response;
}

Result<aws::cloudformation::ValidateTemplateResponse> CloudFormationService::validate_template(
    const Info& info, const aws::cloudformation::ValidateTemplateRequest& request) {
  TRY_VOID(authorize(info));
  TRY(const std::shared_ptr<const Template> source, template_of(request.template_body, request.template_url));
  aws::cloudformation::ValidateTemplateResponse response;
  for (const ParameterDecl& decl : source->parameters) {
    aws::cloudformation::TemplateParameter& to = response.parameters.emplace_back();
    to.parameter_key = decl.id;
    to.default_value = decl.default_value;
    to.no_echo = decl.no_echo;
    if (!decl.description.empty()) to.description = decl.description;
  }
  if (!source->description.empty()) response.description = source->description;
  if (const std::string capability = required_capability(*source); !capability.empty()) {
    response.capabilities.emplace_back(capability);
    response.capabilities_reason =
        "The following resource(s) require capabilities: [" + join(capable_types(*source), ", ") + "]";
  }
  return response;
}

}  // namespace postern::sim
