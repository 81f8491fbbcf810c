#include "sim/cloudformation/service.hpp"
#include "sim/cloudformation/service_shared.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim {
namespace change_sets {

using namespace stacks;

constexpr std::string_view kNothing =
    "The submitted information didn't contain changes. Submit different information to create a change set.";
constexpr std::size_t kChangeSetsMax = 20;  ///< of a stack; AWS has no published limit

Error not_found(std::string_view name) {
  return refusal(ErrorKind::not_found, "ChangeSetNotFound", "ChangeSet [" + printable(name, 300) + "] does not exist");
}

aws::cloudformation::Change shown(const ResourceChange& from) {
  aws::cloudformation::ResourceChange change;
  change.action.emplace(from.action);
  change.logical_resource_id = from.logical_id;
  if (!from.physical_id.empty()) change.physical_resource_id = from.physical_id;
  change.resource_type = from.type;
  if (!from.replacement.empty()) change.replacement.emplace(from.replacement);
  for (const std::string& one : from.scope) change.scope.emplace_back(one);
  for (const ResourceChange::Detail& one : from.details) {
    aws::cloudformation::ResourceChangeDetail& to = change.details.emplace_back();
    to.target.emplace();
    to.target->attribute.emplace(one.attribute);
    if (!one.property.empty()) to.target->name = one.property;
    to.target->requires_recreation.emplace(one.recreation);
    to.evaluation.emplace(one.dynamic ? "Dynamic" : "Static");
    to.change_source.emplace(one.source);
    if (!one.cause.empty()) to.causing_entity = one.cause;
  }
  aws::cloudformation::Change out;
  out.type.emplace("Resource");
  out.resource_change = std::move(change);
  return out;
}

void drop(StackEngine& engine, Stack& stack, const std::string& name) {
  stack.change_sets.erase(name);
  // A stack that nothing but a change set made goes with the last one.
  if (stack.status == "REVIEW_IN_PROGRESS" && stack.change_sets.empty()) engine.forget(stack);
}

}  // namespace change_sets

using namespace stacks;

Result<aws::cloudformation::CreateChangeSetResponse> CloudFormationService::create_change_set(
    const Info& info, const aws::cloudformation::CreateChangeSetRequest& request) {
  const std::string& name = *request.stack_name;
  const bool creates = request.change_set_type && request.change_set_type->text() == "CREATE";
  if (request.change_set_type && request.change_set_type->text() == "IMPORT") {
    return fail(validation_error("Imports of resources are not offered by this simulator"));
  }
  TRY_VOID(check_name("changeSetName", *request.change_set_name));
  if (creates) TRY_VOID(check_name("stackName", name));
  TRY(const Tags tags, tags_of(request.tags));
  Access access;
  access.tagging(tags).with("cloudformation:ChangeSetName", *request.change_set_name);
  if (request.role_arn) access.with("cloudformation:RoleArn", *request.role_arn);
  TRY(Stack * stack, look_up(info, name, std::move(access)));
  const bool review = stack != nullptr && stack->status == "REVIEW_IN_PROGRESS";
  if (stack != nullptr) {
    if (const auto found = stack->change_sets.find(*request.change_set_name); found != stack->change_sets.end()) {
      if (request.client_token && found->second.token == *request.client_token) {
        aws::cloudformation::CreateChangeSetResponse same;
        same.id = found->second.id;
        same.stack_id = stack->id;
        return same;
      }
      return fail(refusal(ErrorKind::conflict, "AlreadyExistsException",
                          "ChangeSet " + *request.change_set_name + " already exists"));
    }
  }
  if (creates && stack != nullptr && !review) {
    return fail(validation_error("Stack [" + name +
                                 "] already exists and cannot be created again with the changeSet [" +
                                 *request.change_set_name + "]."));
  }
  if (!creates && (stack == nullptr || review || stack->is_deleted())) {
    return fail(validation_error("Stack [" + name + "] does not exist"));
  }
  if (!creates &&
      (stack->in_progress() || !stack->status.ends_with("_COMPLETE") || stack->status == "ROLLBACK_COMPLETE")) {
    return fail(validation_error("Stack:" + stack->id + " is in " + stack->status + " state and can not be updated."));
  }
  if (stack != nullptr && stack->change_sets.size() >= change_sets::kChangeSetsMax) {
    return fail(refusal(ErrorKind::conflict, "LimitExceededException", "ChangeSet limit exceeded"));
  }
  TRY(StackModel model, model_of(info, request, creates ? nullptr : stack));
  if (stack == nullptr) {
    stack = &engine_.add(info.caller.account_id, info.region, name);
    stack->status = "REVIEW_IN_PROGRESS";
    stack->model.tags = model.tags;
  }
  ChangeSet& made = stack->change_sets[*request.change_set_name];
  made.name = *request.change_set_name;
  made.id = stack_arn(info.region, info.caller.account_id, "changeSet/" + made.name + "/" + engine_.uuid());
  made.description = request.description.value_or("");
  made.token = request.client_token.value_or("");
  made.creates = creates;
  made.created = engine_.now();
  made.model = std::move(model);
  engine_.later(stack->id, [this, key = made.name](Stack& later) {
    const auto found = later.change_sets.find(key);
    if (found == later.change_sets.end() || found->second.status != "CREATE_PENDING") return;
    found->second.status = "CREATE_IN_PROGRESS";
    engine_.later(later.id, [this, key](Stack& last) { compute(last, key); });
  });
  aws::cloudformation::CreateChangeSetResponse response;
  response.id = made.id;
  response.stack_id = stack->id;
  return response;
}

