#include "sim/serve/request_log.hpp"

#include "aws/core/rest_bucket.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace request_log {

constexpr std::size_t kPathShown = 120;

const std::vector<std::string>& bucket_hosts() {
  static const std::vector<std::string> hosts(1, "localhost");
  return hosts;
}

}  // namespace request_log

std::string RequestNote::to_text() const {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  std::string line = operation + " " + (status == 0 ? std::string("no answer") : std::to_string(status));
  line += " " + std::to_string(bytes) + " bytes";
  // The clock moves between turns of the loop: what is answered within one took no time at all.
  if (micros >= 100) line += " in " + std::to_string(micros / 1000) + "." + std::to_string(micros / 100 % 10) + " ms";
  if (!region.empty()) line += ", " + printable(region, 40);
  if (!key.empty()) line += ", " + printable(key, 40);
  if (!remote.empty()) line += ", from " + remote;
  return line;
}

aws::server::Route route_of(const aws::server::ServiceRouter& router, const http::Request& request) {
  const auto scope = aws::server::claimed_scope(request);
  http::Request seen;
  seen.method = request.method;
  seen.target = request.target;
  seen.headers = request.headers;
  const bool rest = router.is_rest(request, scope);
  if (rest) {
    seen.target = aws::path_style_target(request, request_log::bucket_hosts());
  } else {
    seen.body = request.body;  // a form names its operation in the body
    if (aws::server::stands_for_post(seen)) seen = aws::server::as_post(std::move(seen));
  }
  return router.route(seen, scope);
}

std::string operation_of(const aws::server::ServiceRouter& router, const http::Request& request) {
  const aws::server::Route route = route_of(router, request);
  if (route.entry == nullptr) return {};
  return std::string(route.binding->service->id) + ":" + std::string(route.entry->operation->name);
}

rt::Task<Result<http::Response>> LoggedService::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  RequestNote note;
  note.remote = peer.remote;
  note.operation = operation_of(router_, request);
  if (note.operation.empty()) {
    note.operation = printable(request.method, 20) + " " + printable(request.path(), request_log::kPathShown);
  }
  if (const auto scope = aws::server::claimed_scope(request)) {
    note.region = scope->region;
    note.key = scope->access_key_id;
  }
  const MonoTime began = ctx.now();
  Result<http::Response> response = co_await inner_.serve(ctx, std::move(peer), std::move(request));
  note.took = ctx.now() - began;
  if (response) {
    note.status = response->status;
    note.bytes = response->body.size();
  }
  log_(note);
  co_return response;
}

}  // namespace postern::sim
