#pragma once

/// What control and data channels of ssmmessages have in common. Private to the simulator's gateway.

#include <string>
#include <string_view>

#include "aws/core/server.hpp"
#include "http/message.hpp"
#include "rt/task.hpp"
#include "ws/connection.hpp"

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

/// Closes a connection that did not open as it should, and says why; nothing is said to one that is cancelled.
rt::Task<void> turn_away(ws::Connection* connection, Error why);

}  // namespace postern::sim::gateway
