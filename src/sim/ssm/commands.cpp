// Reading commands and their invocations.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"

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

/// Status filters take the compact names of both levels: "TimedOut", "DeliveryTimedOut".
bool has_status(const StateText& state, const std::string& wanted) {
  if (wanted.empty() || state.status == wanted || state.details == wanted) return true;
  return wanted == "LimitExceeded" && state.details == "RateExceeded";
}

Result<void> check_status(const std::string& value) {
  static constexpr std::string_view kKnown[] = {
      "Pending",    "InProgress",    "Delayed",          "Success",           "Cancelled",      "Failed",
      "TimedOut",   "Cancelling",    "DeliveryTimedOut", "ExecutionTimedOut", "Incomplete",     "NoInstancesInTag",
      "Terminated", "Undeliverable", "LimitExceeded",    "AccessDenied",      "InvalidPlatform"};
  if (std::find(std::begin(kKnown), std::end(kKnown), value) != std::end(kKnown)) return {};
  return fail(ssm_shared::validation_error("filters", value, "Member must be the name of a status"));
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
      TRY_VOID(check_status(value));
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

/// Where output of a step lies; empty: nowhere.
std::string output_url(const Command& command, const Invocation& from, const DocumentStep& step,
                       std::string_view stream) {
  const CommandSpec& spec = command.spec;
  if (spec.output_bucket.empty()) return {};
  return "https://s3." + spec.region + ".amazonaws.com/" + spec.output_bucket + "/" +
         output_key(spec.output_prefix, command.id, from.instance_id, step.action, step.name, std::string(stream));
}

StateText text_of_end(StepOutcome::End end) {
  switch (end) {
    case StepOutcome::End::success:
      return StateText("Success", "Success");
    case StepOutcome::End::skipped:
      return StateText("Success", "Skipped");
    case StepOutcome::End::timed_out:
      return StateText("TimedOut", "ExecutionTimedOut");
    case StepOutcome::End::cancelled:
      return StateText("Cancelled", "Cancelled");
    case StepOutcome::End::failed:
      break;
  }
  return StateText("Failed", "Failed");
}

/// The state of step `index`: its own when it ended, else what the invocation says of the step that runs.
StateText step_state(const Invocation& from, std::size_t index) {
  if (index < from.steps.size()) return text_of_end(from.steps[index].end);
  if (is_terminal(from.state)) return text_of(from.state);
  const bool runs = from.started && index == from.steps.size();
  return runs ? StateText("InProgress", "InProgress") : StateText("Pending", "Pending");
}

const StepOutcome& step_outcome(const Invocation& from, std::size_t index) {
  static const StepOutcome none;
  return index < from.steps.size() ? from.steps[index] : none;
}

aws::ssm::CommandPlugin describe_plugin(const Command& command, const Invocation& from, std::size_t index) {
  const DocumentStep& step = command.spec.document->steps[index];
  const StepOutcome& outcome = step_outcome(from, index);
  const StateText state = step_state(from, index);
  aws::ssm::CommandPlugin to;
  to.name = step.name;
  to.status.emplace(state.status);
  to.status_details = state.details;
  to.response_code = outcome.exit_code;
  to.response_start_date_time = outcome.started ? outcome.started : index == 0 ? from.started : std::nullopt;
  to.response_finish_date_time = outcome.finished;
  to.output = plugin_output(outcome);
  to.standard_output_url = output_url(command, from, step, "stdout");
  to.standard_error_url = output_url(command, from, step, "stderr");
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
  to.document_version = command.spec.document_version;
  to.requested_date_time = command.requested;
  to.status.emplace(state.status);
  to.status_details = state.details;
  const auto& steps = command.spec.document->steps;
  const bool single = steps.size() == 1;
  to.standard_output_url = single ? output_url(command, from, steps.front(), "stdout") : std::string();
  to.standard_error_url = single ? output_url(command, from, steps.front(), "stderr") : std::string();
  to.service_role = "";
  to.cloud_watch_output_config = ssm_shared::describe_log_group(command.spec);
  for (std::size_t i = 0; detail == Detail::plugins && i < steps.size(); ++i) {
    to.command_plugins.push_back(describe_plugin(command, from, i));
  }
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
  std::vector<const Command*> searched;
  if (request.command_id) {
    const Command* one = engine_.find(info.caller.account_id, info.region, *request.command_id);
    if (one == nullptr) return fail(invalid_command(*request.command_id));
    searched.push_back(one);
  } else {
    searched = engine_.list(info.caller.account_id, info.region);
  }
  for (const Command* command : searched) {
    if (now < command->visible || !matches(*command, filters)) continue;
    if (request.instance_id && command->find(*request.instance_id) == nullptr) continue;
    if (!has_status(command->state(), filters.status)) continue;
    if (!filters.stage.empty() && command->is_done() != (filters.stage == "Complete")) continue;
    found.push_back(command);
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
  if (request.instance_id && filters.status == "Pending") {
    return fail(invalid_filter("InstanceId cannot be combined with the status Pending"));
  }
  std::vector<const Command*> searched;
  if (request.command_id) {
    const Command* one = engine_.find(info.caller.account_id, info.region, *request.command_id);
    if (one == nullptr) return fail(invalid_command(*request.command_id));
    searched.push_back(one);
  } else {
    searched = engine_.list(info.caller.account_id, info.region);
  }
  struct Found {
    Found(const Command* c, const Invocation* i) : command(c), invocation(i) {}
    const Command* command;
    const Invocation* invocation;
  };
  std::vector<Found> found;
  const auto look_at = [&](const Command* command, const Invocation& one) {
    if (has_status(text_of(one.state), filters.status)) found.emplace_back(command, &one);
  };
  for (const Command* command : searched) {
    if (now < command->visible || !matches(*command, filters)) continue;
    if (request.instance_id) {
      const Invocation* one = command->find(*request.instance_id);
      if (one != nullptr) look_at(command, *one);
      continue;
    }
    for (const Invocation& one : command->invocations()) look_at(command, one);
  }
  std::string key;
  const std::string question =
      question_of("invocations", info, request.command_id, request.instance_id, request.filters);
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), page_size(request.max_results),
                               [&](std::size_t i) -> std::string_view {
                                 key = found[i].command->id + "/" + found[i].invocation->instance_id;
                                 return key;
                               }));
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
  const auto& steps = command->spec.document->steps;
  std::size_t index = 0;
  if (request.plugin_name) {
    while (index < steps.size() && steps[index].name != *request.plugin_name) ++index;
  }
  // Which of several steps is meant must be said.
  if (index == steps.size() || (!request.plugin_name && steps.size() > 1)) {
    return fail(fault(ErrorKind::not_found, "InvalidPluginName", "", 400));
  }
  const StepOutcome& outcome = step_outcome(*found, index);
  const StateText state = steps.size() > 1 ? step_state(*found, index) : text_of(found->state);
  const std::optional<WallTime> started = outcome.started ? outcome.started
                                          : index == 0    ? found->started
                                                          : std::nullopt;
  const std::optional<WallTime> finished = outcome.finished ? outcome.finished
                                           : started        ? found->finished
                                                            : std::nullopt;
  aws::ssm::GetCommandInvocationResponse response;
  response.command_id = command->id;
  response.instance_id = found->instance_id;
  response.comment = command->spec.comment;
  response.document_name = command->spec.document->name;
  response.document_version = command->spec.document_version;
  response.plugin_name = steps[index].name;
  response.response_code = outcome.exit_code;
  response.execution_start_date_time = iso_time(started);
  response.execution_end_date_time = iso_time(finished);
  response.execution_elapsed_time = started && finished ? iso_duration(*finished - *started) : std::string();
  response.status.emplace(state.status);
  response.status_details = state.details;
  response.standard_output_content = outcome.output;
  response.standard_error_content = outcome.errors;
  response.standard_output_url = output_url(*command, *found, steps[index], "stdout");
  response.standard_error_url = output_url(*command, *found, steps[index], "stderr");
  response.cloud_watch_output_config = ssm_shared::describe_log_group(command->spec);
  return response;
}

}  // namespace postern::sim
