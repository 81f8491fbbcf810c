#include "adapters/whole_output.hpp"

#include <algorithm>
#include <charconv>

#include "aws/core/call.hpp"
#include "aws/logs/ops.hpp"
#include "aws/s3/ops.hpp"
#include "base/text.hpp"
#include "rt/clock.hpp"

namespace postern::adapters {
namespace {

constexpr int kLooks = 4;  // what is not there yet may come
constexpr Duration kBetweenLooks = std::chrono::seconds(2);
constexpr unsigned kInVainMax = 20;
constexpr int kLogPagesMax = 1000;
constexpr std::int32_t kLogPage = 10'000;
constexpr std::string_view kMark = "--output truncated--";

bool is_absent(const Error& error) {
  const AwsFault* fault = error.aws();
  return fault != nullptr && (fault->code == "NoSuchKey" || fault->code == "ResourceNotFoundException");
}

/// Why a place cannot be read. The same for every target: messages of S3 name the key, and reasons are kept once each.
Error unreadable(const std::string& place, const Error& error) {
  const AwsFault* fault = error.aws();
  return Error(error.kind(), place + ": " + (fault != nullptr ? fault->code : error.message()));
}

/// The total of "bytes 0-99/1234".
std::optional<std::size_t> total_of(std::string_view range) {
  const std::size_t slash = range.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = range.substr(slash + 1);
  std::size_t total = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), total);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return total;
}

std::string replaced(std::string text, char what, std::string_view by) {
  std::string out;
  for (const char c : text) {
    if (c == what) {
      out += by;
    } else {
      out += c;
    }
  }
  return out;
}

/// Cut at a character's boundary.
WholeText bounded(std::string text, bool more) {
  WholeText whole;
  whole.truncated = more || text.size() > kWholeOutputMax;
  if (text.size() > kWholeOutputMax) {
    std::size_t end = kWholeOutputMax;
    while (end > kWholeOutputMax - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
  }
  whole.text = std::move(text);
  return whole;
}

}  // namespace

std::string_view before_mark(std::string_view kept) {
  const std::size_t mark = kept.rfind(kMark);
  if (mark != std::string_view::npos) kept = kept.substr(0, mark);
  while (kept.ends_with('\n') || kept.ends_with('\r')) kept.remove_suffix(1);
  return kept;
}

std::string output_object_key(const flow::OutputPlaces& places, const OutputStream& stream) {
  const std::string start = stream.command_id + "/" + stream.instance_id + "/";
  const std::string plugin = replaced(stream.plugin, ':', "");
  std::string rest = start + plugin + "/0." + plugin + "/" + stream.name;
  const std::size_t at = stream.url.rfind(start);
  if (at != std::string::npos) rest = stream.url.substr(at, stream.url.find_first_of("?#", at) - at);
  return places.prefix.empty() ? rest : places.prefix + "/" + rest;
}

std::string output_stream_name(const OutputStream& stream) {
  return stream.command_id + "/" + stream.instance_id + "/" + replaced(stream.plugin, ':', "-") + "/" + stream.name;
}

rt::Task<Result<WholeText>> WholeOutput::read(rt::CallContext ctx, fleet::ScopePtr scope, OutputStream stream) {
  CO_TRY_VOID(co_await turns_.acquire());
  const rt::Semaphore::Permit permit(turns_);
  Result<WholeText> whole = fail(ErrorKind::not_found, "nothing is kept of it");
  if (!places_.bucket.empty()) whole = co_await from_bucket(ctx, *scope, stream);
  if (!whole && !places_.log_group.empty()) whole = co_await from_logs(ctx, *scope, stream);
  if (whole) {
    in_vain_ = 0;
  } else if (whole.error().kind() == ErrorKind::not_found) {
    ++in_vain_;
  }
  co_return whole;
}

