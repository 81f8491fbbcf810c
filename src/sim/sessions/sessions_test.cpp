// Session Manager's operations, and what is said between a client and a scripted agent, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>

#include "session/client_session.hpp"
#include "sim/sessions/agent_options.hpp"
#include "sim/sessions/live/session_work.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace sessions_test {

using namespace std::chrono_literals;
using testing::Rig;

std::string error_code(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

aws::ssm::StartSessionRequest start_request(std::string target, std::string document = std::string(),
                                            aws::Map<std::vector<std::string>> parameters = {}) {
  aws::ssm::StartSessionRequest request;
  request.target = std::move(target);
  if (!document.empty()) request.document_name = std::move(document);
  request.parameters = std::move(parameters);
  return request;
}

/// A client on the session's line, driven by hand.
class Client {
 public:
  Client(Rig& rig, const std::string& id)
      : rig_(rig), session_(rig.services().sessions().find(id)), client_(random_, options(id)) {
    number_ = session_->line.connect(End::client);
  }

  /// Lets time pass in small steps until something is true.
  template <class Done>
  bool until(const Done& done, Duration most = 30s) {
    for (Duration waited{}; waited < most; waited += 20ms) {
      turn();
      if (done()) return true;
      rig_.loop().advance(20ms);
    }
    return false;
  }
  void type(std::string_view text) { client_.send_input(text); }
  session::ClientSession& protocol() { return client_; }
  const std::string& seen() const { return seen_; }
  const std::optional<std::string>& closed() const { return closed_; }

 private:
  static session::ClientSessionOptions options(const std::string& id) {
    session::ClientSessionOptions made;
    made.session_id = id;
    made.client_id = "00112233-4455-4677-8899-aabbccddeeff";
    return made;
  }

  void turn() {
    const session::Moment now = moment_of(rig_.loop().context());
    while (const auto message = session_->line.take(End::client)) static_cast<void>(client_.receive(now, *message));
    while (const auto event = client_.next_event()) {
      if (event->kind == session::SessionEvent::Kind::output) seen_ += event->bytes;
      if (event->kind == session::SessionEvent::Kind::closed) closed_ = event->bytes;
    }
    while (auto message = client_.next_outgoing(now)) session_->line.send_now(End::client, std::move(*message));
  }

  Rig& rig_;
  SessionPtr session_;
  testing::SeededRandom random_{5};
  session::ClientSession client_;
  std::uint64_t number_ = 0;
  std::string seen_;
  std::optional<std::string> closed_;
};

class SessionsTest : public ::testing::Test {
 protected:
  explicit SessionsTest(std::size_t nodes = 2) : rig_(testing::rig_config(nodes)) {
    EXPECT_TRUE(rig_.become_operator());
    ids_ = rig_.ids(nodes);
  }

  /// The operator's own key again.
  void be_hub() {
    aws::Credentials hub;
    hub.access_key_id = "AKIARIGOPERATOR00001";
    hub.secret_access_key = Secret<>(std::string("secret"));
    rig_.use(std::move(hub));
  }
  aws::ssm::StartSessionResponse start(aws::ssm::StartSessionRequest request) {
    auto made = rig_.call<aws::ssm::StartSession>(std::move(request));
    EXPECT_TRUE(made) << made.error().to_text();
    return made ? std::move(*made) : aws::ssm::StartSessionResponse();
  }
  std::string refusal(aws::ssm::StartSessionRequest request) {
    const auto made = rig_.call<aws::ssm::StartSession>(std::move(request));
    return made ? "" : error_code(made.error());
  }
  std::vector<aws::ssm::Session> listed(const char* state) {
    aws::ssm::DescribeSessionsRequest request;
    request.state.emplace(state);
    auto found = rig_.call<aws::ssm::DescribeSessions>(std::move(request));
    EXPECT_TRUE(found) << found.error().to_text();
    return found ? std::move(found->sessions) : std::vector<aws::ssm::Session>();
  }
  std::string terminate(const std::string& id) {
    aws::ssm::TerminateSessionRequest request;
    request.session_id = id;
    const auto done = rig_.call<aws::ssm::TerminateSession>(std::move(request));
    return done ? "" : error_code(done.error());
  }
  /// The token; what went wrong after a "!".
  std::string resume(const std::string& id) {
    aws::ssm::ResumeSessionRequest request;
    request.session_id = id;
    const auto done = rig_.call<aws::ssm::ResumeSession>(std::move(request));
    return done ? done->token_value->reveal() : "!" + error_code(done.error());
  }
  void prefer(const std::string& inputs) {
    aws::ssm::CreateDocumentRequest request;
    request.name = std::string(kShellDocument);
    request.document_type.emplace("Session");
    request.content = R"({"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":)" + inputs + "}";
    const auto made = rig_.call<aws::ssm::CreateDocument>(std::move(request));
    EXPECT_TRUE(made) << made.error().to_text();
  }

  Rig rig_;
  std::vector<std::string> ids_;
};

TEST_F(SessionsTest, StartsListsResumesAndTerminates) {
  auto request = start_request(ids_[0]);
  request.reason = "a look";
  const auto started = start(std::move(request));
  const std::string& id = *started.session_id;
  EXPECT_EQ(id.substr(0, 4), "rig-");
  EXPECT_EQ(id.size(), 4U + 17);
  EXPECT_EQ(*started.stream_url,
            "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/" + id + "?role=publish_subscribe");
  EXPECT_LE(started.token_value->reveal().size(), 300U);
  auto active = listed("Active");
  ASSERT_EQ(active.size(), 1U);
  EXPECT_EQ(*active[0].session_id, id);
  EXPECT_EQ(*active[0].document_name, "SSM-SessionManagerRunShell");
  EXPECT_EQ(*active[0].reason, "a look");
  EXPECT_EQ(*active[0].owner, "arn:aws:sts::444455556666:assumed-role/Operator/rig");
  EXPECT_TRUE(listed("History").empty());

  const std::string token = resume(id);
  EXPECT_NE(token, started.token_value->reveal());
  EXPECT_EQ(terminate(id), "");
  EXPECT_TRUE(listed("Active").empty());
  const auto history = listed("History");
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].status->text(), "Terminated");
  EXPECT_TRUE(history[0].end_date.has_value());
  // A session that is over cannot be resumed, and is not terminated twice.
  EXPECT_EQ(resume(id), "");
  EXPECT_EQ(terminate(id), "");
  EXPECT_EQ(resume("rig-00000000000000000"), "!DoesNotExistException");
  rig_.loop().advance(std::chrono::hours(24 * 31));
  be_hub();
  ASSERT_TRUE(rig_.become_operator());
  EXPECT_TRUE(listed("History").empty());
}

