#include "fleet/discover.hpp"

#include <gtest/gtest.h>

#include <map>

#include "fleet/testing/make.hpp"
#include "rt/sync.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::fleet {
namespace {

/// Lists of values by account; an account may fail either question.
class ListedSource final : public InventorySource {
 public:
  struct Site {
    Site() = default;
    std::vector<Ec2Record> ec2;
    std::vector<SsmRecord> ssm;
    std::optional<Error> ec2_fails;
    std::optional<Error> ssm_fails;
  };
  std::map<std::string, Site> sites;
  std::vector<std::string> asked_ec2;
  std::size_t ec2_now = 0;
  std::size_t ec2_most = 0;
  rt::Event open;

  rt::Task<Result<std::vector<Ec2Record>>> list_instances(rt::CallContext, ScopePtr scope, Ec2Filters) override {
    asked_ec2.push_back(scope->account.text());
    ec2_most = std::max(ec2_most, ++ec2_now);
    const Result<void> opened = co_await open.wait();
    --ec2_now;
    if (!opened) co_return fail(Error(opened.error()));
    const Site& site = sites[scope->account.text()];
    if (site.ec2_fails) co_return fail(Error(*site.ec2_fails));
    co_return site.ec2;
  }

  rt::Task<Result<std::vector<SsmRecord>>> list_managed(rt::CallContext, ScopePtr scope) override {
    const Site& site = sites[scope->account.text()];
    if (site.ssm_fails) co_return fail(Error(*site.ssm_fails));
    co_return site.ssm;
  }
};

Ec2Record ec2(unsigned number, Tags tags, std::string state = "running") {
  Ec2Record record;
  record.instance_id = testing::instance_id(number).text();
  record.state = std::move(state);
  record.tags = std::move(tags);
  return record;
}

SsmRecord ssm(std::string id, std::string ping, std::string platform = "Linux") {
  SsmRecord record;
  record.instance_id = std::move(id);
  record.ping_status = std::move(ping);
  record.platform_type = std::move(platform);
  return record;
}

const char* const kPay = "444455556666";
const char* const kLedger = "777788889999";
const char* const kBroken = "999900001111";

std::vector<ScopePtr> three_scopes() {
  return {testing::scope(kPay, "us-east-1", "pay"), testing::scope(kLedger, "us-east-1", "ledger"),
          testing::scope(kBroken, "us-east-1", "broken")};
}

void fill(ListedSource& source) {
  source.open.set();
  source.sites[kPay].ec2 = {ec2(3, {{"env", "prod"}}), ec2(1, {{"env", "prod"}}), ec2(2, {{"env", "dev"}})};
  source.sites[kPay].ssm = {ssm(testing::instance_id(1U).text(), "Online")};
  source.sites[kLedger].ec2 = {ec2(4, {{"env", "prod"}})};
  source.sites[kLedger].ssm_fails = Error(ErrorKind::service, "the answer is an HTML page (HTTP 500)");
  source.sites[kBroken].ec2_fails = Error(ErrorKind::denied, "not authorized to perform sts:AssumeRole");
}

TEST(Discover, NeverLetsOneAccountHideAnother) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  fill(source);
  const auto found = loop.run(discover(loop.context(), source, three_scopes(), testing::selector("env=prod")));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->instances.size(), 3U);
  EXPECT_EQ(found->instances[0].ref.label(), "444455556666/us-east-1/i-00000000000000001");
  EXPECT_EQ(found->instances[0].ssm.status, SsmStatus::online);
  EXPECT_EQ(found->instances[1].ssm.status, SsmStatus::not_managed);
  EXPECT_EQ(found->instances[2].ssm.status, SsmStatus::unknown);
  EXPECT_EQ(found->instances[2].ssm.reason, "the answer is an HTML page (HTTP 500)");
  ASSERT_EQ(found->problems.size(), 1U);
  EXPECT_EQ(found->problems[0].scope->account_name, "broken");
  EXPECT_EQ(found->problems[0].error.kind(), ErrorKind::denied);
  EXPECT_EQ(found->scopes_asked, 3U);
  EXPECT_EQ(found->instances_seen, 4U);
}

