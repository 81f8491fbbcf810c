#include "adapters/command_port.hpp"

#include <algorithm>
#include <charconv>

#include "aws/core/pager.hpp"
#include "aws/ssm/ops.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace {

constexpr std::int32_t kPage = 50;
constexpr std::string_view kTruncationMark = "--output truncated--";  // written by the agent
constexpr std::size_t kOutputMax = 24'000;
constexpr std::size_t kErrorMax = 8'000;
constexpr Duration kClockError = std::chrono::minutes(5);  // SigV4 refuses a clock that is further off

flow::InvocationStatus status_of(std::string_view text) {
  using flow::InvocationStatus;
  if (text == "Success") return InvocationStatus::succeeded;
  if (text == "Failed") return InvocationStatus::failed;
  if (text == "TimedOut") return InvocationStatus::timed_out;
  if (text == "Cancelled") return InvocationStatus::cancelled;
  if (text == "InProgress" || text == "Cancelling") return InvocationStatus::running;
  // Pending, Delayed, and what AWS may add: not done until we know that it is.
  return InvocationStatus::pending;
}

bool was_cut(std::string_view text, std::size_t limit) {
  return text.size() >= limit || text.find(kTruncationMark) != std::string_view::npos;
}

/// "PT0.091S", "PT1M2.5S", "PT2H": an ISO 8601 duration of hours, minutes and seconds; anything else is absent.
std::optional<Duration> elapsed_of(std::string_view text) {
  if (!text.starts_with("PT") || text.size() < 4) return std::nullopt;
  double seconds = 0;
  const char* at = text.data() + 2;
  const char* const end = text.data() + text.size();
  while (at != end) {
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || next == end || value < 0 || value > 1e7) return std::nullopt;
    const double unit = *next == 'H' ? 3600 : *next == 'M' ? 60 : *next == 'S' ? 1 : 0;
    if (unit == 0) return std::nullopt;
    seconds += value * unit;
    at = next + 1;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

flow::Invocation invocation_of(const aws::ssm::CommandInvocation& wire) {
  flow::Invocation invocation;
  invocation.instance_id = wire.instance_id.value_or("");
  if (wire.status) invocation.status = status_of(wire.status->text());
  invocation.details = spaced_details(wire.status_details.value_or(""));
  for (const aws::ssm::CommandPlugin& plugin : wire.command_plugins) {
    // -1 is "not started"; steps that a precondition skipped report 0 and print nothing.
    if (plugin.response_code && *plugin.response_code >= 0) invocation.exit_code = *plugin.response_code;
    invocation.output += plugin.output.value_or("");
    if (was_cut(plugin.output.value_or(""), 2500)) invocation.truncated = true;
  }
  return invocation;
}

}  // namespace

std::string spaced_details(std::string_view details) {
  std::string out;
  for (const char c : details) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !out.empty() && out.back() != ' ') out += ' ';
    out += c;
  }
  return out;
}

std::vector<std::string> instance_ids_in(std::string_view text) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; at < text.size();) {
    const bool start = text.substr(at).starts_with("i-") || text.substr(at).starts_with("mi-");
    const bool boundary =
        at == 0 || text[at - 1] == '[' || text[at - 1] == ' ' || text[at - 1] == ',' || text[at - 1] == '\'';
    if (!start || !boundary) {
      ++at;
      continue;
    }
    std::size_t end = text.find('-', at) + 1;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || (text[end] >= 'a' && text[end] <= 'f')))
      ++end;
    if (fleet::InstanceId::parse(text.substr(at, end - at))) ids.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return ids;
}

