#include "fleet/types.hpp"

#include <gtest/gtest.h>

namespace postern::fleet {
namespace {

TEST(AccountId, ExplainsWhatIsWrong) {
  EXPECT_EQ(AccountId::parse("444455556666")->text(), "444455556666");
  EXPECT_EQ(AccountId::parse("prod").error().message(), "'prod' is not an account id: twelve digits");
  EXPECT_EQ(AccountId::parse("").error().message(), "'' is not an account id: twelve digits");
  EXPECT_EQ(AccountId::parse("12345678901").error().message(),
            "'12345678901' is not an account id: it has 11 digits, not twelve (was a leading zero lost? write it in "
            "quotes: \"012345678901\")");
  EXPECT_EQ(AccountId::parse("4444555566667").error().message(),
            "'4444555566667' is not an account id: it has 13 digits, not twelve");
}

TEST(InstanceId, TakesShortLongAndHybridForms) {
  for (const char* good : {"i-01234567", "i-0123456789abcdef0", "mi-0123456789abcdef0"}) {
    EXPECT_TRUE(InstanceId::parse(good)) << good;
  }
  for (const char* bad : {"", "i-", "i-0123", "i-0123456789ABCDEF0", "mi-01234567", "x-01234567", "i-0123456g"}) {
    EXPECT_FALSE(InstanceId::parse(bad)) << bad;
  }
  EXPECT_TRUE(is_hybrid(*InstanceId::parse("mi-0123456789abcdef0")));
  EXPECT_FALSE(is_hybrid(*InstanceId::parse("i-01234567")));
}

TEST(Region, ChecksTheShapeAndKnowsThePartition) {
  struct Case {
    const char* region;
    Partition partition;
  };
  const Case cases[] = {{"us-east-1", Partition::aws},
                        {"ap-southeast-2", Partition::aws},
                        {"cn-north-1", Partition::aws_cn},
                        {"us-gov-west-1", Partition::aws_us_gov},
                        {"us-iso-east-1", Partition::aws_iso},
                        {"us-isob-east-1", Partition::aws_iso_b},
                        {"eu-isoe-west-1", Partition::aws_iso_e},
                        {"us-isof-south-1", Partition::aws_iso_f},
                        {"eusc-de-east-1", Partition::aws_eusc}};
  for (const Case& c : cases) {
    const Result<Region> region = Region::parse(c.region);
    ASSERT_TRUE(region) << c.region;
    EXPECT_EQ(partition_of(*region), c.partition) << c.region;
    EXPECT_EQ(parse_partition(to_string(c.partition)), c.partition);
  }
  for (const char* bad : {"", "us-east", "useast1", "US-EAST-1", "us-east-1a", "us--1", "us-east-100", "us-east-1 "}) {
    EXPECT_FALSE(Region::parse(bad)) << bad;
  }
}

TEST(RoleArn, ParsesAndBuildsTheSameText) {
  for (const char* text :
       {"arn:aws:iam::444455556666:role/PosternOperator", "arn:aws-cn:iam::444455556666:role/ops/team-a/Role_1"}) {
    const Result<RoleArn> arn = RoleArn::parse(text);
    ASSERT_TRUE(arn) << text;
    EXPECT_EQ(arn->text(), text);
  }
  const AccountId account = *AccountId::parse("444455556666");
  EXPECT_EQ(RoleArn::build(Partition::aws_us_gov, account, "/ops/Role")->text(),
            "arn:aws-us-gov:iam::444455556666:role/ops/Role");
  EXPECT_EQ(RoleArn::build(Partition::aws, account, "ops/Role")->path(), "/ops/");
}

TEST(RoleArn, RefusesWhatIsNoRole) {
  struct Case {
    const char* text;
    const char* part;
  };
  const Case cases[] = {
      {"PosternOperator", "is not a role's ARN"},
      {"arn:aws:sts::444455556666:assumed-role/R/s", "the ARN of a role session"},
      {"arn:aws:iam::444455556666:user/U", "not the ARN of an IAM role"},
      {"arn:aws:iam::44445555666:role/R", "was a leading zero lost"},
      {"arn:amazon:iam::444455556666:role/R", "unknown partition 'amazon'"},
      {"arn:aws:iam::444455556666:role/", "it is empty"},
      {"arn:aws:iam::444455556666:role/a b", "letters, digits and"},
      {"arn:aws:iam::444455556666:role/a//b", "has a path that no role can have"},
  };
  for (const Case& c : cases) {
    const Result<RoleArn> arn = RoleArn::parse(c.text);
    ASSERT_FALSE(arn) << c.text;
    EXPECT_EQ(arn.error().kind(), ErrorKind::usage);
    EXPECT_NE(arn.error().message().find(c.part), std::string::npos) << arn.error().message();
  }
}

TEST(SecretRef, KeepsReferencesAndRefusesCommands) {
  EXPECT_EQ(SecretRef::parse("env:TOKEN")->to_text(), "env:TOKEN");
  EXPECT_EQ(SecretRef::parse("file:/run/x")->kind, SecretRef::Kind::file);
  EXPECT_EQ(SecretRef::parse("plain")->kind, SecretRef::Kind::literal);
  EXPECT_FALSE(SecretRef::parse("env:"));
  EXPECT_FALSE(SecretRef::parse("env:1A"));
  const auto refused = SecretRef::parse("exec:pass show x");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("not trusted"), std::string::npos);
  EXPECT_EQ(SecretRef::parse("exec:pass show x", Trust::trusted)->text, "pass show x");
}

TEST(Duty, NamesAndBack) {
  for (const Duty duty : kAllDuties) EXPECT_EQ(parse_duty(to_string(duty)), duty);
  EXPECT_FALSE(parse_duty("admin"));
}

TEST(Scope, LabelsForPeople) {
  Scope scope;
  scope.account = *AccountId::parse("444455556666");
  scope.region = *Region::parse("us-east-1");
  EXPECT_EQ(scope.label(), "444455556666/us-east-1");
  scope.account_name = "payments-prod";
  EXPECT_EQ(scope.label(), "payments-prod (444455556666)/us-east-1");
  EXPECT_EQ(scope.who(), "payments-prod (444455556666)");
}

TEST(Scope, WithoutAFleetFileTheWayInTellsWho) {
  Scope scope;
  scope.region = *Region::parse("us-east-1");
  EXPECT_EQ(scope.who(), "the caller's account");
  scope.access.kind = Access::Kind::profile;
  scope.access.profile = "ops";
  scope.account_name = "ops";
  EXPECT_EQ(scope.label(), "profile ops/us-east-1");
  scope.account = *AccountId::parse("444455556666");
  EXPECT_EQ(scope.label(), "444455556666 (profile ops)/us-east-1");
  scope.access = Access();
  scope.access.kind = Access::Kind::role;
  scope.access.role = *RoleArn::parse("arn:aws:iam::444455556666:role/ops/Operator");
  scope.account_name = "444455556666";
  EXPECT_EQ(scope.label(), "444455556666 (role Operator)/us-east-1");
}

}  // namespace
}  // namespace postern::fleet
