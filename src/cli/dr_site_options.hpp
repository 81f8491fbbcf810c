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

inline constexpr CommandSpec kPrepareCommand = {"dr prepare",
                                                Verb::dr_prepare,
                                                "",
                                                "give nodes' roles what the replication agent needs",
                                                kPrepareText,
                                                kPrepare,
                                                Positionals::none,
                                                kPrepareExamples};

inline constexpr OptionSpec kVia = {
    "--via",
    "",
    Arity::one,
    "profile|ROLE",
    "whose rights are used in an account: its profile of the fleet file, or a role that the hub assumes there, such as "
    "OrganizationAccountAccessRole (default: the role of the duty)",
    ""};

inline constexpr OptionSpec kInit[] = {
    {"--subnet-id", "", Arity::one, "SUBNET", "where replication servers are put: the staging subnet", ""},
    {"--security-group", "", Arity::many, "GROUP",
     "of the replication servers; only TCP 1500 from the sources' networks needs to come in", ""},
    {"--source-cidr", "", Arity::many, "CIDR", "a network of sources: say when no security group lets it in", ""},
    {"--default-security-group", "", Arity::one, "YES", "the service's own security group besides", "true|false"},
    {"--instance-type", "", Arity::one, "TYPE", "of the replication servers (new: t3.small)", ""},
    {"--dedicated-servers", "", Arity::one, "YES", "a replication server for each source server", "true|false"},
    {"--disk-type", "", Arity::one, "TYPE", "of large staging disks (new: auto)", "auto|gp2|gp3|st1"},
    {"--encryption", "", Arity::one, "WHAT", "of staging disks and snapshots (new: default, the Region's EBS key)",
     "default|custom|none"},
    {"--key", "", Arity::one, "ARN", "the KMS key of --encryption custom", ""},
    {"--routing", "", Arity::one, "WAY", "to which addresses sources send data (new: private)", "private|public"},
    {"--public-ip", "", Arity::one, "YES", "public addresses for replication servers (new: false)", "true|false"},
    {"--bandwidth", "", Arity::one, "MBPS", "at most so much from each server; 0 is no limit", ""},
    {"--pit-policy", "", Arity::many, "INTERVAL/RETENTION",
     "points in time that are kept (new: 10m/1h, 1h/24h and 1d/7d)", ""},
    {"--new-disks", "", Arity::one, "YES", "replicate disks that are added later (new: true)", "true|false"},
    {"--staging-tag", "", Arity::many, "KEY=VALUE", "a tag on what the service makes in the staging area", ""},
    {"--disposition", "", Arity::one, "WHAT", "recovery instances are started (new), or only made", "started|stopped"},
    {"--right-sizing", "", Arity::one, "HOW", "how their type is chosen (new: basic)", "basic|in_aws|none"},
    {"--copy-private-ip", "", Arity::one, "YES", "they get the sources' private addresses (new: false)", "true|false"},
    {"--copy-tags", "", Arity::one, "YES", "and the sources' tags (new: true)", "true|false"},
    {"--byol", "", Arity::one, "YES", "bring your own licence (new: false)", "true|false"},
    {"--post-launch", "", Arity::one, "YES", "actions after the launch (new: false)", "true|false"},
    {"--staging-account", "", Arity::one, "ID",
     "where servers replicate, when that is another account: its trust is looked at", ""},
    kVia,
    kDryRun,
    kYes,
    kConcurrency,
};
inline constexpr std::string_view kInitExamples[] = {
    "postern dr init --dry-run",
    "postern dr init --account payments-prod --subnet-id subnet-0a1b2c3d --security-group sg-0a1b2c3d --yes",
    "postern dr init --via OrganizationAccountAccessRole --bandwidth 200 --pit-policy 10m/1h --pit-policy 1h/24h"};
inline constexpr std::string_view kInitText =
    "Looks at every site, shows what is missing or different, field by field, and changes it: the service is "
    "initialised, "
    "which makes its roles; a replication template and a launch template are made, or changed in what was asked for. "
    "Settings come from the options, else from dr in the fleet file; a template that is not there gets sound defaults: "
    "private routing, no public addresses, encryption. Staging subnet and security groups are looked at first. Where "
    "servers "
    "replicate in another account, the trust between the two has no API: the console's step is printed, and the roles "
    "that "
    "it makes are looked for. Everything is read back; a second run has nothing to do. Exit code 0 then, 3 when "
    "something "
    "is left for a person, 1 and 4 when a site failed or is not known.";

inline constexpr OptionSpec kTemplates = {
    "--templates", "", Arity::flag, "", "the sites' templates only, no source servers", ""};
inline constexpr OptionSpec kConfigFile = {
    "--file", "", Arity::one, "FILE", "the wanted settings: YAML with replication and launch, as under dr", ""};
inline constexpr OptionSpec kAgainst = {"--against",
                                        "",
                                        Arity::one,
                                        "WHAT",
                                        "compare with the fleet file (default), or servers with their site's templates",
                                        "fleet|template"};

inline constexpr OptionSpec kConfigShow[] = {kSelect, kTemplates, kVia, kConcurrency};
inline constexpr std::string_view kConfigShowExamples[] = {
    "postern dr config show", "postern dr config show web-01 s-0123456789abcdef0 -o json",
    "postern dr config show --templates -o json -q 'sites[].replication_template'"};
inline constexpr std::string_view kConfigShowText =
    "Prints the replication settings, the launch settings and the default version of the EC2 launch template of source "
    "servers, and the templates of their sites. SERVER is an id (s-...), an instance's id, or a host name with * and "
    "?; "
    "without one all servers but disconnected ones. Two or three calls for each server.";

inline constexpr OptionSpec kConfigDiff[] = {kSelect, kTemplates, kConfigFile, kAgainst, kVia, kConcurrency};
inline constexpr std::string_view kConfigDiffExamples[] = {"postern dr config diff",
                                                           "postern dr config diff --against template",
                                                           "postern dr config diff --file dr.yaml 'web-*'"};
inline constexpr std::string_view kConfigDiffText =
    "Compares templates and source servers with what is wanted, field by field: dr in the fleet file, a file, or, for "
    "servers, their site's templates. Only what is said is compared. Exit code 0 when all is as it should be, 3 when "
    "something differs or a site is not set up.";

inline constexpr OptionSpec kConfigApply[] = {kSelect, kTemplates, kConfigFile, kAgainst,
                                              kVia,    kDryRun,    kYes,        kConcurrency};
inline constexpr std::string_view kConfigApplyExamples[] = {
    "postern dr config apply --dry-run", "postern dr config apply --against template 's-0123456789abcdef0' --yes"};
inline constexpr std::string_view kConfigApplyText =
    "Shows what `dr config diff` shows, changes it, and reads it back. Versions of EC2 launch templates are never made "
    "by "
    "hand: the service writes its own when launch settings change.";

}  // namespace postern::cli::dr_site
