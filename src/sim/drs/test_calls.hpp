#pragma once

/// A cloud with Elastic Disaster Recovery for the tests of this directory. Account 444455556666 has the nodes node-1 ..
/// node-N in us-east-1 and its site in us-west-2; calls are made by its own user, there.

#include <gtest/gtest.h>

#include <algorithm>

#include "aws/drs/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim::testing {

inline const drs::SiteKey kDrsSite{"444455556666", "us-west-2"};

/// `enrolled` nodes, the first ones, replicate since 30 days.
inline CloudConfig drs_config(std::size_t nodes, std::size_t enrolled) {
  CloudConfig config = rig_config(nodes);
  AccountConfig& target = config.accounts[1];
  UserConfig user;
  user.name = "recoverer";
  user.access_key_id = "AKIARIGRECOVERER0001";
  user.secret_access_key = Secret<>(std::string("secret"));
  user.permissions.allow.emplace_back("*");
  target.users.push_back(std::move(user));
  DrsSiteConfig site;
  site.region = "us-west-2";
  for (std::size_t i = 1; i <= enrolled; ++i) {
    DrsServersConfig& servers = site.servers.emplace_back();
    servers.instance = "node-" + std::to_string(i);
    servers.region = "us-east-1";
  }
  target.drs.push_back(std::move(site));
  return config;
}

class DrsRig : public Rig {
 public:
  explicit DrsRig(CloudConfig config) : Rig(std::move(config)) { recover(); }
  explicit DrsRig(std::size_t servers) : DrsRig(drs_config(servers, servers)) {}

  void recover() {
    aws::Credentials own;
    own.access_key_id = "AKIARIGRECOVERER0001";
    own.secret_access_key = Secret<>(std::string("secret"));
    use(std::move(own));
    in_region("us-west-2");
  }
  drs::Sites& sites() { return services().disaster_recovery(); }

  /// Ids of the site's servers by the nodes' names.
  std::string server(const std::string& name) {
    for (const auto& [id, server] : sites().site(kDrsSite).servers) {
      if (server.machine.name == name) return id;
    }
    ADD_FAILURE() << "no server of " << name;
    return {};
  }
  static aws::drs::StartRecoveryRequest recovery(const std::vector<std::string>& ids, bool drill = true) {
    aws::drs::StartRecoveryRequest request;
    request.is_drill = drill;
    for (const std::string& id : ids) request.source_servers.emplace_back().source_server_id = id;
    return request;
  }
  Result<aws::drs::Job> start(const std::vector<std::string>& ids, bool drill = true) {
    TRY(aws::drs::StartRecoveryResponse response, call<aws::drs::StartRecovery>(recovery(ids, drill)));
    return *response.job;
  }
  aws::drs::Job job(const std::string& id) {
    aws::drs::DescribeJobsRequest request;
    request.filters.emplace().job_ids.push_back(id);
    const auto response = call<aws::drs::DescribeJobs>(request);
    return response && response->items.size() == 1 ? response->items.front() : aws::drs::Job();
  }
  std::vector<aws::drs::JobLog> log(const std::string& id) {
    aws::drs::DescribeJobLogItemsRequest request;
    request.job_id = id;
    request.max_results = 1'000;
    const auto response = call<aws::drs::DescribeJobLogItems>(request);
    return response ? response->items : std::vector<aws::drs::JobLog>();
  }
  /// The events of a job, in their order: "JOB_START SNAPSHOT_START ...".
  std::string events(const std::string& id) {
    std::string all;
    for (const aws::drs::JobLog& item : log(id)) all += (all.empty() ? "" : " ") + item.event->text();
    return all;
  }
  aws::drs::SourceServer described(const std::string& id) {
    aws::drs::DescribeSourceServersRequest request;
    request.filters.emplace().source_server_ids.push_back(id);
    const auto response = call<aws::drs::DescribeSourceServers>(request);
    return response && response->items.size() == 1 ? response->items.front() : aws::drs::SourceServer();
  }
  std::vector<aws::drs::RecoveryInstance> instances() {
    const auto response = call<aws::drs::DescribeRecoveryInstances>(aws::drs::DescribeRecoveryInstancesRequest());
    return response ? response->items : std::vector<aws::drs::RecoveryInstance>();
  }
};

/// "ConflictException 409"; "ok".
template <class T>
std::string code_of(const Result<T>& answer) {
  if (answer) return "ok";
  const AwsFault* fault = answer.error().aws();
  return fault == nullptr ? answer.error().message() : fault->code + " " + std::to_string(fault->http_status);
}

}  // namespace postern::sim::testing
