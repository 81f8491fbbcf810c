// An agent's life as its cloud sees it: activation, registration, credentials, reports, work over either way.

#include <gtest/gtest.h>

#include "aws/core/sigv4.hpp"
#include "aws/ec2messages/ops.hpp"
#include "net/pipe.hpp"
#include "session/agent_message.hpp"
#include "sim/testing/node_key.hpp"
#include "sim/testing/rig.hpp"
#include "sim/testing/wire.hpp"
#include "ws/connection.hpp"

namespace postern::sim {
namespace agent_side_test {

using namespace std::chrono_literals;
using testing::NodeKey;
using testing::Rig;
using testing::Wire;

constexpr const char* kOperator = "AKIARIGOPERATOR00001";

CloudConfig config_with_node_role() {
  CloudConfig config = testing::rig_config(1);
  RoleConfig role;
  role.name = "Node";
  TrustStatement trust;
  trust.principals.emplace_back("ssm.amazonaws.com");
  role.trust.push_back(std::move(trust));
  role.permissions.allow = {"ssm:*", "ssmmessages:*", "ec2messages:*"};
  config.accounts[0].roles.push_back(std::move(role));
  return config;
}

std::string code_of(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

/// One key for the whole program: making them takes long.
const NodeKey& node_key() {
  static const NodeKey key;
  return key;
}

struct Node {
  Node() = default;
  std::string id;
  std::string activation;
  aws::Credentials credentials;
};

class Scene {
 public:
  Scene() : rig(config_with_node_role()) {}

  void be_operator() {
    aws::Credentials hub;
    hub.access_key_id = kOperator;
    hub.secret_access_key = Secret<>(std::string("secret"));
    rig.use(std::move(hub));
  }

  aws::ssm::CreateActivationResponse activate(std::int32_t limit = 1) {
    aws::ssm::CreateActivationRequest request;
    request.iam_role = "Node";
    request.registration_limit = limit;
    request.default_instance_name = "edge";
    auto made = rig.call<aws::ssm::CreateActivation>(std::move(request));
    EXPECT_TRUE(made) << made.error().to_text();
    return std::move(*made);
  }

  http::Response post(std::string target, std::string body, std::string authorization = std::string()) {
    http::Request request;
    request.method = "POST";
    request.headers.set("Host", "ssm.us-east-1.amazonaws.com");
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", std::move(target));
    request.headers.set("X-Amz-Date", format_basic(rig.loop().clock().wall_now()));
    if (!authorization.empty()) request.headers.set("Authorization", std::move(authorization));
    request.body = std::move(body);
    auto answer = rig.loop().run(rig.service().serve(rig.loop().context(), http::PeerInfo(), std::move(request)));
    EXPECT_TRUE(answer);
    return std::move(*answer);
  }

  http::Response register_with(const std::string& id, const std::string& code, const std::string& key) {
    return post("AmazonSSM.RegisterManagedInstance", Json::object()
                                                         .set("ActivationId", id)
                                                         .set("ActivationCode", code)
                                                         .set("Fingerprint", "finger")
                                                         .set("PublicKey", key)
                                                         .set("PublicKeyType", "Rsa")
                                                         .dump());
  }

  /// RequestManagedInstanceRoleToken as agents sign it.
  http::Response ask_for_token(const std::string& node, const NodeKey& key, const std::string& fingerprint) {
    const WallTime now = rig.loop().clock().wall_now();
    http::Request request;
    request.method = "POST";
    request.headers.set("Host", "ssm.us-east-1.amazonaws.com");
    request.headers.set("X-Amz-Target", "AmazonSSM.RequestManagedInstanceRoleToken");
    request.headers.set("X-Amz-Date", format_basic(now));
    request.body = Json::object().set("Fingerprint", fingerprint).dump();
    const std::vector<std::string> names = {"host", "x-amz-date", "x-amz-target"};
    aws::Signer hasher(1);
    const aws::SigningScope scope("us-east-1", "ssm", now);
    const std::string canonical =
        aws::canonical_request(request, "", names, hasher.sha256_hex(request.body), aws::SigningOptions());
    const std::string authorization =
        "AWS4-HMAC-SHA256 Credential=" + node + "/" + scope.to_text() +
        ", SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + key.sign(aws::string_to_sign(scope, canonical));
    return post("AmazonSSM.RequestManagedInstanceRoleToken", std::move(request.body), authorization);
  }

  /// Registered, with credentials in use, and reported.
  Node join() {
    be_operator();
    const auto activation = activate();
    Node node;
    node.activation = *activation.activation_id;
    const http::Response registered =
        register_with(node.activation, *activation.activation_code, node_key().public_key());
    node.id = Json::parse(registered.body)->find("InstanceId")->as_string();
    const http::Response token = ask_for_token(node.id, node_key(), "finger");
    const Json keys = *Json::parse(token.body);
    node.credentials.access_key_id = keys["AccessKeyId"].as_string();
    node.credentials.secret_access_key = Secret<>(keys["SecretAccessKey"].as_string());
    node.credentials.session_token = Secret<>(keys["SessionToken"].as_string());
    rig.use(node.credentials);
    aws::ssm::UpdateInstanceInformationRequest report;
    report.instance_id = node.id;
    report.agent_version = "3.3.0.0";
    report.platform_type = "linux";
    report.platform_name = "Debian GNU/Linux";
    report.computer_name = "edge-1";
    const auto reported = rig.call<aws::ssm::UpdateInstanceInformation>(std::move(report));
    EXPECT_TRUE(reported) << reported.error().to_text();
    return node;
  }

  std::string send(const std::string& node) {
    be_operator();
    auto sent = rig.call<aws::ssm::SendCommand>(Rig::shell({node}));
    EXPECT_TRUE(sent) << sent.error().to_text();
    return *sent->command->command_id;
  }

  aws::ssm::GetCommandInvocationResponse outcome(const std::string& command, const std::string& node) {
    be_operator();
    rig.loop().advance(1s);
    aws::ssm::GetCommandInvocationRequest request;
    request.command_id = command;
    request.instance_id = node;
    auto found = rig.call<aws::ssm::GetCommandInvocation>(std::move(request));
    EXPECT_TRUE(found) << found.error().to_text();
    return found ? std::move(*found) : aws::ssm::GetCommandInvocationResponse();
  }

  Rig rig;
};

std::string reply_text(const char* status, int code, const std::string& output) {
  const Json step = Json::object()
                        .set("status", status)
                        .set("code", code)
                        .set("name", "aws:runShellScript")
                        .set("standardOutput", output)
                        .set("standardError", "");
  return Json::object()
      .set("documentStatus", status)
      .set("runtimeStatus", Json::object().set("aws:runShellScript", step))
      .dump();
}

TEST(Activations, FollowTheRules) {
  Scene scene;
  aws::ssm::CreateActivationRequest request;
  request.iam_role = "Nobody";
  auto made = scene.rig.call<aws::ssm::CreateActivation>(request);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("Nonexistent role or missing ssm service principal in trust policy: "
                                        "arn:aws:iam::111122223333:role/Nobody"),
            std::string::npos);
  request.iam_role = "Node";
  request.expiration_date = scene.rig.loop().clock().wall_now() + 31 * 24h;
  EXPECT_FALSE(scene.rig.call<aws::ssm::CreateActivation>(request));

  const auto activation = scene.activate(1);
  const std::string key = node_key().public_key();
  EXPECT_NE(scene.register_with(*activation.activation_id, "wrong/wrong/wrong/wr", key).body.find("InvalidActivation"),
            std::string::npos);
  EXPECT_NE(scene.register_with("00000000-0000-0000-0000-000000000000", *activation.activation_code, key)
                .body.find("InvalidActivation"),
            std::string::npos);
  EXPECT_NE(scene.register_with(*activation.activation_id, *activation.activation_code, "AAAA").body.find("RSA key"),
            std::string::npos);
  EXPECT_EQ(scene.register_with(*activation.activation_id, *activation.activation_code, key).status, 200);
  EXPECT_NE(scene.register_with(*activation.activation_id, *activation.activation_code, key).body.find("Limit"),
            std::string::npos);

  const auto late = scene.activate(5);
  scene.rig.loop().advance(25h);
  EXPECT_NE(scene.register_with(*late.activation_id, *late.activation_code, key).body.find("ActivationExpired"),
            std::string::npos);
  auto listed = scene.rig.call<aws::ssm::DescribeActivations>(aws::ssm::DescribeActivationsRequest());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->activation_list.size(), 2U);
  EXPECT_TRUE(*listed->activation_list[0].expired);
  aws::ssm::DeleteActivationRequest gone;
  gone.activation_id = *late.activation_id;
  EXPECT_TRUE(scene.rig.call<aws::ssm::DeleteActivation>(gone));
  EXPECT_FALSE(scene.rig.call<aws::ssm::DeleteActivation>(gone));
}

TEST(Registration, OnlyTheRegisteredKeyGetsCredentials) {
  Scene scene;
  const Node node = scene.join();
  const NodeKey other;
  EXPECT_NE(scene.ask_for_token(node.id, other, "finger").body.find("InvalidSignatureException"), std::string::npos);
  EXPECT_NE(scene.ask_for_token(node.id, node_key(), "another").body.find("Fingerprint"), std::string::npos);
  EXPECT_NE(scene.ask_for_token("mi-00000000000000000", node_key(), "finger").body.find("UnrecognizedClient"),
            std::string::npos);

  scene.be_operator();
  auto listed = scene.rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->instance_information_list.size(), 1U);
  const auto& shown = listed->instance_information_list[0];
  EXPECT_EQ(*shown.instance_id, node.id);
  EXPECT_EQ(shown.ping_status->text(), "Online");
  EXPECT_EQ(shown.resource_type->text(), "ManagedInstance");
  EXPECT_EQ(*shown.name, "edge");
  EXPECT_EQ(*shown.computer_name, "edge-1");
  EXPECT_EQ(*shown.iam_role, "Node");
  scene.rig.loop().advance(20min);
  listed = scene.rig.call<aws::ssm::DescribeInstanceInformation>(aws::ssm::DescribeInstanceInformationRequest());
  EXPECT_EQ(listed->instance_information_list[0].ping_status->text(), "ConnectionLost");
}

