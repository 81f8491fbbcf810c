#include "sim/signals/event_pattern.hpp"

#include <gtest/gtest.h>

namespace postern::sim {
namespace {

constexpr std::string_view kEvent = R"({"source": "aws.ssm", "detail-type": "EC2 Command Status-change Notification",
  "resources": ["arn:aws:ec2:us-east-1:1:instance/i-1", "arn:aws:ec2:us-east-1:1:instance/i-2"],
  "detail": {"status": "Failed", "count": 3, "nested": {"deep": true}, "none": null, "list": [{"a": 1}, {"a": 2}],
             "empty": []}})";

struct Case {
  std::string_view pattern;
  bool matches;
};

TEST(EventPattern, MatchesAsEventBridgeDoes) {
  const Case cases[] = {
      {R"({"source": ["aws.ssm"]})", true},
      {R"({"source": ["aws.ec2"]})", false},
      {R"({"source": ["aws.ec2", "aws.ssm"]})", true},
      {R"({"source": [{"prefix": "aws."}]})", true},
      {R"({"source": [{"prefix": "my."}]})", false},
      {R"({"source": [{"suffix": ".ssm"}]})", true},
      {R"({"source": [{"wildcard": "a*.s?m"}]})", false},
      {R"({"source": [{"wildcard": "a*.ssm"}]})", true},
      {R"({"source": [{"equals-ignore-case": "AWS.SSM"}]})", true},
      {R"({"source": [{"anything-but": "aws.ec2"}]})", true},
      {R"({"source": [{"anything-but": ["aws.ssm", "aws.ec2"]}]})", false},
      {R"({"source": [{"anything-but": {"prefix": "aws."}}]})", false},
      {R"({"source": [{"anything-but": {"prefix": "my."}}]})", true},
      {R"({"detail": {"status": ["Failed", "TimedOut"]}})", true},
      {R"({"detail": {"status": ["Success"]}})", false},
      {R"({"detail": {"status": [{"exists": true}]}})", true},
      {R"({"detail": {"status": [{"exists": false}]}})", false},
      {R"({"detail": {"other": [{"exists": false}]}})", true},
      {R"({"detail": {"other": [{"exists": true}]}})", false},
      {R"({"detail": {"other": [{"anything-but": "x"}]}})", false},
      {R"({"other": {"deeper": [{"exists": false}]}})", true},
      {R"({"detail": {"count": [3]}})", true},
      {R"({"detail": {"count": [{"numeric": [">", 2, "<=", 3]}]}})", true},
      {R"({"detail": {"count": [{"numeric": [">", 3]}]}})", false},
      {R"({"detail": {"status": [{"numeric": [">", 3]}]}})", false},
      {R"({"detail": {"nested": {"deep": [true]}}})", true},
      {R"({"detail": {"nested": [{"exists": true}]}})", false},
      {R"({"detail": {"none": [null]}})", true},
      {R"({"detail": {"list": {"a": [2]}}})", true},
      {R"({"detail": {"list": {"a": [3]}}})", false},
      {R"({"detail": {"empty": [{"exists": false}]}})", true},
      {R"({"resources": ["arn:aws:ec2:us-east-1:1:instance/i-2"]})", true},
      {R"({"resources": [{"suffix": "/i-3"}]})", false},
      {R"({"source": ["aws.ssm"], "detail": {"status": ["Success"]}})", false},
  };
  const auto event = Json::parse(kEvent);
  ASSERT_TRUE(event.has_value());
  for (const Case& one : cases) {
    const auto pattern = EventPattern::parse(one.pattern);
    ASSERT_TRUE(pattern.has_value()) << one.pattern << " " << pattern.error().message();
    EXPECT_EQ(pattern->matches(*event), one.matches) << one.pattern;
  }
}

TEST(EventPattern, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "[]", "{", "{}", R"({"source": "aws.ssm"})", R"({"source": []})", R"({"source": [{}]})",
        R"({"source": [{"starts": "a"}]})", R"({"source": [{"prefix": 1}]})", R"({"source": [["a"]]})",
        R"({"detail": {}})", R"({"source": [{"prefix": "a", "suffix": "b"}]})", R"({"source": [{"exists": "yes"}]})",
        R"({"source": [{"numeric": ["~", 1]}]})", R"({"source": [{"anything-but": []}]})"}) {
    const auto pattern = EventPattern::parse(text);
    ASSERT_FALSE(pattern.has_value()) << text;
    EXPECT_EQ(pattern.error().aws()->code, "InvalidEventPatternException");
  }
}

}  // namespace
}  // namespace postern::sim
