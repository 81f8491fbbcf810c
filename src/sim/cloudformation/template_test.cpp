#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cloudformation/intrinsics.hpp"
#include "sim/cloudformation/resource_types.hpp"

namespace postern::sim::stacks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(std::string_view text) {
  const auto made = parse_template(std::string(text));
  return made ? "accepted" : made.error().message();
}

constexpr std::string_view kTopic = "\nResources:\n  T: {Type: 'AWS::SNS::Topic'}\n";

/// A value of a template in which much has a name.
class Intrinsics : public ::testing::Test {
 protected:
  std::string worked_out(const std::string& yaml) {
    Result<Template> made = parse_template(
        "Parameters:\n  Env: {Type: String, Default: dev}\n  Ids: {Type: CommaDelimitedList, Default: 'a, b'}\n"
        "Mappings:\n  Sizes: {dev: {cpu: 1, zones: [x, y]}}\n"
        "Conditions:\n  IsDev: !Equals [!Ref Env, dev]\n  IsProd: !Not [!Condition IsDev]\n"
        "  Both: !And [!Condition IsDev, !Condition IsProd]\n  Either: !Or [!Condition IsDev, !Condition IsProd]\n"
        "Resources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n      V: " +
        yaml + "\n  Other: {Type: 'AWS::SNS::Topic'}\n");
    if (!made) return made.error().message();
    Meaning meaning(*made);
    const auto values = parameter_values(*made, {});
    if (!values) return values.error().message();
    meaning.parameters = *values;
    meaning.pseudo["AWS::Region"] = "eu-west-1";
    meaning.pseudo["AWS::AccountId"] = "044455556666";
    meaning.resource = [](std::string_view id) -> Result<Json> { return Json("ref-" + std::string(id)); };
    meaning.attribute = [](std::string_view id, std::string_view name) -> Result<Json> {
      return Json(std::string(id) + "/" + std::string(name));
    };
    meaning.imported = [](std::string_view name) -> Result<Json> {
      if (name == "none") return fail(validation_error("No export named none found"));
      return Json("import-" + std::string(name));
    };
    Evaluator evaluator(meaning);
    const auto value = evaluator.value(made->resources.front().properties);
    return value ? (**value)["V"].dump() : value.error().message();
  }
};

TEST_F(Intrinsics, EachFunctionInItsShortForm) {
  EXPECT_EQ(worked_out("!Ref Env"), R"("dev")");
  EXPECT_EQ(worked_out("!Ref Ids"), R"(["a","b"])");
  EXPECT_EQ(worked_out("!Ref AWS::Region"), R"("eu-west-1")");
  EXPECT_EQ(worked_out("!GetAtt Other.Arn"), R"("Other/Arn")");
  EXPECT_EQ(worked_out("!GetAtt [Other, Arn]"), R"("Other/Arn")");
  EXPECT_EQ(worked_out("!Sub '${Env}-${AWS::AccountId}-${Other}-${Other.Arn}-${!Env}'"),
            R"("dev-044455556666-ref-Other-Other/Arn-${Env}")");
  EXPECT_EQ(worked_out("!Sub ['${x}/${Env}', {x: !Ref Other}]"), R"("ref-Other/dev")");
  EXPECT_EQ(worked_out("!Join ['-', [a, 1, !Ref Env]]"), R"("a-1-dev")");
  EXPECT_EQ(worked_out("!Join [',', !Ref Ids]"), R"("a,b")");
  EXPECT_EQ(worked_out("!Select [1, !Ref Ids]"), R"("b")");
  EXPECT_EQ(worked_out("!Split ['::', 'a::b']"), R"(["a","b"])");
  EXPECT_EQ(worked_out("!FindInMap [Sizes, !Ref Env, cpu]"), "1");
  EXPECT_EQ(worked_out("!FindInMap [Sizes, dev, zones]"), R"(["x","y"])");
  EXPECT_EQ(worked_out("!Base64 abc"), R"("YWJj")");
  EXPECT_EQ(worked_out("!ImportValue name"), R"("import-name")");
  EXPECT_EQ(worked_out("!If [IsDev, !If [IsProd, 1, 2], 3]"), "2");
  EXPECT_EQ(worked_out("!If [Both, 1, !If [Either, 2, 3]]"), "2");
  EXPECT_EQ(worked_out("{a: !Ref AWS::NoValue, b: [1, !Ref AWS::NoValue]}"), R"({"b":[1]})");
}