TEST(Registration, AgentsSpeakForThemselvesOnly) {
  Scene scene;
  const Node node = scene.join();
  aws::ssm::UpdateInstanceInformationRequest report;
  report.instance_id = "mi-00000000000000000";
  const auto reported = scene.rig.call<aws::ssm::UpdateInstanceInformation>(report);
  ASSERT_FALSE(reported);
  EXPECT_EQ(code_of(reported.error()), "AccessDeniedException");
  aws::ec2messages::GetMessagesRequest poll;
  poll.destination = "mi-00000000000000000";
  EXPECT_FALSE(scene.rig.call<aws::ec2messages::GetMessages>(poll));
  scene.be_operator();
  poll.destination = node.id;
  EXPECT_FALSE(scene.rig.call<aws::ec2messages::GetMessages>(poll));
}

TEST(Ec2Messages, CarryACommandAndItsReplies) {
  Scene scene;
  const Node node = scene.join();
  const std::string command = scene.send(node.id);
  scene.rig.loop().advance(1s);
  scene.rig.use(node.credentials);
  aws::ec2messages::GetMessagesRequest poll;
  poll.destination = node.id;
  auto got = scene.rig.call<aws::ec2messages::GetMessages>(poll);
  ASSERT_TRUE(got) << got.error().to_text();
  ASSERT_EQ(got->messages.size(), 1U);
  const aws::ec2messages::Message message = got->messages[0];
  EXPECT_EQ(*message.message_id, "aws.ssm." + command + "." + node.id);
  const Json content = *Json::parse(*message.payload);
  EXPECT_EQ(content["Parameters"]["commands"].items()[0].as_string(), "true");
  EXPECT_EQ(content["DocumentContent"]["schemaVersion"].as_string(), "1.2");

  // Not acknowledged: hidden for ten seconds, then there again.
  const MonoTime before = scene.rig.loop().clock().now();
  got = scene.rig.call<aws::ec2messages::GetMessages>(poll);
  ASSERT_EQ(got->messages.size(), 1U);
  EXPECT_EQ(scene.rig.loop().clock().now() - before, 10s);
  aws::ec2messages::AcknowledgeMessageRequest ack;
  ack.message_id = message.message_id;
  const auto acknowledged = scene.rig.call<aws::ec2messages::AcknowledgeMessage>(ack);
  ASSERT_TRUE(acknowledged) << acknowledged.error().to_text();
  got = scene.rig.call<aws::ec2messages::GetMessages>(poll);
  EXPECT_TRUE(got->messages.empty());

  aws::ec2messages::SendReplyRequest reply;
  reply.message_id = message.message_id;
  reply.payload = reply_text("Failed", 7, "so far");
  ASSERT_TRUE(scene.rig.call<aws::ec2messages::SendReply>(reply));
  reply.payload = reply_text("Success", 0, "too late");
  ASSERT_TRUE(scene.rig.call<aws::ec2messages::SendReply>(reply));
  reply.payload = "no reply";
  EXPECT_FALSE(scene.rig.call<aws::ec2messages::SendReply>(reply));
  const auto outcome = scene.outcome(command, node.id);
  EXPECT_EQ(outcome.status->text(), "Failed");
  EXPECT_EQ(*outcome.response_code, 7);
  EXPECT_EQ(*outcome.standard_output_content, "so far");
}

