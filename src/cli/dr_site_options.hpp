#pragma once

/// Rows of the command table: what the commands about DRS sites take and say.

#include "cli/command_table.hpp"

namespace postern::cli::dr_site {

inline constexpr OptionSpec kSelect = {
    "--select",
    "-s",
    Arity::many,
    "SELECTOR",
    "which instances: tag:KEY=VALUE, name:GLOB, id:ID, account:NAME, @name; and, or, not, ( )",
    ""};
inline constexpr OptionSpec kDryRun = {"--dry-run", "-n", Arity::flag, "", "show the plan and stop", ""};
inline constexpr OptionSpec kYes = {"--yes", "-y", Arity::flag, "", "do not ask", ""};
inline constexpr OptionSpec kConcurrency = {
    "--concurrency", "", Arity::one, "N", "accounts and Regions worked on at once (default 16)", ""};

inline constexpr OptionSpec kPrepare[] = {kSelect, kDryRun, kYes, kConcurrency};
inline constexpr std::string_view kPrepareExamples[] = {"postern dr prepare --dry-run",
                                                        "postern dr prepare -s @dr --account payments-prod --yes",
                                                        "postern dr prepare -n -o json -q 'roles[].[role, missing]'"};
inline constexpr std::string_view kPrepareText =
    "Reads the role that each instance's profile really contains, with its policies, attached and inline, and judges "
    "whether "
    "the replication agent may be installed and work. Where only a permission is missing, attaches "
    "AWSElasticDisasterRecoveryEc2InstancePolicy to that role, after showing which instance profiles and how many "
    "instances "
    "get it too, and reads it back. Without --select: instances tagged dr:enabled=true and dr:recovery-strategy=drs. "
    "Exit "
    "code 0 when every node is ready, 1 when some is not, 4 when a role could not be read.";

}  // namespace postern::cli::dr_site
