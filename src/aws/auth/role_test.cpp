#include <gtest/gtest.h>

#include "aws/auth/assume_role.hpp"
#include "aws/auth/assume_role_causes.hpp"
#include "aws/auth/basic_providers.hpp"
#include "aws/auth/profile_role.hpp"
#include "aws/auth/testing/fakes.hpp"

namespace postern::aws::auth {
namespace {

using testing::AuthBed;
using testing::aws_error;

constexpr std::string_view kRoleProfiles =
    "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n"
    "[profile hub]\nrole_arn = arn:aws:iam::111122223333:role/Hub\nsource_profile = base\n"
    "[profile target]\nrole_arn = arn:aws:iam::444455556666:role/Target\nsource_profile = hub\nexternal_id = ext-1234\n"
    "role_session_name = chosen\nduration_seconds = 1800\n"
    "[profile self]\nrole_arn = arn:aws:iam::444455556666:role/Self\nsource_profile = self\naws_access_key_id = "
    "AKIASELF\n"
    "aws_secret_access_key = self-secret\n"
    "[profile one]\nrole_arn = arn:aws:iam::444455556666:role/One\nsource_profile = two\n"
    "[profile two]\nrole_arn = arn:aws:iam::444455556666:role/Two\nsource_profile = three\n"
    "[profile three]\nrole_arn = arn:aws:iam::444455556666:role/Three\nsource_profile = one\n"
    "[profile nokeys]\nrole_arn = arn:aws:iam::444455556666:role/NoKeys\nsource_profile = nokeys\n"
    "[profile both]\nrole_arn = arn:aws:iam::444455556666:role/Both\nsource_profile = base\ncredential_source = "
    "Environment\n"
    "[profile neither]\nrole_arn = arn:aws:iam::444455556666:role/Neither\n"
    "[profile missing]\nrole_arn = arn:aws:iam::444455556666:role/Missing\nsource_profile = nobody\n"
    "[profile env]\nrole_arn = arn:aws:iam::444455556666:role/Env\ncredential_source = Environment\n"
    "[profile odd]\nrole_arn = arn:aws:iam::444455556666:role/Odd\ncredential_source = Tarot\n"
    "[profile mfa]\nrole_arn = arn:aws:iam::444455556666:role/Mfa\nsource_profile = base\nmfa_serial = "
    "arn:aws:iam::111122223333:mfa/ada\n";

Result<Credentials> resolve_profile(AuthBed& bed, const std::string& name) {
  const auto config = SharedConfig::parse(kRoleProfiles, "config", "", "credentials").value();
  Settings settings;
  settings.profile = name;
  settings.region = "eu-west-1";
  ProfileRoleProvider provider(bed.parts, config, settings);
  return bed.resolve(provider);
}

TEST(ProfileRole, ChainsOfAnyDepth) {
  AuthBed bed;
  const auto keys = resolve_profile(bed, "target");
  ASSERT_TRUE(keys) << keys.error().to_text();
  ASSERT_EQ(bed.sts.calls.size(), 2u);
  EXPECT_EQ(bed.sts.calls[0].source_key, "AKIABASE");
  EXPECT_EQ(bed.sts.calls[0].assume.role_session_name, "postern-ada-test");
  EXPECT_EQ(bed.sts.calls[0].assume.external_id, std::nullopt);
  EXPECT_EQ(bed.sts.calls[1].source_key, "ASIA-Hub-1");
  EXPECT_EQ(bed.sts.calls[1].assume.external_id, "ext-1234");
  EXPECT_EQ(bed.sts.calls[1].assume.role_session_name, "chosen");
  EXPECT_EQ(bed.sts.calls[1].assume.duration_seconds, 1800);
  EXPECT_EQ(bed.sts.calls[1].region, "eu-west-1");
  EXPECT_EQ(keys->account_id, "444455556666");
}

TEST(ProfileRole, AProfileMayNameItselfWhenItHasKeys) {
  AuthBed bed;
  ASSERT_TRUE(resolve_profile(bed, "self"));
  EXPECT_EQ(bed.sts.calls.at(0).source_key, "AKIASELF");
}

TEST(ProfileRole, MistakesAreNamedWithTheirPlace) {
  struct Row {
    std::string profile;
    std::string message;
  };
  const Row rows[] = {
      {"one", "config:26: profile three leads back to itself: one -> two -> three -> one"},
      {"nokeys", "config:29: profile nokeys leads back to itself: nokeys -> nokeys"},
      {"both", "config:32: profile both has both source_profile and credential_source: keep one"},
      {"neither",
       "config:35: profile neither has role_arn, but neither source_profile nor credential_source to assume it with"},
      {"missing", "config:38: profile missing names the source_profile 'nobody', which does not exist"},
      {"odd",
       "config:44: profile odd has an unknown credential_source: it must be Environment, Ec2InstanceMetadata or "
       "EcsContainer"},
  };
  for (const Row& row : rows) {
    AuthBed bed;
    const auto keys = resolve_profile(bed, row.profile);
    ASSERT_FALSE(keys) << row.profile;
    EXPECT_EQ(keys.error().kind(), ErrorKind::credentials);
    EXPECT_EQ(keys.error().message(), row.message);
    EXPECT_TRUE(bed.sts.calls.empty());
  }
}

TEST(ProfileRole, CredentialSourceEnvironment) {
  AuthBed bed;
  const auto nothing = resolve_profile(bed, "env");
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message().find("AWS_ACCESS_KEY_ID is not set"), std::string::npos)
      << nothing.error().to_text();
  EXPECT_EQ(nothing.error().kind(), ErrorKind::credentials);
  bed.environment.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  bed.environment.variables["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  ASSERT_TRUE(resolve_profile(bed, "env"));
  EXPECT_EQ(bed.sts.calls.at(0).source_key, "AKIAENV");
}

TEST(ProfileRole, ANotFoundFromStsDoesNotSendTheChainOn) {
  AuthBed bed;
  bed.sts.failures.emplace_back(ErrorKind::not_found, "HTTP 404");
  const auto keys = resolve_profile(bed, "hub");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind(), ErrorKind::service);
}

TEST(ProfileRole, MfaNeedsSomebodyToAsk) {
  AuthBed bed;
  const auto alone = resolve_profile(bed, "mfa");
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().kind(), ErrorKind::credentials);
  EXPECT_EQ(alone.error().message().substr(0, 65), "profile mfa: the role asks for a code of the MFA device arn:aws:i");
  EXPECT_NE(alone.error().message().find("no terminal to ask"), std::string::npos);
  bed.parts.mfa_prompt = [](rt::CallContext, std::string serial, std::string) -> rt::Task<Result<std::string>> {
    co_return serial.ends_with("mfa/ada") ? std::string("123456") : std::string();
  };
  ASSERT_TRUE(resolve_profile(bed, "mfa"));
  EXPECT_EQ(bed.sts.calls.at(0).assume.token_code, "123456");
  EXPECT_EQ(bed.sts.calls.at(0).assume.serial_number, "arn:aws:iam::111122223333:mfa/ada");
}