TEST_F(Intrinsics, LongFormsMeanTheSame) {
  EXPECT_EQ(worked_out("{Ref: Env}"), R"("dev")");
  EXPECT_EQ(worked_out("{'Fn::GetAtt': Other.Arn}"), R"("Other/Arn")");
  EXPECT_EQ(worked_out("{'Fn::Sub': '${Env}'}"), R"("dev")");
  EXPECT_EQ(worked_out("{'Fn::If': [IsProd, 1, {'Fn::Join': ['', [a, b]]}]}"), R"("ab")");
  EXPECT_EQ(worked_out("{'Fn::Base64': !Sub '${Env}'}"), R"("ZGV2")");
}

TEST_F(Intrinsics, ErrorsAreTheServicesOwn) {
  EXPECT_THAT(worked_out("!Select [2, !Ref Ids]"), HasSubstr("cannot select nonexistent value at index 2"));
  EXPECT_THAT(worked_out("!FindInMap [Sizes, prod, cpu]"), HasSubstr("Unable to get mapping for Sizes::prod::cpu"));
  EXPECT_THAT(worked_out("!Join [a]"), HasSubstr("every Fn::Join object requires two parameters"));
  EXPECT_THAT(worked_out("!Sub '${Ids}'"), HasSubstr("does not resolve to a string"));
  EXPECT_EQ(worked_out("!ImportValue none"), "No export named none found");
  EXPECT_THAT(worked_out("!Transform {Name: x}"), HasSubstr("is not offered by this simulator"));
}