/// Signed by the node; `path` is a control channel's or a data channel's.
http::Request signed_request(Rig& rig, const Node& node, std::string method, std::string path) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.headers.set("Host", "ssmmessages");
  if (request.method == "POST") request.body = R"({"MessageSchemaVersion":"1.0","RequestId":"r"})";
  aws::Signer signer;
  const auto done = signer.sign_headers(request, "ssmmessages", node.credentials, "us-east-1", "ssmmessages",
                                        rig.loop().clock().wall_now());
  EXPECT_TRUE(done);
  return request;
}

http::Request channel_request(Rig& rig, const Node& node, std::string method, const std::string& query) {
  return signed_request(rig, node, std::move(method), "/v1/control-channel/" + node.id + query);
}

class Channel {
 public:
  explicit Channel(Scene& s)
      : scene(s),
        server(s.rig.loop().executor(), std::move(*network.listen(net::Endpoint("ssmmessages", 443))), s.rig.service(),
               http::PeerInfo()),
        wire(network) {
    server.start(s.rig.loop().context());
  }
  ~Channel() { scene.rig.loop().run(testing::end(&wire, &server)); }

  std::string token(const Node& node) {
    http::Request create = channel_request(scene.rig, node, "POST", "");
    auto answer = scene.rig.loop().run(
        scene.rig.service().serve(scene.rig.loop().context(), http::PeerInfo(), std::move(create)));
    EXPECT_EQ(answer->status, 201) << answer->body;
    return testing::token_in(answer->body);
  }
  std::string open(const Node& node, const std::string& token) {
    http::Request upgrade = channel_request(scene.rig, node, "GET", "?role=subscribe&stream=input");
    return scene.rig.loop().run(testing::connect(&wire, scene.rig.loop().context(), std::move(upgrade), token));
  }
  session::AgentMessage hear() { return scene.rig.loop().run(testing::receive(&wire)); }
  void tell(std::string type, const Json& payload) {
    EXPECT_EQ(scene.rig.loop().run(testing::say(&wire, std::move(type), payload.dump())), 0);
  }

