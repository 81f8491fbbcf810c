#include "report/deployment_json.hpp"

#include "base/text.hpp"

namespace postern::report {
namespace deployment_json_detail {

Json seconds(const std::optional<Duration>& age) {
  if (!age) return {};
  return Json(static_cast<std::int64_t>(std::chrono::floor<std::chrono::seconds>(*age).count()));
}

Json texts(const std::vector<std::string>& all) {
  Json out = Json::array();
  for (const std::string& one : all) out.push_back(scrub_utf8(one));
  return out;
}

Json counts_json(const StageCounts& counts) {
  Json out = Json::object().set("tagged", counts.sum());
  for (std::size_t at = 0; at < kStageCount; ++at) {
    out.set(to_string(static_cast<Stage>(at)), counts.by_stage.at(at));
  }
  return out;
}

Json server_json(const DeployedServer& server) {
  Json json = Json::object();
  json.set("account_id", server.account_id).set("account", scrub_utf8(server.account)).set("region", server.region);
  json.set("site", server.site).set("instance_id", server.instance_id).set("name", scrub_utf8(server.name));
  json.set("stage", to_string(server.stage)).set("code", server.code).set("reason", scrub_utf8(server.reason));
  json.set("fix", server.fix).set("outcome", server.outcome).set("family", scrub_utf8(server.family));
  json.set("run_id", server.run_id).set("command_id", server.command_id).set("source_server_id", server.server_id);
  json.set("notes", texts(server.notes)).set("replication", server.seen.replication);
  json.set("recoverability", server.seen.recoverability).set("lag_seconds", seconds(server.seen.lag));
  json.set("sample_age_seconds", seconds(server.seen.sample_age));
  json.set("point_age_seconds", seconds(server.seen.point_age));
  json.set("exposure_seconds", seconds(server.seen.exposure));
  return json.set("cause", scrub_utf8(server.seen.cause));
}

/// "Asked by" as a member's name: "asked_by".
std::string key_of(std::string_view label) {
  std::string key = to_lower(label);
  for (char& c : key) c = c == ' ' ? '_' : c;
  return key;
}

Json places_json(const Deployment& deployment) {
  Json out = Json::array();
  for (const DeploymentPlace& place : places_of(deployment)) {
    Json json = Json::object().set("account_id", place.account_id).set("account", scrub_utf8(place.account));
    json.set("region", place.region).set("site", place.site);
    out.push_back(json.set("totals", counts_json(place.counts)));
  }
  return out;
}

Json classes_json(const Deployment& deployment) {
  Json out = Json::array();
  for (const DeploymentClass& one : classes_of(deployment)) {
    Json ids = Json::array();
    for (const DeployedServer* server : one.servers) ids.push_back(server->instance_id);
    Json json = Json::object().set("stage", to_string(one.stage)).set("code", one.code);
    json.set("count", one.servers.size()).set("reason", scrub_utf8(one.reason)).set("fix", one.fix);
    out.push_back(json.set("instance_ids", std::move(ids)));
  }
  return out;
}

Json replication_json(const Deployment& deployment) {
  const ReplicationSums sums = replication_of(deployment);
  const auto counted = [](const std::vector<std::pair<std::string, std::size_t>>& all) {
    Json out = Json::object();
    for (const auto& [name, count] : all) out.set(name, count);
    return out;
  };
  Json json = Json::object().set("servers", sums.servers).set("replication", counted(sums.replication));
  json.set("recoverability", counted(sums.recoverability)).set("rpo_seconds", seconds(deployment.rpo));
  json.set("within_rpo", sums.within).set("exposure_unknown", sums.unsure);
  return json.set("worst_exposure_seconds", seconds(sums.worst)).set("oldest_sample_seconds", seconds(sums.oldest));
}

Json runs_json(const Deployment& deployment) {
  Json out = Json::array();
  for (const DeploymentRun& run : deployment.runs) {
    Json json = Json::object().set("run_id", run.id).set("family", scrub_utf8(run.family)).set("status", run.status);
    json.set("document", run.document).set("pins", texts(run.pins)).set("targets", run.targets);
    json.set("command_ids", texts(run.commands)).set("records", run.records);
    out.push_back(json.set("head", run.head));
  }
  return out;
}

Json actions_json(const Deployment& deployment) {
  Json out = Json::array();
  for (const DeploymentAction& one : deployment.actions) {
    Json json = Json::object().set("what", scrub_utf8(one.what)).set("why", scrub_utf8(one.why));
    out.push_back(json.set("servers", one.servers).set("commands", texts(one.commands)));
  }
  return out;
}

}  // namespace deployment_json_detail

Json deployment_json(const Deployment& deployment) {
  using namespace deployment_json_detail;
  Json json = Json::object().set("schema", "postern.dr_report/1").set("world", deployment.world);
  json.set("simulated", deployment.simulated()).set("rollout_id", deployment.rollout_id);
  json.set("verdict", verdict_of(deployment)).set("made_at", second_words(deployment.made_at));
  json.set("made_by", scrub_utf8(deployment.made_by));
  json.set("seen_at", deployment.seen_at ? Json(second_words(*deployment.seen_at)) : Json());
  const StageCounts counts = totals_of(deployment);
  json.set("totals", counts_json(counts)).set("reconcile", counts.sum() == deployment.servers.size());
  Json facts = Json::object();
  for (const DeploymentFact& fact : deployment.facts) facts.set(key_of(fact.label), scrub_utf8(fact.value));
  json.set("facts", std::move(facts)).set("places", places_json(deployment)).set("classes", classes_json(deployment));
  json.set("replication", replication_json(deployment)).set("actions", actions_json(deployment));
  Json unseen = Json::array();
  for (const UnseenPlace& one : deployment.unseen) {
    unseen.push_back(Json::object().set("place", scrub_utf8(one.place)).set("why", scrub_utf8(one.why)));
  }
  json.set("unseen", std::move(unseen)).set("remarks", texts(deployment.remarks)).set("runs", runs_json(deployment));
  json.set("records", deployment.records).set("head", deployment.head);
  Json servers = Json::array();
  for (const DeployedServer& server : deployment.servers) servers.push_back(server_json(server));
  return json.set("servers", std::move(servers));
}

}  // namespace postern::report
