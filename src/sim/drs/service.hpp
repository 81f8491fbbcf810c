#pragma once

/// Elastic Disaster Recovery on the simulated cloud: every operation of the generated handler.

#include "aws/drs/server.hpp"
#include "sim/access.hpp"
#include "sim/drs/common.hpp"
#include "sim/drs/job_runner.hpp"
#include "sim/drs/sites.hpp"

namespace postern::sim {

/// Sites and runner outlive it. Not offered: failback by the failback client, source networks, post-launch actions.
class DrsService final : public aws::drs::Handler {
 public:
  using Info = aws::server::CallInfo;
  // Quotas of an account and Region (aws.md 4.12).
  static constexpr std::size_t kJobServersMax = 100;
  static constexpr std::size_t kJobsMax = 20;            ///< that are under way
  static constexpr std::size_t kServersInJobsMax = 500;  ///< in all jobs that are under way
  static constexpr std::size_t kReplicatingMax = 300;    ///< asked for when an agent is installed
  static constexpr std::size_t kJobsKept = 10'000;       ///< the oldest that ended is forgotten

  DrsService(drs::Sites& sites, drs::JobRunner& runner) : sites_(sites), runner_(runner) {}

  // The service, its templates and tags (template_ops.cpp)
  Result<aws::drs::InitializeServiceResponse> initialize_service(
      const Info& info, const aws::drs::InitializeServiceRequest& request) override;
  Result<aws::drs::CreateReplicationConfigurationTemplateResponse> create_replication_configuration_template(
      const Info& info, const aws::drs::CreateReplicationConfigurationTemplateRequest& request) override;
  Result<aws::drs::UpdateReplicationConfigurationTemplateResponse> update_replication_configuration_template(
      const Info& info, const aws::drs::UpdateReplicationConfigurationTemplateRequest& request) override;
  Result<aws::drs::DescribeReplicationConfigurationTemplatesResponse> describe_replication_configuration_templates(
      const Info& info, const aws::drs::DescribeReplicationConfigurationTemplatesRequest& request) override;
  Result<aws::drs::DeleteReplicationConfigurationTemplateResponse> delete_replication_configuration_template(
      const Info& info, const aws::drs::DeleteReplicationConfigurationTemplateRequest& request) override;
  Result<aws::drs::CreateLaunchConfigurationTemplateResponse> create_launch_configuration_template(
      const Info& info, const aws::drs::CreateLaunchConfigurationTemplateRequest& request) override;
  Result<aws::drs::UpdateLaunchConfigurationTemplateResponse> update_launch_configuration_template(
      const Info& info, const aws::drs::UpdateLaunchConfigurationTemplateRequest& request) override;
  Result<aws::drs::DescribeLaunchConfigurationTemplatesResponse> describe_launch_configuration_templates(
      const Info& info, const aws::drs::DescribeLaunchConfigurationTemplatesRequest& request) override;
  Result<aws::drs::DeleteLaunchConfigurationTemplateResponse> delete_launch_configuration_template(
      const Info& info, const aws::drs::DeleteLaunchConfigurationTemplateRequest& request) override;
  Result<aws::drs::TagResourceResponse> tag_resource(const Info& info,
                                                     const aws::drs::TagResourceRequest& request) override;
  Result<aws::drs::UntagResourceResponse> untag_resource(const Info& info,
                                                         const aws::drs::UntagResourceRequest& request) override;
  Result<aws::drs::ListTagsForResourceResponse> list_tags_for_resource(
      const Info& info, const aws::drs::ListTagsForResourceRequest& request) override;

  // Source servers (server_ops.cpp)
  Result<aws::drs::DescribeSourceServersResponse> describe_source_servers(
      const Info& info, const aws::drs::DescribeSourceServersRequest& request) override;
  Result<aws::drs::DisconnectSourceServerResponse> disconnect_source_server(
      const Info& info, const aws::drs::DisconnectSourceServerRequest& request) override;
  Result<aws::drs::DeleteSourceServerResponse> delete_source_server(
      const Info& info, const aws::drs::DeleteSourceServerRequest& request) override;
  Result<aws::drs::StartReplicationResponse> start_replication(
      const Info& info, const aws::drs::StartReplicationRequest& request) override;
  Result<aws::drs::StopReplicationResponse> stop_replication(const Info& info,
                                                             const aws::drs::StopReplicationRequest& request) override;
  Result<aws::drs::RetryDataReplicationResponse> retry_data_replication(
      const Info& info, const aws::drs::RetryDataReplicationRequest& request) override;
  Result<aws::drs::DescribeRecoverySnapshotsResponse> describe_recovery_snapshots(
      const Info& info, const aws::drs::DescribeRecoverySnapshotsRequest& request) override;

