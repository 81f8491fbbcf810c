#include "adapters/trail_source.hpp"

#include <algorithm>

#include "aws/cloudtrail/ops.hpp"
#include "aws/core/call.hpp"

namespace postern::adapters {
namespace {

constexpr std::int32_t kPage = 50;  // the most
constexpr Duration kMargin = std::chrono::minutes(1);

std::string_view attribute_of(audit::LookupKey key) {
  if (key == audit::LookupKey::user_name) return "Username";  // of a role: its session's name
  return key == audit::LookupKey::access_key ? "AccessKeyId" : "EventName";
}

}  // namespace

rt::Task<Result<audit::EventPage>> CloudTrailEvents::page(rt::CallContext ctx, fleet::ScopePtr scope,
                                                          audit::Lookup lookup, std::string token) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::cloudtrail::LookupEventsRequest request;
  aws::cloudtrail::LookupAttribute& attribute = request.lookup_attributes.emplace_back();
  attribute.attribute_key.emplace(attribute_of(lookup.key));
  attribute.attribute_value = std::move(lookup.value);
  // AWS may refuse times outside of the history, and those that are still to come.
  const WallTime now = ctx.clock().wall_now();
  const WallTime oldest = now - audit::kHistory + kMargin;
  request.start_time = std::chrono::floor<std::chrono::seconds>(std::max(lookup.from, oldest));
  if (lookup.to < now) request.end_time = std::chrono::ceil<std::chrono::seconds>(std::max(lookup.to, oldest));
  request.max_results = kPage;
  if (!token.empty()) request.next_token = std::move(token);
  CO_TRY(
      const aws::cloudtrail::LookupEventsResponse response,
      co_await aws::call<aws::cloudtrail::LookupEvents>(ctx, session_.invoker(), std::move(call), std::move(request)));
  audit::EventPage page;
  for (const aws::cloudtrail::Event& wire : response.events) {
    Result<audit::TrailEvent> event = audit::parse_event(wire.cloud_trail_event.value_or(""));
    if (event) {
      page.events.push_back(std::move(*event));
    } else {
      ++page.unreadable;
    }
  }
  page.next = response.next_token.value_or("");
  co_return page;
}

}  // namespace postern::adapters
