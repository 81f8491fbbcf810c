#include "adapters/stack_source.hpp"

#include <algorithm>

#include "aws/cloudformation/ops.hpp"
#include "aws/core/pager.hpp"

namespace postern::adapters {
namespace {

namespace cloudformation = aws::cloudformation;

/// DescribeStacks says it in words only: ValidationError, "Stack with id NAME does not exist".
bool says_no_stack(const Error& error) {
  return error.aws() != nullptr && error.aws()->code == "ValidationError" &&
         error.message().find("does not exist") != std::string::npos;
}

bool says_no_change_set(const Error& error) {
  return error.aws() != nullptr && error.aws()->code == "ChangeSetNotFound";
}

stacks::Stack stack_of(const cloudformation::Stack& wire) {
  stacks::Stack stack;
  stack.id = wire.stack_id.value_or("");
  if (wire.stack_status) stack.status = wire.stack_status->text();
  stack.reason = wire.stack_status_reason.value_or("");
  stack.protected_from_deletion = wire.enable_termination_protection.value_or(false);
  for (const cloudformation::Parameter& each : wire.parameters) {
    if (each.parameter_key) stack.parameters[*each.parameter_key] = each.parameter_value.value_or("");
  }
  for (const cloudformation::Output& each : wire.outputs) {
    if (each.output_key) stack.outputs[*each.output_key] = each.output_value.value_or("");
  }
  return stack;
}

stacks::ResourceChange change_of(const cloudformation::ResourceChange& wire) {
  stacks::ResourceChange change;
  if (wire.action) change.action = wire.action->text();
  change.logical_id = wire.logical_resource_id.value_or("");
  change.physical_id = wire.physical_resource_id.value_or("");
  change.type = wire.resource_type.value_or("");
  if (wire.replacement) change.replacement = wire.replacement->text();
  for (const cloudformation::ResourceChangeDetail& detail : wire.details) {
    if (!detail.target) continue;
    const bool named = detail.target->name.has_value() && !detail.target->name->empty();
    if (named) {
      change.what.push_back(*detail.target->name);
    } else if (detail.target->attribute) {
      change.what.push_back(detail.target->attribute->text());
    }
  }
  std::sort(change.what.begin(), change.what.end());
  change.what.erase(std::unique(change.what.begin(), change.what.end()), change.what.end());
  return change;
}

stacks::StackEvent event_of(const cloudformation::StackEvent& wire) {
  stacks::StackEvent event;
  event.id = wire.event_id.value_or("");
  if (wire.timestamp) event.at = *wire.timestamp;
  event.logical_id = wire.logical_resource_id.value_or("");
  event.physical_id = wire.physical_resource_id.value_or("");
  event.type = wire.resource_type.value_or("");
  if (wire.resource_status) event.status = wire.resource_status->text();
  event.reason = wire.resource_status_reason.value_or("");
  event.token = wire.client_request_token.value_or("");
  return event;
}

cloudformation::CreateChangeSetRequest change_request(stacks::StackOrder order,
                                                      const std::optional<stacks::Stack>& current) {
  cloudformation::CreateChangeSetRequest request;
  request.stack_name = order.name;
  request.template_body = std::move(order.body);
  request.change_set_type.emplace(current ? "UPDATE" : "CREATE");
  request.capabilities.emplace_back("CAPABILITY_NAMED_IAM");
  for (const auto& [key, value] : order.parameters) {
    cloudformation::Parameter parameter;
    parameter.parameter_key = key;
    parameter.parameter_value = value;
    request.parameters.push_back(std::move(parameter));
  }
  for (const std::string& key : order.declared) {
    if (!current || order.parameters.contains(key) || !current->parameters.contains(key)) continue;
    cloudformation::Parameter kept;
    kept.parameter_key = key;
    kept.use_previous_value = true;
    request.parameters.push_back(std::move(kept));
  }
  for (const auto& [key, value] : order.tags) {
    cloudformation::Tag tag;
    tag.key = key;
    tag.value = value;
    request.tags.push_back(std::move(tag));
  }
  return request;
}

/// A call whose answer says no more than that it was taken.
template <class Op>
rt::Task<Result<void>> ask(rt::CallContext ctx, AwsSession& session, fleet::ScopePtr scope,
                           typename Op::Request request) {
  CO_TRY(aws::CallScope call, session.call_scope(*scope));
  const auto response = co_await aws::call<Op>(ctx, session.invoker(), std::move(call), std::move(request));
  if (!response) co_return fail(response.error());
  co_return Result<void>();
}

}  // namespace

rt::Task<Result<std::optional<stacks::Stack>>> AwsStacks::describe(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                   std::string stack) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  cloudformation::DescribeStacksRequest request;
  request.stack_name = std::move(stack);
  const auto response =
      co_await aws::call<cloudformation::DescribeStacks>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!response) {
    if (says_no_stack(response.error())) co_return std::optional<stacks::Stack>();
    co_return fail(response.error());
  }
  if (response->stacks.empty()) co_return std::optional<stacks::Stack>();
  co_return stack_of(response->stacks.front());
}

