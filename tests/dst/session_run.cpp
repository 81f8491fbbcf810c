#include "tests/dst/session_run.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "world/random.hpp"

namespace postern::dst {
namespace session_run {

using session::AgentEvent;
using session::AgentSession;
using session::ClientSession;
using session::SessionEvent;
using std::chrono::seconds;

/// After the last mishap everything has arrived within that and the time that the bytes take.
constexpr seconds kBound{60};
/// What both channels may keep beyond their options: acknowledgements, a few messages for control, one of each size.
constexpr std::size_t kSlack = 160U << 10U;

/// One direction of payload.
struct Stream {
  Stream() = default;
  std::string text;
  std::size_t sent = 0;
  std::string got;
  bool is_complete() const { return got.size() == text.size(); }
};

class SessionRun {
 public:
  SessionRun(std::uint64_t seed, SessionWorkload work)
      : work_(std::move(work)),
        ids_(seed, "ids"),
        way_random_(seed, "way"),
        app_(seed, "application"),
        client_(ids_, work_.client),
        agent_(ids_, work_.agent),
        line_(way_random_, work_.way, client_, agent_) {
    up_.text = random_text(work_.up_bytes);
    down_.text = random_text(work_.down_bytes);
    line_.client_is_there = line_.agent_is_there = false;
    line_.up.drops = [this](const std::string& message) {
      return pass(message, line_.up, client_hostile_, agent_there_);
    };
    line_.down.drops = [this](const std::string& message) {
      return pass(message, line_.down, agent_hostile_, client_there_);
    };
  }

  std::string run();
  void tell(SessionSummary& summary) const;
  std::uint64_t hash() const { return hash_; }

 private:
  std::string random_text(std::size_t size) {
    std::string text(size, '\0');
    app_.fill(std::span(reinterpret_cast<std::uint8_t*>(text.data()), size));
    return text;
  }
  Duration time() const { return line_.now().mono - began_; }
  bool pass(const std::string& message, session::testing::Way& way, std::vector<std::string>& hostile, bool there);
  void note(std::string_view what) { hash_ = world::fnv1a(what, hash_); }
  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what) + " at " + format_duration(time());
  }
  std::string control(const char* type, std::string payload = "");
  void turn();
  void open_legs();
  void mishaps();
  void begin(const Mishap& mishap);
  void end(const Mishap& mishap);
  void calm();
  void hostile();
  void answer_kms();
  void fetch();
  void take(SessionEvent event);
  void take(AgentEvent event);
  void feed();
  void check();
  bool is_over() const;
  void finish();
  std::string outcome() const;
  Duration bound() const;

  SessionWorkload work_;
  world::SeededRandom ids_;
  world::SeededRandom way_random_;
  world::SeededRandom app_;
  ClientSession client_;
  AgentSession agent_;
  session::testing::Line<ClientSession, AgentSession> line_;
  MonoTime began_ = line_.now().mono;
  Stream up_;
  Stream down_;
  bool client_there_ = false;
  bool agent_there_ = false;
  bool client_opened_ = false;
  bool agent_opened_ = false;
  int client_breaks_ = 0;
  int agent_breaks_ = 0;
  std::size_t next_mishap_ = 0;
  std::vector<Mishap> current_;
  bool calm_ = false;
  Duration calm_at_{};
  Duration reads_at_{};
  std::optional<Duration> client_kms_;
  std::optional<Duration> agent_kms_;
  std::string cipher_blob_;
  bool with_challenge_ = false;
  std::vector<std::string> client_hostile_;
  std::vector<std::string> agent_hostile_;
  std::map<std::string, std::uint64_t> faults_;
  unsigned started_ = 0;
  bool ready_ = false;
  std::string agent_failed_;
  std::optional<SessionEvent> client_failed_;
  std::optional<SessionEvent> client_closed_;
  std::uint64_t hash_ = world::kFnvStart;
  std::string wrong_;
};

/// Whether a message that was just sent is lost on its way, as the leg that it goes to is not there. Now and then a
/// copy of it with another payload goes along.
bool SessionRun::pass(const std::string& message, session::testing::Way&, std::vector<std::string>& hostile,
                      bool there) {
  note(message);
  if (!there) return true;
  if (work_.hostile > 0 && !calm_ && message.size() > session::kHeaderBytes && app_.unit() < work_.hostile) {
    std::string changed = message;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    hostile.push_back(std::move(changed));
  }
  return false;
}

