#pragma once

/// Source servers, their health and coverage as documents and tables.

#include <string>

#include "cli/dr_work.hpp"
#include "cli/output.hpp"
#include "recovery/coverage.hpp"

namespace postern::cli {

/// One server of a sweep as in the documents.
Json server_json(const recovery::SourceServer& server, const recovery::Health& health);

/// Sites that could not be asked, and those where DRS was never set up.
void put_sites(Json& document, const recovery::Sweep& sweep);
/// The same for people, on stderr; empty when all is well.
std::string summarize_sites(const recovery::Sweep& sweep);
/// 4 when a site could not be asked (253-255 when none could), else 0.
int exit_code_of(const recovery::Sweep& sweep);

/// "3m10s"; "-" for absent.
std::string age_text(const std::optional<Duration>& age);
/// Seconds, or null.
Json seconds_json(const std::optional<Duration>& age);

/// A cell in the colour of the state that it shows.
OutputColumn state_column(std::string header, int priority, std::string member);

/// --rpo.
Result<recovery::HealthPolicy> chosen_health_policy(const Invocation& invocation);
/// --points.
recovery::ReadPoints chosen_points(const Invocation& invocation);
/// --select, else the tags of the instances that are to be protected.
Result<fleet::Selector> chosen_dr_selector(const Command& command, const std::optional<fleet::FleetFile>& fleet);

}  // namespace postern::cli
