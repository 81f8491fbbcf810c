#include "net/proxy.hpp"

#include <gtest/gtest.h>

#include "net/allow.hpp"
#include "net/pipe.hpp"
#include "net/testing.hpp"

namespace postern::net {
namespace {

using testing::Bench;
using testing::read_exactly;

TEST(ChooseProxy, FollowsNoProxyRules) {
  struct Case {
    const char* no_proxy;
    const char* host;
    bool proxied;
  };
  const Case cases[] = {
      {"", "sts.amazonaws.com", true},
      {"*", "sts.amazonaws.com", false},
      {"amazonaws.com", "sts.amazonaws.com", false},
      {"amazonaws.com", "amazonaws.com", false},
      {"amazonaws.com", "notamazonaws.com", true},
      {".amazonaws.com", "sts.us-east-1.amazonaws.com", false},
      {"*.amazonaws.com", "sts.amazonaws.com", false},
      {"AmazonAWS.com", "STS.amazonaws.COM", false},
      {"example.org, amazonaws.com", "sts.amazonaws.com", false},
      {"example.org amazonaws.com", "sts.amazonaws.com", false},
      {"example.org,,", "sts.amazonaws.com", true},
      {"amazonaws.com:443", "sts.amazonaws.com", false},
      {"amazonaws.com:8443", "sts.amazonaws.com", true},
      {"10.1.2.3", "10.1.2.3", false},
      {"10.1.2.3", "10.1.2.4", true},
      {"10.0.0.0/8", "10.1.2.4", false},
      {"10.0.0.0/8", "11.1.2.4", true},
      {"10.0.0.0/8", "ten.example.org", true},
      {"fd00::/8", "fd12::1", false},
      {"[fd12::1]:443", "fd12::1", false},
      {"fd12::1", "fd12:0::1", false},
      {"", "localhost", false},
      {"", "127.0.0.1", false},
      {"", "::1", false},
      {"", "169.254.169.254", false},
      {"0.0.0.0/0", "192.0.2.1", false},
      {"bad/rule", "192.0.2.1", true},
  };
  for (const Case& c : cases) {
    ProxySettings settings;
    settings.https_proxy = "http://proxy:3128";
    settings.no_proxy = c.no_proxy;
    const auto chosen = choose_proxy(settings, Traffic::tls, Endpoint(c.host, 443));
    ASSERT_TRUE(chosen.has_value());
    EXPECT_EQ(chosen->has_value(), c.proxied) << c.no_proxy << " / " << c.host;
  }
}

TEST(ChooseProxy, ReadsProxyUrls) {
  struct Case {
    const char* url;
    const char* expected;
  };
  const Case cases[] = {
      {"http://proxy:3128", "plain proxy:3128 []"},
      {"proxy:3128", "plain proxy:3128 []"},
      {"proxy", "plain proxy:80 []"},
      {"https://proxy/", "tls proxy:443 []"},
      {"http://user:p%40ss@proxy:8080/", "plain proxy:8080 [user:p@ss]"},
      {"http://[fd00::1]:3128", "plain [fd00::1]:3128 []"},
      {"socks5://proxy:1080", "usage"},
      {"http://", "usage"},
      {"http://proxy:99999", "usage"},
      {"http://u%zz@proxy", "usage"},
      {"http://a:b:c", "usage"},
      {"http://u%0d%0a@proxy", "usage"},
  };
  for (const Case& c : cases) {
    ProxySettings settings;
    settings.https_proxy = c.url;
    const auto chosen = choose_proxy(settings, Traffic::tls, Endpoint("sts.amazonaws.com", 443));
    if (!chosen) {
      EXPECT_EQ(to_string(chosen.error().kind()), c.expected) << c.url;
      EXPECT_EQ(chosen.error().message().find("HTTPS_PROXY is not a proxy URL"), 0U);
      continue;
    }
    const Proxy& proxy = **chosen;
    EXPECT_EQ((proxy.hop == Traffic::tls ? "tls " : "plain ") + proxy.endpoint.to_text() + " [" +
                  proxy.credentials.reveal() + "]",
              c.expected);
  }
}

TEST(ChooseProxy, LowerCaseVariablesWin) {
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "HTTPS_PROXY") return "upper:1";
    if (name == "https_proxy") return " lower:1 ";
    if (name == "HTTP_PROXY") return "plain:1";
    return std::nullopt;
  };
  const ProxySettings settings = proxy_settings_from(environment);
  EXPECT_EQ(settings.https_proxy, "lower:1");
  EXPECT_EQ(settings.http_proxy, "plain:1");
  EXPECT_EQ(settings.no_proxy, "");
}

