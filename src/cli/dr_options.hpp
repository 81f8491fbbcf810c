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

}  // namespace postern::cli
