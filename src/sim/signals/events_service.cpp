#include "sim/signals/events_service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/signals/logs_service.hpp"
#include "sim/signals/shared.hpp"
#include "sim/signals/sns_service.hpp"

namespace postern::sim {
namespace events_detail {

using signals::Info;
using signals::refusal;

constexpr std::string_view kDefaultBus = "default";
constexpr std::size_t kPage = 100;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTimeBytes = 14;  // what the time of an entry counts for

Error validation(std::string message) {
  return refusal(ErrorKind::usage, "ValidationException", std::move(message));
}

Error not_found(std::string message) {
  return refusal(ErrorKind::not_found, "ResourceNotFoundException", std::move(message));
}

Error limit_exceeded() {
  return refusal(ErrorKind::conflict, "LimitExceededException",
                 "The requested resource exceeds the maximum number allowed.");
}

Error bad_token() {
  return validation("The specified nextToken is not valid.");
}

/// "orders" of "orders" and of "arn:aws:events:us-east-1:111122223333:event-bus/orders".
std::string bus_name(const std::optional<std::string>& given) {
  if (!given || given->empty()) return std::string(kDefaultBus);
  const std::size_t slash = given->find(":event-bus/");
  return slash == std::string::npos ? *given : given->substr(slash + std::string_view(":event-bus/").size());
}

std::string bus_arn(const Info& info, const std::optional<std::string>& given) {
  if (given && given->starts_with("arn:")) return *given;
  return signals::arn_of("events", signals::site_of(info), "event-bus/" + bus_name(given));
}

std::string rule_arn(const signals::SiteKey& site, const std::string& bus, const std::string& rule) {
  return signals::arn_of("events", site, bus == kDefaultBus ? "rule/" + rule : "rule/" + bus + "/" + rule);
}

std::size_t bytes_of(const aws::events::PutEventsRequestEntry& entry) {
  std::size_t bytes = entry.time ? kTimeBytes : 0;
  for (const auto* text : {&entry.source, &entry.detail_type, &entry.detail}) bytes += *text ? (*text)->size() : 0;
  for (const std::string& one : entry.resources) bytes += one.size();
  return bytes;
}

struct EntryFault {
  EntryFault() = default;
  std::string code;
  std::string message;
};

/// Why an entry is not taken; empty code: it is. `detail` is told what it holds.
EntryFault check_entry(const aws::events::PutEventsRequestEntry& entry, Json& detail) {
  EntryFault fault;
  for (const auto& [text, name] : {std::pair(&entry.source, "Source"), std::pair(&entry.detail_type, "DetailType"),
                                   std::pair(&entry.detail, "Detail")}) {
    if (*text && !(*text)->empty()) continue;
    fault.code = "InvalidArgument";
    fault.message = "Parameter " + std::string(name) + " is not valid. Reason: " + name + " is a required argument.";
    return fault;
  }
  if (starts_with_ignore_case(*entry.source, "aws.")) {
    fault.code = "NotAuthorizedForSourceException";
    fault.message = "Not authorized for the source.";
    return fault;
  }
  Result<Json> parsed = Json::parse(*entry.detail);
  if (!parsed || !parsed->is_object()) {
    fault.code = "MalformedDetail";
    fault.message = "Detail is malformed.";
    return fault;
  }
  detail = std::move(*parsed);
  return fault;
}

Json event_of(const signals::SiteKey& site, rt::Random& random, WallTime time, EventsService::ServiceEvent from) {
  Json resources = Json::array();
  for (std::string& one : from.resources) resources.push_back(std::move(one));
  return Json::object()
      .set("version", "0")
      .set("id", signals::new_uuid(random))
      .set("detail-type", std::move(from.detail_type))
      .set("source", std::move(from.source))
      .set("account", site.first)
      .set("time", format_rfc3339(std::chrono::floor<std::chrono::seconds>(time)))
      .set("region", site.second)
      .set("resources", std::move(resources))
      .set("detail", std::move(from.detail));
}

/// "$", "$.detail.status": the part of an event; null where it has none.
Json part_of(const Json& event, std::string_view path) {
  Json found = event;
  for (const std::string_view name : split(path, '.')) {
    if (name == "$") continue;
    const Json next = found[name];
    found = next;
  }
  return found;
}

Result<void> check_target(const aws::events::Target& target) {
  const auto arn = iam::split_arn(*target.arn);
  if (!arn) {
    return fail(validation("Parameter " + printable(*target.arn, 100) +
                           " is not valid. Reason: Provided Arn is not in correct format."));
  }
  const bool group = arn->service() == "logs" && arn->resource().starts_with("log-group:");
  if (arn->service() != "sns" && !group) {
    return fail(validation("Targets of " + printable(arn->service(), 40) + " are not offered by this simulator"));
  }
  const bool more = target.input_transformer || target.kinesis_parameters || target.run_command_parameters ||
                    target.ecs_parameters || target.batch_parameters || target.sqs_parameters ||
                    target.http_parameters || target.redshift_data_parameters ||
                    target.sage_maker_pipeline_parameters || target.dead_letter_config;
  if (more) {
    return fail(
        validation("Of a target Id, Arn, RoleArn, Input, InputPath and RetryPolicy are offered by this "
                   "simulator, and nothing else"));
  }
  if (target.input && target.input_path) {
    return fail(validation("Only one of Input, InputPath, or InputTransformer must be provided for target " +
                           printable(*target.id, 64) + "."));
  }
  if (target.input && !Json::parse(*target.input)) {
    return fail(validation("JSON syntax error in input for target " + printable(*target.id, 64)));
  }
  if (target.input_path && target.input_path->find_first_of("[]*") != std::string::npos) {
    return fail(validation("InputPath for target " + printable(*target.id, 64) + " must name members only"));
  }
  return {};
}

template <class To, class Rule>
void describe_rule(const Rule& from, To& to) {
  to.name = from.name;
  to.arn = from.arn;
  to.event_pattern = from.pattern_text;
  to.state.emplace(from.enabled ? "ENABLED" : "DISABLED");
  to.event_bus_name = from.bus;
  if (!from.description.empty()) to.description = from.description;
  if (!from.role_arn.empty()) to.role_arn = from.role_arn;
}

std::size_t page_size(const std::optional<std::int32_t>& asked) {
  return asked ? static_cast<std::size_t>(*asked) : kPage;
}

}  // namespace events_detail

EventsService::Buses& EventsService::buses(const SiteKey& site) {
  Buses& all = sites_[site];
  if (all.empty()) {
    Bus made;
    made.name = events_detail::kDefaultBus;
    made.arn = signals::arn_of("events", site, "event-bus/" + made.name);
    all.emplace(made.name, std::move(made));
  }
  return all;
}

EventsService::Bus* EventsService::find_bus(const Info& info, const std::optional<std::string>& name) {
  Buses& all = buses(signals::site_of(info));
  const auto found = all.find(events_detail::bus_name(name));
  const bool mine = found != all.end() && found->second.arn == events_detail::bus_arn(info, name);
  return mine ? &found->second : nullptr;
}

Result<aws::events::PutEventsResponse> EventsService::put_events(const Info& info,
                                                                 const aws::events::PutEventsRequest& request) {
  using namespace events_detail;
  if (request.endpoint_id) return fail(validation("Global endpoints are not offered by this simulator"));
  std::map<std::string, std::vector<std::string>> sources;
  std::size_t bytes = 0;
  for (const auto& entry : request.entries) {
    sources[bus_arn(info, entry.event_bus_name)].push_back(entry.source.value_or(""));
    bytes += bytes_of(entry);
  }
  for (const auto& [arn, named] : sources)
    TRY_VOID(authorize(info, Access().on(arn).with_list("events:source", named)));
  if (bytes > kBytesMax) return fail(validation("Total size of the entries in the request is over the limit."));
  const SiteKey site = signals::site_of(info);
  aws::events::PutEventsResponse response;
  response.failed_entry_count = 0;
  for (const auto& entry : request.entries) {
    aws::events::PutEventsResultEntry& result = response.entries.emplace_back();
    ServiceEvent event;
    const EntryFault fault = check_entry(entry, event.detail);
    if (!fault.code.empty()) {
      result.error_code = fault.code;
      result.error_message = fault.message;
      ++*response.failed_entry_count;
      continue;
    }
    event.source = *entry.source;
    event.detail_type = *entry.detail_type;
    event.resources = entry.resources;
    Json made = event_of(site, ctx_.random(), entry.time.value_or(cloud_.now(ctx_.clock())), std::move(event));
    result.event_id = made["id"].as_string();
    // What is meant for a bus that is not there is taken and lost, as AWS does.
    if (Bus* const bus = find_bus(info, entry.event_bus_name)) deliver(*bus, site, std::move(made));
  }
  return response;
}

Result<aws::events::CreateEventBusResponse> EventsService::create_event_bus(
    const Info& info, const aws::events::CreateEventBusRequest& request) {
  using namespace events_detail;
  Bus made;
  made.name = *request.name;
  made.arn = bus_arn(info, request.name);
  for (const auto& tag : request.tags) made.tags[*tag.key] = *tag.value;
  TRY_VOID(authorize(info, Access().on(made.arn).tagging(made.tags)));
  if (!signals::is_made_of(made.name, "_-./")) {
    return fail(validation("1 validation error detected: Value '" + printable(made.name, 100) +
                           "' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                           "[/\\.\\-_A-Za-z0-9]+"));
  }
  if (request.event_source_name) return fail(validation("Partner event sources are not offered by this simulator"));
  if (made.name.find('/') != std::string::npos) return fail(validation("Event bus name must not contain '/'."));
  if (made.tags.size() > kTagsMax) return fail(limit_exceeded());
  Buses& all = buses(signals::site_of(info));
  if (all.contains(made.name)) {
    return fail(
        refusal(ErrorKind::conflict, "ResourceAlreadyExistsException", "Event bus " + made.name + " already exists."));
  }
  if (all.size() > kBusesMax) return fail(limit_exceeded());
  aws::events::CreateEventBusResponse response;
  response.event_bus_arn = made.arn;
  all.emplace(made.name, std::move(made));
  return response;
}

Result<aws::events::DescribeEventBusResponse> EventsService::describe_event_bus(
    const Info& info, const aws::events::DescribeEventBusRequest& request) {
  TRY_VOID(authorize(info, events_detail::bus_arn(info, request.name)));
  const Bus* const bus = find_bus(info, request.name);
  if (bus == nullptr) {
    return fail(events_detail::not_found("Event bus " + events_detail::bus_name(request.name) + " does not exist."));
  }
  aws::events::DescribeEventBusResponse response;
  response.name = bus->name;
  response.arn = bus->arn;
  return response;
}

Result<aws::events::ListEventBusesResponse> EventsService::list_event_buses(
    const Info& info, const aws::events::ListEventBusesRequest& request) {
  const SiteKey site = signals::site_of(info);
  TRY_VOID(authorize(info, signals::arn_of("events", site, "event-bus/*")));
  std::vector<aws::events::EventBus> all;
  const std::string prefix = request.name_prefix.value_or("");
  for (const auto& [name, bus] : buses(site)) {
    if (!name.starts_with(prefix)) continue;
    aws::events::EventBus& to = all.emplace_back();
    to.name = name;
    to.arn = bus.arn;
  }
  aws::events::ListEventBusesResponse response;
  const std::string question = "buses/" + site.first + "/" + site.second + "/" + prefix;
  TRY_VOID(signals::take_page(request.next_token, question, events_detail::page_size(request.limit), all,
                              response.event_buses, response.next_token, events_detail::bad_token(),
                              [](const aws::events::EventBus& one) { return *one.name; }));
  return response;
}

Result<EventsService::Bus*> EventsService::open_bus_of_rule(const Info& info, const std::string& name,
                                                            const std::optional<std::string>& bus, const Tags& asked) {
  Bus* const found = find_bus(info, bus);
  Tags tags;
  if (found != nullptr && found->rules.contains(name)) tags = found->rules.find(name)->second.tags;
  const std::string arn = events_detail::rule_arn(signals::site_of(info), events_detail::bus_name(bus), name);
  TRY_VOID(authorize(info, Access().on(arn, tags).tagging(asked)));
  if (found != nullptr) return found;
  return fail(events_detail::not_found("Event bus " + events_detail::bus_name(bus) + " does not exist."));
}

Result<EventsService::Rule*> EventsService::open_rule(const Info& info, const std::string& name,
                                                      const std::optional<std::string>& bus) {
  TRY(Bus* const found, open_bus_of_rule(info, name, bus, Tags()));
  const auto rule = found->rules.find(name);
  if (rule != found->rules.end()) return &rule->second;
  return fail(
      events_detail::not_found("Rule " + printable(name, 64) + " does not exist on EventBus " + found->name + "."));
}

Result<aws::events::PutRuleResponse> EventsService::put_rule(const Info& info,
                                                             const aws::events::PutRuleRequest& request) {
  using namespace events_detail;
  Rule made;
  made.name = *request.name;
  for (const auto& tag : request.tags) made.tags[*tag.key] = *tag.value;
  TRY(Bus* const bus, open_bus_of_rule(info, made.name, request.event_bus_name, made.tags));
  if (!signals::is_made_of(made.name, "_-.")) {
    return fail(validation("1 validation error detected: Value '" + printable(made.name, 100) +
                           "' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                           "[\\.\\-_A-Za-z0-9]+"));
  }
  if (request.schedule_expression) return fail(validation("Schedules are not offered by this simulator"));
  if (!request.event_pattern) {
    return fail(validation("Parameter(s) EventPattern or ScheduleExpression must be specified."));
  }
  TRY(EventPattern pattern, EventPattern::parse(*request.event_pattern));
  if (request.role_arn) {
    TRY_VOID(authorize(
        info, Access("iam:PassRole").on(*request.role_arn).with("iam:PassedToService", "events.amazonaws.com")));
  }
  made.arn = rule_arn(signals::site_of(info), bus->name, made.name);
  made.bus = bus->name;
  made.description = request.description.value_or("");
  made.role_arn = request.role_arn.value_or("");
  made.pattern_text = *request.event_pattern;
  made.pattern.emplace(std::move(pattern));
  made.enabled = !request.state || request.state->text() != "DISABLED";
  if (made.tags.size() > kTagsMax) return fail(limit_exceeded());
  const auto there = bus->rules.find(made.name);
  if (there != bus->rules.end()) {
    made.targets = std::move(there->second.targets);
    // Tags of a rule that is there are not changed.
    made.tags = std::move(there->second.tags);
  } else if (bus->rules.size() >= kRulesMax) {
    return fail(limit_exceeded());
  }
  aws::events::PutRuleResponse response;
  response.rule_arn = made.arn;
  const std::string name = made.name;
  bus->rules.insert_or_assign(name, std::move(made));
  if (ruled_) ruled_(signals::site_of(info));
  return response;
}

Result<aws::events::DescribeRuleResponse> EventsService::describe_rule(
    const Info& info, const aws::events::DescribeRuleRequest& request) {
  TRY(const Rule* const rule, open_rule(info, *request.name, request.event_bus_name));
  aws::events::DescribeRuleResponse response;
  events_detail::describe_rule(*rule, response);
  response.created_by = info.caller.account_id;
  return response;
}

Result<aws::events::ListRulesResponse> EventsService::list_rules(const Info& info,
                                                                 const aws::events::ListRulesRequest& request) {
  const SiteKey site = signals::site_of(info);
  TRY_VOID(authorize(info, signals::arn_of("events", site, "rule/*")));
  const Bus* const bus = find_bus(info, request.event_bus_name);
  const std::string name = events_detail::bus_name(request.event_bus_name);
  if (bus == nullptr) return fail(events_detail::not_found("Event bus " + name + " does not exist."));
  const std::string prefix = request.name_prefix.value_or("");
  std::vector<aws::events::Rule> all;
  for (const auto& [key, rule] : bus->rules) {
    if (key.starts_with(prefix)) events_detail::describe_rule(rule, all.emplace_back());
  }
  aws::events::ListRulesResponse response;
  const std::string question = "rules/" + bus->arn + "/" + prefix;
  TRY_VOID(signals::take_page(request.next_token, question, events_detail::page_size(request.limit), all,
                              response.rules, response.next_token, events_detail::bad_token(),
                              [](const aws::events::Rule& one) { return *one.name; }));
  return response;
}

Result<aws::events::DeleteRuleResponse> EventsService::delete_rule(const Info& info,
                                                                   const aws::events::DeleteRuleRequest& request) {
  TRY(Bus* const bus, open_bus_of_rule(info, *request.name, request.event_bus_name, Tags()));
  const auto rule = bus->rules.find(*request.name);
  // Of a rule that is gone a second deletion says nothing.
  if (rule == bus->rules.end()) return aws::events::DeleteRuleResponse();
  if (!rule->second.targets.empty()) {
    return fail(events_detail::validation("Rule can't be deleted since it has targets."));
  }
  bus->rules.erase(rule);
  return aws::events::DeleteRuleResponse();
}

Result<aws::events::PutTargetsResponse> EventsService::put_targets(const Info& info,
                                                                   const aws::events::PutTargetsRequest& request) {
  using namespace events_detail;
  TRY(Rule* const rule, open_rule(info, *request.rule, request.event_bus_name));
  std::vector<Target> all = rule->targets;
  for (const aws::events::Target& from : request.targets) {
    TRY_VOID(check_target(from));
    Target made;
    made.id = *from.id;
    made.arn = *from.arn;
    made.role_arn = from.role_arn.value_or("");
    made.input = from.input;
    made.input_path = from.input_path;
    if (from.role_arn) {
      TRY_VOID(authorize(
          info, Access("iam:PassRole").on(*from.role_arn).with("iam:PassedToService", "events.amazonaws.com")));
    }
    std::erase_if(all, [&](const Target& one) { return one.id == made.id; });
    all.push_back(std::move(made));
  }
  if (all.size() > kTargetsMax) return fail(limit_exceeded());
  rule->targets = std::move(all);
  aws::events::PutTargetsResponse response;
  response.failed_entry_count = 0;
  return response;
}

Result<aws::events::ListTargetsByRuleResponse> EventsService::list_targets_by_rule(
    const Info& info, const aws::events::ListTargetsByRuleRequest& request) {
  TRY(const Rule* const rule, open_rule(info, *request.rule, request.event_bus_name));
  std::vector<aws::events::Target> all;
  for (const Target& one : rule->targets) {
    aws::events::Target& to = all.emplace_back();
    to.id = one.id;
    to.arn = one.arn;
    if (!one.role_arn.empty()) to.role_arn = one.role_arn;
    to.input = one.input;
    to.input_path = one.input_path;
  }
  aws::events::ListTargetsByRuleResponse response;
  TRY_VOID(signals::take_page(request.next_token, "targets/" + rule->arn, events_detail::page_size(request.limit), all,
                              response.targets, response.next_token, events_detail::bad_token(),
                              [](const aws::events::Target& one) { return *one.id; }));
  return response;
}

Result<aws::events::RemoveTargetsResponse> EventsService::remove_targets(
    const Info& info, const aws::events::RemoveTargetsRequest& request) {
  TRY(Rule* const rule, open_rule(info, *request.rule, request.event_bus_name));
  aws::events::RemoveTargetsResponse response;
  response.failed_entry_count = 0;
  for (const std::string& id : request.ids) {
    const std::size_t gone = std::erase_if(rule->targets, [&](const Target& one) { return one.id == id; });
    if (gone != 0) continue;
    aws::events::RemoveTargetsResultEntry& failed = response.failed_entries.emplace_back();
    failed.target_id = id;
    failed.error_code = "ResourceNotFoundException";
    failed.error_message = "Rule " + rule->name + " does not have any target with ID " + printable(id, 64) + ".";
    ++*response.failed_entry_count;
  }
  return response;
}

bool EventsService::has_rules(const std::string& account, const std::string& region) const {
  const auto site = sites_.find(SiteKey(account, region));
  if (site == sites_.end()) return false;
  const auto bus = site->second.find(events_detail::kDefaultBus);
  return bus != site->second.end() && !bus->second.rules.empty();
}

void EventsService::emit(const std::string& account, const std::string& region, ServiceEvent event) {
  const SiteKey site(account, region);
  Bus& bus = buses(site).find(events_detail::kDefaultBus)->second;
  deliver(bus, site, events_detail::event_of(site, ctx_.random(), cloud_.now(ctx_.clock()), std::move(event)));
}

void EventsService::deliver(Bus& bus, const SiteKey& site, Json event) {
  SeenEvent seen;
  seen.bus_arn = bus.arn;
  for (const auto& [name, rule] : bus.rules) {
    if (!rule.enabled || !rule.pattern->matches(event)) continue;
    for (const Target& target : rule.targets) seen.deliveries.push_back(hand_over(site, rule, target, event));
  }
  const std::size_t bytes = event.dump().size() + sizeof(seen);
  seen.event = std::move(event);
  cloud_.truth().events.add(std::move(seen), bytes);
}

EventDelivery EventsService::hand_over(const SiteKey& site, const Rule& rule, const Target& target, const Json& event) {
  EventDelivery delivery;
  delivery.rule_arn = rule.arn;
  delivery.target_arn = target.arn;
  std::string text = event.dump();
  if (target.input) text = *target.input;
  if (target.input_path) text = events_detail::part_of(event, *target.input_path).dump();
  Result<void> done;
  if (iam::split_arn(target.arn)->service() == "sns") {
    SnsService::ServicePublish message;
    message.service = "events.amazonaws.com";
    message.source_arn = rule.arn;
    message.account = site.first;
    message.topic_arn = target.arn;
    message.message = std::move(text);
    done = topics_.publish_as(std::move(message));
  } else {
    done = logs_.append_as_service(target.arn, event["id"].as_string(), std::move(text));
  }
  if (!done) delivery.refused = done.error().message();
  return delivery;
}

}  // namespace postern::sim
