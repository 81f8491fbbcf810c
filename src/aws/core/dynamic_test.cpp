// tidy: allow-file(line-length) documents are easier to read whole
#include "aws/core/dynamic.hpp"

#include <gtest/gtest.h>

#include "aws/core/codec.hpp"
#include "aws/core/codec_test_model.hpp"
#include "aws/core/erased.hpp"

namespace postern::aws {
namespace {

TEST(Dynamic, JsonComesBack) {
  const DynamicModel model = testing_model::make("json");
  const Shape& shape = *model.find_operation("Do")->input;
  const char* text =
      R"({"Name":"n","Flag":false,"MaxResults":5,"Long":1234567890123456789,"Ratio":"-Infinity","Score":1.5,"Data":"Zm9v",)"
      R"("At":946845296.123,"Ids":["a",null],"Tags":{"k":"v"},"Tree":{"Label":"l","Left":{"Label":"m"}},"Choice":{"Number":1}})";
  EXPECT_EQ(testing_model::text_of(shape, testing_model::value_of(shape, text)), text);
}

TEST(Dynamic, SaysWhatIsWrongWithAnInput) {
  const DynamicModel model = testing_model::make("json");
  const Shape& shape = *model.find_operation("Do")->input;
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", "must be an object"},
      {R"({"Nam":"n"})", "has no member Nam"},
      {R"({"Name":1})", "Name: must be a string"},
      {R"({"MaxResults":1.5})", "MaxResults: must be a whole number"},
      {R"({"MaxResults":3000000000})", "MaxResults: is out of range"},
      {R"({"Flag":"true"})", "Flag: must be true or false"},
      {R"({"Data":"***"})", "Data: must be base64"},
      {R"({"At":"soon"})", "At: must be a timestamp"},
      {R"({"Ratio":"x"})", "Ratio: must be a number"},
      {R"({"Ids":{}})", "Ids: must be an array"},
      {R"({"Targets":[{"Key":"k"},{"Values":["v",1]}]})", "Targets[1].Values[1]: must be a string"},
      {R"({"Tags":{"k":{}}})", "Tags[k]: must be a string"},
  };
  for (const auto& [json, message] : cases) {
    Value value;
    const auto done = from_json(*Json::parse(json), shape, value);
    ASSERT_FALSE(done) << json;
    EXPECT_EQ(done.error().kind(), ErrorKind::usage);
    EXPECT_EQ(done.error().message(), message);
  }
  std::string deep = R"({"Label":"l"})";
  for (int i = 0; i < 100; ++i) deep = R"({"Left":)" + deep + "}";
  Value value;
  EXPECT_FALSE(from_json(*Json::parse(R"({"Tree":)" + deep + "}"), shape, value));
}

TEST(Dynamic, StructuresWithoutMembersHaveAnAddress) {
  Shape empty{};
  empty.kind = Kind::structure;
  Value value;
  EXPECT_NE(value.emplace(empty), nullptr);
  EXPECT_FALSE(value.is_null());
  value.reset();
  EXPECT_EQ(value.view(), nullptr);
}

TEST(DynamicModel, RefusesBrokenModels) {
  for (
      const char* text :
      {R"({})", R"({"metadata":{"protocol":"carrier-pigeon"}})",
       R"({"metadata":{"protocol":"json"},"shapes":{"A":{"type":"quark"}}})",
       R"({"metadata":{"protocol":"json"},"shapes":{"A":{"type":"list","member":{"shape":"B"}}}})",
       R"({"metadata":{"protocol":"json"},"shapes":{"A":{"type":"structure","members":{"x":{"shape":"B"}}}}})",
       R"({"metadata":{"protocol":"json"},"shapes":{},"operations":{"O":{"name":"O","input":{"shape":"A"}}}})",
       R"({"metadata":{"protocol":"json"},"shapes":{"S":{"type":"string"}},"operations":{"O":{"name":"O","input":{"shape":"S"}}}})"}) {
    const auto model = DynamicModel::build(*Json::parse(text));
    ASSERT_FALSE(model) << text;
    EXPECT_EQ(model.error().kind(), ErrorKind::malformed);
  }
}

TEST(DynamicModel, ReadsTraits) {
  const DynamicModel model = testing_model::make("ec2");
  const OperationSpec& op = *model.find_operation("Do");
  EXPECT_EQ(op.service->target_prefix, "Toy_2020.Prefix");
  EXPECT_EQ(op.result_wrapper, "DoResult");
  const Shape& busy = *model.find_shape("TooBusy");
  EXPECT_EQ(busy.error_code, "Busy");
  EXPECT_EQ(busy.error_status, 429);
  EXPECT_EQ(find_error_shape(op, "Busy"), &busy);
  EXPECT_EQ(find_error_shape(op, "TooBusy"), &busy);
  EXPECT_EQ(find_error_shape(op, "Other"), nullptr);
  EXPECT_EQ(model.find_shape("Nothing"), nullptr);
  EXPECT_EQ(model.find_operation("Nothing"), nullptr);
  EXPECT_TRUE(model.find_shape("Secret")->sensitive);
  EXPECT_TRUE(model.find_shape("Choice")->is_union);
  EXPECT_EQ(model.find_shape("MaxResults")->max, 50);
  EXPECT_EQ(model.find_shape("Ratio")->max, kNoLimit);
}

}  // namespace
}  // namespace postern::aws
