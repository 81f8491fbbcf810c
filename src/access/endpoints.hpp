#pragma once

/// VPC endpoints: the way to AWS that nodes have where there is no other way out.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/copies.hpp"
#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::access {

/// What the nodes of a VPC do with AWS.
enum class EndpointUse : std::uint8_t {
  ssm,       ///< are managed nodes: commands and sessions, patches and updates from S3
  sessions,  ///< write sessions and output to CloudWatch Logs, encrypted with keys of KMS
  drs        ///< replicate, or are replicated to: DRS and what its replication servers call
};
std::string_view to_string(EndpointUse use) noexcept;
std::optional<EndpointUse> parse_endpoint_use(std::string_view text) noexcept;

/// Agents from this version on get their commands over ssmmessages: source is the agent's release notes.
inline constexpr std::string_view kAgentWithoutEc2messages = "3.3.40.0";

/// An interface endpoint that can be asked for.
struct EndpointService {
  std::string_view name;  ///< "ssm": the end of com.amazonaws.REGION.ssm
  std::string_view id;    ///< of the template: "Ssm"
  std::string_view why;   ///< one line, without full stop
  bool private_dns = true;
};
std::span<const EndpointService> known_endpoint_services() noexcept;
const EndpointService* find_endpoint_service(std::string_view name) noexcept;

struct EndpointOrder {
  EndpointOrder() = default;
  std::vector<EndpointUse> uses = {EndpointUse::ssm};
  std::vector<std::string> services;  ///< further ones: "ec2messages", "sts"
  std::vector<std::string> without;   ///< that the VPC has already; "s3" is the gateway
  std::string organization;           ///< o-...; empty: the stack's account alone comes through
  Copies copies;                      ///< that the gateway to S3 lets through
  /// What is known of the VPC; defaults of the template's parameters.
  std::string vpc;
  std::vector<std::string> subnets;  ///< one in each zone
  std::vector<std::string> route_tables;
  std::vector<std::string> cidrs;  ///< who may come in; empty: a parameter
};

/// Short names of its interface endpoints, in the order of the table.
std::vector<std::string> interface_services(const EndpointOrder& order);
/// Whether it has the gateway to S3.
bool has_s3_gateway(const EndpointOrder& order);
/// The buckets of AWS's that an agent, or an installer of DRS, reads in the Region; patterns of cfn::sub().
std::vector<std::string> agent_buckets();
std::vector<std::string> replication_buckets();

/// A regional stack, one for a VPC. Errors of kind usage: a service that is not known, nothing left to make.
Result<cfn::Template> endpoint_template(const EndpointOrder& order);

}  // namespace postern::access
