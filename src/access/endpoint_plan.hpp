#pragma once

/// Which endpoints a VPC gets, and where in it. Pure.

#include <map>
#include <string>
#include <vector>

#include "access/endpoint_facts.hpp"
#include "access/endpoints.hpp"

namespace postern::access {

struct EndpointPlan {
  EndpointPlan() = default;
  EndpointOrder order;  ///< what the template has; nothing of it is a parameter's default
  std::map<std::string, std::string> parameters;
  std::size_t zones = 0;
  std::string in_the_way;          ///< why it cannot be made; empty: nothing
  std::string mend;                ///< the command that mends that
  std::vector<std::string> notes;  ///< what is left as it is
  bool empty() const { return interface_services(order).empty() && !has_s3_gateway(order); }
};

/// `wanted` as it was asked for; what it leaves open follows from the VPC: one subnet in each zone that has nodes (the
/// stack's own subnets first, so that a second deployment changes nothing), the blocks and route tables of the nodes'
/// subnets. Endpoints that are there and not the stack's are left alone.
EndpointPlan plan_endpoints(const NetworkFacts& place, const VpcFacts& vpc, const EndpointOrder& wanted,
                            const std::string& stack);

}  // namespace postern::access
