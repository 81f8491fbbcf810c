#include <gtest/gtest.h>

#include "aws/auth/credential_json.hpp"
#include "aws/auth/metadata_providers.hpp"
#include "aws/auth/process_provider.hpp"
#include "aws/auth/testing/fakes.hpp"

namespace postern::aws::auth {
namespace {

using testing::AuthBed;

constexpr std::string_view kAnswer = R"({"AccessKeyId":"ASIAECS","SecretAccessKey":"s3cret","Token":"t",)"
                                     R"("Expiration":"2099-01-01T00:00:00Z","RoleArn":"r","x":[{}]})";

TEST(ContainerProvider, RelativeAndFullAddressesAndTokens) {
  AuthBed bed;
  bed.environment.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/creds?id=1";
  bed.http.answer("GET http://169.254.170.2/v2/creds?id=1", 200, std::string(kAnswer));
  ContainerProvider provider(bed.parts);
  EXPECT_EQ(bed.resolve(provider)->access_key_id, "ASIAECS");

  bed.environment.variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  bed.environment.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  bed.environment.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/eks";
  bed.files.contents["/eks"] = "pod-token\n";
  bed.http.answer("GET http://169.254.170.23/v1/credentials", 200, std::string(kAnswer));
  ASSERT_TRUE(bed.resolve(provider));
  EXPECT_EQ(bed.http.requests.back().headers.get("Authorization"), "pod-token");
}

TEST(ContainerProvider, TokensDoNotGoToStrangersInTheClear) {
  for (const char* url : {"http://evil.example/", "http://127.0.0.1.evil.example/", "http://169.254.169.254/"}) {
    AuthBed bed;
    bed.environment.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    ContainerProvider provider(bed.parts);
    const auto found = bed.resolve(provider);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message().find("over plain HTTP"), std::string::npos);
    EXPECT_TRUE(bed.http.requests.empty());
  }
}

TEST(ContainerProvider, ConfiguredButSilentIsAnErrorAfterThreeAttempts) {
  AuthBed bed;
  bed.environment.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  ContainerProvider provider(bed.parts);
  const auto found = bed.resolve(provider);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::credentials);
  EXPECT_EQ(bed.http.requests.size(), 3u);
}

TEST(InstanceProvider, AnythingThatIsNotImdsDoesNotApply) {
  const std::string token = "PUT http://169.254.169.254/latest/api/token";
  const std::string role = "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/";
  struct Row {
    std::map<std::string, std::pair<int, std::string>> answers;
    std::string message;
  };
  const Row rows[] = {
      {{}, "connection refused"},
      {{{token, {403, ""}}}, "HTTP 403"},
      {{{token, {200, "<html>captive portal</html>"}}}, "is not IMDS"},
      {{{token, {200, "t"}}, {role, {404, ""}}}, "HTTP 404"},
      {{{token, {200, "t"}}, {role, {200, "<html>"}}}, "the instance has no role"},
  };
  for (const Row& row : rows) {
    AuthBed bed;
    for (const auto& [key, answer] : row.answers) bed.http.answer(key, answer.first, answer.second);
    InstanceProvider provider(bed.parts, MetadataSettings());
    const auto found = bed.resolve(provider);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind(), ErrorKind::not_found);
    EXPECT_NE(found.error().message().find(row.message), std::string::npos) << found.error().message();
  }
}

TEST(CredentialJson, SaysWhatIsMissingAndNeverShowsTheText) {
  struct Row {
    CredentialDocument kind;
    std::string text;
    std::string message;
  };
  using K = CredentialDocument;
  const Row rows[] = {
      {K::process, "s3cret", "src: the answer is not the JSON that it should be"},
      {K::process, R"({"Version":2,"AccessKeyId":"a","SecretAccessKey":"s3cret"})",
       "src: \"Version\" must be 1, not 2"},
      {K::process, R"({"Version":1,"SecretAccessKey":"s3cret"})", "src: no \"AccessKeyId\" in the answer"},
      {K::process, R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cret","Expiration":"soon"})",
       "src: \"Expiration\" is not a time: 'soon'"},
      {K::metadata, R"({"AccessKeyId":"a","SecretAccessKey":"s3cret"})", "src: no \"Expiration\" in the answer"},
      {K::metadata, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"})",
       "src: answered AssumeRoleUnauthorizedAccess: no trust"},
      {K::metadata, R"([1])", "src: the answer is not the JSON that it should be"},
      {K::metadata, R"({"AccessKeyId":{"a":1}})", "src: the answer is not the JSON that it should be"},
  };
  for (const Row& row : rows) {
    const auto found = parse_credential_json(row.text, row.kind, "src");
    ASSERT_FALSE(found) << row.text;
    EXPECT_EQ(found.error().message().substr(0, row.message.size()), row.message);
    EXPECT_EQ(found.error().to_text().find("s3cret"), std::string::npos);
  }
  const auto lasting = parse_credential_json(
      R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":null})", K::process, "src");
  ASSERT_TRUE(lasting);
  EXPECT_FALSE(lasting->expires);
}

TEST(ProcessProvider, RunsWithoutAShellAndQuotesStderr) {
  AuthBed bed;
  const auto config = SharedConfig::parse("[default]\ncredential_process = /bin/helper --for \"my team\" $HOME\n",
                                          "config", "", "credentials")
                          .value();
  ProcessProvider provider(bed.parts, config, "default");
  bed.processes.result.exit_code = 3;
  bed.processes.result.output = "s3cret";
  bed.processes.result.errors = "token\x1b[31m expired\n";
  const auto found = bed.resolve(provider);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message(),
            "credential_process of profile default: /bin/helper ended with status 3: token\\x1b[31m expired");
  EXPECT_EQ(bed.processes.started.at(0), (std::vector<std::string>{"/bin/helper", "--for", "my team", "$HOME"}));
}

}  // namespace
}  // namespace postern::aws::auth
