#include "flow/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/run_records.hpp"
#include "flow/script.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::flow {
namespace secrets_test {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSalt = "00112233445566778899aabbccddeeff";

CommandSpec script_with_secret(std::string text) {
  Script script;
  script.text = std::move(text);
  script.environment.emplace_back("DB_PASSWORD", secret_mark(kSalt, "DB_PASSWORD"));
  Result<CommandSpec> spec = encode_script(script);
  CHECK(spec.has_value());
  spec->secret_salt = kSalt;
  SecretUse use;
  use.name = "DB_PASSWORD";
  use.source = "env:DB";
  spec->secrets.push_back(use);
  return std::move(*spec);
}

SecretValues values_of(std::string value) {
  SecretValues values;
  values.add("DB_PASSWORD", Secret<std::string>(std::move(value)));
  return values;
}

TEST(SecretValues, FillsScriptsOfEveryKindOnlyWhenTheyAreSent) {
  for (const char* text : {"echo hi\n", "#!/usr/bin/env python3\nprint('hi')\n", "echo '{{ x }}'\n"}) {
    const CommandSpec spec = script_with_secret(text);
    EXPECT_THAT(spec_text(spec), Not(HasSubstr("hunter2")));
    const Result<CommandSpec> filled = values_of("hunter2").fill(spec);
    ASSERT_TRUE(filled.has_value());
    EXPECT_THAT(filled->sh_lines, Contains(export_for_sh(EnvVariable("DB_PASSWORD", "hunter2"))));
    for (const std::string& line : filled->sh_lines) EXPECT_THAT(line, Not(HasSubstr("postern-secret-")));
    for (const std::string& line : filled->powershell_lines) EXPECT_THAT(line, Not(HasSubstr("postern-secret-")));
  }
}

TEST(SecretValues, FillsParametersOfDocuments) {
  CommandSpec spec;
  spec.secret_salt = kSalt;
  spec.document.emplace();
  spec.document->parameters["DB_PASSWORD"] = {secret_mark(kSalt, "DB_PASSWORD")};
  spec.document->parameters["Other"] = {"postern-secret-of-somebody-else"};
  SecretUse use;
  use.name = "DB_PASSWORD";
  spec.secrets.push_back(use);
  const Result<CommandSpec> filled = values_of("hunter2").fill(spec);
  ASSERT_TRUE(filled.has_value());
  EXPECT_EQ(filled->document->parameters.at("DB_PASSWORD").front(), "hunter2");
  EXPECT_EQ(filled->document->parameters.at("Other").front(), "postern-secret-of-somebody-else");
}

TEST(SecretValues, RefusesWhatIsMissingOrTooLarge) {
  const CommandSpec spec = script_with_secret("echo hi\n");
  const Result<CommandSpec> missing = SecretValues().fill(spec);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().delivery(), Delivery::not_sent);
  const Result<CommandSpec> large = values_of(std::string(kScriptBytesMax, 's')).fill(spec);
  ASSERT_FALSE(large.has_value());
  EXPECT_THAT(large.error().message(), Not(HasSubstr("sss")));
}

TEST(SecretValues, TakesThemOutOfWhatNodesPrint) {
  std::string text = "user=a password=hunter2 again hunter2";
  values_of("hunter2").redact(text);
  EXPECT_EQ(text, "user=a password=[secret DB_PASSWORD] again [secret DB_PASSWORD]");
  std::string short_one = "abc";
  values_of("b").redact(short_one);
  EXPECT_EQ(short_one, "abc");
  SecretValues hidden;
  hidden.hide_outputs();
  hidden.redact(text);
  EXPECT_THAT(text, HasSubstr("left out"));
}

TEST(SecretDigest, DependsOnTheSaltAndTheValue) {
  EXPECT_EQ(secret_digest(kSalt, "hunter2"), secret_digest(kSalt, "hunter2"));
  EXPECT_NE(secret_digest(kSalt, "hunter2"), secret_digest(kSalt, "hunter3"));
  EXPECT_NE(secret_digest(kSalt, "hunter2"), secret_digest("ff", "hunter2"));
  // hashlib.pbkdf2_hmac("sha256", b"hunter2", b"00112233445566778899aabbccddeeff", 100000).hex()
  EXPECT_EQ(secret_digest(kSalt, "hunter2"), "1bded7b720a76a719ad9c053b6e56e48af3eefe80cfe34962fad2c7a3ebdbec3");
}

TEST(SoundsSecret, KnowsTheUsualNames) {
  for (const char* name : {"DB_PASSWORD", "MasterUserPassword", "api-key", "ApiKey", "GITHUB_TOKEN", "client_secret",
                           "SSH_PRIVATE_KEY", "aws_secret_access_key", "Passphrase"}) {
    EXPECT_TRUE(sounds_secret(name)) << name;
  }
  for (const char* name : {"KEY", "KeyName", "MARK", "commands", "PATH", "Operation", "executionTimeout", "COMPASS"}) {
    EXPECT_FALSE(sounds_secret(name)) << name;
  }
}

TEST(SpecText, IsTheSameForTwoRunsOfOnePlan) {
  CommandSpec one = script_with_secret("echo hi\n");
  CommandSpec other = one;
  const std::string salt = "ffeeddccbbaa99887766554433221100";
  for (std::string& line : other.sh_lines) {
    if (const std::size_t at = line.find(kSalt); at != std::string::npos) line.replace(at, salt.size(), salt);
  }
  for (std::string& line : other.powershell_lines) {
    if (const std::size_t at = line.find(kSalt); at != std::string::npos) line.replace(at, salt.size(), salt);
  }
  other.secret_salt = salt;
  EXPECT_EQ(spec_text(one), spec_text(other));
}

TEST(ReadParameter, IsDoneByTheNode) {
  CommandSpec spec = script_with_secret("echo hi\n");
  replace_secret_lines(spec, "DB_PASSWORD", read_parameter_for_sh("DB_PASSWORD", "/db/password"),
                       read_parameter_for_powershell("DB_PASSWORD", "/db/password"));
  EXPECT_THAT(spec.sh_lines, Contains(HasSubstr("--name /db/password --with-decryption")));
  EXPECT_THAT(spec.powershell_lines, Contains(HasSubstr("Get-SSMParameter -Name '/db/password'")));
}

TEST(MakeSecretSalt, IsSixteenBytes) {
  rt::testing::ManualLoop loop;
  EXPECT_EQ(make_secret_salt(loop.context()).size(), 32U);
}

}  // namespace secrets_test
}  // namespace postern::flow
