#include "access/trail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"
#include "cfn/testing/golden.hpp"

namespace postern::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TrailTemplate, StandsInItsFiles) {
  const Result<cfn::Template> source = trail_template(TrailOrder());
  ASSERT_TRUE(source);
  const Result<std::string> configuration = cfn::to_terraform(*source);
  ASSERT_TRUE(configuration) << configuration.error().to_text();
  cfn::testing::expect_golden("src/access/testdata/trail.yaml", *cfn::to_cloudformation(*source));
  cfn::testing::expect_golden("src/access/testdata/trail.tf", *configuration);
}

TEST(TrailTemplate, BucketOfSomebodyElseIsAParameter) {
  TrailOrder order;
  order.bucket = "central-logs";
  order.organization = "o-abcdefghij";
  const Result<cfn::Template> source = trail_template(order);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->find_resource("LogBucket"), nullptr);
  EXPECT_EQ(source->find_parameter("BucketName")->default_value, "central-logs");
  EXPECT_EQ(source->find_parameter("OrganizationId")->default_value, "o-abcdefghij");
  EXPECT_TRUE(cfn::to_terraform(*source));
  EXPECT_THAT(*cfn::to_cloudformation(*source), Not(HasSubstr("AWS::S3::Bucket")));
}

TEST(TrailTemplate, RefusesNamesThatAwsDoesNotTake) {
  for (const char* name : {"", "ab", "-audit", "audit-", "my trail", "a/b"}) {
    TrailOrder order;
    order.name = name;
    const auto made = trail_template(order);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().kind(), ErrorKind::usage);
  }
  TrailOrder order;
  order.bucket = "Not_A_Bucket";
  EXPECT_FALSE(trail_template(order));
}

}  // namespace
}  // namespace postern::access
