#include "sim/drs/test_calls.hpp"

namespace postern::sim {
namespace drs_servers_test {

using namespace aws::drs;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::code_of;
using testing::drs_config;
using testing::DrsRig;
using testing::kDrsSite;

TEST(DrsSite, NothingButInitializationIsAnsweredBeforeIt) {
  CloudConfig config = drs_config(1, 0);
  config.accounts[1].drs.clear();
  DrsRig rig(std::move(config));
  EXPECT_EQ(code_of(rig.call<DescribeSourceServers>({})), "UninitializedAccountException 400");
  EXPECT_EQ(code_of(rig.call<DescribeJobs>({})), "UninitializedAccountException 400");
  EXPECT_EQ(code_of(rig.start({"s-11111111111111111"})), "UninitializedAccountException 400");
  EXPECT_EQ(code_of(rig.call<InitializeService>({})), "ok");
  EXPECT_EQ(code_of(rig.call<InitializeService>({})), "ok");
  EXPECT_EQ(code_of(rig.call<DescribeSourceServers>({})), "ok");
  const AccountIam* iam = rig.cloud().directory().find_account("444455556666");
  EXPECT_TRUE(iam->roles.contains("AWSServiceRoleForElasticDisasterRecovery"));
  EXPECT_TRUE(iam->profiles.contains("AWSElasticDisasterRecoveryRecoveryInstanceRole"));
  // Another Region is another site.
  rig.in_region("us-east-2");
  EXPECT_EQ(code_of(rig.call<DescribeSourceServers>({})), "UninitializedAccountException 400");
}

TEST(DrsSite, EveryOperationIsAuthorised) {
  CloudConfig config = drs_config(2, 2);
  config.accounts[1].users[0].permissions.allow = {"drs:Describe*"};
  DrsRig rig(std::move(config));
  EXPECT_EQ(code_of(rig.call<DescribeSourceServers>({})), "ok");
  EXPECT_EQ(code_of(rig.call<InitializeService>({})), "AccessDeniedException 403");
  const auto refused = rig.start({rig.server("node-1")});
  EXPECT_EQ(code_of(refused), "AccessDeniedException 403");
  EXPECT_NE(refused.error().message().find("drs:StartRecovery"), std::string::npos);
  StopReplicationRequest stop;
  stop.source_server_id = rig.server("node-1");
  EXPECT_EQ(code_of(rig.call<StopReplication>(stop)), "AccessDeniedException 403");
}

TEST(SourceServers, AreListedInPagesAndByFilters) {
  DrsRig rig(7);
  DescribeSourceServersRequest request;
  request.max_results = 3;
  std::vector<std::string> seen;
  int pages = 0;
  do {
    const auto page = rig.call<DescribeSourceServers>(request);
    ASSERT_TRUE(page);
    for (const SourceServer& one : page->items) seen.push_back(*one.source_server_id);
    request.next_token = page->next_token;
    ++pages;
  } while (request.next_token);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 7U);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  DescribeSourceServersRequest by_hardware;
  by_hardware.filters.emplace().hardware_id = rig.ids(1).front();
  const auto found = rig.call<DescribeSourceServers>(by_hardware);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->items.size(), 1U);
  EXPECT_EQ(found->items[0].source_properties->identification_hints->aws_instance_id, rig.ids(1).front());
  DescribeSourceServersRequest elsewhere;
  elsewhere.filters.emplace().staging_account_ids.emplace_back("999999999999");
  EXPECT_TRUE(rig.call<DescribeSourceServers>(elsewhere)->items.empty());
  DescribeSourceServersRequest hostile;
  hostile.next_token = "c29tZXRoaW5nIHRoYXQgaXMgbm8gdG9rZW4gb2YgdGhpcw==";
  EXPECT_EQ(code_of(rig.call<DescribeSourceServers>(hostile)), "ValidationException 400");
}

TEST(SourceServers, SayWhatAwsSaysOfThem) {
  DrsRig rig(1);
  const SourceServer server = rig.described(rig.server("node-1"));
  EXPECT_EQ(*server.arn, "arn:aws:drs:us-west-2:444455556666:source-server/" + *server.source_server_id);
  EXPECT_EQ(server.source_server_id->size(), 19U);
  EXPECT_EQ(server.source_cloud_properties->origin_account_id, "444455556666");
  EXPECT_EQ(server.source_cloud_properties->origin_region, "us-east-1");
  EXPECT_EQ(server.data_replication_info->data_replication_state, DataReplicationState::continuous);
  EXPECT_EQ(server.data_replication_info->lag_duration, "PT0S");
  EXPECT_EQ(server.data_replication_info->data_replication_initiation->steps.size(), 11U);
  EXPECT_EQ(server.last_launch_result, LastLaunchResult::not_started);
  EXPECT_EQ(server.replication_direction, ReplicationDirection::failover);
  EXPECT_FALSE(server.recovery_instance_id);
  EXPECT_TRUE(server.tags.contains("AWSDRS"));
  EXPECT_EQ(server.staging_area->status, ExtensionStatus::not_extended);
}

