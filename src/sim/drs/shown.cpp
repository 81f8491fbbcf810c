#include "sim/drs/shown.hpp"

#include <algorithm>

#include "sim/drs/common.hpp"

namespace postern::sim::drs {
namespace shown {

using namespace aws::drs;

std::string root_device(const Machine& machine) {
  return machine.platform == Platform::windows ? "c:0" : "/dev/xvda";
}

DataReplicationState::Value state_of(const Server& source, const Progress& progress) {
  if (source.replicating == Replicating::stopped) return DataReplicationState::stopped;
  if (source.replicating == Replicating::disconnected) return DataReplicationState::disconnected;
  switch (progress.phase) {
    case Phase::initiating:
      return DataReplicationState::initiating;
    case Phase::initial_sync:
      return DataReplicationState::initial_sync;
    case Phase::creating_snapshot:
      return DataReplicationState::creating_snapshot;
    case Phase::continuous:
      return DataReplicationState::continuous;
    case Phase::backlog:
      return DataReplicationState::backlog;
    case Phase::stalled:
      return DataReplicationState::stalled;
    case Phase::disconnected:
      return DataReplicationState::disconnected;
  }
  return DataReplicationState::stalled;
}

DataReplicationInitiationStepStatus::Value status_of(StepStatus status) {
  switch (status) {
    case StepStatus::not_started:
      return DataReplicationInitiationStepStatus::not_started;
    case StepStatus::in_progress:
      return DataReplicationInitiationStepStatus::in_progress;
    case StepStatus::succeeded:
      return DataReplicationInitiationStepStatus::succeeded;
    case StepStatus::failed:
      return DataReplicationInitiationStepStatus::failed;
  }
  return DataReplicationInitiationStepStatus::not_started;
}

void add_initiation(const Progress& progress, DataReplicationInfo& to) {
  DataReplicationInitiation& initiation = to.data_replication_initiation.emplace();
  initiation.start_date_time = iso_time(progress.attempt);
  if (progress.next_attempt) initiation.next_attempt_date_time = iso_time(*progress.next_attempt);
  for (std::size_t step = 0; step < kSteps; ++step) {
    DataReplicationInitiationStep& shown = initiation.steps.emplace_back();
    shown.name.emplace(kStepNames[step]);
    shown.status.emplace(status_of(progress.steps[step]));
  }
}

DataReplicationInfo replication_of(const Server& source, const Progress& progress) {
  DataReplicationInfo info;
  const bool running = source.replicating == Replicating::running;
  info.data_replication_state.emplace(state_of(source, progress));
  info.staging_availability_zone = source.site.second + "a";
  DataReplicationInfoReplicatedDisk& disk = info.replicated_disks.emplace_back();
  disk.device_name = root_device(source.machine);
  // A disconnection empties what is said of the disks and of the lag (DisconnectSourceServer's documentation).
  const bool gone = source.replicating == Replicating::disconnected;
  disk.total_storage_bytes = gone ? 0 : source.machine.disk_bytes;
  disk.replicated_storage_bytes = gone ? 0 : progress.replicated;
  disk.rescanned_storage_bytes = 0;
  disk.backlogged_storage_bytes = running ? progress.backlog : 0;
  disk.volume_status.emplace(VolumeStatus::regular);
  if (running && progress.lag) info.lag_duration = iso_duration(*progress.lag);
  if (running && progress.eta) info.eta_date_time = iso_time(*progress.eta);
  add_initiation(progress, info);
  if (running && !progress.error.empty()) {
    DataReplicationError& error = info.data_replication_error.emplace();
    error.error.emplace(std::string_view(progress.error));
    if (!progress.raw_error.empty()) error.raw_error = progress.raw_error;
  }
  return info;
}

LifeCycle life_cycle_of(Sites& sites, const Server& server, const Server& source, const Progress& progress) {
  LifeCycle cycle;
  cycle.added_to_service_date_time = iso_time(server.added);
  if (progress.first_byte) {
    cycle.first_byte_date_time = iso_time(*progress.first_byte);
    const WallTime until = source.replicating == Replicating::running ? sites.now() : source.changed;
    cycle.elapsed_replication_duration = iso_duration(until - *progress.first_byte);
  }
  cycle.last_seen_by_service_date_time = iso_time(progress.last_seen);
  cycle.last_launch = server.last_launch;
  return cycle;
}

IdentificationHints hints_of(const Machine& machine) {
  IdentificationHints hints;
  hints.aws_instance_id = machine.instance_id;
  std::string host = machine.private_ip;
  std::replace(host.begin(), host.end(), '.', '-');
  hints.hostname = machine.name.empty() ? "ip-" + host : machine.name;
  hints.fqdn = "ip-" + host + "." + (machine.region == "us-east-1" ? "ec2" : machine.region + ".compute") + ".internal";
  return hints;
}

NetworkInterface interface_of(const Machine& machine) {
  NetworkInterface interface;
  interface.ips.push_back(machine.private_ip);
  interface.is_primary = true;
  interface.mac_address = machine.mac;
  return interface;
}

SourceProperties properties_of(const Server& server, const Progress& progress) {
  const Machine& machine = server.machine;
  SourceProperties properties;
  properties.last_updated_date_time = iso_time(progress.last_seen);
  properties.recommended_instance_type = machine.instance_type;
  properties.identification_hints = hints_of(machine);
  properties.network_interfaces.push_back(interface_of(machine));
  Disk& disk = properties.disks.emplace_back();
  disk.bytes = machine.disk_bytes;
  disk.device_name = root_device(machine);
  CPU& cpu = properties.cpus.emplace_back();
  cpu.cores = 2;
  cpu.model_name = "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz";
  properties.ram_bytes = 8LL << 30U;
  properties.os.emplace().full_string = machine.os;
  properties.supports_nitro_instances = true;
  return properties;
}

LaunchStatus::Value status_of(LaunchState state) {
  switch (state) {
    case LaunchState::pending:
      return LaunchStatus::pending;
    case LaunchState::in_progress:
      return LaunchStatus::in_progress;
    case LaunchState::launched:
      return LaunchStatus::launched;
    case LaunchState::failed:
      return LaunchStatus::failed;
    case LaunchState::terminated:
      return LaunchStatus::terminated;
  }
  return LaunchStatus::pending;
}

JobType::Value type_of(JobKind kind) {
  return kind == JobKind::launch      ? JobType::launch
         : kind == JobKind::terminate ? JobType::terminate
                                      : JobType::create_converted_snapshot;
}

EC2InstanceState::Value state_of(const Instance* instance) {
  if (instance == nullptr) return EC2InstanceState::not_found;
  switch (instance->state) {
    case InstanceState::pending:
      return EC2InstanceState::pending;
    case InstanceState::running:
      return EC2InstanceState::running;
    case InstanceState::stopping:
      return EC2InstanceState::stopping;
    case InstanceState::stopped:
      return EC2InstanceState::stopped;
    case InstanceState::shutting_down:
      return EC2InstanceState::shutting_down;
    case InstanceState::terminated:
      return EC2InstanceState::terminated;
  }
  return EC2InstanceState::not_found;
}

RecoveryInstanceFailback failback_of(Sites& sites, const RecoveryInstanceRecord& record) {
  RecoveryInstanceFailback failback;
  failback.state.emplace(FailbackState::failback_not_started);
  if (record.reversed_arn.empty()) return failback;
  Server* reversed = sites.find_by_arn(record.reversed_arn);
  if (reversed == nullptr) {
    failback.state.emplace(FailbackState::failback_error);
    return failback;
  }
  const Progress progress = sites.progress(*reversed);
  const bool ready = progress.phase == Phase::continuous || progress.phase == Phase::backlog;
  failback.state.emplace(ready ? FailbackState::failback_ready_for_launch : FailbackState::failback_in_progress);
  if (!reversed->recovery_instance.empty()) failback.state.emplace(FailbackState::failback_completed);
  failback.failback_initiation_time = iso_time(reversed->added);
  failback.failback_to_original_server = false;
  if (progress.first_byte) failback.first_byte_date_time = iso_time(*progress.first_byte);
  return failback;
}

}  // namespace shown

aws::drs::SourceServer shown_server(Sites& sites, Server& server) {
  using namespace shown;
  Server* found = sites.replicating(server);
  const Server& source = found == nullptr ? server : *found;
  const Progress progress = sites.progress(server);
  aws::drs::SourceServer to;
  to.source_server_id = server.id;
  to.arn = server.arn;
  to.tags = shown_tags(server.tags);
  if (!server.recovery_instance.empty()) to.recovery_instance_id = server.recovery_instance;
  to.last_launch_result.emplace(server.last_result);
  to.data_replication_info = replication_of(source, progress);
  to.life_cycle = life_cycle_of(sites, server, source, progress);
  to.source_properties = properties_of(server, progress);
  StagingArea& staging = to.staging_area.emplace();
  staging.status.emplace(ExtensionStatus::not_extended);
  staging.staging_account_id = source.site.first;
  if (!server.staging_arn.empty()) {
    staging.status.emplace(server.extension_error.empty() ? ExtensionStatus::extended
                                                          : ExtensionStatus::extension_error);
    staging.staging_source_server_arn = server.staging_arn;
    if (!server.extension_error.empty()) staging.error_message = server.extension_error;
  }
  SourceCloudProperties& origin = to.source_cloud_properties.emplace();
  origin.origin_account_id = server.machine.account;
  origin.origin_region = server.machine.region;
  origin.origin_availability_zone = server.machine.zone;
  to.replication_direction.emplace(server.direction);
  if (!server.reversed_arn.empty()) to.reversed_direction_source_server_arn = server.reversed_arn;
  to.agent_version = server.agent_version;
  return to;
}

aws::drs::Job shown_job(const Job& job) {
  using namespace shown;
  aws::drs::Job to;
  to.job_id = job.id;
  to.arn = job.arn;
  to.type.emplace(type_of(job.kind));
  to.initiated_by.emplace(job.initiated_by);
  to.creation_date_time = iso_time(job.created);
  if (job.ended) to.end_date_time = iso_time(*job.ended);
  to.status.emplace(job.status);
  for (const JobServer& part : job.servers) {
    ParticipatingServer& server = to.participating_servers.emplace_back();
    server.source_server_id = part.server_id;
    if (!part.instance_id.empty()) server.recovery_instance_id = part.instance_id;
    server.launch_status.emplace(status_of(part.state));
  }
  to.tags = shown_tags(job.tags);
  return to;
}

aws::drs::JobLog shown_item(const LogItem& item) {
  aws::drs::JobLog to;
  to.log_date_time = iso_time(item.time);
  to.event.emplace(item.event);
  if (item.server_id.empty()) return to;
  aws::drs::JobLogEventData& data = to.event_data.emplace();
  data.source_server_id = item.server_id;
  if (!item.conversion_server.empty()) data.conversion_server_id = item.conversion_server;
  if (!item.instance_id.empty()) data.target_instance_id = item.instance_id;
  if (!item.raw_error.empty()) data.raw_error = item.raw_error;
  return to;
}

aws::drs::RecoveryInstance shown_instance(Sites& sites, SiteRecord& site, const RecoveryInstanceRecord& record) {
  using namespace shown;
  const Instance* instance = sites.cloud().ec2().find(record.id);
  aws::drs::RecoveryInstance to;
  to.recovery_instance_id = record.id;
  to.ec2_instance_id = record.id;
  to.ec2_instance_state.emplace(state_of(instance));
  to.job_id = record.job_id;
  to.source_server_id = record.server_id;
  to.arn = record.arn;
  to.tags = shown_tags(record.tags);
  to.failback = failback_of(sites, record);
  RecoveryInstanceDataReplicationInfo& replication = to.data_replication_info.emplace();
  replication.data_replication_state.emplace(record.disconnected ? RecoveryInstanceDataReplicationState::disconnected
                                                                 : RecoveryInstanceDataReplicationState::not_started);
  to.point_in_time_snapshot_date_time = iso_time(record.point);
  to.is_drill = record.drill;
  to.origin_environment.emplace(OriginEnvironment::aws);
  const auto server = site.servers.find(record.server_id);
  if (server == site.servers.end()) return to;
  const Machine& machine = server->second.machine;
  to.origin_availability_zone = machine.zone;
  to.agent_version = server->second.agent_version;
  RecoveryInstanceProperties& properties = to.recovery_instance_properties.emplace();
  properties.last_updated_date_time = iso_time(record.launched);
  properties.identification_hints = hints_of(machine);
  properties.identification_hints->aws_instance_id = record.id;
  properties.os.emplace().full_string = machine.os;
  properties.ram_bytes = 8LL << 30U;
  RecoveryInstanceDisk& disk = properties.disks.emplace_back();
  disk.bytes = machine.disk_bytes;
  disk.internal_device_name = root_device(machine);
  if (instance != nullptr) {
    disk.ebs_volume_id = instance->volume_id();
    NetworkInterface& interface = properties.network_interfaces.emplace_back();
    interface.is_primary = true;
    interface.ips.push_back(instance->private_ip());
  }
  return to;
}

namespace shown {

/// What the console's template has: every ten minutes for an hour, hourly for a day, daily for a week.
std::vector<PITPolicyRule> usual_points() {
  std::vector<PITPolicyRule> rules(3);
  const PITPolicyRuleUnits::Value units[] = {PITPolicyRuleUnits::minute, PITPolicyRuleUnits::hour,
                                             PITPolicyRuleUnits::day};
  constexpr std::int32_t kEvery[] = {10, 1, 1};
  constexpr std::int32_t kKept[] = {60, 24, 7};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    rules[i].rule_id = static_cast<std::int64_t>(i + 1);
    rules[i].enabled = true;
    rules[i].units.emplace(units[i]);
    rules[i].interval = kEvery[i];
    rules[i].retention_duration = kKept[i];
  }
  return rules;
}

}  // namespace shown

