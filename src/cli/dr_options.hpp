#pragma once

/// Options and texts of `dr coverage`, `dr status` and `dr rollout`.

#include "cli/command_table.hpp"

namespace postern::cli {

inline constexpr OptionSpec kDrSelect = {
    "--select",
    "-s",
    Arity::many,
    "SELECTOR",
    "which instances (default: tag:dr:enabled=true and tag:dr:recovery-strategy=drs)",
    ""};
inline constexpr OptionSpec kDrConcurrency = {
    "--concurrency", "", Arity::one, "N", "accounts and Regions asked at once (default 16)", ""};
inline constexpr OptionSpec kDrRpo = {
    "--rpo", "", Arity::one, "DURATION", "how much may be lost: the limit of lag and of the newest point (default 15m)",
    ""};
inline constexpr OptionSpec kDrPoints = {
    "--points",
    "",
    Arity::one,
    "WHOSE",
    "read the newest point in time, one call a server, of those that do not replicate well (default), of all or none",
    "troubled|all|none"};

inline constexpr OptionSpec kDrStatusOptions[] = {
    {"--select", "-s", Arity::many, "SELECTOR",
     "which servers, by the tags, Name and instance id that DRS has of them (default: all)", ""},
    kDrRpo,
    kDrPoints,
    {"--gate", "", Arity::flag, "", "exit with 3 unless every server keeps to --rpo for certain", ""},
    {"--troubled", "", Arity::flag, "", "list only those that are not healthy", ""},
    {"--all-servers", "", Arity::flag, "", "disconnected servers and those that replicate home too", ""},
    {"--watch", "-w", Arity::flag, "", "look again and again until Ctrl-C, and tell what changes", ""},
    {"--every", "", Arity::one, "DURATION", "with --watch: the pause between two looks (default 60s)", ""},
    {"--until", "", Arity::one, "STATE", "with --watch: end with 0 when every server is there", "protected"},
    kDrConcurrency,
};
inline constexpr std::string_view kDrStatusExamples[] = {
    "postern dr status", "postern dr status --troubled --points all --rpo 5m",
    "postern dr status --watch --until protected --timeout 6h", "postern dr status --gate --rpo 15m -o json"};
inline constexpr std::string_view kDrStatusText =
    "Asks DRS in every account's recovery Region for its source servers: whether they replicate (lag, backlog, the "
    "step "
    "of the first synchronisation, the error with its cause and fix) and what they could be recovered to, as two "
    "facts, "
    "with the age of what was seen. The exposure is what would be lost now: lag and the age of the sample, or the age "
    "of "
    "the newest point of a server that does not replicate; it is never better than what was seen. Exit code 4 when a "
    "site could not be asked.";

inline constexpr OptionSpec kDrCoverageOptions[] = {
    kDrSelect,
    kDrRpo,
    kDrPoints,
    {"--gaps", "", Arity::flag, "", "list only instances that are not protected", ""},
    {"--gate", "", Arity::flag, "", "exit with 3 unless every instance is protected or excluded", ""},
    kDrConcurrency,
};
inline constexpr std::string_view kDrCoverageExamples[] = {"postern dr coverage", "postern dr coverage --gaps --gate",
                                                           "postern dr coverage -o json -q totals"};
inline constexpr std::string_view kDrCoverageText =
    "Compares the instances that should be protected (by tag, stopped ones too) with DRS's source servers. Each is "
    "protected, enrolled (registered but not protected), installed (the ledger knows of an installation that DRS does "
    "not), missing, excluded (tag postern:dr-exclude=REASON) or unknown, and the totals add up. Names instances that "
    "are "
    "registered twice and servers whose instance is gone.";

inline constexpr OptionSpec kDrRolloutOptions[] = {
    kDrSelect,
    {"--from", "", Arity::many, "REGION", "where the instances run (default: as --region and the fleet file)", ""},
    {"--to", "", Arity::one, "REGION", "where they are recovered (default: the account's `dr: {region}`)", ""},
    {"--dry-run", "-n", Arity::flag, "", "show who is ready and what is in the way, and stop", ""},
    {"--yes", "-y", Arity::flag, "", "do not ask", ""},
    {"--confirm", "", Arity::one, "NAME",
     "agree to a plan on production (accounts tagged env: prod) by the account's name, or by the plan's", ""},
    {"--expect", "", Arity::one, "MIN-MAX", "how many servers should be sent to; more than 50 or 5 accounts need it",
     ""},
    {"--break-glass", "", Arity::one, "REASON",
     "go over protected targets, freeze windows, lists of documents and holds; kept in the ledger", ""},
    {"--prepare", "", Arity::flag, "", "first attach AWS's policy to roles of instance profiles that lack it", ""},
    {"--waive", "", Arity::many, "CODE,...", "go on in spite of these findings, such as HEADERS_MISSING", ""},
    {"--no-probe", "", Arity::flag, "", "do not look inside the servers first", ""},
    {"--document", "", Arity::one, "NAME", "the document that installs (default: AWS's own)", ""},
    {"--tag", "", Arity::many, "KEY=VALUE", "a tag of the new source servers", ""},
    {"--waves", "", Arity::one, "WAVE,...", "as in `run`, for every family (default: canary,10%,rest)", ""},
    {"--max-errors", "", Arity::one, "N|N%", "how many of a wave may fail (default 5%); in a canary always none", ""},
    {"--registration-timeout", "", Arity::one, "DURATION",
     "how long DRS may take to know a server before its installation is called a phantom (default 15m)", ""},
    {"--until", "", Arity::one, "STATE", "wait until the servers are there", "protected"},
    {"--reason", "", Arity::one, "TEXT", "why; kept in the ledger", ""},
    {"--ticket", "", Arity::one, "ID", "of the change; kept in the ledger", ""},
    {"--notify", "", Arity::many, "TARGET", "who is told of each family's run, besides those of the fleet file", ""},
    {"--on-interrupt", "", Arity::one, "WHAT", "what becomes of commands under way at Ctrl-C", "ask|leave|cancel"},
    kDrConcurrency,
};
inline constexpr std::string_view kDrRolloutExamples[] = {
    "postern dr rollout --dry-run", "postern dr rollout payments-prod --to us-west-2 --prepare",
    "postern dr rollout --yes --expect 100-130 --until protected --timeout 12h"};
inline constexpr std::string_view kDrRolloutText =
    "Finds the instances that are to be protected, asks DRS which of them are registered already, checks what is in "
    "the "
    "way of the others (Systems Manager, instance profile, the site, a read-only look inside the server), and installs "
    "the agent on those that are ready: for each family of operating systems a canary, a tenth, the rest, with a "
    "budget "
    "of its own, so that one family's trouble stops nobody else. A success of Systems Manager is no protection: a "
    "server counts when DRS knows it, and an installation that DRS never hears of is found. Safe to run again.";

inline constexpr CommandSpec kDrCoverageCommand = {"dr coverage",
                                                   Verb::dr_coverage,
                                                   "",
                                                   "which instances are protected, and which are not and why",
                                                   kDrCoverageText,
                                                   kDrCoverageOptions,
                                                   Positionals::none,
                                                   kDrCoverageExamples};
inline constexpr CommandSpec kDrRolloutCommand = {
    "dr rollout",       Verb::dr_rollout,
    "[ACCOUNT]",        "install the replication agent, and see that DRS knows the servers",
    kDrRolloutText,     kDrRolloutOptions,
    Positionals::names, kDrRolloutExamples};
inline constexpr CommandSpec kDrStatusCommand = {"dr status",
                                                 Verb::dr_status,
                                                 "",
                                                 "replication and recoverability of the source servers",
                                                 kDrStatusText,
                                                 kDrStatusOptions,
                                                 Positionals::none,
                                                 kDrStatusExamples};

}  // namespace postern::cli
