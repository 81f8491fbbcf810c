#pragma once

/// Options and texts of `dr report`.

#include "cli/dr_options.hpp"

namespace postern::cli {

inline constexpr OptionSpec kDrReportOptions[] = {
    {"--format", "", Arity::one, "FORMAT", "Markdown (default), or one HTML page that needs nothing else", "md|html"},
    {"--out", "", Arity::one, "FILE", "write it there instead of stdout; whole or not at all, readable by you alone",
     ""},
    {"--now", "", Arity::flag, "", "the state of the fleet as it is, of no rollout", ""},
    {"--offline", "", Arity::flag, "", "what the ledger has of the rollout; AWS is not asked", ""},
    kDrSelect,
    kDrRpo,
    {"--points", "", Arity::one, "WHOSE",
     "read the newest point in time, one call a server, of all (default), of those that do not replicate well or none",
     "troubled|all|none"},
    kDrConcurrency,
};
inline constexpr std::string_view kDrReportExamples[] = {
    "postern dr report deployment", "postern dr report deployment --format html --out rollout.html",
    "postern dr report deployment 01JDZ2K6Q4T8M3V5X7Y9A1B2C3 --offline", "postern dr report deployment --now -o json"};
inline constexpr std::string_view kDrReportText =
    "Tells of a rollout of the ledger - named by its own id or by that of a run that it opened; the newest without one "
    "- or, with --now or when there was none, of the fleet as it is: who asked for what, with which document and hash; "
    "what became of every instance, per account and Region, in classes that add up; what was in the way, with cause "
    "and fix; how the servers replicate and what they could be recovered to, with the age of what was seen; what is "
    "left to do, with the command lines; and the heads of the ledger's chains, by which the report can be verified. "
    "Changes nothing. Exit code 4 when a place could not be asked.";

inline constexpr CommandSpec kDrReportCommand = {"dr report deployment",
                                                 Verb::dr_report_deployment,
                                                 "[RUN]",
                                                 "what a rollout came to, as a document for people",
                                                 kDrReportText,
                                                 kDrReportOptions,
                                                 Positionals::names,
                                                 kDrReportExamples};

}  // namespace postern::cli
