#pragma once

/// AgentMessage: the binary message of control and data channels, both directions (protocol.md B1.2). One per WebSocket
/// message.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::session {

constexpr std::size_t kHeaderBytes = 120;

/// What a payload of stream data is.
enum class PayloadType : std::uint32_t {
  none = 0,
  output = 1,  ///< input too
  error = 2,
  size = 3,
  parameter = 4,
  handshake_request = 5,
  handshake_response = 6,
  handshake_complete = 7,
  encryption_challenge = 8,
  encryption_response = 9,
  flag = 10,
  stderr_output = 11,
  exit_code = 12,
};

struct AgentMessage {
  AgentMessage() = default;
  std::string type;  ///< "agent_job", at most 32 bytes
  std::uint32_t schema_version = 1;
  std::uint64_t created_ms = 0;  ///< Unix milliseconds; 0 is valid in what the service says about pauses only
  std::int64_t sequence = 0;
  std::uint64_t flags = 0;
  std::string id;  ///< a UUID, lower case with hyphens
  std::uint32_t payload_type = 0;
  std::string payload;
};

/// The bytes of a message, digest included. Fails with usage: a type that is empty or too long, an id that is no UUID.
Result<std::string> encode_message(const AgentMessage& message);
/// Fails with malformed. Of the digest: a header without one (all zero bytes) is accepted, a wrong one is not. Of
/// start_publication and pause_publication nothing is checked but that there is a whole header, as all readers do.
Result<AgentMessage> decode_message(std::string_view bytes);

}  // namespace postern::session
