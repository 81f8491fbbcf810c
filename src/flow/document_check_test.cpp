#include "flow/document_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::flow {
namespace document_check_test {

using Kind = ParameterProblem::Kind;
using Type = ParameterDescription::Type;
using ::testing::HasSubstr;

ParameterDescription parameter(std::string name, Type type, std::optional<std::string> default_value) {
  ParameterDescription description;
  description.name = std::move(name);
  description.type = type;
  description.default_value = std::move(default_value);
  return description;
}

DocumentDescription shell_document() {
  DocumentDescription document;
  document.name = "AWS-RunShellScript";
  document.platforms = {DocumentPlatform::linux_, DocumentPlatform::macos};
  document.parameters = {parameter("commands", Type::string_list, std::nullopt),
                         parameter("workingDirectory", Type::string, ""),
                         parameter("executionTimeout", Type::string, "3600")};
  document.parameters[2].allowed_pattern = "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})";
  return document;
}

std::vector<Kind> kinds(const DocumentDescription& document, const DocumentParameters& given) {
  std::vector<Kind> all;
  for (const auto& problem : find_parameter_problems(document, given, {}, Braces::refused)) all.push_back(problem.kind);
  return all;
}

TEST(ParseDocumentSpec, ReadsNamesVersionsAndArns) {
  const struct {
    const char* text;
    const char* name;
    const char* version;
  } cases[] = {
      {"AWS-RunShellScript", "AWS-RunShellScript", ""},
      {"AWS-RunShellScript:1", "AWS-RunShellScript", "1"},
      {"My.Doc:$LATEST", "My.Doc", "$LATEST"},
      {"arn:aws:ssm:us-east-1:444455556666:document/Shared", "arn:aws:ssm:us-east-1:444455556666:document/Shared", ""},
      {"arn:aws:ssm:us-east-1:444455556666:document/Shared:7", "arn:aws:ssm:us-east-1:444455556666:document/Shared",
       "7"}};
  for (const auto& one : cases) {
    const auto spec = parse_document_spec(one.text, {});
    ASSERT_TRUE(spec) << one.text;
    EXPECT_EQ(spec->name, one.name);
    EXPECT_EQ(spec->version, one.version);
  }
  for (const char* bad : {"", "ab", "A B C", "Doc:", "Doc:v2", "Doc:0", "Doc:$HEAD", ":1"}) {
    EXPECT_FALSE(parse_document_spec(bad, {})) << bad;
  }
}

TEST(ParseDocumentSpec, ParametersAreListsByRepetitionOrByJson) {
  const std::vector<std::string> given = {"commands=echo a=b", "commands=[\"c\", \"d\"]", "Region=us-west-2",
                                          "x=[abc]"};
  const auto spec = parse_document_spec("Doc", given);
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(spec->parameters,
            (DocumentParameters{{"commands", {"echo a=b", "c", "d"}}, {"Region", {"us-west-2"}}, {"x", {"[abc]"}}}));
  for (const std::string bad : {"commands", "=x", "commands=[\"c\", d]", "commands=\xff"}) {
    const std::vector<std::string> one = {bad};
    EXPECT_FALSE(parse_document_spec("Doc", one)) << bad;
  }
}

TEST(CheckParameters, TakesWhatSsmTakes) {
  EXPECT_TRUE(kinds(shell_document(), {{"commands", {"a", "b"}}, {"executionTimeout", {"60"}}}).empty());
}

TEST(CheckParameters, FindsEverythingThatIsWrongAtOnce) {
  const DocumentParameters given = {
      {"workingDirectory", {"/a", "/b"}}, {"executionTimeout", {"soon"}}, {"comands", {"ls"}}};
  EXPECT_EQ(kinds(shell_document(), given),
            (std::vector<Kind>{Kind::missing, Kind::not_one_value, Kind::not_allowed, Kind::unknown}));
  const auto result = check_parameters(shell_document(), given, {}, Braces::refused);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::usage);
  EXPECT_THAT(result.error().message(), HasSubstr("did you mean commands?"));
}

TEST(CheckParameters, ChecksFormsAndAllowedValues) {
  DocumentDescription document = shell_document();
  document.parameters = {parameter("flag", Type::boolean, "false"), parameter("count", Type::integer, "1"),
                         parameter("map", Type::string_map, "{}"), parameter("mode", Type::string, "a"),
                         parameter("new", Type::other, "")};
  document.parameters[3].allowed_values = {"a", "b"};
  EXPECT_EQ(
      kinds(document, {{"flag", {"yes"}}, {"count", {"1.5"}}, {"map", {"[]"}}, {"mode", {"c"}}, {"new", {"x", "y"}}}),
      (std::vector<Kind>{Kind::wrong_type, Kind::wrong_type, Kind::wrong_type, Kind::not_allowed}));
  EXPECT_TRUE(
      kinds(document, {{"flag", {"True"}}, {"count", {"-3"}}, {"map", {"{\"a\":1}"}}, {"mode", {"b"}}}).empty());
}

TEST(CheckParameters, BracesAreRefusedUnlessMeant) {
  const DocumentParameters given = {{"commands", {"ok", "echo {{ssm:password}}"}}};
  EXPECT_EQ(kinds(shell_document(), given), (std::vector<Kind>{Kind::interpolated}));
  EXPECT_TRUE(find_parameter_problems(shell_document(), given, {}, Braces::meant).empty());
}

TEST(CheckParameters, ValuesAreNeverToldForTheyMayBeSecret) {
  DocumentDescription document = shell_document();
  document.parameters[1].allowed_pattern = "[a-z]+";
  const auto result =
      check_parameters(document, {{"commands", {"{{x"}}, {"workingDirectory", {"hunter2!"}}}, {}, Braces::refused);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().to_text().find("hunter2"), std::string::npos);
}

TEST(CheckParameters, TellsTheWrongPlatformTypeAndState) {
  DocumentDescription document = shell_document();
  document.type = "Automation";
  document.status = "Deleting";
  const DocumentPlatform targets[] = {DocumentPlatform::linux_, DocumentPlatform::windows};
  const auto problems = find_parameter_problems(document, {{"commands", {"x"}}}, targets, Braces::refused);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].kind, Kind::not_a_command);
  EXPECT_EQ(problems[1].kind, Kind::not_active);
  EXPECT_EQ(problems[2].message, "AWS-RunShellScript is for Linux, MacOS; there are targets of Windows");
}

TEST(CheckParameters, APatternOfAnotherDialectOrAHugeValueIsLeftToSsm) {
  DocumentDescription document = shell_document();
  document.parameters[1].allowed_pattern = "(?<name>[";
  EXPECT_TRUE(kinds(document, {{"commands", {"x"}}, {"workingDirectory", {"/"}}}).empty());
  document.parameters[1].allowed_pattern = "(a*)*b";
  EXPECT_TRUE(kinds(document, {{"commands", {"x"}}, {"workingDirectory", {std::string(10'000, 'a')}}}).empty());
}

TEST(DocumentNames, RoundTrip) {
  for (const char* name : {"Linux", "Windows", "MacOS"}) EXPECT_EQ(to_string(*parse_document_platform(name)), name);
  EXPECT_FALSE(parse_document_platform("BeOS"));
  EXPECT_EQ(parse_parameter_type("StringList"), Type::string_list);
  EXPECT_EQ(parse_parameter_type("AWS::EC2::Instance::Id"), Type::other);
}

}  // namespace document_check_test
}  // namespace postern::flow
