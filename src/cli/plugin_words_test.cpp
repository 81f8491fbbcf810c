#include <gtest/gtest.h>

#include "cli/plugin_command.hpp"

namespace postern::cli {
namespace plugin_words_test {

const std::string kResponse =
    R"({"SessionId":"ops-1","TokenValue":"secret-token","StreamUrl":"wss://x/v1/data-channel/ops-1?role=publish_subscribe"})";
const std::string kUsual = "https://ssm.us-east-1.amazonaws.com";

TEST(PluginWords, TheSixOfTheAwsCli) {
  const Result<PluginOrder> order =
      parse_plugin_words({kResponse, "us-east-1", "StartSession", "ops",
                          R"({"Target":"i-0123456789abcdef0","DocumentName":"AWS-StartSSHSession"})", kUsual});
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_EQ(order->started.session_id, "ops-1");
  EXPECT_EQ(order->started.token.reveal(), "secret-token");
  EXPECT_EQ(order->started.stream_url, "wss://x/v1/data-channel/ops-1?role=publish_subscribe");
  EXPECT_EQ(order->region, "us-east-1");
  EXPECT_EQ(order->profile, "ops");
  EXPECT_EQ(order->target, "i-0123456789abcdef0");
  EXPECT_TRUE(order->is_port);
  EXPECT_FALSE(order->is_legacy);
  EXPECT_EQ(order->endpoint, "") << "AWS's own is not one of the caller's";
}

TEST(PluginWords, FewerAreThoseOfOlderCallers) {
  const Result<PluginOrder> order = parse_plugin_words({kResponse, "us-east-1", "StartSession"});
  ASSERT_TRUE(order);
  EXPECT_TRUE(order->is_legacy);
  EXPECT_TRUE(parse_plugin_words({kResponse, "us-east-1", "StartSession", "", R"({"Target":"i-1"})"}));
}

TEST(PluginWords, AnEndpointOfTheCallersCounts) {
  const auto endpoint = [](const std::string& url) {
    return parse_plugin_words({kResponse, "us-east-1", "StartSession", "", R"({"Target":"i-1"})", url})->endpoint;
  };
  EXPECT_EQ(endpoint("https://127.0.0.1:8443"), "https://127.0.0.1:8443");
  EXPECT_EQ(endpoint("https://vpce-1.ssm.us-east-1.vpce.amazonaws.com"),
            "https://vpce-1.ssm.us-east-1.vpce.amazonaws.com");
  EXPECT_EQ(endpoint("https://ssm.cn-north-1.amazonaws.com.cn"), "https://ssm.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(endpoint(""), "");
}

TEST(PluginWords, APortIsOneByItsParametersToo) {
  const auto is_port = [](const std::string& request) {
    return parse_plugin_words({kResponse, "us-east-1", "StartSession", "", request})->is_port;
  };
  EXPECT_TRUE(is_port(R"({"Target":"i-1","DocumentName":"Ours","Parameters":{"portNumber":["80"]}})"));
  EXPECT_TRUE(is_port(R"({"Target":"i-1","DocumentName":"AWS-StartPortForwardingSessionToRemoteHost"})"));
  EXPECT_FALSE(is_port(R"({"Target":"i-1","Parameters":{"command":["top"]}})"));
}

// `aws ecs execute-command` hands over what ECS calls them, and the endpoint of ECS.
TEST(PluginWords, ThoseOfEcs) {
  const Result<PluginOrder> order = parse_plugin_words(
      {R"({"sessionId":"ecs-execute-command-1","tokenValue":"secret-token","streamUrl":"wss://x/v1"})", "us-east-1",
       "StartSession", "", R"({"Target":"ecs:cluster_task_task-1"})", "https://ecs.us-east-1.amazonaws.com"});
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_EQ(order->started.session_id, "ecs-execute-command-1");
  EXPECT_EQ(order->started.stream_url, "wss://x/v1");
  EXPECT_EQ(order->started.token.reveal(), "secret-token");
  EXPECT_EQ(order->endpoint, "") << "sessions are resumed at Systems Manager";
}

TEST(PluginWords, MistakesAreNamedAndTheTokenNeverIs) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{kResponse},
                                                {kResponse, "us-east-1", "StopSession"},
                                                {kResponse, "us-east-1", "StartSession", "", "{}"},
                                                {kResponse, "us-east-1", "StartSession", "", "{\"Target\":1}"},
                                                {kResponse.substr(0, 60), "us-east-1", "StartSession"},
                                                {"{\"SessionId\":\"x\"}", "us-east-1", "StartSession"}}) {
    const Result<PluginOrder> order = parse_plugin_words(words);
    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().kind(), ErrorKind::usage);
    EXPECT_EQ(order.error().to_text().find("secret-token"), std::string::npos);
  }
}

}  // namespace plugin_words_test
}  // namespace postern::cli
