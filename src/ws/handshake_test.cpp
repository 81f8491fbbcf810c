#include "ws/handshake.hpp"

#include <gtest/gtest.h>

#include "rt/testing/manual_loop.hpp"

namespace postern::ws {
namespace {

http::Request upgrade_request() {
  http::Request request;
  request.target = "/chat";
  request.headers.set("Host", "server.example.com");
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Connection", "keep-alive, Upgrade");
  request.headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  request.headers.set("Sec-WebSocket-Protocol", "chat, superchat");
  request.headers.set("Sec-WebSocket-Version", "13");
  return request;
}

TEST(Handshake, AcceptsTheExampleOfTheRfc) {
  const Result<http::Response> accepted = accept_upgrade(upgrade_request(), "chat");
  ASSERT_TRUE(accepted.has_value());
  EXPECT_EQ(accepted->status, 101);
  EXPECT_EQ(accepted->headers.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(accepted->headers.get("Sec-WebSocket-Protocol"), "chat");
}

TEST(Handshake, RefusesWhatIsNoUpgrade) {
  struct Case {
    const char* header;
    const char* value;
    int status;
  };
  const Case cases[] = {
      {"Upgrade", "h2c", 426},
      {"Connection", "keep-alive", 400},
      {"Sec-WebSocket-Version", "8", 426},
      {"Sec-WebSocket-Key", "c2hvcnQ=", 400},
      {"Sec-WebSocket-Key", "not base64 at all!!!", 400},
      {"Sec-WebSocket-Key", "", 400},
  };
  for (const Case& one : cases) {
    http::Request request = upgrade_request();
    request.headers.set(one.header, one.value);
    const Result<http::Response> accepted = accept_upgrade(request);
    ASSERT_FALSE(accepted.has_value()) << one.header;
    EXPECT_EQ(refusal_of(accepted.error()).status, one.status) << one.header;
  }
  http::Request post = upgrade_request();
  post.method = "POST";
  EXPECT_FALSE(accept_upgrade(post).has_value());
}

TEST(Handshake, ChoosesTheClientsFirstKnownSubprotocol) {
  EXPECT_EQ(choose_subprotocol(upgrade_request(), "superchat,chat"), "chat");
  EXPECT_EQ(choose_subprotocol(upgrade_request(), "superchat"), "superchat");
  EXPECT_EQ(choose_subprotocol(upgrade_request(), "other"), "");
}

TEST(Handshake, ClientChecksTheAnswer) {
  rt::testing::CountingRandom random;
  const std::string key = make_key(random);
  http::Request request;
  request.headers.set("Connection", "Upgrade");
  set_upgrade_headers(request, key, "chat");
  Result<http::Response> response = accept_upgrade(request, "chat");
  ASSERT_TRUE(response.has_value());
  response->headers.set("Connection", "Upgrade");
  EXPECT_TRUE(check_accepted(*response, key, "chat").has_value());
  EXPECT_FALSE(check_accepted(*response, key, "other").has_value());
  EXPECT_FALSE(check_accepted(*response, make_key(random), "chat").has_value());
  http::Response extended = *response;
  extended.headers.set("Sec-WebSocket-Extensions", "permessage-deflate");
  EXPECT_FALSE(check_accepted(extended, key, "chat").has_value());
  http::Response other = *response;
  other.headers.set("Upgrade", "h2c");
  EXPECT_FALSE(check_accepted(other, key, "chat").has_value());
  http::Response refused;
  refused.status = 403;
  const Result<void> no = check_accepted(refused, key, "");
  ASSERT_FALSE(no.has_value());
  EXPECT_EQ(no.error().context("status"), "403");
}

}  // namespace
}  // namespace postern::ws
