#include "sim/serve/truth.hpp"

#include "base/time.hpp"

namespace postern::sim {

Json truth_json(const Cloud& cloud, rt::Clock& clock) {
  const Truth& known = cloud.truth();
  Json calls = Json::object();
  for (const auto& [name, count] : known.calls) calls.set(name, count);
  Json executions = Json::object();
  for (const auto& [name, count] : known.executions) executions.set(name, count);
  return Json::object()
      .set("schema", "postern.truth/1")
      .set("world", cloud.world_id())
      .set("time", format_rfc3339(cloud.now(clock)))
      .set("calls", std::move(calls))
      .set("executions", std::move(executions))
      .set("commands", known.commands)
      .set("sessions", known.sessions);
}

rt::Task<Result<http::Response>> TruthService::serve(rt::CallContext ctx, http::PeerInfo, http::Request request) {
  http::Response response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers.set("Allow", "GET, HEAD");
    co_return response;
  }
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  if (request.method == "GET") response.body = truth_json(cloud_, ctx.clock()).dump() + "\n";
  co_return response;
}

}  // namespace postern::sim