TEST_F(SessionsTest, SaysWhatIsWrongWithARequest) {
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-Nothing")), "InvalidDocument");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-RunShellScript")), "InvalidDocument");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartInteractiveCommand")), "InvalidParameters");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartSSHSession", {{"portNumber", {"70000"}}})), "InvalidParameters");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartSSHSession", {{"colour", {"red"}}})), "InvalidParameters");
  EXPECT_EQ(refusal(start_request("i-0123456789abcdef0")), "TargetNotConnected");
  rig_.cloud().mutable_instance(ids_[1])->state = InstanceState::stopped;
  EXPECT_EQ(refusal(start_request(ids_[1])), "TargetNotConnected");
  rig_.in_region("us-west-2");
  EXPECT_EQ(refusal(start_request(ids_[0])), "TargetNotConnected");
}

TEST_F(SessionsTest, ANodeThatRestartsEndsItsSessionsAndComesBack) {
  const std::string gone = *start(start_request(ids_[0])).session_id;
  const std::string kept = *start(start_request(ids_[1])).session_id;
  aws::ec2::RebootInstancesRequest reboot;
  reboot.instance_ids = {ids_[0]};
  ASSERT_TRUE(rig_.call<aws::ec2::RebootInstances>(reboot));
  EXPECT_TRUE(rig_.services().sessions().find(gone)->is_over());
  EXPECT_FALSE(rig_.services().sessions().find(kept)->is_over());
  EXPECT_EQ(refusal(start_request(ids_[0])), "TargetNotConnected");
  EXPECT_EQ(refusal(start_request(ids_[1])), "");
  rig_.loop().advance(std::chrono::seconds(10));
  EXPECT_EQ(refusal(start_request(ids_[0])), "");
  aws::ec2::StopInstancesRequest stop;
  stop.instance_ids = {ids_[1]};
  ASSERT_TRUE(rig_.call<aws::ec2::StopInstances>(stop));
  EXPECT_TRUE(rig_.services().sessions().find(kept)->is_over());
}

