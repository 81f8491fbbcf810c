#pragma once

/// ClientSession: the client's side of one session without I/O: the channel, the handshake, encryption, and what the
/// agent says, as events. The owner carries WebSocket messages to and fro (data_channel.hpp does).

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

struct SessionEvent {
  enum class Kind : std::uint8_t {
    output,     ///< bytes: of the shell, of the command's standard output, of the port
    errors,     ///< bytes of the command's standard error
    exit_code,  ///< of a command with separate streams
    started,    ///< the session's type is known: by the handshake, by the first output, or by silence (below). Once.
    need_key,   ///< call ClientSession::data_key() with KMS's answer; the handshake waits for it
    message,    ///< text for the user, of the agent
    flag,       ///< of a port session: number
    closed,     ///< the session is over; text says why when there is a reason; number: messages that came before their
                ///< turn and for ever wait for the one before them. Last.
    failed,     ///< the session cannot go on: error. Last. What was still to be told to the agent goes out until
                ///< is_settled(); then the owner terminates the session.
  };
  SessionEvent() = default;
  explicit SessionEvent(Kind k) : kind(k) {}
  Kind kind = Kind::output;
  std::string bytes;         ///< or text
  std::uint32_t number = 0;  ///< of flag and closed
  int exit_code = 0;
  std::optional<Error> error;  ///< of failed
};

struct ClientSessionOptions {
  ClientSessionOptions() = default;
  std::string session_id;
  std::string target;  ///< as it was given to StartSession: part of the encryption context
  std::string client_version{kClientVersion};
  std::string client_id;  ///< a UUID
  /// What the document says, when the caller knows it: agents say nothing of it when no KMS key is configured, so that
  /// what prints nothing would never get its input (pitfall D5). Interactive commands then get input and size at once;
  /// shells after kSilence, as most of them print a prompt. When the agent asks for a handshake after all, it has
  /// ignored that input, and gets it again. An agent that has acknowledged something and asks for none for
  /// kHandshakeTime will not: it would have failed. The agent's own word on the type wins. Early input is not
  /// encrypted.
  std::optional<SessionType> expected;
  ChannelOptions channel{End::client};
  /// Bytes of input in one message. More when the agent's handshake says that it takes more (kPayloadMax at most).
  std::size_t unit = kUsualPayload;
};

/// What KMS GenerateDataKey is asked for.
struct KeyRequest {
  KeyRequest() = default;
  std::string key_id;
  std::string session_id;
  std::string target;
  std::string challenge;  ///< empty: not part of the context
};
/// And answers.
struct DataKey {
  DataKey() = default;
  Secret<std::string> plaintext;  ///< 64 bytes
  std::string ciphertext;
};

class ClientSession {
 public:
  /// A shell that is expected and silent for so long gets what the user has said so far.
  static constexpr std::chrono::seconds kSilence{3};
  /// Input that goes out before it is known whether there will be a handshake, at most: the answer to one waits for it,
  /// and has kHandshakeTime.
  static constexpr std::size_t kEarlyMax = 16U << 10U;

  /// `random` outlives the session.
  ClientSession(rt::Random& random, ClientSessionOptions options);

  // ---- towards the connection
  /// The text message that opens a connection, with StartSession's or ResumeSession's token.
  std::string opening(std::string_view token);
  /// One binary (or text) WebSocket message. Hostile ones are dropped; `malformed` tells that, nothing else happens.
  Result<void> receive(Moment now, std::string_view message);
  std::optional<std::string> next_outgoing(Moment now);
  std::optional<MonoTime> wakes_at() const;
  void reconnected() { channel_.reconnected(); }
  /// So much has arrived that the connection should not be read until events have been fetched.
  bool is_full() const noexcept { return channel_.is_full(); }

  // ---- towards the user
  std::optional<SessionEvent> next_event();
  /// What need_key asks for, and its answer. An error is told to the agent, and is the session's: a failed event.
  KeyRequest key_request() const;
  void data_key(Result<DataKey> key);
  /// Bytes of input that may be sent now; 0 while the session does not take any: before it is known to be one that
  /// does, or while the window is full.
  std::size_t room() const noexcept;
  /// Sends input, cut into units, encrypted when the session is.
  void send_input(std::string_view bytes);
  /// Kept until the session is known to want it; the last one counts.
  void send_size(TerminalSize size);
  /// The last size once more: a sign of life that the shell does not see.
  void repeat_size();
  void send_flag(Flag flag);
  /// Everything sent so far has been acknowledged.
  bool is_settled() const noexcept { return channel_.is_settled(); }

  std::optional<SessionType> type() const noexcept { return type_; }
  /// Of a port session, once started.
  const PortProperties& port() const noexcept { return port_; }
  /// Empty when the agent did not say: there was no handshake.
  const std::string& agent_version() const noexcept { return agent_version_; }
  bool is_encrypted() const noexcept { return cipher_.has_value(); }
  const Channel& channel() const noexcept { return channel_; }

 private:
  void take(Arrived message);
  void take_handshake(std::string_view payload);
  void answer_handshake();
  void take_complete(std::string_view payload);
  void take_challenge(std::string_view payload);
  void take_output(PayloadType type, std::string payload);
  void take_exit_code(std::string_view payload);
  void on_silence(Moment now);
  bool may_be_silent() const noexcept;
  void start(SessionType type);
  void flush();
  void send_units(std::string_view bytes);
  void close();
  void fail_with(Error error);
  bool takes_input() const noexcept;
  SessionEvent& event(SessionEvent::Kind kind) { return events_.emplace_back(kind); }

  rt::Random& random_;
  ClientSessionOptions options_;
  Channel channel_;
  std::deque<SessionEvent> events_;
  std::optional<HandshakeRequest> handshake_;  ///< kept when it is over
  bool answered_ = false;
  bool shaken_ = false;  ///< the handshake is over
  HandshakeResponse response_;
  std::optional<SessionCipher> cipher_;
  std::optional<SessionType> type_;
  PortProperties port_;
  std::string agent_version_;
  std::optional<TerminalSize> size_;
  std::string early_input_;  ///< from before the start: not sent, or to be sent again after a handshake
  bool early_ = false;       ///< what is said before the start goes out
  bool early_sent_ = false;  ///< and input did
  bool heard_ = false;       ///< the agent has said something that follows a handshake or goes without
  bool started_ = false;
  bool ended_ = false;
  std::optional<MonoTime> silent_since_;
};

}  // namespace postern::session
