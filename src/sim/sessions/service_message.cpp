#include "sim/sessions/service_message.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/ids.hpp"
#include "session/agent_message.hpp"
#include "session/handshake.hpp"

namespace postern::sim {
namespace {

std::string fresh_uuid(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

}  // namespace

std::string service_message(const Cloud& cloud, rt::CallContext ctx, std::string_view type, std::string payload) {
  session::AgentMessage message;
  message.type = std::string(type);
  const auto wall = std::chrono::floor<std::chrono::milliseconds>(cloud.now(ctx.clock()));
  message.created_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(1, wall.time_since_epoch().count()));
  message.id = fresh_uuid(ctx.random());
  message.payload = std::move(payload);
  Result<std::string> encoded = session::encode_message(message);
  CHECK(encoded.has_value());
  return std::move(*encoded);
}

std::string closed_payload(rt::CallContext ctx, const Session& session) {
  session::ChannelClosed closed;
  closed.message_id = fresh_uuid(ctx.random());
  closed.session_id = session.id;
  closed.created = format_rfc3339(session.ended.value_or(session.started));
  closed.output = session.output;
  return session::write_channel_closed(closed);
}

std::string closed_message(const Cloud& cloud, rt::CallContext ctx, const Session& session) {
  return service_message(cloud, ctx, "channel_closed", closed_payload(ctx, session));
}

}  // namespace postern::sim
