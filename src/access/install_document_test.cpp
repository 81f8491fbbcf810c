#include "access/install_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/json.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"
#include "cfn/testing/golden.hpp"

namespace postern::access {
namespace install_document_test {

using ::testing::HasSubstr;
using ::testing::Not;

Json document_json() {
  const Result<Json> out = Json::parse(install_document_json());
  EXPECT_TRUE(out);
  return out ? *out : Json();
}

/// Whether a parameter takes a value: its pattern is about all of it.
bool takes(std::string_view name, const std::string& value) {
  const Json document = document_json();
  const std::string pattern(document["parameters"][name]["allowedPattern"].to_string().value_or(""));
  return std::regex_match(value, std::regex(pattern));
}

std::string script(std::size_t step) {
  const Json document = document_json();
  std::string out;
  for (const Json& line : document["mainSteps"].items()[step]["inputs"]["runCommand"].items()) {
    out += line.as_string() + "\n";
  }
  return out;
}

TEST(InstallDocument, StandsInItsFile) {
  const auto source = document_template("sha256-0123456789abcdef");
  ASSERT_TRUE(source) << source.error().to_text();
  cfn::testing::expect_golden("src/access/testdata/documents.yaml", *cfn::to_cloudformation(*source));
  const auto terraform = cfn::to_terraform(*source);
  ASSERT_TRUE(terraform) << terraform.error().to_text();
  EXPECT_THAT(*terraform, HasSubstr("resource \"aws_ssm_document\""));
}

TEST(InstallDocument, HasAStepForEachPlatformAndNoOther) {
  const Json document = document_json();
  EXPECT_EQ(document["schemaVersion"].as_string(), "2.2");
  ASSERT_EQ(document["mainSteps"].size(), 2U);
  for (const Json& step : document["mainSteps"].items()) {
    EXPECT_EQ(step["precondition"]["StringEquals"].size(), 2U);
    EXPECT_LT(step["inputs"].dump().size(), 60'000U) << "a document has 64 KB at most";
  }
  EXPECT_EQ(document["mainSteps"].items()[0]["action"].as_string(), "aws:runShellScript");
  EXPECT_EQ(document["mainSteps"].items()[1]["action"].as_string(), "aws:runPowerShellScript");
}

/// What a value could do in a shell, it is refused for.
TEST(InstallDocument, ParametersTakeWordsAndNothingThatAShellReads) {
  EXPECT_TRUE(takes("Region", "us-gov-west-1"));
  EXPECT_TRUE(takes("AccountId", ""));
  EXPECT_TRUE(takes("AccountId", "999900001111"));
  EXPECT_TRUE(takes("Devices", ""));
  EXPECT_TRUE(takes("Devices", "/dev/nvme0n1,/dev/xvdb"));
  EXPECT_TRUE(takes("Devices", "C:,D:"));
  EXPECT_TRUE(takes("Tags", ""));
  EXPECT_TRUE(takes("Tags", "team=dr env= cost-center=a/b:c@d"));
  for (const char* bad : {"'", "$(id)", "`id`", "a b", "a;b", "a\nb", "\"", "{{ x }}", "-x"}) {
    EXPECT_FALSE(takes("Region", bad)) << bad;
    EXPECT_FALSE(takes("AccountId", bad)) << bad;
    EXPECT_FALSE(takes("Devices", bad)) << bad;
    EXPECT_FALSE(takes("Devices", "/dev/xvda," + std::string(bad))) << bad;
    EXPECT_FALSE(takes("Tags", bad)) << bad;
    EXPECT_FALSE(takes("Tags", "a=" + std::string(bad) + ";")) << bad;
  }
  EXPECT_FALSE(takes("Tags", "--account-id=999900001111")) << "an option of the installer";
  EXPECT_FALSE(takes("Tags", "a=b --no-replication=x"));
  EXPECT_FALSE(takes("Region", ""));
  EXPECT_FALSE(takes("Devices", "/dev/xvda,C:"));
}

TEST(InstallDocument, GivesNoKeysToAnybody) {
  for (const std::size_t step : {0U, 1U}) {
    EXPECT_THAT(script(step), Not(HasSubstr("access-key")));
    EXPECT_THAT(script(step), Not(HasSubstr("session-token")));
    EXPECT_THAT(script(step), HasSubstr("--account-id"));
    EXPECT_THAT(script(step), HasSubstr("--no-prompt"));
    EXPECT_THAT(script(step), HasSubstr("aws-elastic-disaster-recovery-hashes-$region"));
  }
}

TEST(InstallDocument, IsKnownByItsContentWhateverTheLayout) {
  const Json document = document_json();
  EXPECT_TRUE(is_install_document(document.dump()));
  Json other = Json::object();  // the members in another order, as CloudFormation may write them
  for (auto at = document.members().rbegin(); at != document.members().rend(); ++at) other.set(at->key, at->value);
  EXPECT_TRUE(is_install_document(other.dump()));
  Json changed = document;
  changed.set("description", "another");
  EXPECT_FALSE(is_install_document(changed.dump()));
  EXPECT_FALSE(is_install_document("not JSON"));
  EXPECT_FALSE(is_install_document(""));
}

}  // namespace install_document_test
}  // namespace postern::access
