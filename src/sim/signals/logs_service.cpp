#include "sim/signals/logs_service.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/signals/shared.hpp"

namespace postern::sim {
namespace logs_detail {

using signals::refusal;

constexpr std::size_t kNameMax = 512;
constexpr std::size_t kDescribePage = 50;
constexpr std::size_t kEventPage = 10'000;
constexpr std::size_t kPageBytes = 1'048'576;  // of GetLogEvents' and FilterLogEvents' replies
constexpr std::size_t kBatchBytes = 1'048'576;
constexpr std::size_t kEventOverhead = 26;  // what an event counts for beside its text
constexpr std::size_t kTagsMax = 50;
constexpr std::int64_t kDay = 24LL * 60 * 60 * 1000;
constexpr std::int64_t kTooOld = 14 * kDay;
constexpr std::int64_t kTooNew = 2LL * 60 * 60 * 1000;
constexpr std::array<std::int32_t, 23> kRetentions = {1,   3,   5,   7,    14,   30,   60,   90,   120,  150,  180, 365,
                                                      400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 0};

Error invalid(std::string message) {
  return refusal(ErrorKind::usage, "InvalidParameterException", std::move(message));
}

Error not_found(std::string_view what) {
  return refusal(ErrorKind::not_found, "ResourceNotFoundException",
                 "The specified log " + std::string(what) + " does not exist.");
}

Error already_there(std::string_view what) {
  return refusal(ErrorKind::conflict, "ResourceAlreadyExistsException",
                 "The specified log " + std::string(what) + " already exists");
}

Error pattern_violation(std::string_view member, std::string_view value, std::string_view pattern) {
  return invalid(
      "1 validation error detected: Value '" + printable(value, 200) + "' at '" + std::string(member) +
      "' failed to satisfy constraint: Member must satisfy regular expression pattern: " + std::string(pattern));
}

Result<void> check_group_name(std::string_view name) {
  if (name.empty() || name.size() > kNameMax || !signals::is_made_of(name, "._-/#")) {
    return fail(pattern_violation("logGroupName", name, "[\\.\\-_/#A-Za-z0-9]+"));
  }
  if (!starts_with_ignore_case(name, "aws/")) return {};
  return fail(invalid("Log groups starting with AWS/ are reserved for AWS."));
}

Result<void> check_stream_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameMax && name.find_first_of(":*") == std::string_view::npos) return {};
  return fail(pattern_violation("logStreamName", name, "[^:*]*"));
}

std::size_t bytes_of(std::string_view message) {
  return message.size() + kEventOverhead;
}

/// "f/00...17/s": a place between two events.
std::string token_of(char way, std::size_t place) {
  std::string digits = std::to_string(place);
  digits.insert(0, 56 - digits.size(), '0');
  return std::string(1, way) + "/" + digits + "/s";
}

struct Place {
  Place() = default;
  bool forward = false;
  std::size_t at = 0;
};

Result<Place> place_of(std::string_view token) {
  Place place;
  const bool shaped =
      token.size() == 60 && (token.starts_with("f/") || token.starts_with("b/")) && token.ends_with("/s");
  if (!shaped) return fail(invalid("The specified nextToken is invalid."));
  place.forward = token[0] == 'f';
  const std::string_view digits = token.substr(2, 56);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place.at);
  if (error == std::errc() && end == digits.data() + digits.size()) return place;
  return fail(invalid("The specified nextToken is invalid."));
}

/// A filter pattern of words: all of them must be there, none with a minus, and one of those with a question mark.
struct Words {
  Words() = default;
  std::vector<std::string> all;
  std::vector<std::string> none;
  std::vector<std::string> any;

  bool fit(std::string_view text) const {
    const auto there = [&](const std::string& word) { return text.find(word) != std::string_view::npos; };
    return std::all_of(all.begin(), all.end(), there) && std::none_of(none.begin(), none.end(), there) &&
           (any.empty() || std::any_of(any.begin(), any.end(), there));
  }
};

