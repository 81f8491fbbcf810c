#include "aws/auth/settings.hpp"

#include <gtest/gtest.h>

#include "aws/auth/session_name.hpp"
#include "aws/auth/testing/fakes.hpp"

namespace postern::aws::auth {
namespace {

constexpr std::string_view kConfig =
    "[default]\nregion = eu-west-1\n"
    "[profile sim]\nregion = us-west-2\nendpoint_url = http://127.0.0.1:1\nservices = local\nretry_mode = adaptive\n"
    "max_attempts = 7\nca_bundle = /ca.pem\nuse_fips_endpoint = TRUE\n"
    "[services local]\nssm =\n  endpoint_url = http://127.0.0.1:2\nec2 =\n  other = 1\n"
    "[profile lost]\nservices = nowhere\n"
    "[profile bad]\nmax_attempts = many\n";

std::shared_ptr<const SharedConfig> test_config() {
  return SharedConfig::parse(kConfig, "config", "", "credentials").value();
}

TEST(Settings, OptionThenEnvironmentThenProfile) {
  testing::FakeEnvironment environment;
  const auto config = test_config();
  SettingsOptions options;
  const auto region = [&]() {
    const auto settings = load_settings(environment, *config, options);
    return settings ? settings->region + " from " + settings->region_source : settings.error().to_text();
  };
  EXPECT_EQ(region(), "eu-west-1 from profile default");
  environment.variables["AWS_PROFILE"] = "sim";
  EXPECT_EQ(region(), "us-west-2 from profile sim");
  environment.variables["AWS_DEFAULT_REGION"] = "ap-south-1";
  EXPECT_EQ(region(), "ap-south-1 from AWS_DEFAULT_REGION");
  environment.variables["AWS_REGION"] = "ap-south-2";
  EXPECT_EQ(region(), "ap-south-2 from AWS_REGION");
  options.region = "sa-east-1";
  EXPECT_EQ(region(), "sa-east-1 from --region");
  options.profile = "simm";
  EXPECT_EQ(region(), "the profile 'simm' is neither in config nor in credentials: did you mean sim?");
}

TEST(Settings, ProfileKeysAreRead) {
  testing::FakeEnvironment environment;
  SettingsOptions options;
  options.profile = "sim";
  const auto settings = load_settings(environment, *test_config(), options);
  ASSERT_TRUE(settings) << settings.error().to_text();
  EXPECT_EQ(settings->profile_choice, ProfileChoice::option);
  EXPECT_EQ(settings->retry_mode, RetryMode::adaptive);
  EXPECT_EQ(settings->max_attempts, 7);
  EXPECT_EQ(settings->ca_bundle, "/ca.pem");
  EXPECT_TRUE(settings->endpoints.use_fips);
  EXPECT_FALSE(settings->endpoints.use_dual_stack);
}

TEST(Settings, EndpointsInTheEcosystemsOrder) {
  testing::FakeEnvironment environment;
  environment.variables["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:3";
  environment.variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4";
  environment.variables["AWS_ENDPOINT_URL_EC2"] = "";
  SettingsOptions options;
  options.profile = "sim";
  const auto sources = [&]() {
    std::string out;
    const Settings settings = load_settings(environment, *test_config(), options).value();
    for (const CustomEndpoint& custom : settings.endpoints.custom) {
      out += custom.service + "=" + custom.url + " (" + custom.source + ")\n";
    }
    return out;
  };
  EXPECT_EQ(sources(),
            "STS=http://127.0.0.1:3 (AWS_ENDPOINT_URL_STS)\n"
            "=http://127.0.0.1:4 (AWS_ENDPOINT_URL)\n"
            "SSM=http://127.0.0.1:2 (config:12 [services local])\n"
            "=http://127.0.0.1:1 (profile sim)\n");
  environment.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  options.endpoint_url = "http://127.0.0.1:5";
  EXPECT_EQ(sources(), "=http://127.0.0.1:5 (--endpoint-url)\n");
}

TEST(Settings, NonsenseIsRefusedWithItsPlace) {
  testing::FakeEnvironment environment;
  SettingsOptions options;
  const auto message = [&]() { return load_settings(environment, *test_config(), options).error().message(); };
  options.profile = "lost";
  EXPECT_EQ(message(), "config:17: profile lost wants [services nowhere], which is not there");
  options.profile = "bad";
  EXPECT_EQ(message(), "max_attempts from profile bad must be a whole number from 1 to 1000, not 'many'");
  options.profile = "";
  environment.variables["AWS_RETRY_MODE"] = "eager";
  EXPECT_EQ(message(), "the retry mode from AWS_RETRY_MODE must be legacy, standard or adaptive, not 'eager'");
}

TEST(SessionName, KeepsTheRunAndStaysWithinStsLimits) {
  EXPECT_EQ(make_session_name("ada", "01JD"), "postern-ada-01JD");
  EXPECT_EQ(make_session_name("DOMAIN\\ada lovelace", "x/y"), "postern-DOMAIN-ada-lovelace-x-y");
  EXPECT_EQ(make_session_name("", ""), "postern");
  const std::string run(26, 'R');
  const std::string name = make_session_name(std::string(100, 'u'), run);
  EXPECT_EQ(name.size(), 64u);
  EXPECT_TRUE(name.ends_with("-" + run));
  for (const std::string& made : {name, make_session_name("\xc3\xa9", std::string(200, 'x'))}) {
    EXPECT_EQ(session_name_problem(made), "") << made;
  }
}

TEST(SessionName, OfACallerIsTheUsersOrTheSessions) {
  EXPECT_EQ(name_of_caller("arn:aws:iam::111122223333:user/ops/ana"), "ana");
  EXPECT_EQ(name_of_caller("arn:aws:sts::111122223333:assumed-role/Hub/ana@example.com"), "ana@example.com");
  EXPECT_EQ(name_of_caller("arn:aws:sts::111122223333:federated-user/an:a"), "an-a");
  EXPECT_EQ(name_of_caller("arn:aws:iam::111122223333:root"), "");
}

TEST(RoleArn, IsCheckedBeforeAnythingIsSent) {
  const auto role = parse_role_arn("arn:aws-us-gov:iam::444455556666:role/a/b/Operator");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->partition, "aws-us-gov");
  EXPECT_EQ(role->account_id, "444455556666");
  EXPECT_EQ(role->name, "Operator");
  for (const char* bad : {"", "arn", "arn:aws:iam::44445555666:role/x", "arn:aws:iam::444455556666:user/x",
                          "arn:aws:sts::444455556666:role/x", "arn:xyz:iam::444455556666:role/x",
                          "arn:aws:iam::444455556666:role/", "arn:aws:iam:us-east-1:444455556666:role/x"}) {
    EXPECT_FALSE(parse_role_arn(bad)) << bad;
  }
}

}  // namespace
}  // namespace postern::aws::auth