void CloudFormationService::compute(Stack& stack, const std::string& change_set) {
  const auto found = stack.change_sets.find(change_set);
  if (found == stack.change_sets.end() || found->second.status != "CREATE_IN_PROGRESS") return;
  ChangeSet& set = found->second;
  Result<std::vector<ResourceChange>> changes = engine_.changes(stack, set.model);
  const Result<bool> nothing = engine_.changes_nothing(stack, set.model);
  if (!changes || !nothing || (*nothing && !set.creates)) {
    set.status = "FAILED";
    set.reason = change_sets::kNothing;
    if (!nothing) set.reason = nothing.error().message();
    if (!changes) set.reason = changes.error().message();
    return;
  }
  set.changes = std::move(*changes);
  set.status = "CREATE_COMPLETE";
  set.execution = "AVAILABLE";
}

Result<std::pair<stacks::Stack*, stacks::ChangeSet*>> CloudFormationService::open_change_set(
    const Info& info, const std::string& name, const std::optional<std::string>& stack_name) {
  const bool by_id = name.starts_with("arn:");
  if (!by_id && !stack_name) {
    return fail(validation_error("StackName must be specified if ChangeSetName is not specified as an ARN."));
  }
  std::string stack = stack_name.value_or("");
  for (Stack* one : engine_.list(info.caller.account_id, info.region)) {
    for (const auto& [key, set] : one->change_sets) {
      if (by_id && set.id == name) stack = one->id;
    }
  }
  if (stack.empty()) {
    TRY_VOID(authorize(info, stack_arn(info.region, info.caller.account_id, "stack/*/*")));
    return fail(change_sets::not_found(name));
  }
  Access access;
  access.with("cloudformation:ChangeSetName", name);
  TRY(Stack* const found, open(info, stack, "Stack [%] does not exist", std::move(access)));
  for (auto& [key, set] : found->change_sets) {
    if (by_id ? set.id == name : key == name) return std::pair(found, &set);
  }
  return fail(change_sets::not_found(name));
}

