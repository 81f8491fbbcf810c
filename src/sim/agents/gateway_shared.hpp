#pragma once

/// What control and data channels of ssmmessages have in common. Private to the simulator's gateway.

#include <string>
#include <string_view>

#include "aws/core/server.hpp"
#include "http/message.hpp"

namespace postern::sim::gateway {

/// An operation of ssmmessages, which has no model: for authorisation and for counting.
aws::OperationSpec operation(std::string_view name);
/// What follows the last slash.
std::string_view last_part(std::string_view path);
/// Agents look for "<AccessDeniedException>" in the body and then use ec2messages instead.
http::Response refusal(const Error& error);
/// The token with which the channel is opened: status 201, XML below `root`.
http::Response created(std::string_view root, std::string_view token);
/// The caller is not the node whose channel it wants.
Error not_own(const aws::server::CallInfo& info, const http::Request& request);

}  // namespace postern::sim::gateway
