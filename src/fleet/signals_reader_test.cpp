#include <gtest/gtest.h>

#include "fleet/fleet_file.hpp"

namespace postern::fleet {
namespace {

Result<FleetFile> parse(const std::string& more) {
  return parse_fleet_file("version: 1\n" + more, "postern.yaml");
}

std::string mistakes(const std::string& more) {
  const Result<FleetFile> file = parse(more);
  return file ? std::string() : file.error().message();
}

TEST(SignalsReader, NotifyIsATextAListOrAMapByKind) {
  const Result<FleetFile> one = parse("notify: env:HOOK\n");
  ASSERT_TRUE(one) << one.error().message();
  ASSERT_EQ(one->signals.notify.size(), 1U);
  EXPECT_EQ(one->signals.notify[0].label(), "the webhook of env:HOOK");
  const Result<FleetFile> list = parse("notify: [\"arn:aws:sns:us-east-1:111122223333:ops\", \"file:/etc/hook\"]\n");
  ASSERT_TRUE(list) << list.error().message();
  EXPECT_EQ(list->signals.notify.size(), 2U);
  const Result<FleetFile> map = parse(
      "notify:\n  sns: \"arn:aws:sns:us-east-1:111122223333:ops\"\n"
      "  event_bus: [\"arn:aws:events:us-east-1:111122223333:event-bus/default\"]\n  webhook: [env:A, env:B]\n");
  ASSERT_TRUE(map) << map.error().message();
  EXPECT_EQ(map->signals.notify.size(), 4U);
}

TEST(SignalsReader, OutputAndAnchorsArePlaces) {
  const Result<FleetFile> file = parse(
      "output: {s3: \"s3://ops-output/runs\", region: eu-west-1, logs: /ops/runs}\n"
      "anchors: {s3: \"s3://ops-anchors\", retain_days: 400}\n");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->signals.output_s3.text(), "s3://ops-output/runs");
  EXPECT_EQ(file->signals.output_s3.region.text(), "eu-west-1");
  EXPECT_EQ(file->signals.output_logs, "/ops/runs");
  EXPECT_EQ(file->signals.anchors.text(), "s3://ops-anchors");
  EXPECT_EQ(file->signals.anchor_days, 400);
}

TEST(SignalsReader, CopiesHaveOnePlaceForARegion) {
  const Result<FleetFile> file = parse(
      "copies:\n  - {s3: \"s3://copies-east/cp\", region: us-east-1}\n"
      "  - {s3: \"s3://copies-west\", region: us-west-2}\n");
  ASSERT_TRUE(file) << file.error().message();
  const S3Place* west = file->signals.copy_place(*Region::parse("us-west-2"));
  ASSERT_NE(west, nullptr);
  EXPECT_EQ(west->text(), "s3://copies-west");
  EXPECT_EQ(file->signals.copy_place(*Region::parse("eu-west-1")), nullptr);
  const Result<FleetFile> one = parse("copies: {s3: \"s3://copies-east/cp\", region: us-east-1}\n");
  ASSERT_TRUE(one) << one.error().message();
  EXPECT_EQ(one->signals.copies.size(), 1U);
}

TEST(SignalsReader, MistakesNameTheirPlaceAndNoAddress) {
  EXPECT_NE(mistakes("notify: {sns: env:HOOK}\n").find("2:15"), std::string::npos);
  EXPECT_NE(mistakes("notify: {topic: x}\n").find("topic"), std::string::npos);
  const std::string hidden = mistakes("notify: {sns: \"https://hooks.example.com/SECRET\"}\n");
  EXPECT_NE(hidden, "");
  EXPECT_EQ(hidden.find("SECRET"), std::string::npos);
  EXPECT_NE(mistakes("output: {s3: ops}\n").find("s3://"), std::string::npos);
  EXPECT_NE(mistakes("output: {logs: \"a b\"}\n").find("log group"), std::string::npos);
  EXPECT_NE(mistakes("anchors: {retain_days: 3}\n").find("anchors needs s3"), std::string::npos);
  EXPECT_NE(mistakes("anchors: {s3: \"s3://ops-anchors\", retain_days: 0}\n").find("retain_days"), std::string::npos);
  EXPECT_NE(mistakes("copies: {s3: \"s3://copies-east\"}\n").find("copies needs s3"), std::string::npos);
  EXPECT_NE(mistakes("copies: []\n").find("or a list of them"), std::string::npos);
  EXPECT_NE(mistakes("copies: s3://copies-east\n").find("or a list of them"), std::string::npos);
  EXPECT_NE(mistakes("copies:\n  - {s3: \"s3://one\", region: us-east-1}\n  - {s3: \"s3://two\", region: us-east-1}\n")
                .find("two places in one Region"),
            std::string::npos);
  std::string many = "notify:\n";
  for (int i = 0; i < 21; ++i) many += "  - env:HOOK\n";
  EXPECT_NE(mistakes(many).find("more than 20"), std::string::npos);
}

}  // namespace
}  // namespace postern::fleet