  Scene& scene;
  net::MemoryNetwork network;
  http::Server server;
  Wire wire;
};

TEST(ControlChannel, CarriesACommandItsRepliesAndItsCancellation) {
  Scene scene;
  const Node node = scene.join();
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  const std::string command = scene.send(node.id);
  const session::AgentMessage job = channel.hear();
  EXPECT_EQ(job.type, "agent_job");
  const Json body = *Json::parse(job.payload);
  const std::string id = body["JobId"].as_string();
  EXPECT_EQ(id, "aws.ssm." + command + "." + node.id);
  EXPECT_EQ(body["Topic"].as_string(), "aws.ssm.sendCommand");
  channel.tell("agent_job_ack", Json::object().set("jobId", id).set("statusCode", "200"));

  scene.be_operator();
  aws::ssm::GetConnectionStatusRequest status;
  status.target = node.id;
  EXPECT_EQ(scene.rig.call<aws::ssm::GetConnectionStatus>(status)->status->text(), "connected");
  aws::ssm::CancelCommandRequest cancel;
  cancel.command_id = command;
  ASSERT_TRUE(scene.rig.call<aws::ssm::CancelCommand>(cancel));
  const Json order = *Json::parse(channel.hear().payload);
  EXPECT_EQ(order["Topic"].as_string(), "aws.ssm.cancelCommand");
  EXPECT_EQ(Json::parse(order["Content"].as_string())->find("CancelMessageId")->as_string(), id);
  channel.tell("agent_job_ack", Json::object().set("jobId", order["JobId"]).set("statusCode", "200"));

  // The final reply may overtake the one before it, and is sent again until it is acknowledged.
  for (const char* text : {"Cancelled", "Cancelled", "InProgress"}) {
    channel.tell("agent_job_reply", Json::object()
                                        .set("schemaVersion", 1)
                                        .set("jobId", id)
                                        .set("content", reply_text(text, 137, "begun\n"))
                                        .set("topic", "aws.ssm.sendCommand"));
    const session::AgentMessage ack = channel.hear();
    EXPECT_EQ(ack.type, "agent_job_reply_ack");
    EXPECT_NE(ack.payload.find("00112233-4455-6677-8899-aabbccddeeff"), std::string::npos);
  }
  const auto outcome = scene.outcome(command, node.id);
  EXPECT_EQ(outcome.status->text(), "Cancelled");
  EXPECT_EQ(*outcome.response_code, 137);
  EXPECT_EQ(*outcome.standard_output_content, "begun\n");
}

