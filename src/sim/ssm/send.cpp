// SendCommand and CancelCommand.

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"
#include "sim/ssm/work_steps.hpp"

namespace postern::sim {
namespace ssm_shared {

Error validation_error(std::string_view member, std::string_view value, std::string_view constraint) {
  return aws::server::fault(ErrorKind::usage, "ValidationException",
                            "1 validation error detected: Value '" + printable(value, 200) + "' at '" +
                                std::string(member) + "' failed to satisfy constraint: " + std::string(constraint),
                            400);
}

/// AWS accepts any word character; an id of 8 or 17 of them.
static bool is_node_id(std::string_view id) {
  const std::size_t dash = id.find('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view kind = id.substr(0, dash);
  const std::string_view rest = id.substr(dash + 1);
  const bool word = std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return word && ((kind == "i" && (rest.size() == 8 || rest.size() == 17)) || (kind == "mi" && rest.size() == 17));
}

Result<void> check_instance_ids(const std::vector<std::string>& ids) {
  std::set<std::string> seen;
  for (const std::string& id : ids) {
    if (!is_node_id(id)) {
      return fail(validation_error("instanceIds", "[" + join(ids, ", ") + "]",
                                   "Member must satisfy constraint: [Member must satisfy regular expression pattern: "
                                   "(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)]"));
    }
    if (!seen.insert(id).second) {
      return fail(aws::server::fault(ErrorKind::usage, "DuplicateInstanceId",
                                     "You can't specify an instance ID in more than one association: " + id, 400));
    }
  }
  return {};
}

static void describe_counts(const Command& command, aws::ssm::Command& to) {
  const StateText state = command.state();
  to.status.emplace(state.status);
  to.status_details = state.details;
  to.target_count = static_cast<std::int32_t>(command.targets);
  to.completed_count = static_cast<std::int32_t>(command.completed());
  to.error_count = static_cast<std::int32_t>(command.errors());
  to.delivery_timed_out_count = static_cast<std::int32_t>(command.count(InvocationState::delivery_timed_out));
}

aws::ssm::CloudWatchOutputConfig describe_log_group(const CommandSpec& spec) {
  aws::ssm::CloudWatchOutputConfig config;
  config.cloud_watch_output_enabled = !spec.log_group.empty();
  if (!spec.log_group.empty()) config.cloud_watch_log_group_name = spec.log_group;
  return config;
}

aws::ssm::Command describe_command(const Command& command) {
  const CommandSpec& spec = command.spec;
  aws::ssm::Command to;
  to.command_id = command.id;
  to.document_name = spec.document->name;
  to.document_version = spec.document_version;
  to.comment = spec.comment;
  to.expires_after = command.expires;
  for (const auto& [name, values] : spec.parameters) to.parameters[name] = values;
  to.instance_ids = spec.instance_ids;
  for (const CommandTarget& target : spec.targets) {
    aws::ssm::Target& made = to.targets.emplace_back();
    made.key = target.key;
    made.values = target.values;
  }
  to.requested_date_time = command.requested;
  to.output_s3_bucket_name = spec.output_bucket;
  to.output_s3_key_prefix = spec.output_prefix;
  to.max_concurrency = spec.max_concurrency;
  to.max_errors = spec.max_errors;
  describe_counts(command, to);
  to.service_role = "";
  aws::ssm::NotificationConfig& notification = to.notification_config.emplace();
  notification.notification_arn = "";
  notification.notification_type.emplace("");
  to.cloud_watch_output_config = describe_log_group(spec);
  if (!spec.alarm.empty()) {
    aws::ssm::AlarmConfiguration& alarms = to.alarm_configuration.emplace();
    alarms.alarms.emplace_back().name = spec.alarm;
    alarms.ignore_poll_alarm_failure = spec.ignores_unknown_alarm;
  }
  if (!command.alarm_seen.empty()) {
    aws::ssm::AlarmStateInformation& seen = to.triggered_alarms.emplace_back();
    seen.name = spec.alarm;
    seen.state.emplace(command.alarm_seen);
  }
  to.timeout_seconds = static_cast<std::int32_t>(spec.delivery_timeout.count());
  return to;
}

}  // namespace ssm_shared

namespace ssm_send {

using aws::server::fault;
using aws::ssm::SendCommandRequest;
using Info = aws::server::CallInfo;

constexpr std::size_t kTargetsMax = 5;
constexpr std::size_t kTargetValuesMax = 50;

/// "7", "25%"; zero only where it is allowed.
enum class Zero : std::uint8_t { allowed, refused };
Result<void> check_limit(std::string_view member, const std::string& text, Zero zero) {
  std::string_view digits = text;
  const bool percent = digits.ends_with('%');
  if (percent) digits.remove_suffix(1);
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
  const bool plain = whole && (digits.size() == 1 || digits[0] != '0');
  if (plain && number >= (zero == Zero::allowed ? 0 : 1) && (!percent || number <= 100)) return {};
  const std::string pattern =
      zero == Zero::allowed ? "^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$" : "^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$";
  return fail(ssm_shared::validation_error(member, text, "Member must satisfy regular expression pattern: " + pattern));
}

/// What would go to another service is refused rather than dropped.
Result<void> check_offered(const SendCommandRequest& request) {
  std::string_view member;
  if (request.service_role_arn) member = "ServiceRoleArn";
  if (member.empty() && request.notification_config) {
    const std::string arn = request.notification_config->notification_arn.value_or("");
    const bool asks = !arn.empty() || !request.notification_config->notification_events.empty();
    if (asks) {
      return fail(fault(ErrorKind::unsupported, "InvalidNotificationConfig",
                        "NotificationConfig is not offered by this simulator", 400));
    }
  }
  if (member.empty()) return {};
  return fail(fault(ErrorKind::unsupported, "ValidationException",
                    std::string(member) + " is not offered by this simulator", 400));
}

bool wants_log(const SendCommandRequest& request) {
  const auto& config = request.cloud_watch_output_config;
  return config && config->cloud_watch_output_enabled.value_or(false);
}

Result<void> check_log_group(const SendCommandRequest& request) {
  if (!wants_log(request)) return {};
  const std::string given = request.cloud_watch_output_config->cloud_watch_log_group_name.value_or("");
  const bool good = std::all_of(given.begin(), given.end(), [](char c) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return word || std::string_view(".-_/#").find(c) != std::string_view::npos;
  });
  if (good) return {};
  return fail(ssm_shared::validation_error("cloudWatchOutputConfig.cloudWatchLogGroupName", given,
                                           "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"));
}

/// The group that was named, or the document's.
std::string log_group_of(const SendCommandRequest& request, const Document& document) {
  if (!wants_log(request)) return {};
  const std::string given = request.cloud_watch_output_config->cloud_watch_log_group_name.value_or("");
  if (!given.empty()) return given;
  std::string group = "/aws/ssm/" + document.name;
  // A document of another account is named by its ARN, and a group's name has no colons.
  std::replace(group.begin(), group.end(), ':', '.');
  return group;
}

/// The alarm must be there when the command is sent.
Result<void> check_alarm(const CommandEngine& engine, const Info& info, const SendCommandRequest& request) {
  if (!request.alarm_configuration) return {};
  const std::string& name = *request.alarm_configuration->alarms.front().name;
  const CommandWatcher* watcher = engine.watcher();
  const bool there = watcher != nullptr && watcher->alarm_state(info.caller.account_id, info.region, name);
  if (there) return {};
  return fail(fault(ErrorKind::not_found, "ValidationException",
                    "The alarm " + printable(name, 255) + " does not exist in this account and Region", 400));
}

Result<void> check_request(const SendCommandRequest& request) {
  if (request.instance_ids.empty() && request.targets.empty()) {
    return fail(fault(ErrorKind::usage, "ValidationException", "InstanceIds or Targets must be specified", 400));
  }
  if (!request.instance_ids.empty() && !request.targets.empty()) {
    return fail(
        fault(ErrorKind::usage, "ValidationException", "InstanceIds and Targets cannot be specified together", 400));
  }
  if (request.targets.size() > kTargetsMax) {
    return fail(fault(ErrorKind::usage, "ValidationException", "At most 5 targets can be specified", 400));
  }
  TRY_VOID(ssm_shared::check_instance_ids(request.instance_ids));
  if (request.max_concurrency) TRY_VOID(check_limit("maxConcurrency", *request.max_concurrency, Zero::refused));
  TRY_VOID(check_log_group(request));
  if (request.max_errors) TRY_VOID(check_limit("maxErrors", *request.max_errors, Zero::allowed));
  return check_offered(request);
}

bool takes_commands(const Instance& instance) {
  return instance.is_managed() && instance.state != InstanceState::shutting_down &&
         instance.state != InstanceState::terminated;
}

/// One bad id rejects the whole call, with all bad ids named.
Result<void> check_states(const Cloud& cloud, const Info& info, const std::vector<std::string>& ids) {
  std::vector<std::string> bad;
  for (const std::string& id : ids) {
    const Instance* instance = cloud.find_node(info.caller.account_id, info.region, id);
    if (instance == nullptr || !takes_commands(*instance)) bad.push_back(id);
  }
  if (bad.empty()) return {};
  return fail(fault(ErrorKind::conflict, "InvalidInstanceId",
                    "Instances [[" + join(bad, ", ") + "]] not in a valid state for account " + info.caller.account_id,
                    400));
}

Result<void> check_platforms(const Cloud& cloud, const Info& info, const Document& document,
                             const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const Instance* instance = cloud.find_node(info.caller.account_id, info.region, id);
    if (instance != nullptr && !document.supports(agent_platform(*instance))) {
      return fail(fault(ErrorKind::usage, "UnsupportedPlatformType",
                        "The document " + document.name + " does not support the platform of " + id, 400));
    }
  }
  return {};
}

bool matches_target(const Instance& instance, const aws::ssm::Target& target) {
  const auto has = [&target](std::string_view value) {
    return std::find(target.values.begin(), target.values.end(), value) != target.values.end();
  };
  const std::string key = target.key.value_or("");
  if (key == "InstanceIds") return has(instance.id);
  if (key == "tag-key") {
    const auto& tags = instance.tags();
    return (has("Name") && !instance.name.empty()) ||
           std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return has(tag.first); });
  }
  const std::string name = key.substr(std::string_view("tag:").size());
  if (name == "Name") return has(instance.name);
  const auto tag = instance.tags().find(name);
  return tag != instance.tags().end() && has(tag->second);
}