std::string SessionRun::control(const char* type, std::string payload) {
  session::AgentMessage message;
  message.type = type;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.created_ms = payload.empty() ? 0 : 1;
  message.payload = std::move(payload);
  return *session::encode_message(message);
}

// ---- what goes wrong

void SessionRun::open_legs() {
  if (!client_opened_ && time() >= work_.client_opens) {
    client_opened_ = true;
    client_there_ = client_breaks_ == 0;
  }
  if (!agent_opened_ && time() >= work_.agent_opens) {
    agent_opened_ = true;
    agent_there_ = agent_breaks_ == 0;
    agent_.begin(line_.now());
  }
  line_.client_is_there = line_.client_reads = client_there_;
  line_.agent_is_there = line_.agent_reads = agent_there_;
}

void SessionRun::mishaps() {
  for (; next_mishap_ < work_.mishaps.size() && work_.mishaps[next_mishap_].at <= time(); ++next_mishap_) {
    begin(work_.mishaps[next_mishap_]);
    current_.push_back(work_.mishaps[next_mishap_]);
  }
  for (std::size_t i = 0; i < current_.size();) {
    if (current_[i].at + current_[i].lasts > time()) {
      ++i;
      continue;
    }
    const Mishap over = current_[i];
    current_.erase(current_.begin() + static_cast<std::ptrdiff_t>(i));
    end(over);
  }
  if (!calm_ && time() >= work_.calm_after && next_mishap_ == work_.mishaps.size() && current_.empty()) calm();
}

void SessionRun::begin(const Mishap& mishap) {
  switch (mishap.kind) {
    case Mishap::Kind::break_client:
      ++faults_["client's connection broken"];
      ++client_breaks_;
      client_there_ = false;
      line_.up.cut();
      line_.down.cut();
      break;
    case Mishap::Kind::break_agent:
      ++faults_["agent's connection broken"];
      ++agent_breaks_;
      agent_there_ = false;
      line_.up.cut();
      line_.down.cut();
      break;
    case Mishap::Kind::pause_agent:
      ++faults_["agent paused"];
      static_cast<void>(agent_.receive(line_.now(), control("pause_publication")));
      break;
    case Mishap::Kind::pause_client:
      ++faults_["client paused"];
      static_cast<void>(client_.receive(line_.now(), control("pause_publication")));
      break;
    case Mishap::Kind::hostile:
      ++faults_["hostile bytes"];
      hostile();
      break;
  }
}

void SessionRun::end(const Mishap& mishap) {
  switch (mishap.kind) {
    case Mishap::Kind::break_client:
      if (--client_breaks_ > 0 || !client_opened_) break;
      client_there_ = true;
      client_.reconnected();
      break;
    case Mishap::Kind::break_agent:
      if (--agent_breaks_ > 0 || !agent_opened_) break;
      agent_there_ = true;
      agent_.reconnected();
      break;
    case Mishap::Kind::pause_agent:
      static_cast<void>(agent_.receive(line_.now(), control("start_publication")));
      break;
    case Mishap::Kind::pause_client:
      // A client finds out by itself; every other time nobody tells it.
      if (app_.below(2) == 0) break;
      static_cast<void>(client_.receive(line_.now(), control("start_publication")));
      break;
    case Mishap::Kind::hostile:
      break;
  }
}

void SessionRun::hostile() {
  for (const std::size_t size : {0U, 5U, 119U, 120U, 500U}) {
    const std::string bytes = random_text(size);
    if (client_.receive(line_.now(), bytes) || agent_.receive(line_.now(), bytes)) {
      if (agent_opened_) wrong("random bytes were taken");
    }
  }
}

void SessionRun::calm() {
  calm_ = true;
  calm_at_ = time();
  for (session::testing::Way* way : {&line_.up, &line_.down}) {
    way->options.lose = way->options.repeat = way->options.swap = 0;
  }
  work_.reads_every = Duration{};
}

// ---- what both sides do