TEST(ProfileRole, AWrongMfaCodeIsNotBlamedOnTheRole) {
  AuthBed bed;
  bed.parts.mfa_prompt = [](rt::CallContext, std::string, std::string) -> rt::Task<Result<std::string>> {
    co_return std::string("654321");
  };
  bed.sts.failures.push_back(aws_error(ErrorKind::denied, "AccessDenied",
                                       "MultiFactorAuthentication failed with invalid MFA one time pass code. "));
  const auto keys = resolve_profile(bed, "mfa");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind(), ErrorKind::credentials);
  EXPECT_EQ(keys.error().context("mfa_serial"), "arn:aws:iam::111122223333:mfa/ada");
  EXPECT_EQ(keys.error().to_text().find("654321"), std::string::npos);
  EXPECT_EQ(bed.explainer.all().find("654321"), std::string::npos);
}

TEST(ProfileRole, WithoutACodeNothingIsSent) {
  AuthBed bed;
  bed.parts.mfa_prompt = [](rt::CallContext, std::string, std::string) -> rt::Task<Result<std::string>> {
    co_return fail(ErrorKind::credentials, "no code was given");
  };
  const auto keys = resolve_profile(bed, "mfa");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().message(), "no code was given");
  EXPECT_TRUE(bed.sts.calls.empty());
}

Result<Credentials> assume(AuthBed& bed, AssumeRoleOptions options) {
  Credentials hub;
  hub.access_key_id = "AKIAHUB";
  hub.secret_access_key = Secret<>("hub-secret");
  hub.source = "profile hub";
  if (options.role_arn.empty()) options.role_arn = "arn:aws:iam::444455556666:role/Operator";
  if (options.session_name.empty()) options.session_name = "postern-ada";
  AssumeRoleProvider provider(bed.sts, std::make_shared<StaticProvider>(hub), options);
  return bed.resolve(provider);
}

TEST(AssumeRole, SendsTheSourceIdentityThatItWasGivenAndNoOther) {
  AuthBed bed;
  AssumeRoleOptions options;
  ASSERT_TRUE(assume(bed, options));
  EXPECT_EQ(bed.sts.calls.back().assume.source_identity, std::nullopt);
  options.source_identity = "ada";
  ASSERT_TRUE(assume(bed, options));
  EXPECT_EQ(bed.sts.calls.back().assume.source_identity, "ada");
  options.source_identity = "ada lovelace";
  const auto wrong = assume(bed, options);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::usage);
  EXPECT_EQ(bed.sts.calls.size(), 2u) << "nothing was sent";
}

