#pragma once

/// Options and texts of deploy and of what is rendered for every Region, for the table of commands.

#include "cli/command_table.hpp"

namespace postern::cli {

inline constexpr OptionSpec kDeployFor = {
    "--for",
    "",
    Arity::one,
    "WHAT",
    "the roles of target accounts (default), the hub's identity in the hub account, or the nodes' role and profile",
    "hub|target|node"};
inline constexpr OptionSpec kVia = {
    "--via",
    "",
    Arity::one,
    "profile|ROLE|stackset",
    "whose rights are used in an account: its profile of the fleet file, or a role that the "
    "hub assumes there (default: "
    "the profile where there is one, else OrganizationAccountAccessRole); stackset deploys roles "
    "by a stack set of the organisation",
    ""};
inline constexpr OptionSpec kStackName = {
    "--stack-name",
    "",
    Arity::one,
    "NAME",
    "default: postern-roles, postern-hub, postern-node, postern-alarms, postern-documents",
    ""};
inline constexpr OptionSpec kStackParameter = {
    "--parameter", "", Arity::many, "NAME=VALUE", "a parameter of the template, in every account", ""};
inline constexpr OptionSpec kDeployDryRun = {"--dry-run", "-n", Arity::flag, "", "show what would change and stop", ""};
inline constexpr OptionSpec kDeployYes = {"--yes", "-y", Arity::flag, "", "do not ask", ""};
inline constexpr OptionSpec kDeployConcurrency = {
    "--concurrency", "", Arity::one, "N", "accounts worked on at once (default 16)", ""};

inline constexpr OptionSpec kUnits = {
    "--ou",
    "",
    Arity::many,
    "UNIT",
    "with --via stackset: the organisational units (ou-...), or the root (r-...) for every "
    "account",
    ""};

inline constexpr OptionSpec kDeployAnyFor = {
    "--for",
    "",
    Arity::one,
    "WHAT",
    "the roles of target accounts (default), the hub's identity, the nodes' role and profile, the alarms, or the "
    "document",
    "hub|target|node|alarms|documents"};
inline constexpr OptionSpec kAlarmScope = {"--scope",
                                           "",
                                           Arity::one,
                                           "SCOPE",
                                           "alarms about commands, about replication and recovery, or both (default)",
                                           "all|commands|recovery"};
inline constexpr OptionSpec kRenderAlarms[] = {
    {"--format", "", Arity::one, "FORMAT", "what to write (default: cloudformation)", "cloudformation|terraform"},
    kAlarmScope,
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
inline constexpr std::string_view kRenderAlarmsExamples[] = {
    "postern render alarms > alarms.yaml", "postern render alarms --scope recovery --format terraform"};
inline constexpr OptionSpec kDeployAlarms[] = {
    kAlarmScope, kVia, kStackName, kStackParameter, kDeployDryRun, kDeployYes, kDeployConcurrency,
};
inline constexpr std::string_view kDeployAlarmsExamples[] = {
    "postern deploy alarms --dry-run", "postern deploy alarms --parameter LagLimitSeconds=900",
    "postern deploy alarms --region eu-central-1 "
    "--parameter TopicArn=arn:aws:sns:eu-central-1:111122223333:operations"};

inline constexpr OptionSpec kRenderDocuments[] = {
    {"--format", "", Arity::one, "FORMAT",
     "a template (default: cloudformation), or the document itself, for aws ssm create-document --document-format YAML",
     "cloudformation|terraform|document"},
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
inline constexpr std::string_view kRenderDocumentsExamples[] = {"postern render documents > documents.yaml",
                                                                "postern render documents --format document"};
inline constexpr OptionSpec kDeployDocuments[] = {
    kVia, kStackName, kDeployDryRun, kDeployYes, kDeployConcurrency,
};
inline constexpr std::string_view kDeployDocumentsExamples[] = {
    "postern deploy documents --dry-run", "postern deploy documents --account payments-prod --region us-east-1"};

inline constexpr CommandSpec kRenderAlarmsCommand = {
    "render alarms",
    Verb::render_alarms,
    "",
    "alarms about commands and replication, as CloudFormation or Terraform",
    "Writes the template of what watches over an account's Region: alarms on commands that failed or were not "
    "delivered, "
    "on replication that is behind, events of replication that stalled and of launches that failed, and the topic "
    "that "
    "is told. Calls nothing.",
    kRenderAlarms,
    Positionals::none,
    kRenderAlarmsExamples};
inline constexpr CommandSpec kDeployAlarmsCommand = {
    "deploy alarms",
    Verb::deploy_alarms,
    "",
    "put the alarms into accounts and Regions, as CloudFormation stacks",
    "Deploys what `postern render alarms` writes into every Region of every account, the Region that it recovers to "
    "included: metrics are counted where commands run, not in the hub. Change sets are shown first, as by `deploy "
    "roles`. Exit code 0 when nothing is left to do.",
    kDeployAlarms,
    Positionals::none,
    kDeployAlarmsExamples};
inline constexpr CommandSpec kRenderDocumentsCommand = {
    "render documents",
    Verb::render_documents,
    "",
    "the document that installs the replication agent, as CloudFormation or Terraform",
    "Writes the template of the document by which `dr rollout` installs agents into another account (--into) or on "
    "some disks only (--devices), for which AWS's own has no parameters. Its steps for Linux and Windows check the "
    "installer against the hash that AWS publishes and run nothing without it; no key is ever given. Calls nothing.",
    kRenderDocuments,
    Positionals::none,
    kRenderDocumentsExamples};
inline constexpr CommandSpec kDeployDocumentsCommand = {
    "deploy documents",
    Verb::deploy_documents,
    "",
    "put the document into accounts and Regions, as CloudFormation stacks",
    "Deploys what `postern render documents` writes into every Region of every account where nodes are. A changed "
    "document is a new version, named by the hash of its content, and becomes the default; runs that are under way "
    "keep theirs. Change sets are shown first, as by `deploy roles`. Exit code 0 when nothing is left to do.",
    kDeployDocuments,
    Positionals::none,
    kDeployDocumentsExamples};

}  // namespace postern::cli
