#pragma once

/// ssmmessages: the control channel over which connected agents get their work and their sessions (protocol.md B2.6).

#include <map>
#include <string>

#include "http/client.hpp"
#include "sim/access.hpp"
#include "sim/agents/remote_agents.hpp"
#include "sim/sessions/remote_sessions.hpp"

namespace postern::sim {

/// Answers /v1/control-channel/ and hands every other request on. Everything it is given outlives it.
class MessageGateway final : public http::Service {
 public:
  MessageGateway(http::Service& inner, CloudAuthenticator& authenticator, Cloud& cloud, RemoteAgents& agents,
                 RemoteSessions& sessions)
      : inner_(inner), authenticator_(authenticator), cloud_(cloud), agents_(agents), sessions_(sessions) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  class ControlChannel;
  /// The node that the path names, once the caller has proven to be it.
  rt::Task<Result<std::string>> identify(rt::CallContext ctx, const http::Request& request);
  http::Response create(rt::CallContext ctx, const std::string& node);
  Result<http::Response> open(rt::CallContext ctx, const http::Request& request, const std::string& node);

  http::Service& inner_;
  CloudAuthenticator& authenticator_;
  Cloud& cloud_;
  RemoteAgents& agents_;
  RemoteSessions& sessions_;
  std::map<std::string, std::string> tokens_;  ///< node id -> the token of its next channel
};

}  // namespace postern::sim
