#pragma once

/// The JSON that the two ends of a data channel tell each other at its start (protocol.md B1.1, B1.4, B1.5, B1.6), as
/// values; and the numbers of versions on which it depends who may do what.

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::session {

/// What agents gate features by. Higher than every gate, four numeric parts (pitfall D8).
constexpr std::string_view kClientVersion = "1.2.707.0";

/// How long an agent waits for each of the client's answers, from when its own leg is open; then the session fails.
constexpr std::chrono::seconds kHandshakeTime{15};

/// "3.1.1511.0" of agent or client. Versions with another count of parts than four compare with nothing: a feature that
/// needs "later than" is then not there.
class Version {
 public:
  static std::optional<Version> parse(std::string_view text);
  friend auto operator<=>(const Version&, const Version&) = default;

 private:
  std::uint32_t parts_[4] = {};
};
/// Whether `text` is a version and later than `than`.
bool later_than(std::string_view text, std::string_view than) noexcept;

/// The first message on a connection, as text. Agents send theirs with an empty ClientId and a ClientInstanceId.
struct OpenRequest {
  OpenRequest() = default;
  std::string request_id;  ///< a UUID
  std::string token;
  std::string client_id;           ///< the same for the life of a client
  std::string client_version;      ///< empty: the member is left out
  std::string client_instance_id;  ///< of agents; empty: left out
};
std::string write_open(const OpenRequest& open);
Result<OpenRequest> read_open(std::string_view text);

enum class SessionType : std::uint8_t { shell, interactive_command, command, port };
/// "Standard_Stream", "InteractiveCommands", "NonInteractiveCommands", "Port".
std::string_view to_string(SessionType type) noexcept;
std::optional<SessionType> parse_session_type(std::string_view text) noexcept;

/// What a port session is about; all of them are strings on the wire (B1.9).
struct PortProperties {
  PortProperties() = default;
  std::string port;              ///< portNumber
  std::string local_port;        ///< localPortNumber; empty or "0": any
  std::string host;              ///< empty: the node itself
  std::string type;              ///< "LocalPortForwarding", or empty: stdin and stdout
  std::string local_connection;  ///< "unix", or empty
  std::string local_unix_socket;
};

enum class ActionStatus : std::uint8_t { success = 1, failed = 2, unsupported = 3 };

/// What agents and clients of AWS put into one message. Their agents take more (they look at no length), but what the
/// service between lets pass is written nowhere, and others report that sessions get unstable with more.
constexpr std::size_t kUsualPayload = 1024;
/// The most that is put into one message for an agent that says that it takes more, as ours do: what a message costs
/// beside its payload hardly counts any more, and whoever waits for its turn does not wait long.
constexpr std::size_t kPayloadMax = 16U << 10U;

struct HandshakeRequest {
  HandshakeRequest() = default;
  std::string agent_version;
  std::optional<SessionType> type;     ///< absent: not asked for, or one that is not known
  std::string type_name;               ///< as it came
  std::optional<PortProperties> port;  ///< of port sessions
  bool wants_encryption = false;
  std::string kms_key;
  std::string challenge;  ///< of KMSEncryption; empty: none
  /// Bytes of input that the agent takes in one message. Agents of AWS do not say: 0.
  std::size_t payload_max = 0;
  std::vector<std::string> other_actions;  ///< names that are not known: they are answered as unsupported
};
std::string write_handshake_request(const HandshakeRequest& request);
Result<HandshakeRequest> read_handshake_request(std::string_view payload);

struct ActionAnswer {
  ActionAnswer() = default;
  std::string action;
  ActionStatus status = ActionStatus::success;
  std::string error;
  std::string cipher_key;        ///< of KMSEncryption: the data key, encrypted, as bytes
  bool challenge_known = false;  ///< ChallengeAcknowledgement
};
struct HandshakeResponse {
  HandshakeResponse() = default;
  std::string client_version;
  std::vector<ActionAnswer> actions;
};
std::string write_handshake_response(const HandshakeResponse& response);
/// Of a status that is no number (an old client puts it into the result) the answer is unsupported.
Result<HandshakeResponse> read_handshake_response(std::string_view payload);

struct HandshakeComplete {
  HandshakeComplete() = default;
  std::int64_t nanoseconds = 0;
  std::string message;  ///< for the user; usually empty
};
std::string write_handshake_complete(const HandshakeComplete& complete);
Result<HandshakeComplete> read_handshake_complete(std::string_view payload);

/// Both directions of the encryption challenge: bytes, base64 on the wire.
std::string write_challenge(std::string_view bytes);
Result<std::string> read_challenge(std::string_view payload);

struct TerminalSize {
  TerminalSize() = default;
  TerminalSize(std::uint32_t c, std::uint32_t r) : columns(c), rows(r) {}
  std::uint32_t columns = 0;
  std::uint32_t rows = 0;
  friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};
std::string write_size(TerminalSize size);
Result<TerminalSize> read_size(std::string_view payload);

enum class Flag : std::uint32_t { disconnect_to_port = 1, terminate_session = 2, connect_to_port_error = 3 };
std::string write_flag(Flag flag);
/// The number, known or not.
Result<std::uint32_t> read_flag(std::string_view payload);

/// "EXIT_CODE: 7".
std::string write_exit_code(int code);
Result<int> read_exit_code(std::string_view payload);

/// The payload of channel_closed (B1.8).
struct ChannelClosed {
  ChannelClosed() = default;
  std::string message_id;
  std::string destination_id;
  std::string session_id;
  std::string created;  ///< RFC 3339
  std::string output;   ///< why, for people; may be empty
};
std::string write_channel_closed(const ChannelClosed& closed);
Result<ChannelClosed> read_channel_closed(std::string_view payload);

}  // namespace postern::session
