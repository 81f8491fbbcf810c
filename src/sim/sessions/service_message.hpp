#pragma once

/// The messages that the service itself puts on control and data channels.

#include <string>
#include <string_view>

#include "rt/context.hpp"
#include "sim/cloud.hpp"
#include "sim/sessions/session.hpp"

namespace postern::sim {

/// A message with a fresh id, encoded.
std::string service_message(const Cloud& cloud, rt::CallContext ctx, std::string_view type, std::string payload);
/// channel_closed, with why the session ended (protocol.md B1.8).
std::string closed_message(const Cloud& cloud, rt::CallContext ctx, const Session& session);
/// Its payload alone.
std::string closed_payload(rt::CallContext ctx, const Session& session);

}  // namespace postern::sim
