#include "sim/cloudformation/service.hpp"

#include "aws/core/dynamic.hpp"
#include "base/check.hpp"
#include "iam/arn.hpp"
#include "sim/cloudformation/service_shared.hpp"
#include "sim/cloudformation/stack_work.hpp"

namespace postern::sim {
namespace stacks {

Result<void> check_name(std::string_view member, const std::string& name, std::size_t length_max) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool fits = !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
  const std::string start = "1 validation error detected: Value '" + printable(name, 200) + "' at '" +
                            std::string(member) + "' failed to satisfy constraint: Member must ";
  if (name.size() > length_max) {
    return fail(validation_error(start + "have length less than or equal to " + std::to_string(length_max)));
  }
  if (fits) return {};
  return fail(validation_error(start + "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"));
}

std::vector<std::string> capable_types(const Template& from) {
  std::vector<std::string> out = from.types();
  std::erase_if(out, [](const std::string& name) {
    const ResourceType* type = find_type(name);
    return type == nullptr || type->capability == Capability::none;
  });
  return out;
}

std::string required_capability(const Template& from) {
  std::string out;
  for (const ResourceDecl& one : from.resources) {
    const ResourceType* type = find_type(one.type);
    if (type == nullptr || type->capability == Capability::none) continue;
    const bool named = !type->name_property.empty() && one.properties.contains(type->name_property);
    if (named) return "CAPABILITY_NAMED_IAM";
    out = "CAPABILITY_IAM";
  }
  return out;
}

std::string missing_capability(const Template& from, const std::vector<std::string>& acknowledged) {
  const std::string required = required_capability(from);
  const auto has = [&](std::string_view one) {
    return std::find(acknowledged.begin(), acknowledged.end(), one) != acknowledged.end();
  };
  if (required.empty() || has(required) || has("CAPABILITY_NAMED_IAM")) return std::string();
  return required;
}

Result<std::shared_ptr<const Template>> template_of(const std::optional<std::string>& body,
                                                    const std::optional<std::string>& url) {
  if (body && url) {
    return fail(validation_error("Both TemplateBody and TemplateURL are given: specify one of them"));
  }
  if (url) return fail(validation_error("TemplateURL is not offered by this simulator"));
  if (!body) return fail(validation_error("Either Template URL or Template Body must be specified."));
  TRY(Template made, parse_template(*body));
  std::vector<std::string> unknown = made.types();
  std::erase_if(unknown, [](const std::string& name) { return find_type(name) != nullptr; });
  if (!unknown.empty()) {
    return fail(validation_error("Template format error: Unrecognized resource types: [" + join(unknown, ", ") + "]"));
  }
  return std::make_shared<const Template>(std::move(made));
}

std::string shown_value(const ParameterDecl& decl, const Json& value) {
  if (decl.no_echo) return "****";
  if (!value.is_array()) return scalar_text(value).value_or("");
  std::vector<std::string> all;
  for (const Json& item : value.items()) all.push_back(scalar_text(item).value_or(""));
  return join(all, ",");
}

namespace service_detail {

bool may_update(const Stack& stack) {
  static constexpr std::string_view kStates[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
                                                 "CREATE_FAILED", "UPDATE_FAILED"};
  return std::find(std::begin(kStates), std::end(kStates), stack.status) != std::end(kStates);
}

Error wrong_state(const Stack& stack, std::string_view what) {
  return validation_error("Stack:" + stack.id + " is in " + stack.status + " state and can not be " +
                          std::string(what) + ".");
}

/// The token's first use is remembered, and a second one with the same request is answered as the first: absent when
/// the request is new.
template <class Request>
Result<bool> was_asked(const Info& info, Stack& stack, const std::optional<std::string>& token,
                       const Request& request) {
  if (!token) return false;
  const Json body = aws::to_json(aws::ConstErased(*info.operation->input, &request));
  const std::string asked = std::string(info.operation->name) + body.dump();
  const auto [at, is_new] = stack.tokens.emplace(*token, asked);
  if (is_new) return false;
  if (at->second == asked) return true;
  return fail(refusal(ErrorKind::conflict, "TokenAlreadyExistsException",
                      "A client request token already exists: " + printable(*token, 128)));
}

}  // namespace service_detail
}  // namespace stacks

using namespace stacks;

Result<stacks::Stack*> CloudFormationService::look_up(const Info& info, std::string_view name, Access access) {
  Stack* found = engine_.find(info.caller.account_id, info.region, name);
  const bool by_id = name.starts_with("arn:");
  const std::string arn =
      by_id ? std::string(name) : stack_arn(info.region, info.caller.account_id, "stack/" + std::string(name) + "/*");
  if (found != nullptr) {
    access.on(arn, found->model.tags);
  } else {
    access.on(arn);
  }
  TRY_VOID(authorize(info, access));
  return found;
}

Result<stacks::Stack*> CloudFormationService::open(const Info& info, std::string_view name, std::string_view missing,
                                                   Access access) {
  TRY(Stack* const found, look_up(info, name, std::move(access)));
  if (found != nullptr) return found;
  std::string text(missing);
  const std::size_t at = text.find('%');
  return fail(validation_error(text.replace(at, 1, printable(name, 300))));
}

