#include "adapters/notice_sender.hpp"

#include "aws/core/call.hpp"
#include "aws/events/ops.hpp"
#include "aws/sns/ops.hpp"
#include "base/text.hpp"
#include "rt/combine.hpp"

namespace postern::adapters {
namespace {

constexpr Duration kPostTime = std::chrono::seconds(10);  // one try
constexpr int kPostTries = 3;
constexpr Duration kPostPause = std::chrono::seconds(1);
constexpr std::string_view kEventSource = "postern";

std::string_view detail_type(flow::NoticeEvent event) {
  switch (event) {
    case flow::NoticeEvent::ended:
      return "postern run ended";
    case flow::NoticeEvent::held:
      return "postern run held";
    case flow::NoticeEvent::in_doubt:
      return "postern run in doubt";
    case flow::NoticeEvent::break_glass:
      break;
  }
  return "postern break-glass";
}

void add_attribute(aws::sns::PublishRequest& request, const char* name, std::string value) {
  if (value.empty()) return;
  aws::sns::MessageAttributeValue attribute;
  attribute.data_type = "String";
  attribute.string_value = std::move(value);
  request.message_attributes[name] = std::move(attribute);
}

/// What a webhook answered, as an error; none for 2xx.
Result<void> verdict(const http::Response& response) {
  if (response.status >= 200 && response.status < 300) return Result<void>();
  const bool redirect = response.status >= 300 && response.status < 400;
  const bool later = response.status >= 500 || response.status == 429;
  Error error(later ? ErrorKind::unavailable : ErrorKind::refused,
              "it answered " + std::to_string(response.status) +
                  (redirect ? ": redirects are not followed, give the address that it leads to" : ""));
  error.delivered(Delivery::answered);
  return fail(std::move(error));
}

/// The error without what it may repeat of an address: context and cause are dropped, the message is ours or the
/// network's, which names hosts alone.
Error plain_error(const Error& error) {
  Error plain(error.kind(), error.message());
  plain.delivered(error.delivery());
  return plain;
}

}  // namespace

aws::CallScope NoticeSender::scope_of(const fleet::NotifyTarget& target) const {
  aws::CallScope scope;
  scope.account_id = hub_;
  scope.region = target.region.text();
  scope.credentials = session_.hub();
  return scope;
}

rt::Task<Result<void>> NoticeSender::tell(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice) {
  switch (target.kind) {
    case fleet::NotifyTarget::Kind::sns:
      co_return co_await publish(ctx, std::move(target), std::move(notice));
    case fleet::NotifyTarget::Kind::event_bus:
      co_return co_await put_event(ctx, std::move(target), std::move(notice));
    case fleet::NotifyTarget::Kind::webhook:
      break;
  }
  co_return co_await post(ctx, std::move(target), std::move(notice));
}

rt::Task<Result<void>> NoticeSender::publish(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice) {
  aws::sns::PublishRequest request;
  request.topic_arn = target.arn;
  request.subject = flow::notice_subject(notice);
  request.message = flow::notice_text(notice);
  add_attribute(request, "event", std::string(to_string(notice.event)));
  add_attribute(request, "status", notice.status);
  add_attribute(request, "run_id", notice.run_id);
  add_attribute(request, "world", notice.world);
  if (target.is_fifo()) {
    request.message_group_id = notice.run_id.empty() ? "postern" : notice.run_id;
    request.message_deduplication_id = notice.id();
  }
  aws::CallScope scope = scope_of(target);
  const Result<aws::sns::PublishResponse> response =
      co_await aws::call<aws::sns::Publish>(ctx, session_.invoker(), std::move(scope), std::move(request));
  if (!response) co_return fail(response.error());
  co_return Result<void>();
}

rt::Task<Result<void>> NoticeSender::put_event(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice) {
  aws::events::PutEventsRequest request;
  aws::events::PutEventsRequestEntry entry;
  entry.source = std::string(kEventSource);
  entry.detail_type = std::string(detail_type(notice.event));
  entry.detail = flow::notice_json(notice).dump();
  entry.event_bus_name = target.arn;
  entry.time = std::chrono::floor<std::chrono::seconds>(notice.at);
  request.entries.push_back(std::move(entry));
  aws::CallScope scope = scope_of(target);
  const Result<aws::events::PutEventsResponse> response =
      co_await aws::call<aws::events::PutEvents>(ctx, session_.invoker(), std::move(scope), std::move(request));
  if (!response) co_return fail(response.error());
  // The call succeeds although the one entry in it did not.
  if (response->failed_entry_count.value_or(0) == 0) co_return Result<void>();
  std::string why = "EventBridge did not take the event";
  if (!response->entries.empty()) {
    why += ": " + response->entries.front().error_code.value_or("") + " " +
           response->entries.front().error_message.value_or("");
  }
  co_return fail(ErrorKind::service, std::string(trim(why)));
}

rt::Task<Result<void>> NoticeSender::post(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice) {
  CO_TRY(const Secret<std::string> address, secrets_.resolve(target.url));
  if (std::string why = fleet::check_webhook(address.reveal()); !why.empty()) {
    co_return fail(ErrorKind::usage, std::move(why));
  }
  const Result<http::Url> url = http::parse_url(address.reveal());
  if (!url) co_return fail(ErrorKind::usage, "the address of a webhook makes no sense");
  http::Request request;
  request.method = "POST";
  request.target = url->target;
  request.headers.set("Host", url->origin.host_header());
  request.headers.set("Content-Type", "application/json");
  request.headers.set("User-Agent", "postern/0.1.0");
  request.headers.set("Idempotency-Key", notice.id());
  // "text" is what chats show.
  request.body = flow::notice_json(notice).set("text", flow::notice_text(notice)).dump();
  for (int tries = 1;; ++tries) {
    http::Request copy = request;
    const rt::CallContext brief = ctx.within(kPostTime);
    const Result<http::Response> response = co_await session_.http().send(brief, url->origin, std::move(copy));
    Result<void> done;
    if (response) {
      done = verdict(*response);
    } else {
      done = fail(plain_error(response.error()));
    }
    if (done) co_return done;
    const ErrorKind kind = done.error().kind();
    const bool again = kind == ErrorKind::unavailable || kind == ErrorKind::timeout;
    if (!again || tries >= kPostTries || ctx.deadline().passed(ctx.clock())) co_return done;
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + kPostPause * tries));
  }
}

}  // namespace postern::adapters
