#include "sim/agents/agent_documents.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace postern::sim {
namespace agent_documents {

constexpr std::size_t kStepsMax = 100;
constexpr int kKilledExit = 137;

using End = StepOutcome::End;

std::optional<End> end_of(std::string_view status) {
  if (status == "Success") return End::success;
  if (status == "Failed") return End::failed;
  if (status == "TimedOut") return End::timed_out;
  if (status == "Cancelled") return End::cancelled;
  if (status == "Skipped") return End::skipped;
  return std::nullopt;
}

/// The step's outcome when it has ended.
std::optional<StepOutcome> step_outcome(const JobReply& merged, const std::string& name) {
  const auto found = merged.steps.find(name);
  if (found == merged.steps.end()) return std::nullopt;
  const auto end = end_of(found->second.status);
  if (!end) return std::nullopt;
  StepOutcome outcome;
  outcome.end = *end;
  outcome.exit_code = found->second.code;
  outcome.output = found->second.output;
  outcome.errors = found->second.errors;
  return outcome;
}

std::string text_of(const Json& object, std::string_view key) {
  return std::string(object[key].to_string().value_or(std::string_view()));
}

}  // namespace agent_documents

std::string job_id(std::string_view command_id, std::string_view node_id) {
  return "aws.ssm." + std::string(command_id) + "." + std::string(node_id);
}

std::string command_content(const Work& work) {
  Result<std::string> text = document_as(*work.document, DocumentFormat::json);
  Result<Json> content = Json::parse(text ? *text : "{}");
  Json parameters = Json::object();
  for (auto& [name, value] : bound_values(*work.document, *work.parameters)) parameters.set(name, value);
  return Json::object()
      .set("CommandId", work.key.command_id)
      .set("DocumentName", work.document->name)
      .set("OutputS3BucketName", work.output_bucket)
      .set("OutputS3KeyPrefix", work.output_prefix)
      .set("CloudWatchLogGroupName", "")
      .set("CloudWatchOutputEnabled", "false")
      .set("Parameters", std::move(parameters))
      .set("DocumentContent", content ? std::move(*content) : Json::object())
      .dump();
}

std::string cancel_content(std::string_view cancelled_job) {
  return Json::object().set("CancelMessageId", cancelled_job).dump();
}

bool StepReply::has_ended() const {
  return agent_documents::end_of(status).has_value();
}

bool JobReply::is_final() const {
  static constexpr std::array<std::string_view, 4> kFinal = {"Success", "Failed", "Cancelled", "TimedOut"};
  return std::find(kFinal.begin(), kFinal.end(), status) != kFinal.end();
}

Result<JobReply> parse_reply(std::string_view content) {
  TRY(const Json json, Json::parse(content));
  if (!json.is_object()) return fail(ErrorKind::malformed, "a reply of an agent is no object");
  JobReply reply;
  reply.status = agent_documents::text_of(json, "documentStatus");
  reply.trace = agent_documents::text_of(json, "documentTraceOutput");
  for (const Json::Member& member : json["runtimeStatus"].members()) {
    if (reply.steps.size() >= agent_documents::kStepsMax) break;
    StepReply& step = reply.steps[member.key];
    step.status = agent_documents::text_of(member.value, "status");
    step.plugin = agent_documents::text_of(member.value, "name");
    step.code = static_cast<int>(std::clamp<std::int64_t>(member.value["code"].to_int().value_or(-1), -1, 1 << 30));
    step.output = agent_documents::text_of(member.value, "standardOutput");
    step.errors = agent_documents::text_of(member.value, "standardError");
  }
  return reply;
}

std::vector<StepOutcome> ended_steps(const std::vector<WorkStep>& steps, const JobReply& merged) {
  std::vector<StepOutcome> ended;
  for (const WorkStep& step : steps) {
    std::optional<StepOutcome> outcome = agent_documents::step_outcome(merged, step.name);
    if (!outcome) break;
    ended.push_back(std::move(*outcome));
  }
  return ended;
}

WorkOutcome outcome_of(const std::vector<WorkStep>& steps, const JobReply& merged) {
  using agent_documents::End;
  WorkOutcome outcome;
  const End whole = agent_documents::end_of(merged.status).value_or(End::failed);
  bool told = false;
  for (const WorkStep& step : steps) {
    std::optional<StepOutcome> one = agent_documents::step_outcome(merged, step.name);
    if (!one) {
      one.emplace();
      one->end = told || whole == End::success ? End::skipped : whole;
      one->exit_code = one->end == End::skipped ? 0 : one->end == End::failed ? 1 : agent_documents::kKilledExit;
      if (!told) one->errors = merged.trace;
    }
    told = true;
    outcome.steps.push_back(std::move(*one));
    if (outcome.steps.back().end == End::cancelled) break;
  }
  return outcome;
}

}  // namespace postern::sim