/// Accepts one connection, notes the request's head and answers with `answer`; then sends back what comes, upper case.
rt::Task<void> tiny_proxy(Listener* listener, std::string answer, std::string* seen) {
  auto stream = co_await listener->accept();
  if (!stream) co_return;
  while (seen->find("\r\n\r\n") == std::string::npos) {
    const std::string more = co_await read_exactly(**stream, 1);
    if (more.empty()) co_return;
    *seen += more;
  }
  co_await testing::write_text(**stream, answer);
  if (!answer.starts_with("HTTP/1.1 2")) co_return;
  const std::string through = co_await read_exactly(**stream, 4);
  co_await testing::write_text(**stream, through == "ping" ? "PONG" : "what");
}

rt::Task<std::string> through_proxy(Bench* bench, std::string url, std::string answer, std::string* seen) {
  MemoryNetwork network;
  auto listener = network.listen(Endpoint("proxy", 3128));
  ProxySettings settings;
  settings.https_proxy = std::move(url);
  ProxyDialer dialer(network.dialer(), std::move(settings), Traffic::tls, nullptr);
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group.spawn(tiny_proxy(listener->get(), std::move(answer), seen));
  std::string outcome;
  auto stream = co_await dialer.dial(bench->ctx(), Endpoint("sts.amazonaws.com", 443));
  if (stream) {
    co_await testing::write_text(**stream, "ping");
    outcome = co_await read_exactly(**stream, 4);
  } else {
    EXPECT_EQ(stream.error().delivery(), Delivery::not_sent);
    outcome = std::string(to_string(stream.error().kind())) + ": " + stream.error().message();
  }
  (*listener)->close();
  co_await group.join();
  co_return outcome;
}

TEST(ProxyDialer, TunnelsWithConnect) {
  Bench bench;
  std::string seen;
  EXPECT_EQ(bench.loop.run(through_proxy(&bench, "http://me:secret@proxy:3128",
                                         "HTTP/1.1 200 Connection established\r\n\r\n", &seen)),
            "PONG");
  EXPECT_EQ(seen,
            "CONNECT sts.amazonaws.com:443 HTTP/1.1\r\nHost: sts.amazonaws.com:443\r\nProxy-Authorization: Basic "
            "bWU6c2VjcmV0\r\n\r\n");
}

TEST(ProxyDialer, SaysWhyTheProxyRefused) {
  const std::string prefix = "no connection to sts.amazonaws.com:443 through the proxy proxy:3128: ";
  struct Case {
    const char* answer;
    std::string expected;
  };
  const Case cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
       "denied: " + prefix +
           "it wants a user and a password: put them into the proxy's URL (http://user:password@host:port)"},
      {"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n", "denied: " + prefix + "it answered \"HTTP/1.1 403 Forbidden\""},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", "unavailable: " + prefix + "it answered \"HTTP/1.1 502 Bad Gateway\""},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed: " + prefix + "its answer is not HTTP"},
      {"HTTP/1.1 200 OK\r\n\r\nextra", "malformed: " + prefix + "it sent data before the tunnel was used"},
      {"", "unavailable: " + prefix + "it closed the connection"},
  };
  for (const Case& c : cases) {
    Bench bench;
    std::string seen;
    EXPECT_EQ(bench.loop.run(through_proxy(&bench, "http://proxy:3128", c.answer, &seen)), c.expected);
  }
}

TEST(ProxyDialer, SaysThatTheProxyCannotBeReached) {
  Bench bench;
  std::string seen;
  EXPECT_EQ(
      bench.loop.run(through_proxy(&bench, "http://elsewhere:1", "", &seen)),
      "unavailable: no connection to sts.amazonaws.com:443 through the proxy elsewhere:1: the proxy cannot be reached");
}

TEST(AllowDialer, RefusesWhatIsNotListed) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    MemoryNetwork network;
    auto one = network.listen(Endpoint("sts.sim", 443));
    auto other = network.listen(Endpoint("sts.amazonaws.com", 443));
    std::vector<Endpoint> allowed;
    allowed.emplace_back("STS.sim", 443);
    AllowDialer dialer(network.dialer(), std::move(allowed), "the simulated world sim:1");
    auto good = co_await dialer.dial(b->ctx(), Endpoint("sts.sim", 443));
    EXPECT_TRUE(good.has_value());
    auto bad = co_await dialer.dial(b->ctx(), Endpoint("sts.amazonaws.com", 443));
    EXPECT_EQ(bad.error().kind(), ErrorKind::refused);
    EXPECT_EQ(bad.error().message(),
              "refused to connect to sts.amazonaws.com:443: it is not an address of the simulated world sim:1");
    auto port = co_await dialer.dial(b->ctx(), Endpoint("sts.sim", 80));
    EXPECT_EQ(port.error().kind(), ErrorKind::refused);
    co_return 0;
  }(&bench));
}

}  // namespace
}  // namespace postern::net