TEST(SourceServers, AreDisconnectedBeforeTheyAreDeleted) {
  DrsRig rig(2);
  DeleteSourceServerRequest remove;
  remove.source_server_id = rig.server("node-1");
  EXPECT_EQ(code_of(rig.call<DeleteSourceServer>(remove)), "ConflictException 409");
  DisconnectSourceServerRequest disconnect;
  disconnect.source_server_id = remove.source_server_id;
  const auto gone = rig.call<DisconnectSourceServer>(disconnect);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->data_replication_info->data_replication_state, DataReplicationState::disconnected);
  EXPECT_FALSE(gone->data_replication_info->lag_duration);
  EXPECT_EQ(gone->data_replication_info->replicated_disks[0].total_storage_bytes, 0);
  EXPECT_EQ(code_of(rig.start({*remove.source_server_id})), "ConflictException 409");
  EXPECT_EQ(code_of(rig.call<DeleteSourceServer>(remove)), "ok");
  EXPECT_EQ(code_of(rig.call<DeleteSourceServer>(remove)), "ResourceNotFoundException 404");
}

TEST(SourceServers, StopLoseTheirPointsAndBeginAnew) {
  DrsRig rig(1);
  const std::string id = rig.server("node-1");
  DescribeRecoverySnapshotsRequest points;
  points.source_server_id = id;
  EXPECT_GT(rig.call<DescribeRecoverySnapshots>(points)->items.size(), 30U);
  StopReplicationRequest stop;
  stop.source_server_id = id;
  ASSERT_TRUE(rig.call<StopReplication>(stop));
  EXPECT_TRUE(rig.call<DescribeRecoverySnapshots>(points)->items.empty());
  EXPECT_EQ(rig.described(id).data_replication_info->data_replication_state, DataReplicationState::stopped);
  StartReplicationRequest start;
  start.source_server_id = id;
  const auto begun = rig.call<StartReplication>(start);
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->source_server->data_replication_info->data_replication_state, DataReplicationState::initiating);
  EXPECT_EQ(code_of(rig.call<StartReplication>(start)), "ConflictException 409");
  RetryDataReplicationRequest retry;
  retry.source_server_id = id;
  EXPECT_EQ(code_of(rig.call<RetryDataReplication>(retry)), "ValidationException 400");
  rig.loop().advance(minutes(40));
  EXPECT_EQ(rig.described(id).data_replication_info->data_replication_state, DataReplicationState::continuous);
}

TEST(SourceServers, ShowTheFaultsThatTheyAreGiven) {
  DrsRig rig(3);
  DrsFault stall(DrsFaultKind::stall, "node-1", "SNAPSHOTS_FAILURE");
  stall.text = "KMSKeyDisabled";
  rig.sites().add_fault(kDrsSite, stall);
  DrsFault lag(DrsFaultKind::lag, "node-2", "");
  lag.lag = minutes(22);
  rig.sites().add_fault(kDrsSite, lag);
  rig.loop().advance(hours(1));
  const SourceServer stalled = rig.described(rig.server("node-1"));
  EXPECT_EQ(stalled.data_replication_info->data_replication_state, DataReplicationState::stalled);
  EXPECT_EQ(stalled.data_replication_info->data_replication_error->error,
            DataReplicationErrorString::snapshots_failure);
  EXPECT_EQ(stalled.data_replication_info->data_replication_error->raw_error, "KMSKeyDisabled");
  EXPECT_EQ(stalled.data_replication_info->lag_duration, "PT1H");
  const SourceServer late = rig.described(rig.server("node-2"));
  EXPECT_EQ(late.data_replication_info->data_replication_state, DataReplicationState::backlog);
  EXPECT_EQ(late.data_replication_info->lag_duration, "PT22M");
  EXPECT_EQ(rig.described(rig.server("node-3")).data_replication_info->data_replication_state,
            DataReplicationState::continuous);
}

TEST(RecoverySnapshots, AreOrderedPagedAndFiltered) {
  DrsRig rig(1);
  DescribeRecoverySnapshotsRequest request;
  request.source_server_id = rig.server("node-1");
  request.order.emplace(RecoverySnapshotsOrder::desc);
  request.max_results = 5;
  const auto newest = rig.call<DescribeRecoverySnapshots>(request);
  ASSERT_TRUE(newest);
  ASSERT_EQ(newest->items.size(), 5U);
  EXPECT_GT(*newest->items[0].timestamp, *newest->items[4].timestamp);
  EXPECT_EQ(newest->items[0].snapshot_id->size(), 21U);
  request.next_token = newest->next_token;
  EXPECT_EQ(rig.call<DescribeRecoverySnapshots>(request)->items.size(), 5U);
  // A token belongs to its question.
  request.order.emplace(RecoverySnapshotsOrder::asc);
  EXPECT_EQ(code_of(rig.call<DescribeRecoverySnapshots>(request)), "ValidationException 400");
  DescribeRecoverySnapshotsRequest since;
  since.source_server_id = request.source_server_id;
  since.filters.emplace().from_date_time = *newest->items[2].timestamp;
  EXPECT_EQ(rig.call<DescribeRecoverySnapshots>(since)->items.size(), 3U);
}

