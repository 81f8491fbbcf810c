#include <gtest/gtest.h>

#include "aws/auth/basic_providers.hpp"
#include "aws/auth/identity_guard.hpp"
#include "aws/auth/testing/fakes.hpp"

namespace postern::aws::auth {
namespace {

using testing::AuthBed;

CallScope scope_of(std::string account, std::string region) {
  Credentials keys;
  keys.access_key_id = "AKIAHUB";
  keys.secret_access_key = Secret<>("hub-secret");
  keys.source = "profile hub";
  CallScope scope;
  scope.account_id = std::move(account);
  scope.region = std::move(region);
  scope.credentials = std::make_shared<StaticProvider>(keys);
  return scope;
}

rt::Task<void> keep_identity(rt::Task<Result<CallerIdentity>> task, std::optional<Result<CallerIdentity>>* into) {
  into->emplace(co_await std::move(task));
}

TEST(IdentityGuard, TheRightAccountIsAskedForOnce) {
  AuthBed bed;
  IdentityGuard guard(bed.sts);
  CallScope scope = scope_of("111122223333", "us-east-1");
  for (const char* region : {"us-east-1", "eu-west-1"}) {
    scope.region = region;
    const auto identity = bed.loop.run(guard.verify(bed.context(), scope));
    ASSERT_TRUE(identity) << identity.error().to_text();
    EXPECT_EQ(identity->account_id, "111122223333");
  }
  EXPECT_EQ(bed.sts.count("GetCallerIdentity"), 1u);
}

TEST(IdentityGuard, ManyAtOnceAskOnce) {
  AuthBed bed;
  bed.sts.delay = std::chrono::seconds(1);
  IdentityGuard guard(bed.sts);
  const CallScope scope = scope_of("111122223333", "us-east-1");
  std::optional<Result<CallerIdentity>> results[3];
  rt::TaskGroup group(bed.loop.executor());
  for (auto& result : results) group.spawn(keep_identity(guard.verify(bed.context(), scope), &result));
  bed.loop.advance(std::chrono::seconds(2));
  for (const auto& result : results) EXPECT_TRUE(result && result->has_value());
  EXPECT_EQ(bed.sts.count("GetCallerIdentity"), 1u);
}

TEST(IdentityGuard, WrongAccountOrPartitionIsRefusedAndNothingIsSent) {
  struct Row {
    std::string account;
    std::string region;
    std::string message;
  };
  const Row rows[] = {
      {"444455556666", "us-east-1",
       "wrong account: the credentials belong to account 111122223333, not to 444455556666; nothing was sent"},
      {"111122223333", "us-gov-west-1",
       "wrong partition: the credentials belong to aws, but us-gov-west-1 is in aws-us-gov; nothing was sent"},
  };
  for (const Row& row : rows) {
    AuthBed bed;
    IdentityGuard guard(bed.sts);
    const auto identity = bed.loop.run(guard.verify(bed.context(), scope_of(row.account, row.region)));
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().kind(), ErrorKind::refused);
    EXPECT_EQ(identity.error().delivery(), Delivery::not_sent);
    EXPECT_EQ(identity.error().message(), row.message);
    EXPECT_EQ(identity.error().context("credentials"), "profile hub");
    EXPECT_EQ(identity.error().to_text().find("hub-secret"), std::string::npos);
  }
}

TEST(IdentityGuard, ErrorsAreNotRemembered) {
  AuthBed bed;
  bed.sts.failures.emplace_back(ErrorKind::unavailable, "down");
  IdentityGuard guard(bed.sts);
  const CallScope scope = scope_of("", "us-east-1");
  EXPECT_FALSE(bed.loop.run(guard.verify(bed.context(), scope)));
  EXPECT_TRUE(bed.loop.run(guard.verify(bed.context(), scope)));
}

}  // namespace
}  // namespace postern::aws::auth
