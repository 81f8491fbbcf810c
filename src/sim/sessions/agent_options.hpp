#pragma once

/// What an agent of the cloud's own is to be at its end of a session.

#include "rt/context.hpp"
#include "session/agent_session.hpp"
#include "sim/cloud.hpp"
#include "sim/sessions/session.hpp"

namespace postern::sim {

/// By the session's plan and the node's agent.
session::AgentSessionOptions agent_options(const Session& session, const Instance& node, rt::Random& random);
/// Now, on both clocks.
session::Moment moment_of(rt::CallContext ctx);

}  // namespace postern::sim
