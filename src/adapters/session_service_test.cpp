#include "adapters/session_service.hpp"

#include <gtest/gtest.h>

namespace postern::adapters {
namespace session_service_test {

Error told(std::string code) {
  AwsFault fault;
  fault.code = std::move(code);
  fault.service = "ssm";
  return Error(ErrorKind::service, "AWS said so").aws(std::move(fault));
}

TEST(SessionService, KnowsANodeThatIsNotConnected) {
  EXPECT_TRUE(is_not_connected(told("TargetNotConnected")));
  EXPECT_FALSE(is_not_connected(told("AccessDeniedException")));
  EXPECT_FALSE(is_not_connected(Error(ErrorKind::unavailable, "no network")));
}

TEST(SessionService, ForgottenSessionsHaveNoToken) {
  EXPECT_TRUE(is_forgotten(told("DoesNotExistException")));
  EXPECT_FALSE(is_forgotten(told("ThrottlingException"))) << "it is asked again";
  EXPECT_FALSE(is_forgotten(Error(ErrorKind::unavailable, "no network")));
}

TEST(SessionService, AnEndpointOfItsOwnTakesThePlaceOfTheHostAlone) {
  const std::string url =
      "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/ops-1?role=publish_subscribe&x=%2F";
  EXPECT_EQ(*stream_url_at(url, {}), url);
  EXPECT_EQ(*stream_url_at(url, {aws::CustomEndpoint("", "https://127.0.0.1:8443", "all")}), url)
      << "an endpoint for everything answers with addresses of its own";
  EXPECT_EQ(*stream_url_at(url, {aws::CustomEndpoint("SSMMESSAGES", "https://vpce-1.example:8443", "variable")}),
            "wss://vpce-1.example:8443/v1/data-channel/ops-1?role=publish_subscribe&x=%2F");
  EXPECT_EQ(*stream_url_at(url, {aws::CustomEndpoint("SSMMESSAGES", "http://127.0.0.1:80", "variable")}),
            "ws://127.0.0.1/v1/data-channel/ops-1?role=publish_subscribe&x=%2F");
  EXPECT_FALSE(stream_url_at(url, {aws::CustomEndpoint("SSMMESSAGES", "not a url", "variable")}));
}

}  // namespace session_service_test
}  // namespace postern::adapters
