#include "aws/auth/chain.hpp"

#include <gtest/gtest.h>

#include "aws/auth/testing/fakes.hpp"

namespace postern::aws::auth {
namespace {

using testing::AuthBed;

constexpr std::string_view kMetadata = R"({"Code":"Success","AccessKeyId":"ASIAIMDS","SecretAccessKey":"s3cret-imds",)"
                                       R"("Token":"t","Expiration":"2099-01-01T00:00:00Z"})";

struct ChainRow {
  std::string name;
  std::map<std::string, std::string, std::less<>> environment;
  std::string profile_option;
  std::string config;
  std::string credentials;
  std::string winner;  // access key id; empty: none
  std::string explained;
};

void offer_instance_role(AuthBed& bed) {
  const std::string base = "http://169.254.169.254/latest/";
  bed.http.answer("PUT " + base + "api/token", 200, "imds-token");
  bed.http.answer("GET " + base + "meta-data/iam/security-credentials/", 200, "Node\n");
  bed.http.answer("GET " + base + "meta-data/iam/security-credentials/Node", 200, std::string(kMetadata));
}

using Variables = std::map<std::string, std::string, std::less<>>;

const Variables kEnvironmentKeys = {{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "s3cret-env"}};
const std::string kFileKeys = "aws_access_key_id = AKIAFILE\naws_secret_access_key = s3cret-file\n";

Variables with_variable(Variables base, const std::string& name, const std::string& value) {
  base[name] = value;
  return base;
}

std::vector<ChainRow> chain_rows() {
  const Variables& keys = kEnvironmentKeys;
  const std::string& file_keys = kFileKeys;
  const std::string role = "role_arn = arn:aws:iam::444455556666:role/R\nsource_profile = base\n";
  const std::string base = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s3cret-base\n";
  return {
      {"environment first", keys, "", "[default]\n" + role, base + "[default]\n" + file_keys, "AKIAENV",
       "using environment"},
      {"AWS_PROFILE leaves the environment in", with_variable(keys, "AWS_PROFILE", "p"), "", "", "[p]\n" + file_keys,
       "AKIAENV", ""},
      {"--profile takes it out", keys, "p", "", "[p]\n" + file_keys, "AKIAFILE",
       "environment: not looked at, because --profile was given"},
      {"role before keys",
       {},
       "",
       "[default]\n" + role,
       base + "[default]\n" + file_keys,
       "ASIA-R-1",
       "environment: AWS_ACCESS_KEY_ID"},
      {"web identity before keys",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/W"}},
       "",
       "",
       "[default]\n" + file_keys,
       "ASIA-web-1",
       ""},
      {"role arn without a token",
       {{"AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/W"}},
       "",
       "",
       "[default]\n" + file_keys,
       "AKIAFILE",
       "web identity: AWS_ROLE_ARN is set, but it only names the role for AWS_WEB_IDENTITY_TOKEN_FILE"},
      {"credentials file before process",
       {},
       "",
       "[default]\ncredential_process = helper 'a b'\n",
       "[default]\n" + file_keys,
       "AKIAFILE",
       ""},
      {"process before config keys",
       {},
       "",
       "[default]\ncredential_process = helper 'a b'\n" + file_keys,
       "",
       "AKIAPROC",
       ""},
      {"config keys",
       {},
       "",
       "[default]\n" + file_keys,
       "",
       "AKIAFILE",
       "credential_process of profile default: the profile has no"},
  };
}

std::vector<ChainRow> more_chain_rows() {
  const Variables& keys = kEnvironmentKeys;
  const std::string& file_keys = kFileKeys;
  return {
      {"instance last", {}, "", "", "", "ASIAIMDS", "container credentials: neither AWS_CONTAINER"},
      {"metadata switched off",
       {{"AWS_EC2_METADATA_DISABLED", "true"}},
       "",
       "",
       "",
       "",
       "AWS_EC2_METADATA_DISABLED is true"},
      {"sso is not passed over",
       {},
       "s",
       "[profile s]\nsso_account_id = 444455556666\nsso_role_name = R\n",
       "",
       "",
       "lacks sso_start_url, sso_region"},
      {"aws login is not passed over", {}, "s", "[profile s]\nlogin_session = x\n", "", "", "--profile s --format env"},
      {"half a key is a mistake",
       {{"AWS_ACCESS_KEY_ID", "AKIAENV"}},
       "",
       "",
       "[default]\n" + file_keys,
       "",
       "has an access key id but no"},
      {"expired environment", with_variable(keys, "AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z"), "", "", "", "",
       "the credentials in the environment expired at 2001"},
  };
}

TEST(Chain, BotocoresOrder) {
  std::vector<ChainRow> rows = chain_rows();
  for (const ChainRow& row : more_chain_rows()) rows.push_back(row);
  for (const ChainRow& row : rows) {
    SCOPED_TRACE(row.name);
    AuthBed bed;
    bed.environment.variables = row.environment;
    bed.files.contents["/token"] = "web-token\n";
    bed.files.contents["/home/ada/.aws/config"] = row.config;
    bed.files.contents["/home/ada/.aws/credentials"] = row.credentials;
    bed.processes.result.exit_code = 0;
    bed.processes.result.output = R"({"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"s3cret-proc"})";
    offer_instance_role(bed);
    const auto config = SharedConfig::load(bed.environment, bed.files);
    ASSERT_TRUE(config) << config.error().to_text();
    SettingsOptions options;
    options.profile = row.profile_option;
    const auto settings = load_settings(bed.environment, **config, options);
    ASSERT_TRUE(settings) << settings.error().to_text();
    const auto chain = make_default_chain(bed.parts, *config, *settings);
    const auto found = bed.resolve(*chain);
    if (row.winner.empty()) {
      ASSERT_FALSE(found) << found->source;
      EXPECT_NE((bed.explainer.all() + found.error().to_text()).find(row.explained), std::string::npos)
          << bed.explainer.all();
    } else {
      ASSERT_TRUE(found) << found.error().to_text();
      EXPECT_EQ(found->access_key_id, row.winner);
      EXPECT_TRUE(bed.explainer.has(row.explained)) << bed.explainer.all();
      EXPECT_TRUE(bed.explainer.has("using " + found->source));
      EXPECT_EQ(found->source.find("s3cret"), std::string::npos);
    }
    const std::string said =
        bed.explainer.all() + chain->describe() + (found ? std::string() : found.error().to_text());
    EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
  }
}

