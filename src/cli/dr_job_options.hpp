#pragma once

/// Options and texts of dr jobs, drill, recover and cleanup, for the table of commands.

#include "cli/dr_options.hpp"

namespace postern::cli {

inline constexpr OptionSpec kDrJobConcurrency = {
    "--concurrency", "", Arity::one, "N", "sites worked on at once (default 16)", ""};
inline constexpr OptionSpec kDrDryRun = {
    "--dry-run", "-n", Arity::flag, "", "show the plan and stop; -o json gives it as a document", ""};
inline constexpr OptionSpec kDrYes = {"--yes", "-y", Arity::flag, "", "do not ask", ""};
inline constexpr OptionSpec kDrConfirm = {
    "--confirm",
    "",
    Arity::one,
    "NAME",
    "agree to a plan on production (accounts tagged env: prod) by the account's name, or by the plan's",
    ""};
inline constexpr OptionSpec kDrExpect = {
    "--expect",
    "",
    Arity::one,
    "MIN-MAX",
    "how many servers the plan should have, as 16 or 10-20; more than 50 servers or 5 accounts need it",
    ""};
inline constexpr OptionSpec kDrBreakGlass = {
    "--break-glass",
    "",
    Arity::one,
    "REASON",
    "go over protected targets, freeze windows and holds; kept in the ledger. Never over a live recovery",
    ""};
inline constexpr OptionSpec kDrReason = {"--reason", "", Arity::one, "TEXT", "why, kept in the ledger", ""};
inline constexpr OptionSpec kDrTicket = {
    "--ticket", "", Arity::one, "ID", "the ticket or change that this belongs to, kept in the ledger", ""};
inline constexpr OptionSpec kDrJobTimeout = {
    "--job-timeout",
    "",
    Arity::one,
    "DURATION",
    "how long a job is followed before its servers are called unknown (default 4h)",
    ""};
inline constexpr OptionSpec kDrMixedEndpoints = {
    "--mixed-endpoints", "", Arity::flag, "", "allow some services at configured endpoints and others at AWS", ""};
inline constexpr OptionSpec kDrJobSelect = {
    "--select",
    "-s",
    Arity::many,
    "SELECTOR",
    "which servers, by the names, tags and ids of the instances that they are and by the tags of the source servers; "
    "account and region are those of the site",
    ""};
inline constexpr OptionSpec kDrFailedOf = {"--failed-of",
                                           "",
                                           Arity::one,
                                           "RUN|latest",
                                           "only the servers that failed in this earlier run of the same kind",
                                           ""};
inline constexpr OptionSpec kDrOutcomes = {
    "--outcomes",
    "",
    Arity::one,
    "OUTCOME,...",
    "with --failed-of: which servers, of failed, unknown and skipped (default: failed)",
    ""};
inline constexpr OptionSpec kDrEndedOnly = {"--ended-only",
                                            "",
                                            Arity::flag,
                                            "",
                                            "with --failed-of: of a run that is not over, the servers that have ended",
                                            ""};
inline constexpr OptionSpec kDrPoint = {"--point",
                                        "",
                                        Arity::one,
                                        "latest|previous|ID",
                                        "the point in time: a snapshot taken now (default; of a server that does not "
                                        "replicate the newest), the newest that is "
                                        "there, or one snapshot of one server",
                                        ""};

inline constexpr OptionSpec kDrDisposition = {
    "--disposition",
    "",
    Arity::one,
    "WHAT",
    "for this launch: instances are started, or only made. Put back afterwards, as the two below",
    "started|stopped"};
inline constexpr OptionSpec kDrRightSizing = {
    "--right-sizing", "", Arity::one, "HOW", "for this launch: how their type is chosen", "basic|in_aws|none"};
inline constexpr OptionSpec kDrCopyPrivateIp = {
    "--copy-private-ip", "", Arity::one, "YES", "for this launch: they get the sources' private addresses",
    "true|false"};

inline constexpr OptionSpec kDrDrill[] = {
    kDrJobSelect,
    kDrFailedOf,
    kDrOutcomes,
    kDrEndedOnly,
    kDrPoint,
    {"--max-point-age", "", Arity::one, "DURATION",
     "a server that does not replicate goes without --override from a point that is no older (default 15m)", ""},
    {"--override", "", Arity::one, "REASON",
     "let servers go that do not replicate, from their newest point in time; kept in the ledger", ""},
    kDrDisposition,
    kDrRightSizing,
    kDrCopyPrivateIp,
    kDrDryRun,
    kDrYes,
    kDrConfirm,
    kDrExpect,
    kDrBreakGlass,
    kDrReason,
    kDrTicket,
    kDrNotify,
    kDrJobTimeout,
    kDrJobConcurrency,
    kDrMixedEndpoints,
};
inline constexpr std::string_view kDrDrillExamples[] = {
    "postern dr drill -s 'tag:app=shop' --dry-run", "postern dr drill s-0123456789abcdef0 i-0123456789abcdef0 --yes",
    "postern dr drill --failed-of latest"};

inline constexpr OptionSpec kDrRecover[] = {
    kDrJobSelect,     kDrFailedOf, kDrOutcomes,   kDrEndedOnly,      kDrPoint,          kDrDisposition, kDrRightSizing,
    kDrCopyPrivateIp, kDrDryRun,   kDrYes,        kDrConfirm,        kDrExpect,         kDrBreakGlass,  kDrReason,
    kDrTicket,        kDrNotify,   kDrJobTimeout, kDrJobConcurrency, kDrMixedEndpoints,
};
inline constexpr std::string_view kDrRecoverExamples[] = {
    "postern dr recover -s 'tag:app=shop' --dry-run",
    "postern dr recover -s @payments --expect 24-26 --confirm payments-prod --reason 'us-east-1 is gone'"};

inline constexpr OptionSpec kDrCleanup[] = {
    {"--latest", "", Arity::flag, "", "the newest run", ""},
    {"--all-drills-of-run", "", Arity::flag, "", "of the drills too that repeated the run in part (--failed-of)", ""},
    kDrDryRun,
    kDrYes,
    kDrConfirm,
    kDrExpect,
    kDrBreakGlass,
    kDrReason,
    kDrTicket,
    kDrNotify,
    kDrJobTimeout,
    kDrJobConcurrency,
    kDrMixedEndpoints,
};
inline constexpr std::string_view kDrCleanupExamples[] = {"postern dr cleanup --latest --dry-run",
                                                          "postern dr cleanup 01ARZ3NDEKTSV4RRFFQ69G5FAV --yes"};

inline constexpr OptionSpec kDrJobs[] = {
    {"--since", "", Arity::one, "DURATION", "jobs that were begun no longer ago (default 24h)", ""},
    {"--active", "", Arity::flag, "", "only jobs that have not ended", ""},
    {"--log", "", Arity::flag, "", "with a job: its log", ""},
    {"--follow", "", Arity::flag, "", "look again every 10 to 60 seconds until the job, or every job, has ended", ""},
    kDrJobConcurrency,
};
inline constexpr std::string_view kDrJobsExamples[] = {"postern dr jobs --active",
                                                       "postern dr jobs drsjob-0123456789abcdef0 --log --follow"};

inline constexpr CommandSpec kDrJobsCommand = {
    "dr jobs",
    Verb::dr_jobs,
    "[JOB]",
    "the jobs of Elastic Disaster Recovery in every site",
    "Lists the jobs of all sites, whoever began them, with what became of their servers: a job's own status never says "
    "that one failed. With a job's id: each server of it, and with --log every event with its attempts and the cause "
    "of a "
    "failure. Exit code 1 when a server of the jobs shown has failed.",
    kDrJobs,
    Positionals::names,
    kDrJobsExamples};
inline constexpr CommandSpec kDrDrillCommand = {
    "dr drill",
    Verb::dr_drill,
    "[SERVER...]",
    "launch servers as a drill, beside what runs",
    "Launches source servers as drill instances: the plan is shown first, each job of at most 100 servers carries the "
    "run's "
    "mark, and the limits of a site (20 jobs, 500 servers, those of others among them) are waited for. What became of "
    "a "
    "server is read from the job's list and log, with the point in time that it came from. A server that runs as a "
    "real "
    "recovery is never drilled; one that does not replicate only from a fresh point, or with --override.",
    kDrDrill,
    Positionals::names,
    kDrDrillExamples};
inline constexpr CommandSpec kDrRecoverCommand = {"dr recover",
                                                  Verb::dr_recover,
                                                  "[SERVER...]",
                                                  "recover servers for good: no drill",
                                                  "Launches source servers as recovery instances. A server that does "
                                                  "not replicate any more is launched from its newest "
                                                  "point in time, and the loss of data that this means is shown. An "
                                                  "earlier recovery instance of a server is replaced: "
                                                  "the plan says loudly which.",
                                                  kDrRecover,
                                                  Positionals::names,
                                                  kDrRecoverExamples};
inline constexpr CommandSpec kDrCleanupCommand = {
    "dr cleanup",
    Verb::dr_cleanup,
    "RUN|--latest",
    "end the instances that a drill launched",
    "Ends the recovery instances that the drill's jobs launched as drills, and nothing else, then looks whether "
    "anything is "
    "left: recovery instances, EC2 instances, the volumes that were attached. Exit code 0 only when nothing is.",
    kDrCleanup,
    Positionals::names,
    kDrCleanupExamples};

}  // namespace postern::cli
