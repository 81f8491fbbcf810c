#pragma once

/// /v1/data-channel/<session-id>: the WebSockets of both ends of a session (protocol.md B1.1, B2.6).

#include <string>

#include "http/client.hpp"
#include "sim/access.hpp"
#include "sim/sessions/sessions.hpp"

namespace postern::sim {

/// Clients show a token and nothing else; agents sign. Hands every other request on. Everything it is given outlives
/// it.
class DataChannels final : public http::Service {
 public:
  DataChannels(http::Service& inner, CloudAuthenticator& authenticator, Sessions& sessions)
      : inner_(inner), authenticator_(authenticator), sessions_(sessions) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  class Leg;
  /// The caller has proven to be the node that the session is on.
  rt::Task<Result<void>> check_agent(rt::CallContext ctx, const http::Request& request, const Session& session);
  http::Response create(Session& session);
  Result<http::Response> open(const http::Request& request, SessionPtr session, End end);

  http::Service& inner_;
  CloudAuthenticator& authenticator_;
  Sessions& sessions_;
};

}  // namespace postern::sim