rt::Task<Result<std::string>> SsmCommands::send(rt::CallContext ctx, fleet::Batch batch, flow::CommandSpec spec,
                                                flow::Shell shell, std::string comment) {
  Result<aws::CallScope> call = session_.call_scope(batch.scope());
  if (!call) co_return fail(std::move(call).error().delivered(Delivery::not_sent));
  CO_TRY(spec, secrets_.fill(std::move(spec)));
  aws::ssm::SendCommandRequest request;
  for (const fleet::InstanceId& id : batch.ids()) request.instance_ids.push_back(id.text());
  request.document_name = std::string(flow::document_of(spec, shell));
  request.comment = std::move(comment);
  request.timeout_seconds = static_cast<std::int32_t>(spec.delivery_timeout.count());
  if (const std::optional<flow::DocumentSpec>& document = spec.document_for(shell)) {
    if (!document->version.empty()) request.document_version = document->version;
    if (!document->hash.empty()) {
      request.document_hash = document->hash;
      request.document_hash_type.emplace("Sha256");
    }
    for (const auto& [name, values] : document->parameters) request.parameters[name] = values;
  } else {
    request.parameters["commands"] = spec.lines(shell);
    request.parameters["executionTimeout"].push_back(std::to_string(spec.execution_timeout.count()));
  }
  // AWS's defaults would stop after the first failure (MaxErrors 0) and hold targets back: the batch is the unit here.
  request.max_concurrency = "100%";
  request.max_errors = "100%";
  if (!spec.output.bucket.empty()) {
    request.output_s3_bucket_name = spec.output.bucket;
    if (!spec.output.prefix.empty()) request.output_s3_key_prefix = spec.output.prefix;
    if (!spec.output.region.empty()) request.output_s3_region = spec.output.region;
  }
  if (!spec.output.log_group.empty()) {
    aws::ssm::CloudWatchOutputConfig& logs = request.cloud_watch_output_config.emplace();
    logs.cloud_watch_log_group_name = spec.output.log_group;
    logs.cloud_watch_output_enabled = true;
  }
  if (!spec.alarm.name.empty()) {
    aws::ssm::AlarmConfiguration& alarms = request.alarm_configuration.emplace();
    alarms.alarms.emplace_back().name = spec.alarm.name;
    alarms.ignore_poll_alarm_failure = spec.alarm.ignore_poll_failure;
  }
  Result<aws::ssm::SendCommandResponse> response =
      co_await aws::call<aws::ssm::SendCommand>(ctx, session_.invoker(), std::move(*call), std::move(request));
  if (!response) {
    Error error = std::move(response).error();
    const AwsFault* fault = error.aws();
    if (fault != nullptr && fault->code == "InvalidInstanceId")
      error.with("instances", join(instance_ids_in(error.message()), " "));
    co_return fail(std::move(error));
  }
  if (!response->command || !response->command->command_id || response->command->command_id->empty()) {
    co_return fail(Error(ErrorKind::malformed, "SendCommand's answer has no command id").delivered(Delivery::answered));
  }
  co_return std::move(*response->command->command_id);
}

rt::Task<Result<std::vector<flow::Invocation>>> SsmCommands::invocations(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                         std::string command_id) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::ListCommandInvocationsRequest request;
  request.command_id = command_id;
  request.details = true;
  request.max_results = kPage;
  aws::Pager<aws::ssm::ListCommandInvocations> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  std::vector<flow::Invocation> invocations;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const aws::ssm::CommandInvocation& wire : page->command_invocations) {
      invocations.push_back(invocation_of(wire));
      secrets_.redact(invocations.back().output);
    }
  }
  const bool stopped = std::any_of(invocations.begin(), invocations.end(), [](const flow::Invocation& one) {
    return one.status == flow::InvocationStatus::cancelled;
  });
  if (stopped && !alarm_.empty()) {
    CO_TRY_VOID(co_await name_alarm(ctx, std::move(scope), std::move(command_id), invocations));
  }
  co_return invocations;
}

/// Cancelled by whom is a matter of the command, not of its invocations.
rt::Task<Result<void>> SsmCommands::name_alarm(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                               std::vector<flow::Invocation>& invocations) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::ListCommandsRequest request;
  request.command_id = std::move(command_id);
  const Result<aws::ssm::ListCommandsResponse> listed =
      co_await aws::call<aws::ssm::ListCommands>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!listed) co_return fail(listed.error());
  if (listed->commands.empty() || listed->commands.front().triggered_alarms.empty()) co_return Result<void>();
  const aws::ssm::AlarmStateInformation& alarm = listed->commands.front().triggered_alarms.front();
  const std::string state(alarm.state ? alarm.state->text() : std::string_view("ALARM"));
  for (flow::Invocation& one : invocations) {
    if (one.status != flow::InvocationStatus::cancelled) continue;
    one.details = "Cancelled: stopped by the alarm " + alarm.name.value_or(alarm_) + ", whose state was " + state;
  }
  co_return Result<void>();
}

