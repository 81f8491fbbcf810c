// The table: which statements each command uses.

#include <algorithm>
#include <array>

#include "access/permissions.hpp"

namespace postern::access {
namespace {

using enum Holder;

constexpr std::string_view kEnter = "goes into the account by its role";
constexpr std::string_view kFind = "finds instances and what Systems Manager knows of them";
constexpr std::string_view kRegionNames = "--all-regions asks which Regions the account has enabled";
constexpr std::string_view kStartSession = "starts the session";
constexpr std::string_view kSend = "sends the command";
constexpr std::string_view kFollow = "follows commands and reads what they printed";
constexpr std::string_view kLook = "reads the document before it is sent";
constexpr std::string_view kWhole = "reads what is beyond 24,000 characters";
constexpr std::string_view kFlag = "reads the flag by which the fleet is held";
constexpr std::string_view kTell = "tells how the run came out";
constexpr std::string_view kAnchor = "puts the head of the closed run there";
constexpr std::string_view kCarry = "puts, fetches and deletes pieces of large files, and signs that for nodes";
constexpr std::string_view kStack = "looks changes up, makes them and follows them";
constexpr std::string_view kMake = "CloudFormation does it with the caller's permissions";
constexpr std::string_view kUnmake = "CloudFormation takes it away with the caller's permissions";

constexpr std::string_view kNetworks = "reads the VPCs that have nodes, and what is in them";

constexpr std::string_view kSeat = "asks which account manages the organisation";

constexpr std::string_view kDiscoverActions = "ec2:DescribeInstances ssm:DescribeInstanceInformation";
constexpr std::string_view kDocumentActions = "ssm:DescribeDocument ssm:GetDocument";
constexpr std::string_view kListActions = "ssm:ListCommandInvocations ssm:ListCommands";
constexpr std::string_view kFollowActions =
    "ssm:GetCommandInvocation ssm:ListCommandInvocations ssm:ListCommands ssm:CancelCommand";
constexpr std::string_view kLookActions =
    "cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DeleteStack "
    "cloudformation:DescribeChangeSet cloudformation:DescribeStacks";
constexpr std::string_view kDeleteStackActions =
    "cloudformation:DeleteStack cloudformation:DescribeStackEvents cloudformation:DescribeStacks";
constexpr std::string_view kMakeSetActions =
    "cloudformation:CreateStackInstances cloudformation:CreateStackSet cloudformation:DescribeStackSet "
    "cloudformation:DescribeStackSetOperation cloudformation:ListStackInstances cloudformation:TagResource "
    "cloudformation:UpdateStackSet";
constexpr std::string_view kDeleteSetActions =
    "cloudformation:DeleteStackInstances cloudformation:DeleteStackSet cloudformation:DescribeStackSet "
    "cloudformation:DescribeStackSetOperation cloudformation:ListStackInstances";
constexpr std::string_view kRemoveRoleActions =
    "iam:DeleteRole iam:DeleteRolePolicy iam:DetachRolePolicy iam:GetRole iam:ListAttachedRolePolicies "
    "iam:ListRolePolicies";
constexpr std::string_view kRemoveProfileActions =
    "iam:DeleteInstanceProfile iam:GetInstanceProfile iam:RemoveRoleFromInstanceProfile";
constexpr std::string_view kRemovePolicyActions =
    "iam:DeletePolicy iam:DeletePolicyVersion iam:DetachRolePolicy iam:GetPolicy iam:ListPolicyVersions";

constexpr Use kCheck[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", "ec2:DescribeRegions", kRegionNames, When::all_regions},
};
constexpr Use kTargets[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", kDiscoverActions, kFind},
    {target, "Discover", "ec2:DescribeRegions", kRegionNames, When::all_regions},
};
constexpr Use kRun[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {hub, "HoldRuns", "ssm:GetParameter", kFlag},
    {hub, "TellTopics", "", kTell, When::topics},
    {hub, "TellEventBuses", "", kTell, When::event_buses},
    {hub, "WriteAnchors", "", kAnchor, When::anchors},
    {target, "Discover", kDiscoverActions, kFind},
    {target, "Discover", "ec2:DescribeRegions", kRegionNames, When::all_regions},
    {target, "SendDocuments", "", kSend},
    {target, "SendToTaggedNodes", "", kSend},
    {target, "FollowCommands", kFollowActions, kFollow},
    {target, "FollowCommands", kDocumentActions, kLook, When::documents},
    {target, "ReadOutputBucket", "", kWhole, When::output_s3},
    {target, "ReadOutputLogs", "", kWhole, When::output_logs},
};
constexpr Use kSession[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", kDiscoverActions, kFind},
    {target, "Discover", "ec2:DescribeRegions", kRegionNames, When::all_regions},
    {target, "SessionsOnTaggedNodes", "", kStartSession},
    {target, "SessionDocuments", "", kStartSession},
    {target, "OwnSessions", "", "ends sessions, and takes up those whose connection was lost"},
    {target, "SessionKeys", "", "makes the key of an encrypted session"},
};
constexpr auto session_and(Use more) {
  std::array<Use, std::size(kSession) + 1> uses;
  std::ranges::copy(kSession, uses.begin());
  uses.back() = more;
  return uses;
}
/// The hub's own way through S3: nodes need nothing of it.
constexpr auto kCopy = session_and(Use{hub, "CarryCopies", "", kCarry, When::copies});
constexpr auto kShell = session_and(
    Use{target, "SessionConnections", "", "--wait tells a node that restarts from a session that was left"});
constexpr Use kCancel[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {hub, "TellTopics", "", kTell, When::topics},
    {hub, "TellEventBuses", "", kTell, When::event_buses},
    {hub, "WriteAnchors", "", kAnchor, When::anchors},
    {target, "FollowCommands", kFollowActions, kFollow},
    {target, "ReadOutputBucket", "", kWhole, When::output_s3},
    {target, "ReadOutputLogs", "", kWhole, When::output_logs},
};
constexpr Use kImport[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", "ec2:DescribeRegions", kRegionNames, When::all_regions},
    {target, "FollowCommands", kListActions, "lists the commands with our mark"},
};
constexpr Use kVerify[] = {{hub, "ReadAnchors", "", "--anchors compares them as they are there", When::anchors}};
constexpr Use kHold[] = {{hub, "HoldRuns", "ssm:GetParameter ssm:PutParameter", "sets the flag, or shows it"}};
constexpr Use kRelease[] = {{hub, "HoldRuns", "ssm:DeleteParameter ssm:GetParameter", "takes the flag away"}};
constexpr Use kInit[] = {{hub, "ListOrganization", "", "--from-organizations lists the accounts"}};

constexpr Use kDeploy[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {hub, "ChangeStackSets", kMakeSetActions, kStack, When::stack_set},
    {hub, "ReadOrganization", "organizations:DescribeOrganization", kSeat, When::stack_set},
    {target, "ChangeStacks", "", kStack},
    {target, "MakeRoles", "", kMake},
    {target, "MakeProfiles", "", kMake},
    {target, "PassRoles", "", "a role is put into its instance profile"},
    {target, "MakePolicies", "", kMake},
    {target, "MakePermissionSets", "", kMake},
};
constexpr Use kDeployAlarms[] = {
    {hub, "AssumeDeployRoles", "", kEnter}, {target, "ChangeStacks", "", kStack}, {target, "MakeTopics", "", kMake},
    {target, "MakeAlarms", "", kMake},      {target, "MakeRules", "", kMake},
};
constexpr Use kDeployDocuments[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {target, "ChangeStacks", "", kStack},
    {target, "MakeDocuments", "", kMake},
};
constexpr Use kDeployEndpoints[] = {
    {hub, "AssumeDeployRoles", "", kEnter}, {target, "ChangeStacks", "", kStack},
    {target, "FindNodes", "", kNetworks},   {target, "LookAtNetworks", "", kNetworks},
    {target, "MakeEndpoints", "", kMake},   {target, "MakePrivateNames", "", kMake},
};
constexpr Use kCheckNetworks[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", kDiscoverActions, kFind},
    {target, "Discover", "ec2:DescribeRegions", kRegionNames, When::all_regions},
    {target, "LookAtNetworks", "", kNetworks},
    {target, "ReadSessionPreferences", "", "which log group sessions are written to"},
    {target, "ReadNodeRoles", "", "whether nodes' roles may write logs"},
};
constexpr Use kDiff[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {target, "FindNodes", "", kNetworks},
    {target, "LookAtNetworks", "", kNetworks},
    {hub, "ChangeStackSets", "cloudformation:DescribeStackSet cloudformation:ListStackInstances", kStack,
     When::stack_set},
    {hub, "ReadOrganization", "organizations:DescribeOrganization", kSeat, When::stack_set},
    {target, "ChangeStacks", kLookActions, "lets CloudFormation work the changes out"},
};
constexpr Use kDelete[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {hub, "ChangeStackSets", kDeleteSetActions, kUnmake, When::stack_set},
    {hub, "ReadOrganization", "organizations:DescribeOrganization", kSeat, When::stack_set},
    {target, "ChangeStacks", kDeleteStackActions, "deletes the stack and follows it"},
    {target, "MakeRoles", kRemoveRoleActions, kUnmake},
    {target, "MakeProfiles", kRemoveProfileActions, kUnmake},
    {target, "MakePolicies", kRemovePolicyActions, kUnmake},
    {target, "MakePermissionSets", "sso:DeletePermissionSet sso:DescribePermissionSet", kUnmake},
    {target, "MakeTopics", "sns:DeleteTopic sns:GetTopicAttributes sns:SetTopicAttributes", kUnmake},
    {target, "MakeAlarms", "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms", kUnmake},
    {target, "MakeRules", "events:DeleteRule events:DescribeRule events:ListTargetsByRule events:RemoveTargets",
     kUnmake},
    {target, "MakeDocuments", "ssm:DeleteDocument ssm:DescribeDocument", kUnmake},
    {target, "FindNodes", "", kNetworks},
    {target, "LookAtNetworks", "", kNetworks},
    {target, "MakeEndpoints", "ec2:DeleteSecurityGroup ec2:DeleteVpcEndpoints", kUnmake},
};
constexpr Use kAdd[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {hub, "AssumeTargetRoles", "", "looks whether the new roles let us in"},
    {target, "ChangeStacks", "", kStack},
    {target, "MakeRoles", "", kMake},
};

constexpr Use kWatchDr[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", "", "finds instances and what Systems Manager knows of them"},
    {target, "WatchReplication", "", "asks what DRS has of them"},
};
constexpr Use kRollOut[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {hub, "HoldRuns", "ssm:GetParameter", kFlag},
    {target, kWholeDuty, "", "finds, checks and installs; DRS says who is registered"},
};
constexpr Use kWhy[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {hub, "ReadOrganization", "", "reads the service control policies above the account"},
    {target, "ReadRoles", "", "reads the role and its policies"},
};

constexpr Use kCheckTags[] = {{hub, "ReadOrganization", "", "reads the service control policies above the accounts"}};
constexpr Use kSetUp[] = {
    {hub, "AssumeDeployRoles", "", kEnter},
    {target, "SetUpSites", "", "initializes DRS and makes its templates; DRS makes its roles with the caller's rights"},
};
constexpr Use kRecover[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {hub, "HoldRuns", "ssm:GetParameter", kFlag},
    {target, kWholeDuty, "", "DRS launches and ends instances with the caller's permissions"},
};
constexpr Use kAudit[] = {
    {hub, "AssumeTargetRoles", "", kEnter},
    {target, "Discover", "ec2:DescribeRegions", "asks which Regions the account has enabled"},
    {target, "LookUpCalls", "", "reads CloudTrail's event history"},
};

constexpr CommandNeeds kNeeds[] = {
    {"accounts add", std::nullopt, kAdd},
    {"accounts check", Duty::observe, kCheck},
    {"accounts list", std::nullopt, {}},
    {"accounts remove", std::nullopt, kDelete},
    {"accounts rotate-external-id", std::nullopt, kAdd},
    {"audit sessions", std::nullopt, {}},
    {"audit trail", Duty::observe, kAudit},
    {"audit who", Duty::observe, kAudit},
    {"cancel", Duty::operate, kCancel},
    {"check endpoints", Duty::observe, kCheckNetworks},
    {"check tags", std::nullopt, kCheckTags},
    {"cp", Duty::operate, kCopy},
    {"demo", std::nullopt, {}},
    {"deploy alarms", std::nullopt, kDeployAlarms},
    {"deploy delete", std::nullopt, kDelete},
    {"deploy diff", std::nullopt, kDiff},
    {"deploy documents", std::nullopt, kDeployDocuments},
    {"deploy endpoints", std::nullopt, kDeployEndpoints},
    {"deploy roles", std::nullopt, kDeploy},
    {"doctor", std::nullopt, {}},
    {"dr cleanup", Duty::cleanup, kRecover},
    {"dr config apply", Duty::recover, kRecover},
    {"dr config diff", Duty::observe, kWatchDr},
    {"dr config show", Duty::observe, kWatchDr},
    {"dr coverage", Duty::observe, kWatchDr},
    {"dr drill", Duty::recover, kRecover},
    {"dr init", std::nullopt, kSetUp},
    {"dr jobs", Duty::observe, kWatchDr},
    {"dr prepare", Duty::rollout, kRollOut},
    {"dr recover", Duty::recover, kRecover},
    {"dr report deployment", Duty::observe, kWatchDr},
    {"dr rollout", Duty::rollout, kRollOut},
    {"dr status", Duty::observe, kWatchDr},
    {"exec", Duty::operate, kSession},
    {"forward", Duty::operate, kSession},
    {"hold", std::nullopt, kHold},
    {"init", std::nullopt, kInit},
    {"ledger verify", std::nullopt, kVerify},
    {"permissions", std::nullopt, {}},
    {"release", std::nullopt, kRelease},
    {"render alarms", std::nullopt, {}},
    {"render documents", std::nullopt, {}},
    {"render endpoints", std::nullopt, {}},
    {"render guardrails", std::nullopt, {}},
    {"render roles", std::nullopt, {}},
    {"render trail", std::nullopt, {}},
    {"resume", Duty::operate, kRun},
    {"run", Duty::operate, kRun},
    {"runs cancel", Duty::operate, kCancel},
    {"runs export", std::nullopt, {}},
    {"runs import", Duty::operate, kImport},
    {"runs list", std::nullopt, {}},
    {"runs output", std::nullopt, {}},
    {"runs prune", std::nullopt, {}},
    {"runs resume", Duty::operate, kRun},
    {"runs show", std::nullopt, {}},
    {"shell", Duty::operate, kShell},
    {"sim init", std::nullopt, {}},
    {"sim serve", std::nullopt, {}},
    {"ssh-config", Duty::observe, kTargets},
    {"ssh-proxy", Duty::operate, kSession},
    {"targets", Duty::observe, kTargets},
    {"why", std::nullopt, kWhy},
};

}  // namespace

std::span<const CommandNeeds> command_needs() noexcept {
  return kNeeds;
}

const CommandNeeds* find_needs(std::string_view command) noexcept {
  const auto found = std::ranges::find(kNeeds, command, &CommandNeeds::command);
  return found == std::end(kNeeds) ? nullptr : &*found;
}

}  // namespace postern::access
