#include "sim/serve/truth.hpp"

#include <map>

#include "base/time.hpp"

namespace postern::sim {
namespace truth_detail {

Json texts(const std::map<std::string, std::string>& from) {
  Json to = Json::object();
  for (const auto& [name, value] : from) to.set(name, value);
  return to;
}

Json messages(const KeptList<PublishedMessage>& kept) {
  Json all = Json::array();
  for (const PublishedMessage& one : kept.items()) {
    all.push_back(Json::object()
                      .set("time", format_rfc3339(one.time))
                      .set("topic", one.topic_arn)
                      .set("id", one.id)
                      .set("from", one.from)
                      .set("subject", one.subject)
                      .set("message", one.message)
                      .set("attributes", texts(one.attributes)));
  }
  return Json::object().set("count", kept.count()).set("kept", std::move(all));
}

Json events(const KeptList<SeenEvent>& kept) {
  Json all = Json::array();
  for (const SeenEvent& one : kept.items()) {
    Json deliveries = Json::array();
    for (const EventDelivery& to : one.deliveries) {
      deliveries.push_back(
          Json::object().set("rule", to.rule_arn).set("target", to.target_arn).set("refused", to.refused));
    }
    all.push_back(
        Json::object().set("bus", one.bus_arn).set("event", one.event).set("deliveries", std::move(deliveries)));
  }
  return Json::object().set("count", kept.count()).set("kept", std::move(all));
}

Json node_sessions(const Truth& known) {
  Json all = Json::object();
  for (const auto& [id, seen] : known.node_sessions) {
    all.set(id, Json::object()
                    .set("target", seen.target)
                    .set("owner", seen.owner)
                    .set("document", seen.document)
                    .set("reason", seen.reason)
                    .set("status", seen.status)
                    .set("started", format_rfc3339(seen.started))
                    .set("ended", seen.ended ? Json(format_rfc3339(*seen.ended)) : Json())
                    .set("output", seen.output)
                    .set("bytes_from_client", seen.bytes_from_client)
                    .set("bytes_from_agent", seen.bytes_from_agent)
                    .set("connections", seen.connections));
  }
  return all;
}

}  // namespace truth_detail

Json truth_json(const Cloud& cloud, rt::Clock& clock) {
  const Truth& known = cloud.truth();
  Json calls = Json::object();
  for (const auto& [name, count] : known.calls) calls.set(name, count);
  Json executions = Json::object();
  const std::map<std::string_view, std::uint64_t> in_order(known.executions.begin(), known.executions.end());
  for (const auto& [name, count] : in_order) executions.set(std::string(name), count);
  return Json::object()
      .set("schema", "postern.truth/1")
      .set("world", cloud.world_id())
      .set("time", format_rfc3339(cloud.now(clock)))
      .set("calls", std::move(calls))
      .set("executions", std::move(executions))
      .set("commands", known.commands)
      .set("sessions", known.sessions)
      .set("node_sessions", truth_detail::node_sessions(known))
      .set("messages", truth_detail::messages(known.messages))
      .set("events", truth_detail::events(known.events));
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
