#pragma once

/// The JSON that agents and the service exchange about commands (protocol.md B2.7 and B2.8).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "sim/agents.hpp"

namespace postern::sim {

constexpr std::string_view kSendTopic = "aws.ssm.sendCommand";
constexpr std::string_view kCancelTopic = "aws.ssm.cancelCommand";

/// "aws.ssm.<command>.<node>": what names a job to its agent.
std::string job_id(std::string_view command_id, std::string_view node_id);

/// The content of a job that runs the command; parameters, defaults among them, as their types want it.
std::string command_content(const Work& work);
/// The content of a job that ends another.
std::string cancel_content(std::string_view cancelled_job);

/// What one step of a document came to.
struct StepReply {
  StepReply() = default;
  std::string status;
  std::string plugin;
  int code = -1;
  std::string output;
  std::string errors;
  bool has_ended() const;
};

struct JobReply {
  JobReply() = default;
  std::string status;  ///< of the document: "InProgress", "Success", "Failed", "Cancelled", "TimedOut", ...
  std::string trace;
  std::map<std::string, StepReply> steps;  ///< those that this reply speaks of
  bool is_final() const;
};

/// Fails with malformed.
Result<JobReply> parse_reply(std::string_view content);

/// The first steps that have ended, in the document's order.
std::vector<StepOutcome> ended_steps(const std::vector<WorkStep>& steps, const JobReply& merged);
/// What a job came to, from its final status and every step that was told of. Steps that were not are taken for skipped
/// ones; when there is none at all, the first has the document's status.
WorkOutcome outcome_of(const std::vector<WorkStep>& steps, const JobReply& merged);

}  // namespace postern::sim
