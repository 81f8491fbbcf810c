#include "session/agent_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::session {
namespace agent {

constexpr std::size_t kChallengeBytes = 64;
/// Clients up to this one do not know about separate output streams.
constexpr std::string_view kSeparateOutputAfter = "1.2.295.0";

}  // namespace agent

AgentSession::AgentSession(rt::Random& random, AgentSessionOptions options)
    : random_(random), options_(std::move(options)), channel_(random, options_.channel) {}

void AgentSession::begin(Moment now) {
  CHECK(stage_ == Stage::closed);
  now_ = now;
  began_ = now.mono;
  const bool asks = options_.type == SessionType::port || options_.type == SessionType::command;
  if (asks || is_encrypted()) return ask();
  stage_ = Stage::ready;
  event(AgentEvent::Kind::ready);
}

void AgentSession::ask() {
  HandshakeRequest request;
  request.agent_version = options_.agent_version;
  request.type = options_.type;
  if (options_.type == SessionType::port) request.port = options_.port;
  request.wants_encryption = is_encrypted();
  request.kms_key = options_.kms_key;
  request.challenge = options_.challenge;
  // One that says more than AWS's agents is told more, too.
  if (options_.unit > kUsualPayload) request.payload_max = options_.unit;
  channel_.send(PayloadType::handshake_request, write_handshake_request(request));
  stage_ = Stage::asked;
  fails_at_ = now_.mono + kHandshakeTime;
}

Result<void> AgentSession::receive(Moment now, std::string_view message) {
  now_ = now;
  if (stage_ == Stage::closed) return {};
  TRY_VOID(channel_.receive(now, message));
  while (stage_ != Stage::ready) {
    std::optional<Arrived> next = channel_.next();
    if (!next) break;
    take(std::move(*next));
  }
  return {};
}

std::optional<std::string> AgentSession::next_outgoing(Moment now) {
  now_ = now;
  return channel_.next_outgoing(now);
}

std::optional<MonoTime> AgentSession::wakes_at() const {
  const std::optional<MonoTime> at = channel_.wakes_at();
  if (!at || !fails_at_) return at ? at : fails_at_;
  return std::min(*at, *fails_at_);
}

void AgentSession::on_time(Moment now) {
  now_ = now;
  if (fails_at_ && now.mono >= *fails_at_) {
    fail_with("Handshake timed out. Please ensure that you have the latest version of the session manager plugin.");
  }
}

std::optional<AgentEvent> AgentSession::next_event() {
  while (events_.empty() && stage_ == Stage::ready) {
    std::optional<Arrived> next = channel_.next();
    if (!next) break;
    take(std::move(*next));
  }
  if (events_.empty() && channel_.closed() && !closed_told_) {
    closed_told_ = true;
    const Result<ChannelClosed> closed = read_channel_closed(*channel_.closed());
    if (closed)
      event(AgentEvent::Kind::closed).bytes = closed->output;
    else
      event(AgentEvent::Kind::closed);
  }
  if (events_.empty()) return std::nullopt;
  AgentEvent first = std::move(events_.front());
  events_.pop_front();
  return first;
}

void AgentSession::take(Arrived message) {
  switch (stage_) {
    case Stage::asked:
      if (message.type == PayloadType::handshake_response) take_response(message.payload);
      return;
    case Stage::challenged:
      if (message.type == PayloadType::encryption_response) take_challenge(message.payload);
      return;
    case Stage::ready:
      break;
    default:
      return;
  }
  if (message.type == PayloadType::output) {
    take_input(std::move(message.payload));
  } else if (message.type == PayloadType::size) {
    if (const Result<TerminalSize> size = read_size(message.payload)) event(AgentEvent::Kind::size).size = *size;
  } else if (message.type == PayloadType::flag) {
    if (const Result<std::uint32_t> number = read_flag(message.payload)) event(AgentEvent::Kind::flag).number = *number;
  }
}

void AgentSession::take_input(std::string payload) {
  if (cipher_) {
    Result<std::string> opened = cipher_->open(payload);
    if (!opened) return fail_with("Input of the client cannot be decrypted: " + opened.error().message());
    payload = std::move(*opened);
  }
  event(AgentEvent::Kind::input).bytes = std::move(payload);
}

// ---- the handshake

