#pragma once

/// EC2's shapes as what the access model knows of a network.

#include "access/endpoint_facts.hpp"
#include "aws/ec2/types.hpp"

namespace postern::adapters::network_records {

access::NodeFacts node_of(const aws::ec2::Instance& wire);
access::EndpointFacts endpoint_of(const aws::ec2::VpcEndpoint& wire, const std::string& region);
std::vector<access::RouteFacts> routes_of(const aws::ec2::RouteTable& wire);
std::vector<access::RuleFacts> rules_of(const aws::ec2::SecurityGroup& wire);
/// The value of a tag; empty: there is none.
std::string tag_of(const std::vector<aws::ec2::Tag>& tags, std::string_view key);

}  // namespace postern::adapters::network_records