Result<CloudFormationService::Info> CloudFormationService::acting(const Info& info, const StackModel& model) const {
  if (model.role_arn.empty()) return calls_.acting_for(info);
  return calls_.acting_as(info, model.role_arn, "cloudformation.amazonaws.com", "AWSCloudFormation");
}

/// What CreateStack, UpdateStack and CreateChangeSet say of the stack that is to be.
template <class Request>
Result<StackModel> CloudFormationService::model_of(const Info& info, const Request& request, const Stack* before) {
  StackModel made;
  if (before != nullptr) {
    made.tags = before->model.tags;
    made.notification_arns = before->model.notification_arns;
    made.role_arn = before->model.role_arn;
  }
  bool previous = false;
  if constexpr (requires { request.use_previous_template; }) previous = request.use_previous_template.value_or(false);
  if (previous && before == nullptr) return fail(validation_error("UsePreviousTemplate needs a stack that exists"));
  if (previous) {
    made.source = before->model.source;
  } else {
    TRY(made.source, template_of(request.template_body, request.template_url));
  }
  for (const auto& one : request.parameters) {
    const std::string key = one.parameter_key.value_or("");
    if (!one.use_previous_value.value_or(false)) {
      made.given[key] = one.parameter_value.value_or("");
      continue;
    }
    const auto value =
        before == nullptr ? std::map<std::string, Json>::const_iterator() : before->model.parameters.find(key);
    if (before == nullptr || value == before->model.parameters.end()) {
      return fail(validation_error("Invalid input for parameter key " + printable(key, 255) +
                                   ". Cannot specify usePreviousValue as true for a parameter key not in the previous "
                                   "template"));
    }
    ParameterDecl plain;
    made.given[key] = shown_value(plain, value->second);
  }
  TRY(made.parameters, parameter_values(*made.source, made.given));
  made.capabilities = open_texts(request.capabilities);
  TRY_VOID(expect_capabilities(*made.source, made.capabilities));
  if (!request.tags.empty()) {
    TRY(made.tags, tags_of(request.tags));
  }
  if (!request.notification_arns.empty()) made.notification_arns = request.notification_arns;
  if (request.role_arn) {
    TRY_VOID(authorize(
        info,
        Access("iam:PassRole").on(*request.role_arn).with("iam:PassedToService", "cloudformation.amazonaws.com")));
    made.role_arn = *request.role_arn;
  }
  return made;
}

template Result<StackModel> CloudFormationService::model_of(const Info&,
                                                            const aws::cloudformation::CreateChangeSetRequest&,
                                                            const Stack*);

Result<aws::cloudformation::CreateStackResponse> CloudFormationService::create_stack(
    const Info& info, const aws::cloudformation::CreateStackRequest& request) {
  using namespace service_detail;
  const std::string& name = *request.stack_name;
  TRY_VOID(check_name("stackName", name));
  Access access;
  TRY(const Tags tags, tags_of(request.tags));
  access.tagging(tags);
  if (request.role_arn) access.with("cloudformation:RoleArn", *request.role_arn);
  TRY(Stack* const before, look_up(info, name, std::move(access)));
  aws::cloudformation::CreateStackResponse response;
  if (before != nullptr && request.client_request_token && before->tokens.contains(*request.client_request_token)) {
    TRY_VOID(was_asked(info, *before, request.client_request_token, request));
    response.stack_id = before->id;
    return response;
  }
  if (before != nullptr) {
    return fail(refusal(ErrorKind::conflict, "AlreadyExistsException", "Stack [" + name + "] already exists"));
  }
  if (engine_.list(info.caller.account_id, info.region).size() >= StackEngine::kStacksMax + StackEngine::kDeletedMax) {
    return fail(refusal(ErrorKind::conflict, "LimitExceededException", "Limit for stack has been exceeded"));
  }
  if (request.on_failure && request.disable_rollback) {
    return fail(validation_error("You can specify either DisableRollback or OnFailure, but not both."));
  }
  TRY(StackModel model, model_of(info, request, nullptr));
  TRY(const Info as, acting(info, model));
  Stack& stack = engine_.add(info.caller.account_id, info.region, name);
  TRY_VOID(was_asked(info, stack, request.client_request_token, request));
  stack.timeout_minutes = request.timeout_in_minutes;
  stack.protected_from_deletion = request.enable_termination_protection.value_or(false);
  WorkOptions options;
  options.token = request.client_request_token.value_or("");
  const std::string on_failure = request.on_failure ? request.on_failure->text() : "ROLLBACK";
  stack.disable_rollback = request.disable_rollback.value_or(on_failure == "DO_NOTHING");
  options.on_failure = stack.disable_rollback   ? stacks::OnFailure::nothing
                       : on_failure == "DELETE" ? stacks::OnFailure::remove
                                                : stacks::OnFailure::rollback;
  engine_.create(stack, std::move(model), as, std::move(options));
  response.stack_id = stack.id;
  return response;
}

