#include "session/client_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ids.hpp"
#include "base/text.hpp"

namespace postern::session {
namespace client {

/// Events of a session whose type is not known yet that nobody fetched: then messages wait where they are.
constexpr std::size_t kEventsMax = 64;

bool has_terminal(SessionType type) noexcept {
  return type == SessionType::shell || type == SessionType::interactive_command;
}

ActionAnswer answer(std::string_view action, ActionStatus status, std::string error) {
  ActionAnswer made;
  made.action = action;
  made.status = status;
  made.error = std::move(error);
  return made;
}

HandshakeResponse answers(const HandshakeRequest& request, std::string_view version) {
  HandshakeResponse response;
  response.client_version = version;
  if (request.type) {
    response.actions.push_back(answer("SessionType", ActionStatus::success, ""));
  } else if (!request.type_name.empty()) {
    response.actions.push_back(answer("SessionType", ActionStatus::unsupported,
                                      "postern does not know the session type " + printable(request.type_name, 60)));
  }
  for (const std::string& other : request.other_actions) {
    response.actions.push_back(
        answer(other, ActionStatus::unsupported, "postern does not know the action " + printable(other, 60)));
  }
  return response;
}

}  // namespace client

ClientSession::ClientSession(rt::Random& random, ClientSessionOptions options)
    : random_(random),
      options_(std::move(options)),
      channel_(random, options_.channel),
      early_(options_.expected == SessionType::interactive_command) {}

std::string ClientSession::opening(std::string_view token) {
  std::array<std::uint8_t, 16> id{};
  random_.fill(id);
  OpenRequest open;
  open.request_id = make_uuid(id);
  open.token = token;
  open.client_id = options_.client_id;
  open.client_version = options_.client_version;
  return write_open(open);
}

Result<void> ClientSession::receive(Moment now, std::string_view message) {
  TRY_VOID(channel_.receive(now, message));
  // The handshake does not wait for anybody to fetch events; what follows it does.
  while (!started_ && !ended_ && events_.size() < client::kEventsMax) {
    std::optional<Arrived> next = channel_.next();
    if (!next) break;
    take(std::move(*next));
  }
  return {};
}

std::optional<SessionEvent> ClientSession::next_event() {
  while (events_.empty() && !ended_) {
    std::optional<Arrived> next = channel_.next();
    if (!next) break;
    take(std::move(*next));
  }
  if (events_.empty() && !ended_ && channel_.closed()) close();
  if (events_.empty()) return std::nullopt;
  SessionEvent first = std::move(events_.front());
  events_.pop_front();
  return first;
}

void ClientSession::take(Arrived message) {
  switch (message.type) {
    case PayloadType::output:
    case PayloadType::stderr_output:
    case PayloadType::exit_code:
      take_output(message.type, std::move(message.payload));
      break;
    case PayloadType::handshake_request:
      take_handshake(message.payload);
      break;
    case PayloadType::handshake_complete:
      take_complete(message.payload);
      break;
    case PayloadType::encryption_challenge:
      take_challenge(message.payload);
      break;
    case PayloadType::flag:
      if (const Result<std::uint32_t> number = read_flag(message.payload)) {
        event(SessionEvent::Kind::flag).number = *number;
      }
      break;
    case PayloadType::error:
      event(SessionEvent::Kind::message).bytes = std::move(message.payload);
      break;
    default:
      // Newer than we are, or not an agent's to say.
      break;
  }
}

// ---- the handshake

void ClientSession::take_handshake(std::string_view payload) {
  // One, and before everything else.
  if (handshake_ || heard_) return;
  Result<HandshakeRequest> request = read_handshake_request(payload);
  if (!request) return fail_with(std::move(request).error());
  if (started_ && early_sent_) {
    // Nobody knows what of it was ignored.
    return fail_with(Error(ErrorKind::malformed, "the agent asked for a handshake long after it had taken input"));
  }
  handshake_ = std::move(*request);
  agent_version_ = handshake_->agent_version;
  options_.unit = std::max(options_.unit, handshake_->payload_max);
  if (handshake_->port) port_ = *handshake_->port;
  response_ = client::answers(*handshake_, options_.client_version);
  if (handshake_->wants_encryption) {
    event(SessionEvent::Kind::need_key);
  } else {
    answer_handshake();
  }
}

KeyRequest ClientSession::key_request() const {
  KeyRequest request;
  if (!handshake_) return request;
  request.key_id = handshake_->kms_key;
  request.session_id = options_.session_id;
  request.target = options_.target;
  request.challenge = handshake_->challenge;
  return request;
}

void ClientSession::data_key(Result<DataKey> key) {
  if (!handshake_ || answered_ || ended_ || !handshake_->wants_encryption) return;
  Result<SessionCipher> cipher = fail(ErrorKind::malformed, "KMS gave no encrypted data key");
  if (!key) {
    cipher = fail(std::move(key).error());
  } else if (!key->ciphertext.empty()) {
    cipher = SessionCipher::make(End::client, key->plaintext);
  }
  if (!cipher) {
    response_.actions.push_back(
        client::answer("KMSEncryption", ActionStatus::failed, printable(cipher.error().to_text())));
    answer_handshake();
    return fail_with(std::move(cipher).error().with("kms_key", handshake_->kms_key));
  }
  cipher_ = std::move(*cipher);
  ActionAnswer answer = client::answer("KMSEncryption", ActionStatus::success, "");
  answer.cipher_key = key->ciphertext;
  answer.challenge_known = !handshake_->challenge.empty();
  response_.actions.push_back(std::move(answer));
  answer_handshake();
}

void ClientSession::answer_handshake() {
  channel_.send(PayloadType::handshake_response, write_handshake_response(response_));
  response_ = HandshakeResponse();
  answered_ = true;
}

void ClientSession::take_challenge(std::string_view payload) {
  if (!cipher_ || shaken_) return;
  const Result<std::string> sealed = read_challenge(payload);
  if (!sealed) return fail_with(sealed.error());
  const Result<std::string> text = cipher_->open(*sealed);
  if (!text) return fail_with(text.error());
  channel_.send(PayloadType::encryption_response, write_challenge(cipher_->seal(random_, *text)));
}

void ClientSession::take_complete(std::string_view payload) {
  if (!answered_ || shaken_) return;
  Result<HandshakeComplete> complete = read_handshake_complete(payload);
  if (!complete) return fail_with(std::move(complete).error());
  start(handshake_->type.value_or(options_.expected.value_or(SessionType::shell)));
  if (!complete->message.empty()) event(SessionEvent::Kind::message).bytes = std::move(complete->message);
}

/// The session is one of `type`. What was said before goes out, again when the agent was not listening.
void ClientSession::start(SessionType type) {
  const bool ignored = handshake_ && !shaken_;
  type_ = type;
  shaken_ = handshake_.has_value();
  heard_ = heard_ || shaken_;
  if (!started_) event(SessionEvent::Kind::started);
  started_ = true;
  if (ignored || !early_) flush();
  early_input_ = std::string();
}

void ClientSession::flush() {
  if (size_) send_size(*std::exchange(size_, std::nullopt));
  send_units(early_input_);
}

// ---- what the agent says

void ClientSession::take_output(PayloadType type, std::string payload) {
  if (cipher_) {
    Result<std::string> opened = cipher_->open(payload);
    if (!opened) return fail_with(std::move(opened).error());
    payload = std::move(*opened);
  } else if (handshake_ && handshake_->wants_encryption) {
    return fail_with(Error(ErrorKind::malformed, "the agent asked for encryption and sent plain text"));
  }
  heard_ = true;
  // Without a handshake: only shells and interactive commands do without.
  if (!started_ || (handshake_ && !shaken_)) {
    const SessionType guess = options_.expected.value_or(SessionType::shell);
    start(handshake_ ? handshake_->type.value_or(guess) : guess);
  }
  if (type == PayloadType::exit_code) return take_exit_code(payload);
  const bool errors = type == PayloadType::stderr_output;
  if (!payload.empty()) {
    event(errors ? SessionEvent::Kind::errors : SessionEvent::Kind::output).bytes = std::move(payload);
  }
}

void ClientSession::take_exit_code(std::string_view payload) {
  const Result<int> code = read_exit_code(payload);
  if (!code) {
    event(SessionEvent::Kind::message).bytes = code.error().message();
    return;
  }
  event(SessionEvent::Kind::exit_code).exit_code = *code;
}

void ClientSession::close() {
  const Result<ChannelClosed> closed = read_channel_closed(*channel_.closed());
  SessionEvent& last = event(SessionEvent::Kind::closed);
  if (closed) last.bytes = closed->output;
  last.number = static_cast<std::uint32_t>(channel_.early());
  ended_ = true;
}

void ClientSession::fail_with(Error error) {
  if (ended_) return;
  event(SessionEvent::Kind::failed).error = std::move(error);
  ended_ = true;
}

// ---- what the user says

bool ClientSession::takes_input() const noexcept {
  if (ended_) return false;
  return handshake_ ? shaken_ : started_ || early_;
}

std::size_t ClientSession::room() const noexcept {
  if (!takes_input()) return 0;
  const std::size_t room = channel_.room_in(options_.unit);
  if (started_) return room;
  return std::min(room, kEarlyMax - std::min(kEarlyMax, early_input_.size()));
}

void ClientSession::send_input(std::string_view bytes) {
  if (ended_) return;
  if (!started_ || !takes_input()) early_input_ += bytes;
  if (!takes_input()) return;
  early_sent_ = early_sent_ || (!handshake_ && !heard_ && !bytes.empty());
  send_units(bytes);
}

void ClientSession::send_units(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view unit = bytes.substr(0, options_.unit);
    bytes.remove_prefix(unit.size());
    channel_.send(PayloadType::output, cipher_ ? cipher_->seal(random_, unit) : std::string(unit));
  }
}

