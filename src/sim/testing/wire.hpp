#pragma once

/// A WebSocket to the simulator's gateway over a network in memory, for tests of control and data channels.

#include <memory>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "http/server.hpp"
#include "net/pipe.hpp"
#include "session/agent_message.hpp"
#include "ws/connection.hpp"

namespace postern::sim::testing {

struct Wire {
  explicit Wire(net::MemoryNetwork& n) : network(&n) {}
  net::MemoryNetwork* network;
  std::unique_ptr<net::Stream> stream;
  std::unique_ptr<ws::Connection> connection;
};

inline rt::Task<std::string> connect(Wire* wire, rt::CallContext ctx, http::Request upgrade, std::string token) {
  net::Endpoint endpoint("ssmmessages", 443);
  auto stream = co_await wire->network->dialer().dial(ctx, std::move(endpoint));
  wire->stream = std::move(*stream);
  auto opened = co_await ws::open_client(ctx, *wire->stream, std::move(upgrade));
  if (!opened) co_return opened.error().to_text();
  wire->connection = std::move(*opened);
  std::string hello = Json::object().set("TokenValue", token).dump();
  const Result<void> sent = co_await wire->connection->send(ws::Event::Kind::text, std::move(hello));
  co_return sent ? std::string() : sent.error().to_text();
}

inline rt::Task<session::AgentMessage> receive(Wire* wire) {
  const Result<ws::Event> event = co_await wire->connection->receive();
  session::AgentMessage message;
  message.type = "none";
  if (!event) co_return message;
  if (event->kind == ws::Event::Kind::close) {
    message.type = "close " + std::to_string(event->code) + " " + event->payload;
    co_return message;
  }
  const Result<session::AgentMessage> decoded = session::decode_message(event->payload);
  if (decoded) message = *decoded;
  co_return message;
}

inline rt::Task<int> say(Wire* wire, std::string type, std::string payload) {
  session::AgentMessage message;
  message.type = std::move(type);
  message.created_ms = 1;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.payload = std::move(payload);
  std::string bytes = *session::encode_message(message);
  const Result<void> sent = co_await wire->connection->send(ws::Event::Kind::binary, std::move(bytes));
  co_return sent ? 0 : 1;
}

inline rt::Task<int> end(Wire* wire, http::Server* server) {
  if (wire->stream) wire->stream->close();
  co_await server->stop();
  co_return 0;
}

inline std::string token_in(const std::string& xml) {
  const std::size_t begin = xml.find("<TokenValue>") + 12;
  return xml.substr(begin, xml.find('<', begin) - begin);
}

}  // namespace postern::sim::testing