TEST_F(SessionsTest, APlanIsTheDocumentWithItsParametersPutIn) {
  start(start_request(ids_[0], "AWS-StartPortForwardingSessionToRemoteHost",
                      {{"host", {"db.internal"}}, {"portNumber", {"5432"}}}));
  const auto active = listed("Active");
  ASSERT_EQ(active.size(), 1U);
  const SessionPlan& plan = rig_.services().sessions().find(*active[0].session_id)->plan;
  EXPECT_EQ(plan.type, session::SessionType::port);
  EXPECT_EQ(plan.port.host, "db.internal");
  EXPECT_EQ(plan.port.port, "5432");
  EXPECT_EQ(plan.port.local_port, "0");
  EXPECT_EQ(plan.port.type, "LocalPortForwarding");
  EXPECT_EQ(plan.parameters["portNumber"].as_string(), "5432");
  EXPECT_EQ(plan.content["inputs"]["idleSessionTimeout"].as_string(), "20");
}

TEST_F(SessionsTest, TheCommandDocumentKnowsSeparateStreams) {
  const auto started = start(
      start_request(ids_[0], "AWS-StartNonInteractiveCommand",
                    {{"command", {"id -u"}}, {"separateOutputStream", {"true"}}, {"stderrSeparatorPrefix", {"E:"}}}));
  const SessionPlan& plan = rig_.services().sessions().find(*started.session_id)->plan;
  EXPECT_EQ(plan.type, session::SessionType::command);
  EXPECT_EQ(plan.command.text, "id -u");
  EXPECT_TRUE(plan.command.separate);
  EXPECT_EQ(plan.command.output_prefix, "");
  EXPECT_EQ(plan.command.errors_prefix, "E:");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartNonInteractiveCommand",
                                  {{"command", {"id"}}, {"stdoutSeparatorPrefix", {"$("}}})),
            "InvalidParameters");
}

TEST_F(SessionsTest, TheDefaultDocumentIsCheckedWhereThePolicyAsks) {
  const std::string node = "arn:aws:ec2:us-east-1:444455556666:instance/*";
  const std::string shell = "arn:aws:ssm:us-east-1:444455556666:document/SSM-SessionManagerRunShell";
  const auto policy = [](const std::string& resources, const std::string& condition) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:StartSession","Resource":[)" +
           resources + "]" + condition + "}]}";
  };
  const std::string check = R"(,"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}})";
  const auto as = [&](const std::string& text) {
    be_hub();
    ASSERT_TRUE(rig_.become_operator(text));
  };
  as(policy("\"" + node + "\"", ""));
  EXPECT_EQ(refusal(start_request(ids_[0])), "");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartSSHSession")), "AccessDeniedException");
  as(policy("\"" + node + "\"", check));
  EXPECT_EQ(refusal(start_request(ids_[0])), "AccessDeniedException");
  as(policy("\"" + node + "\",\"" + shell + "\"", check));
  EXPECT_EQ(refusal(start_request(ids_[0])), "");
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartSSHSession")), "AccessDeniedException");
  as(policy("\"" + node + "\",\"arn:aws:ssm:*:*:document/AWS-StartSSHSession\"", ""));
  EXPECT_EQ(refusal(start_request(ids_[0], "AWS-StartSSHSession")), "");
}

TEST_F(SessionsTest, OnlyTheirOwnersResumeAndTerminateThem) {
  const auto started = start(start_request(ids_[0]));
  const auto as = [&](const std::string& resource, const std::string& condition) {
    be_hub();
    ASSERT_TRUE(rig_.become_operator(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                                     R"("Action":["ssm:ResumeSession","ssm:TerminateSession"],"Resource":")" +
                                     resource + "\"" + condition + "}]}"));
  };
  const std::string& id = *started.session_id;
  as("arn:aws:ssm:*:*:session/somebody-*", "");
  EXPECT_EQ(resume(id), "!AccessDeniedException");
  as("arn:aws:ssm:*:*:session/${aws:userid}-*", "");
  EXPECT_NE(resume(id).substr(0, 1), "!");
  as("arn:aws:ssm:*:*:session/rig-*", "");
  EXPECT_NE(resume(id).substr(0, 1), "!");
  as("*", R"(,"Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:session-id":["${aws:userid}"]}})");
  EXPECT_NE(resume(id).substr(0, 1), "!");
  as("*", R"(,"Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:target-id":["i-other"]}})");
  EXPECT_EQ(terminate(id), "AccessDeniedException");
}

