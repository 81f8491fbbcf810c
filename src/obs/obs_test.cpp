#include <gtest/gtest.h>

#include "obs/explanations.hpp"
#include "obs/redaction.hpp"

namespace postern::obs {
namespace {

Explanations::Sink into(std::string& text) {
  return [&text](std::string_view line) { text += line; };
}

TEST(Explanations, PrintDecisionsWithVAndCallsWithVv) {
  std::string errors;
  ExplanationOptions options;
  Explanations silent(into(errors), options);
  silent.explain("credentials", "environment");
  EXPECT_EQ(errors, "");
  options.verbosity = 1;
  Explanations decisions(into(errors), options);
  decisions.explain("credentials", "environment");
  decisions.explain("call", "sts:GetCallerIdentity");
  EXPECT_EQ(errors, "[credentials] environment\n");
  options.verbosity = 2;
  options.kept_max = 2;
  Explanations all(into(errors), options);
  for (int i = 0; i < 5; ++i) all.explain("call", std::to_string(i));
  ASSERT_EQ(all.kept().size(), 2U);
  EXPECT_EQ(all.kept().back().text, "4");
}

TEST(Explanations, NoSecretAndNoControlCharacterPasses) {
  std::string errors;
  ExplanationOptions options;
  options.verbosity = 1;
  Explanations why(into(errors), options);
  why.explain("credentials", "process said aws_secret_access_key=abc/DEF+1 \x1b[31m");
  EXPECT_EQ(errors, "[credentials] process said aws_secret_access_key=*** \\x1b[31m\n");
}

TEST(Redact, MasksValuesAndKeepsTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"nothing here", "nothing here"},
      {"AWS_SESSION_TOKEN=abc next", "AWS_SESSION_TOKEN=*** next"},
      {"aws_secret_access_key = abc/+=", "aws_secret_access_key = ***"},
      {R"({"SecretAccessKey":"abc","AccessKeyId":"AKIA1"})", R"({"SecretAccessKey":"***","AccessKeyId":"AKIA1"})"},
      {R"({"SecretAccessKey" : "a b;c,d}e"})", R"({"SecretAccessKey" : "***"})"},
      {R"("{\"SessionToken\": \"abc\", \"x\": 1}")", R"("{\"SessionToken\": \"***\", \"x\": 1}")"},
      {"<SessionToken>abc</SessionToken><Expiration>2026", "<SessionToken>***</SessionToken><Expiration>2026"},
      {"Authorization: AWS4-HMAC-SHA256 Credential=AKIA1/x, Signature=ff\nnext", "Authorization: ***\nnext"},
      {"X-Amz-Security-Token: abc\r\nHost: x", "X-Amz-Security-Token: ***\r\nHost: x"},
      {"https://h/?X-Amz-Signature=ff00&X-Amz-Date=1", "https://h/?X-Amz-Signature=***&X-Amz-Date=1"},
      {"password: hunter2; rest", "password: ***; rest"},
      {"password='a\"b c' rest", "password='***' rest"},
      {"vault --token abc --user me", "vault --token *** --user me"},
      {"-----BEGIN RSA PRIVATE KEY-----\nMII\nabc\n-----END RSA PRIVATE KEY-----\n",
       "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\n"},
      {"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
       "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"},
      {"-----BEGIN PRIVATE KEY-----\nMII", "-----BEGIN PRIVATE KEY-----***"},
      {"token=", "token="},
      {"the security token included in the request is expired",
       "the security token included in the request is expired"},
      {"NextToken=abc is a page", "NextToken=abc is a page"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(redact(text), expected);
}

}  // namespace
}  // namespace postern::obs
