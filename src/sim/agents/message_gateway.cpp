#include "sim/agents/message_gateway.hpp"

#include <algorithm>
#include <array>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "rt/combine.hpp"
#include "rt/random_hex.hpp"
#include "session/agent_message.hpp"
#include "sim/agents/gateway_shared.hpp"
#include "ws/connection.hpp"
#include "ws/handshake.hpp"

namespace postern::sim {
namespace gateway {

using aws::server::fault;

constexpr std::string_view kControlPath = "/v1/control-channel/";
constexpr std::size_t kTokensMax = ManagedNodes::kMost;
constexpr std::size_t kTokenBytes = 32;
/// Agents ping every 54 seconds.
constexpr std::chrono::minutes kSilenceMax{3};
constexpr std::chrono::seconds kOpenTime{15};
constexpr std::chrono::seconds kAckTime{30};
constexpr std::size_t kMessageMax = 256U << 10U;

}  // namespace gateway

/// One open control channel: jobs out, acknowledgements and reports in.
class MessageGateway::ControlChannel final : public http::Takeover {
 public:
  ControlChannel(RemoteAgents& agents, RemoteSessions& sessions, std::string node, std::string token)
      : agents_(agents), sessions_(sessions), node_(std::move(node)), token_(std::move(token)) {}

  rt::Task<void> run(rt::CallContext ctx, net::Stream& stream, std::string leftover) override {
    ws::ConnectionOptions options;
    options.limits.message_bytes = gateway::kMessageMax;
    options.leftover = std::move(leftover);
    ws::Connection connection(stream, ctx.random(), std::move(options));
    const Result<void> opened = co_await open(ctx, &connection);
    if (!opened) co_return co_await gateway::turn_away(&connection, opened.error());
    const std::uint64_t channel = agents_.open_channel(node_);
    co_await rt::race(rt::race(listen(ctx, &connection), speak(ctx, &connection, channel)),
                      speak_of_sessions(ctx, &connection));
    agents_.close_channel(node_, channel);
    std::string goodbye = "the control channel has ended";
    const Result<void> closed = co_await connection.close(ws::kCloseGoingAway, std::move(goodbye));
    static_cast<void>(closed);
  }

 private:
  /// The first message is JSON with the token of CreateControlChannel.
  rt::Task<Result<void>> open(rt::CallContext ctx, ws::Connection* connection) {
    CO_TRY(const ws::Event first, co_await rt::with_deadline(ctx.within(gateway::kOpenTime), connection->receive()));
    const Result<Json> json = Json::parse(first.payload);
    const bool fits = json && (*json)["TokenValue"].to_string() == std::string_view(token_);
    if (!fits) co_return fail(ErrorKind::denied, "the first message does not carry the channel's token");
    co_return Result<void>();
  }

  rt::Task<Result<void>> listen(rt::CallContext ctx, ws::Connection* connection) {
    for (;;) {
      CO_TRY(const ws::Event event,
             co_await rt::with_deadline(ctx.within(gateway::kSilenceMax), connection->receive()));
      if (event.kind == ws::Event::Kind::close) co_return Result<void>();
      if (event.kind != ws::Event::Kind::binary) continue;
      // A message that cannot be read is dropped, as the real gateway does.
      const Result<session::AgentMessage> message = session::decode_message(event.payload);
      if (!message) continue;
      if (message->type == "agent_job_ack") take_ack(message->payload);
      if (message->type == "agent_job_reply") {
        CO_TRY_VOID(co_await take_reply(ctx, connection, *message));
      }
      if (message->type == "agent_task_complete") {
        std::optional<std::string> payload = sessions_.completed(node_, message->payload, message->id);
        if (payload) CO_TRY_VOID(co_await send(ctx, connection, "agent_task_acknowledge", std::move(*payload)));
      }
    }
  }

  rt::Task<Result<void>> speak(rt::CallContext ctx, ws::Connection* connection, std::uint64_t channel) {
    for (;;) {
      CO_TRY(const std::optional<AgentJob> job, co_await agents_.next(ctx, node_, channel, gateway::kAckTime));
      if (!job) continue;
      std::string payload = Json::object()
                                .set("SchemaVersion", 1)
                                .set("JobId", job->id)
                                .set("Topic", job->topic)
                                .set("Content", job->content)
                                .dump();
      CO_TRY_VOID(co_await send(ctx, connection, "agent_job", std::move(payload)));
    }
  }

  rt::Task<Result<void>> speak_of_sessions(rt::CallContext ctx, ws::Connection* connection) {
    for (;;) {
      CO_TRY(ControlMessage message, co_await sessions_.next(node_));
      const Result<void> sent = co_await send(ctx, connection, message.type, message.payload);
      if (sent) continue;
      sessions_.put_back(node_, std::move(message));
      co_return sent;
    }
  }

