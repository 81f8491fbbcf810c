#pragma once

/// HTTP/1.1 on one Stream: messages out, messages in. Parsing is Beast's, behind this header; everything is bounded.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "http/client.hpp"
#include "net/stream.hpp"

namespace postern::http {

struct WireLimits {
  WireLimits() = default;
  std::size_t header_bytes = 64U << 10U;
  std::size_t body_bytes = 64U << 20U;
};

/// Whether the connection serves another exchange.
enum class Persistence : std::uint8_t { keep, close };
/// A response to HEAD has no body whatever its headers say.
enum class Method : std::uint8_t { head, other };

/// Headers and body as they go on the wire. Content-Length is set here; a Transfer-Encoding of the caller's is dropped.
/// A request with an Upgrade header, and a response 101, say "Connection: Upgrade".
/// Fails with usage when a name or value would break out of its line.
Result<void> write_request_to(std::string& out, const Request& request);
Result<void> write_response_to(std::string& out, const Response& response, Persistence persistence, Method method);

struct ReceivedRequest {
  ReceivedRequest() = default;
  Request request;
  Persistence persistence = Persistence::keep;
};
struct ReceivedResponse {
  ReceivedResponse() = default;
  Response response;
  Persistence persistence = Persistence::keep;
};

/// Reads messages from a stream, keeping what came after one for the next. The stream outlives it.
class MessageReader {
 public:
  MessageReader(net::Stream& stream, WireLimits limits);
  ~MessageReader();
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  /// Fails with malformed (the message says what is wrong), unavailable when the connection ends first.
  rt::Task<Result<ReceivedResponse>> read_response(Method method);
  /// An empty optional at an orderly end between two requests. Answers `Expect: 100-continue` by itself (RFC 9110
  /// section 10.1.1). Refuses what proxies and servers may understand differently: two framings, no Host or two. A
  /// malformed request's error has the context "status": the response to send ("400", "413", "431").
  rt::Task<Result<std::optional<ReceivedRequest>>> read_request();
  /// True when no byte of a next message has come yet.
  bool between_messages() const noexcept;
  /// Takes what is left over out: after an upgrade it belongs to the new protocol.
  std::string take_leftover();
  /// True when bytes are left over: after a response that means that the peer sent more than it was asked for.
  bool has_leftover() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::http
