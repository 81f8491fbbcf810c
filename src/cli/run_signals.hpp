#pragma once

/// Telling others of a run: notices to topics, event buses and webhooks when it ended, is held or in doubt, and when a
/// rail is broken. What goes wrong here is a warning: it never changes what a run came to.

#include "cli/aws_command.hpp"
#include "cli/durable_run.hpp"

namespace postern::cli {

/// --notify and the fleet file's notify, each once. Usage for what cannot be told, or too many.
Result<std::vector<fleet::NotifyTarget>> chosen_targets(const Command& command,
                                                        const std::optional<fleet::FleetFile>& fleet);
/// What of them the run's records keep, for those who take it up.
std::vector<std::string> storable_texts(const std::vector<fleet::NotifyTarget>& targets);

/// After start_run() and resume_run(): tells whoever wants to know, unless they were told this very state before, and
/// notes in the ledger who was told. Takes a minute at most, also when the command was interrupted.
rt::Task<void> tell_of_run(const Command& command, AwsWork& work, OpenLedger& ledger, const RunCame& came);

/// For RunOrder::opened and ResumeOrder::opened: tells whoever is notified that rails are broken, before anything is
/// sent. Empty when `glass` gives no reason: none are. `command` and `work` outlive it.
RunOpened break_glass_broadcast(const Command& command, AwsWork& work, const flow::BreakGlass& glass);

}  // namespace postern::cli
