#include "flow/verdict.hpp"

#include <array>

#include "base/ids.hpp"

namespace postern::flow {

bool is_ambiguous(const Error& error) {
  if (error.delivery() == Delivery::not_sent) return false;
  if (error.delivery() == Delivery::sent || error.delivery() == Delivery::unknown) return true;
  // Answered, but not with a verdict: a 5xx, or bytes that make no sense.
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::malformed ||
         error.kind() == ErrorKind::timeout || error.kind() == ErrorKind::internal;
}

bool may_pass(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::denied:
    case ErrorKind::credentials:
    case ErrorKind::cancelled:
    case ErrorKind::refused:
    case ErrorKind::usage:
    case ErrorKind::unsupported:
      return false;
    default:
      return true;
  }
}

bool is_done(InvocationStatus status) noexcept {
  return status != InvocationStatus::pending && status != InvocationStatus::running;
}

TargetResult result_of(fleet::TargetRef target, const Invocation& now, const Invocation& before) {
  if (now.status == InvocationStatus::succeeded) {
    TargetResult result(std::move(target), Outcome::succeeded, "");
    result.exit_code = now.exit_code;
    return result;
  }
  TargetResult result(std::move(target), Outcome::failed, now.details.empty() ? "Failed" : now.details);
  result.exit_code = now.exit_code;
  const bool undelivered = now.details == "Delivery Timed Out" || now.details == "Undeliverable";
  if (!undelivered) return result;
  result.exit_code.reset();
  if (before.status == InvocationStatus::running) {
    // The agent had taken it and was not heard of again: whether it ran to its end is not known.
    result.outcome = Outcome::unknown;
    result.reason = now.details + " after it had started";
  } else {
    result.unreachable = true;
  }
  return result;
}

std::string make_op_id(rt::CallContext ctx) {
  std::array<std::uint8_t, 10> bytes{};
  ctx.random().fill(bytes);
  return make_ulid(ctx.clock().wall_now(), bytes);
}

}  // namespace postern::flow
