#include <gtest/gtest.h>

#include "obs/counters.hpp"
#include "obs/explanations.hpp"
#include "obs/redaction.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::obs {
namespace {

LogOutput into(std::string& text, LogLevel level, LogForm form = LogForm::terminal) {
  return LogOutput([&text](std::string_view line) { text += line; }, level, form);
}

LogFields some_fields() {
  LogFields fields;
  fields.emplace_back("operation", "ssm:SendCommand");
  fields.emplace_back("why", "two words");
  fields.emplace_back("status", 200);
  return fields;
}

TEST(Log, WritesWhatAnOutputWants) {
  rt::testing::ManualLoop loop;
  std::string terminal;
  std::string file;
  Log log(loop.clock());
  EXPECT_FALSE(log.enabled(LogLevel::error));
  log.write(LogLevel::error, "lost", some_fields());
  log.add(into(terminal, LogLevel::info));
  EXPECT_TRUE(log.enabled(LogLevel::info));
  EXPECT_FALSE(log.enabled(LogLevel::debug));
  log.add(into(file, LogLevel::debug, LogForm::json));
  EXPECT_TRUE(log.enabled(LogLevel::debug));
  log.write(LogLevel::debug, "aws.call", some_fields());
  EXPECT_EQ(terminal, "");
  EXPECT_EQ(file,
            "{\"time\":\"2023-11-14T22:13:20Z\",\"level\":\"debug\",\"event\":\"aws.call\",\"operation\":"
            "\"ssm:SendCommand\",\"why\":\"two words\",\"status\":200}\n");
  log.write(LogLevel::warning, "aws.call", some_fields());
  EXPECT_EQ(terminal, "[aws.call] operation=ssm:SendCommand why=\"two words\" status=200\n");
}

TEST(Log, NoSecretAndNoControlCharacterPasses) {
  rt::testing::ManualLoop loop;
  std::string terminal;
  std::string file;
  Log log(loop.clock());
  log.add(into(terminal, LogLevel::debug));
  log.add(into(file, LogLevel::debug, LogForm::json));
  LogFields fields;
  fields.emplace_back("error", "said SecretAccessKey=abc/DEF \x1b[31m\nnext");
  fields.emplace_back("text", std::string(5000, 'x'));
  log.write(LogLevel::info, "x", fields);
  for (const std::string& text : {terminal, file}) {
    EXPECT_EQ(text.find("abc/DEF"), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_LT(text.size(), 2300U);
  }
}

TEST(Counters, AreFieldsInOrder) {
  Counters counters;
  counters.add("sts:AssumeRole");
  counters.add("calls", 2);
  counters.add("calls");
  rt::testing::ManualLoop loop;
  std::string terminal;
  Log log(loop.clock());
  log.add(into(terminal, LogLevel::debug));
  log.write(LogLevel::debug, "aws.calls", counters.fields());
  EXPECT_EQ(terminal, "[aws.calls] calls=3 sts:AssumeRole=1\n");
}

TEST(Explanations, AreEventsOfTheirTopic) {
  rt::testing::ManualLoop loop;
  Log silent(loop.clock());
  Explanations nobody(silent);
  EXPECT_FALSE(nobody.wants("credentials"));
  nobody.explain("credentials", "environment");
  EXPECT_TRUE(nobody.kept().empty());

  std::string decisions;
  Log info(loop.clock());
  info.add(into(decisions, LogLevel::info));
  Explanations why(info);
  why.explain("credentials", "process said aws_secret_access_key=abc/DEF+1 \x1b[31m");
  why.explain("call", "sts:GetCallerIdentity");
  EXPECT_EQ(decisions, "[credentials] process said aws_secret_access_key=*** \\x1b[31m\n");
  EXPECT_EQ(why.kept().size(), 1U);

  std::string all;
  Log debug(loop.clock());
  debug.add(into(all, LogLevel::debug));
  Explanations every(debug, 2);
  for (int i = 0; i < 5; ++i) every.explain("call", std::to_string(i));
  ASSERT_EQ(every.kept().size(), 2U);
  EXPECT_EQ(every.kept().back().text, "4");
  EXPECT_EQ(all, "[call] 0\n[call] 1\n[call] 2\n[call] 3\n[call] 4\n");
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