Result<aws::cloudformation::DescribeChangeSetResponse> CloudFormationService::describe_change_set(
    const Info& info, const aws::cloudformation::DescribeChangeSetRequest& request) {
  TRY(const auto found, open_change_set(info, *request.change_set_name, request.stack_name));
  const auto& [stack, set] = found;
  aws::cloudformation::DescribeChangeSetResponse response;
  response.change_set_name = set->name;
  response.change_set_id = set->id;
  response.stack_id = stack->id;
  response.stack_name = stack->name;
  if (!set->description.empty()) response.description = set->description;
  response.creation_time = set->created;
  response.execution_status.emplace(set->execution);
  response.status.emplace(set->status);
  if (!set->reason.empty()) response.status_reason = set->reason;
  for (const ParameterDecl& decl : set->model.source->parameters) {
    aws::cloudformation::Parameter& to = response.parameters.emplace_back();
    to.parameter_key = decl.id;
    to.parameter_value = shown_value(decl, set->model.parameters.at(decl.id));
  }
  response.notification_arns = set->model.notification_arns;
  for (const std::string& one : set->model.capabilities) response.capabilities.emplace_back(one);
  for (const auto& [key, value] : set->model.tags) {
    aws::cloudformation::Tag& tag = response.tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  response.include_nested_stacks = false;
  std::vector<aws::cloudformation::Change> all;
  for (const ResourceChange& one : set->changes) all.push_back(change_sets::shown(one));
  TRY_VOID(take_page(request.next_token, "changes/" + set->id, all, response.changes, response.next_token,
                     [](const aws::cloudformation::Change& one) { return *one.resource_change->logical_resource_id; }));
  return response;
}

Result<aws::cloudformation::ExecuteChangeSetResponse> CloudFormationService::execute_change_set(
    const Info& info, const aws::cloudformation::ExecuteChangeSetRequest& request) {
  TRY(const auto found, open_change_set(info, *request.change_set_name, request.stack_name));
  const auto& [stack, set] = found;
  const std::string token = request.client_request_token.value_or("");
  if (!token.empty() && stack->tokens.contains(token) && stack->tokens[token] == set->id) {
    return aws::cloudformation::ExecuteChangeSetResponse();
  }
  if (!token.empty() && stack->tokens.contains(token)) {
    return fail(refusal(ErrorKind::conflict, "TokenAlreadyExistsException", "A client request token already exists"));
  }
  if (set->status != "CREATE_COMPLETE" || set->execution != "AVAILABLE") {
    return fail(refusal(ErrorKind::conflict, "InvalidChangeSetStatus",
                        "ChangeSet [" + set->id + "] cannot be executed in its current " +
                            (set->status == "CREATE_COMPLETE" ? "execution status of [" + set->execution
                                                              : "status of [" + set->status) +
                            "]"));
  }
  if (stack->in_progress()) {
    return fail(validation_error("Stack:" + stack->id + " is in " + stack->status + " state and can not be updated."));
  }
  TRY(const Info as, acting(info, set->model));
  if (!token.empty()) stack->tokens[token] = set->id;
  for (auto& [key, other] : stack->change_sets) other.execution = "OBSOLETE";
  set->execution = "EXECUTE_IN_PROGRESS";
  stack->change_set_id = set->id;
  WorkOptions options;
  options.token = token;
  stack->disable_rollback = request.disable_rollback.value_or(false);
  if (stack->disable_rollback) options.on_failure = stacks::OnFailure::nothing;
  options.ended = [key = set->name](Stack& ended) {
    const auto done = ended.change_sets.find(key);
    if (done == ended.change_sets.end()) return;
    const bool good = ended.status == "CREATE_COMPLETE" || ended.status == "UPDATE_COMPLETE";
    done->second.execution = good ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED";
  };
  if (set->creates) {
    engine_.create(*stack, set->model, as, std::move(options));
  } else {
    engine_.update(*stack, set->model, as, std::move(options));
  }
  return aws::cloudformation::ExecuteChangeSetResponse();
}

Result<aws::cloudformation::DeleteChangeSetResponse> CloudFormationService::delete_change_set(
    const Info& info, const aws::cloudformation::DeleteChangeSetRequest& request) {
  const auto found = open_change_set(info, *request.change_set_name, request.stack_name);
  if (!found && found.error().kind() == ErrorKind::not_found) return aws::cloudformation::DeleteChangeSetResponse();
  if (!found) return fail(found.error());
  const auto& [stack, set] = *found;
  if (set->execution == "EXECUTE_IN_PROGRESS") {
    return fail(refusal(ErrorKind::conflict, "InvalidChangeSetStatus",
                        "ChangeSet [" + set->id + "] cannot be deleted while it is executed"));
  }
  change_sets::drop(engine_, *stack, set->name);
  return aws::cloudformation::DeleteChangeSetResponse();
}

Result<aws::cloudformation::ListChangeSetsResponse> CloudFormationService::list_change_sets(
    const Info& info, const aws::cloudformation::ListChangeSetsRequest& request) {
  TRY(Stack* const stack, open(info, *request.stack_name, "Stack [%] does not exist"));
  std::vector<aws::cloudformation::ChangeSetSummary> all;
  for (const auto& [name, set] : stack->change_sets) {
    aws::cloudformation::ChangeSetSummary& to = all.emplace_back();
    to.stack_id = stack->id;
    to.stack_name = stack->name;
    to.change_set_id = set.id;
    to.change_set_name = name;
    to.execution_status.emplace(set.execution);
    to.status.emplace(set.status);
    if (!set.reason.empty()) to.status_reason = set.reason;
    to.creation_time = set.created;
    if (!set.description.empty()) to.description = set.description;
    to.include_nested_stacks = false;
  }
  aws::cloudformation::ListChangeSetsResponse response;
  TRY_VOID(take_page(request.next_token, "changesets/" + stack->id, all, response.summaries, response.next_token,
                     [](const aws::cloudformation::ChangeSetSummary& one) { return *one.change_set_name; }));
  return response;
}

}  // namespace postern::sim
