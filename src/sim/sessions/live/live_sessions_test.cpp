// Sessions that really run something, by a client on the other end of the line: encrypted ones, and many streams.

#include "sim/sessions/live/live_sessions.hpp"

#include <gtest/gtest.h>

#include "net/tcp.hpp"
#include "os/random.hpp"
#include "rt/combine.hpp"
#include "rt/loop.hpp"
#include "session/client_session.hpp"
#include "session/mux.hpp"
#include "sim/agents/scripted_agents.hpp"
#include "sim/cloud_services.hpp"
#include "sim/sessions/agent_options.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace live_sessions_test {

using namespace std::chrono_literals;
using session::SessionEvent;

CloudConfig live_config() {
  CloudConfig config = testing::rig_config(1);
  KeyConfig key;
  key.region = "us-east-1";
  key.alias = "alias/sessions";
  key.policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
               R"("Principal":{"AWS":"arn:aws:iam::444455556666:role/PosternNode"},)"
               R"("Action":"kms:Decrypt","Resource":"*"}]})";
  config.accounts[1].keys.push_back(std::move(key));
  config.accounts[1].instances[0].agent.session_frame_bytes = 16'384;
  return config;
}

/// What the client was told.
struct Heard {
  Heard() = default;
  std::string output;
  std::string errors;
  std::optional<int> exit_code;
  std::optional<std::string> closed;
  bool encrypted = false;
};

/// Live sessions and what they need, on a real loop.
class Place {
 public:
  Place(rt::Loop& loop, CloudConfig config)
      : ctx(loop.clock(), random, explainer),
        cloud(testing::made_cloud(std::move(config), loop.clock().wall_now())),
        agents(ctx, [](const Work&) { return Behaviour(); }),
        services(*cloud, agents, ctx),
        children(os::make_posix_children(loop.executor())),
        files(os::make_posix_files()),
        dialer(loop.executor()),
        live(loop.executor(), ctx, LiveSessionParts(services.sessions(), services.kms(), *children, *files, dialer),
             options()) {
    services.run_sessions(live);
  }

  static LiveSessionOptions options() {
    LiveSessionOptions made;
    made.root_dir = ::testing::TempDir() + "postern-live-sessions-" +
                    ::testing::UnitTest::GetInstance()->current_test_info()->name();
    return made;
  }
  const Instance& node() const { return cloud->instances("444455556666", "us-east-1").front(); }
  const KmsKey& key() { return *services.kms().keys().keys("444455556666", "us-east-1").front(); }

  os::KernelRandom random;
  rt::testing::SilentExplainer explainer;
  rt::CallContext ctx;
  std::unique_ptr<Cloud> cloud;
  ScriptedAgents agents;
  CloudServices services;
  std::unique_ptr<os::Children> children;
  std::unique_ptr<os::Files> files;
  net::TcpDialer dialer;
  LiveSessions live;
};

/// A session as StartSession makes it.
SessionPtr made_session(Place& place, session::SessionType type) {
  auto made = std::make_shared<Session>();
  made->id = "rig-0123456789abcdef0";
  made->account_id = "444455556666";
  made->region = "us-east-1";
  made->target = place.node().id;
  made->plan.type = type;
  return made;
}

class Client {
 public:
  Client(Place& place, SessionPtr s)
      : place_(place), session_(std::move(s)), protocol_(place.random, options(*session_)) {
    number_ = session_->line.connect(End::client);
  }

  /// Until the session is over.
  rt::Task<Result<void>> talk() {
    for (;;) {
      say();
      if (heard.closed) co_return Result<void>();
      const auto at = protocol_.wakes_at();
      const rt::CallContext ctx = at ? place_.ctx.until(rt::Deadline(*at)) : place_.ctx;
      const auto message = co_await rt::with_deadline(ctx, session_->line.next(End::client, number_));
      if (!message && message.error().kind() != ErrorKind::timeout) co_return fail(message.error());
      if (message && !*message) co_return Result<void>();
      const auto now = moment_of(place_.ctx);
      if (message) static_cast<void>(protocol_.receive(now, **message));
      hear();
    }
  }

  session::ClientSession& protocol() { return protocol_; }
  Heard heard;
  std::function<void(std::string_view)> on_output;
  std::function<void()> on_turn;  ///< after everything that came

 private:
  static session::ClientSessionOptions options(const Session& session) {
    session::ClientSessionOptions made;
    made.session_id = session.id;
    made.target = session.target;
    made.client_id = "00112233-4455-4677-8899-aabbccddeeff";
    return made;
  }

  void say() {
    const auto now = moment_of(place_.ctx);
    while (auto message = protocol_.next_outgoing(now)) session_->line.send_now(End::client, std::move(*message));
  }

  void hear() {
    while (const auto event = protocol_.next_event()) {
      if (event->kind == SessionEvent::Kind::output) heard.output += event->bytes;
      if (event->kind == SessionEvent::Kind::output && on_output) on_output(event->bytes);
      if (event->kind == SessionEvent::Kind::errors) heard.errors += event->bytes;
      if (event->kind == SessionEvent::Kind::exit_code) heard.exit_code = event->exit_code;
      if (event->kind == SessionEvent::Kind::closed) heard.closed = event->bytes;
      if (event->kind == SessionEvent::Kind::need_key) answer_key();
    }
    heard.encrypted = protocol_.is_encrypted();
    if (on_turn) on_turn();
  }

