#pragma once

/// The opening handshake (RFC 6455 section 4) as HTTP values, both halves.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/message.hpp"
#include "rt/random.hpp"

namespace postern::ws {

/// What a server answers the key with.
std::string accept_value(std::string_view key);

/// A request asks for a WebSocket at all: an Upgrade header that names it.
bool wants_websocket(const http::Request& request) noexcept;

/// The 101 to answer with; its takeover is the caller's to set. `subprotocol` is what the server chose, empty: none. An
/// error is malformed and has the context "status": "400", or "426" for another version.
Result<http::Response> accept_upgrade(const http::Request& request, std::string_view subprotocol = std::string_view());
/// The answer to a request that accept_upgrade() refused.
http::Response refusal_of(const Error& error);
/// The first of `offered` by the client that the server supports, or empty.
std::string choose_subprotocol(const http::Request& request, std::string_view supported);

/// A fresh Sec-WebSocket-Key.
std::string make_key(rt::Random& random);
/// Makes `request` (method, target, Host and what else the caller set) an upgrade request.
void set_upgrade_headers(http::Request& request, std::string_view key, std::string_view subprotocols);
/// Fails with service (not 101; context "status"), or malformed (a 101 that does not fit the request).
Result<void> check_accepted(const http::Response& response, std::string_view key, std::string_view subprotocols);

}  // namespace postern::ws
