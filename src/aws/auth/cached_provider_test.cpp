#include "aws/auth/cached_provider.hpp"

#include <gtest/gtest.h>

#include "aws/auth/assume_role.hpp"
#include "aws/auth/basic_providers.hpp"
#include "aws/auth/testing/fakes.hpp"

namespace postern::aws::auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AuthBed;

Credentials hub_keys() {
  Credentials keys;
  keys.access_key_id = "AKIAHUB";
  keys.secret_access_key = Secret<>("hub-secret");
  keys.source = "test";
  return keys;
}

std::shared_ptr<CachedProvider> cached_role(AuthBed& bed) {
  AssumeRoleOptions options;
  options.role_arn = "arn:aws:iam::444455556666:role/Operator";
  options.session_name = "postern-ada";
  options.region = "eu-west-1";
  return std::make_shared<CachedProvider>(
      std::make_shared<AssumeRoleProvider>(bed.sts, std::make_shared<StaticProvider>(hub_keys()), options));
}

rt::Task<void> keep_result(rt::Task<Result<Credentials>> task, std::optional<Result<Credentials>>* into) {
  into->emplace(co_await std::move(task));
}

TEST(CachedProvider, TwoAtOnceAreOneAssumeRole) {
  AuthBed bed;
  bed.sts.delay = seconds(2);
  const auto provider = cached_role(bed);
  std::optional<Result<Credentials>> first;
  std::optional<Result<Credentials>> second;
  rt::TaskGroup group(bed.loop.executor());
  group.spawn(keep_result(provider->resolve(bed.context()), &first));
  group.spawn(keep_result(provider->resolve(bed.context()), &second));
  bed.loop.advance(seconds(1));
  EXPECT_FALSE(first || second);
  bed.loop.advance(seconds(2));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->value().access_key_id, "ASIA-Operator-1");
  EXPECT_EQ(second->value().access_key_id, "ASIA-Operator-1");
  EXPECT_EQ(bed.sts.count("AssumeRole"), 1u);
}

TEST(CachedProvider, RenewsBeforeTheEnd) {
  AuthBed bed;
  const auto provider = cached_role(bed);
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-1");
  bed.loop.advance(minutes(44));
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-1");
  bed.loop.advance(minutes(7));  // 51: at the latest 10 minutes before the end
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-2");
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-2");
}

TEST(CachedProvider, AFailedRenewalIsSurvivedUntilTheEnd) {
  AuthBed bed;
  const auto provider = cached_role(bed);
  ASSERT_TRUE(bed.resolve(*provider));
  for (int i = 0; i < 9; ++i) bed.sts.failures.emplace_back(ErrorKind::unavailable, "STS is down");
  bed.loop.advance(minutes(51));
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-1");
  EXPECT_TRUE(bed.explainer.has("STS is down"));
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-1");
  EXPECT_EQ(bed.sts.count("AssumeRole"), 2u) << "the failure is not repeated at once";
  bed.loop.advance(minutes(6));  // 57: inside the last five
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-1");
  EXPECT_EQ(bed.sts.count("AssumeRole"), 3u);
  bed.loop.advance(minutes(4));  // over
  const auto over = bed.resolve(*provider);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().message(), "STS is down");
  bed.sts.failures.clear();
  EXPECT_TRUE(bed.resolve(*provider)) << "errors are not remembered";
}

TEST(CachedProvider, InvalidateAsksAgain) {
  AuthBed bed;
  const auto provider = cached_role(bed);
  ASSERT_TRUE(bed.resolve(*provider));
  provider->invalidate();
  EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-2");
}

TEST(CachedProvider, AWrongClockDoesNotMakeFreshRolesOld) {
  for (const Duration skew : {Duration(-std::chrono::hours(3)), Duration(std::chrono::hours(3))}) {
    AuthBed bed;
    bed.sts.server_skew = skew;
    const auto provider = cached_role(bed);
    ASSERT_TRUE(bed.resolve(*provider));
    EXPECT_TRUE(bed.explainer.has("differ by about 3h"));
    bed.loop.advance(minutes(40));
    EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-1");
    bed.loop.advance(minutes(16));
    EXPECT_EQ(bed.resolve(*provider)->access_key_id, "ASIA-Operator-2");
  }
}

TEST(CachedProvider, WhenTheLeaderIsCancelledAnotherLeads) {
  AuthBed bed;
  bed.sts.delay = seconds(10);
  const auto provider = cached_role(bed);
  std::optional<Result<Credentials>> leader;
  std::optional<Result<Credentials>> follower;
  rt::TaskGroup first(bed.loop.executor());
  rt::TaskGroup second(bed.loop.executor());
  first.spawn(keep_result(provider->resolve(bed.context()), &leader));
  bed.loop.poll();
  second.spawn(keep_result(provider->resolve(bed.context()), &follower));
  bed.loop.poll();
  first.cancel();
  bed.loop.poll();
  ASSERT_TRUE(leader);
  EXPECT_EQ(leader->error().kind(), ErrorKind::cancelled);
  EXPECT_FALSE(follower);
  bed.loop.advance(seconds(11));
  ASSERT_TRUE(follower);
  EXPECT_TRUE(follower->has_value());
  EXPECT_EQ(bed.sts.count("AssumeRole"), 2u);
}

TEST(CachedProvider, AFollowersDeadlineIsItsOwn) {
  AuthBed bed;
  bed.sts.delay = seconds(10);
  const auto provider = cached_role(bed);
  std::optional<Result<Credentials>> leader;
  std::optional<Result<Credentials>> follower;
  rt::TaskGroup group(bed.loop.executor());
  group.spawn(keep_result(provider->resolve(bed.context()), &leader));
  group.spawn(keep_result(provider->resolve(bed.context().within(seconds(3))), &follower));
  bed.loop.advance(seconds(4));
  ASSERT_TRUE(follower);
  EXPECT_EQ(follower->error().kind(), ErrorKind::timeout);
  EXPECT_FALSE(leader);
  bed.loop.advance(seconds(7));
  ASSERT_TRUE(leader);
  EXPECT_TRUE(leader->has_value());
}

}  // namespace
}  // namespace postern::aws::auth
