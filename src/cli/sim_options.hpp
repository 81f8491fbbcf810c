#pragma once

/// Rows of the command table: `demo`, `sim serve` and `sim init`.

#include "cli/command_table.hpp"

namespace postern::cli {

inline constexpr OptionSpec kDemo[] = {
    {"--dr", "", Arity::flag, "", "the other story: from no roles at all to a drill of Elastic Disaster Recovery", ""},
    {"--exit-code", "", Arity::flag, "", "exit with the run's own code instead of 0", ""},
    {"--keep", "", Arity::flag, "", "keep serving the simulated cloud after the story, until Ctrl-C", ""},
};
inline constexpr std::string_view kDemoExamples[] = {"postern demo", "postern demo --dr", "postern demo --exit-code"};
inline constexpr CommandSpec kDemoCommand = {
    "demo",
    Verb::demo,
    "",
    "the main job on the built-in simulated cloud: check, discover, run, gather, report",
    "Starts a small simulated cloud inside this process (a hub and three accounts whose instances really execute "
    "commands on this host), then runs the real commands against it over loopback TLS and says what a user would type. "
    "With --dr the world is that of `sim init --example dr`: roles are deployed, the replication agent is rolled out "
    "to 130 instances, 25 are drilled and cleaned up again, in a time that does not wait. Nothing outside this machine "
    "is contacted. Exits 0 when everything went as the simulated faults demand.",
    kDemo,
    Positionals::none,
    kDemoExamples};

inline constexpr OptionSpec kSimExample = {
    "--example", "", Arity::one, "NAME", "the world of `postern demo` (default), or that of `postern demo --dr`",
    "demo|dr"};

inline constexpr OptionSpec kSimServe[] = {
    {"--world", "-w", Arity::one, "FILE", "the world file (default: the demo's world)", ""},
    kSimExample,
    {"--listen", "", Arity::one, "ADDRESS:PORT", "where to serve HTTPS; port 0 is any free one (default: 127.0.0.1:0)",
     ""},
    {"--plain", "", Arity::flag, "", "serve plain HTTP too, on a second port of the loopback address", ""},
    {"--env-file", "", Arity::one, "FILE", "write it when ready; `. FILE` then points every AWS tool at this cloud",
     ""},
    {"--metadata", "", Arity::one, "INSTANCE",
     "serve this instance's metadata service (IMDSv2) too, on a port of the loopback address", ""},
    {"--truth", "", Arity::one, "SOCKET", "serve the simulator's own truth as JSON at this unix socket", ""},
    {"--faults", "", Arity::one, "FILE", "a faults file; it comes on top of the world's own faults", ""},
};
inline constexpr std::string_view kSimServeExamples[] = {
    "postern sim serve --env-file sim.env", "postern sim serve --example dr --metadata orchestrator --env-file sim.env",
    "postern sim serve --world world.yaml --faults faults.yaml -v", "postern sim serve --plain --truth truth.sock"};
inline constexpr CommandSpec kSimServeCommand = {
    "sim serve",
    Verb::sim_serve,
    "",
    "serve a simulated cloud that AWS's own tools can use",
    "Serves the accounts, identities, instances and agents of a world file over HTTPS with a certificate authority of "
    "its own, until Ctrl-C. The AWS CLI, boto3 and postern work against it with the variables of the env file. Live "
    "agents really run commands on this host, with your rights, so a world that has some is served on loopback "
    "addresses only. Nothing outside this machine is contacted.",
    kSimServe,
    Positionals::none,
    kSimServeExamples};

inline constexpr OptionSpec kSimInit[] = {
    kSimExample,
    {"--from-fleet", "", Arity::one, "FILE", "make a world in which this fleet file works", ""},
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
inline constexpr std::string_view kSimInitExamples[] = {"postern sim init -O world.yaml",
                                                        "postern sim init --example dr -O world.yaml",
                                                        "postern sim init --from-fleet postern.yaml -O world.yaml"};
inline constexpr CommandSpec kSimInitCommand = {
    "sim init",
    Verb::sim_init,
    "",
    "write a commented world file",
    "Prints the world of `postern demo`, or of `postern demo --dr`, as a file to start from, or one in which a fleet "
    "file of yours works.",
    kSimInit,
    Positionals::none,
    kSimInitExamples};

}  // namespace postern::cli
