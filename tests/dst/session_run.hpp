#pragma once

/// One session between our client and our agent over a bad way, in virtual time and without I/O: what a seed stands
/// for, and what must be true of it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "session/agent_session.hpp"
#include "session/client_session.hpp"
#include "session/testing/line.hpp"

namespace postern::dst {

/// Something that happens at a point in time, to one leg or to both.
struct Mishap {
  enum class Kind : std::uint8_t {
    break_client,  ///< the client's connection is gone for `lasts`; what is sent to it meanwhile is lost
    break_agent,   ///< the agent's
    pause_agent,   ///< the service asks the agent for silence for `lasts`
    pause_client,
    hostile,  ///< bytes that mean nothing, to both
  };
  Mishap() = default;
  Kind kind = Kind::hostile;
  Duration at{};
  Duration lasts{};
};

/// Everything about it is drawn from the seed.
struct SessionWorkload {
  SessionWorkload() = default;
  session::ClientSessionOptions client;
  session::AgentSessionOptions agent;
  bool is_silent = false;  ///< the agent's side prints nothing before it has got all its input
  bool kms_fails = false;
  std::size_t up_bytes = 0;
  std::size_t down_bytes = 0;
  session::testing::WayOptions way;
  double hostile = 0;  ///< copies of messages with another payload, of messages
  Duration client_opens{};
  Duration agent_opens{};
  Duration kms_takes{};
  Duration reads_every{};  ///< how slowly both sides fetch while things go wrong
  std::vector<Mishap> mishaps;
  Duration calm_after{};  ///< from then on nothing goes wrong any more
};
SessionWorkload session_workload_of(std::uint64_t seed);

/// Counts over many seeds.
struct SessionSummary {
  SessionSummary() = default;
  std::uint64_t seeds = 0;
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
  double virtual_hours = 0;
  double slowest = 0;  ///< seconds of virtual time after the last mishap
  std::map<std::string, std::uint64_t> outcomes;
  std::map<std::string, std::uint64_t> faults;
  std::string to_json() const;
  /// For people.
  std::string to_text() const;
};

/// One seed: what is wrong with it, empty when nothing is. `hash`, unless null, gets that of all that was said.
std::string run_session_seed(std::uint64_t seed, SessionSummary* summary, std::uint64_t* hash = nullptr);

}  // namespace postern::dst