TEST(AssumeRole, LimitsAreCheckedBeforeAnythingIsSent) {
  AuthBed bed;
  std::vector<AssumeRoleOptions> all(6);
  all[0].role_arn = "Operator";
  all[1].session_name = "a b";
  all[2].external_id = "x";
  all[3].duration = std::chrono::seconds(60);
  all[4].session_policy = std::string(2049, 'x');
  all[5].external_id = "has space";
  for (const AssumeRoleOptions& options : all) {
    const auto keys = assume(bed, options);
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().kind(), ErrorKind::usage) << keys.error().to_text();
  }
  EXPECT_TRUE(bed.sts.calls.empty());
}

TEST(AssumeRole, WithoutARegionThePartitionsStsIsAsked) {
  AuthBed bed;
  AssumeRoleOptions options;
  options.role_arn = "arn:aws-cn:iam::444455556666:role/Operator";
  options.session_policy = "{}";
  ASSERT_TRUE(assume(bed, options));
  EXPECT_EQ(bed.sts.calls.at(0).region, "cn-northwest-1");
  EXPECT_EQ(bed.sts.calls.at(0).assume.policy, "{}");
}

constexpr std::string_view kRefused =
    "User: arn:aws:sts::111122223333:assumed-role/Hub/ada is not authorized to perform: sts:AssumeRole on resource: "
    "arn:aws:iam::444455556666:role/Operator";

TEST(AssumeRole, ErrorsSayWhatToDo) {
  struct Row {
    Error error;
    ErrorKind kind;
    std::string context_key;
    std::string context_value;
  };
  const Row rows[] = {
      {testing::aws_error(ErrorKind::service, "AccessDenied", std::string(kRefused)), ErrorKind::denied, "external_id",
       "given"},
      {testing::aws_error(ErrorKind::service, "ExpiredToken", "expired"), ErrorKind::credentials, "source",
       "profile hub"},
      {testing::aws_error(ErrorKind::service, "RegionDisabledException", "x"), ErrorKind::service, "hint",
       "STS is not activated in this Region for the account: use another --region"},
      {testing::aws_error(ErrorKind::service, "ValidationError",
                          "exceeds the 1 hour session limit for roles assumed by role chaining."),
       ErrorKind::usage, "hint",
       "a role assumed with another role's keys gets one hour at most: set duration_seconds to 3600"},
  };
  for (const Row& row : rows) {
    AuthBed bed;
    bed.sts.failures.push_back(row.error);
    AssumeRoleOptions options;
    options.external_id = "very-private-id";
    const auto keys = assume(bed, options);
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().kind(), row.kind);
    EXPECT_EQ(keys.error().context(row.context_key), row.context_value);
    EXPECT_EQ(keys.error().context("role_arn"), "arn:aws:iam::444455556666:role/Operator");
    EXPECT_EQ(keys.error().to_text().find("very-private-id"), std::string::npos);
    EXPECT_EQ(keys.error().to_text().find("hub-secret"), std::string::npos);
  }
}

std::string codes(const std::vector<AssumeRoleCause>& causes) {
  std::string out;
  for (const AssumeRoleCause& cause : causes) out += cause.code + " ";
  return out;
}

TEST(AssumeRoleCauses, AllCandidatesWithTheCommandThatTellsThemApart) {
  const Error error = testing::aws_error(ErrorKind::denied, "AccessDenied", std::string(kRefused));
  const auto causes = assume_role_candidates(error, "arn:aws:iam::444455556666:role/ops/Operator", false, "");
  EXPECT_EQ(codes(causes), "trust-policy external-id missing-role caller-policy scp ");
  EXPECT_EQ(causes[0].command, "aws iam get-role --role-name Operator --query Role.AssumeRolePolicyDocument");
  EXPECT_EQ(causes[0].where, "account 444455556666");
  EXPECT_NE(causes[1].text.find("none was given"), std::string::npos);
  EXPECT_EQ(causes[3].command,
            "aws iam simulate-principal-policy --policy-source-arn arn:aws:iam::111122223333:role/Hub --action-names "
            "sts:AssumeRole --resource-arns arn:aws:iam::444455556666:role/ops/Operator");
}

TEST(AssumeRoleCauses, WhatAwsSaysRulesOthersOut) {
  const auto with = [](const std::string& tail) {
    const Error error = testing::aws_error(ErrorKind::denied, "AccessDenied", std::string(kRefused) + tail);
    return codes(assume_role_candidates(error, "arn:aws:iam::444455556666:role/Operator", true,
                                        "arn:aws:iam::111122223333:user/ada"));
  };
  EXPECT_EQ(with(" because no identity-based policy allows the sts:AssumeRole action"), "caller-policy ");
  EXPECT_EQ(with(" with an explicit deny in a service control policy"), "scp ");
  EXPECT_EQ(with(" because no resource-based policy allows the sts:AssumeRole action"), "trust-policy external-id ");
  EXPECT_TRUE(assume_role_candidates(Error(ErrorKind::timeout, "late"), "x", true, "").empty());
}

}  // namespace
}  // namespace postern::aws::auth
