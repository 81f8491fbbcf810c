#include "sim/cloudtrail/service.hpp"

#include <algorithm>

#include "sim/cloudtrail/event_json.hpp"
#include "sim/cloudtrail/recorded_calls.hpp"
#include "sim/paging.hpp"

namespace postern::sim {
namespace cloudtrail_detail {

using aws::cloudtrail::LookupEventsRequest;
using trail::LoggedEvent;

constexpr std::size_t kPageDefault = 50;
constexpr Duration kHistory = std::chrono::hours(24 * 90);
constexpr double kLookupsPerSecond = 2;
constexpr double kLookupsAtOnce = 2;

Error refusal(std::string code, std::string message) {
  return aws::server::fault(ErrorKind::usage, std::move(code), std::move(message), 400);
}

/// What was asked for: one attribute at most, and times.
struct Question {
  Question() = default;
  std::string key;  ///< empty: everything
  std::string value;
  WallTime from;
  WallTime to;
  /// What a page's token must be of.
  std::string text() const {
    const auto count = [](WallTime time) { return std::to_string(time.time_since_epoch().count()); };
    return key + "=" + value + "/" + count(from) + "/" + count(to);
  }
};

bool has_attribute(std::uint64_t seed, const Question& question, const LoggedEvent& event) {
  const trail::CallEvent& call = *event.call;
  const std::string& value = question.value;
  if (question.key == "EventId") return trail::event_id(seed, event) == value;
  if (question.key == "EventName") return call.operation->name == value;
  if (question.key == "ReadOnly") return (trail::is_read_only(call) ? "true" : "false") == value;
  if (question.key == "Username") return trail::user_name(event) == value;
  if (question.key == "EventSource") return trail::event_source(*call.operation->service) == value;
  if (question.key == "AccessKeyId") return trail::access_key(event) == value;
  return std::ranges::any_of(trail::resources_of(event), [&](const trail::NamedResource& resource) {
    return (question.key == "ResourceType" ? resource.type : resource.name) == value;
  });
}

Result<Question> question_of(const LookupEventsRequest& request, WallTime now) {
  if (request.event_category) {
    return fail(refusal("UnsupportedOperationException", "Insights events are not offered by this simulator"));
  }
  if (request.lookup_attributes.size() > 1) {
    return fail(refusal("InvalidLookupAttributesException", "You can only specify one lookup attribute."));
  }
  Question question;
  if (!request.lookup_attributes.empty()) {
    question.key = std::string(request.lookup_attributes.front().attribute_key->text());
    question.value = *request.lookup_attributes.front().attribute_value;
  }
  const WallTime oldest = now - kHistory;
  question.from = std::max(request.start_time.value_or(oldest), oldest);
  question.to = request.end_time.value_or(WallTime::max());
  if (request.start_time && request.end_time && *request.start_time > *request.end_time) {
    return fail(refusal("InvalidTimeRangeException", "The start time must not be after the end time."));
  }
  return question;
}

aws::cloudtrail::Event shown(std::uint64_t seed, const LoggedEvent& event) {
  const trail::CallEvent& call = *event.call;
  aws::cloudtrail::Event out;
  out.event_id = trail::event_id(seed, event);
  out.event_name = std::string(call.operation->name);
  out.read_only = trail::is_read_only(call) ? "true" : "false";
  if (std::string key = trail::access_key(event); !key.empty()) out.access_key_id = std::move(key);
  out.event_time = std::chrono::floor<std::chrono::seconds>(call.time);
  out.event_source = trail::event_source(*call.operation->service);
  if (std::string user = trail::user_name(event); !user.empty()) out.username = std::move(user);
  for (trail::NamedResource& resource : trail::resources_of(event)) {
    aws::cloudtrail::Resource& item = out.resources.emplace_back();
    item.resource_type = std::move(resource.type);
    item.resource_name = std::move(resource.name);
  }
  out.cloud_trail_event = trail::event_json(seed, event);
  return out;
}

}  // namespace cloudtrail_detail

Result<void> CloudTrailService::take_turn(const Info& info) {
  using namespace cloudtrail_detail;
  const MonoTime now = info.ctx.clock().now();
  auto [found, added] = turns_.try_emplace(trail::SiteKey(info.caller.account_id, info.region));
  Turns& turns = found->second;
  const double passed = std::chrono::duration<double>(now - turns.at).count();
  turns.left = added ? kLookupsAtOnce : std::min(kLookupsAtOnce, turns.left + passed * kLookupsPerSecond);
  turns.at = now;
  if (turns.left < 1) {
    return fail(aws::server::fault(ErrorKind::throttled, "ThrottlingException", "Rate exceeded", 400));
  }
  turns.left -= 1;
  return {};
}

Result<aws::cloudtrail::LookupEventsResponse> CloudTrailService::lookup_events(
    const Info& info, const aws::cloudtrail::LookupEventsRequest& request) {
  using namespace cloudtrail_detail;
  TRY_VOID(authorize(info));
  const WallTime now = cloud_.now(info.ctx.clock());
  TRY(const Question question, question_of(request, now));
  TRY_VOID(take_turn(info));
  const std::uint64_t seed = cloud_.config().seed;
  const WallTime delivered = now - cloud_.config().trail.delay;
  std::vector<const LoggedEvent*> all =
      recorder_.history().newest_first(trail::SiteKey(info.caller.account_id, info.region));
  std::erase_if(all, [&](const LoggedEvent* event) {
    const WallTime at = event->call->time;
    const bool inside = at <= delivered && at >= question.from && at <= question.to;
    return !inside || (!question.key.empty() && !has_attribute(seed, question, *event));
  });
  std::string kept;
  const auto key_at = [&](std::size_t i) -> std::string_view {
    kept = std::to_string(all[i]->number);
    return kept;
  };
  // Without times a later question has other bounds; its token is of the same question all the same.
  Question asked = question;
  asked.from = request.start_time.value_or(WallTime());
  const Result<Page> page = page_of(request.next_token.value_or(""), asked.text(), all.size(),
                                    static_cast<std::size_t>(request.max_results.value_or(kPageDefault)), key_at);
  if (!page) return fail(refusal("InvalidNextTokenException", "The specified next token is not valid."));
  aws::cloudtrail::LookupEventsResponse response;
  for (std::size_t i = page->begin; i < page->end; ++i) response.events.push_back(shown(seed, *all[i]));
  if (!page->next_token.empty()) response.next_token = page->next_token;
  return response;
}

}  // namespace postern::sim
