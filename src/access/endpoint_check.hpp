#pragma once

/// Whether the nodes of a VPC reach what they need of AWS, judged from what was read, and what is in the way. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/copies.hpp"
#include "access/endpoint_facts.hpp"
#include "access/endpoints.hpp"

namespace postern::access {

enum class Severity : std::uint8_t {
  blocks,  ///< something does not work
  risk,    ///< it works, and is weaker than it should be, or may not work: it cannot be told from here
  note     ///< worth knowing
};
std::string_view to_string(Severity severity) noexcept;

struct Finding {
  Finding() = default;
  std::string code;  ///< "vpc_dns", "endpoint_missing", "private_dns_off", "endpoint_group", "node_group", ...
  Severity severity = Severity::note;
  std::string vpc;
  std::string subject;                ///< what is wrong: an id, or a service's name
  std::string cause;                  ///< one sentence, without full stop
  std::string fix;                    ///< the command line that mends it, or what to do
  std::vector<std::string> services;  ///< "ssm": that are not reached, or not as they should be
  std::vector<std::string> nodes;     ///< whom it concerns; empty: everybody, or nobody yet
};

/// What is to work besides Systems Manager itself.
struct EndpointWants {
  EndpointWants() = default;
  std::vector<EndpointUse> uses = {EndpointUse::ssm};
  Copies copies;  ///< of every Region
  /// Options that commands of ours need to get there: " --account payments".
  std::string way_in;
};

/// Sorted by severity. Nodes that are stopped are looked at like those that run.
std::vector<Finding> check_endpoints(const NetworkFacts& facts, const EndpointWants& wants);

/// True when a is an older version than b, number by number; an empty or strange one is not older.
bool is_older(std::string_view a, std::string_view b);

}  // namespace postern::access