rt::Task<Result<std::vector<flow::CommandCount>>> SsmCommands::counts(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                      WallTime not_before) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::ListCommandsRequest request;
  request.max_results = kPage;
  aws::ssm::CommandFilter after;
  after.key.emplace("InvokedAfter");
  after.value = format_rfc3339(std::chrono::floor<std::chrono::seconds>(not_before - kClockError));
  request.filters.push_back(std::move(after));
  aws::Pager<aws::ssm::ListCommands> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  std::vector<flow::CommandCount> counts;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return counts;
    for (const aws::ssm::Command& command : page->commands) {
      flow::CommandCount count;
      count.command_id = command.command_id.value_or("");
      count.targets = static_cast<std::size_t>(std::max(command.target_count.value_or(0), 0));
      count.completed = static_cast<std::size_t>(std::max(command.completed_count.value_or(0), 0));
      const std::string_view status = command.status ? command.status->text() : std::string_view();
      count.done = status == "Success" || status == "Failed" || status == "TimedOut" || status == "Cancelled";
      counts.push_back(std::move(count));
    }
  }
}

rt::Task<Result<std::optional<std::string>>> SsmCommands::find(rt::CallContext ctx, fleet::ScopePtr scope,
                                                               flow::LostSend lost) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::ListCommandsRequest request;
  request.max_results = kPage;
  // History is kept for 30 days; a clock that is a time zone off is not rare.
  const WallTime since = lost.not_before - std::chrono::hours(24);
  aws::ssm::CommandFilter after;
  after.key.emplace("InvokedAfter");
  after.value = format_rfc3339(std::chrono::floor<std::chrono::seconds>(since));
  request.filters.push_back(std::move(after));
  aws::Pager<aws::ssm::ListCommands> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return std::optional<std::string>();
    for (const aws::ssm::Command& command : page->commands) {
      if (command.comment && command.comment->starts_with(lost.mark)) co_return command.command_id;
    }
  }
}

rt::Task<Result<void>> SsmCommands::cancel(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::CancelCommandRequest request;
  request.command_id = std::move(command_id);
  const Result<aws::ssm::CancelCommandResponse> response =
      co_await aws::call<aws::ssm::CancelCommand>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!response) co_return fail(response.error());
  co_return Result<void>();
}

rt::Task<Result<flow::Output>> SsmCommands::output(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                                   fleet::InstanceId instance) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ssm::GetCommandInvocationRequest request;
  request.command_id = command_id;
  request.instance_id = instance.text();
  CO_TRY(
      aws::ssm::GetCommandInvocationResponse response,
      co_await aws::call<aws::ssm::GetCommandInvocation>(ctx, session_.invoker(), std::move(call), std::move(request)));
  flow::Output output;
  output.out = response.standard_output_content.value_or("");
  output.err = response.standard_error_content.value_or("");
  if (response.response_code && *response.response_code >= 0) output.exit_code = *response.response_code;
  output.elapsed = elapsed_of(response.execution_elapsed_time.value_or(""));
  const bool out_cut = was_cut(output.out, kOutputMax);
  const bool err_cut = was_cut(output.err, kErrorMax);
  output.truncated = out_cut || err_cut;
  if (!output.truncated || !whole_.configured()) {
    secrets_.redact(output.out);
    secrets_.redact(output.err);
    co_return output;
  }
  output.truncated = false;
  OutputStream stream;
  stream.command_id = std::move(command_id);
  stream.instance_id = instance.text();
  stream.plugin = response.plugin_name.value_or("");
  OutputStream errors = stream;
  stream.name = "stdout";
  stream.url = response.standard_output_url.value_or("");
  errors.name = "stderr";
  errors.url = response.standard_error_url.value_or("");
  if (out_cut) co_await complete(ctx, scope, std::move(stream), &output.out, &output);
  if (err_cut) co_await complete(ctx, scope, std::move(errors), &output.err, &output);
  secrets_.redact(output.out);
  secrets_.redact(output.err);
  co_return output;
}

/// Puts all of a stream in the place of what Systems Manager kept, or says why not.
rt::Task<void> SsmCommands::complete(rt::CallContext ctx, fleet::ScopePtr scope, OutputStream stream, std::string* text,
                                     flow::Output* output) {
  stream.kept = *text;
  const std::string name = stream.name;
  Result<WholeText> whole = co_await whole_.read(ctx, std::move(scope), std::move(stream));
  std::string note;
  if (!whole) {
    note = "the rest of its " + name + " could not be read: " + whole.error().message();
  } else {
    *text = std::move(whole->text);
    if (whole->truncated) note = "of its " + name + " the first " + std::to_string(kWholeOutputMax >> 20U) + " MiB";
  }
  if (note.empty()) co_return;
  output->truncated = true;
  output->note += (output->note.empty() ? "" : "; ") + note;
}

}  // namespace postern::adapters
