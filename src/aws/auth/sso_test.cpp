#include <gtest/gtest.h>

#include "aws/auth/sso_provider.hpp"
#include "aws/auth/testing/fakes.hpp"
#include "aws/core/invoker.hpp"

namespace postern::aws::auth {
namespace {

using testing::AuthBed;

constexpr std::string_view kSsoConfig =
    "[profile work]\nsso_session = my-session\nsso_account_id = 444455556666\nsso_role_name = Operator\nregion = "
    "us-east-1\n"
    "[sso-session my-session]\nsso_region = eu-west-1\nsso_start_url = https://d-1234.awsapps.com/start\n"
    "[profile old]\nsso_start_url = https://d-1234.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = "
    "444455556666\nsso_role_name = Operator\n"
    "[profile token]\nsso_session = my-session\n"
    "[profile lost]\nsso_session = nowhere\nsso_account_id = 444455556666\nsso_role_name = Operator\n"
    "[profile torn]\nsso_session = my-session\nsso_region = us-east-1\nsso_account_id = 444455556666\nsso_role_name = "
    "Operator\n"
    "[profile half]\nsso_session = my-session\nsso_role_name = Operator\n"
    "[profile chained]\nrole_arn = arn:aws:iam::777788889999:role/Target\nsource_profile = work\n";
// SHA-1 of "my-session" and of the start URL.
constexpr std::string_view kSessionFile = "/home/ada/.aws/sso/cache/9e28173066ce536e277c5fb355efd9c64f398167.json";
constexpr std::string_view kUrlFile = "/home/ada/.aws/sso/cache/4c73126ffe99e8f14e2b25775d5fad6231197402.json";
constexpr std::string_view kPortal = "GET https://portal.sso.eu-west-1.amazonaws.com";
constexpr std::string_view kToken = "sso-bearer-token-secret";

/// The real pipeline over a fake transport. The loop's clock begins at 2023-11-14T22:13:20Z.
struct SsoBed : AuthBed {
  SsoBed() {
    InvokerOptions options;
    options.retry.attempts_max = 1;
    pipeline = make_invoker(InvokerParts(http, EndpointConfig()), options);
    parts.invoker = pipeline.get();
  }
  void sign_in(std::string_view file, std::string_view end) {
    files.contents[std::string(file)] = R"({"startUrl": "https://d-1234.awsapps.com/start", "region": "eu-west-1",
      "accessToken": ")" + std::string(kToken) +
                                        R"(", "refreshToken": "r", "clientId": null, "scopes": ["a"],
      "expiresAt": ")" + std::string(end) +
                                        "\"}";
  }
  void answer_keys(int status = 200, std::string body = R"({"roleCredentials": {"accessKeyId": "ASIASSO",
      "secretAccessKey": "sso-secret", "sessionToken": "sso-session", "expiration": 1700003600000}})") {
    http.answer(std::string(kPortal) + "/federation/credentials?role_name=Operator&account_id=444455556666", status,
                std::move(body));
  }
  Result<Credentials> resolve_profile(const std::string& name) {
    const auto config = SharedConfig::parse(kSsoConfig, "config", "", "credentials").value();
    SsoProvider provider(parts, config, name);
    return resolve(provider);
  }
  std::unique_ptr<Invoker> pipeline;
};

TEST(SsoProvider, ExchangesTheCachedTokenForKeys) {
  for (const auto& [profile, file] : {std::pair("work", kSessionFile), std::pair("old", kUrlFile)}) {
    SsoBed bed;
    bed.sign_in(file, "2023-11-15T00:00:00Z");
    bed.answer_keys();
    const auto keys = bed.resolve_profile(profile);
    ASSERT_TRUE(keys) << keys.error().to_text();
    EXPECT_EQ(keys->access_key_id, "ASIASSO");
    EXPECT_EQ(keys->secret_access_key.reveal(), "sso-secret");
    EXPECT_EQ(keys->session_token.reveal(), "sso-session");
    EXPECT_EQ(keys->account_id, "444455556666");
    EXPECT_EQ(format_rfc3339(*keys->expires), "2023-11-14T23:13:20Z");
    ASSERT_EQ(bed.http.requests.size(), 1U);
    EXPECT_EQ(bed.http.requests[0].headers.get("x-amz-sso_bearer_token"), kToken);
    EXPECT_EQ(bed.http.requests[0].headers.get("Authorization"), "");
  }
}

