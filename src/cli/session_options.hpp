#pragma once

/// Rows of the command table: sessions.

#include "cli/command_table.hpp"

namespace postern::cli::session_options {

inline constexpr OptionSpec kReason = {
    "--reason", "", Arity::one, "TEXT", "why, told to Systems Manager and kept in the ledger (at most 256 characters)",
    ""};
inline constexpr OptionSpec kWait = {
    "--wait", "", Arity::flag, "", "wait for a node that is not in reach yet, and through its reboots", ""};
inline constexpr OptionSpec kWaitFor = {
    "--wait-for", "", Arity::one, "DURATION", "wait that long at most (default with --wait: 15m)", ""};

inline constexpr OptionSpec kShell[] = {
    {"--record", "", Arity::one, "FILE",
     "write what is shown to a new file in asciinema's format (version 2); what is typed is not in it", ""},
    kReason,
    kWait,
    kWaitFor,
    {"--keepalive", "", Arity::one, "DURATION",
     "send the terminal's size again so often when nobody types, so that an idle session is not ended (default: off)",
     ""},
    {"--document", "", Arity::one, "NAME", "the session document (default: the account's own preferences)", ""},
    {"--param", "", Arity::many, "NAME=VALUE", "a parameter of the document; repeated for a list", ""},
    {"--escape", "", Arity::one, "CHARACTER|none", "the escape character at the beginning of a line (default: ~)", ""},
};
inline constexpr std::string_view kShellExamples[] = {
    "postern shell web-01 --reason INC-4711", "postern shell payments-prod/us-east-1/web-01 --record web-01.cast",
    "postern shell tag:role=db --wait",
    "postern shell web-01 --document AWS-StartInteractiveCommand --param command=top"};
inline constexpr CommandSpec kShellCommand = {
    "shell",
    Verb::shell,
    "TARGET",
    "a shell on one node, without SSH",
    "Opens a shell on a node through Session Manager. TARGET is a name (with * and ?), an id, a private address, "
    "ACCOUNT/REGION/NAME, or a selector such as tag:KEY=VALUE. Only nodes that Systems Manager reaches are taken; when "
    "several are left, a list to pick from is shown on a terminal, else they are listed and the exit code is 2. Every "
    "key goes to the node; a tilde and a dot at the beginning of a line end the session (~? lists these). A connection "
    "that is lost is made again for as long as the service knows the session. The ledger keeps who, where, when and "
    "why, never what was typed.",
    kShell,
    Positionals::names,
    kShellExamples};

inline constexpr OptionSpec kExec[] = {
    kReason,
    kWait,
    kWaitFor,
    {"--env", "", Arity::many, "NAME=VALUE", "set a variable for the command", ""},
    {"--no-stdin", "", Arity::flag, "", "the command reads nothing (as when standard input is a terminal)", ""},
    {"--document", "", Arity::one, "NAME",
     "a session document with the parameter `command` (default: AWS-StartInteractiveCommand)", ""},
};
inline constexpr std::string_view kExecExamples[] = {
    "postern exec web-01 -- systemctl is-active nginx", "postern exec web-01 -- 'journalctl -u nginx | tail -50'",
    "tar c site | postern exec web-01 -- tar x -C /srv", "postern exec i-0123456789abcdef0 --timeout 30s -- uptime"};
inline constexpr CommandSpec kExecCommand = {
    "exec",
    Verb::exec,
    "TARGET -- COMMAND [ARG...]",
    "run a command on one node in a session; its exit code is ours",
    "Runs a command on one node (TARGET as for `postern shell`) and streams what it prints: standard output and "
    "standard error apart, every byte as it is. Standard input goes to it unless that is a terminal. One word is text "
    "for the node's sh, several words arrive as they are. Ends with the command's exit code; 4 when the session ended "
    "first. The first Ctrl-C interrupts the command, the second its session. For many nodes there is `postern run`.",
    kExec,
    Positionals::names,
    kExecExamples};

inline constexpr OptionSpec kCp[] = {
    {"--recursive", "", Arity::flag, "", "copy a folder and all that is in it", ""},
    {"--sudo", "", Arity::flag, "", "read and write there as root, by sudo without a password", ""},
    {"--via", "", Arity::one, "WAY",
     "how the bytes go; auto: files of 16 MiB and more through a bucket when one is named", "auto|session|s3"},
    {"--s3", "", Arity::one, "PLACE", "the bucket, s3://BUCKET/PREFIX, instead of the fleet file's for the Region", ""},
    {"--s3-region", "", Arity::one, "REGION", "where that bucket is (default: the node's Region)", ""},
    kReason,
    kWait,
    kWaitFor,
};
inline constexpr std::string_view kCpExamples[] = {
    "postern cp nginx.conf web-01:/tmp/", "postern cp --recursive web-01:/var/log/nginx ./logs",
    "postern cp --sudo hosts payments-prod/us-east-1/web-01:/etc/hosts --reason INC-4711",
    "postern cp dump.sql db-01:/var/tmp/ --s3 s3://ops-copies/cp"};
inline constexpr CommandSpec kCpCommand = {
    "cp",
    Verb::cp,
    "SRC DST",
    "copy files and folders to or from one node, without SSH",
    "Copies through a session of AWS-StartInteractiveCommand. One of SRC and DST is TARGET:PATH, with TARGET as for "
    "`postern shell`; a PATH that is not absolute begins in the home of the session's user. A goal that is a folder "
    "takes the source in under its own name. Every file grows under another name beside its place, has its SHA-256 "
    "compared, and is then renamed; whatever happens, the other name does not stay. A session that is lost is "
    "replaced, and the copy goes on where it was. Needs sh, dd, base64, stat, find and sha256sum on the node.\n\n"
    "A session is slow. With a bucket in the node's Region (`copies` in the fleet file, or --s3) large files go "
    "through "
    "that: in pieces under names of their own, fetched by the node with curl from signed URLs, gone afterwards. When "
    "one side cannot, the session takes over, and that is said; with `--via s3` the file fails instead.",
    kCp,
    Positionals::names,
    kCpExamples};

inline constexpr OptionSpec kForward[] = {
    kReason,
    kWait,
    kWaitFor,
    {"--streams", "", Arity::one, "N", "so many sessions side by side, for bulk: one session is slow (default 1)", ""},
    {"--bind", "", Arity::one, "ADDRESS", "listen there instead of at 127.0.0.1; anybody who reaches it can use it",
     ""},
};
inline constexpr std::string_view kForwardExamples[] = {
    "postern forward db-01 5432", "postern forward bastion 15432:orders.internal:5432 8080:80",
    "postern forward web-01 /tmp/web.sock:80", "postern forward @office --streams 4"};
inline constexpr CommandSpec kForwardCommand = {
    "forward",
    Verb::forward,
    "TARGET [LOCAL:][HOST:]PORT...",
    "ports of a node, or of hosts that it reaches, on this machine",
    "Listens here and carries connections to a port of the node (TARGET as for `postern shell`), or of a host that the "
    "node reaches. LOCAL is a port of this machine (default: the same; 0: any), or the path of a unix socket. With "
    "@NAME alone: the tunnels of that name in the fleet file. A session that ends is opened again, and that is said. "
    "Ctrl-C ends it.",
    kForward,
    Positionals::names,
    kForwardExamples};

inline constexpr OptionSpec kSshProxy[] = {kReason, kWait, kWaitFor};
inline constexpr std::string_view kSshProxyExamples[] = {
    "ssh -o ProxyCommand='postern ssh-proxy %h %p' ec2-user@web-01",
    "scp -o ProxyCommand='postern ssh-proxy %h %p' file ec2-user@i-0123456789abcdef0:"};
inline constexpr CommandSpec kSshProxyCommand = {
    "ssh-proxy",
    Verb::ssh_proxy,
    "TARGET [PORT]",
    "standard input and output on a node's SSH port, for ProxyCommand",
    "Connects standard input and output with a port of the node (default 22; TARGET as for `postern shell`), so that "
    "ssh, scp, rsync and editors work without an open port: ssh checks the host's key and logs in as ever. `postern "
    "ssh-config` writes the configuration.",
    kSshProxy,
    Positionals::names,
    kSshProxyExamples};

inline constexpr OptionSpec kSshConfig[] = {
    {"--select", "-s", Arity::many, "SELECTOR",
     "which nodes: tag:KEY=VALUE, name:GLOB, id:ID, account:NAME, @name; and, or, not, ( )", ""},
    {"--pattern", "", Arity::flag, "", "one block for all ids instead of one for each node; calls nothing", ""},
    {"--user", "", Arity::one, "NAME", "log in as this user", ""},
    {"--concurrency", "", Arity::one, "N", "accounts and Regions asked at once (default 16)", ""},
};
inline constexpr std::string_view kSshConfigExamples[] = {
    "postern ssh-config -s @web --user ec2-user > ~/.ssh/postern; echo 'Include postern' >> ~/.ssh/config",
    "postern ssh-config --pattern"};
inline constexpr CommandSpec kSshConfigCommand = {
    "ssh-config",
    Verb::ssh_config,
    "",
    "blocks for ~/.ssh/config, so that ssh, scp, rsync and editors reach the nodes",
    "Writes a Host block with a ProxyCommand for every node that a selector matches and Systems Manager reaches: by "
    "its name where that is the only one, by its id, and as ACCOUNT/REGION/NAME.",
    kSshConfig,
    Positionals::none,
    kSshConfigExamples};

inline constexpr OptionSpec kAuditSessions[] = {
    {"--limit", "", Arity::one, "N", "so many of the newest (default 20)", ""},
};
inline constexpr std::string_view kAuditSessionsExamples[] = {
    "postern audit sessions", "postern audit sessions --limit 100 -o json -q 'sessions[?status==`open`]'"};
inline constexpr CommandSpec kAuditSessionsCommand = {
    "audit sessions",
    Verb::audit_sessions,
    "",
    "the sessions of the ledger: who, where, when, why, and how they ended",
    "Lists the sessions that were opened from here, the newest first, with the bytes that went each way and the hash "
    "of the recording when there is one. Calls nothing.",
    kAuditSessions,
    Positionals::none,
    kAuditSessionsExamples};

}  // namespace postern::cli::session_options
