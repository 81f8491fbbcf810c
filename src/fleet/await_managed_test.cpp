#include "fleet/await_managed.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::fleet {
namespace await_managed_test {

using namespace std::chrono_literals;

/// One account whose agents register after a time each.
class LateSource final : public InventorySource {
 public:
  explicit LateSource(const rt::Clock& clock) : clock_(clock) {}
  std::vector<std::pair<std::string, Duration>> agents;  ///< instance and when it is online
  bool ssm_fails = false;
  std::size_t looks = 0;

  rt::Task<Result<std::vector<Ec2Record>>> list_instances(rt::CallContext, ScopePtr, Ec2Filters) override {
    std::vector<Ec2Record> records;
    for (const auto& [id, when] : agents) {
      Ec2Record record;
      record.instance_id = id;
      record.state = "running";
      record.platform = "Linux/UNIX";
      records.push_back(std::move(record));
    }
    co_return records;
  }
  rt::Task<Result<std::vector<SsmRecord>>> list_managed(rt::CallContext, ScopePtr) override {
    ++looks;
    if (ssm_fails) co_return fail(ErrorKind::throttled, "Rate exceeded");
    std::vector<SsmRecord> records;
    for (const auto& [id, when] : agents) {
      if (clock_.now() < MonoTime() + when) continue;
      SsmRecord record;
      record.instance_id = id;
      record.ping_status = "Online";
      record.platform_type = "Linux";
      records.push_back(std::move(record));
    }
    co_return records;
  }

 private:
  const rt::Clock& clock_;
};

class AwaitManaged : public ::testing::Test {
 protected:
  AwaitManaged() : source(loop.clock()), where(testing::scope("111122223333", "us-east-1")) {}

  void add(unsigned number, Duration online_at, SsmStatus status = SsmStatus::not_managed) {
    const InstanceId id = testing::instance_id(number);
    source.agents.emplace_back(id.text(), online_at);
    discovery.instances.push_back(testing::instance(where, id));
    discovery.instances.back().ssm.status = status;
  }
  Result<void> await() { return loop.run(await_managed(loop.context(), source, all, discovery, options)); }

  rt::testing::ManualLoop loop;
  LateSource source;
  ScopePtr where;
  Discovery discovery;
  const Selector all;
  AwaitOptions options;
};

TEST_F(AwaitManaged, AsksNobodyWhenAllAreThere) {
  add(1, 0s, SsmStatus::online);
  add(2, 0s);
  discovery.instances.back().state = InstanceState::stopped;
  ASSERT_TRUE(await().has_value());
  EXPECT_EQ(source.looks, 0U);
  EXPECT_EQ(loop.clock().now(), MonoTime());
}

TEST_F(AwaitManaged, EndsWhenTheLastOneIsOnline) {
  add(1, 0s, SsmStatus::online);
  add(2, 95s);
  add(3, 20s, SsmStatus::connection_lost);
  std::vector<std::size_t> missing;
  options.on_look = [&missing](std::size_t count, Duration) { missing.push_back(count); };
  ASSERT_TRUE(await().has_value());
  for (const Instance& instance : discovery.instances) EXPECT_EQ(instance.ssm.status, SsmStatus::online);
  EXPECT_GE(loop.clock().now(), MonoTime() + 95s);
  EXPECT_LT(loop.clock().now(), MonoTime() + 150s);
  EXPECT_EQ(missing.front(), 2U);
  EXPECT_EQ(missing.back(), 0U);
  EXPECT_LE(source.looks, 6U);
}

TEST_F(AwaitManaged, GivesUpAtTheLimitAndAddsNothing) {
  add(1, 1h);
  source.agents.emplace_back(testing::instance_id(7).text(), 0s);  // launched since: the list is frozen
  ASSERT_TRUE(await().has_value());
  EXPECT_EQ(loop.clock().now(), MonoTime() + 10min);
  ASSERT_EQ(discovery.instances.size(), 1U);
  EXPECT_EQ(discovery.instances[0].ssm.status, SsmStatus::not_managed);
}

TEST_F(AwaitManaged, AsksAgainWhenAScopeDoesNotAnswer) {
  add(1, 0s);
  source.ssm_fails = true;
  options.limit = 2min;
  ASSERT_TRUE(await().has_value());
  EXPECT_GT(source.looks, 3U);
  EXPECT_EQ(discovery.instances[0].ssm.status, SsmStatus::unknown);
}

}  // namespace await_managed_test
}  // namespace postern::fleet