TEST_F(SessionsTest, AClientAndAnAgentTalk) {
  const auto started = start(start_request(ids_[0]));
  Client client(rig_, *started.session_id);
  ASSERT_TRUE(client.until([&] { return client.seen() == "$ "; }));
  EXPECT_EQ(listed("Active")[0].status->text(), "Connected");
  client.type("echo hello\r");
  ASSERT_TRUE(client.until([&] { return client.seen() == "$ echo hello\r\nhello\r\n$ "; })) << client.seen();
  client.type("exit\r");
  ASSERT_TRUE(client.until([&] { return client.closed().has_value(); }));
  EXPECT_EQ(listed("History").size(), 1U);
}

TEST_F(SessionsTest, TheyTalkOverABadWayAsWell) {
  using Kind = SessionFaultKind;
  for (const auto& [kind, time] : {std::pair(Kind::drop, Duration{}), std::pair(Kind::duplicate, Duration{}),
                                   std::pair(Kind::reorder, Duration{}), std::pair(Kind::pause, Duration(700ms))}) {
    SessionFaultRule rule;
    rule.kind = kind;
    rule.probability = 0.3;
    rule.time = time;
    rig_.services().sessions().faults().add(rule);
  }
  const auto started = start(start_request(ids_[0]));
  Client client(rig_, *started.session_id);
  std::string expected = "$ ";
  ASSERT_TRUE(client.until([&] { return client.seen() == expected; }));
  for (int i = 0; i < 20; ++i) {
    const std::string word = "word" + std::to_string(i);
    client.type("echo " + word + "\r");
    expected += "echo " + word + "\r\n" + word + "\r\n$ ";
  }
  EXPECT_TRUE(client.until([&] { return client.seen() == expected; }, 5min)) << client.seen();
  EXPECT_GT(rig_.services().sessions().faults().applied(), 10U);
}

TEST_F(SessionsTest, AVanishedAgentIsNotHeardOf) {
  SessionFaultRule rule;
  rule.kind = SessionFaultKind::vanish;
  rule.bytes = 1;
  rig_.services().sessions().faults().add(rule);
  rule.kind = SessionFaultKind::expire;
  rule.count = 1;
  rig_.services().sessions().faults().add(rule);
  const auto started = start(start_request(ids_[0]));
  Client client(rig_, *started.session_id);
  EXPECT_FALSE(client.until([&] { return !client.seen().empty(); }, 10s));
  EXPECT_EQ(resume(*started.session_id), "");
  EXPECT_NE(resume(*started.session_id), "");
}

TEST_F(SessionsTest, IdlenessAndLengthEndThem) {
  prefer(R"({"idleSessionTimeout":"5","maxSessionDuration":"7"})");
  const auto idle = start(start_request(ids_[0]));
  rig_.loop().advance(4min);
  Client client(rig_, *idle.session_id);
  ASSERT_TRUE(client.until([&] { return client.seen() == "$ "; })) << "repeated until somebody was there";
  // What is repeated does not start the time anew; what is said does.
  client.type("echo x\r");
  ASSERT_TRUE(client.until([&] { return client.seen().ends_with("x\r\n$ "); }));
  rig_.loop().advance(2min);
  const auto active = listed("Active");
  ASSERT_EQ(active.size(), 1U);
  EXPECT_EQ(*active[0].max_session_duration, "7");
  rig_.loop().advance(1min);
  const auto history = listed("History");
  ASSERT_EQ(history.size(), 1U);
  EXPECT_NE(history[0].details->find("maximum duration"), std::string::npos);
  const auto second = start(start_request(ids_[0]));
  rig_.loop().advance(5min + 1s);
  EXPECT_NE(rig_.services().sessions().find(*second.session_id)->output.find("idle"), std::string::npos);
}

