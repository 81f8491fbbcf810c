// Reading commands and their invocations.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"
#include "sim/ssm_service.hpp"
#include "sim/ssm_shared.hpp"

namespace postern::sim {
namespace ssm_commands {

using aws::server::fault;
using aws::ssm::CommandFilter;
using Info = aws::server::CallInfo;

constexpr std::size_t kPageDefault = 50;

struct Filters {
  Filters() = default;
  std::optional<WallTime> after;
  std::optional<WallTime> before;
  std::string status;
  std::string stage;
  std::string document;
};

Error invalid_filter(std::string_view why) {
  return fault(ErrorKind::usage, "InvalidFilterKey", std::string(why), 400);
}

/// ListCommands filters by ExecutionStage as well.
enum class Stage : std::uint8_t { offered, not_offered };

Result<Filters> filters_of(const std::vector<CommandFilter>& given, Stage stage) {
  Filters filters;
  for (const CommandFilter& filter : given) {
    const std::string& key = filter.key->text();
    const std::string& value = *filter.value;
    if (key == "InvokedAfter" || key == "InvokedBefore") {
      const std::optional<WallTime> time = parse_rfc3339(value);
      if (!time) return fail(invalid_filter("The value of " + key + " is not a time: " + printable(value, 60)));
      (key == "InvokedAfter" ? filters.after : filters.before) = time;
    } else if (key == "Status") {
      filters.status = value;
    } else if (key == "DocumentName") {
      filters.document = value;
    } else if (key == "ExecutionStage" && stage == Stage::offered) {
      if (value != "Executing" && value != "Complete") return fail(invalid_filter("ExecutionStage: " + value));
      filters.stage = value;
    } else {
      return fail(invalid_filter("The filter key " + printable(key, 60) + " is not valid here"));
    }
  }
  return filters;
}

/// Status filters take the compact names of both levels: "TimedOut", "DeliveryTimedOut".
bool has_status(const StateText& state, const std::string& wanted) {
  return wanted.empty() || state.status == wanted || state.details == wanted;
}

bool matches(const Command& command, const Filters& filters) {
  if (filters.after && command.requested < *filters.after) return false;
  if (filters.before && command.requested >= *filters.before) return false;
  return filters.document.empty() || command.spec.document->name == filters.document;
}

std::string question_of(std::string_view what, const Info& info, const std::optional<std::string>& command,
                        const std::optional<std::string>& instance, const std::vector<CommandFilter>& filters) {
  std::string text = std::string(what) + "/" + info.caller.account_id + "/" + info.region + "/" + command.value_or("") +
                     "/" + instance.value_or("");
  for (const CommandFilter& filter : filters) text += "\n" + filter.key->text() + "=" + *filter.value;
  return text;
}

Error invalid_command(std::string_view id) {
  return fault(ErrorKind::not_found, "InvalidCommandId", "The command ID " + printable(id, 60) + " is not valid", 400);
}

std::size_t page_size(const std::optional<std::int32_t>& asked) {
  return asked ? static_cast<std::size_t>(*asked) : kPageDefault;
}

std::string_view plugin_status(InvocationState state) {
  if (state == InvocationState::delayed) return "Pending";
  return state == InvocationState::cancelling ? "InProgress" : text_of(state).status;
}

aws::ssm::CommandPlugin describe_plugin(const Command& command, const Invocation& from) {
  aws::ssm::CommandPlugin to;
  to.name = command.spec.document->plugin;
  to.status.emplace(plugin_status(from.state));
  to.status_details = text_of(from.state).details;
  to.response_code = from.exit_code;
  to.response_start_date_time = from.started;
  to.response_finish_date_time = from.finished;
  to.output = plugin_output(from);
  to.standard_output_url = "";
  to.standard_error_url = "";
  to.output_s3_bucket_name = command.spec.output_bucket;
  to.output_s3_key_prefix = command.spec.output_prefix;
  return to;
}

enum class Detail : std::uint8_t { brief, plugins };

aws::ssm::CommandInvocation describe_invocation(const Command& command, const Invocation& from, Detail detail) {
  const StateText state = text_of(from.state);
  aws::ssm::CommandInvocation to;
  to.command_id = command.id;
  to.instance_id = from.instance_id;
  to.instance_name = from.instance_name;
  to.comment = command.spec.comment;
  to.document_name = command.spec.document->name;
  to.document_version = "$DEFAULT";
  to.requested_date_time = command.requested;
  to.status.emplace(state.status);
  to.status_details = state.details;
  to.standard_output_url = "";
  to.standard_error_url = "";
  to.service_role = "";
  to.cloud_watch_output_config.emplace().cloud_watch_output_enabled = false;
  if (detail == Detail::plugins) to.command_plugins.push_back(describe_plugin(command, from));
  return to;
}

/// "PT0.091S".
std::string iso_duration(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  std::string fraction = std::to_string(milliseconds % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return "PT" + std::to_string(milliseconds / 1000) + (fraction.empty() ? "" : "." + fraction) + "S";
}

std::string iso_time(const std::optional<WallTime>& time) {
  return time ? format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(*time)) : std::string();
}

}  // namespace ssm_commands

Result<aws::ssm::ListCommandsResponse> SsmService::commands(const Info& info,
                                                            const aws::ssm::ListCommandsRequest& request) const {
  using namespace ssm_commands;
  TRY_VOID(authorize(info));
  TRY(const Filters filters, filters_of(request.filters, Stage::offered));
  const WallTime now = cloud_.now(info.ctx.clock());
  std::vector<const Command*> found;
  for (const Command* command : engine_.list(info.caller.account_id, info.region)) {
    if (request.command_id && command->id != *request.command_id) continue;
    if (now < command->visible || !matches(*command, filters)) continue;
    if (request.instance_id && command->find(*request.instance_id) == nullptr) continue;
    if (!has_status(command->state(), filters.status)) continue;
    if (!filters.stage.empty() && command->is_done() != (filters.stage == "Complete")) continue;
    found.push_back(command);
  }
  if (request.command_id && found.empty() &&
      engine_.find(info.caller.account_id, info.region, *request.command_id) == nullptr) {
    return fail(invalid_command(*request.command_id));
  }
  const std::string question = question_of("commands", info, request.command_id, request.instance_id, request.filters);
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), page_size(request.max_results),
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ssm::ListCommandsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.commands.push_back(ssm_shared::describe_command(*found[i]));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::ListCommandInvocationsResponse> SsmService::invocations(
    const Info& info, const aws::ssm::ListCommandInvocationsRequest& request) const {
  using namespace ssm_commands;
  TRY_VOID(authorize(info));
  TRY(const Filters filters, filters_of(request.filters, Stage::not_offered));
  const WallTime now = cloud_.now(info.ctx.clock());
  struct Found {
    Found(const Command* c, const Invocation* i) : command(c), invocation(i), key(c->id + "/" + i->instance_id) {}
    const Command* command;
    const Invocation* invocation;
    std::string key;
  };
  std::vector<Found> found;
  for (const Command* command : engine_.list(info.caller.account_id, info.region)) {
    if (request.command_id && command->id != *request.command_id) continue;
    if (now < command->visible || !matches(*command, filters)) continue;
    for (const Invocation& one : command->invocations) {
      if (request.instance_id && one.instance_id != *request.instance_id) continue;
      if (has_status(text_of(one.state), filters.status)) found.emplace_back(command, &one);
    }
  }
  const std::string question =
      question_of("invocations", info, request.command_id, request.instance_id, request.filters);
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), page_size(request.max_results),
                               [&](std::size_t i) -> std::string_view { return found[i].key; }));
  const Detail detail = request.details.value_or(false) ? Detail::plugins : Detail::brief;
  aws::ssm::ListCommandInvocationsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.command_invocations.push_back(describe_invocation(*found[i].command, *found[i].invocation, detail));
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::GetCommandInvocationResponse> SsmService::invocation(
    const Info& info, const aws::ssm::GetCommandInvocationRequest& request) const {
  using namespace ssm_commands;
  TRY_VOID(authorize(info));
  const Command* command = engine_.find(info.caller.account_id, info.region, *request.command_id);
  const Invocation* found = nullptr;
  if (command != nullptr && cloud_.now(info.ctx.clock()) >= command->visible) {
    found = command->find(*request.instance_id);
  }
  if (found == nullptr) {
    return fail(fault(ErrorKind::not_found, "InvocationDoesNotExist", "", 400));
  }
  const std::string& plugin = command->spec.document->plugin;
  if (request.plugin_name && *request.plugin_name != plugin) {
    return fail(fault(ErrorKind::not_found, "InvalidPluginName", "", 400));
  }
  const StateText state = text_of(found->state);
  aws::ssm::GetCommandInvocationResponse response;
  response.command_id = command->id;
  response.instance_id = found->instance_id;
  response.comment = command->spec.comment;
  response.document_name = command->spec.document->name;
  response.document_version = "$DEFAULT";
  response.plugin_name = plugin;
  response.response_code = found->exit_code;
  response.execution_start_date_time = iso_time(found->started);
  response.execution_end_date_time = iso_time(found->finished);
  response.execution_elapsed_time =
      found->started && found->finished ? iso_duration(*found->finished - *found->started) : std::string();
  response.status.emplace(state.status);
  response.status_details = state.details;
  response.standard_output_content = found->output;
  response.standard_error_content = found->errors;
  response.standard_output_url = "";
  response.standard_error_url = "";
  response.cloud_watch_output_config.emplace().cloud_watch_output_enabled = false;
  return response;
}

SsmService::Answer<aws::ssm::ListCommandsResponse> SsmService::list_commands(Info info,
                                                                             aws::ssm::ListCommandsRequest request) {
  co_return commands(info, request);
}

SsmService::Answer<aws::ssm::ListCommandInvocationsResponse> SsmService::list_command_invocations(
    Info info, aws::ssm::ListCommandInvocationsRequest request) {
  co_return invocations(info, request);
}

SsmService::Answer<aws::ssm::GetCommandInvocationResponse> SsmService::get_command_invocation(
    Info info, aws::ssm::GetCommandInvocationRequest request) {
  co_return invocation(info, request);
}

}  // namespace postern::sim
