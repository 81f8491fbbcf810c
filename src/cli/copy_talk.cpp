#include "cli/copy_talk.hpp"

#include "base/text.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace copy_talk {

/// From the start of the session until the node takes orders; agents need a second for a terminal.
constexpr Duration kBeginTime = std::chrono::minutes(1);
/// What is left of a piece when somebody has had enough.
constexpr Duration kGrace = std::chrono::seconds(5);
constexpr std::size_t kNoiseMax = 300;

}  // namespace copy_talk

Error CopyTalk::ended() const {
  if (broken_) return *broken_;
  std::string why = closed_text_.empty() ? noise_ : closed_text_;
  return Error(ErrorKind::unavailable,
               "the session has ended" + (why.empty() ? std::string() : ": " + printable(why, copy_talk::kNoiseMax)));
}

rt::Task<Result<CopyReply>> CopyTalk::reply() {
  using Kind = session::SessionEvent::Kind;
  for (;;) {
    while (auto found = reader_.next()) {
      if (found->kind != CopyReply::Kind::noise) co_return std::move(*found);
      if (!trim(found->text).empty()) noise_ = std::move(found->text);
    }
    if (over_) co_return fail(ended());
    CO_TRY(std::optional<session::SessionEvent> event, co_await channel_.next());
    if (!event) {
      over_ = true;
      // A last line without an end.
      reader_.feed("\n");
      continue;
    }
    if (event->kind == Kind::output || event->kind == Kind::errors) {
      from_node_ += event->bytes.size();
      reader_.feed(event->bytes);
    } else if (event->kind == Kind::closed) {
      closed_text_ = std::move(event->bytes);
    } else if (event->kind == Kind::failed) {
      broken_ = std::move(event->error);
    }
  }
}

rt::Task<Result<void>> CopyTalk::expect(CopyReply::Kind kind) {
  CO_TRY(const CopyReply found, co_await reply());
  if (found.kind == kind) {
    if (kind == CopyReply::Kind::ready) lacks_ = found.text;
    co_return Result<void>();
  }
  co_return fail(ErrorKind::malformed, "the node does not begin as a copy does");
}

rt::Task<Result<void>> CopyTalk::begin(rt::CallContext ctx) {
  const rt::CallContext within = ctx.within(copy_talk::kBeginTime);
  CO_TRY_VOID(co_await rt::with_deadline<void>(within, expect(CopyReply::Kind::script)));
  std::string script(copy_script());
  CO_TRY_VOID(co_await send(ctx, std::move(script)));
  CO_TRY_VOID(co_await rt::with_deadline<void>(within, expect(CopyReply::Kind::ready)));
  if (lacks_.empty()) co_return Result<void>();
  co_return fail(ErrorKind::unsupported, "the node lacks what a copy needs: " + printable(lacks_, 200));
}

rt::Task<Result<void>> CopyTalk::drain() {
  for (;;) {
    const Result<CopyReply> reply = co_await this->reply();
    if (reply) continue;
    if (reply.error().kind() == ErrorKind::cancelled) co_return fail(reply.error());
    co_return Result<void>();
  }
}

rt::Task<Result<void>> CopyTalk::send(rt::CallContext ctx, std::string bytes) {
  const MonoTime begin = ctx.now();
  const std::size_t size = bytes.size();
  Result<void> sent = co_await rt::with_grace<Result<void>>(ctx, channel_.write(std::move(bytes)), copy_talk::kGrace);
  waited_to_send_ += ctx.now() - begin;
  if (sent) to_node_ += size;
  co_return sent;
}

}  // namespace postern::cli