void SessionRun::answer_kms() {
  if (client_kms_ && time() >= *client_kms_) {
    client_kms_.reset();
    session::DataKey key;
    key.plaintext = Secret<std::string>(random_text(session::kDataKeyBytes));
    // A KMS whose ciphertext is the key and its context.
    key.ciphertext = key.plaintext.reveal() + client_.key_request().challenge;
    if (work_.kms_fails) {
      client_.data_key(fail(ErrorKind::denied, "kms:GenerateDataKey is not allowed"));
    } else {
      client_.data_key(std::move(key));
    }
  }
  if (agent_kms_ && time() >= *agent_kms_) {
    agent_kms_.reset();
    const std::string context = with_challenge_ ? work_.agent.challenge : "";
    if (cipher_blob_.substr(session::kDataKeyBytes) != context) wrong("the contexts of the key differ");
    agent_.data_key(Secret<std::string>(cipher_blob_.substr(0, session::kDataKeyBytes)));
  }
}

void SessionRun::fetch() {
  if (time() < reads_at_) return;
  reads_at_ = time() + work_.reads_every * static_cast<std::int64_t>(app_.below(1000)) / 1000;
  const std::uint64_t most = calm_ ? 1000 : 1 + app_.below(20);
  for (std::uint64_t i = 0; i < most; ++i) {
    std::optional<SessionEvent> event = client_.next_event();
    if (!event) break;
    take(std::move(*event));
  }
  for (std::uint64_t i = 0; i < most; ++i) {
    std::optional<AgentEvent> event = agent_.next_event();
    if (!event) break;
    take(std::move(*event));
  }
}

void SessionRun::take(SessionEvent event) {
  if (client_closed_ || client_failed_) wrong("an event after the last one");
  switch (event.kind) {
    case SessionEvent::Kind::output:
      if (started_ == 0) wrong("output before the start");
      down_.got += event.bytes;
      if (down_.text.compare(0, down_.got.size(), down_.got) != 0) wrong("the output is not what was sent");
      break;
    case SessionEvent::Kind::started:
      ++started_;
      break;
    case SessionEvent::Kind::need_key:
      client_kms_ = time() + work_.kms_takes;
      break;
    case SessionEvent::Kind::failed:
      client_failed_ = std::move(event);
      break;
    case SessionEvent::Kind::closed:
      client_closed_ = std::move(event);
      break;
    default:
      wrong("an event that nobody caused: " + std::to_string(static_cast<int>(event.kind)));
  }
}

void SessionRun::take(AgentEvent event) {
  switch (event.kind) {
    case AgentEvent::Kind::input:
      up_.got += event.bytes;
      if (up_.text.compare(0, up_.got.size(), up_.got) != 0) wrong("the input is not what was sent");
      break;
    case AgentEvent::Kind::ready:
      ready_ = true;
      break;
    case AgentEvent::Kind::need_key:
      agent_kms_ = time() + work_.kms_takes;
      cipher_blob_ = event.bytes;
      with_challenge_ = event.with_challenge;
      break;
    case AgentEvent::Kind::failed:
      agent_failed_ = event.bytes;
      break;
    case AgentEvent::Kind::size:
      if (event.size != session::TerminalSize(80, 24)) wrong("a size that nobody has");
      break;
    default:
      wrong("an agent's event that nobody caused");
  }
}

