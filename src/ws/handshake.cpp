#include "ws/handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::ws {
namespace handshake {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;
constexpr int kUpgradeRequired = 426;
constexpr int kSwitching = 101;

/// True when a comma-separated header has the token, without regard to case.
bool has_token(std::string_view list, std::string_view token) {
  const auto parts = split(list, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return equals_ignore_case(trim(part), token); });
}

Error refused(std::string_view status, std::string message) {
  return Error(ErrorKind::malformed, std::move(message)).with("status", std::string(status));
}

}  // namespace handshake

std::string accept_value(std::string_view key) {
  const std::string text = std::string(key) + std::string(handshake::kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  CHECK(done == 1);
  return to_base64(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

bool wants_websocket(const http::Request& request) noexcept {
  return handshake::has_token(request.headers.get("Upgrade"), "websocket");
}

Result<http::Response> accept_upgrade(const http::Request& request, std::string_view subprotocol) {
  using handshake::refused;
  if (request.method != "GET") return fail(refused("400", "a WebSocket is opened with GET"));
  if (!wants_websocket(request)) return fail(refused("426", "this address speaks WebSocket only"));
  if (!handshake::has_token(request.headers.get("Connection"), "upgrade")) {
    return fail(refused("400", "the Connection header does not name Upgrade"));
  }
  if (request.headers.get("Sec-WebSocket-Version") != "13") {
    return fail(refused("426", "the WebSocket version is not 13"));
  }
  const std::string_view key = trim(request.headers.get("Sec-WebSocket-Key"));
  const auto decoded = from_base64(key);
  if (!decoded || decoded->size() != handshake::kKeyBytes) {
    return fail(refused("400", "Sec-WebSocket-Key is not 16 bytes in base64"));
  }
  if (!request.body.empty()) return fail(refused("400", "an upgrade request has no body"));
  http::Response response;
  response.status = handshake::kSwitching;
  response.headers.set("Upgrade", "websocket");
  response.headers.set("Sec-WebSocket-Accept", accept_value(key));
  if (!subprotocol.empty()) response.headers.set("Sec-WebSocket-Protocol", std::string(subprotocol));
  return response;
}

http::Response refusal_of(const Error& error) {
  http::Response response;
  response.status = error.context("status") == "426" ? handshake::kUpgradeRequired : 400;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  if (response.status == handshake::kUpgradeRequired) {
    response.headers.set("Upgrade", "websocket");
    response.headers.set("Sec-WebSocket-Version", "13");
  }
  response.body = error.message() + "\n";
  return response;
}

std::string choose_subprotocol(const http::Request& request, std::string_view supported) {
  for (const auto& [name, value] : request.headers.fields()) {
    if (!equals_ignore_case(name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view part : split(value, ',')) {
      if (trim(part).empty()) continue;
      for (const std::string_view known : split(supported, ',')) {
        if (trim(known) == trim(part)) return std::string(trim(part));
      }
    }
  }
  return std::string();
}

std::string make_key(rt::Random& random) {
  std::array<std::uint8_t, handshake::kKeyBytes> bytes{};
  random.fill(bytes);
  return to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void set_upgrade_headers(http::Request& request, std::string_view key, std::string_view subprotocols) {
  request.method = "GET";
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", std::string(key));
  if (!subprotocols.empty()) request.headers.set("Sec-WebSocket-Protocol", std::string(subprotocols));
}

Result<void> check_accepted(const http::Response& response, std::string_view key, std::string_view subprotocols) {
  if (response.status != handshake::kSwitching) {
    const std::string said = response.body.empty() ? std::string() : ": " + printable(response.body, 200);
    return fail(Error(ErrorKind::service, "the server refused the WebSocket" + said)
                    .with("status", std::to_string(response.status)));
  }
  const auto broken = [](std::string message) { return fail(ErrorKind::malformed, std::move(message)); };
  if (!handshake::has_token(response.headers.get("Upgrade"), "websocket")) {
    return broken("the server switched to another protocol than WebSocket");
  }
  if (!handshake::has_token(response.headers.get("Connection"), "upgrade")) {
    return broken("the server's Connection header does not name Upgrade");
  }
  if (trim(response.headers.get("Sec-WebSocket-Accept")) != accept_value(key)) {
    return broken("the server's Sec-WebSocket-Accept does not belong to our key");
  }
  if (response.headers.find("Sec-WebSocket-Extensions") != nullptr) {
    return broken("the server chose an extension that was not offered");
  }
  const std::string_view chosen = trim(response.headers.get("Sec-WebSocket-Protocol"));
  if (!chosen.empty()) {
    const auto offered = split(subprotocols, ',');
    const bool known =
        std::any_of(offered.begin(), offered.end(), [&](std::string_view one) { return trim(one) == chosen; });
    if (!known) return broken("the server chose a subprotocol that was not offered");
  }
  return {};
}

}  // namespace postern::ws