  void answer_key() {
    const session::KeyRequest asked = protocol_.key_request();
    EncryptionContext context;
    context["aws:ssm:SessionId"] = asked.session_id;
    context["aws:ssm:TargetId"] = asked.target;
    if (!asked.challenge.empty()) context["aws:ssm:RandomChallenge"] = asked.challenge;
    session::DataKey key;
    std::string plain(session::kDataKeyBytes, 'k');
    key.ciphertext = KeyStore::seal(place_.key(), context, plain, place_.random);
    key.plaintext = Secret<std::string>(std::move(plain));
    protocol_.data_key(std::move(key));
  }

  Place& place_;
  SessionPtr session_;
  session::ClientSession protocol_;
  std::uint64_t number_ = 0;
};

rt::Task<Heard> run_command(rt::Loop* loop, CloudConfig config, std::string command, std::string kms_key) {
  Place place(*loop, std::move(config));
  const SessionPtr session = made_session(place, session::SessionType::command);
  session->plan.command.text = std::move(command);
  session->plan.command.separate = true;
  session->plan.preferences.kms_key = std::move(kms_key);
  place.services.sessions().adopt(session);
  Client client(place, session);
  const Result<void> talked = co_await client.talk();
  EXPECT_TRUE(talked) << talked.error().to_text();
  co_await place.live.stop();
  co_return std::move(client.heard);
}

TEST(LiveSessions, AKeyEncryptsWhatIsSaid) {
  rt::Loop loop;
  std::string command = "sh -c 'echo secret; echo no >&2; exit 9'";
  const Heard heard = loop.run(run_command(&loop, live_config(), std::move(command), "alias/sessions"));
  EXPECT_TRUE(heard.encrypted);
  EXPECT_EQ(heard.output, "secret\n");
  EXPECT_EQ(heard.errors, "no\n");
  EXPECT_EQ(heard.exit_code, 9);
  EXPECT_EQ(heard.closed, std::string());
}

TEST(LiveSessions, ASignalsNumberIsInTheExitCode) {
  rt::Loop loop;
  std::string command = "sh -c 'kill -TERM $$'";
  const Heard heard = loop.run(run_command(&loop, live_config(), std::move(command), std::string()));
  EXPECT_FALSE(heard.encrypted);
  EXPECT_EQ(heard.exit_code, 128 + 15);
}

TEST(LiveSessions, ANodeThatMayNotDecryptSaysSo) {
  rt::Loop loop;
  CloudConfig config = live_config();
  config.accounts[1].keys[0].policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                                      R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
                                      R"("Action":"kms:*","Resource":"*"}]})";
  std::string command = "true";
  const Heard heard = loop.run(run_command(&loop, std::move(config), std::move(command), "alias/sessions"));
  ASSERT_TRUE(heard.closed);
  EXPECT_NE(heard.closed->find("kms:Decrypt"), std::string::npos) << *heard.closed;
}

/// Gives every connection back what it sends.
rt::Task<void> echo_one(std::unique_ptr<net::Stream> stream) {
  std::array<std::byte, 4096> chunk{};
  for (;;) {
    const Result<std::size_t> count = co_await stream->read_some(chunk);
    if (!count || *count == 0) co_return;
    const std::span<const std::byte> bytes = std::span<const std::byte>(chunk).first(*count);
    const Result<void> sent = co_await stream->write_all(bytes);
    if (!sent) co_return;
  }
}
rt::Task<void> echo_all(net::Listener* listener, rt::TaskGroup* group) {
  for (;;) {
    Result<std::unique_ptr<net::Stream>> stream = co_await listener->accept();
    if (!stream) co_return;
    group->spawn(echo_one(std::move(*stream)));
  }
}

/// How many of `count` streams got all of their bytes back.
rt::Task<std::size_t> echo_through(rt::Loop* loop, std::size_t count, std::size_t bytes) {
  Place place(*loop, live_config());
  auto listener = net::listen_tcp(loop->executor(), net::Endpoint("127.0.0.1", 0));
  rt::TaskGroup servers(loop->executor());
  servers.spawn(echo_all(listener->get(), &servers));
  const SessionPtr session = made_session(place, session::SessionType::port);
  session->plan.port.port = std::to_string((*listener)->local().port);
  session->plan.port.type = "LocalPortForwarding";
  place.services.sessions().adopt(session);
  Client client(place, session);
  const session::MuxOptions client_side(session::MuxSide::client);
  session::Mux mux(client_side);
  std::map<std::uint32_t, std::size_t> received;
  std::size_t whole = 0;
  bool opened = false;
  const std::string text(bytes, 'x');
  const auto pump = [&] {
    while (const auto id = mux.next_readable()) received[*id] += mux.read(*id).bytes.size();
    if (!opened && client.protocol().type()) {
      opened = true;
      for (std::size_t i = 0; i < count; ++i) mux.write(*mux.open(), text);
    }
    while (mux.has_outgoing() && client.protocol().room() > 0) {
      client.protocol().send_input(mux.take_outgoing(client.protocol().room()));
    }
    whole = 0;
    for (const auto& [id, size] : received) whole += size == bytes ? 1U : 0U;
    const bool over = opened && whole == count && !session->is_over();
    if (over) place.services.sessions().agent_ended(*session, Sessions::Ended::success, std::string());
  };
  client.on_output = [&](std::string_view data) {
    EXPECT_TRUE(mux.feed(data));
    pump();
  };
  client.on_turn = pump;
  const Result<void> talked = co_await client.talk();
  EXPECT_TRUE(talked);
  co_await place.live.stop();
  servers.cancel();
  co_await servers.join();
  co_return whole;
}

TEST(LiveSessions, ManyConnectionsShareOneSession) {
  rt::Loop loop;
  EXPECT_EQ(loop.run(echo_through(&loop, 100, 20'000)), 100U);
}

}  // namespace live_sessions_test
}  // namespace postern::sim