TEST(SsoProvider, AnEndedSignInSaysHowToSignIn) {
  struct Row {
    std::string end;
    std::string text;
  };
  const Row rows[] = {
      {"2023-11-14T22:13:20Z", "the sign-in to https://d-1234.awsapps.com/start ended at 2023-11-14T22:13:20Z"},
      {"2020-06-17T10:02:08UTC", "the sign-in to https://d-1234.awsapps.com/start ended at 2020-06-17T10:02:08Z"},
      {"tomorrow", "the cached sign-in in " + std::string(kSessionFile) + " does not say when it ends"},
      {"", "the cached sign-in in " + std::string(kSessionFile) + " does not say when it ends"},
  };
  for (const Row& row : rows) {
    SsoBed bed;
    bed.sign_in(kSessionFile, row.end);
    const auto keys = bed.resolve_profile("work");
    ASSERT_FALSE(keys) << row.end;
    EXPECT_EQ(keys.error().kind(), ErrorKind::credentials);
    EXPECT_EQ(keys.error().message(), "profile work: " + row.text + "; sign in with: aws sso login --profile work");
    EXPECT_TRUE(bed.http.requests.empty());
  }
  SsoBed nobody;
  EXPECT_EQ(nobody.resolve_profile("work").error().message(),
            "profile work: nobody has signed in to https://d-1234.awsapps.com/start; sign in with: aws sso login "
            "--profile work");
}

TEST(SsoProvider, ACacheFileThatIsNoneIsNamedAndNotShown) {
  for (const std::string& text : {std::string(), std::string("not json"), std::string("[]"), std::string("{}"),
                                 std::string(R"({"accessToken": 7, "expiresAt": "2030-01-01T00:00:00Z"})"),
                                 std::string(R"({"accessToken": "a\r\nb", "expiresAt": "2030-01-01T00:00:00Z"})"),
                                 std::string(R"({"accessToken": "sso-bearer-token-secret")")}) {
    SsoBed bed;
    bed.files.contents[std::string(kSessionFile)] = text;
    const auto keys = bed.resolve_profile("work");
    ASSERT_FALSE(keys) << text;
    EXPECT_NE(keys.error().message().find("cannot be used; sign in with: aws sso login"), std::string::npos) << text;
    EXPECT_EQ(keys.error().to_text().find(kToken), std::string::npos);
  }
}

TEST(SsoProvider, WhatTheServiceRefusesIsSaidInWords) {
  struct Row {
    int status;
    ErrorKind kind;
    std::string text;
  };
  const Row rows[] = {
      {401, ErrorKind::credentials, "is no longer valid; sign in with: aws sso login --profile work"},
      {403, ErrorKind::denied, "does not give you the role Operator of account 444455556666: is it assigned to you?"},
      {404, ErrorKind::denied, "does not give you the role Operator of account 444455556666: is it assigned to you?"},
      {429, ErrorKind::throttled, "slow"},
  };
  for (const Row& row : rows) {
    SsoBed bed;
    bed.sign_in(kSessionFile, "2023-11-15T00:00:00Z");
    const std::string type = row.status == 401   ? "UnauthorizedException"
                             : row.status == 403 ? "ForbiddenException"
                             : row.status == 404 ? "ResourceNotFoundException"
                                                 : "TooManyRequestsException";
    bed.answer_keys(row.status, R"({"__type": ")" + type + R"(", "message": "slow"})");
    const auto keys = bed.resolve_profile("work");
    ASSERT_FALSE(keys) << row.status;
    EXPECT_EQ(keys.error().kind(), row.kind) << row.status << keys.error().to_text();
    EXPECT_NE(keys.error().message().find(row.text), std::string::npos) << keys.error().to_text();
    EXPECT_EQ(keys.error().to_text().find(kToken), std::string::npos);
    EXPECT_EQ(bed.explainer.all().find(kToken), std::string::npos);
  }
}

TEST(SsoProvider, AnswersWithoutKeysAreMalformed) {
  for (const char* body : {"{}", R"({"roleCredentials": {"accessKeyId": "A"}})", "<html>"}) {
    SsoBed bed;
    bed.sign_in(kSessionFile, "2023-11-15T00:00:00Z");
    bed.answer_keys(200, body);
    const auto keys = bed.resolve_profile("work");
    ASSERT_FALSE(keys) << body;
    EXPECT_EQ(keys.error().kind(), ErrorKind::malformed) << body;
  }
}

TEST(SsoProvider, MistakesInTheProfileAreNamed) {
  struct Row {
    std::string profile;
    ErrorKind kind;
    std::string message;
  };
  const Row rows[] = {
      {"nobody", ErrorKind::not_found, "no profile nobody"},
      {"token", ErrorKind::not_found, "the profile has neither sso_account_id nor sso_role_name"},
      {"lost", ErrorKind::credentials, "profile lost names the sso_session 'nowhere', which does not exist"},
      {"torn", ErrorKind::credentials, "profile torn has a sso_region that is not that of its sso_session my-session"},
      {"half", ErrorKind::credentials, "profile half signs in through IAM Identity Center, but lacks sso_account_id"},
  };
  for (const Row& row : rows) {
    SsoBed bed;
    const auto keys = bed.resolve_profile(row.profile);
    ASSERT_FALSE(keys) << row.profile;
    EXPECT_EQ(keys.error().kind(), row.kind);
    EXPECT_EQ(keys.error().message(), row.message);
  }
}

}  // namespace
}  // namespace postern::aws::auth