std::string step_reply(const char* document, std::vector<std::pair<std::string, std::string>> steps) {
  Json runtime = Json::object();
  for (const auto& [name, status] : steps) {
    runtime.set(name, Json::object()
                          .set("status", status)
                          .set("code", status == "Success" ? 0 : 4)
                          .set("standardOutput", "of " + name));
  }
  return Json::object().set("documentStatus", document).set("runtimeStatus", std::move(runtime)).dump();
}

TEST(ControlChannel, StepsAddUpThoughTheLastWordComesFirst) {
  Scene scene;
  const Node node = scene.join();
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  scene.be_operator();
  aws::ssm::CreateDocumentRequest document;
  document.name = "TwoSteps";
  document.document_type.emplace("Command");
  document.content = R"({"schemaVersion":"2.2","mainSteps":[
      {"action":"aws:runShellScript","name":"first","inputs":{"runCommand":["true"]}},
      {"action":"aws:runShellScript","name":"second","inputs":{"runCommand":["exit 4"]}}]})";
  const auto made = scene.rig.call<aws::ssm::CreateDocument>(std::move(document));
  ASSERT_TRUE(made) << made.error().to_text();
  aws::ssm::SendCommandRequest request;
  request.document_name = "TwoSteps";
  request.instance_ids.push_back(node.id);
  const auto sent = scene.rig.call<aws::ssm::SendCommand>(std::move(request));
  ASSERT_TRUE(sent) << sent.error().to_text();
  const std::string command = *sent->command->command_id;
  const Json job = *Json::parse(channel.hear().payload);
  const std::string contents[] = {step_reply("InProgress", {{"first", "Success"}}), step_reply("Failed", {}),
                                  step_reply("InProgress", {{"second", "Failed"}, {"invented", "Failed"}})};
  for (const std::string& content : contents) {
    channel.tell("agent_job_reply", Json::object().set("jobId", job["JobId"]).set("content", content));
    EXPECT_EQ(channel.hear().type, "agent_job_reply_ack");
  }
  scene.rig.loop().advance(1s);
  aws::ssm::ListCommandInvocationsRequest list;
  list.command_id = command;
  list.details = true;
  const auto listed = scene.rig.call<aws::ssm::ListCommandInvocations>(std::move(list));
  ASSERT_TRUE(listed);
  const auto& invocation = listed->command_invocations.at(0);
  EXPECT_EQ(invocation.status->text(), "Failed");
  ASSERT_EQ(invocation.command_plugins.size(), 2U);
  EXPECT_EQ(*invocation.command_plugins[0].name, "first");
  EXPECT_EQ(*invocation.command_plugins[0].output, "of first");
  EXPECT_EQ(invocation.command_plugins[0].status->text(), "Success");
  EXPECT_EQ(*invocation.command_plugins[1].response_code, 4);
}

TEST(ControlChannel, WhatWasSentToAnAgentThatIsAwayReachesItLater) {
  Scene scene;
  const Node node = scene.join();
  scene.rig.loop().advance(20min);
  const std::string command = scene.send(node.id);
  EXPECT_EQ(scene.outcome(command, node.id).status_details, "Delayed");
  scene.rig.use(node.credentials);
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  EXPECT_EQ(channel.hear().type, "agent_job");
  EXPECT_EQ(scene.outcome(command, node.id).status_details, "InProgress");
}