Result<Words> words_of(std::string_view pattern) {
  Words words;
  pattern = trim(pattern);
  if (!pattern.empty() && std::string_view("{[%").find(pattern.front()) != std::string_view::npos) {
    return fail(
        invalid("Filter patterns of JSON, of columns and of regular expressions are not offered by this "
                "simulator"));
  }
  while (!pattern.empty()) {
    std::vector<std::string>* to = &words.all;
    if (pattern.front() == '-' || pattern.front() == '?') {
      to = pattern.front() == '-' ? &words.none : &words.any;
      pattern.remove_prefix(1);
    }
    const bool quoted = pattern.starts_with('"');
    if (quoted) pattern.remove_prefix(1);
    const std::size_t end = pattern.find(quoted ? '"' : ' ');
    if (quoted && end == std::string_view::npos) return fail(invalid("Invalid filter pattern"));
    const std::string_view word = pattern.substr(0, end);
    if (!quoted && !signals::is_made_of(word, "_")) {
      return fail(invalid("Invalid character(s) in term '" + printable(word, 100) + "'"));
    }
    if (!word.empty()) to->emplace_back(word);
    pattern = end == std::string_view::npos ? std::string_view() : trim(pattern.substr(end + 1));
  }
  return words;
}

std::string event_id(std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 56 - digits.size(), '0');
  return digits;
}