void SessionRun::feed() {
  if (client_opened_) client_.send_size(session::TerminalSize(80, 24));
  const std::size_t up = std::min<std::size_t>({client_.room(), up_.text.size() - up_.sent, app_.below(20'000)});
  client_.send_input(std::string_view(up_.text).substr(up_.sent, up));
  up_.sent += up;
  if (work_.is_silent && !up_.is_complete()) return;
  const std::size_t down = std::min<std::size_t>({agent_.room(), down_.text.size() - down_.sent, app_.below(20'000)});
  agent_.send_output(std::string_view(down_.text).substr(down_.sent, down));
  down_.sent += down;
}

void SessionRun::check() {
  const auto most = [](const session::ChannelOptions& options) {
    return options.window_bytes + options.arrived_bytes + options.early_bytes + kSlack;
  };
  if (client_.channel().memory() > most(work_.client.channel)) wrong("the client keeps too much");
  if (agent_.channel().memory() > most(work_.agent.channel)) wrong("the agent keeps too much");
  if (started_ > 1) wrong("the session began twice");
}

void SessionRun::turn() {
  mishaps();
  open_legs();
  for (std::string& message : std::exchange(client_hostile_, {})) {
    ++faults_["changed messages"];
    if (agent_opened_ && agent_.receive(line_.now(), message)) wrong("a changed message was taken");
  }
  for (std::string& message : std::exchange(agent_hostile_, {})) {
    ++faults_["changed messages"];
    if (client_.receive(line_.now(), message)) wrong("a changed message was taken");
  }
  if (agent_opened_) agent_.on_time(line_.now());
  answer_kms();
  fetch();
  feed();
  check();
}

// ---- the end

bool SessionRun::is_over() const {
  if (!wrong_.empty()) return true;
  if (!calm_) return false;
  if (client_failed_) return client_.is_settled();
  // Who asked KMS and was refused learns it first.
  if (!agent_failed_.empty()) return !agent_failed_.starts_with("KMSEncryption");
  return ready_ && up_.is_complete() && down_.is_complete() && client_.is_settled() && agent_.is_settled();
}

Duration SessionRun::bound() const {
  const std::size_t bytes = work_.up_bytes + work_.down_bytes;
  Duration takes = kBound;
  if (work_.way.bytes_per_second > 0) {
    takes += Duration(static_cast<std::int64_t>(4 * bytes * 1'000'000'000ULL / work_.way.bytes_per_second));
  }
  // A window each round trip, at worst.
  const std::size_t window = std::min(work_.client.channel.window_bytes, work_.agent.channel.window_bytes) / 2;
  return takes + 2 * work_.way.delay * static_cast<std::int64_t>(4 * bytes / window);
}

/// The service ends the session, and the client learns why.
void SessionRun::finish() {
  if (client_failed_) return;
  session::ChannelClosed closed;
  closed.output = agent_failed_;
  const std::string bytes = control("channel_closed", session::write_channel_closed(closed));
  static_cast<void>(client_.receive(line_.now(), bytes));
  while (std::optional<SessionEvent> event = client_.next_event()) take(std::move(*event));
  if (!client_closed_) return wrong("the client does not know that it is over");
  if (client_closed_->bytes != agent_failed_) wrong("the client was told something else");
  if (agent_failed_.empty() && client_closed_->number != 0) wrong("something is missing at the end");
  if (client_.next_outgoing(line_.now())) wrong("the client speaks after the end");
}

std::string SessionRun::outcome() const {
  if (client_failed_) return "KMS refused";
  return agent_failed_.empty() ? "complete" : "handshake timed out";
}

std::string SessionRun::run() {
  const Duration most = work_.calm_after + seconds(40) + bound();
  const auto done = [this] {
    turn();
    if (calm_ && time() > calm_at_ + bound()) wrong("it takes too long");
    return is_over();
  };
  if (!line_.run_until(done, most)) wrong("it never ends");
  if (!wrong_.empty()) {
    return wrong_ + ": up " + std::to_string(up_.got.size()) + "/" + std::to_string(up_.text.size()) + ", down " +
           std::to_string(down_.got.size()) + "/" + std::to_string(down_.text.size());
  }
  finish();
  const bool encrypted = !work_.agent.kms_key.empty() && work_.agent.type != session::SessionType::port;
  if (outcome() == "complete") {
    if (client_.type() != work_.agent.type && started_ == 1 && work_.client.expected) wrong("the type is another one");
    if (client_.is_encrypted() != encrypted) wrong("it is not encrypted as it should be");
  } else if (client_failed_) {
    if (!encrypted || !work_.kms_fails) wrong("failed without a reason: " + client_failed_->error->to_text());
  } else if (!agent_failed_.empty() && work_.mishaps.empty() && work_.way.lose < 0.1) {
    wrong("the handshake failed without a reason: " + agent_failed_);
  }
  note(outcome());
  return wrong_;
}

void SessionRun::tell(SessionSummary& summary) const {
  ++summary.seeds;
  summary.bytes += up_.got.size() + down_.got.size();
  summary.messages += line_.up.put_count() + line_.down.put_count();
  summary.virtual_hours += std::chrono::duration<double>(time()).count() / 3600;
  summary.slowest = std::max(summary.slowest, std::chrono::duration<double>(time() - calm_at_).count());
  ++summary.outcomes[outcome()];
  for (const auto& [name, count] : faults_) summary.faults[name] += count;
  for (const session::testing::Way* way : {&line_.up, &line_.down}) {
    for (const auto& [name, count] : way->counts()) summary.faults[name] += count;
  }
}

}  // namespace session_run

std::string run_session_seed(std::uint64_t seed, SessionSummary* summary, std::uint64_t* hash) {
  session_run::SessionRun run(seed, session_workload_of(seed));
  std::string wrong = run.run();
  if (hash != nullptr) *hash = run.hash();
  if (summary != nullptr) run.tell(*summary);
  return wrong;
}

}  // namespace postern::dst