  // Settings of a server (replication_settings.cpp, launch_settings.cpp)
  Result<aws::drs::GetReplicationConfigurationResponse> get_replication_configuration(
      const Info& info, const aws::drs::GetReplicationConfigurationRequest& request) override;
  Result<aws::drs::UpdateReplicationConfigurationResponse> update_replication_configuration(
      const Info& info, const aws::drs::UpdateReplicationConfigurationRequest& request) override;
  Result<aws::drs::GetLaunchConfigurationResponse> get_launch_configuration(
      const Info& info, const aws::drs::GetLaunchConfigurationRequest& request) override;
  Result<aws::drs::UpdateLaunchConfigurationResponse> update_launch_configuration(
      const Info& info, const aws::drs::UpdateLaunchConfigurationRequest& request) override;

  // Jobs (job_ops.cpp)
  Result<aws::drs::StartRecoveryResponse> start_recovery(const Info& info,
                                                         const aws::drs::StartRecoveryRequest& request) override;
  Result<aws::drs::TerminateRecoveryInstancesResponse> terminate_recovery_instances(
      const Info& info, const aws::drs::TerminateRecoveryInstancesRequest& request) override;
  Result<aws::drs::DescribeJobsResponse> describe_jobs(const Info& info,
                                                       const aws::drs::DescribeJobsRequest& request) override;
  Result<aws::drs::DescribeJobLogItemsResponse> describe_job_log_items(
      const Info& info, const aws::drs::DescribeJobLogItemsRequest& request) override;
  Result<aws::drs::DeleteJobResponse> delete_job(const Info& info, const aws::drs::DeleteJobRequest& request) override;

  // Recovery instances (instance_ops.cpp)
  Result<aws::drs::DescribeRecoveryInstancesResponse> describe_recovery_instances(
      const Info& info, const aws::drs::DescribeRecoveryInstancesRequest& request) override;
  Result<aws::drs::DisconnectRecoveryInstanceResponse> disconnect_recovery_instance(
      const Info& info, const aws::drs::DisconnectRecoveryInstanceRequest& request) override;
  Result<aws::drs::DeleteRecoveryInstanceResponse> delete_recovery_instance(
      const Info& info, const aws::drs::DeleteRecoveryInstanceRequest& request) override;
  Result<aws::drs::ReverseReplicationResponse> reverse_replication(
      const Info& info, const aws::drs::ReverseReplicationRequest& request) override;

  // Several accounts (extension_ops.cpp)
  Result<aws::drs::CreateExtendedSourceServerResponse> create_extended_source_server(
      const Info& info, const aws::drs::CreateExtendedSourceServerRequest& request) override;
  Result<aws::drs::ListExtensibleSourceServersResponse> list_extensible_source_servers(
      const Info& info, const aws::drs::ListExtensibleSourceServersRequest& request) override;
  Result<aws::drs::ListStagingAccountsResponse> list_staging_accounts(
      const Info& info, const aws::drs::ListStagingAccountsRequest& request) override;

 private:
  /// The caller's site. Fails with UninitializedAccountException.
  Result<drs::SiteRecord*> open(const Info& info);
  /// Authorises the operation on the server with that id, and finds it.
  Result<drs::Server*> open_server(const Info& info, const std::optional<std::string>& id);
  Result<drs::RecoveryInstanceRecord*> open_instance(const Info& info, const std::optional<std::string>& id);
  Result<drs::Job*> open_job(const Info& info, const std::optional<std::string>& id);
  /// Fails with ConflictException when a job that is under way has the server.
  static Result<void> check_idle(const drs::SiteRecord& site, const std::string& server_id);
  /// The quotas of a job with so many servers.
  static Result<void> check_room(const drs::SiteRecord& site, std::size_t servers);
  drs::Job new_job(const Info& info, drs::SiteRecord& site, drs::JobKind kind);
  static void forget_old(drs::SiteRecord& site);
  /// Both settings of a server as they are when nobody has changed them.
  void fill_settings(drs::SiteRecord& site, drs::Server& server);
  /// The tags of a resource in the caller's site. Fails with ResourceNotFoundException.
  Result<Tags*> tags_of(const Info& info, const std::string& arn);
  aws::drs::SourceServer show(drs::Server& server);
  Result<drs::JobServer> checked(drs::SiteRecord& site, const aws::drs::StartRecoveryRequestSourceServer& asked);

  drs::Sites& sites_;
  drs::JobRunner& runner_;
  std::map<std::string, Tags> template_tags_;  ///< by ARN
};

}  // namespace postern::sim