TEST(DrsSettings, AreKeptAndTheLaunchTemplateIsInEc2) {
  DrsRig rig(1);
  UpdateReplicationConfigurationRequest update;
  update.source_server_id = rig.server("node-1");
  update.bandwidth_throttling = 100;
  const auto updated = rig.call<UpdateReplicationConfiguration>(update);
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->bandwidth_throttling, 100);
  EXPECT_EQ(updated->pit_policy.size(), 3U);
  PITPolicyRule& rule = update.pit_policy.emplace_back();
  rule.units.emplace(PITPolicyRuleUnits::minute);
  rule.interval = 1;
  rule.retention_duration = 60;
  EXPECT_EQ(code_of(rig.call<UpdateReplicationConfiguration>(update)), "ValidationException 400");
  UpdateLaunchConfigurationRequest launch;
  launch.source_server_id = update.source_server_id;
  launch.copy_tags = true;
  const auto launched = rig.call<UpdateLaunchConfiguration>(launch);
  ASSERT_TRUE(launched);
  GetLaunchConfigurationRequest get;
  get.source_server_id = update.source_server_id;
  EXPECT_EQ(rig.call<GetLaunchConfiguration>(get)->copy_tags, true);
  aws::ec2::DescribeLaunchTemplatesRequest templates;
  templates.launch_template_ids.push_back(*launched->ec2_launch_template_id);
  const auto found = rig.call<aws::ec2::DescribeLaunchTemplates>(templates);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->launch_templates[0].tags[0].key, "AWSElasticDisasterRecoveryManaged");
}

TEST(DrsSettings, TemplatesComeOnceAndCarryTags) {
  DrsRig rig(1);
  CreateReplicationConfigurationTemplateRequest create;
  create.staging_area_subnet_id = "subnet-0123456789abcdef0";
  create.replication_servers_security_groups_ids.emplace_back("sg-0123456789abcdef0");
  create.ebs_encryption.emplace(ReplicationConfigurationEbsEncryption::custom);
  create.bandwidth_throttling = 0;
  create.staging_area_tags["a"] = "b";
  PITPolicyRule& rule = create.pit_policy.emplace_back();
  rule.units.emplace(PITPolicyRuleUnits::hour);
  rule.interval = 1;
  rule.retention_duration = 24;
  create.tags["team"] = "dr";
  const auto made = rig.call<CreateReplicationConfigurationTemplate>(create);
  ASSERT_TRUE(made);
  EXPECT_EQ(code_of(rig.call<CreateReplicationConfigurationTemplate>(create)), "ServiceQuotaExceededException 402");
  ListTagsForResourceRequest list;
  list.resource_arn = made->arn;
  EXPECT_EQ(rig.call<ListTagsForResource>(list)->tags.at("team"), "dr");
  TagResourceRequest tag;
  tag.resource_arn = made->arn;
  tag.tags["aws:x"] = "y";
  EXPECT_EQ(code_of(rig.call<TagResource>(tag)), "ValidationException 400");
  tag.resource_arn = "arn:aws:drs:us-west-2:444455556666:job/drsjob-11111111111111111";
  EXPECT_EQ(code_of(rig.call<TagResource>(tag)), "ResourceNotFoundException 404");
  CreateLaunchConfigurationTemplateRequest launch;
  launch.copy_tags = true;
  const auto template_made = rig.call<CreateLaunchConfigurationTemplate>(launch);
  ASSERT_TRUE(template_made);
  UpdateLaunchConfigurationTemplateRequest update;
  update.launch_configuration_template_id =
      template_made->launch_configuration_template->launch_configuration_template_id;
  update.copy_private_ip = true;
  EXPECT_EQ(rig.call<UpdateLaunchConfigurationTemplate>(update)->launch_configuration_template->copy_tags, true);
}

TEST(DrsScale, FourThousandServersCostNoTimers) {
  DrsRig rig(drs_config(4'000, 0));
  const std::size_t before = rig.loop().clock().armed();
  drs::SiteRecord& site = rig.sites().site(kDrsSite);
  for (const Instance& instance : rig.cloud().instances("444455556666", "us-east-1")) {
    rig.sites().register_instance(site, instance, Tags(), rig.cloud().begin());
  }
  EXPECT_EQ(site.servers.size(), 4'000U);
  EXPECT_EQ(rig.loop().clock().armed(), before);
  rig.loop().advance(hours(24));
  std::size_t seen = 0;
  DescribeSourceServersRequest request;
  request.max_results = 500;
  do {
    const auto page = rig.call<DescribeSourceServers>(request);
    ASSERT_TRUE(page);
    seen += page->items.size();
    request.next_token = page->next_token;
  } while (request.next_token);
  EXPECT_EQ(seen, 4'000U);
}

}  // namespace drs_servers_test
}  // namespace postern::sim
