#include "sim/sessions/agent_options.hpp"

#include <array>

#include "base/encoding.hpp"
#include "sim/agents.hpp"

namespace postern::sim {

session::AgentSessionOptions agent_options(const Session& session, const Instance& node, rt::Random& random) {
  session::AgentSessionOptions options;
  options.agent_version = agent_version(node);
  options.type = session.plan.type;
  options.port = session.plan.port;
  if (session.plan.type != session::SessionType::port) options.kms_key = session.plan.preferences.kms_key;
  if (!options.kms_key.empty()) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    options.challenge = to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  options.unit = node.traits->agent.session_frame_bytes;
  return options;
}

session::Moment moment_of(rt::CallContext ctx) {
  return session::Moment(ctx.now(), ctx.clock().wall_now());
}

}  // namespace postern::sim