Result<void> check_batch(const std::vector<aws::logs::InputLogEvent>& events) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    bytes += bytes_of(*events[i].message);
    if (i > 0 && *events[i].timestamp < *events[i - 1].timestamp) {
      return fail(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
  }
  if (bytes > kBatchBytes) {
    return fail(invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576"));
  }
  if (*events.back().timestamp - *events.front().timestamp > kDay) {
    return fail(invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."));
  }
  return {};
}

}  // namespace logs_detail

std::int64_t LogsService::now() const {
  const auto since = cloud_.now(ctx_.clock()).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

LogsService::Group* LogsService::find_group(const SiteKey& site, std::string_view name) {
  const auto groups = groups_.find(site);
  if (groups == groups_.end()) return nullptr;
  const auto found = groups->second.find(name);
  return found == groups->second.end() ? nullptr : &found->second;
}

bool LogsService::has_group(const SiteKey& site, std::string_view name) const {
  const auto groups = groups_.find(site);
  return groups != groups_.end() && groups->second.contains(name);
}

Result<LogsService::Group*> LogsService::open(const Info& info, const std::string& name, std::string_view stream) {
  Group* const group = find_group(signals::site_of(info), name);
  const std::string arn =
      signals::arn_of("logs", signals::site_of(info), "log-group:" + name + ":log-stream:" + std::string(stream));
  TRY_VOID(authorize(info, Access().on(arn, group == nullptr ? Tags() : group->tags)));
  if (group != nullptr) return group;
  return fail(logs_detail::not_found("group"));
}

Result<LogsService::Group*> LogsService::open_either(const Info& info, const std::optional<std::string>& name,
                                                     const std::optional<std::string>& identifier,
                                                     std::string_view stream) {
  if (name.has_value() == identifier.has_value()) {
    return fail(logs_detail::invalid("Exactly one of logGroupName and logGroupIdentifier must be given"));
  }
  if (name) return open(info, *name, stream);
  const std::string prefix = signals::arn_of("logs", signals::site_of(info), "log-group:");
  if (!identifier->starts_with("arn:")) return open(info, *identifier, stream);
  if (!identifier->starts_with(prefix)) return fail(logs_detail::not_found("group"));
  return open(info, identifier->substr(prefix.size()), stream);
}

Result<LogsService::Group*> LogsService::add_group(const SiteKey& site, const std::string& name) {
  TRY_VOID(logs_detail::check_group_name(name));
  auto& groups = groups_[site];
  if (groups.size() >= kGroupsMax) {
    return fail(signals::refusal(ErrorKind::conflict, "LimitExceededException", "Resource limit exceeded."));
  }
  Group made;
  made.name = name;
  made.arn = signals::arn_of("logs", site, "log-group:" + name);
  made.created = now();
  return &groups.emplace(name, std::move(made)).first->second;
}

Result<LogsService::Stream*> LogsService::add_stream(Group& group, const std::string& name) {
  TRY_VOID(logs_detail::check_stream_name(name));
  if (streams_ >= kStreamsMax) {
    return fail(signals::refusal(ErrorKind::conflict, "LimitExceededException", "Resource limit exceeded."));
  }
  ++streams_;
  Stream made;
  made.created = now();
  return &group.streams.emplace(name, std::move(made)).first->second;
}

Result<void> LogsService::add(Group& group, Stream& stream, std::int64_t time, std::string message) {
  const std::size_t bytes = logs_detail::bytes_of(message);
  if (bytes_ + bytes > kBytesMax) {
    return fail(signals::refusal(ErrorKind::unavailable, "ServiceUnavailableException",
                                 "The log store of the simulated cloud is full"));
  }
  Event event;
  event.time = time;
  event.ingested = now();
  event.number = next_++;
  event.message = std::move(message);
  const auto later = [](std::int64_t at, const Event& one) { return at < one.time; };
  stream.events.insert(std::upper_bound(stream.events.begin(), stream.events.end(), time, later), std::move(event));
  bytes_ += bytes;
  group.bytes += bytes;
  return {};
}

std::vector<const LogsService::Event*> LogsService::events_of(const Group& group, const Stream& stream,
                                                              const std::optional<std::int64_t>& from,
                                                              const std::optional<std::int64_t>& to) const {
  std::int64_t first = from.value_or(0);
  if (group.retention) first = std::max(first, now() - *group.retention * logs_detail::kDay);
  std::vector<const Event*> found;
  for (const Event& one : stream.events) {
    if (one.time >= first && (!to || one.time < *to)) found.push_back(&one);
  }
  return found;
}

Result<aws::logs::CreateLogGroupResponse> LogsService::create_log_group(
    const Info& info, const aws::logs::CreateLogGroupRequest& request) {
  const SiteKey site = signals::site_of(info);
  Tags tags;
  for (const auto& [key, value] : request.tags) tags[key] = value;
  const std::string arn = signals::arn_of("logs", site, "log-group:" + *request.log_group_name + ":log-stream:");
  TRY_VOID(authorize(info, Access().on(arn).tagging(tags)));
  if (request.kms_key_id) return fail(logs_detail::invalid("KMS keys are not offered by this simulator"));
  if (tags.size() > logs_detail::kTagsMax) return fail(logs_detail::invalid("Too many tags"));
  if (has_group(site, *request.log_group_name)) return fail(logs_detail::already_there("group"));
  TRY(Group* const group, add_group(site, *request.log_group_name));
  group->tags = std::move(tags);
  return aws::logs::CreateLogGroupResponse();
}

Result<aws::logs::DeleteLogGroupResponse> LogsService::delete_log_group(
    const Info& info, const aws::logs::DeleteLogGroupRequest& request) {
  TRY(const Group* const group, open(info, *request.log_group_name));
  bytes_ -= group->bytes;
  streams_ -= group->streams.size();
  auto& groups = groups_[signals::site_of(info)];
  groups.erase(groups.find(group->name));
  return aws::logs::DeleteLogGroupResponse();
}

Result<aws::logs::DescribeLogGroupsResponse> LogsService::describe_log_groups(
    const Info& info, const aws::logs::DescribeLogGroupsRequest& request) {
  const SiteKey site = signals::site_of(info);
  TRY_VOID(authorize(info, signals::arn_of("logs", site, "log-group::log-stream:")));
  if (!request.account_identifiers.empty() || request.include_linked_accounts.value_or(false)) {
    return fail(logs_detail::invalid("Linked accounts are not offered by this simulator"));
  }
  if (request.log_group_name_prefix && request.log_group_name_pattern) {
    return fail(
        logs_detail::invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
  }
  const std::string prefix = request.log_group_name_prefix.value_or("");
  const std::string part = request.log_group_name_pattern.value_or("");
  std::vector<aws::logs::LogGroup> all;
  for (const auto& [name, group] : groups_[site]) {
    if (!name.starts_with(prefix) || to_lower(name).find(to_lower(part)) == std::string::npos) continue;
    aws::logs::LogGroup& to = all.emplace_back();
    to.log_group_name = name;
    to.creation_time = group.created;
    to.retention_in_days = group.retention;
    to.metric_filter_count = 0;
    to.arn = group.arn + ":*";
    to.stored_bytes = static_cast<std::int64_t>(group.bytes);
  }
  aws::logs::DescribeLogGroupsResponse response;
  const std::size_t size = request.limit ? static_cast<std::size_t>(*request.limit) : logs_detail::kDescribePage;
  TRY_VOID(signals::take_page(
      request.next_token, "groups/" + site.first + "/" + site.second + "/" + prefix + ":" + part, size, all,
      response.log_groups, response.next_token, logs_detail::invalid("The specified nextToken is invalid."),
      [](const aws::logs::LogGroup& one) { return *one.log_group_name; }));
  return response;
}

Result<aws::logs::CreateLogStreamResponse> LogsService::create_log_stream(
    const Info& info, const aws::logs::CreateLogStreamRequest& request) {
  TRY(Group* const group, open(info, *request.log_group_name, *request.log_stream_name));
  if (group->streams.contains(*request.log_stream_name)) return fail(logs_detail::already_there("stream"));
  TRY_VOID(add_stream(*group, *request.log_stream_name));
  return aws::logs::CreateLogStreamResponse();
}

Result<aws::logs::DescribeLogStreamsResponse> LogsService::describe_log_streams(
    const Info& info, const aws::logs::DescribeLogStreamsRequest& request) {
  TRY(const Group* const group, open_either(info, request.log_group_name, request.log_group_identifier));
  const bool by_time = request.order_by && request.order_by->text() == "LastEventTime";
  if (by_time && request.log_stream_name_prefix) {
    return fail(logs_detail::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
  }
  const std::string prefix = request.log_stream_name_prefix.value_or("");
  std::vector<aws::logs::LogStream> all;
  for (const auto& [name, stream] : group->streams) {
    if (!name.starts_with(prefix)) continue;
    aws::logs::LogStream& to = all.emplace_back();
    to.log_stream_name = name;
    to.creation_time = stream.created;
    to.arn = group->arn + ":log-stream:" + name;
    to.stored_bytes = 0;
    to.upload_sequence_token = logs_detail::event_id(next_);
    if (stream.events.empty()) continue;
    to.first_event_timestamp = stream.events.front().time;
    to.last_event_timestamp = stream.events.back().time;
    to.last_ingestion_time = stream.events.back().ingested;
  }
  if (by_time) {
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      const std::int64_t at = a.last_event_timestamp.value_or(0);
      const std::int64_t other = b.last_event_timestamp.value_or(0);
      return at != other ? at < other : *a.log_stream_name < *b.log_stream_name;
    });
  }
  if (request.descending.value_or(false)) std::reverse(all.begin(), all.end());
  aws::logs::DescribeLogStreamsResponse response;
  const std::size_t size = request.limit ? static_cast<std::size_t>(*request.limit) : logs_detail::kDescribePage;
  const std::string question = "streams/" + group->arn + "/" + prefix + (by_time ? ":time" : ":name") +
                               (request.descending.value_or(false) ? ":down" : ":up");
  TRY_VOID(signals::take_page(request.next_token, question, size, all, response.log_streams, response.next_token,
                              logs_detail::invalid("The specified nextToken is invalid."),
                              [](const aws::logs::LogStream& one) { return *one.log_stream_name; }));
  return response;
}

Result<aws::logs::PutLogEventsResponse> LogsService::put_log_events(const Info& info,
                                                                    const aws::logs::PutLogEventsRequest& request) {
  using namespace logs_detail;
  TRY(Group* const group, open(info, *request.log_group_name, *request.log_stream_name));
  const auto stream = group->streams.find(*request.log_stream_name);
  if (stream == group->streams.end()) return fail(not_found("stream"));
  TRY_VOID(check_batch(request.log_events));
  aws::logs::PutLogEventsResponse response;
  aws::logs::RejectedLogEventsInfo rejected;
  const std::int64_t at = now();
  for (std::size_t i = 0; i < request.log_events.size(); ++i) {
    const aws::logs::InputLogEvent& one = request.log_events[i];
    const std::int64_t time = *one.timestamp;
    const auto next = static_cast<std::int32_t>(i + 1);
    if (group->retention && time < at - *group->retention * kDay) {
      rejected.expired_log_event_end_index = next;
    } else if (time < at - kTooOld) {
      rejected.too_old_log_event_end_index = next;
    } else if (time > at + kTooNew) {
      if (!rejected.too_new_log_event_start_index) rejected.too_new_log_event_start_index = next - 1;
    } else {
      TRY_VOID(add(*group, stream->second, time, *one.message));
    }
  }
  if (!(rejected == aws::logs::RejectedLogEventsInfo())) response.rejected_log_events_info = rejected;
  response.next_sequence_token = event_id(next_);
  return response;
}

Result<aws::logs::GetLogEventsResponse> LogsService::get_log_events(const Info& info,
                                                                    const aws::logs::GetLogEventsRequest& request) {
  using namespace logs_detail;
  TRY(const Group* const group,
      open_either(info, request.log_group_name, request.log_group_identifier, *request.log_stream_name));
  const auto stream = group->streams.find(*request.log_stream_name);
  if (stream == group->streams.end()) return fail(not_found("stream"));
  const auto all = events_of(*group, stream->second, request.start_time, request.end_time);
  const std::size_t most = request.limit ? static_cast<std::size_t>(*request.limit) : kEventPage;
  Place place;
  place.forward = request.start_from_head.value_or(false);
  place.at = place.forward ? 0 : all.size();
  if (request.next_token) {
    TRY(place, place_of(*request.next_token));
  }
  place.at = std::min(place.at, all.size());
  std::size_t begin = place.at;
  std::size_t end = place.at;
  std::size_t bytes = 0;
  while (end - begin < most && (place.forward ? end < all.size() : begin > 0)) {
    bytes += bytes_of(all[place.forward ? end : begin - 1]->message);
    if (bytes > kPageBytes && begin != end) break;
    place.forward ? ++end : --begin;
  }
  aws::logs::GetLogEventsResponse response;
  for (std::size_t i = begin; i < end; ++i) {
    aws::logs::OutputLogEvent& to = response.events.emplace_back();
    to.timestamp = all[i]->time;
    to.message = all[i]->message;
    to.ingestion_time = all[i]->ingested;
  }
  // At an end the token is the one that was given.
  response.next_forward_token = token_of('f', end);
  response.next_backward_token = token_of('b', begin);
  return response;
}

Result<aws::logs::FilterLogEventsResponse> LogsService::filter_log_events(
    const Info& info, const aws::logs::FilterLogEventsRequest& request) {
  using namespace logs_detail;
  TRY(const Group* const group, open_either(info, request.log_group_name, request.log_group_identifier));
  if (!request.log_stream_names.empty() && request.log_stream_name_prefix) {
    return fail(invalid("logStreamNames and logStreamNamePrefix are mutually exclusive."));
  }
  TRY(const Words words, words_of(request.filter_pattern.value_or("")));
  const auto& names = request.log_stream_names;
  for (const std::string& name : names) {
    if (!group->streams.contains(name)) return fail(not_found("stream"));
  }
  struct Found {
    const std::string* stream;
    const Event* event;
  };
  std::vector<Found> all;
  for (const auto& [name, stream] : group->streams) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    if (!name.starts_with(request.log_stream_name_prefix.value_or(""))) continue;
    for (const Event* one : events_of(*group, stream, request.start_time, request.end_time)) {
      if (words.fit(one->message)) all.push_back(Found{&name, one});
    }
  }
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return std::pair(a.event->time, a.event->number) < std::pair(b.event->time, b.event->number);
  });
  aws::logs::FilterLogEventsResponse response;
  std::vector<Found> shown;
  const std::size_t size = request.limit ? static_cast<std::size_t>(*request.limit) : kEventPage;
  const std::string question = "events/" + group->arn + "/" + join(names, ",") + "/" +
                               request.log_stream_name_prefix.value_or("") + "/" + request.filter_pattern.value_or("");
  TRY_VOID(signals::take_page(request.next_token, question, size, all, shown, response.next_token,
                              invalid("The specified nextToken is invalid."),
                              [](const Found& one) { return event_id(one.event->number); }));
  for (const Found& one : shown) {
    aws::logs::FilteredLogEvent& to = response.events.emplace_back();
    to.log_stream_name = *one.stream;
    to.timestamp = one.event->time;
    to.message = one.event->message;
    to.ingestion_time = one.event->ingested;
    to.event_id = event_id(one.event->number);
  }
  return response;
}

