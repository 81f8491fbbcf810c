#include "aws/core/prepare.hpp"

#include <gtest/gtest.h>

#include "aws/core/codec_test_model.hpp"

namespace postern::aws {
namespace {

TEST(Prepare, FillsIdempotencyTokensThatAreNotSet) {
  const DynamicModel model = testing_model::make("json");
  const OperationSpec& op = *model.find_operation("Do");
  int made = 0;
  const auto next = [&] { return "token-" + std::to_string(++made); };
  Value input = testing_model::value_of(*op.input, R"({"Name":"n"})");
  fill_idempotency_tokens(op, input.view(), next);
  EXPECT_EQ(testing_model::text_of(*op.input, input), R"({"Name":"n","Token":"token-1"})");
  fill_idempotency_tokens(op, input.view(), next);
  EXPECT_EQ(made, 1) << "a token that is set stays: a repeated call is the same call";
}

TEST(Prepare, ExpandsHostPrefixes) {
  const DynamicModel model = testing_model::make("json");
  OperationSpec op = *model.find_operation("Do");
  const auto expand = [&](std::string_view prefix, std::string_view json) {
    op.host_prefix = prefix;
    const Value input = testing_model::value_of(*op.input, json);
    const auto out = expand_host_prefix(op, input.view());
    return out ? *out : "error: " + out.error().message();
  };
  EXPECT_EQ(expand("", "{}"), "");
  EXPECT_EQ(expand("data.", "{}"), "data.");
  EXPECT_EQ(expand("foo.{Name}.", R"({"Name":"bar-1"})"), "foo.bar-1.");
  EXPECT_EQ(expand("{Name}.", "{}"), "error: toy Do: Name is required: it is part of the host name");
  for (const char* bad :
       {R"({"Name":""})", R"({"Name":"a.b"})", R"({"Name":"a/b"})", R"({"Name":"-a"})", R"({"Name":"a@evil"})"})
    EXPECT_EQ(expand("{Name}.", bad), "error: toy Do: Name must be a DNS label: it is part of the host name");
}

TEST(Prepare, FindsRequiredMembersAtEveryLevel) {
  const DynamicModel model = testing_model::make("json");
  const OperationSpec& op = *model.find_operation("Do");
  const auto check = [&](std::string_view json) {
    const Value input = testing_model::value_of(*op.input, json);
    const auto done = check_required(op, input.view());
    return done ? "fine" : done.error().message();
  };
  EXPECT_EQ(check(R"({"Name":"n"})"), "fine");
  EXPECT_EQ(check("{}"), "toy Do: Name is required");
  EXPECT_EQ(check(R"({"Name":"n","Tree":{"Label":"l","Children":[{"Label":"l"},{}]}})"),
            "toy Do: Tree.Children[1].Label is required");
  EXPECT_EQ(check(R"({"Name":"n","Trees":{"k":{}}})"), "toy Do: Trees[k].Label is required");
  std::string deep = R"({"Label":"l"})";
  for (int i = 0; i < 50; ++i) deep = R"({"Label":"l","Left":)" + deep + "}";
  EXPECT_EQ(check(R"({"Name":"n","Tree":)" + deep + "}"), "fine");
}

}  // namespace
}  // namespace postern::aws
