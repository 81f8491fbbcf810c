#include "iam/arn.hpp"
#include "sim/cloudformation/service.hpp"
#include "sim/cloudformation/service_shared.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim {
namespace set_ops {

using namespace stacks;

constexpr std::string_view kPrincipal = "member.org.stacksets.cloudformation.amazonaws.com";

template <class Choice>
std::string text_of(const std::optional<Choice>& choice) {
  return choice ? choice->text() : std::string();
}

Error not_found(std::string_view name) {
  return refusal(ErrorKind::not_found, "StackSetNotFoundException", "StackSet " + printable(name, 300) + " not found");
}

SetPreferences preferences_of(const std::optional<aws::cloudformation::StackSetOperationPreferences>& from) {
  SetPreferences out;
  if (!from) return out;
  out.region_order = from->region_order;
  out.parallel = text_of(from->region_concurrency_type) == "PARALLEL";
  out.tolerance_count = from->failure_tolerance_count;
  out.tolerance_percentage = from->failure_tolerance_percentage;
  out.concurrent_count = from->max_concurrent_count;
  out.concurrent_percentage = from->max_concurrent_percentage;
  return out;
}

aws::cloudformation::StackSetOperationPreferences shown(const SetPreferences& from) {
  aws::cloudformation::StackSetOperationPreferences to;
  to.region_order = from.region_order;
  to.region_concurrency_type.emplace(from.parallel ? "PARALLEL" : "SEQUENTIAL");
  to.failure_tolerance_count = from.tolerance_count;
  to.failure_tolerance_percentage = from.tolerance_percentage;
  to.max_concurrent_count = from.concurrent_count;
  to.max_concurrent_percentage = from.concurrent_percentage;
  return to;
}

Result<void> check_preferences(const SetPreferences& from) {
  if (from.tolerance_count && from.tolerance_percentage) {
    return fail(validation_error("Only one of FailureToleranceCount and FailureTolerancePercentage can be specified"));
  }
  if (from.concurrent_count && from.concurrent_percentage) {
    return fail(validation_error("Only one of MaxConcurrentCount and MaxConcurrentPercentage can be specified"));
  }
  return {};
}

template <class Parameters>
std::map<std::string, std::string> given(const Parameters& from) {
  std::map<std::string, std::string> out;
  for (const auto& one : from) out[one.parameter_key.value_or("")] = one.parameter_value.value_or("");
  return out;
}

/// The Regions in the order of the preferences, then as given.
std::vector<std::string> ordered(const SetPreferences& preferences, const std::vector<std::string>& regions) {
  std::vector<std::string> out;
  for (const auto* list : {&preferences.region_order, &regions}) {
    for (const std::string& one : *list) {
      const bool asked = std::find(regions.begin(), regions.end(), one) != regions.end();
      if (asked && std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
    }
  }
  return out;
}

std::vector<SetResult> places(const SetPreferences& preferences, const std::vector<std::string>& regions,
                              const std::map<std::string, std::string>& accounts) {
  std::vector<SetResult> out;
  for (const std::string& region : ordered(preferences, regions)) {
    for (const auto& [account, unit] : accounts) {
      SetResult& result = out.emplace_back();
      result.place = Place(account, region);
      result.unit = unit;
    }
  }
  return out;
}

void add_accounts(const Organization& organization, std::string_view parent, const std::string& unit,
                  std::map<std::string, std::string>& out) {
  for (const auto& [id, node] : organization.nodes()) {
    if (node.parent != parent) continue;
    if (node.kind != OrganizationNode::Kind::account) {
      add_accounts(organization, id, id, out);
    } else if (id != organization.management_account() && node.status == "ACTIVE") {
      out[id] = unit;
    }
  }
}

template <class To>
To instance_of(const StackSet& set, const Place& place, const SetInstance& from) {
  To to;
  to.stack_set_id = set.id;
  to.account = place.first;
  to.region = place.second;
  if (!from.stack_id.empty()) to.stack_id = from.stack_id;
  to.status.emplace(from.status);
  to.stack_instance_status.emplace();
  to.stack_instance_status->detailed_status.emplace(from.detailed);
  if (!from.reason.empty()) to.status_reason = from.reason;
  if (!from.unit.empty()) to.organizational_unit_id = from.unit;
  to.drift_status.emplace("NOT_CHECKED");
  if (!from.last_operation.empty()) to.last_operation_id = from.last_operation;
  return to;
}

std::size_t page_size(const std::optional<std::int32_t>& asked) {
  return asked ? static_cast<std::size_t>(*asked) : kPageSize;
}

template <class Request>
Result<void> fill(const Request& request, StackSet& set) {
  if (request.description) set.description = *request.description;
  if (request.administration_role_arn) set.administration_role = *request.administration_role_arn;
  if (request.execution_role_name) set.execution_role = *request.execution_role_name;
  if (request.managed_execution) set.managed_execution = request.managed_execution->active.value_or(false);
  if (request.auto_deployment) {
    if (!set.service_managed) {
      return fail(validation_error("AutoDeployment can only be specified for SERVICE_MANAGED permission model"));
    }
    set.auto_deployment = request.auto_deployment->enabled.value_or(false);
    set.retain_on_removal = request.auto_deployment->retain_stacks_on_account_removal.value_or(false);
  }
  return {};
}

/// Template, parameters, capabilities and tags of a set.
template <class Request>
Result<StackModel> model_of(const Request& request, const StackModel* before) {
  StackModel made;
  bool previous = false;
  if constexpr (requires { request.use_previous_template; }) previous = request.use_previous_template.value_or(false);
  if (previous && before != nullptr) {
    made.source = before->source;
  } else {
    TRY(made.source, template_of(request.template_body, request.template_url));
  }
  for (const auto& one : request.parameters) {
    const std::string key = one.parameter_key.value_or("");
    std::string value = one.parameter_value.value_or("");
    if (one.use_previous_value.value_or(false) && before != nullptr) {
      const auto old = before->given.find(key);
      if (old == before->given.end()) continue;
      value = old->second;
    }
    made.given[key] = std::move(value);
  }
  TRY(made.parameters, parameter_values(*made.source, made.given));
  made.capabilities = open_texts(request.capabilities);
  TRY_VOID(expect_capabilities(*made.source, made.capabilities));
  if (before != nullptr) made.tags = before->tags;
  if (!request.tags.empty()) {
    TRY(made.tags, tags_of(request.tags));
  }
  return made;
}

template <class To>
void show_operation(const StackSet&, const SetOperation& from, To& to) {
  to.operation_id = from.id;
  to.action.emplace(from.action);
  to.status.emplace(from.status);
  to.creation_timestamp = from.created;
  to.end_timestamp = from.ended;
  to.operation_preferences = shown(from.preferences);
  std::int32_t failed = 0;
  for (const SetResult& one : from.results) failed += one.status == "FAILED" ? 1 : 0;
  to.status_details.emplace();
  to.status_details->failed_stack_instances_count = failed;
}

}  // namespace set_ops

using namespace stacks;

Result<std::string> CloudFormationService::set_owner(const Info& info, const std::string& call_as) const {
  if (call_as != "DELEGATED_ADMIN") return info.caller.account_id;
  const Organization* organization = cloud_.directory().organization();
  const auto found = organization == nullptr ? std::map<std::string, std::set<std::string>>::const_iterator()
                                             : organization->delegated().find(info.caller.account_id);
  if (organization == nullptr || found == organization->delegated().end() ||
      !found->second.contains(std::string(set_ops::kPrincipal))) {
    return fail(validation_error("You must be a delegated administrator to use CallAs DELEGATED_ADMIN"));
  }
  return organization->management_account();
}

Result<stacks::StackSet*> CloudFormationService::open_set(const Info& info, const std::string& name,
                                                          const std::string& call_as) {
  TRY(const std::string owner, set_owner(info, call_as));
  StackSet* const found = sets_.find(owner, info.region, name);
  // A delegated administrator is asked for its own permissions alone, although the set is the management account's.
  OwnedResource resource;
  resource.arn = found == nullptr ? stack_arn(info.region, owner, "stackset/" + name + ":*") : found->arn();
  resource.account = info.caller.account_id;
  if (found != nullptr) resource.tags = found->model.tags;
  Access access;
  TRY_VOID(authorize(info, access.on(std::move(resource))));
  if (found != nullptr && !found->deleted) return found;
  return fail(set_ops::not_found(name));
}

Result<std::map<std::string, std::string>> CloudFormationService::target_accounts(
    const stacks::StackSet& set, const std::vector<std::string>& accounts,
    const std::optional<aws::cloudformation::DeploymentTargets>& targets) const {
  std::map<std::string, std::string> out;
  if (!set.service_managed) {
    if (targets)
      return fail(validation_error("DeploymentTargets can only be specified for SERVICE_MANAGED permission model"));
    for (const std::string& one : accounts) {
      if (!iam::is_account_id(one)) return fail(validation_error("Invalid account id " + printable(one, 60)));
      out[one];
    }
    return out;
  }
  if (!accounts.empty()) {
    return fail(
        validation_error("Accounts cannot be specified for SERVICE_MANAGED permission model: use DeploymentTargets"));
  }
  const Organization* organization = cloud_.directory().organization();
  if (organization == nullptr || !targets || targets->organizational_unit_ids.empty()) {
    return fail(validation_error("OrganizationalUnitIds are required in DeploymentTargets"));
  }
  for (const std::string& unit : targets->organizational_unit_ids) {
    if (organization->find(unit) == nullptr)
      return fail(validation_error("Unknown organizational unit " + printable(unit, 100)));
    set_ops::add_accounts(*organization, unit, unit, out);
  }
  const std::string filter = set_ops::text_of(targets->account_filter_type);
  const auto& named = targets->accounts;
  const auto has = [&](const std::string& id) { return std::find(named.begin(), named.end(), id) != named.end(); };
  if (filter == "INTERSECTION" || (filter.empty() && !named.empty())) {
    std::erase_if(out, [&](const auto& one) { return !has(one.first); });
  } else if (filter == "DIFFERENCE") {
    std::erase_if(out, [&](const auto& one) { return has(one.first); });
  } else if (filter == "UNION") {
    for (const std::string& one : named) {
      if (organization->find(one) != nullptr && one != organization->management_account()) out[one];
    }
  }
  return out;
}

Result<std::string> CloudFormationService::begin_set_operation(const Info& info, stacks::StackSet& set,
                                                               stacks::SetOperation operation,
                                                               const std::optional<std::string>& id) {
  TRY_VOID(set_ops::check_preferences(operation.preferences));
  operation.id = id.value_or("");
  if (operation.id.empty()) operation.id = engine_.uuid();
  if (set.find_operation(operation.id) != nullptr) {
    return fail(refusal(ErrorKind::conflict, "OperationIdAlreadyExistsException",
                        "The specified operation ID already exists: " + operation.id));
  }
  if (set.busy() && !set.managed_execution) {
    return fail(refusal(ErrorKind::conflict, "OperationInProgressException",
                        "Another Operation on StackSet " + set.arn() + " is in progress"));
  }
  for (const SetResult& one : operation.results) {
    if (!cloud_.has_region(one.place.second)) {
      return fail(validation_error("Region " + printable(one.place.second, 60) + " is not available"));
    }
  }
  operation.as = info;
  std::string made = operation.id;
  sets_.start(set, std::move(operation));
  return made;
}

Result<aws::cloudformation::CreateStackSetResponse> CloudFormationService::create_stack_set(
    const Info& info, const aws::cloudformation::CreateStackSetRequest& request) {
  const std::string& name = *request.stack_set_name;
  TRY_VOID(check_name("stackSetName", name));
  TRY(const std::string owner, set_owner(info, set_ops::text_of(request.call_as)));
  TRY(const Tags tags, tags_of(request.tags));
  OwnedResource resource;
  resource.arn = stack_arn(info.region, owner, "stackset/" + name + ":*");
  resource.account = info.caller.account_id;
  Access access;
  TRY_VOID(authorize(info, access.tagging(tags).on(std::move(resource))));
  aws::cloudformation::CreateStackSetResponse response;
  if (const StackSet* same = sets_.find(owner, info.region, name)) {
    if (request.client_request_token && same->token == *request.client_request_token) {
      response.stack_set_id = same->id;
      return response;
    }
    return fail(refusal(ErrorKind::conflict, "NameAlreadyExistsException", "StackSet " + name + " already exists"));
  }
  if (sets_.list(owner, info.region).size() >= StackSetEngine::kSetsMax) {
    return fail(refusal(ErrorKind::conflict, "LimitExceededException", "StackSet limit exceeded"));
  }
  const bool service_managed = set_ops::text_of(request.permission_model) == "SERVICE_MANAGED";
  const Organization* organization = cloud_.directory().organization();
  if (service_managed && (organization == nullptr || organization->management_account() != owner)) {
    return fail(validation_error(
        "You must be the management account or delegated admin account of an organization before operating a "
        "SERVICE_MANAGED stack set"));
  }
  if (request.administration_role_arn) {
    TRY_VOID(authorize(info, Access("iam:PassRole")
                                 .on(*request.administration_role_arn)
                                 .with("iam:PassedToService", "cloudformation.amazonaws.com")));
  }
  TRY(StackModel model, set_ops::model_of(request, nullptr));
  StackSet probe;
  probe.service_managed = service_managed;
  TRY_VOID(set_ops::fill(request, probe));
  StackSet& made = sets_.add(owner, info.region, name);
  made.service_managed = service_managed;
  made.model = std::move(model);
  made.token = request.client_request_token.value_or("");
  TRY_VOID(set_ops::fill(request, made));
  response.stack_set_id = made.id;
  return response;
}

Result<aws::cloudformation::DescribeStackSetResponse> CloudFormationService::describe_stack_set(
    const Info& info, const aws::cloudformation::DescribeStackSetRequest& request) {
  TRY(const StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  aws::cloudformation::StackSet to;
  to.stack_set_name = set->name;
  to.stack_set_id = set->id;
  if (!set->description.empty()) to.description = set->description;
  to.status.emplace("ACTIVE");
  to.template_body = set->model.source->text;
  for (const ParameterDecl& decl : set->model.source->parameters) {
    aws::cloudformation::Parameter& parameter = to.parameters.emplace_back();
    parameter.parameter_key = decl.id;
    parameter.parameter_value = shown_value(decl, set->model.parameters.at(decl.id));
  }
  for (const std::string& one : set->model.capabilities) to.capabilities.emplace_back(one);
  for (const auto& [key, value] : set->model.tags) {
    aws::cloudformation::Tag& tag = to.tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  to.stack_set_arn = set->arn();
  to.permission_model.emplace(set->service_managed ? "SERVICE_MANAGED" : "SELF_MANAGED");
  if (set->service_managed) {
    to.auto_deployment.emplace();
    to.auto_deployment->enabled = set->auto_deployment;
    to.auto_deployment->retain_stacks_on_account_removal = set->retain_on_removal;
    to.organizational_unit_ids.assign(set->targets.begin(), set->targets.end());
  } else {
    to.administration_role_arn = set->administration_role;
    to.execution_role_name = set->execution_role;
  }
  to.managed_execution.emplace();
  to.managed_execution->active = set->managed_execution;
  aws::cloudformation::DescribeStackSetResponse response;
  response.stack_set = std::move(to);
  return response;
}

Result<aws::cloudformation::ListStackSetsResponse> CloudFormationService::list_stack_sets(
    const Info& info, const aws::cloudformation::ListStackSetsRequest& request) {
  TRY(const std::string owner, set_owner(info, set_ops::text_of(request.call_as)));
  TRY_VOID(authorize(info, stack_arn(info.region, owner, "stackset/*")));
  const std::string wanted = set_ops::text_of(request.status);
  std::vector<StackSet*> all = sets_.list(owner, info.region);
  std::erase_if(all, [&](const StackSet* one) { return !wanted.empty() && one->deleted != (wanted == "DELETED"); });
  std::vector<StackSet*> page;
  aws::cloudformation::ListStackSetsResponse response;
  TRY_VOID(take_page(
      request.next_token, "sets/" + owner + info.region + wanted, all, page, response.next_token,
      [](const StackSet* one) { return one->id; }, set_ops::page_size(request.max_results)));
  for (const StackSet* one : page) {
    aws::cloudformation::StackSetSummary& to = response.summaries.emplace_back();
    to.stack_set_name = one->name;
    to.stack_set_id = one->id;
    if (!one->description.empty()) to.description = one->description;
    to.status.emplace(one->deleted ? "DELETED" : "ACTIVE");
    to.permission_model.emplace(one->service_managed ? "SERVICE_MANAGED" : "SELF_MANAGED");
    to.drift_status.emplace("NOT_CHECKED");
  }
  return response;
}

Result<aws::cloudformation::UpdateStackSetResponse> CloudFormationService::update_stack_set(
    const Info& info, const aws::cloudformation::UpdateStackSetRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  if (set->busy() && !set->managed_execution) {
    return fail(refusal(ErrorKind::conflict, "OperationInProgressException",
                        "Another Operation on StackSet " + set->arn() + " is in progress"));
  }
  TRY(StackModel model, set_ops::model_of(request, &set->model));
  SetOperation operation;
  operation.action = "UPDATE";
  operation.preferences = set_ops::preferences_of(request.operation_preferences);
  std::map<std::string, std::string> accounts;
  const bool limited = !request.accounts.empty() || request.deployment_targets;
  if (limited) {
    TRY(accounts, target_accounts(*set, request.accounts, request.deployment_targets));
  }
  std::vector<std::string> regions;
  for (const auto& [place, instance] : set->instances) {
    if (!limited) accounts[place.first] = instance.unit;
    regions.push_back(place.second);
  }
  if (!request.regions.empty()) regions = request.regions;
  operation.results = set_ops::places(operation.preferences, regions, accounts);
  std::erase_if(operation.results, [&](const SetResult& one) { return !set->instances.contains(one.place); });
  if (limited && operation.results.empty()) {
    return fail(
        refusal(ErrorKind::not_found, "StackInstanceNotFoundException", "No stack instance matches the targets"));
  }
  StackSet probe = *set;
  TRY_VOID(set_ops::fill(request, probe));
  aws::cloudformation::UpdateStackSetResponse response;
  const StackModel before = std::exchange(set->model, std::move(model));
  Result<std::string> id = begin_set_operation(info, *set, std::move(operation), request.operation_id);
  if (!id) {
    set->model = before;
    return fail(id.error());
  }
  TRY_VOID(set_ops::fill(request, *set));
  for (auto& [place, instance] : set->instances) instance.status = "OUTDATED";
  response.operation_id = std::move(*id);
  return response;
}

Result<aws::cloudformation::DeleteStackSetResponse> CloudFormationService::delete_stack_set(
    const Info& info, const aws::cloudformation::DeleteStackSetRequest& request) {
  Result<StackSet*> set = open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as));
  // Of a set that is gone a second deletion says nothing.
  if (!set && set.error().kind() == ErrorKind::not_found) return aws::cloudformation::DeleteStackSetResponse();
  if (!set) return fail(set.error());
  if ((*set)->busy()) {
    return fail(refusal(ErrorKind::conflict, "OperationInProgressException",
                        "Another Operation on StackSet " + (*set)->arn() + " is in progress"));
  }
  if (!(*set)->instances.empty()) {
    return fail(refusal(ErrorKind::conflict, "StackSetNotEmptyException", "StackSet is not empty"));
  }
  (*set)->deleted = true;
  return aws::cloudformation::DeleteStackSetResponse();
}

Result<aws::cloudformation::CreateStackInstancesResponse> CloudFormationService::create_stack_instances(
    const Info& info, const aws::cloudformation::CreateStackInstancesRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  TRY(const auto accounts, target_accounts(*set, request.accounts, request.deployment_targets));
  SetOperation operation;
  operation.action = "CREATE";
  operation.preferences = set_ops::preferences_of(request.operation_preferences);
  operation.results = set_ops::places(operation.preferences, request.regions, accounts);
  if (operation.results.empty()) return fail(validation_error("No account matches the targets"));
  if (set->instances.size() + operation.results.size() > StackSetEngine::kInstancesMax) {
    return fail(refusal(ErrorKind::conflict, "LimitExceededException", "StackInstance limit exceeded"));
  }
  operation.overrides = set_ops::given(request.parameter_overrides);
  for (const auto& [key, value] : *operation.overrides) {
    if (set->model.source->find_parameter(key) == nullptr) {
      return fail(validation_error("Parameters: [" + printable(key, 255) + "] do not exist in the template"));
    }
  }
  const std::vector<SetResult> results = operation.results;
  TRY(std::string id, begin_set_operation(info, *set, std::move(operation), request.operation_id));
  for (const SetResult& one : results) {
    SetInstance& instance = set->instances[one.place];
    instance.unit = one.unit;
    instance.detailed = "PENDING";
    instance.last_operation = id;
  }
  if (request.deployment_targets) {
    const auto& units = request.deployment_targets->organizational_unit_ids;
    set->targets.insert(units.begin(), units.end());
  }
  aws::cloudformation::CreateStackInstancesResponse response;
  response.operation_id = std::move(id);
  return response;
}

Result<aws::cloudformation::DeleteStackInstancesResponse> CloudFormationService::delete_stack_instances(
    const Info& info, const aws::cloudformation::DeleteStackInstancesRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  TRY(const auto accounts, target_accounts(*set, request.accounts, request.deployment_targets));
  SetOperation operation;
  operation.action = "DELETE";
  operation.retain = *request.retain_stacks;
  operation.preferences = set_ops::preferences_of(request.operation_preferences);
  operation.results = set_ops::places(operation.preferences, request.regions, accounts);
  std::erase_if(operation.results, [&](const SetResult& one) { return !set->instances.contains(one.place); });
  TRY(std::string id, begin_set_operation(info, *set, std::move(operation), request.operation_id));
  const bool whole_units = request.deployment_targets && request.deployment_targets->accounts.empty();
  if (whole_units) {
    for (const std::string& unit : request.deployment_targets->organizational_unit_ids) set->targets.erase(unit);
  }
  aws::cloudformation::DeleteStackInstancesResponse response;
  response.operation_id = std::move(id);
  return response;
}

Result<aws::cloudformation::DescribeStackInstanceResponse> CloudFormationService::describe_stack_instance(
    const Info& info, const aws::cloudformation::DescribeStackInstanceRequest& request) {
  TRY(const StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  const auto found = set->instances.find(Place(*request.stack_instance_account, *request.stack_instance_region));
  if (found == set->instances.end()) {
    return fail(refusal(ErrorKind::not_found, "StackInstanceNotFoundException",
                        "StackInstance not found for account " + printable(*request.stack_instance_account, 60) +
                            " in region " + printable(*request.stack_instance_region, 60)));
  }
  using Shown = aws::cloudformation::StackInstance;
  aws::cloudformation::DescribeStackInstanceResponse response;
  response.stack_instance = set_ops::instance_of<Shown>(*set, found->first, found->second);
  for (const auto& [key, value] : found->second.overrides) {
    aws::cloudformation::Parameter& to = response.stack_instance->parameter_overrides.emplace_back();
    to.parameter_key = key;
    to.parameter_value = value;
  }
  return response;
}

Result<aws::cloudformation::ListStackInstancesResponse> CloudFormationService::list_stack_instances(
    const Info& info, const aws::cloudformation::ListStackInstancesRequest& request) {
  TRY(const StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  using Summary = aws::cloudformation::StackInstanceSummary;
  std::vector<Summary> all;
  std::string question = "instances/" + set->id + request.stack_instance_account.value_or("") + "/" +
                         request.stack_instance_region.value_or("");
  for (const auto& one : request.filters) question += "/" + one.values.value_or("");
  for (const auto& [place, instance] : set->instances) {
    if (request.stack_instance_account && *request.stack_instance_account != place.first) continue;
    if (request.stack_instance_region && *request.stack_instance_region != place.second) continue;
    const bool fits = std::all_of(request.filters.begin(), request.filters.end(), [&](const auto& filter) {
      const bool detailed = set_ops::text_of(filter.name) == "DETAILED_STATUS";
      return (detailed ? instance.detailed : instance.last_operation) == filter.values.value_or("");
    });
    if (fits) all.push_back(set_ops::instance_of<Summary>(*set, place, instance));
  }
  aws::cloudformation::ListStackInstancesResponse response;
  TRY_VOID(take_page(
      request.next_token, question, all, response.summaries, response.next_token,
      [](const Summary& one) { return *one.account + *one.region; }, set_ops::page_size(request.max_results)));
  return response;
}

namespace set_ops {

Result<SetOperation*> operation_of(StackSet& set, const std::string& id) {
  if (SetOperation* found = set.find_operation(id)) return found;
  return fail(refusal(ErrorKind::not_found, "OperationNotFoundException",
                      "Operation " + printable(id, 128) + " not found for StackSet " + set.name));
}

}  // namespace set_ops

Result<aws::cloudformation::DescribeStackSetOperationResponse> CloudFormationService::describe_stack_set_operation(
    const Info& info, const aws::cloudformation::DescribeStackSetOperationRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  TRY(const SetOperation* const found, set_ops::operation_of(*set, *request.operation_id));
  aws::cloudformation::StackSetOperation to;
  set_ops::show_operation(*set, *found, to);
  to.stack_set_id = set->id;
  if (found->action == "DELETE") to.retain_stacks = found->retain;
  if (!set->service_managed) {
    to.administration_role_arn = set->administration_role;
    to.execution_role_name = set->execution_role;
  }
  aws::cloudformation::DescribeStackSetOperationResponse response;
  response.stack_set_operation = std::move(to);
  return response;
}

Result<aws::cloudformation::ListStackSetOperationsResponse> CloudFormationService::list_stack_set_operations(
    const Info& info, const aws::cloudformation::ListStackSetOperationsRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  std::vector<aws::cloudformation::StackSetOperationSummary> all;
  for (auto one = set->operations.rbegin(); one != set->operations.rend(); ++one) {
    set_ops::show_operation(*set, *one, all.emplace_back());
  }
  aws::cloudformation::ListStackSetOperationsResponse response;
  TRY_VOID(take_page(
      request.next_token, "operations/" + set->id, all, response.summaries, response.next_token,
      [](const auto& one) { return *one.operation_id; }, set_ops::page_size(request.max_results)));
  return response;
}

Result<aws::cloudformation::ListStackSetOperationResultsResponse>
CloudFormationService::list_stack_set_operation_results(
    const Info& info, const aws::cloudformation::ListStackSetOperationResultsRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  TRY(const SetOperation* const found, set_ops::operation_of(*set, *request.operation_id));
  std::vector<aws::cloudformation::StackSetOperationResultSummary> all;
  std::string question = "results/" + found->id;
  for (const auto& one : request.filters) question += "/" + one.values.value_or("");
  for (const SetResult& one : found->results) {
    const bool fits = std::all_of(request.filters.begin(), request.filters.end(),
                                  [&](const auto& filter) { return filter.values.value_or("") == one.status; });
    if (!fits) continue;
    auto& to = all.emplace_back();
    to.account = one.place.first;
    to.region = one.place.second;
    to.status.emplace(one.status);
    if (!one.reason.empty()) to.status_reason = one.reason;
    to.account_gate_result.emplace();
    to.account_gate_result->status.emplace("SKIPPED");
    to.account_gate_result->status_reason = "Function not found: AWSCloudFormationStackSetAccountGate";
    if (!one.unit.empty()) to.organizational_unit_id = one.unit;
  }
  aws::cloudformation::ListStackSetOperationResultsResponse response;
  TRY_VOID(take_page(
      request.next_token, question, all, response.summaries, response.next_token,
      [](const auto& one) { return *one.account + *one.region; }, set_ops::page_size(request.max_results)));
  return response;
}

Result<aws::cloudformation::StopStackSetOperationResponse> CloudFormationService::stop_stack_set_operation(
    const Info& info, const aws::cloudformation::StopStackSetOperationRequest& request) {
  TRY(StackSet* const set, open_set(info, *request.stack_set_name, set_ops::text_of(request.call_as)));
  TRY(SetOperation* const found, set_ops::operation_of(*set, *request.operation_id));
  if (found->over()) {
    return fail(refusal(ErrorKind::conflict, "InvalidOperationException",
                        "Operation " + found->id + " is in status " + found->status + " and cannot be stopped"));
  }
  found->status = "STOPPING";
  sets_.stop(*found);
  return aws::cloudformation::StopStackSetOperationResponse();
}

}  // namespace postern::sim
