#pragma once

/// The modes of postern_bench; each returns the exit code.

#include <string>
#include <vector>

namespace postern::bench {

/// SigV4 of a 1 KiB body, and what it cannot be faster than: one SHA-256 of the body and two HMACs, same library, same
/// run.
int sign_mode();
/// Writes a reply body of about 1 MiB.
int body_mode(const std::string& operation, const std::string& out);
/// Decodes it into the generated structs.
int parse_mode(const std::string& operation, const std::string& body);
/// Serves one fixed SSM reply over plain HTTP and TLS until it is terminated; `ready` gets {plain, tls, ca}.
int serve_mode(const std::string& ready);
/// Makes typed, signed calls and prints the CPU time per call.
int call_mode(const std::string& url, const std::string& ca, int calls, int in_flight);

/// A simulated cloud with so many agents: bytes of each at rest, and the CPU time of a run over all of them.
int sim_run_mode(int agents, int accounts);

/// A fleet and the run over it.
struct FleetRunOrder {
  FleetRunOrder() = default;
  int agents = 100'000;
  int accounts = 1000;
  int at_once = 1000;  ///< scopes
  std::string waves;   ///< empty: one
  double seconds = 30;
  double spread = 1;  ///< the slowest target takes so many times as long
  double rate = 0;    ///< calls a second of each API in each account; 0: any number
  double burst = 5;
  std::string ledger;  ///< a file that is not there yet
};

/// One durable run: memory, CPU, calls and virtual time.
int fleet_run_mode(const FleetRunOrder& order);
/// A fleet that gets the replication agent.
struct RolloutBenchOrder {
  RolloutBenchOrder() = default;
  int agents = 5'000;
  int accounts = 40;
  double rate = 1;  ///< calls a second of each API in each account; 0: any number
  double burst = 5;
};
/// `dr rollout` in virtual time against the soonest end.
int rollout_mode(const RolloutBenchOrder& order);
/// Loops of fixed work, CPU microseconds: how fast this machine is right now.
int calibrate_mode();
/// Runs a command and writes {"cpu_s", "peak_kib"} of it to a file. Its exit status.
int spent_mode(const std::string& result, std::vector<std::string> command);

/// User and system time of this process, seconds.
double cpu_seconds();

}  // namespace postern::bench