TEST(TemplateText, NumbersAreNumbersOnlyWhenTheyCannotBeIds) {
  const auto read = read_template_text("a: 3600\nb: 012345678901\nc: '1'\nd: 2012-10-17\ne: true\nf: 'true'\ng: 1.5\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->dump(), R"({"a":3600,"b":"012345678901","c":"1","d":"2012-10-17","e":true,"f":"true","g":"1.5"})");
}

TEST(TemplateText, HostileTextIsRefused) {
  EXPECT_THAT(refusal(std::string(kTemplateBytesMax + 1, ' ')), HasSubstr("less than or equal to 51200"));
  EXPECT_EQ(refusal("a: [1\nb: 2"), "Template format error: YAML not well-formed. (line 2, column 2)");
  EXPECT_EQ(refusal("a: &x [1]\nb: *x\n"), "Template error: YAML aliases are not allowed in CloudFormation templates");
  EXPECT_THAT(refusal("{\"a\": 1,,}"), HasSubstr("Template format error: JSON not well-formed. (line 1, column"));
  EXPECT_THAT(refusal("a: !Unknown b"), HasSubstr("YAML not well-formed. (line 1"));
  EXPECT_THAT(refusal("a: 1\na: 2"), HasSubstr("YAML not well-formed. (line 2"));
  std::string deep = "Resources: ";
  for (int i = 0; i < 5'000; ++i) deep += "[";
  EXPECT_THAT(refusal(deep), HasSubstr("not well-formed"));
  std::string json = "{\"Resources\": ";
  for (int i = 0; i < 20'000; ++i) json += "[";
  EXPECT_THAT(refusal(json), HasSubstr("not well-formed"));
  EXPECT_EQ(refusal(""), "Template format error: unsupported structure.");
  EXPECT_EQ(refusal("just text"), "Template format error: unsupported structure.");
}

TEST(TemplateText, SectionsAreChecked) {
  EXPECT_EQ(refusal("Description: x"), "Template format error: At least one Resources member must be defined.");
  EXPECT_EQ(refusal("Colour: red" + std::string(kTopic)), "Invalid template property or properties [Colour]");
  EXPECT_EQ(refusal("AWSTemplateFormatVersion: '2020-01-01'" + std::string(kTopic)),
            "Template format error: unsupported value for AWSTemplateFormatVersion.");
  EXPECT_EQ(refusal("Resources: {T: {Properties: {}}}"),
            "Template format error: [/Resources/T] Every Resources object must contain a Type member.");
  EXPECT_THAT(refusal("Resources: {T-1: {Type: x}}"), HasSubstr("Resources name T-1 is non alphanumeric."));
  EXPECT_THAT(refusal("Resources: {T: {Type: x, Colour: red}}"),
              HasSubstr("Invalid template resource property 'Colour'"));
  EXPECT_THAT(refusal("Resources: {T: {Type: x, Properties: {A: null}}}"), HasSubstr("'null' values are not allowed"));
  EXPECT_THAT(refusal("Parameters: {P: {Default: x}}" + std::string(kTopic)), HasSubstr("must contain a Type member"));
  EXPECT_THAT(refusal("Outputs: {O: {Description: x}}" + std::string(kTopic)),
              HasSubstr("must contain a Value object"));
}

TEST(TemplateText, NamesThatNothingHas) {
  EXPECT_EQ(
      refusal("Resources: {T: {Type: x, Properties: {A: !Ref Nowhere, B: !Sub '${Gone.Arn}'}}}"),
      "Template format error: Unresolved resource dependencies [Gone, Nowhere] in the Resources block of the template");
  EXPECT_EQ(refusal("Resources: {T: {Type: x, DependsOn: U}}"),
            "Template format error: Unresolved resource dependencies [U] in the Resources block of the template");
  EXPECT_EQ(refusal("Outputs: {O: {Value: !GetAtt U.Arn}}" + std::string(kTopic)),
            "Template format error: Unresolved resource dependencies [U] in the Outputs block of the template");
  EXPECT_THAT(refusal("Resources: {T: {Type: x, Condition: C}}"), HasSubstr("Unresolved condition dependency C"));
  EXPECT_EQ(refusal("Resources: {A: {Type: x, DependsOn: B}, B: {Type: x, Properties: {P: !Ref A}}, C: {Type: x}}"),
            "Circular dependency between resources: [A, B]");
  EXPECT_EQ(refusal("Resources: {A: {Type: x, Properties: {P: !Ref A}}}"),
            "Circular dependency between resources: [A]");
  EXPECT_THAT(refusal("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}" + std::string(kTopic)),
              HasSubstr("circular condition dependency between [A, B]"));
}

TEST(Parameters, AreHeldToTheirRules) {
  const auto made = parse_template(
      "Parameters:\n  Must: {Type: String}\n  Also: {Type: String}\n"
      "  One: {Type: String, Default: a, AllowedValues: [a, b]}\n"
      "  Fit: {Type: String, Default: abc, AllowedPattern: '[a-z]+'}\n"
      "  Long: {Type: String, Default: abc, MinLength: 2, MaxLength: '4'}\n"
      "  Num: {Type: Number, Default: 5, MinValue: 1, MaxValue: 9}\n"
      "  Said: {Type: String, Default: '1', AllowedPattern: '[0-9]', ConstraintDescription: one digit}" +
      std::string(kTopic));
  ASSERT_TRUE(made) << made.error().to_text();
  const auto problem = [&](std::map<std::string, std::string> given) {
    given.emplace("Must", "x");
    given.emplace("Also", "x");
    const auto values = parameter_values(*made, given);
    return values ? "fine" : values.error().message();
  };
  EXPECT_EQ(parameter_values(*made, {}).error().message(), "Parameters: [Must, Also] must have values");
  EXPECT_EQ(problem({}), "fine");
  EXPECT_EQ(problem({{"New", "x"}}), "Parameters: [New] do not exist in the template");
  EXPECT_EQ(problem({{"One", "c"}}), "Parameter 'One' must be one of AllowedValues");
  EXPECT_EQ(problem({{"Fit", "A"}}), "Parameter 'Fit' must match pattern [a-z]+");
  EXPECT_EQ(problem({{"Long", "a"}}), "Parameter 'Long' must contain at least 2 characters");
  EXPECT_EQ(problem({{"Long", "abcde"}}), "Parameter 'Long' must contain at most 4 characters");
  EXPECT_EQ(problem({{"Num", "ten"}}), "Parameter 'Num' must be a number.");
  EXPECT_EQ(problem({{"Num", "10"}}), "Parameter 'Num' must be a number not greater than 9");
  EXPECT_EQ(problem({{"Said", "x"}}), "Parameter Said failed to satisfy constraint: one digit");
}

TEST(ResourceTypes, HaveTheirPartsAndNoNameTwice) {
  std::set<std::string_view> names;
  for (const auto types : {iam_types(), signal_types(), system_types()}) {
    for (const ResourceType& type : types) {
      EXPECT_TRUE(names.insert(type.name).second) << type.name;
      EXPECT_NE(type.create, nullptr) << type.name;
      EXPECT_NE(type.remove, nullptr) << type.name;
      if (!type.name_property.empty()) {
        EXPECT_NE(type.find(type.name_property), nullptr) << type.name;
      }
    }
  }
  EXPECT_EQ(find_type("AWS::EC2::Colour"), nullptr);
}

}  // namespace
}  // namespace postern::sim::stacks