TEST(Chain, NobodyHasAnyListsWhatWasTried) {
  AuthBed bed;
  const auto config = SharedConfig::load(bed.environment, bed.files).value();
  const auto chain = make_default_chain(bed.parts, config, Settings());
  const auto found = bed.resolve(*chain);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::credentials);
  EXPECT_EQ(found.error().message(),
            "no AWS credentials found; tried:\n"
            "  environment: AWS_ACCESS_KEY_ID is not set\n"
            "  role of profile default: there is no profile default\n"
            "  web identity: no web identity token file is named\n"
            "  IAM Identity Center of profile default: no profile default\n"
            "  profile default in /home/ada/.aws/credentials: no profile default there\n"
            "  credential_process of profile default: the profile has no credential_process\n"
            "  profile default in /home/ada/.aws/config: no profile default there\n"
            "  container credentials: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is set\n"
            "  instance role (IMDSv2 at http://169.254.169.254): no instance metadata at http://169.254.169.254: "
            "connection refused "
            "by PUT http://169.254.169.254/latest/api/token");
}

TEST(Chain, KeysFromTheEnvironmentMustBeClean) {
  AuthBed bed;
  bed.environment.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "secret\n"}};
  const auto config = SharedConfig::load(bed.environment, bed.files).value();
  const auto found = bed.resolve(*make_default_chain(bed.parts, config, Settings()));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message(), "environment: a key or token contains white space or is not text");
}

}  // namespace
}  // namespace postern::aws::auth