rt::Task<Result<WholeText>> WholeOutput::from_bucket(rt::CallContext ctx, const fleet::Scope& scope,
                                                     const OutputStream& stream) {
  CO_TRY(aws::CallScope call, session_.call_scope(scope));
  if (!places_.region.empty()) call.region = places_.region;
  const std::string key = output_object_key(places_, stream);
  const std::string place = "s3://" + places_.bucket + (places_.prefix.empty() ? "" : "/" + places_.prefix);
  Result<WholeText> whole = fail(ErrorKind::not_found, "nothing is in " + place);
  const int looks = in_vain_ < kInVainMax ? kLooks : 1;
  for (int look = 0; look < looks; ++look) {
    if (look > 0) CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + kBetweenLooks));
    aws::CallScope mine = call;
    std::string copy = key;
    whole = co_await object(ctx, std::move(mine), std::move(copy));
    if (!whole && whole.error().kind() == ErrorKind::denied) {
      // A bucket of the hub's account: its own credentials may read what the target's role may not.
      aws::CallScope hub;
      hub.region = call.region;
      hub.credentials = session_.hub();
      std::string again = key;
      Result<WholeText> by_hub = co_await object(ctx, std::move(hub), std::move(again));
      if (by_hub || is_absent(by_hub.error())) whole = std::move(by_hub);
    }
    if (whole || !is_absent(whole.error())) break;
  }
  if (!whole && is_absent(whole.error())) {
    co_return fail(ErrorKind::not_found,
                   "the node has not written it to " + place + "; may its role put objects there?");
  }
  if (!whole) co_return fail(unreadable(place, whole.error()));
  co_return whole;
}

rt::Task<Result<WholeText>> WholeOutput::object(rt::CallContext ctx, aws::CallScope call, std::string key) {
  aws::s3::GetObjectRequest request;
  request.bucket = places_.bucket;
  request.key = std::move(key);
  request.range = "bytes=0-" + std::to_string(kWholeOutputMax - 1);
  CO_TRY(aws::s3::GetObjectResponse response,
         co_await aws::call<aws::s3::GetObject>(ctx, session_.invoker(), std::move(call), std::move(request)));
  std::string text = response.body ? std::move(response.body->bytes) : std::string();
  const std::size_t total = total_of(response.content_range.value_or("")).value_or(text.size());
  const bool more = total > text.size();
  co_return bounded(std::move(text), more);
}

rt::Task<Result<WholeText>> WholeOutput::from_logs(rt::CallContext ctx, const fleet::Scope& scope,
                                                   const OutputStream& stream) {
  CO_TRY(const aws::CallScope call, session_.call_scope(scope));
  const std::string name = output_stream_name(stream);
  const std::string place = "the log group " + places_.log_group;
  const std::string_view kept = before_mark(stream.kept);
  std::string text;
  std::optional<std::string> token;
  const int looks_max = in_vain_ < kInVainMax ? kLooks : 1;
  int looks = 0;
  bool ended = false;
  // The agent writes a line an event; a token that comes back is the end of what is there by now.
  for (int page = 0; page < kLogPagesMax && text.size() <= kWholeOutputMax; ++page) {
    aws::logs::GetLogEventsRequest request;
    request.log_group_name = places_.log_group;
    request.log_stream_name = name;
    request.start_from_head = true;
    request.limit = kLogPage;
    request.next_token = token;
    aws::CallScope mine = call;
    Result<aws::logs::GetLogEventsResponse> events =
        co_await aws::call<aws::logs::GetLogEvents>(ctx, session_.invoker(), std::move(mine), std::move(request));
    if (!events && !is_absent(events.error())) co_return fail(unreadable(place, events.error()));
    const bool nothing_new = !events || events->next_forward_token == token;
    if (events) {
      for (const aws::logs::OutputLogEvent& event : events->events) text += event.message.value_or("") + "\n";
      token = events->next_forward_token;
    }
    if (!nothing_new) continue;
    // Twice nothing new is the end, once all that Systems Manager kept is there.
    ended = ++looks >= 2 && text.size() > kept.size();
    if (ended || looks >= (text.empty() ? looks_max : kLooks)) break;
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + kBetweenLooks));
  }
  if (text.size() <= kept.size()) {
    co_return fail(ErrorKind::not_found,
                   "the node has not written all of it to " + place + "; may its role write logs there?");
  }
  co_return bounded(std::move(text), !ended);
}

}  // namespace postern::adapters
