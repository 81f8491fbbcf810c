#pragma once

/// Client and Service are mirrors: an adapter each way lets a client be wired straight into a server in the same
/// process.

#include <memory>
#include <string>

#include "base/error.hpp"
#include "http/message.hpp"
#include "net/stream.hpp"
#include "rt/context.hpp"

namespace postern::http {

/// Scheme, host and port that requests go to; the key of a connection pool.
struct Origin {
  Origin() = default;
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  /// What belongs into the Host header: the port only when it is not the scheme's own; IPv6 in brackets.
  std::string host_header() const;
  /// "https://host[:port]".
  std::string to_text() const;
  friend bool operator==(const Origin&, const Origin&) = default;
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

/// A parsed http(s) URL.
struct Url {
  Url() = default;
  Origin origin;
  std::string target = "/";
};
/// Fails with usage: the message quotes the text and says what is wrong with it.
Result<Url> parse_url(std::string_view text);

/// Sends one request and returns the whole response, any status. Errors: unavailable, timeout (ctx's deadline),
/// cancelled, malformed (not HTTP, too large); each with delivery() filled so that a caller knows whether the request
/// can have been executed, and context "origin". Never retries, except that a request whose first byte could not be
/// written to a reused connection goes to a fresh one.
class Client {
 public:
  virtual ~Client() = default;
  virtual rt::Task<Result<Response>> send(rt::CallContext ctx, Origin origin, Request request) = 0;
};

/// What a server knows about the connection that a request came on.
struct PeerInfo {
  PeerInfo() = default;
  bool tls = false;
  std::string remote;  ///< "127.0.0.1:51234"; empty in memory
};

/// Goes on with a connection after a 101 answer (RFC 9110 section 7.8): no HTTP is spoken on it any more.
class Takeover {
 public:
  virtual ~Takeover() = default;
  /// Called once, when the answer has been written. `leftover` is what came after the request. The stream outlives the
  /// task and is closed after it; the server's stop() cancels it.
  virtual rt::Task<void> run(rt::CallContext ctx, net::Stream& stream, std::string leftover) = 0;
};

/// Answers requests. An Error becomes a bare 500: services encode their own errors.
class Service {
 public:
  virtual ~Service() = default;
  virtual rt::Task<Result<Response>> serve(rt::CallContext ctx, PeerInfo peer, Request request) = 0;
};

}  // namespace postern::http