TEST(ControlChannel, AFullAgentGetsTheJobAgain) {
  Scene scene;
  const Node node = scene.join();
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  const std::string command = scene.send(node.id);
  const Json first = *Json::parse(channel.hear().payload);
  channel.tell("agent_job_ack", Json::object().set("jobId", first["JobId"]).set("statusCode", "51402"));
  const Json second = *Json::parse(channel.hear().payload);
  EXPECT_EQ(first, second);
  channel.tell("agent_job_ack", Json::object().set("jobId", first["JobId"]).set("statusCode", "51403"));
  EXPECT_EQ(scene.outcome(command, node.id).status->text(), "Failed");
  EXPECT_EQ(scene.rig.cloud().truth().executions.at(node.id), 1U);
}

TEST(ControlChannel, TheNewestOneWins) {
  Scene scene;
  const Node node = scene.join();
  Channel first(scene);
  ASSERT_EQ(first.open(node, first.token(node)), "");
  const std::string command = scene.send(node.id);
  EXPECT_EQ(first.hear().type, "agent_job");
  Channel second(scene);
  ASSERT_EQ(second.open(node, second.token(node)), "");
  EXPECT_EQ(second.hear().type, "agent_job") << "what was not acknowledged comes again";
  EXPECT_EQ(first.hear().type, "close 1001 the control channel has ended");
  const Json job = Json::object().set("jobId", "aws.ssm." + command + "." + node.id).set("statusCode", "51405");
  second.tell("agent_job_ack", job);
  second.tell("agent_job_reply",
              Json::object().set("jobId", job["jobId"]).set("content", reply_text("Success", 0, "x")));
  EXPECT_EQ(scene.outcome(command, node.id).status->text(), "Success");
}

TEST(ControlChannel, RefusesStrangersAndSpentTokens) {
  Scene scene;
  const Node node = scene.join();
  Channel channel(scene);
  Node stranger = node;
  stranger.id = "mi-00000000000000000";
  const auto answer = scene.rig.loop().run(scene.rig.service().serve(scene.rig.loop().context(), http::PeerInfo(),
                                                                     channel_request(scene.rig, stranger, "POST", "")));
  EXPECT_EQ(answer->status, 403);
  EXPECT_NE(answer->body.find("<AccessDeniedException>"), std::string::npos);
  EXPECT_NE(channel.open(node, "none").find("403"), std::string::npos) << "it was not created";
  const std::string token = channel.token(node);
  ASSERT_EQ(channel.open(node, "wrong" + token), "");
  EXPECT_EQ(channel.hear().type, "close 1008 the first message does not carry the channel's token");
  EXPECT_NE(channel.open(node, token).find("403"), std::string::npos) << "a token is good for one channel";
}

TEST(ControlChannel, WhatAnAgentSaysWrongIsDropped) {
  Scene scene;
  const Node node = scene.join();
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  channel.tell("agent_telemetry", Json::object());
  channel.tell("agent_job_ack", Json::array());
  channel.tell("agent_job_reply", Json::object().set("jobId", "unknown").set("content", "{"));
  EXPECT_EQ(channel.hear().type, "agent_job_reply_ack");
  const std::string command = scene.send(node.id);
  EXPECT_EQ(channel.hear().type, "agent_job");
}

/// A session on a node with an agent of its own: both ends of its data channel.
class Session {
 public:
  explicit Session(Channel& control) : channel(control), client(control.network), agent(control.network) {}

  std::string start(const std::string& node) {
    channel.scene.be_operator();
    aws::ssm::StartSessionRequest request;
    request.target = node;
    const auto started = channel.scene.rig.call<aws::ssm::StartSession>(std::move(request));
    EXPECT_TRUE(started) << started.error().to_text();
    id = *started->session_id;
    return started->token_value->reveal();
  }
  std::string open_client(const std::string& token) {
    http::Request upgrade;
    upgrade.target = "/v1/data-channel/" + id + "?role=publish_subscribe";
    upgrade.headers.set("Host", "ssmmessages");
    return open(client, std::move(upgrade), token);
  }
  http::Response create(const Node& node) {
    Rig& rig = channel.scene.rig;
    http::Request request = signed_request(rig, node, "POST", "/v1/data-channel/" + id);
    auto answer = rig.loop().run(rig.service().serve(rig.loop().context(), http::PeerInfo(), std::move(request)));
    EXPECT_TRUE(answer);
    return std::move(*answer);
  }
  std::string open_agent(const Node& node, const std::string& token) {
    const std::string path = "/v1/data-channel/" + id + "?role=publish_subscribe";
    return open(agent, signed_request(channel.scene.rig, node, "GET", path), token);
  }
  session::AgentMessage hear(Wire& wire) { return channel.scene.rig.loop().run(testing::receive(&wire)); }
  void tell(Wire& wire, std::string type, std::string payload) {
    EXPECT_EQ(channel.scene.rig.loop().run(testing::say(&wire, std::move(type), std::move(payload))), 0);
  }
  void close() {
    for (Wire* const wire : {&client, &agent}) {
      if (wire->stream) wire->stream->close();
    }
  }

