#include "net/allow.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::net {

bool AllowDialer::allows(const Endpoint& endpoint) const noexcept {
  return std::any_of(allowed_.begin(), allowed_.end(), [&endpoint](const Endpoint& entry) {
    return equals_ignore_case(entry.host, endpoint.host) && (entry.port == 0 || entry.port == endpoint.port);
  });
}

rt::Task<Result<std::unique_ptr<Stream>>> AllowDialer::dial(rt::CallContext ctx, Endpoint endpoint) {
  if (!allows(endpoint)) {
    Error error(ErrorKind::refused,
                "refused to connect to " + endpoint.to_text() + ": it is not an address of " + world_);
    co_return fail(std::move(error).delivered(Delivery::not_sent).with("endpoint", endpoint.to_text()));
  }
  Result<std::unique_ptr<Stream>> stream = co_await inner_->dial(ctx, std::move(endpoint));
  co_return stream;
}

}  // namespace postern::net