void ClientSession::send_size(TerminalSize size) {
  if (size_ == size) return;
  size_ = size;
  const SessionType type = type_.value_or(options_.expected.value_or(SessionType::shell));
  if (takes_input() && client::has_terminal(type)) channel_.send(PayloadType::size, write_size(size));
}

void ClientSession::repeat_size() {
  if (const std::optional<TerminalSize> last = std::exchange(size_, std::nullopt)) send_size(*last);
}

void ClientSession::send_flag(Flag flag) {
  if (!ended_) channel_.send(PayloadType::flag, write_flag(flag));
}

// ---- time

/// Whether nothing was heard of the agent that says whether there is a handshake, and silence would mean that there is
/// none.
bool ClientSession::may_be_silent() const noexcept {
  if (started_ || ended_ || handshake_ || !options_.expected || !client::has_terminal(*options_.expected)) return false;
  return !early_ || channel_.acknowledged() > 0;
}

void ClientSession::on_silence(Moment now) {
  if (!may_be_silent()) return;
  if (!silent_since_) silent_since_ = now.mono;
  if (now.mono < *silent_since_ + (early_ ? kHandshakeTime : kSilence)) return;
  silent_since_.reset();
  if (early_) return start(*options_.expected);
  early_ = true;
  early_sent_ = !early_input_.empty();
  flush();
}

std::optional<std::string> ClientSession::next_outgoing(Moment now) {
  on_silence(now);
  return channel_.next_outgoing(now);
}

std::optional<MonoTime> ClientSession::wakes_at() const {
  std::optional<MonoTime> at = channel_.wakes_at();
  if (!may_be_silent() || !silent_since_) return at;
  const MonoTime silence = *silent_since_ + (early_ ? kHandshakeTime : kSilence);
  return at ? std::min(*at, silence) : silence;
}

}  // namespace postern::session