void default_replication(Server& server, const aws::drs::ReplicationConfigurationTemplate* from) {
  using namespace shown;
  ReplicationConfiguration& to = server.replication;
  to.source_server_id = server.id;
  to.name = server.machine.name;
  ReplicationConfigurationTemplate usual;
  usual.associate_default_security_group = true;
  usual.bandwidth_throttling = 0;
  usual.create_public_ip = false;
  usual.data_plane_routing.emplace(ReplicationConfigurationDataPlaneRouting::private_ip);
  usual.default_large_staging_disk_type.emplace(ReplicationConfigurationDefaultLargeStagingDiskType::gp3);
  usual.ebs_encryption.emplace(ReplicationConfigurationEbsEncryption::default_);
  usual.replication_server_instance_type = "t3.small";
  usual.use_dedicated_replication_server = false;
  usual.auto_replicate_new_disks = false;
  usual.pit_policy = usual_points();
  if (from == nullptr) from = &usual;
  to.staging_area_subnet_id = from->staging_area_subnet_id;
  to.associate_default_security_group = from->associate_default_security_group;
  to.replication_servers_security_groups_ids = from->replication_servers_security_groups_ids;
  to.replication_server_instance_type = from->replication_server_instance_type;
  to.use_dedicated_replication_server = from->use_dedicated_replication_server;
  to.default_large_staging_disk_type = from->default_large_staging_disk_type;
  to.ebs_encryption = from->ebs_encryption;
  to.ebs_encryption_key_arn = from->ebs_encryption_key_arn;
  to.bandwidth_throttling = from->bandwidth_throttling;
  to.data_plane_routing = from->data_plane_routing;
  to.create_public_ip = from->create_public_ip;
  to.staging_area_tags = from->staging_area_tags;
  to.pit_policy = from->pit_policy;
  to.auto_replicate_new_disks = from->auto_replicate_new_disks;
  ReplicationConfigurationReplicatedDisk& disk = to.replicated_disks.emplace_back();
  disk.device_name = root_device(server.machine);
  disk.is_boot_disk = true;
  disk.staging_disk_type.emplace(ReplicationConfigurationReplicatedDiskStagingDiskType::auto_);
  disk.iops = 0;
}

void default_launch(Server& server, const aws::drs::LaunchConfigurationTemplate* from) {
  using namespace aws::drs;
  LaunchConfiguration& to = server.launch;
  to.source_server_id = server.id;
  to.name = server.machine.name;
  to.launch_disposition.emplace(LaunchDisposition::started);
  to.target_instance_type_right_sizing_method.emplace(TargetInstanceTypeRightSizingMethod::none);
  to.copy_private_ip = false;
  to.copy_tags = false;
  to.licensing.emplace().os_byol = false;
  to.post_launch_enabled = false;
  if (from == nullptr) return;
  to.launch_disposition = from->launch_disposition;
  to.target_instance_type_right_sizing_method = from->target_instance_type_right_sizing_method;
  to.copy_private_ip = from->copy_private_ip;
  to.copy_tags = from->copy_tags;
  to.licensing = from->licensing;
  to.post_launch_enabled = from->post_launch_enabled;
}

}  // namespace postern::sim::drs
