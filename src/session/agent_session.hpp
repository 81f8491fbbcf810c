#pragma once

/// AgentSession: the agent's side of one session without I/O, as AWS's agent behaves (protocol.md B1.3 to B1.9): what
/// the simulated cloud's agents speak, and what the client is tested against.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "session/channel.hpp"
#include "session/cipher.hpp"
#include "session/handshake.hpp"

namespace postern::session {

struct AgentEvent {
  enum class Kind : std::uint8_t {
    ready,     ///< the handshake is done, or none was needed: the shell, the command or the port may start
    input,     ///< bytes
    size,      ///< of the terminal
    flag,      ///< number
    need_key,  ///< call data_key() with KMS Decrypt's answer for `bytes`, the ciphertext; with_challenge
    closed,    ///< the service ended the session
    failed,    ///< the handshake failed: text is for agent_task_complete
  };
  AgentEvent() = default;
  explicit AgentEvent(Kind k) : kind(k) {}
  Kind kind = Kind::input;
  std::string bytes;  ///< or text
  TerminalSize size;
  std::uint32_t number = 0;
  bool with_challenge = false;  ///< the client made the challenge part of the key's context
};

struct AgentSessionOptions {
  AgentSessionOptions() = default;
  std::string agent_version = "3.3.0.0";
  SessionType type = SessionType::shell;
  PortProperties port;             ///< of port sessions
  std::string kms_key;             ///< not empty: sessions other than port's are encrypted
  std::string challenge;           ///< 16 random bytes in base64; empty: none is sent
  bool require_challenge = false;  ///< Kms.RequireKMSChallengeResponse
  ChannelOptions channel{End::agent};
  /// Bytes of output in one message. AWS's agent: 1,024.
  std::size_t unit = kUsualPayload;
};

class AgentSession {
 public:
  AgentSession(rt::Random& random, AgentSessionOptions options);

  /// The agent's leg is open: the handshake begins when one is due, else the session is ready at once.
  void begin(Moment now);
  /// Nothing is read, and so acknowledged, before begin(). What comes before the handshake is over and is not part of
  /// it is acknowledged and ignored.
  Result<void> receive(Moment now, std::string_view message);
  std::optional<std::string> next_outgoing(Moment now);
  std::optional<MonoTime> wakes_at() const;
  /// Time has passed: a handshake that takes too long fails.
  void on_time(Moment now);
  void reconnected() { channel_.reconnected(); }

  /// Input waits in the channel until it is asked for: the connection should not be read while is_full().
  std::optional<AgentEvent> next_event();
  bool is_full() const noexcept { return channel_.is_full(); }
  /// KMS Decrypt's plaintext.
  void data_key(Result<Secret<std::string>> key);
  /// Bytes of output that may be sent now; none before the session is ready and while the service wants silence.
  std::size_t room() const noexcept;
  void send_output(std::string_view bytes);
  void send_errors(std::string_view bytes);
  void send_exit_code(int code);
  void send_flag(Flag flag);
  bool is_settled() const noexcept { return channel_.is_settled(); }
  /// Empty until the client has answered the handshake.
  const std::string& client_version() const noexcept { return client_version_; }
  const Channel& channel() const noexcept { return channel_; }

 private:
  enum class Stage : std::uint8_t { closed, asked, decrypting, challenged, ready, failed };

  void ask();
  void take(Arrived message);
  void take_response(std::string_view payload);
  void take_answers(const HandshakeResponse& response);
  void take_challenge(std::string_view payload);
  void take_input(std::string payload);
  void complete();
  void fail_with(std::string why);
  void send_bytes(PayloadType type, std::string_view bytes);
  bool is_encrypted() const noexcept { return !options_.kms_key.empty() && options_.type != SessionType::port; }
  AgentEvent& event(AgentEvent::Kind kind) { return events_.emplace_back(kind); }

  rt::Random& random_;
  AgentSessionOptions options_;
  Channel channel_;
  Stage stage_ = Stage::closed;
  std::deque<AgentEvent> events_;
  std::optional<SessionCipher> cipher_;
  std::string client_version_;
  std::string challenge_text_;  ///< 64 random bytes
  Moment now_;                  ///< of the last call that said
  MonoTime began_{};
  std::optional<MonoTime> fails_at_;
  bool closed_told_ = false;
};

}  // namespace postern::session