Result<aws::cloudformation::UpdateStackResponse> CloudFormationService::update_stack(
    const Info& info, const aws::cloudformation::UpdateStackRequest& request) {
  using namespace service_detail;
  Access access;
  TRY(const Tags tags, tags_of(request.tags));
  access.tagging(tags);
  if (request.role_arn) access.with("cloudformation:RoleArn", *request.role_arn);
  TRY(Stack* const stack, open(info, *request.stack_name, "Stack [%] does not exist", std::move(access)));
  aws::cloudformation::UpdateStackResponse response;
  response.stack_id = stack->id;
  if (request.client_request_token && stack->tokens.contains(*request.client_request_token)) {
    TRY_VOID(was_asked(info, *stack, request.client_request_token, request));
    return response;
  }
  if (stack->is_deleted()) return fail(validation_error("Stack [" + stack->name + "] does not exist"));
  if (!may_update(*stack)) return fail(wrong_state(*stack, "updated"));
  TRY(StackModel model, model_of(info, request, stack));
  const Result<bool> nothing = engine_.changes_nothing(*stack, model);
  if (nothing && *nothing && stack->status.ends_with("_COMPLETE")) {
    return fail(validation_error("No updates are to be performed."));
  }
  TRY(const Info as, acting(info, model));
  TRY_VOID(was_asked(info, *stack, request.client_request_token, request));
  WorkOptions options;
  options.token = request.client_request_token.value_or("");
  stack->disable_rollback = request.disable_rollback.value_or(false);
  if (stack->disable_rollback) options.on_failure = stacks::OnFailure::nothing;
  engine_.update(*stack, std::move(model), as, std::move(options));
  return response;
}

Result<aws::cloudformation::DeleteStackResponse> CloudFormationService::delete_stack(
    const Info& info, const aws::cloudformation::DeleteStackRequest& request) {
  using namespace service_detail;
  Access access;
  if (request.role_arn) access.with("cloudformation:RoleArn", *request.role_arn);
  TRY(Stack* const stack, look_up(info, *request.stack_name, std::move(access)));
  // Of a stack that is gone a second deletion says nothing.
  if (stack == nullptr || stack->is_deleted() || stack->status == "DELETE_IN_PROGRESS") {
    return aws::cloudformation::DeleteStackResponse();
  }
  TRY(const bool again, was_asked(info, *stack, request.client_request_token, request));
  if (again) return aws::cloudformation::DeleteStackResponse();
  if (stack->protected_from_deletion) {
    return fail(
        validation_error("Stack [" + stack->name + "] cannot be deleted while TerminationProtection is enabled"));
  }
  const bool starting = stack->status == "CREATE_IN_PROGRESS";
  if (stack->in_progress() && !starting) return fail(wrong_state(*stack, "deleted"));
  if (!request.retain_resources.empty() && stack->status != "DELETE_FAILED") {
    return fail(validation_error("Invalid operation on stack [" + stack->id +
                                 "]. Specify resources to retain only when the stack is in the DELETE_FAILED state"));
  }
  StackModel model = stack->model;
  if (request.role_arn) {
    TRY_VOID(authorize(
        info,
        Access("iam:PassRole").on(*request.role_arn).with("iam:PassedToService", "cloudformation.amazonaws.com")));
    model.role_arn = *request.role_arn;
  }
  TRY(const Info as, acting(info, model));
  WorkOptions options;
  options.token = request.client_request_token.value_or("");
  options.retained.insert(request.retain_resources.begin(), request.retain_resources.end());
  if (starting) engine_.abandon(*stack);
  engine_.remove(*stack, as, std::move(options));
  return aws::cloudformation::DeleteStackResponse();
}

Result<aws::cloudformation::CancelUpdateStackResponse> CloudFormationService::cancel_update_stack(
    const Info& info, const aws::cloudformation::CancelUpdateStackRequest& request) {
  TRY(Stack* const stack, open(info, *request.stack_name, "Stack [%] does not exist"));
  if (stack->status != "UPDATE_IN_PROGRESS") {
    return fail(validation_error("CancelUpdateStack cannot be called from current stack status"));
  }
  TRY(const bool again, service_detail::was_asked(info, *stack, request.client_request_token, request));
  if (!again) engine_.cancel_update(*stack);
  return aws::cloudformation::CancelUpdateStackResponse();
}

Result<aws::cloudformation::UpdateTerminationProtectionResponse> CloudFormationService::update_termination_protection(
    const Info& info, const aws::cloudformation::UpdateTerminationProtectionRequest& request) {
  TRY(Stack* const stack, open(info, *request.stack_name, "Stack [%] does not exist"));
  if (stack->is_deleted()) return fail(validation_error("Stack [" + stack->name + "] does not exist"));
  stack->protected_from_deletion = *request.enable_termination_protection;
  aws::cloudformation::UpdateTerminationProtectionResponse response;
  response.stack_id = stack->id;
  return response;
}

}  // namespace postern::sim