  Channel& channel;
  std::string id;
  Wire client;
  Wire agent;

 private:
  std::string open(Wire& wire, http::Request upgrade, const std::string& token) {
    rt::testing::ManualLoop& loop = channel.scene.rig.loop();
    return loop.run(testing::connect(&wire, loop.context(), std::move(upgrade), token));
  }
};

TEST(DataChannel, JoinsAClientAndAnAgentOfItsOwn) {
  Scene scene;
  const Node node = scene.join();
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  Session session(channel);
  const std::string token = session.start(node.id);
  const session::AgentMessage order = channel.hear();
  EXPECT_EQ(order.type, "interactive_shell");
  const Json task = *Json::parse(order.payload);
  EXPECT_EQ(task["TaskId"].as_string(), session.id);
  const Json content = *Json::parse(task["Content"].as_string());
  EXPECT_EQ(content["DocumentContent"]["sessionType"].as_string(), "Standard_Stream");
  EXPECT_EQ(content["DocumentName"].as_string(), "SSM-SessionManagerRunShell");

  ASSERT_EQ(session.open_client(token), "");
  // Nobody is at the other end yet: this is lost, and would be sent again.
  session.tell(session.client, "input_stream_data", "early");
  const http::Response created = session.create(node);
  ASSERT_EQ(created.status, 201) << created.body;
  ASSERT_EQ(session.open_agent(node, testing::token_in(created.body)), "");
  session.tell(session.agent, "agent_session_state", R"({"SchemaVersion":1,"SessionState":"Connected"})");
  session.tell(session.agent, "output_stream_data", "from the agent");
  EXPECT_EQ(session.hear(session.client).payload, "from the agent") << "the state is the service's alone";
  session.tell(session.client, "input_stream_data", "from the client");
  EXPECT_EQ(session.hear(session.agent).payload, "from the client");

  const Json done = Json::object()
                        .set("SchemaVersion", 1)
                        .set("TaskId", session.id)
                        .set("FinalTaskStatus", "Failed")
                        .set("Output", "it is over");
  channel.tell("agent_task_complete", done);
  channel.tell("agent_task_complete", done);
  for (int i = 0; i < 3; ++i) {
    const session::AgentMessage answer = channel.hear();
    EXPECT_TRUE(answer.type == "agent_task_acknowledge" || answer.type == "channel_closed") << answer.type;
  }
  for (Wire* const wire : {&session.client, &session.agent}) {
    const session::AgentMessage last = session.hear(*wire);
    EXPECT_EQ(last.type, "channel_closed");
    EXPECT_EQ(Json::parse(last.payload)->find("Output")->as_string(), "it is over");
    EXPECT_EQ(session.hear(*wire).type, "close 1000 the session has ended");
  }
  EXPECT_EQ(session.create(node).status, 400);
  EXPECT_NE(session.create(node).body.find("Session is already terminated"), std::string::npos);
  session.close();
}

TEST(DataChannel, RefusesStrangersAndSpentTokens) {
  Scene scene;
  const Node node = scene.join();
  const Node other = scene.join();
  Channel channel(scene);
  ASSERT_EQ(channel.open(node, channel.token(node)), "");
  Session session(channel);
  const std::string token = session.start(node.id);
  EXPECT_EQ(session.create(other).status, 403) << "another node's agent";
  ASSERT_EQ(session.open_client(token), "");
  ASSERT_EQ(session.open_client(token), "");
  EXPECT_EQ(session.hear(session.client).type, "close 1008 the first message does not carry the channel's token");
  const http::Response created = session.create(node);
  ASSERT_EQ(session.open_client(testing::token_in(created.body)), "");
  EXPECT_EQ(session.hear(session.client).type, "close 1008 the first message does not carry the channel's token");
  session.id = "nobody-0123456789abcdef0";
  EXPECT_NE(session.open_client(token).find("404"), std::string::npos);
  session.close();
}

}  // namespace agent_side_test
}  // namespace postern::sim
