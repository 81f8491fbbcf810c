#include "cli/command_table.hpp"

#include "cli/deploy_options.hpp"
#include "cli/document_options.hpp"
#include "cli/dr_job_options.hpp"
#include "cli/dr_options.hpp"
#include "cli/dr_report_options.hpp"
#include "cli/dr_site_options.hpp"
#include "cli/session_options.hpp"
#include "cli/sim_options.hpp"

namespace postern::cli {
namespace {

using namespace deploy_options;

constexpr OptionSpec kGlobal[] = {
    {"--fleet", "-f", Arity::one, "FILE", "the fleet file (default: POSTERN_FLEET, else ./postern.yaml when it exists)",
     ""},
    {"--output", "-o", Arity::one, "FORMAT", "how to print the answer (default: table on a terminal, else json)",
     "table|json|ndjson|text|markdown"},
    {"--query", "-q", Arity::one, "JMESPATH", "print only what this JMESPath expression finds in the JSON answer", ""},
    {"--read-only", "", Arity::flag, "", "refuse every AWS operation outside the reviewed list of reads", ""},
    {"--verbose", "-v", Arity::flag, "", "say on stderr why: credentials, retries, throttles, skips (-vv: every call)",
     ""},
    {"--log-file", "", Arity::one, "FILE", "append all of that to a file, one JSON object a line", ""},
    {"--color", "", Arity::one, "WHEN", "colours and progress bars (default: auto)", "auto|always|never"},
    {"--profile", "-p", Arity::many, "NAME",
     "a profile of the AWS configuration; as the hub identity, or one per account", ""},
    {"--role-arn", "", Arity::many, "ARN", "a role to assume; repeat it for several accounts", ""},
    {"--external-id", "", Arity::one, "ID", "the ExternalId to pass with --role-arn (env:NAME and file:PATH are read)",
     ""},
    {"--region", "-r", Arity::many, "REGION", "a Region, or several with commas; repeatable", ""},
    {"--all-regions", "", Arity::flag, "", "every Region that is enabled in each account", ""},
    {"--account", "-a", Arity::many, "ID|NAME", "only these accounts of the fleet file", ""},
    {"--endpoint-url", "", Arity::one, "URL", "send every AWS call there (as AWS_ENDPOINT_URL)", ""},
    {"--ca-bundle", "", Arity::one, "FILE", "trust these certificate authorities (as AWS_CA_BUNDLE)", ""},
    {"--ledger", "", Arity::one, "FILE",
     "the ledger of runs (default: POSTERN_LEDGER, else one per world in ~/.local/state/postern)", ""},
    {"--timeout", "", Arity::one, "DURATION", "give up on the whole command after this long, such as 90s or 2h", ""},
    {"--help", "-h", Arity::flag, "", "explain a command", ""},
};

constexpr OptionSpec kSelect = {
    "--select",
    "-s",
    Arity::many,
    "SELECTOR",
    "which targets: tag:KEY=VALUE, name:GLOB, id:ID, account:NAME, @name; and, or, not, ( )",
    ""};

constexpr OptionSpec kInit[] = {
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--from-c7n", "", Arity::one, "FILE", "take the accounts from a c7n-org accounts file", ""},
    {"--from-organizations", "", Arity::flag, "",
     "take the accounts from AWS Organizations, with the hub's credentials", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
constexpr std::string_view kInitExamples[] = {"postern init -O postern.yaml",
                                              "postern init --from-organizations --profile hub -O postern.yaml",
                                              "postern init --from-c7n accounts.yml"};

constexpr OptionSpec kAccountsCheck[] = {
    {"--concurrency", "", Arity::one, "N", "accounts checked at once (default 16)", ""},
};
constexpr std::string_view kAccountsListExamples[] = {"postern accounts list",
                                                      "postern accounts list -o json -q 'accounts[].name'"};
constexpr std::string_view kAccountsCheckExamples[] = {
    "postern accounts check", "postern accounts check --output markdown > ACCOUNTS.md",
    "postern accounts check --role-arn arn:aws:iam::444455556666:role/PosternOperator --external-id env:EXTERNAL_ID"};

constexpr OptionSpec kTargets[] = {
    kSelect,
    {"--columns", "", Arity::one, "TAG,...", "show these tags as columns", ""},
    {"--page-size", "", Arity::one, "N", "instances asked for per page, 5 to 1000 (default 1000)", ""},
    {"--all-states", "", Arity::flag, "", "terminated instances too", ""},
    {"--concurrency", "", Arity::one, "N", "accounts and Regions asked at once (default 16)", ""},
};
constexpr std::string_view kTargetsExamples[] = {"postern targets -s @dr",
                                                 "postern targets -s 'dr:enabled=true and not name:test-*'",
                                                 "postern targets -o json -q 'targets[].instance_id'"};

constexpr OptionSpec kByTarget = {
    "--by-target", "-L", Arity::flag, "", "print output target by target instead of gathered", ""};
constexpr OptionSpec kDiff = {
    "--diff", "", Arity::flag, "", "print each output as what differs from the most common one", ""};
constexpr OptionSpec kOutdir = {
    "--outdir", "", Arity::one, "DIR", "write what each target printed to a file of its own there, with an index", ""};
constexpr OptionSpec kJunit = {"--junit", "", Arity::one, "FILE", "write the outcome as JUnit XML, for build servers",
                               ""};
constexpr OptionSpec kHtml = {"--html", "", Arity::one, "FILE", "write the outcome as one page for a browser", ""};
constexpr OptionSpec kEvents = {
    "--events", "", Arity::one, "FILE|-", "write what happens while it happens, an event a line (- is stdout)", ""};
constexpr OptionSpec kShape = {
    "--shape",   "", Arity::one, "SHAPE", "the JSON answer's shape: postern's own, or that of the Lambda it replaces",
    "run|lambda"};

constexpr OptionSpec kRun[] = {
    kSelect,
    {"--script", "", Arity::one, "FILE",
     "run this script of any bytes (- reads stdin); its first line may name an interpreter", ""},
    {"--env", "", Arity::many, "NAME=VALUE",
     "set a variable for the command; SSM keeps it in clear with the command, so it is no place for secrets", ""},
    {"--secret", "", Arity::many, "NAME=SOURCE",
     "a variable or parameter whose value is at env:VARIABLE or file:PATH, or read by the node itself from "
     "ssm:PARAMETER; the ledger holds only where it is",
     ""},
    {"--sensitive", "", Arity::many, "NAME", "refuse a literal value for this variable or parameter", ""},
    {"--not-secret", "", Arity::many, "NAME", "allow a literal value for this name, although it sounds like a secret",
     ""},
    {"--document", "", Arity::one, "NAME[:VERSION]",
     "run this Systems Manager document (a name, or the ARN of a shared one) instead of a command", ""},
    {"--parameter", "", Arity::many, "NAME=VALUE",
     "a parameter of the document; repeated, or a JSON list, for a list; @FILE reads it from a file", ""},
    {"--document-windows", "", Arity::one, "NAME[:VERSION]", "the document for Windows (default: that of --document)",
     ""},
    {"--parameter-windows", "", Arity::many, "NAME=VALUE",
     "parameters of --document-windows (default: those of --parameter)", ""},
    {"--allow-references", "", Arity::flag, "",
     "let {{ssm:NAME}} in parameters through: Systems Manager puts the parameter's value there", ""},
    {"--failed-of", "", Arity::one, "RUN|latest",
     "only the targets that failed in this run; its own command, unless another is given", ""},
    {"--outcomes", "", Arity::one, "OUTCOME,...",
     "with --failed-of: which targets, of failed, unknown and skipped (default: failed)", ""},
    {"--ended-only", "", Arity::flag, "", "with --failed-of: of a run that is not over, the targets that have ended",
     ""},
    {"--dry-run", "-n", Arity::flag, "", "show the plan and stop; -o json gives it as a document", ""},
    {"--yes", "-y", Arity::flag, "", "do not ask", ""},
    {"--confirm", "", Arity::one, "NAME",
     "agree to a plan on production (accounts tagged env: prod) by the account's name, or by the plan's", ""},
    {"--expect", "", Arity::one, "MIN-MAX",
     "how many targets the plan should have, as 16 or 10-20; more than 50 targets or 5 accounts need it", ""},
    {"--break-glass", "", Arity::one, "REASON",
     "go over protected targets, freeze windows, lists of documents and holds; kept in the ledger", ""},
    {"--waves", "", Arity::one, "WAVE,...",
     "reach the targets in waves: canary, pick:N, N%, by:account, by:region, by:tag:KEY, rest (default: "
     "canary,10%,rest; all is one wave)",
     ""},
    {"--max-errors", "", Arity::one, "N|N%",
     "how many targets of a wave may fail before the run is held (default 5%); in a canary always none", ""},
    {"--idempotent", "", Arity::flag, "", "running it twice does no harm: send again by itself what may have been lost",
     ""},
    {"--on-unreachable", "", Arity::one, "WHAT",
     "targets that Systems Manager does not reach: skip them (default), wait for them before the plan is made, or "
     "refuse "
     "the run",
     "wait|skip|fail"},
    {"--wait-for", "", Arity::one, "DURATION", "with --on-unreachable wait: how long at most (default 10m)", ""},
    {"--deadline", "", Arity::one, "TIME|DURATION",
     "send nothing from then on (2026-01-31T22:00:00Z, or 2h from now); targets left are skipped", ""},
    {"--on-deadline", "", Arity::one, "WHAT",
     "what runs at the deadline is followed to its end (default), or cancelled", "follow|cancel"},
    {"--gate", "", Arity::many, "pause|wait:DURATION",
     "between waves: hold until `resume --release`, or wait and look first", ""},
    {"--gate-command", "", Arity::one, "COMMAND",
     "between waves: run this here; unless it ends with exit code 0 the run is held", ""},
    {"--gate-after", "", Arity::one, "WHICH", "gates after each wave (default), or after the first only", "each|first"},
    {"--reason", "", Arity::one, "TEXT", "why, kept in the ledger", ""},
    {"--ticket", "", Arity::one, "ID", "the ticket or change that this belongs to, kept in the ledger", ""},
    {"--output-s3", "", Arity::one, "s3://BUCKET/PREFIX",
     "let the nodes write what they print there too, and read from there what is beyond 24,000 characters", ""},
    {"--output-s3-region", "", Arity::one, "REGION", "where that bucket is (default: each target's own Region)", ""},
    {"--output-logs", "", Arity::one, "GROUP", "the same with a log group of CloudWatch Logs in each account", ""},
    {"--alarm", "", Arity::many, "NAME", "stop every command while this CloudWatch alarm of its account is raised", ""},
    {"--alarm-ignore-poll-failure", "", Arity::flag, "", "go on while the alarm's state cannot be read", ""},
    {"--notify", "", Arity::many, "TARGET",
     "tell them when the run ends, is held or in doubt: an SNS topic's or event bus's ARN, https://..., env:NAME", ""},
    {"--comment", "", Arity::one, "TEXT", "kept with the command in SSM, after postern's own mark", ""},
    {"--execution-timeout", "", Arity::one, "DURATION", "how long the command may run on a node (default 1h)", ""},
    {"--delivery-timeout", "", Arity::one, "DURATION", "how long SSM tries to hand it to a node (default 10m)", ""},
    {"--no-strict", "", Arity::flag, "", "do not stop a script at its first failing command", ""},
    {"--concurrency", "", Arity::one, "N", "accounts and Regions worked on at once (default 16)", ""},
    kByTarget,
    kDiff,
    kOutdir,
    kJunit,
    kHtml,
    kEvents,
    kShape,
    {"--on-interrupt", "", Arity::one, "WHAT",
     "after Ctrl-C: cancel the commands still running, or leave them (default: ask on a terminal, else leave)",
     "cancel|leave"},
    {"--mixed-endpoints", "", Arity::flag, "", "allow some services at configured endpoints and others at AWS", ""},
    {"--max-rc", "-S", Arity::flag, "", "exit with the worst remote exit code", ""},
};
constexpr std::string_view kRunExamples[] = {
    "postern run -s @dr -- uptime", "postern run -s name:web-* --script deploy.sh --env VERSION=1.4.2 --dry-run",
    "postern run -s @dr --document AWS-RunPatchBaseline --parameter Operation=Scan",
    "postern run -y -o ndjson -s platform:linux -- 'df -h / | tail -1'"};

constexpr OptionSpec kLatest = {"--latest", "", Arity::flag, "", "the newest run", ""};

constexpr OptionSpec kRunsList[] = {
    {"--limit", "", Arity::one, "N", "so many of the newest (default 20)", ""},
};
constexpr std::string_view kRunsListExamples[] = {"postern runs list",
                                                  "postern runs list -o json -q 'runs[?open > `0`].id'"};
constexpr OptionSpec kRunsShow[] = {
    kLatest, kByTarget, kDiff, kOutdir, kJunit, kHtml, kShape,
};
constexpr std::string_view kRunsShowExamples[] = {"postern runs show --latest",
                                                  "postern runs show 01ARZ3NDEKTSV4RRFFQ69G5FAV -o json"};
constexpr OptionSpec kRunsOutput[] = {
    kLatest,
    {"--stream", "", Arity::one, "STREAM", "only what was printed there", "stdout|stderr"},
    {"--outcome", "", Arity::one, "OUTCOME,...", "only targets that are succeeded, failed, skipped or unknown", ""},
    kByTarget,
    kDiff,
    kOutdir,
};
constexpr std::string_view kRunsOutputExamples[] = {
    "postern runs output --latest", "postern runs output --latest 'web[01-04]' account:payments-prod --diff",
    "postern runs output 01ARZ3NDEKTSV4RRFFQ69G5FAV i-0123456789abcdef0 --stream stdout -o text > report.csv"};
constexpr OptionSpec kRunsExport[] = {
    kLatest,
    {"--format", "", Arity::one, "FORMAT",
     "what is written (default: json); records are those of the ledger with their hashes",
     "json|ndjson|junit|html|events|lambda|records"},
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout", ""},
};
constexpr std::string_view kRunsExportExamples[] = {
    "postern runs export --latest --format html -O run.html",
    "postern runs export 01ARZ3NDEKTSV4RRFFQ69G5FAV --format records | python3 verify.py"};
constexpr OptionSpec kRunsResume[] = {
    kLatest,
    {"--release", "", Arity::flag, "", "go on although the run is held", ""},
    {"--break-glass", "", Arity::one, "REASON", "go over freeze windows and the fleet's hold; kept in the ledger", ""},
    {"--decide", "", Arity::one, "WHAT",
     "about sends in doubt: adopt the command of --command-id, reissue them, or skip their targets",
     "adopt|reissue|skip"},
    {"--command-id", "", Arity::one, "ID", "the command to adopt", ""},
    {"--changed-secrets", "", Arity::flag, "", "go on although a secret of the run has another value by now", ""},
    {"--reason", "", Arity::one, "TEXT", "why, kept in the ledger", ""},
    kByTarget,
    kDiff,
    kOutdir,
    kJunit,
    kHtml,
    kEvents,
    kShape,
    {"--on-interrupt", "", Arity::one, "WHAT",
     "after Ctrl-C: cancel the commands still running, or leave them (default: ask on a terminal, else leave)",
     "cancel|leave"},
};
constexpr std::string_view kRunsResumeExamples[] = {"postern resume --latest",
                                                    "postern resume 01ARZ3NDEKTSV4RRFFQ69G5FAV --decide skip"};
constexpr OptionSpec kRunsCancel[] = {
    kLatest,
    {"--reason", "", Arity::one, "TEXT", "why, kept in the ledger", ""},
};
constexpr std::string_view kRunsCancelExamples[] = {"postern cancel --latest --reason 'wrong release'"};
constexpr OptionSpec kRunsImport[] = {
    {"--from-remote", "", Arity::flag, "", "from what Systems Manager has of postern's commands", ""},
    {"--since", "", Arity::one, "DURATION", "how far back to look (default and most: 30d, which is what is kept)", ""},
    {"--run", "", Arity::one, "RUN", "only this run", ""},
    {"--concurrency", "", Arity::one, "N", "accounts and Regions asked at once (default 16)", ""},
};
constexpr std::string_view kRunsImportExamples[] = {
    "postern runs import --from-remote --since 2d",
    "postern runs import --from-remote --run 01ARZ3NDEKTSV4RRFFQ69G5FAV"};
constexpr OptionSpec kRunsPrune[] = {
    {"--older-than", "", Arity::one, "DURATION", "runs that were opened longer ago than this, such as 90d", ""},
    {"--keep", "", Arity::one, "N", "the newest N runs stay in any case", ""},
    {"--dry-run", "-n", Arity::flag, "", "show what would go and stop", ""},
    {"--yes", "-y", Arity::flag, "", "do not ask", ""},
};
constexpr std::string_view kRunsPruneExamples[] = {"postern runs prune --older-than 90d --keep 100 --dry-run"};
constexpr OptionSpec kLedgerVerify[] = {
    {"--anchors", "", Arity::flag, "", "read the anchors in the fleet file's bucket and compare them too", ""},
};
constexpr std::string_view kLedgerVerifyExamples[] = {"postern ledger verify", "postern ledger verify --anchors"};

constexpr OptionSpec kHold[] = {
    {"--all", "", Arity::flag, "", "every run of the fleet", ""},
    {"--status", "", Arity::flag, "", "only say whether the fleet is held (as without options)", ""},
    {"--reason", "", Arity::one, "TEXT", "why, shown to whoever is held", ""},
};
constexpr std::string_view kHoldExamples[] = {"postern hold --all --reason 'database is being moved'",
                                              "postern hold --status -o json"};
constexpr OptionSpec kRelease[] = {
    {"--all", "", Arity::flag, "", "every run of the fleet", ""},
};
constexpr std::string_view kReleaseExamples[] = {"postern release --all"};

constexpr OptionSpec kAuditConcurrency = {
    "--concurrency", "", Arity::one, "N", "accounts and Regions asked at once (default 16)", ""};
constexpr OptionSpec kAuditWho[] = {
    {"--last", "", Arity::one, "N", "the newest N of the last 90 days, which is what CloudTrail's history keeps", ""},
    {"--since", "", Arity::one, "DURATION", "how far back to look, at most 2160h (default without --last: 24h)", ""},
    kAuditConcurrency,
};
constexpr std::string_view kAuditWhoExamples[] = {
    "postern audit who PosternOperator --last 10",
    "postern audit who arn:aws:iam::444455556666:role/PosternOperator --since 2h --region us-east-1 -o json"};
constexpr OptionSpec kAuditTrail[] = {kLatest, kAuditConcurrency};
constexpr std::string_view kAuditTrailExamples[] = {
    "postern audit trail --latest", "postern audit trail 01ARZ3NDEKTSV4RRFFQ69G5FAV -o json -q 'totals'"};

constexpr OptionSpec kMode = {"--mode",
                              "",
                              Arity::one,
                              "MODE",
                              "where postern runs in the hub account (default: ec2)",
                              "ec2|lambda|state-machine|permission-set|oidc"};
constexpr OptionSpec kDuty = {"--duty",
                              "",
                              Arity::many,
                              "DUTY",
                              "only the roles of these duties (default: all)",
                              "observe|operate|rollout|recover|cleanup"};
constexpr OptionSpec kCompat = {
    "--compat",
    "",
    Arity::one,
    "SHAPE",
    "one role for agents and recoveries, with the names that earlier scripts know: DRSOrchestrationRole",
    "brief"};
constexpr OptionSpec kHubRole = {
    "--hub-role", "", Arity::one, "NAME", "the name of the hub's role or permission set (default: PosternHub)", ""};
constexpr OptionSpec kOrganization = {
    "--organization", "", Arity::one, "ID", "the organisation that the hub must be in, as a default", ""};
constexpr OptionSpec kNodeTag = {"--node-tag",
                                 "",
                                 Arity::one,
                                 "KEY=VALUE",
                                 "the tag of nodes that commands may run on (default: postern:managed=true)",
                                 ""};
constexpr OptionSpec kOidcProvider = {
    "--oidc-provider",
    "",
    Arity::one,
    "HOST",
    "with --mode oidc: whose tokens are taken (default: token.actions.githubusercontent.com)",
    ""};

constexpr OptionSpec kRenderRoles[] = {
    {"--format", "", Arity::one, "FORMAT", "what to write (default: cloudformation)", "cloudformation|terraform"},
    {"--for", "", Arity::one, "WHAT",
     "the hub's identity, the roles of a target account (default), the nodes' role and profile, or all three",
     "hub|target|node|all"},
    kMode,
    kDuty,
    kCompat,
    kHubRole,
    kOrganization,
    kNodeTag,
    kOidcProvider,
    {"--out", "-O", Arity::one, "FILE|DIR",
     "write there instead of to stdout; a folder with --for all; existing files are not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite files of --out", ""},
};
constexpr std::string_view kRenderRolesExamples[] = {
    "postern render roles --for hub > hub.yaml", "postern render roles --for all --format terraform -O roles",
    "postern render roles --compat brief > drs-orchestration-role.yaml"};

constexpr OptionSpec kRenderTrail[] = {
    {"--format", "", Arity::one, "FORMAT", "what to write (default: cloudformation)", "cloudformation|terraform"},
    {"--organization", "", Arity::one, "ID",
     "the trail of the whole organisation, as a default of the template's parameter", ""},
    {"--bucket", "", Arity::one, "NAME",
     "deliver to this bucket, whose policy is somebody else's work (default: a bucket of the template's own)", ""},
    {"--trail-name", "", Arity::one, "NAME", "the trail's name (default: postern-audit)", ""},
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
constexpr std::string_view kRenderTrailExamples[] = {"postern render trail > trail.yaml",
                                                     "postern render trail --organization o-abcdefghij --format "
                                                     "terraform -O trail.tf"};

constexpr OptionSpec kDeployRoles[] = {
    kDeployFor, kUnits,        kVia,          kStackName, kStackParameter,
    kMode,      kDuty,         kCompat,       kHubRole,   kOrganization,
    kNodeTag,   kOidcProvider, kDeployDryRun, kDeployYes, kDeployConcurrency,
};
constexpr std::string_view kDeployRolesExamples[] = {
    "postern deploy roles --for hub --profile hub-admin", "postern deploy roles --account payments-prod --dry-run",
    "postern deploy roles --via profile --yes -o json -q 'accounts[].[name, external_id]'",
    "postern deploy roles --via stackset --ou ou-a1b2-workloads --dry-run"};
constexpr OptionSpec kDeployDiff[] = {
    kEndpointUse,
    kEndpointServices,
    kEndpointVpc,
    kEndpointSubnets,
    kEndpointTables,
    kEndpointCidr,
    kDeployAnyFor,
    kAlarmScope,
    kUnits,
    kVia,
    kStackName,
    kStackParameter,
    kMode,
    kDuty,
    kCompat,
    kHubRole,
    kOrganization,
    kNodeTag,
    kOidcProvider,
    kDeployConcurrency,
};
constexpr std::string_view kDeployDiffExamples[] = {"postern deploy diff", "postern deploy diff --for node -o json"};
constexpr OptionSpec kDeployDelete[] = {
    kDeployAnyFor, kEndpointVpc, kVia, kStackName, kCompat, kDeployDryRun, kDeployYes, kDeployConcurrency,
};
constexpr std::string_view kDeployDeleteExamples[] = {"postern deploy delete --account payments-prod --dry-run"};

constexpr OptionSpec kPermissions[] = {
    {"--hub", "", Arity::flag, "", "what the hub's identity needs, instead of the role in a target account", ""},
    kSelect,
    {"--document", "", Arity::many, "NAME", "with run: the documents that are sent (default: those of the fleet file)",
     ""},
    {"--notify", "", Arity::many, "TARGET", "with run: who is told, besides those of the fleet file", ""},
    {"--output-s3", "", Arity::one, "s3://BUCKET/PREFIX", "with run: where the nodes write what they print", ""},
    {"--output-logs", "", Arity::one, "GROUP", "with run: the log group for it", ""},
    {"--s3", "", Arity::one, "s3://BUCKET/PREFIX",
     "with cp --hub: what large files travel through (default: the fleet file's copies)", ""},
    kNodeTag,
    kDeployAnyFor,
    kVia,
    kStackName,
    kMode,
    kDuty,
    kHubRole,
    kOidcProvider,
};
constexpr std::string_view kPermissionsExamples[] = {
    "postern permissions run > operate.json", "postern permissions targets run --hub --account payments-prod",
    "postern permissions deploy roles -o table",
    "postern permissions run --select tag:team=blue --document Payments-Deploy --account payments-prod"};

constexpr OptionSpec kWhy[] = {
    {"--role", "", Arity::one, "ARN", "the role that is asked about", ""},
    {"--action", "", Arity::one, "ACTION", "such as ssm:SendCommand; sts:AssumeRole is about coming by the role itself",
     ""},
    {"--resource", "", Arity::many, "ARN", "what it is to be done to; all of them have to be allowed (default: *)", ""},
    {"--context", "", Arity::many, "KEY=VALUE",
     "a condition key of the request, such as ssm:resourceTag/team=blue; a key may be repeated", ""},
    {"--caller", "", Arity::one, "ARN", "with sts:AssumeRole: who asks (default: the hub's own identity)", ""},
    kVia,
};
constexpr std::string_view kWhyExamples[] = {
    "postern why --role arn:aws:iam::444455556666:role/PosternOperate --action ssm:SendCommand "
    "--resource arn:aws:ssm:us-east-1::document/AWS-RunShellScript",
    "postern why --role arn:aws:iam::444455556666:role/PosternOperate --action sts:AssumeRole",
    "postern why --role arn:aws:iam::444455556666:role/PosternRecover --action drs:StartRecovery -o json"};

constexpr OptionSpec kAccountsAdd[] = {
    {"--name", "", Arity::one, "NAME", "the account's name in the fleet file (default: its id)", ""},
    {"--role", "", Arity::one, "ROLE", "its role for every duty, where it differs from the defaults", ""},
    {"--account-profile", "", Arity::one, "NAME", "its profile in the fleet file, as the way in for the deployment",
     ""},
    {"--tag", "", Arity::many, "KEY=VALUE", "a tag that the fleet file gives it, such as env=prod", ""},
    kVia,
    kMode,
    kHubRole,
    kOrganization,
    kStackName,
    kDeployDryRun,
    kDeployYes,
};
constexpr std::string_view kAccountsAddExamples[] = {
    "postern accounts add 444455556666 --name payments-prod --tag env=prod",
    "postern accounts add 444455556666 --via ControlTowerExecution"};
constexpr OptionSpec kAccountsRemove[] = {
    {"--keep-stack", "", Arity::flag, "", "take it out of the fleet file only", ""},
    kVia,
    kStackName,
    kDeployDryRun,
    kDeployYes,
};
constexpr std::string_view kAccountsRemoveExamples[] = {"postern accounts remove payments-prod --dry-run"};
constexpr OptionSpec kAccountsRotate[] = {
    kVia, kMode, kHubRole, kOrganization, kStackName, kDeployDryRun, kDeployYes,
};
constexpr std::string_view kAccountsRotateExamples[] = {"postern accounts rotate-external-id payments-prod"};

constexpr OptionSpec kDoctor[] = {
    {"--offline", "", Arity::flag, "", "do not try to reach any endpoint", ""},
};
constexpr std::string_view kDoctorExamples[] = {"postern doctor", "postern doctor --region eu-central-1 -o json"};

constexpr CommandSpec kCommands[] = {
    kDemoCommand,
    {"init", Verb::init, "", "write a commented fleet file",
     "Prints a fleet file that explains each key, in read-only mode. With --from-organizations it lists the accounts "
     "of "
     "the organisation by organisational unit (in the tag ou), the hub itself and accounts that are not active "
     "commented out; the hub must be the management account or a delegated administrator.",
     kInit, Positionals::none, kInitExamples},
    {"accounts list",
     Verb::accounts_list,
     "",
     "the fleet's accounts",
     "Lists the accounts of the fleet file; calls nothing.",
     {},
     Positionals::none,
     kAccountsListExamples},
    {"accounts check", Verb::accounts_check, "", "assume every role and say what is wrong",
     "Assumes every account's role in parallel and asks who it is. When AWS refuses, the causes that give the same "
     "answer "
     "are listed (trust, ExternalId, missing role, the caller's policy, an SCP), each with the command that tells it "
     "apart.",
     kAccountsCheck, Positionals::none, kAccountsCheckExamples},
    {"accounts add", Verb::accounts_add, "ACCOUNT-ID", "take an account into the fleet: file, roles, check",
     "Writes the account into the fleet file with an ExternalId of its own at random, deploys its roles as `postern "
     "deploy "
     "roles` does, and assumes one of them. Shown first, then done; the file's comments and order stay. When something "
     "stops it, the same command goes on from there.",
     kAccountsAdd, Positionals::names, kAccountsAddExamples},
    {"accounts remove", Verb::accounts_remove, "ACCOUNT", "delete an account's roles and take it out of the fleet file",
     "Deletes the stack of the account, then its entry in the fleet file. When the stack cannot be deleted the entry "
     "stays, and the same command goes on from there.",
     kAccountsRemove, Positionals::names, kAccountsRemoveExamples},
    {"accounts rotate-external-id", Verb::accounts_rotate, "ACCOUNT", "give an account a new ExternalId",
     "Makes a new ExternalId at random, deploys it, writes it into the fleet file and assumes a role with it. After an "
     "interruption between the two the same command finishes the rotation instead of beginning another.",
     kAccountsRotate, Positionals::names, kAccountsRotateExamples},
    {"targets", Verb::targets, "", "the fleet with its EC2 and SSM state",
     "Finds the instances of every account and Region that a selector matches and joins them with what Systems Manager "
     "knows. An instance that SSM cannot tell about is shown as unknown with the reason, never as healthy.",
     kTargets, Positionals::none, kTargetsExamples},
    {"run", Verb::run, "-- COMMAND [ARG...]|--script FILE|--document NAME",
     "run a command on the targets and gather what it prints",
     "Resolves the selector, shows the plan, asks, sends the command in batches of at most 50 targets of one account "
     "and "
     "Region, waits, and prints identical output once with the targets that gave it. Every target ends as succeeded, "
     "failed, "
     "skipped (with the reason) or unknown. A send whose answer was lost is looked up, never repeated blindly.",
     kRun, Positionals::command_words, kRunExamples},
    {"runs list", Verb::runs_list, "", "the runs of the ledger",
     "Lists the runs of this world, the newest first. Every run is written down before its first command is sent, so "
     "that "
     "a crash, a lost answer or a closed laptop leaves a record of what was under way.",
     kRunsList, Positionals::none, kRunsListExamples},
    {"runs show", Verb::runs_show, "RUN|--latest", "a run with its outputs",
     "Prints a run of the ledger as `postern run` did, with what is known of targets that have not ended. Calls "
     "nothing.",
     kRunsShow, Positionals::names, kRunsShowExamples},
    {"runs output", Verb::runs_output, "RUN|--latest [TARGET...]", "what targets of a run printed",
     "Prints what targets of a run of the ledger printed: all, or those that are named: an id, a name with * and ?, "
     "folded names such as web[01-04], or a selector on id, name, account and region. With -o text the bytes alone, as "
     "they were kept. Calls nothing.",
     kRunsOutput, Positionals::names, kRunsOutputExamples},
    {"runs export", Verb::runs_export, "RUN|--latest", "a run as a file",
     "Writes a run of the ledger as a document, a report, the stream of its events, or its records with their hashes, "
     "by which somebody else can verify the chain without this program (docs/formats/run-records.md). Calls nothing.",
     kRunsExport, Positionals::names, kRunsExportExamples},
    {"runs resume", Verb::runs_resume, "RUN|--latest", "go on with a run that is not over",
     "Takes a run up where it stopped: what was sent is followed, a send whose answer nobody saw is looked up by its "
     "mark "
     "and never repeated blindly, what was not sent is sent. A send that cannot be found holds for a decision "
     "(--decide). One process works on a run at a time.",
     kRunsResume, Positionals::names, kRunsResumeExamples},
    {"runs cancel", Verb::runs_cancel, "RUN|--latest", "end a run: send nothing more, cancel what runs",
     "Writes the decision down, asks Systems Manager to cancel the commands that still run and watches them for a "
     "minute. Targets that were not reached are skipped.",
     kRunsCancel, Positionals::names, kRunsCancelExamples},
    {"runs import", Verb::runs_import, "--from-remote", "rebuild runs from Systems Manager when the ledger is gone",
     "Reads the commands of the last 30 days in every account and Region, groups those with postern's mark into the "
     "runs that sent them, and writes these into the ledger: targets, ends, and outputs as far as lists hold them. "
     "What "
     "was planned but never sent, and the command itself, are not known. A run that still runs can be followed or "
     "cancelled with `postern resume` and `postern cancel`. Nothing is ever sent.",
     kRunsImport, Positionals::none, kRunsImportExamples},
    {"runs prune", Verb::runs_prune, "--older-than DURATION|--keep N", "remove old runs from the ledger",
     "Removes whole runs that are over, with their outputs. What stays of each is its totals and the head of its "
     "chain, "
     "so that `postern ledger verify` still says that nothing else is missing. Runs that are not over, and runs whose "
     "chain is broken, stay.",
     kRunsPrune, Positionals::none, kRunsPruneExamples},
    {"resume", Verb::runs_resume, "RUN|--latest", "short for runs resume", "As `postern runs resume`.", kRunsResume,
     Positionals::names, kRunsResumeExamples},
    {"cancel", Verb::runs_cancel, "RUN|--latest", "short for runs cancel", "As `postern runs cancel`.", kRunsCancel,
     Positionals::names, kRunsCancelExamples},
    {"ledger verify", Verb::ledger_verify, "", "check the chain of every run in the ledger",
     "Reads every record of every run and of the chain of run heads, and compares their hashes. That alone is "
     "self-consistency: somebody who can write the file can write a whole new chain. With anchors in the fleet file "
     "the "
     "heads of closed runs are in a bucket as well, and are compared.",
     kLedgerVerify, Positionals::none, kLedgerVerifyExamples},
    {"audit who", Verb::audit_who, "ROLE", "who assumed a role, from where, and who was refused",
     "Asks CloudTrail's event history for every assumption of a role, by its name or ARN: in its account (the ARN's, "
     "or "
     "of a name all accounts that the command is about) and in the caller's own, in every enabled Region unless "
     "--region says which, at most twice a second in each. A call across accounts is two events, which become one "
     "line. Events may be 15 minutes late. Exit code 4 when something could not be asked.",
     kAuditWho, Positionals::names, kAuditWhoExamples},
    {"audit trail", Verb::audit_trail, "RUN|--latest", "a run of the ledger beside the events of CloudTrail",
     "Puts every command that the ledger says was sent beside its event, by the command's id or postern's mark; asks "
     "what else the run's sessions did there; and says what only one of the two knows. Exit code 3 when they do not "
     "agree: an event that is missing or late, one that the ledger does not know, or a place that could not be asked.",
     kAuditTrail, Positionals::names, kAuditTrailExamples},
    session_options::kAuditSessionsCommand,
    {"hold", Verb::hold, "[--all]", "stop every run of the fleet before its next wave",
     "Sets a flag in the hub account: the parameter /postern/hold of Parameter Store, in the hub's Region, with who, "
     "when "
     "and why. Every run reads it before each wave and is held while it stands, exit code 3; what was sent runs on. A "
     "flag that stands is not overwritten. Without --all it says whether the fleet is held. Without a hub in the fleet "
     "file the flag is in the caller's own account and Region.",
     kHold, Positionals::none, kHoldExamples},
    {"release", Verb::release, "--all", "let the runs of the fleet go on",
     "Removes the flag that hold set. Runs that it held go on with `postern resume RUN --release`. When nothing is "
     "held "
     "it says so.",
     kRelease, Positionals::none, kReleaseExamples},
    {"render roles", Verb::render_roles, "", "the identities that postern needs, as CloudFormation or Terraform",
     "Writes the template of the hub's identity (whose policy names exactly the roles that it may assume), of the "
     "roles "
     "in a target account (one per duty, which trust the hub's role with an ExternalId of the account's own), or of "
     "the "
     "nodes' role and instance profile. Names, accounts and documents come from the fleet file; without one they are "
     "parameters of the template. Calls nothing.",
     kRenderRoles, Positionals::none, kRenderRolesExamples},
    kRenderAlarmsCommand,
    kDeployAlarmsCommand,
    kRenderDocumentsCommand,
    kDeployDocumentsCommand,
    kRenderEndpointsCommand,
    kDeployEndpointsCommand,
    kCheckEndpointsCommand,
    kRenderGuardrailsCommand,
    kCheckTagsCommand,
    {"render trail", Verb::render_trail, "", "a trail with its bucket and log group, as CloudFormation or Terraform",
     "Writes the template of a CloudTrail trail of all Regions, with validated log files, a bucket that only "
     "CloudTrail "
     "writes to, and a log group for searches. CloudTrail's own history keeps 90 days; a trail keeps the rest. With an "
     "organisation's id it is the trail of every account, made in the management account. Calls nothing.",
     kRenderTrail, Positionals::none, kRenderTrailExamples},
    {"deploy roles", Verb::deploy_roles, "", "put the identities into accounts, as CloudFormation stacks",
     "Deploys what `postern render roles` writes: a change set in every account, all of them shown first, then "
     "executed "
     "side by side; a stack that fails is rolled back by CloudFormation, and the first cause is named. Accounts that "
     "are "
     "as they should be are left alone. An account without an ExternalId in the fleet file keeps that of its stack, or "
     "gets one at random. Exit code 0 when nothing is left to do.",
     kDeployRoles, Positionals::none, kDeployRolesExamples},
    {"deploy diff", Verb::deploy_diff, "", "what `deploy roles` would change",
     "Lets CloudFormation work out the changes in every account, shows them, and takes the change sets away again. "
     "Exit "
     "code 0 when there are none, 3 when there are.",
     kDeployDiff, Positionals::none, kDeployDiffExamples},
    {"deploy delete", Verb::deploy_delete, "", "delete the stacks that `deploy roles` made",
     "Deletes the stack of every chosen account with the roles in it, and says why where CloudFormation cannot. A "
     "stack "
     "that is protected from deletion is left alone.",
     kDeployDelete, Positionals::none, kDeployDeleteExamples},
    kDrCoverageCommand,
    kDrReportCommand,
    kDrRolloutCommand,
    kDrStatusCommand,
    {"permissions", Verb::permissions, "COMMAND...", "the IAM policy that commands need",
     "Prints the least policy with which the commands work, ready to be attached: to the role that they assume in a "
     "target account, or with --hub to the hub's identity. Resources are limited to the account, documents, nodes, "
     "stacks and places that options and fleet file name. With -o table: statement, action, resource, condition and "
     "what the action is for. Calls nothing.",
     kPermissions, Positionals::names, kPermissionsExamples},
    {"why", Verb::why, "--role ARN --action ACTION", "why a role may or may not do something, or be assumed",
     "Reads the role with all of its policies, its permissions boundary and its trust policy, and the service control "
     "policies above its account as far as the hub may read them, judges the action as IAM does, and names the "
     "statement that decides: an explicit denial and where it stands, or the statement nearest to allowing it and what "
     "keeps it from that - action, resource, condition, boundary. For sts:AssumeRole: who may, and which condition "
     "fails. Exit code 0 when it is allowed, 3 when not. Changes nothing.",
     kWhy, Positionals::none, kWhyExamples},
    kDrJobsCommand,
    kDrDrillCommand,
    kDrRecoverCommand,
    kDrCleanupCommand,
    {"doctor", Verb::doctor, "", "check this host: clock, proxy, credentials, endpoints",
     "Looks at what a command would use from here: configuration files, the credentials that win and why the others do "
     "not, "
     "proxy settings, certificate authorities, and whether the endpoints answer and agree with this host's clock.",
     kDoctor, Positionals::none, kDoctorExamples},
    {"dr init", Verb::dr_init, "", "set up the sites of Elastic Disaster Recovery", dr_site::kInitText, dr_site::kInit,
     Positionals::none, dr_site::kInitExamples},
    {"dr config show", Verb::dr_config_show, "[SERVER...]", "settings of source servers and of their sites",
     dr_site::kConfigShowText, dr_site::kConfigShow, Positionals::names, dr_site::kConfigShowExamples},
    {"dr config diff", Verb::dr_config_diff, "[SERVER...]", "settings that are not as they are wanted",
     dr_site::kConfigDiffText, dr_site::kConfigDiff, Positionals::names, dr_site::kConfigDiffExamples},
    {"dr config apply", Verb::dr_config_apply, "[SERVER...]", "make settings what they are wanted to be",
     dr_site::kConfigApplyText, dr_site::kConfigApply, Positionals::names, dr_site::kConfigApplyExamples},
    dr_site::kPrepareCommand,
    session_options::kShellCommand,
    session_options::kExecCommand,
    session_options::kCpCommand,
    session_options::kForwardCommand,
    session_options::kSshProxyCommand,
    session_options::kSshConfigCommand,
    kSimServeCommand,
    kSimInitCommand,
};

// DESIGN.md section 9 is the list; a test compares.
constexpr ExitCodeSpec kExitCodes[] = {
    {0, "all ok (targets skipped by a rule that the user gave count as ok)"},
    {1, "some target failed"},
    {2, "usage: the command line, the fleet file or the selector is wrong"},
    {3, "a gate, lock or assertion"},
    {4, "unreachable or unknown targets"},
    {130, "interrupted"},
    {253, "credentials or environment"},
    {254, "an AWS service error"},
    {255, "anything else"},
};

constexpr GroupSpec kGroups[] = {
    {"accounts", "accounts list"}, {"runs", "runs list"}, {"ledger", "ledger verify"}, {"render", "render roles"},
    {"check", "check endpoints"},  {"dr", "dr status"},   {"sim", "sim serve"}};

}  // namespace

std::span<const CommandSpec> commands() {
  return kCommands;
}
std::span<const OptionSpec> global_options() {
  return kGlobal;
}
std::span<const ExitCodeSpec> exit_codes() {
  return kExitCodes;
}
std::span<const GroupSpec> groups() {
  return kGroups;
}

}  // namespace postern::cli