Result<void> check_targets(const std::vector<aws::ssm::Target>& targets) {
  std::set<std::string> keys;
  for (const aws::ssm::Target& target : targets) {
    const std::string key = target.key.value_or("");
    if (key != "InstanceIds" && key != "tag-key" && !(key.starts_with("tag:") && key.size() > 4)) {
      return fail(fault(ErrorKind::unsupported, "ValidationException",
                        "The target key " + printable(key, 100) + " is not offered by this simulator", 400));
    }
    if (!keys.insert(key).second) {
      return fail(fault(ErrorKind::usage, "ValidationException",
                        "The target key " + printable(key, 100) + " is given more than once", 400));
    }
    if (target.values.empty() || target.values.size() > kTargetValuesMax) {
      return fail(fault(ErrorKind::usage, "ValidationException",
                        "The target key " + printable(key, 100) + " must have 1 to 50 values", 400));
    }
    if (key == "InstanceIds") TRY_VOID(ssm_shared::check_instance_ids(target.values));
  }
  return {};
}

struct Resolved {
  Resolved() = default;
  std::vector<std::string> ids;
  std::vector<std::string> denied;  ///< of those; sorted
};

/// Keys are all met, values of a key are alternatives. A node that the caller may not reach is a target all the same:
/// its invocation ends as Access Denied.
Result<Resolved> resolve_targets(const Cloud& cloud, const Info& info, const std::vector<aws::ssm::Target>& targets) {
  TRY_VOID(check_targets(targets));
  Resolved resolved;
  for (const Instance* node : cloud.nodes(info.caller.account_id, info.region)) {
    const Instance& instance = *node;
    if (!takes_commands(instance)) continue;
    const bool wanted = std::all_of(targets.begin(), targets.end(),
                                    [&](const aws::ssm::Target& target) { return matches_target(instance, target); });
    if (!wanted) continue;
    resolved.ids.push_back(instance.id);
    if (!authorize(info, Access().on(instance.arn(), instance.all_tags()))) resolved.denied.push_back(instance.id);
  }
  std::sort(resolved.denied.begin(), resolved.denied.end());
  return resolved;
}

