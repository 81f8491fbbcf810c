#pragma once

/// Rows of the command table: deploying, and rendering and checking what is regional - alarms and VPC endpoints.

#include "cli/command_table.hpp"

namespace postern::cli::deploy_options {

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
    "default: postern-roles, postern-hub, postern-node, postern-alarms, postern-documents, postern-endpoints-VPC",
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
    "the roles of target accounts (default), the hub's identity, the nodes' role and profile, the alarms, the "
    "document, or the VPC endpoints",
    "hub|target|node|alarms|documents|endpoints"};
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

inline constexpr std::string_view kRenderAlarmsText =
    "Writes the template of what watches over an account's Region: alarms on commands that failed or were not "
    "delivered, "
    "on replication that is behind, events of replication that stalled and of launches that failed, and the topic "
    "that "
    "is told. Calls nothing.";
inline constexpr std::string_view kDeployAlarmsText =
    "Deploys what `postern render alarms` writes into every Region of every account, the Region that it recovers to "
    "included: metrics are counted where commands run, not in the hub. Change sets are shown first, as by `deploy "
    "roles`. Exit code 0 when nothing is left to do.";
inline constexpr CommandSpec kRenderAlarmsCommand = {
    "render alarms",
    Verb::render_alarms,
    "",
    "alarms about commands and replication, as CloudFormation or Terraform",
    kRenderAlarmsText,
    kRenderAlarms,
    Positionals::none,
    kRenderAlarmsExamples};
inline constexpr CommandSpec kDeployAlarmsCommand = {
    "deploy alarms",
    Verb::deploy_alarms,
    "",
    "put the alarms into accounts and Regions, as CloudFormation stacks",
    kDeployAlarmsText,
    kDeployAlarms,
    Positionals::none,
    kDeployAlarmsExamples};

inline constexpr OptionSpec kEndpointFor = {
    "--for",
    "",
    Arity::many,
    "USE,...",
    "what the nodes do: ssm (commands and sessions; default), sessions (session logs and encryption: logs, kms), drs "
    "(replication: drs, ec2)",
    ""};
inline constexpr OptionSpec kEndpointUse = {
    "--use",
    "",
    Arity::many,
    "USE,...",
    "with --for endpoints: ssm (default), sessions, drs, as `deploy endpoints --for`",
    ""};
inline constexpr OptionSpec kEndpointServices = {
    "--services",
    "",
    Arity::many,
    "NAME,...",
    "further interface endpoints: sts, monitoring, secretsmanager, s3 (for other VPCs), ec2messages (agents older than "
    "3.3.40.0 only)",
    ""};
inline constexpr OptionSpec kEndpointOrganization = {
    "--organization",
    "",
    Arity::one,
    "ID",
    "let identities of the whole organisation through the endpoints (default: those of the account)",
    ""};
inline constexpr OptionSpec kEndpointVpc = {"--vpc", "", Arity::one, "VPC", "the VPC", ""};
inline constexpr OptionSpec kEndpointSubnets = {
    "--subnets", "", Arity::many, "SUBNET,...", "where the endpoints are: one subnet in each zone", ""};
inline constexpr OptionSpec kEndpointTables = {
    "--route-tables", "", Arity::many, "TABLE,...", "of the nodes' subnets: they get the route to S3", ""};
inline constexpr OptionSpec kEndpointCidr = {
    "--cidr", "", Arity::many, "CIDR,...", "who may come in on TCP 443: the nodes' subnets, or the VPC", ""};