TEST(Discover, LeavesOutScopesThatCannotMatchAndAsksEc2OnlyWhenItCan) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  fill(source);
  const auto found =
      loop.run(discover(loop.context(), source, three_scopes(), testing::selector("account:pay env=dev")));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->instances.size(), 1U);
  EXPECT_EQ(found->scopes_asked, 1U);
  EXPECT_TRUE(found->problems.empty());
  EXPECT_EQ(source.asked_ec2, (std::vector<std::string>{kPay}));

  source.asked_ec2.clear();
  source.sites[kPay].ssm.push_back(ssm("mi-0123456789abcdef0", "Online"));
  const auto hybrid =
      loop.run(discover(loop.context(), source, three_scopes(), testing::selector("id:mi-0123456789abcdef0")));
  ASSERT_TRUE(hybrid);
  EXPECT_EQ(hybrid->instances.size(), 1U);
  EXPECT_TRUE(source.asked_ec2.empty());
}

TEST(Discover, TellsWhereOnlySsmFailed) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  fill(source);
  source.sites[kPay].ssm_fails = Error(ErrorKind::unavailable, "");
  const auto found = loop.run(discover(loop.context(), source, three_scopes(), Selector::all()));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->problems.size(), 1U);
  ASSERT_EQ(found->ssm_problems.size(), 2U);
  EXPECT_EQ(found->ssm_problems[0].scope->account_name, "pay");
  EXPECT_EQ(found->instances[0].ssm.status, SsmStatus::unknown);
  EXPECT_EQ(found->instances[0].ssm.reason, "Systems Manager did not answer");

  // Where EC2 has nothing to say, nobody knows whether the node is there.
  const auto hybrid =
      loop.run(discover(loop.context(), source, three_scopes(), testing::selector("id:mi-0123456789abcdef0")));
  ASSERT_TRUE(hybrid);
  EXPECT_EQ(hybrid->problems.size(), 2U);
  EXPECT_TRUE(hybrid->ssm_problems.empty());
}

TEST(Discover, NamesOdditiesWithTheirScope) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  fill(source);
  source.sites[kLedger].ec2.push_back(ec2(7, {}, "melted"));
  const auto found = loop.run(discover(loop.context(), source, three_scopes(), Selector::all()));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->oddities.size(), 1U);
  EXPECT_TRUE(found->oddities[0].starts_with("ledger (777788889999)/us-east-1: i-")) << found->oddities[0];
}

TEST(Discover, TakesAnInstanceOnceThatTwoWaysInList) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  source.open.set();
  source.sites[""].ec2 = {ec2(1, {})};
  std::vector<ScopePtr> scopes;
  for (const char* profile : {"ops", "admin"}) {
    Scope scope;
    scope.region = testing::region("us-east-1");
    scope.access.kind = Access::Kind::profile;
    scope.access.profile = profile;
    scopes.push_back(std::make_shared<const Scope>(std::move(scope)));
  }
  const auto found = loop.run(discover(loop.context(), source, scopes, Selector::all()));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->instances.size(), 1U);
  ASSERT_EQ(found->oddities.size(), 1U);
  EXPECT_NE(found->oddities[0].find("by profile admin and by profile ops"), std::string::npos) << found->oddities[0];
}

TEST(Discover, ListsTerminatedInstancesOnlyWhenAsked) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  fill(source);
  source.sites[kPay].ec2 = {ec2(1, {}, "terminated"), ec2(2, {}, "shutting-down"), ec2(3, {}, "stopped")};
  const std::vector<ScopePtr> scopes = {testing::scope(kPay, "us-east-1")};
  EXPECT_EQ(loop.run(discover(loop.context(), source, scopes, Selector::all()))->instances.size(), 1U);
  DiscoverOptions options;
  options.terminated_too = true;
  EXPECT_EQ(loop.run(discover(loop.context(), source, scopes, Selector::all(), options))->instances.size(), 3U);
}

rt::Task<void> keep_discovery(rt::CallContext ctx, ListedSource* source, std::vector<ScopePtr> scopes,
                              DiscoverOptions options, std::optional<Result<Discovery>>* into) {
  Selector everything;
  into->emplace(co_await discover(ctx, *source, std::move(scopes), everything, options));
}

