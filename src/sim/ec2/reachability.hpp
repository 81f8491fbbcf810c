#pragma once

/// Whether the packets of an instance get to a service of its Region: name, route, ACLs, groups, and back. What
/// policies say is another question (an endpoint's policy is IAM's).

#include <string>
#include <string_view>
#include <vector>

#include "sim/ec2/fleet.hpp"
#include "sim/ec2/network.hpp"

namespace postern::sim::ec2 {

enum class BrokenLink : std::uint8_t {
  none,
  not_running,     ///< the instance
  no_credentials,  ///< no instance profile, or no metadata service to get its credentials from
  not_permitted,   ///< the profile's role
  unknown_subnet,  ///< what the network has no record of
  name,            ///< the VPC has no resolver
  endpoint,        ///< the endpoint that answers to the name is not available or has no interface
  route,           ///< none that leads there
  instance_group,  ///< the instance's security groups let nothing out
  endpoint_group,  ///< the endpoint's let nothing in
  acl,             ///< a network ACL, one way or the other
  public_address,  ///< an internet gateway is there, an address to be answered at is not
};

/// Whether something is in reach, and if it is not, the first link that is broken.
struct PathReach {
  PathReach() = default;
  PathReach(BrokenLink link, std::string reason) : broken(link), why(std::move(reason)) {}
  BrokenLink broken = BrokenLink::none;
  std::string why;  ///< a sentence without its full stop; empty when all is well
  bool ok() const noexcept { return broken == BrokenLink::none; }
};

/// Where packets come from.
struct NodeView {
  NodeView() = default;
  explicit NodeView(const Instance& instance);
  std::string subnet_id;
  std::vector<std::string> groups;
  Address address = 0;
  Address public_address = 0;  ///< 0: none
  Platform platform = Platform::linux;
};

/// From a node to HTTPS of a service ("ssm", "ssmmessages", "ec2messages", "s3", ...) of the network's Region. Pure.
PathReach service_reach(const Network& network, const NodeView& node, std::string_view service);

/// What an agent can do.
struct AgentReach {
  AgentReach() = default;
  PathReach registration;  ///< runs, has credentials that may register it, and reaches ssm: it is Online
  PathReach messages;      ///< and reaches ssmmessages or ec2messages: commands get to it
};

/// Networks that nobody has asked for are the default one, in which every node reaches everything; they are not made
/// for this question.
AgentReach agent_reach(const Fleet& fleet, const Instance& instance);

/// What SSM knows of an instance at `now`: agent and network together.
enum class Presence : std::uint8_t {
  absent,           ///< never registered, or not for a while after its launch
  online,           ///< says that it is alive every five minutes
  connection_lost,  ///< registered once, silent now
};
Presence presence_of(const Fleet& fleet, const Instance& instance, WallTime now);

}  // namespace postern::sim::ec2