inline constexpr OptionSpec kRenderEndpoints[] = {
    {"--format", "", Arity::one, "FORMAT", "what to write (default: cloudformation)", "cloudformation|terraform"},
    kEndpointFor,
    kEndpointServices,
    kEndpointOrganization,
    kEndpointVpc,
    kEndpointSubnets,
    kEndpointTables,
    kEndpointCidr,
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
inline constexpr std::string_view kRenderEndpointsExamples[] = {
    "postern render endpoints > endpoints.yaml", "postern render endpoints --for ssm,sessions,drs --format terraform",
    "postern render endpoints --vpc vpc-0a1b2c3d --subnets subnet-0a1b2c3d,subnet-1a2b3c4d --cidr 10.0.0.0/16"};
inline constexpr std::string_view kRenderEndpointsText =
    "Writes the template of the VPC endpoints by which nodes reach AWS without NAT: interface endpoints with private "
    "names for Systems Manager (and what --for and --services ask for), a security group that lets TCP 443 in from the "
    "nodes and nothing out, policies that let own identities through and nobody else, and the gateway to S3 for AWS's "
    "buckets, own ones and the fleet file's copies. Says on stderr what they cost a month, beside a NAT gateway. Calls "
    "nothing.";
inline constexpr CommandSpec kRenderEndpointsCommand = {
    "render endpoints",
    Verb::render_endpoints,
    "",
    "VPC endpoints for managed nodes, as CloudFormation or Terraform",
    kRenderEndpointsText,
    kRenderEndpoints,
    Positionals::none,
    kRenderEndpointsExamples};

inline constexpr OptionSpec kDeployEndpoints[] = {
    kEndpointFor,
    kEndpointServices,
    kEndpointOrganization,
    kEndpointVpc,
    kEndpointSubnets,
    kEndpointTables,
    kEndpointCidr,
    kVia,
    kStackName,
    kDeployDryRun,
    kDeployYes,
    kDeployConcurrency,
};
inline constexpr std::string_view kDeployEndpointsExamples[] = {
    "postern deploy endpoints --dry-run", "postern deploy endpoints --for ssm,sessions --account payments-prod",
    "postern deploy endpoints --vpc vpc-0a1b2c3d --region us-east-1 --yes"};
inline constexpr std::string_view kDeployEndpointsText =
    "Finds the VPCs with instances in every Region of every account and deploys what `postern render endpoints` "
    "writes, a "
    "stack for each VPC: in one subnet of each zone that has nodes, open to the nodes' subnets, with the route to S3 "
    "in "
    "their tables. Endpoints that a VPC has already, made by somebody else, are left as they are. Change sets are "
    "shown "
    "first, as by `deploy roles`, with what the endpoints cost. Exit code 0 when nothing is left to do.";
inline constexpr CommandSpec kDeployEndpointsCommand = {"deploy endpoints",
                                                        Verb::deploy_endpoints,
                                                        "",
                                                        "put VPC endpoints where nodes are, as CloudFormation stacks",
                                                        kDeployEndpointsText,
                                                        kDeployEndpoints,
                                                        Positionals::none,
                                                        kDeployEndpointsExamples};

inline constexpr OptionSpec kCheckEndpoints[] = {
    kEndpointFor,
    {"--vpc", "", Arity::one, "VPC", "this VPC alone", ""},
    {"--output-logs", "", Arity::one, "GROUP",
     "a log group that nodes write to: may their roles? (default: the fleet file's, and that of the Session Manager "
     "preferences)",
     ""},
    {"--concurrency", "", Arity::one, "N", "accounts and Regions looked at at once (default 16)", ""},
};
inline constexpr std::string_view kCheckEndpointsExamples[] = {
    "postern check endpoints", "postern check endpoints --for ssm,sessions,drs --account payments-prod",
    "postern check endpoints -o json -q 'findings[?severity==`blocks`].[vpc_id, cause, fix]'"};
inline constexpr std::string_view kCheckEndpointsText =
    "Looks at every VPC with instances in every account and Region: DNS attributes, endpoints and their private names, "
    "security groups on both sides of TCP 443, routes to S3, endpoint policies (also for the fleet file's copies), "
    "roles that may not write logs, agents that still need ec2messages. Each finding has its cause, whom it concerns "
    "and the command that mends it. Network ACLs, DNS servers of your own and what lies behind a transit gateway are "
    "not looked at. Exit code 0 when nothing is in the way, 3 when something is, 4 when a place could not be read. "
    "Changes nothing.";
inline constexpr CommandSpec kCheckEndpointsCommand = {"check endpoints",
                                                       Verb::check_endpoints,
                                                       "",
                                                       "whether nodes reach Systems Manager, and what is in the way",
                                                       kCheckEndpointsText,
                                                       kCheckEndpoints,
                                                       Positionals::none,
                                                       kCheckEndpointsExamples};

inline constexpr OptionSpec kGuardedTag = {
    "--tag", "", Arity::many, "KEY", "a tag (default: those of a rollout, dr:enabled and dr:recovery-strategy)", ""};
inline constexpr OptionSpec kRenderGuardrails[] = {
    {"--format", "", Arity::one, "FORMAT", "what to write (default: cloudformation); policy is the document alone",
     "cloudformation|terraform|policy"},
    kGuardedTag,
    {"--role", "", Arity::many, "ROLE,...",
     "roles that may set the tags, by name with path, * allowed (besides the recover role, which copies tags)", ""},
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
inline constexpr std::string_view kRenderGuardrailsExamples[] = {
    "postern render guardrails --role platform/Tagger > guardrails.yaml",
    "postern render guardrails --role Tagger --format policy"};
inline constexpr std::string_view kRenderGuardrailsText =
    "Whoever may tag an instance decides where the replication agent is installed, with an administrator's rights. "
    "Writes the template of a service control policy by which few roles may set or take away these tags on instances "
    "and managed nodes, in every account that it is attached to. Calls nothing.";
inline constexpr CommandSpec kRenderGuardrailsCommand = {"render guardrails",
                                                         Verb::render_guardrails,
                                                         "",
                                                         "a policy that keeps the tags of a rollout to few roles",
                                                         kRenderGuardrailsText,
                                                         kRenderGuardrails,
                                                         Positionals::none,
                                                         kRenderGuardrailsExamples};

inline constexpr OptionSpec kCheckTags[] = {
    kGuardedTag,
    {"--concurrency", "", Arity::one, "N", "accounts looked at at once (default 16)", ""},
};
inline constexpr std::string_view kCheckTagsExamples[] = {"postern check tags",
                                                          "postern check tags --tag postern:managed -o json"};
inline constexpr std::string_view kCheckTagsText =
    "Reads the service control policies above each account, with the hub's own credentials, and judges whether a role "
    "that is allowed everything in the account may set the tag on an instance. Roles that have less may still be kept "
    "from it by their own policies: those are not read. Exit code 0 when every tag is guarded, 3 when one is open, 4 "
    "when it cannot be known. Changes nothing.";
inline constexpr CommandSpec kCheckTagsCommand = {"check tags",
                                                  Verb::check_tags,
                                                  "",
                                                  "whether the tags that choose nodes are guarded",
                                                  kCheckTagsText,
                                                  kCheckTags,
                                                  Positionals::none,
                                                  kCheckTagsExamples};

}  // namespace postern::cli::deploy_options
