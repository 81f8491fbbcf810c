// tidy: allow-file(line-length) documents are easier to read whole
#include "aws/core/printing.hpp"

#include <gtest/gtest.h>

#include "aws/core/codec_test_model.hpp"

namespace postern::aws {
namespace {

class Printing : public testing::Test {
 protected:
  std::string text(std::string_view json, const PrintOptions& options = PrintOptions()) {
    const Shape& shape = *model_.find_operation("Do")->input;
    const Value value = testing_model::value_of(shape, json);
    return print(ConstErased(shape, value.view()), options);
  }
  DynamicModel model_ = testing_model::make("json");
};

TEST_F(Printing, ShowsWhatIsSet) {
  EXPECT_EQ(
      text(R"({"Name":"n","Flag":true,"MaxResults":5,"At":0,"Data":"Zm9v","Ids":["a","b"],"Tags":{"k":"v"}})"),
      R"({Name: "n", Flag: true, MaxResults: 5, Data: <3 bytes>, At: 1970-01-01T00:00:00Z, Ids: ["a", "b"], Tags: {"k": "v"}})");
}

TEST_F(Printing, NeverShowsSecrets) {
  EXPECT_EQ(text(R"({"Name":"n","Secret":"hunter2"})"), R"({Name: "n", Secret: "***"})");
}

TEST_F(Printing, MakesControlCharactersVisible) {
  EXPECT_EQ(text(R"({"Name":"a\u001b[2J\n\"q\""})"), R"({Name: "a\x1b[2J\n\"q\""})");
}

TEST_F(Printing, CutsWhatIsLong) {
  PrintOptions options;
  options.text_max = 10;
  options.elements_max = 2;
  EXPECT_EQ(text(R"({"Name":"0123456789abcdef"})", options), R"({Name: "0123456..."(16 bytes)})");
  EXPECT_EQ(text(R"({"Name":"n","Ids":["a","b","c","d"],"Tags":{"k1":"","k2":"","k3":""}})", options),
            R"({Name: "n", Ids: ["a", "b", ... 2 more], Tags: {"k1": "", "k2": "", ... 1 more}})");
  options.total_max = 30;
  EXPECT_LE(text(R"({"Name":"0123456789abcdef","Renamed":"0123456789abcdef","Ids":["a"]})", options).size(), 40U);
}

}  // namespace
}  // namespace postern::aws