Result<void> authorize_nodes(const Cloud& cloud, const Info& info, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const Instance* instance = cloud.find_node(info.caller.account_id, info.region, id);
    if (instance != nullptr) TRY_VOID(authorize(info, Access().on(instance->arn(), instance->all_tags())));
  }
  return {};
}

Result<void> check_hash(const Document& document, const SendCommandRequest& request) {
  if (!request.document_hash) return {};
  if (request.document_hash_type && request.document_hash_type->text() != "Sha256") {
    return fail(fault(ErrorKind::unsupported, "ValidationException",
                      "DocumentHashType Sha1 is deprecated and not offered by this simulator", 400));
  }
  if (equals_ignore_case(*request.document_hash, document.hash)) return {};
  return fail(fault(ErrorKind::conflict, "InvalidDocument",
                    "The hash of document " + document.name + " is not the one that was given", 400));
}

CommandSpec spec_of(const Info& info, const SendCommandRequest& request, DocumentPtr document, DocumentValues values,
                    Resolved resolved) {
  CommandSpec spec;
  spec.account_id = info.caller.account_id;
  spec.region = info.region;
  spec.document = std::move(document);
  spec.document_version = request.document_version.value_or("$DEFAULT");
  spec.comment = request.comment.value_or("");
  spec.parameters = std::move(values);
  spec.instance_ids = request.instance_ids;
  for (const aws::ssm::Target& target : request.targets) {
    CommandTarget& made = spec.targets.emplace_back();
    made.key = target.key.value_or("");
    made.values = target.values;
  }
  spec.resolved = std::move(resolved.ids);
  spec.denied = std::move(resolved.denied);
  if (request.timeout_seconds) spec.delivery_timeout = std::chrono::seconds(*request.timeout_seconds);
  spec.execution_timeout = execution_time(*spec.document, spec.parameters);
  spec.max_concurrency = request.max_concurrency.value_or("50");
  spec.max_errors = request.max_errors.value_or("0");
  spec.output_bucket = request.output_s3_bucket_name.value_or("");
  spec.output_prefix = request.output_s3_key_prefix.value_or("");
  spec.log_group = log_group_of(request, *spec.document);
  if (request.alarm_configuration) {
    spec.alarm = *request.alarm_configuration->alarms.front().name;
    spec.ignores_unknown_alarm = request.alarm_configuration->ignore_poll_alarm_failure.value_or(false);
  }
  return spec;
}

}  // namespace ssm_send

