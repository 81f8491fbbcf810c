#include "sim/drs/test_calls.hpp"

namespace postern::sim {
namespace drs_jobs_test {

using namespace aws::drs;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::code_of;
using testing::drs_config;
using testing::DrsRig;
using testing::kDrsSite;

constexpr minutes kLongEnough{15};

Result<TerminateRecoveryInstancesResponse> terminate(DrsRig& rig, std::vector<std::string> ids) {
  TerminateRecoveryInstancesRequest request;
  request.recovery_instance_ids = std::move(ids);
  return rig.call<TerminateRecoveryInstances>(request);
}

TEST(RecoveryJobs, ADrillLaunchesAnInstanceAndCanBeTerminated) {
  DrsRig rig(2);
  const std::string server = rig.server("node-1");
  StartRecoveryRequest request = DrsRig::recovery({server});
  request.tags["postern:op"] = "op-1";
  const auto started = rig.call<StartRecovery>(request);
  ASSERT_TRUE(started) << started.error().to_text();
  const std::string id = *started->job->job_id;
  EXPECT_EQ(started->job->status, JobStatus::pending);
  EXPECT_EQ(started->job->initiated_by, InitiatedBy::start_drill);
  EXPECT_EQ(started->job->tags.at("postern:op"), "op-1");
  EXPECT_EQ(rig.described(server).life_cycle->last_launch->initiated->job_id, id);
  rig.loop().advance(minutes(2));
  EXPECT_EQ(rig.job(id).status, JobStatus::started);
  // The verdict comes late: while it converts the status says nothing.
  EXPECT_EQ(rig.job(id).participating_servers[0].launch_status, LaunchStatus::pending);
  rig.loop().advance(kLongEnough);
  const Job job = rig.job(id);
  EXPECT_EQ(job.status, JobStatus::completed);
  EXPECT_TRUE(job.end_date_time);
  EXPECT_EQ(job.participating_servers[0].launch_status, LaunchStatus::launched);
  EXPECT_EQ(rig.events(id),
            "JOB_START SNAPSHOT_START SNAPSHOT_END CONVERSION_START CONVERSION_END LAUNCH_START JOB_END");
  const auto instances = rig.instances();
  ASSERT_EQ(instances.size(), 1U);
  EXPECT_EQ(instances[0].job_id, id);
  EXPECT_EQ(instances[0].is_drill, true);
  EXPECT_EQ(instances[0].ec2_instance_state, EC2InstanceState::running);
  EXPECT_EQ(rig.described(server).recovery_instance_id, instances[0].recovery_instance_id);
  const Instance* launched = rig.cloud().find_instance("444455556666", "us-west-2", *instances[0].ec2_instance_id);
  ASSERT_NE(launched, nullptr);
  EXPECT_NE(launched->tag("AWSElasticDisasterRecoveryManaged"), nullptr);
  EXPECT_EQ(launched->name, "node-1");

  DisconnectSourceServerRequest disconnect;
  disconnect.source_server_id = server;
  EXPECT_EQ(code_of(rig.call<DisconnectSourceServer>(disconnect)), "ConflictException 409");
  const auto ended = terminate(rig, {*instances[0].recovery_instance_id});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->job->type, JobType::terminate);
  rig.loop().advance(minutes(2));
  EXPECT_EQ(rig.job(*ended->job->job_id).participating_servers[0].launch_status, LaunchStatus::terminated);
  EXPECT_TRUE(rig.instances().empty());
  EXPECT_FALSE(rig.described(server).recovery_instance_id);
  EXPECT_EQ(launched->state, InstanceState::terminated);
  DeleteJobRequest remove;
  remove.job_id = id;
  EXPECT_EQ(code_of(rig.call<DeleteJob>(remove)), "ok");
  EXPECT_EQ(code_of(rig.call<DeleteJob>(remove)), "ResourceNotFoundException 404");
}

TEST(RecoveryJobs, WithoutAWordItIsARealRecoveryAndReplacesTheDrill) {
  DrsRig rig(1);
  const std::string server = rig.server("node-1");
  ASSERT_TRUE(rig.start({server}));
  rig.loop().advance(kLongEnough);
  const std::string drill = *rig.instances().at(0).ec2_instance_id;
  StartRecoveryRequest request;
  request.source_servers.emplace_back().source_server_id = server;
  const auto real = rig.call<StartRecovery>(request);
  ASSERT_TRUE(real);
  EXPECT_EQ(real->job->initiated_by, InitiatedBy::start_recovery);
  rig.loop().advance(kLongEnough);
  EXPECT_EQ(rig.events(*real->job->job_id),
            "JOB_START CLEANUP_START CLEANUP_END SNAPSHOT_START SNAPSHOT_END CONVERSION_START CONVERSION_END "
            "LAUNCH_START JOB_END");
  const auto instances = rig.instances();
  ASSERT_EQ(instances.size(), 1U);
  EXPECT_EQ(instances[0].is_drill, false);
  EXPECT_NE(*instances[0].ec2_instance_id, drill);
  EXPECT_EQ(rig.cloud().mutable_instance(drill)->state, InstanceState::terminated);
}

TEST(RecoveryJobs, AnActiveServerRefusesTheWholeCall) {
  DrsRig rig(3);
  const auto first = rig.start({rig.server("node-1")});
  ASSERT_TRUE(first);
  const auto second = rig.start({rig.server("node-2"), rig.server("node-1")});
  EXPECT_EQ(code_of(second), "ConflictException 409");
  EXPECT_NE(second.error().message().find(*first->job_id), std::string::npos);
  EXPECT_EQ(rig.call<DescribeJobs>({})->items.size(), 1U);
  EXPECT_EQ(code_of(rig.start({rig.server("node-2"), rig.server("node-2")})), "ValidationException 400");
  EXPECT_EQ(code_of(rig.start({"s-11111111111111111"})), "ResourceNotFoundException 404");
  DeleteJobRequest remove;
  remove.job_id = *first->job_id;
  EXPECT_EQ(code_of(rig.call<DeleteJob>(remove)), "ConflictException 409");
  rig.loop().advance(kLongEnough);
  EXPECT_TRUE(rig.start({rig.server("node-2"), rig.server("node-1")}));
}

TEST(RecoveryJobs, QuotasHold) {
  DrsRig rig(drs_config(602, 0));
  drs::SiteRecord& site = rig.sites().site(kDrsSite);
  std::vector<std::string> ids;
  for (const Instance& instance : rig.cloud().instances("444455556666", "us-east-1")) {
    ids.push_back(
        rig.sites().register_instance(site, instance, Tags(), rig.cloud().begin() - std::chrono::hours(99)).id);
  }
  const auto some = [&](std::size_t from, std::size_t count) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
    return std::vector<std::string>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  EXPECT_EQ(code_of(rig.start(some(0, 101))), "ValidationException 400");
  for (std::size_t i = 0; i < 5; ++i) ASSERT_TRUE(rig.start(some(i * 100, 100)));
  EXPECT_EQ(code_of(rig.start(some(500, 1))), "ServiceQuotaExceededException 402");
  rig.loop().advance(kLongEnough);
  for (std::size_t i = 0; i < 20; ++i) ASSERT_TRUE(rig.start(some(i, 1)));
  EXPECT_EQ(code_of(rig.start(some(30, 1))), "ServiceQuotaExceededException 402");
  rig.loop().advance(kLongEnough);
  EXPECT_TRUE(rig.start(some(30, 1)));
  EXPECT_EQ(rig.instances().size(), 50U);
}

TEST(RecoveryJobs, ComeNewestFirstInPages) {
  DrsRig rig(3);
  std::vector<std::string> made;
  for (const char* name : {"node-1", "node-2", "node-3"}) {
    made.push_back(*rig.start({rig.server(name)})->job_id);
    rig.loop().advance(minutes(1));
  }
  DescribeJobsRequest request;
  request.max_results = 2;
  const auto first = rig.call<DescribeJobs>(request);
  ASSERT_EQ(first->items.size(), 2U);
  EXPECT_EQ(first->items[0].job_id, made[2]);
  request.next_token = first->next_token;
  const auto second = rig.call<DescribeJobs>(request);
  ASSERT_EQ(second->items.size(), 1U);
  EXPECT_EQ(second->items[0].job_id, made[0]);
  EXPECT_FALSE(second->next_token);
  DescribeJobsRequest since;
  since.filters.emplace().from_date = *first->items[1].creation_date_time;
  EXPECT_EQ(rig.call<DescribeJobs>(since)->items.size(), 2U);
  since.filters->from_date = "2026-11-21T03:04:05.000Z";
  EXPECT_EQ(rig.call<DescribeJobs>(since)->items.size(), 0U);
}

TEST(RecoveryJobs, AMissingPermissionFailsTheServerAndIsNamed) {
  CloudConfig config = drs_config(1, 1);
  config.accounts[1].users[0].permissions.deny = {"ec2:RunInstances"};
  DrsRig rig(std::move(config));
  const auto started = rig.start({rig.server("node-1")});
  ASSERT_TRUE(started);
  rig.loop().advance(kLongEnough);
  const Job job = rig.job(*started->job_id);
  EXPECT_EQ(job.status, JobStatus::completed);
  EXPECT_EQ(job.participating_servers[0].launch_status, LaunchStatus::failed);
  EXPECT_EQ(rig.described(rig.server("node-1")).last_launch_result, LastLaunchResult::failed);
  const auto log = rig.log(*started->job_id);
  const auto failed = std::find_if(log.begin(), log.end(),
                                   [](const JobLog& item) { return item.event == JobLogEvent::conversion_fail; });
  ASSERT_NE(failed, log.end());
  EXPECT_NE(failed->event_data->raw_error->find("ec2:RunInstances"), std::string::npos);
}

TEST(RecoveryJobs, AwsPolicyForTheConsoleIsEnough) {
  CloudConfig config = drs_config(1, 1);
  UserConfig& user = config.accounts[1].users[0];
  user.permissions.allow.clear();
  user.policies.attached.emplace_back("arn:aws:iam::aws:policy/AWSElasticDisasterRecoveryConsoleFullAccess_v2");
  DrsRig rig(std::move(config));
  const auto started = rig.start({rig.server("node-1")});
  ASSERT_TRUE(started) << started.error().to_text();
  rig.loop().advance(kLongEnough);
  EXPECT_EQ(rig.job(*started->job_id).participating_servers[0].launch_status, LaunchStatus::launched)
      << rig.log(*started->job_id).at(3).event_data->raw_error.value_or("");
  const auto ended = terminate(rig, {*rig.instances().at(0).recovery_instance_id});
  ASSERT_TRUE(ended);
  rig.loop().advance(minutes(2));
  EXPECT_EQ(rig.job(*ended->job->job_id).participating_servers[0].launch_status, LaunchStatus::terminated);
}

TEST(RecoveryJobs, InjectedFailuresHitTheirServersOnly) {
  DrsRig rig(3);
  DrsFault capacity(DrsFaultKind::launch, "node-1", "launch");
  capacity.text = "InsufficientInstanceCapacity: We currently do not have sufficient m6i.large capacity";
  capacity.times = 1;
  rig.sites().add_fault(kDrsSite, capacity);
  rig.sites().add_fault(kDrsSite, DrsFault(DrsFaultKind::launch, "node-2", "snapshot"));
  const auto started = rig.start({rig.server("node-1"), rig.server("node-2"), rig.server("node-3")});
  ASSERT_TRUE(started);
  rig.loop().advance(kLongEnough);
  const Job job = rig.job(*started->job_id);
  EXPECT_EQ(job.status, JobStatus::completed);
  EXPECT_EQ(job.participating_servers[0].launch_status, LaunchStatus::failed);
  EXPECT_EQ(job.participating_servers[1].launch_status, LaunchStatus::launched);
  EXPECT_EQ(job.participating_servers[2].launch_status, LaunchStatus::launched);
  const std::string events = rig.events(*started->job_id);
  EXPECT_NE(events.find("LAUNCH_FAILED"), std::string::npos);
  EXPECT_NE(events.find("SNAPSHOT_FAIL USING_PREVIOUS_SNAPSHOT"), std::string::npos);
  // The fault is spent.
  ASSERT_TRUE(rig.start({rig.server("node-1")}));
  rig.loop().advance(kLongEnough);
  EXPECT_EQ(rig.instances().size(), 3U);
}

TEST(RecoveryJobs, AStalledServerIsRecoveredToItsNewestPoint) {
  DrsRig rig(1);
  rig.sites().add_fault(kDrsSite, DrsFault(DrsFaultKind::stall, "*", "AGENT_NOT_SEEN"));
  rig.loop().advance(std::chrono::hours(9));
  const auto started = rig.start({rig.server("node-1")}, false);
  ASSERT_TRUE(started);
  rig.loop().advance(kLongEnough);
  const auto instances = rig.instances();
  ASSERT_EQ(instances.size(), 1U);
  const auto point = parse_rfc3339(*instances[0].point_in_time_snapshot_date_time);
  EXPECT_GE(rig.cloud().now(rig.loop().clock()) - *point, std::chrono::hours(9));
}

TEST(RecoveryJobs, ANamedPointIsLaunchedFromWithoutANewSnapshot) {
  DrsRig rig(1);
  DescribeRecoverySnapshotsRequest points;
  points.source_server_id = rig.server("node-1");
  const auto found = rig.call<DescribeRecoverySnapshots>(points);
  ASSERT_TRUE(found);
  StartRecoveryRequest request = DrsRig::recovery({*points.source_server_id});
  request.source_servers[0].recovery_snapshot_id = "pit-00000000000000000";
  EXPECT_EQ(code_of(rig.call<StartRecovery>(request)), "ResourceNotFoundException 404");
  request.source_servers[0].recovery_snapshot_id = found->items[2].snapshot_id;
  const auto started = rig.call<StartRecovery>(request);
  ASSERT_TRUE(started);
  rig.loop().advance(kLongEnough);
  EXPECT_EQ(rig.events(*started->job->job_id), "JOB_START CONVERSION_START CONVERSION_END LAUNCH_START JOB_END");
  EXPECT_EQ(rig.instances().at(0).point_in_time_snapshot_date_time, found->items[2].timestamp);
}

TEST(RecoveryJobs, TerminationProtectionLeavesTheInstance) {
  DrsRig rig(1);
  ASSERT_TRUE(rig.start({rig.server("node-1")}));
  rig.loop().advance(kLongEnough);
  const std::string id = *rig.instances().at(0).ec2_instance_id;
  ec2::Fleet::extras(*rig.cloud().mutable_instance(id)).disable_api_termination = true;
  const auto ended = terminate(rig, {id});
  ASSERT_TRUE(ended);
  rig.loop().advance(minutes(2));
  EXPECT_EQ(rig.job(*ended->job->job_id).participating_servers[0].launch_status, LaunchStatus::failed);
  EXPECT_EQ(rig.events(*ended->job->job_id), "JOB_START CLEANUP_START CLEANUP_FAIL JOB_END");
  EXPECT_EQ(rig.instances().size(), 1U);
  DeleteRecoveryInstanceRequest remove;
  remove.recovery_instance_id = id;
  EXPECT_EQ(code_of(rig.call<DeleteRecoveryInstance>(remove)), "ConflictException 409");
  DisconnectRecoveryInstanceRequest disconnect;
  disconnect.recovery_instance_id = id;
  ASSERT_TRUE(rig.call<DisconnectRecoveryInstance>(disconnect));
  EXPECT_EQ(code_of(rig.call<DeleteRecoveryInstance>(remove)), "ok");
  EXPECT_EQ(rig.cloud().mutable_instance(id)->state, InstanceState::running);
}

TEST(ReverseReplication, MakesAServerInTheOriginOnce) {
  DrsRig rig(1);
  ASSERT_TRUE(rig.start({rig.server("node-1")}, false));
  rig.loop().advance(kLongEnough);
  ReverseReplicationRequest reverse;
  reverse.recovery_instance_id = *rig.instances().at(0).recovery_instance_id;
  EXPECT_EQ(code_of(rig.call<ReverseReplication>(reverse)), "ValidationException 400");
  rig.in_region("us-east-1");
  ASSERT_TRUE(rig.call<InitializeService>({}));
  rig.in_region("us-west-2");
  const auto reversed = rig.call<ReverseReplication>(reverse);
  ASSERT_TRUE(reversed) << reversed.error().to_text();
  EXPECT_EQ(code_of(rig.call<ReverseReplication>(reverse)), "ConflictException 409");
  EXPECT_EQ(rig.instances().at(0).failback->state, FailbackState::failback_in_progress);
  EXPECT_EQ(rig.described(rig.server("node-1")).reversed_direction_source_server_arn,
            reversed->reversed_direction_source_server_arn);
  rig.loop().advance(std::chrono::hours(1));
  EXPECT_EQ(rig.instances().at(0).failback->state, FailbackState::failback_ready_for_launch);
  rig.in_region("us-east-1");
  const auto back = rig.call<DescribeSourceServers>({});
  ASSERT_EQ(back->items.size(), 1U);
  EXPECT_EQ(back->items[0].replication_direction, ReplicationDirection::failback);
  ASSERT_TRUE(rig.start({*back->items[0].source_server_id}, false));
  rig.loop().advance(kLongEnough);
  EXPECT_EQ(rig.instances().size(), 1U);
}

/// The hub's site extends servers of 444455556666.
TEST(Extensions, ConvertInTheStagingAccountAndLaunchInTheirOwn) {
  CloudConfig config = drs_config(2, 2);
  DrsSiteConfig target;
  target.region = "us-west-2";
  config.accounts[0].drs.push_back(target);
  RoleConfig staging;
  staging.name = "DRSStagingAccountRole";
  staging.trust.emplace_back().principals.emplace_back("arn:aws:iam::111122223333:root");
  config.accounts[1].roles.push_back(std::move(staging));
  DrsRig rig(std::move(config));
  UpdateReplicationConfigurationRequest update;
  update.source_server_id = rig.server("node-1");
  update.ebs_encryption.emplace(ReplicationConfigurationEbsEncryption::custom);
  ASSERT_TRUE(rig.call<UpdateReplicationConfiguration>(update));
  const std::string arn = *rig.described(rig.server("node-1")).arn;
  const std::string default_key = *rig.described(rig.server("node-2")).arn;
  aws::Credentials hub;
  hub.access_key_id = "AKIARIGOPERATOR00001";
  hub.secret_access_key = Secret<>(std::string("secret"));
  rig.use(hub);
  rig.in_region("us-west-2");
  ListExtensibleSourceServersRequest list;
  list.staging_account_id = "444455556666";
  EXPECT_EQ(rig.call<ListExtensibleSourceServers>(list)->items.size(), 2U);
  list.staging_account_id = "999999999999";
  EXPECT_EQ(code_of(rig.call<ListExtensibleSourceServers>(list)), "AccessDeniedException 403");
  CreateExtendedSourceServerRequest extend;
  extend.source_server_arn = arn;
  const auto extended = rig.call<CreateExtendedSourceServer>(extend);
  ASSERT_TRUE(extended) << extended.error().to_text();
  EXPECT_EQ(extended->source_server->staging_area->status, ExtensionStatus::extended);
  EXPECT_EQ(code_of(rig.call<CreateExtendedSourceServer>(extend)), "ConflictException 409");
  extend.source_server_arn = default_key;
  EXPECT_EQ(rig.call<CreateExtendedSourceServer>(extend)->source_server->staging_area->status,
            ExtensionStatus::extension_error);
  EXPECT_EQ(rig.call<ListStagingAccounts>({})->accounts.at(0).account_id, "444455556666");
  const auto started = rig.start({*extended->source_server->source_server_id});
  ASSERT_TRUE(started);
  rig.loop().advance(kLongEnough);
  EXPECT_EQ(rig.events(*started->job_id), "JOB_START LAUNCH_START JOB_END");
  EXPECT_EQ(rig.instances().size(), 1U);
  DeleteSourceServerRequest remove;
  remove.source_server_id = extended->source_server->source_server_id;
  EXPECT_EQ(code_of(rig.call<DeleteSourceServer>(remove)), "ConflictException 409");
  rig.recover();
  const auto staged = rig.call<DescribeJobs>({});
  ASSERT_EQ(staged->items.size(), 1U);
  EXPECT_EQ(staged->items[0].type, JobType::create_converted_snapshot);
  EXPECT_EQ(staged->items[0].initiated_by, InitiatedBy::target_account);
  EXPECT_EQ(staged->items[0].status, JobStatus::completed);
  EXPECT_EQ(rig.events(*staged->items[0].job_id),
            "JOB_START SNAPSHOT_START SNAPSHOT_END CONVERSION_START CONVERSION_END JOB_END");
}

}  // namespace drs_jobs_test
}  // namespace postern::sim
