#include "recovery/server_evidence.hpp"

#include "base/text.hpp"

namespace postern::recovery {

Json evidence_of(const Job& job, const JobServer& server, const ServerVerdict& verdict) {
  Json out = Json::object().set("job_id", job.id).set("source_server_id", server.server_id);
  out.set("launch_status", scrub_utf8(server.status_text));
  if (!verdict.instance_id.empty()) out.set("recovery_instance_id", verdict.instance_id);
  if (!verdict.ec2_state.empty()) out.set("ec2_state", scrub_utf8(verdict.ec2_state));
  if (verdict.point) out.set("point_in_time", format_rfc3339(std::chrono::floor<std::chrono::seconds>(*verdict.point)));
  if (verdict.rpo) out.set("rpo_s", std::chrono::duration_cast<std::chrono::seconds>(*verdict.rpo).count());
  Json flags = Json::array();
  if (verdict.previous_snapshot) flags.push_back("previous_snapshot");
  out.set("flags", std::move(flags));
  if (!verdict.raw_error.empty()) out.set("raw_error", scrub_utf8(verdict.raw_error));
  if (!verdict.cause.code.empty()) {
    out.set("cause", std::string(verdict.cause.code)).set("fix", std::string(verdict.cause.fix));
  }
  return out;
}

Json read_evidence(std::string_view text) {
  Result<Json> parsed = Json::parse(text);
  return parsed && parsed->is_object() ? std::move(*parsed) : Json::object();
}

}  // namespace postern::recovery