std::vector<ScopePtr> many_scopes(unsigned count) {
  std::vector<ScopePtr> scopes;
  for (unsigned i = 0; i < count; ++i) {
    scopes.push_back(testing::scope(std::to_string(100'000'000'000ULL + i), "us-east-1"));
  }
  return scopes;
}

TEST(Discover, AsksNoMoreScopesAtOnceThanAllowed) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  DiscoverOptions options;
  options.concurrency = 4;
  std::optional<Result<Discovery>> found;
  rt::TaskGroup group(loop.executor());
  group.spawn(keep_discovery(loop.context(), &source, many_scopes(20), options, &found));
  loop.poll();
  EXPECT_EQ(source.ec2_now, 4U);
  EXPECT_FALSE(found);
  source.open.set();
  loop.poll();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->scopes_asked, 20U);
  EXPECT_LE(source.ec2_most, 4U);
}

TEST(Discover, StopsWhenCancelled) {
  rt::testing::ManualLoop loop;
  ListedSource source;
  std::optional<Result<Discovery>> found;
  rt::TaskGroup group(loop.executor());
  group.spawn(keep_discovery(loop.context(), &source, many_scopes(50), DiscoverOptions(), &found));
  loop.poll();
  EXPECT_FALSE(found);
  group.cancel();
  loop.poll();
  ASSERT_TRUE(found);
  ASSERT_FALSE(*found);
  EXPECT_EQ((*found).error().kind(), ErrorKind::cancelled);
  EXPECT_LE(source.asked_ec2.size(), 16U);
}

TEST(ResolutionDigest, ChangesWithSelectorTargetsAndNothingElse) {
  const ScopePtr scope = testing::scope(kPay, "us-east-1");
  std::vector<Instance> instances = {testing::instance(scope, testing::instance_id(1U)),
                                     testing::instance(scope, testing::instance_id(2U))};
  const std::string digest = resolution_digest(Selector::all(), instances);
  EXPECT_EQ(digest.size(), 64U);
  instances[0].state = InstanceState::stopped;
  EXPECT_EQ(resolution_digest(Selector::all(), instances), digest);
  EXPECT_NE(resolution_digest(testing::selector("env=prod"), instances), digest);
  instances.pop_back();
  EXPECT_NE(resolution_digest(Selector::all(), instances), digest);
}

TEST(JoinInventory, JoinsSortsAndNamesWhatIsOdd) {
  const ScopePtr scope = testing::scope(kPay, "us-east-1");
  Ec2Record windows = ec2(2, {{"Name", "win"}});
  windows.platform = "windows";
  const std::vector<Ec2Record> listed = {windows, ec2(1, {}), ec2(1, {}), ec2(5, {}, "melted"), [] {
                                           Ec2Record bad;
                                           bad.instance_id = "i-\x1b[31m";
                                           return bad;
                                         }()};
  const std::vector<SsmRecord> managed = {ssm(testing::instance_id(1U).text(), "ConnectionLost", "MacOS"),
                                          ssm(testing::instance_id(2U).text(), "Sleepy", ""),
                                          ssm(testing::instance_id(9U).text(), "Online"),
                                          ssm("mi-0123456789abcdef0", "Inactive"), ssm("mi-bad", "Online")};
  const Joined joined = join_inventory(scope, listed, managed, "");
  ASSERT_EQ(joined.instances.size(), 4U);
  EXPECT_EQ(joined.instances[0].ssm.status, SsmStatus::connection_lost);
  EXPECT_EQ(joined.instances[0].platform, Platform::macos);
  EXPECT_EQ(joined.instances[1].name, "win");
  EXPECT_EQ(joined.instances[1].platform, Platform::windows);
  EXPECT_EQ(joined.instances[1].ssm.status, SsmStatus::unknown);
  EXPECT_EQ(joined.instances[1].ssm.reason, "Systems Manager reported the ping status 'Sleepy'");
  EXPECT_EQ(joined.instances[2].ssm.status, SsmStatus::not_managed);
  EXPECT_EQ(joined.instances[3].ref.id().text(), "mi-0123456789abcdef0");
  EXPECT_EQ(joined.instances[3].state, InstanceState::none);
  ASSERT_EQ(joined.oddities.size(), 3U);
  for (const std::string& oddity : joined.oddities) EXPECT_EQ(oddity.find('\x1b'), std::string::npos) << oddity;
}

}  // namespace
}  // namespace postern::fleet
