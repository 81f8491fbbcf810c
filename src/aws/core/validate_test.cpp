#include "aws/core/validate.hpp"

#include <gtest/gtest.h>

#include "aws/core/codec_test_model.hpp"

namespace postern::aws {
namespace {

class Validate : public testing::Test {
 protected:
  std::string check(std::string_view json) {
    const Value input = testing_model::value_of(*op_.input, json);
    const auto done = validate_input(op_, input.view());
    if (done) return "fine";
    EXPECT_EQ(done.error().aws()->code, "ValidationException");
    EXPECT_EQ(done.error().aws()->http_status, 400);
    return done.error().message();
  }
  DynamicModel model_ = testing_model::make("json");
  const OperationSpec& op_ = *model_.find_operation("Do");
};

TEST_F(Validate, SpeaksAsAwsDoes) {
  EXPECT_EQ(check(R"({"Name":"n","MaxResults":50,"Mode":"Fast","Secret":"s"})"), "fine");
  EXPECT_EQ(
      check(R"({"Name":"n","MaxResults":51})"),
      "1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: Member must have value "
      "less than or equal to 50");
  EXPECT_EQ(
      check(R"({"Name":"n","MaxResults":0})"),
      "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value "
      "greater than or equal to 1");
  EXPECT_EQ(check(R"({})"),
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(
      check(R"({"Name":""})"),
      "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater "
      "than or equal to 1");
  EXPECT_EQ(
      check(R"({"Name":"n","Mode":"Slow"})"),
      "1 validation error detected: Value 'Slow' at 'mode' failed to satisfy constraint: Member must satisfy enum "
      "value set: [Fast, Safe]");
}

TEST_F(Validate, ReportsAllAndWhere) {
  EXPECT_EQ(
      check(R"({"Name":"n","MaxResults":99,"Targets":[{"Key":"k"},{}]})"),
      "2 validation errors detected: Value '99' at 'maxResults' failed to satisfy constraint: Member must have value "
      "less than or equal to 50; Value null at 'targets.2.member.key' failed to satisfy constraint: Member must not "
      "be null");
}

TEST_F(Validate, CountsElementsAndCharacters) {
  std::string ids = "\"i\"";
  for (int i = 0; i < 50; ++i) ids += ",\"i\"";
  const std::string message = check(R"({"Name":"n","Ids":[)" + ids + "]}");
  EXPECT_TRUE(message.starts_with("1 validation error detected: Value '[i, i, ")) << message;
  EXPECT_TRUE(
      message.ends_with("at 'ids' failed to satisfy constraint: Member must have length less than or equal to 50"));
  // 30 characters of two bytes each are 30, not 60.
  std::string name;
  for (int i = 0; i < 30; ++i) name += "é";
  EXPECT_EQ(check(R"({"Name":")" + name + "\"}"), "fine");
  EXPECT_NE(check(R"({"Name":")" + name + "é\"}"), "fine");
}

TEST_F(Validate, HidesSensitiveValues) {
  const std::string message = check(R"({"Name":"n","Secret":"correct-horse-battery-staple-and-more"})");
  EXPECT_EQ(message,
            "1 validation error detected: Value at 'secret' failed to satisfy constraint: Member must have length less "
            "than or equal to 30");
}

TEST_F(Validate, StopsCounting) {
  std::string targets = "{}";
  for (int i = 0; i < 1000; ++i) targets += ",{}";
  const Value input = testing_model::value_of(*op_.input, R"({"Name":"n","Targets":[)" + targets + "]}");
  EXPECT_EQ(find_violations(*op_.input, input.view(), 7).size(), 7U);
}

}  // namespace
}  // namespace postern::aws
