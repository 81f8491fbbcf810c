// tidy: allow-file(line-length) documents are easier to read whole
#include "aws/core/erased.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "aws/core/codec_test_model.hpp"
#include "aws/core/random_value.hpp"
#include "aws/core/types.hpp"

namespace postern::aws {
namespace {

TEST(Erased, CopiesAreEqualAndChangesAreSeen) {
  const DynamicModel model = testing_model::make("json");
  const Shape& shape = *model.find_operation("Do")->input;
  std::mt19937_64 random(7);
  for (int i = 0; i < 200; ++i) {
    Value a;
    a.emplace(shape);
    random_value(Erased(shape, a.view()), [&] { return random(); });
    Value b;
    b.emplace(shape);
    copy_into(ConstErased(shape, a.view()), Erased(shape, b.view()));
    EXPECT_TRUE(equal(ConstErased(shape, a.view()), ConstErased(shape, b.view())));
    // Name is required, so it is set: any other text makes a difference.
    static_cast<std::string*>(member_emplace(b.view(), shape.members[0]))->append("!");
    EXPECT_FALSE(equal(ConstErased(shape, a.view()), ConstErased(shape, b.view())));
  }
}

TEST(Erased, FollowsPaths) {
  const DynamicModel model = testing_model::make("json");
  const Shape& shape = *model.find_operation("Do")->input;
  const Value value = testing_model::value_of(shape, R"({"Name":"n","Tree":{"Label":"l","Left":{"Label":"m"}}})");
  const Shape* found = nullptr;
  const ConstErased root(shape, value.view());
  const void* label = find_path(root, "Tree.Left.Label", &found);
  ASSERT_NE(label, nullptr);
  EXPECT_EQ(found->ops->text->get(label), "m");
  EXPECT_NE(find_path(root, "Name"), nullptr);
  EXPECT_EQ(find_path(root, "Tree.Left.Left.Label"), nullptr);
  EXPECT_EQ(find_path(root, "Name.x"), nullptr);
  EXPECT_EQ(find_path(root, "Nothing"), nullptr);
  EXPECT_EQ(find_path(root, ""), nullptr);
}

struct ErasedTyped {
  ErasedTyped() = default;
  std::vector<std::string> ids;
  std::optional<double> ratio;
};

TEST(Erased, ComparesAcrossStorage) {
  Shape text{};
  text.kind = Kind::string;
  text.ops = &kStringOps;
  Shape list{};
  list.kind = Kind::list;
  list.ops = &kListOps<std::string>;
  list.element = &text;
  Shape ratio{};
  ratio.kind = Kind::float64;
  const Member members[] = {
      {"Ids", "Ids", "Ids", &list, &kContainerField<std::vector<std::string>>, offsetof(ErasedTyped, ids)},
      {"Ratio", "Ratio", "Ratio", &ratio, &kOptionalField<double>, offsetof(ErasedTyped, ratio)}};
  Shape typed{};
  typed.kind = Kind::structure;
  typed.members = members;
  const auto model = DynamicModel::build(*Json::parse(
      R"({"metadata":{"protocol":"json"},"shapes":{"S":{"type":"structure","members":{"Ids":{"shape":"L"},"Ratio":{"shape":"D"}}},
          "L":{"type":"list","member":{"shape":"T"}},"T":{"type":"string"},"D":{"type":"double"}}})"));
  ASSERT_TRUE(model);
  const Shape& shape = *model->find_shape("S");
  const auto same = [&](const ErasedTyped& a, std::string_view json) {
    const Value b = testing_model::value_of(shape, json);
    return equal(ConstErased(typed, &a), ConstErased(shape, b.view()));
  };
  ErasedTyped value;
  EXPECT_TRUE(same(value, R"({"Ids":[]})")) << "an empty bare container counts as unset";
  EXPECT_TRUE(same(value, "{}"));
  value.ids = {"a"};
  value.ratio = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(same(value, R"({"Ids":["a"],"Ratio":"NaN"})"));
  EXPECT_FALSE(same(value, R"({"Ids":["a"],"Ratio":1})"));
  EXPECT_FALSE(same(value, R"({"Ids":["b"],"Ratio":"NaN"})"));
}

}  // namespace
}  // namespace postern::aws