void AgentSession::take_response(std::string_view payload) {
  const Result<HandshakeResponse> response = read_handshake_response(payload);
  if (!response) return fail_with(response.error().message());
  client_version_ = response->client_version;
  for (const ActionAnswer& answer : response->actions) {
    if (answer.status == ActionStatus::success) continue;
    return fail_with(printable(answer.action, 60) + " failed on client with status " +
                     std::to_string(static_cast<int>(answer.status)) + " error: " + printable(answer.error));
  }
  take_answers(*response);
}

void AgentSession::take_answers(const HandshakeResponse& response) {
  const auto find = [&response](std::string_view action) -> const ActionAnswer* {
    const auto found = std::ranges::find(response.actions, action, &ActionAnswer::action);
    return found == response.actions.end() ? nullptr : &*found;
  };
  if (find("SessionType") == nullptr) return fail_with("The client did not answer the action SessionType.");
  if (!is_encrypted()) return complete();
  const ActionAnswer* const key = find("KMSEncryption");
  if (key == nullptr || key->cipher_key.empty()) {
    return fail_with("The client did not answer the action KMSEncryption.");
  }
  const bool with_challenge = key->challenge_known && !options_.challenge.empty();
  if (options_.require_challenge && !with_challenge) {
    return fail_with("The client does not know the challenge of KMSEncryption, which this node requires.");
  }
  stage_ = Stage::decrypting;
  // The client has done its part; what KMS takes is not counted.
  fails_at_.reset();
  AgentEvent& need = event(AgentEvent::Kind::need_key);
  need.bytes = key->cipher_key;
  need.with_challenge = with_challenge;
}

void AgentSession::data_key(Result<Secret<std::string>> key) {
  if (stage_ != Stage::decrypting) return;
  if (!key) return fail_with("Fetching data key failed: " + key.error().message());
  Result<SessionCipher> cipher = SessionCipher::make(End::agent, *key);
  if (!cipher) return fail_with(cipher.error().message());
  cipher_ = std::move(*cipher);
  std::array<std::uint8_t, agent::kChallengeBytes> bytes{};
  random_.fill(bytes);
  challenge_text_.assign(bytes.begin(), bytes.end());
  channel_.send(PayloadType::encryption_challenge, write_challenge(cipher_->seal(random_, challenge_text_)));
  stage_ = Stage::challenged;
  fails_at_ = now_.mono + kHandshakeTime;
}

void AgentSession::take_challenge(std::string_view payload) {
  const Result<std::string> sealed = read_challenge(payload);
  if (!sealed) return fail_with(sealed.error().message());
  const Result<std::string> text = cipher_->open(*sealed);
  if (!text || *text != challenge_text_) return fail_with("Encryption challenge does not match.");
  complete();
}

void AgentSession::complete() {
  HandshakeComplete complete;
  complete.nanoseconds = (now_.mono - began_).count();
  const bool old = !later_than(client_version_, agent::kSeparateOutputAfter);
  if (options_.type == SessionType::command && old) {
    complete.message = "Please update session manager plugin version (minimum required version 1.2.312.0)\n";
  }
  channel_.send(PayloadType::handshake_complete, write_handshake_complete(complete));
  stage_ = Stage::ready;
  fails_at_.reset();
  event(AgentEvent::Kind::ready);
}

void AgentSession::fail_with(std::string why) {
  stage_ = Stage::failed;
  fails_at_.reset();
  event(AgentEvent::Kind::failed).bytes = std::move(why);
}

// ---- what the node says

std::size_t AgentSession::room() const noexcept {
  return stage_ == Stage::ready && !channel_.is_paused() ? channel_.room_in(options_.unit) : 0;
}

void AgentSession::send_bytes(PayloadType type, std::string_view bytes) {
  if (stage_ != Stage::ready) return;
  while (!bytes.empty()) {
    const std::string_view unit = bytes.substr(0, options_.unit);
    bytes.remove_prefix(unit.size());
    channel_.send(type, cipher_ ? cipher_->seal(random_, unit) : std::string(unit));
  }
}

void AgentSession::send_output(std::string_view bytes) {
  send_bytes(PayloadType::output, bytes);
}

void AgentSession::send_errors(std::string_view bytes) {
  send_bytes(PayloadType::stderr_output, bytes);
}

void AgentSession::send_exit_code(int code) {
  send_bytes(PayloadType::exit_code, write_exit_code(code));
}

void AgentSession::send_flag(Flag flag) {
  if (stage_ == Stage::ready) channel_.send(PayloadType::flag, write_flag(flag));
}

}  // namespace postern::session