Result<aws::ssm::SendCommandResponse> SsmService::send(const Info& info, const aws::ssm::SendCommandRequest& request) {
  using namespace ssm_send;
  TRY_VOID(check_request(request));
  if (request.output_s3_bucket_name && !engine_.keeps_output()) {
    return fail(fault(ErrorKind::unsupported, "InvalidOutputFolder", "This cloud has no S3 to put output in", 400));
  }
  TRY(const FoundDocument found,
      ssm_shared::find_document(documents_, info, *request.document_name, request.document_version));
  const Document& document = *found.document;
  if (document.type != "Command") {
    return fail(fault(ErrorKind::usage, "InvalidDocument",
                      "Document " + document.name + " is of type " + document.type + ", not Command", 400));
  }
  TRY_VOID(authorize_nodes(cloud_, info, request.instance_ids));
  TRY_VOID(check_hash(document, request));
  DocumentValues values;
  for (const auto& [name, given] : request.parameters) values[name] = given;
  TRY_VOID(check_parameters(document, values));
  TRY(values, parameters_.put_in(info.caller.account_id, info.region, std::move(values)));
  Resolved resolved;
  resolved.ids = request.instance_ids;
  if (request.targets.empty()) {
    TRY_VOID(check_states(cloud_, info, request.instance_ids));
    TRY_VOID(check_platforms(cloud_, info, document, request.instance_ids));
  } else {
    TRY(resolved, resolve_targets(cloud_, info, request.targets));
  }
  TRY_VOID(check_alarm(engine_, info, request));
  if (engine_.is_full()) {
    return fail(fault(ErrorKind::throttled, "ThrottlingException", "Rate exceeded", 400));
  }
  const Command& command = engine_.send(spec_of(info, request, found.document, std::move(values), std::move(resolved)));
  aws::ssm::SendCommandResponse response;
  response.command = ssm_shared::describe_command(command);
  return response;
}

Result<aws::ssm::CancelCommandResponse> SsmService::cancel(const Info& info,
                                                           const aws::ssm::CancelCommandRequest& request) {
  using aws::server::fault;
  TRY_VOID(authorize(info));
  TRY_VOID(ssm_shared::check_instance_ids(request.instance_ids));
  const Command* command = engine_.find(info.caller.account_id, info.region, *request.command_id);
  if (command == nullptr) {
    return fail(fault(ErrorKind::not_found, "InvalidCommandId", "The command ID is not valid", 400));
  }
  for (const std::string& id : request.instance_ids) {
    if (command->find(id) == nullptr) {
      return fail(fault(ErrorKind::not_found, "InvalidInstanceId",
                        "Instance " + id + " is not among the command's targets", 400));
    }
  }
  engine_.cancel(*request.command_id, request.instance_ids);
  return aws::ssm::CancelCommandResponse();
}

}  // namespace postern::sim
