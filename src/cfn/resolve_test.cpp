#include "cfn/resolve.hpp"

#include <gtest/gtest.h>

#include "cfn/testing/sample.hpp"

namespace postern::cfn {
namespace resolve_test {

Inputs inputs() {
  Inputs out;
  out.parameters["HubRoleArn"] = {"arn:aws:iam::111122223333:role/Hub"};
  out.parameters["ExternalId"] = {"x-1"};
  out.account = "444455556666";
  return out;
}

TEST(Resolve, LeavesOutWhatHasNoValue) {
  const Template source = testing::sample();
  const Value& trust = *source.resources[0].properties.find("AssumeRolePolicyDocument");
  EXPECT_EQ(*resolve_json(source, trust, inputs()),
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":)"
            R"("arn:aws:iam::111122223333:role/Hub"},"Action":"sts:AssumeRole","Condition":{"StringEquals":)"
            R"({"sts:ExternalId":"x-1"}}}]})");
  Inputs with = inputs();
  with.parameters["OrganizationId"] = {"o-abc"};
  EXPECT_NE(resolve_json(source, trust, with)->find(R"("sts:ExternalId":"x-1","aws:PrincipalOrgID":"o-abc")"),
            std::string::npos);
  EXPECT_TRUE(*holds(source, "HasOrganization", with));
  EXPECT_FALSE(*holds(source, "HasOrganization", inputs()));
}

TEST(Resolve, PutsNamesIntoTextAndKeepsPolicyVariables) {
  const Template source = testing::sample();
  const Value text = sub("arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:${!aws:username}");
  EXPECT_EQ(*resolve_json(source, text, inputs()), R"("arn:aws:x:us-east-1:444455556666:${aws:username}")");
  EXPECT_EQ(*resolve_json(source, ref("Regions"), inputs()), R"(["us-east-1","eu-west-1"])");
  EXPECT_EQ(*resolve_json(source, join("+", Value::list({"a", ref("ExternalId")})), inputs()), R"("a+x-1")");
}

TEST(Resolve, SaysWhatIsNotGiven) {
  const Template source = testing::sample();
  const auto parameter = resolve_json(source, ref("ExternalId"), Inputs());
  ASSERT_FALSE(parameter);
  EXPECT_EQ(parameter.error().message(), "the parameter ExternalId has no value");
  const auto attribute = resolve_json(source, get_att("SampleRole", "Arn"), inputs());
  ASSERT_FALSE(attribute);
  EXPECT_EQ(attribute.error().message(), "SampleRole.Arn is not known before the stack is made");
}

}  // namespace resolve_test
}  // namespace postern::cfn