Result<aws::logs::PutRetentionPolicyResponse> LogsService::put_retention_policy(
    const Info& info, const aws::logs::PutRetentionPolicyRequest& request) {
  using namespace logs_detail;
  TRY(Group* const group, open(info, *request.log_group_name));
  const std::int32_t days = *request.retention_in_days;
  const bool known = days != 0 && std::find(kRetentions.begin(), kRetentions.end(), days) != kRetentions.end();
  if (!known) {
    std::string set;
    for (const std::int32_t one : kRetentions) {
      if (one != 0) set += (set.empty() ? "" : ", ") + std::to_string(one);
    }
    return fail(invalid("1 validation error detected: Value '" + std::to_string(days) +
                        "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [" +
                        set + "]"));
  }
  group->retention = days;
  return aws::logs::PutRetentionPolicyResponse();
}

Result<void> LogsService::append_lines(const SiteKey& site, const std::string& group, const std::string& stream,
                                       std::string_view text) {
  Group* there = find_group(site, group);
  if (there == nullptr) {
    TRY(there, add_group(site, group));
  }
  const auto found = there->streams.find(stream);
  Stream* to = found == there->streams.end() ? nullptr : &found->second;
  if (to == nullptr) {
    TRY(to, add_stream(*there, stream));
  }
  const std::int64_t at = now();
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    // An event has at least one character.
    if (!line.empty()) TRY_VOID(add(*there, *to, at, std::string(line)));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return {};
}

Result<void> LogsService::append_as_service(std::string_view group_arn, const std::string& stream,
                                            std::string message) {
  const auto arn = iam::split_arn(group_arn);
  if (!arn) return fail(logs_detail::not_found("group"));
  std::string_view name = arn->resource();
  name.remove_prefix(std::min(name.size(), std::string_view("log-group:").size()));
  if (name.ends_with(":*")) name.remove_suffix(2);
  Group* const group = find_group(SiteKey(arn->account(), arn->region()), name);
  if (group == nullptr) return fail(logs_detail::not_found("group"));
  const auto found = group->streams.find(stream);
  Stream* to = found == group->streams.end() ? nullptr : &found->second;
  if (to == nullptr) {
    TRY(to, add_stream(*group, stream));
  }
  return add(*group, *to, now(), std::move(message));
}

}  // namespace postern::sim
