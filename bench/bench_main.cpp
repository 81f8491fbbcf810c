// postern_bench: our half of every measurement that bench/run makes. Each mode prints one line of JSON.

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bench/modes.hpp"

namespace {

std::string option(const std::vector<std::string>& arguments, std::string_view name, std::string fallback = "") {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == name) return arguments[i + 1];
  }
  return fallback;
}

postern::bench::FleetRunOrder fleet_order(const std::vector<std::string>& arguments) {
  postern::bench::FleetRunOrder order;
  order.agents = std::stoi(option(arguments, "--agents", "100000"));
  order.accounts = std::stoi(option(arguments, "--accounts", "1000"));
  order.at_once = std::stoi(option(arguments, "--at-once", "1000"));
  order.waves = option(arguments, "--waves");
  order.seconds = std::stod(option(arguments, "--seconds", "30"));
  order.spread = std::stod(option(arguments, "--spread", "1"));
  order.rate = std::stod(option(arguments, "--rate", "0"));
  order.burst = std::stod(option(arguments, "--burst", "5"));
  order.ledger = option(arguments, "--ledger");
  return order;
}

postern::bench::RolloutBenchOrder rollout_order(const std::vector<std::string>& arguments) {
  postern::bench::RolloutBenchOrder order;
  order.agents = std::stoi(option(arguments, "--agents", "5000"));
  order.accounts = std::stoi(option(arguments, "--accounts", "40"));
  order.rate = std::stod(option(arguments, "--rate", "1"));
  order.burst = std::stod(option(arguments, "--burst", "5"));
  return order;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string mode = arguments.empty() ? "" : arguments[0];
  using namespace postern::bench;
  if (mode == "sign") return sign_mode();
  if (mode == "body") return body_mode(option(arguments, "--operation"), option(arguments, "--out"));
  if (mode == "parse") return parse_mode(option(arguments, "--operation"), option(arguments, "--body"));
  if (mode == "serve") return serve_mode(option(arguments, "--ready"));
  if (mode == "call") {
    return call_mode(option(arguments, "--url"), option(arguments, "--ca"),
                     std::stoi(option(arguments, "--calls", "20000")),
                     std::stoi(option(arguments, "--in-flight", "64")));
  }
  if (mode == "sim-run") {
    return sim_run_mode(std::stoi(option(arguments, "--agents", "100000")),
                        std::stoi(option(arguments, "--accounts", "1000")));
  }
  if (mode == "calibrate") return calibrate_mode();
  if (mode == "spent" && arguments.size() > 2) {
    return spent_mode(arguments[1], std::vector<std::string>(arguments.begin() + 2, arguments.end()));
  }
  if (mode == "fleet-run") return fleet_run_mode(fleet_order(arguments));
  if (mode == "rollout") return rollout_mode(rollout_order(arguments));
  std::fprintf(stderr,
               "usage: postern_bench sign|body|parse|serve|call|sim-run|fleet-run|rollout|calibrate|spent ...; see "
               "bench/run\n");
  return 2;
}