TEST_F(SessionsTest, PreferencesAreChecked) {
  aws::ssm::CreateDocumentRequest request;
  request.name = std::string(kShellDocument);
  request.document_type.emplace("Session");
  request.content = R"({"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"idleSessionTimeout":"61"}})";
  const auto made = rig_.call<aws::ssm::CreateDocument>(std::move(request));
  ASSERT_FALSE(made);
  EXPECT_EQ(error_code(made.error()), "InvalidDocumentContent");
}

TEST_F(SessionsTest, ATokenOpensOneConnection) {
  const auto started = start(start_request(ids_[0]));
  Sessions& sessions = rig_.services().sessions();
  Session& session = *sessions.find(*started.session_id);
  const std::string first = started.token_value->reveal();
  EXPECT_FALSE(sessions.admit_client(session, ""));
  EXPECT_TRUE(sessions.admit_client(session, first));
  EXPECT_FALSE(sessions.admit_client(session, first));
  const std::string second = resume(session.id);
  const std::string third = resume(session.id);
  EXPECT_FALSE(sessions.admit_client(session, second));
  EXPECT_FALSE(sessions.admit_agent(session, third));
  EXPECT_TRUE(sessions.admit_client(session, third));
}

TEST_F(SessionsTest, PagesAndFilters) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(*start(start_request(ids_[static_cast<std::size_t>(i % 2)])).session_id);
    rig_.loop().advance(1s);
  }
  std::reverse(made.begin(), made.end());
  aws::ssm::DescribeSessionsRequest request;
  request.state.emplace("Active");
  request.max_results = 2;
  std::vector<std::string> seen;
  do {
    const auto page = rig_.call<aws::ssm::DescribeSessions>(request);
    ASSERT_TRUE(page);
    for (const auto& one : page->sessions) seen.push_back(*one.session_id);
    request.next_token = page->next_token;
  } while (request.next_token);
  EXPECT_EQ(seen, made);
  request.max_results.reset();
  aws::ssm::SessionFilter& filter = request.filters.emplace_back();
  filter.key.emplace("Target");
  filter.value = ids_[1];
  EXPECT_EQ(rig_.call<aws::ssm::DescribeSessions>(request)->sessions.size(), 2U);
  filter.key.emplace("InvokedAfter");
  filter.value = "soon";
  EXPECT_EQ(error_code(rig_.call<aws::ssm::DescribeSessions>(request).error()), "ValidationException");
}

TEST(SessionLine, AnotherConnectionTakesThePlace) {
  SessionLine line;
  const std::uint64_t first = line.connect(End::client);
  line.connect(End::agent);
  line.send_now(End::agent, "lost with its connection");
  const std::uint64_t second = line.connect(End::client);
  EXPECT_FALSE(line.is_current(End::client, first));
  EXPECT_TRUE(line.is_current(End::client, second));
  EXPECT_FALSE(line.take(End::client));
  line.disconnect(End::client, first);
  EXPECT_TRUE(line.is_connected(End::client));
  line.disconnect(End::client, second);
  line.send_now(End::agent, "nobody is there");
  line.connect(End::client);
  EXPECT_FALSE(line.take(End::client));
  line.send_now(End::agent, "heard");
  line.end();
  EXPECT_EQ(line.take(End::client), "heard");
  line.send_now(End::agent, "too late");
  EXPECT_FALSE(line.take(End::client));
}

TEST(SplitWords, FollowsQuotesAndBackslashes) {
  using live::split_words;
  const auto words = split_words(R"(echo 'a b' "c \"d\" \n" e\ f '' g"h"i)");
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, (std::vector<std::string>{"echo", "a b", R"(c "d" \n)", "e f", "", "ghi"}));
  EXPECT_TRUE(split_words("  ")->empty());
  EXPECT_FALSE(split_words("echo 'open"));
}

TEST(ForbiddenAddresses, AreThoseOfTheInstancesOwnServices) {
  EXPECT_TRUE(live::is_forbidden_address("169.254.169.254"));
  EXPECT_TRUE(live::is_forbidden_address(live::host_of("[fd00:ec2::254]:80")));
  EXPECT_FALSE(live::is_forbidden_address(live::host_of("127.0.0.1:80")));
}

}  // namespace sessions_test
}  // namespace postern::sim