  rt::Task<Result<void>> send(rt::CallContext ctx, ws::Connection* connection, std::string type, std::string payload) {
    session::AgentMessage message;
    message.type = std::move(type);
    const auto wall = std::chrono::floor<std::chrono::milliseconds>(ctx.clock().wall_now());
    message.created_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(1, wall.time_since_epoch().count()));
    std::array<std::uint8_t, 16> bytes{};
    ctx.random().fill(bytes);
    message.id = make_uuid(bytes);
    message.payload = std::move(payload);
    CO_TRY(std::string encoded, session::encode_message(message));
    co_return co_await connection->send(ws::Event::Kind::binary, std::move(encoded));
  }

  /// 200 is yes; 51402 means that the agent's queue is full, 51405 that it has the job already; the rest is a no.
  void take_ack(std::string_view payload) {
    const Result<Json> ack = Json::parse(payload);
    if (!ack) return;
    const std::string job((*ack)["jobId"].to_string().value_or(""));
    const std::string_view code = (*ack)["statusCode"].to_string().value_or("");
    if (code == "200" || code == "51405") {
      agents_.acknowledge(node_, job);
    } else if (code == "51401" || code == "51402") {
      agents_.refuse_for_now(node_, job);
    } else if (code != "51408" && code != "51406") {
      // After those two a reply of its own says what was wrong.
      agents_.reject(node_, job, "the agent refused the command: " + printable(code, 20));
    }
  }

  rt::Task<Result<void>> take_reply(rt::CallContext ctx, ws::Connection* connection,
                                    const session::AgentMessage& message) {
    const Result<Json> reply = Json::parse(message.payload);
    if (!reply) co_return Result<void>();
    const std::string job((*reply)["jobId"].to_string().value_or(""));
    const Result<JobReply> content = parse_reply((*reply)["content"].to_string().value_or(""));
    if (content) agents_.report(node_, job, *content);
    // Every reply is acknowledged, late and repeated ones as well: agents send them again until it is.
    std::string payload = Json::object().set("jobId", job).set("acknowledgedMessageId", message.id).dump();
    co_return co_await send(ctx, connection, "agent_job_reply_ack", std::move(payload));
  }

  RemoteAgents& agents_;
  RemoteSessions& sessions_;
  std::string node_;
  std::string token_;
};

rt::Task<Result<std::string>> MessageGateway::identify(rt::CallContext ctx, const http::Request& request) {
  const bool opens = request.method == "GET";
  const aws::OperationSpec operation = gateway::operation(opens ? "OpenControlChannel" : "CreateControlChannel");
  aws::server::CallInfo info(ctx);
  info.operation = &operation;
  CO_TRY(info.caller, co_await authenticator_.authenticate(ctx, operation, request));
  CO_TRY_VOID(authorize(info));
  const std::string_view arn = info.caller.arn;
  const std::string own(arn.substr(arn.rfind('/') + 1));
  const bool is_managed = cloud_.managed().find(own) != nullptr;
  if (own != gateway::last_part(request.path()) || !is_managed) {
    co_return fail(gateway::not_own(info, request));
  }
  co_return own;
}

http::Response MessageGateway::create(rt::CallContext ctx, const std::string& node) {
  if (tokens_.size() >= gateway::kTokensMax && !tokens_.contains(node)) {
    return gateway::refusal(gateway::fault(ErrorKind::throttled, "ThrottlingException", "Too many channels", 429));
  }
  std::string& token = tokens_[node];
  token = rt::random_hex(ctx.random(), gateway::kTokenBytes);
  return gateway::created("CreateControlChannelResponse", token);
}

Result<http::Response> MessageGateway::open(rt::CallContext ctx, const http::Request& request,
                                            const std::string& node) {
  const auto token = tokens_.find(node);
  if (token == tokens_.end()) {
    return fail(gateway::fault(ErrorKind::denied, "AccessDeniedException", "The control channel was not created", 403));
  }
  Result<http::Response> accepted = ws::accept_upgrade(request);
  if (!accepted) return ws::refusal_of(accepted.error());
  accepted->takeover = std::make_shared<ControlChannel>(agents_, sessions_, node, std::move(token->second));
  tokens_.erase(token);
  return accepted;
}

rt::Task<Result<http::Response>> MessageGateway::serve(rt::CallContext ctx, http::PeerInfo peer,
                                                       http::Request request) {
  const std::string_view path = request.path();
  if (!path.starts_with(gateway::kControlPath)) {
    co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  }
  const Result<std::string> node = co_await identify(ctx, request);
  if (!node) {
    if (node.error().kind() == ErrorKind::cancelled) co_return fail(node.error());
    co_return gateway::refusal(node.error());
  }
  if (request.method == "POST") co_return create(ctx, *node);
  Result<http::Response> opened = open(ctx, request, *node);
  if (!opened) co_return gateway::refusal(opened.error());
  co_return opened;
}

}  // namespace postern::sim
