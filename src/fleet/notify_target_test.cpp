#include "fleet/notify_target.hpp"

#include <gtest/gtest.h>

namespace postern::fleet {
namespace {

TEST(NotifyTarget, ReadsWhatCanBeTold) {
  const Result<NotifyTarget> topic = NotifyTarget::parse("arn:aws:sns:eu-central-1:111122223333:ops.fifo");
  ASSERT_TRUE(topic.has_value());
  EXPECT_EQ(topic->kind, NotifyTarget::Kind::sns);
  EXPECT_EQ(topic->region.text(), "eu-central-1");
  EXPECT_EQ(topic->account.text(), "111122223333");
  EXPECT_EQ(topic->name, "ops.fifo");
  EXPECT_TRUE(topic->is_fifo());
  const Result<NotifyTarget> bus = NotifyTarget::parse("arn:aws-cn:events:cn-north-1:111122223333:event-bus/a/b");
  ASSERT_TRUE(bus.has_value());
  EXPECT_EQ(bus->kind, NotifyTarget::Kind::event_bus);
  EXPECT_EQ(bus->name, "a/b");
  EXPECT_FALSE(bus->is_fifo());
  for (const char* text : {"env:HOOK", "file:/etc/hook"}) {
    const Result<NotifyTarget> hook = NotifyTarget::parse(text);
    ASSERT_TRUE(hook.has_value()) << text;
    EXPECT_EQ(hook->label(), std::string("the webhook of ") + text);
    EXPECT_TRUE(hook->is_storable());
    EXPECT_EQ(hook->text(), text);
  }
}

TEST(NotifyTarget, AnAddressIsNeverRepeated) {
  const Result<NotifyTarget> hook = NotifyTarget::parse("https://hooks.example.com:8443/services/T0/SECRET?k=SECRET");
  ASSERT_TRUE(hook.has_value());
  EXPECT_FALSE(hook->is_storable());
  EXPECT_EQ(hook->label(), "the webhook at https://hooks.example.com:8443");
  for (const char* text : {"http://hooks.example.com/SECRET", "ftp://hooks.example.com/SECRET", "https://a b/SECRET",
                           "https:///SECRET", "https://user:SECRET@host/", "http://localhost.example.com/SECRET"}) {
    const Result<NotifyTarget> wrong = NotifyTarget::parse(text);
    ASSERT_FALSE(wrong.has_value()) << text;
    EXPECT_EQ(wrong.error().kind(), ErrorKind::usage);
    EXPECT_EQ(wrong.error().message().find("SECRET"), std::string::npos) << wrong.error().message();
  }
  for (const char* text : {"http://127.0.0.1:80/x", "http://localhost/x", "http://[::1]:8080/x"}) {
    EXPECT_TRUE(NotifyTarget::parse(text).has_value()) << text;
  }
}

TEST(NotifyTarget, RefusesWhatCannotBeTold) {
  for (const char* text :
       {"", "ops", "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sns:us-east-1:1:t", "arn:aws:sns::111122223333:t",
        "arn:aws:sns:us-east-1:111122223333:", "arn:aws:sns:us-east-1:111122223333:t:sub", "exec:curl",
        "arn:aws:sns:cn-north-1:111122223333:t", "arn:aws:events:us-east-1:111122223333:rule/x",
        "arn:aws:events:us-east-1:111122223333:event-bus/", "arn:aws:sns:us-east-1:111122223333:a\nb",
        "env:", "env:a b"}) {
    const Result<NotifyTarget> wrong = NotifyTarget::parse(text);
    ASSERT_FALSE(wrong.has_value()) << text;
    EXPECT_EQ(wrong.error().message().find('\n'), std::string::npos);
  }
}

TEST(S3Place, ReadsAndRefuses) {
  const Result<S3Place> place = S3Place::parse("s3://ops-output/runs/prod/");
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->bucket, "ops-output");
  EXPECT_EQ(place->prefix, "runs/prod");
  EXPECT_EQ(place->text(), "s3://ops-output/runs/prod");
  EXPECT_EQ(S3Place::parse("s3://ops-output/").value_or(S3Place()).prefix, "");
  for (const char* text : {"", "ops-output", "s3://", "s3://ab", "s3://Upper", "s3://a_b_c", "s3://ops/a b",
                           "https://ops.s3.amazonaws.com"}) {
    EXPECT_FALSE(S3Place::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(S3Place::parse("s3://ops/" + std::string(501, 'a')).has_value());
}

TEST(LogGroup, NamesAreChecked) {
  EXPECT_EQ(check_log_group("/aws/ssm/AWS-RunShellScript"), "");
  for (const std::string& name : {std::string(), std::string("a b"), std::string(513, 'a')}) {
    EXPECT_NE(check_log_group(name), "");
  }
}

}  // namespace
}  // namespace postern::fleet
