#pragma once

/// CloudServices: the services of one cloud behind one http::Service. In-memory use needs nothing more.

#include <memory>

#include "aws/core/dispatcher.hpp"
#include "sim/access.hpp"
#include "sim/agents/ec2messages_service.hpp"
#include "sim/agents/message_gateway.hpp"
#include "sim/cloud.hpp"
#include "sim/cloudformation/service.hpp"
#include "sim/cloudtrail/service.hpp"
#include "sim/drs/installer.hpp"
#include "sim/drs/job_runner.hpp"
#include "sim/drs/service.hpp"
#include "sim/ec2/service.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/organizations_service.hpp"
#include "sim/iam/sts_service.hpp"
#include "sim/kms/kms_service.hpp"
#include "sim/s3/output.hpp"
#include "sim/s3/s3_door.hpp"
#include "sim/s3/s3_service.hpp"
#include "sim/serve/faults.hpp"
#include "sim/sessions/data_channels.hpp"
#include "sim/sessions/remote_sessions.hpp"
#include "sim/sessions/scripted_sessions.hpp"
#include "sim/sessions/sessions.hpp"
#include "sim/signals/command_signals.hpp"
#include "sim/signals/replication_signals.hpp"
#include "sim/signals/sns_service.hpp"
#include "sim/ssm/command_engine.hpp"
#include "sim/ssm/service.hpp"

namespace postern::sim {

/// Sends every answer with the cloud's own idea of the time: what a client with a wrong clock corrects itself by.
class DatedService final : public http::Service {
 public:
  DatedService(http::Service& inner, const Cloud& cloud) : inner_(inner), cloud_(cloud) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  http::Service& inner_;
  const Cloud& cloud_;
};

/// Wires state, engine, handlers, dispatcher and fault wrapper together. Cloud and agents outlive it, and so must ctx's
/// clock and random numbers. Loop thread only.
class CloudServices {
 public:
  CloudServices(Cloud& cloud, Agents& agents, rt::CallContext ctx, EngineOptions options = EngineOptions());
  /// Routes by X-Amz-Target or by the signature's service: every service at one address.
  http::Service& service() noexcept { return dated_; }
  /// What is served, for tables of operations and for logs.
  std::span<const aws::server::Binding> bindings() const noexcept { return dispatcher_.bindings(); }
  FaultyService& faults() noexcept { return faults_; }
  CommandEngine& engine() noexcept { return engine_; }
  RemoteAgents& remote_agents() noexcept { return remote_; }
  Cloud& cloud() noexcept { return cloud_; }
  /// Session Manager. Scripted agents stand at the nodes' end until run_sessions() names others.
  Sessions& sessions() noexcept { return sessions_; }
  /// Outlives it.
  void run_sessions(SessionAgents& own) { sessions_.run_by(own, remote_sessions_); }
  /// Everything that Elastic Disaster Recovery keeps; faults are set here.
  drs::Sites& disaster_recovery() noexcept { return drs_sites_; }
  /// The events of CloudTrail.
  const trail::EventHistory& history() noexcept { return trails_.recorder().history(); }
  KmsService& kms() noexcept { return kms_; }
  /// Everything that S3 keeps.
  const Store& store() const noexcept { return store_; }

 private:
  Cloud& cloud_;
  drs::Sites drs_sites_;
  drs::Installer drs_installer_;
  RemoteAgents remote_;
  CommandEngine engine_;
  Sessions sessions_;
  RemoteSessions remote_sessions_;
  ScriptedSessions scripted_sessions_;
  CloudAuthenticator authenticator_;
  KmsService kms_;
  StsService sts_;
  Ec2Service ec2_;
  SsmService ssm_;
  Ec2MessagesService messages_;
  OrganizationsService organizations_;
  IamService iam_;
  Store store_;
  S3OutputStore output_;
  S3Service s3_;
  SnsService sns_;
  LogsService logs_;
  EventsService events_;
  MetricsService metrics_;
  drs::JobRunner drs_runner_;
  DrsService drs_;
  CommandSignals signals_;
  ReplicationSignals replication_;
  CloudTrailService trails_;
  CloudFormationService stacks_;
  aws::server::Dispatcher dispatcher_;
  S3Door door_;
  DataChannels channels_;
  MessageGateway gateway_;
  FaultyService faults_;
  DatedService dated_;
};

}  // namespace postern::sim
