#include "sim/signals/command_signals.hpp"

#include <algorithm>

#include "sim/agents/node_roles.hpp"
#include "sim/signals/shared.hpp"

namespace postern::sim {
namespace command_signals {

constexpr std::string_view kSpace = "AWS/SSM-RunCommand";
constexpr std::size_t kResourcesMax = 50;  // what a command can name by id; the event of a larger one has none

std::string time_text(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

std::string node_arn(const Command& command, const std::string& id) {
  const CommandSpec& spec = command.spec;
  const bool hybrid = id.starts_with("mi-");
  return signals::arn_of(hybrid ? "ssm" : "ec2", signals::SiteKey(spec.account_id, spec.region),
                         (hybrid ? "managed-instance/" : "instance/") + id);
}

/// What both sorts of event tell.
Json detail_of(const Command& command, std::string_view status) {
  Json parameters = Json::object();
  for (const auto& [name, values] : command.spec.parameters) {
    Json list = Json::array();
    for (const std::string& one : values) list.push_back(one);
    parameters.set(name, std::move(list));
  }
  return Json::object()
      .set("command-id", command.id)
      .set("document-name", command.spec.document->name)
      .set("expire-after", time_text(command.expires))
      .set("parameters", parameters.dump())
      .set("requested-date-time", time_text(command.requested))
      .set("status", status);
}

}  // namespace command_signals

void CommandSignals::command_changed(const Command& command) {
  const CommandSpec& spec = command.spec;
  const StateText state = command.state();
  if (events_.has_rules(spec.account_id, spec.region)) {
    EventsService::ServiceEvent event;
    event.source = "aws.ssm";
    event.detail_type = "EC2 Command Status-change Notification";
    event.detail = command_signals::detail_of(command, state.status);
    if (command.invocations().size() <= command_signals::kResourcesMax) {
      for (const Invocation& one : command.invocations()) {
        event.resources.push_back(command_signals::node_arn(command, one.instance_id));
      }
    }
    events_.emit(spec.account_id, spec.region, std::move(event));
  }
  const signals::SiteKey site(spec.account_id, spec.region);
  if (state.details == "Success") {
    metrics_.count(site, command_signals::kSpace, "CommandsSucceeded");
  } else if (state.details == "DeliveryTimedOut") {
    metrics_.count(site, command_signals::kSpace, "CommandsDeliveryTimedOut");
  } else if (state.status == "Failed" || state.status == "TimedOut") {
    metrics_.count(site, command_signals::kSpace, "CommandsFailed");
  }
}

void CommandSignals::invocation_changed(const Command& command, const Invocation& invocation) {
  const CommandSpec& spec = command.spec;
  if (!events_.has_rules(spec.account_id, spec.region)) return;
  EventsService::ServiceEvent event;
  event.source = "aws.ssm";
  event.detail_type = "EC2 Command Invocation Status-change Notification";
  event.resources.push_back(command_signals::node_arn(command, invocation.instance_id));
  event.detail = command_signals::detail_of(command, text_of(invocation.state).status);
  event.detail.set("instance-id", invocation.instance_id);
  events_.emit(spec.account_id, spec.region, std::move(event));
}

Result<void> CommandSignals::may_write(const Command& command, const std::string& node,
                                       const std::string& stream) const {
  const CommandSpec& spec = command.spec;
  const signals::SiteKey site(spec.account_id, spec.region);
  const Instance* const instance = cloud_.find_node(spec.account_id, spec.region, node);
  if (instance == nullptr) return fail(ErrorKind::not_found, "the node is gone");
  const std::shared_ptr<Role> role = node_role(cloud_, *instance);
  if (role == nullptr) return fail(ErrorKind::denied, "the node has no role to write with");
  const IdentityPtr identity = node_session(cloud_.directory(), role, *instance, cloud_.now(ctx_.clock()));
  iam::RequestContext context;
  context.set("aws:RequestedRegion", spec.region);
  context.set("aws:SecureTransport", "true");
  const std::string group = signals::arn_of("logs", site, "log-group:" + spec.log_group + ":log-stream:");
  std::vector<std::pair<std::string, std::string>> asked;
  if (!logs_.has_group(site, spec.log_group)) asked.emplace_back("logs:CreateLogGroup", group);
  asked.emplace_back("logs:CreateLogStream", group + stream);
  asked.emplace_back("logs:PutLogEvents", group + stream);
  for (const auto& [action, arn] : asked) {
    Access access(action);
    access.on(arn);
    const iam::Evaluation evaluation = evaluate_access(cloud_, *identity, access, context);
    if (!evaluation.allowed()) return fail(ErrorKind::denied, evaluation.denial_text);
  }
  return {};
}

void CommandSignals::step_wrote(const Command& command, const Invocation& invocation, const std::string& step,
                                const std::string& stream, const std::string& text) {
  std::string plugin = step;
  std::replace(plugin.begin(), plugin.end(), ':', '-');
  const std::string name = command.id + "/" + invocation.instance_id + "/" + plugin + "/" + stream;
  const signals::SiteKey site(command.spec.account_id, command.spec.region);
  Result<void> done = may_write(command, invocation.instance_id, name);
  if (done) done = logs_.append_lines(site, command.spec.log_group, name, text);
  // A command does not fail because its output could not be kept.
  if (!done) ctx_.explainer().explain("sim.ssm", "log of " + command.id + ": " + done.error().message());
}

std::optional<std::string> CommandSignals::alarm_state(const std::string& account, const std::string& region,
                                                       const std::string& alarm) const {
  return metrics_.alarm_state(signals::SiteKey(account, region), alarm);
}

}  // namespace postern::sim