rt::Task<Result<void>> AwsStacks::create_change_set(rt::CallContext ctx, fleet::ScopePtr scope,
                                                    stacks::StackOrder order, std::optional<stacks::Stack> current,
                                                    std::string name) {
  cloudformation::CreateChangeSetRequest request = change_request(std::move(order), current);
  request.change_set_name = name;
  request.client_token = name;
  return ask<cloudformation::CreateChangeSet>(ctx, session_, std::move(scope), std::move(request));
}

rt::Task<Result<std::optional<stacks::ChangeSet>>> AwsStacks::describe_change_set(rt::CallContext ctx,
                                                                                  fleet::ScopePtr scope,
                                                                                  std::string stack, std::string name) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  cloudformation::DescribeChangeSetRequest request;
  request.stack_name = std::move(stack);
  request.change_set_name = std::move(name);
  aws::Pager<cloudformation::DescribeChangeSet> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  stacks::ChangeSet set;
  for (;;) {
    auto page = co_await pager.next();
    if (!page) {
      if (says_no_change_set(page.error())) co_return std::optional<stacks::ChangeSet>();
      co_return fail(std::move(page).error());
    }
    if (!*page) co_return set;
    const cloudformation::DescribeChangeSetResponse& part = **page;
    if (part.status) set.status = part.status->text();
    if (part.execution_status) set.execution_status = part.execution_status->text();
    set.reason = part.status_reason.value_or("");
    for (const cloudformation::Change& each : part.changes) {
      if (each.resource_change) set.changes.push_back(change_of(*each.resource_change));
    }
  }
}

rt::Task<Result<void>> AwsStacks::execute_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                                     std::string name, std::string token) {
  cloudformation::ExecuteChangeSetRequest request;
  request.stack_name = std::move(stack);
  request.change_set_name = std::move(name);
  request.client_request_token = std::move(token);
  return ask<cloudformation::ExecuteChangeSet>(ctx, session_, std::move(scope), std::move(request));
}

rt::Task<Result<void>> AwsStacks::delete_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                                    std::string name) {
  cloudformation::DeleteChangeSetRequest request;
  request.stack_name = std::move(stack);
  request.change_set_name = std::move(name);
  const Result<void> gone =
      co_await ask<cloudformation::DeleteChangeSet>(ctx, session_, std::move(scope), std::move(request));
  if (!gone && says_no_change_set(gone.error())) co_return Result<void>();
  co_return gone;
}

rt::Task<Result<void>> AwsStacks::delete_stack(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                               std::string token) {
  cloudformation::DeleteStackRequest request;
  request.stack_name = std::move(stack);
  request.client_request_token = std::move(token);
  return ask<cloudformation::DeleteStack>(ctx, session_, std::move(scope), std::move(request));
}

rt::Task<Result<std::string>> AwsStacks::newest_event(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  cloudformation::DescribeStackEventsRequest request;
  request.stack_name = std::move(stack);
  CO_TRY(const auto page, co_await aws::call<cloudformation::DescribeStackEvents>(ctx, session_.invoker(),
                                                                                  std::move(call), std::move(request)));
  co_return page.stack_events.empty() ? std::string() : page.stack_events.front().event_id.value_or("");
}

rt::Task<Result<std::vector<stacks::StackEvent>>> AwsStacks::events(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                    std::string stack, std::string after) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  cloudformation::DescribeStackEventsRequest request;
  request.stack_name = std::move(stack);
  aws::Pager<cloudformation::DescribeStackEvents> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  // The newest come first: pages are read until the one that is known.
  std::vector<stacks::StackEvent> events;
  for (bool known = false; !known;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const cloudformation::StackEvent& each : page->stack_events) {
      known = !after.empty() && each.event_id == after;
      if (known) break;
      events.push_back(event_of(each));
    }
  }
  std::reverse(events.begin(), events.end());
  co_return events;
}

}  // namespace postern::adapters
