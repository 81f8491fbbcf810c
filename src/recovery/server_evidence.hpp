#pragma once

/// What the ledger keeps of one server's end, in the place of what a command printed: a JSON object.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "recovery/job.hpp"

namespace postern::recovery {

/// job_id, source_server_id, launch_status, and as far as they are known recovery_instance_id, ec2_state,
/// point_in_time, rpo_s, flags[] ("previous_snapshot"), raw_error, cause, fix.
Json evidence_of(const Job& job, const JobServer& server, const ServerVerdict& verdict);

/// As it was kept; an empty object when it is none.
Json read_evidence(std::string_view text);

}  // namespace postern::recovery
