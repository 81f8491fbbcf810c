#include "fleet/batch.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

TEST(Batch, NeverMixesScopesAndNeverHoldsMoreThanFifty) {
  const ScopePtr a = testing::scope("111111111111", "us-east-1");
  const ScopePtr b = testing::scope("111111111111", "us-west-2");
  const ScopePtr c = testing::scope("222222222222", "us-east-1");
  std::vector<TargetRef> targets;
  for (unsigned i = 120; i > 0; --i) targets.emplace_back(i % 2 == 0 ? a : c, testing::instance_id(i));
  targets.emplace_back(b, testing::instance_id(500));
  targets.emplace_back(b, testing::instance_id(500));  // twice
  const std::vector<Batch> batches = Batch::split(targets);
  ASSERT_EQ(batches.size(), 5U);
  std::vector<std::size_t> sizes;
  for (const Batch& batch : batches) {
    sizes.push_back(batch.ids().size());
    for (const TargetRef& target : batch.targets()) EXPECT_EQ(target.scope(), batch.scope());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{50, 10, 1, 50, 10}));
  EXPECT_EQ(batches[0].scope(), *a);
  EXPECT_EQ(batches[2].scope(), *b);
  EXPECT_EQ(batches[4].scope(), *c);
}

TEST(Batch, TakesEqualScopesFromDifferentObjectsAsOne) {
  const std::vector<TargetRef> targets = {
      TargetRef(testing::scope("111111111111", "us-east-1"), testing::instance_id(2)),
      TargetRef(testing::scope("111111111111", "us-east-1"), testing::instance_id(1))};
  EXPECT_EQ(Batch::split(targets).size(), 1U);
}

TEST(Batch, ClampsTheSizeAndDropsIds) {
  const ScopePtr a = testing::scope("111111111111", "us-east-1");
  std::vector<TargetRef> targets;
  for (unsigned i = 0; i < 110; ++i) targets.emplace_back(a, testing::instance_id(i));
  EXPECT_EQ(Batch::split(targets).size(), 3U);
  EXPECT_EQ(Batch::split(targets, 1000).size(), 2U);
  EXPECT_EQ(Batch::split(targets, 0).size(), 110U);
  EXPECT_TRUE(Batch::split({}).empty());
  const Batch batch = Batch::split(targets, 3).front();
  const std::vector<InstanceId> dropped = {testing::instance_id(1)};
  EXPECT_EQ(batch.without(dropped).ids().size(), 2U);
  EXPECT_TRUE(batch.without(batch.ids()).empty());
}

}  // namespace
}  // namespace postern::fleet
