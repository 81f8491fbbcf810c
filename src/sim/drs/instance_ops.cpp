// Recovery instances, and the way back.

#include <algorithm>

#include "sim/drs/service.hpp"
#include "sim/drs/shown.hpp"

namespace postern::sim {
Result<aws::drs::DescribeRecoveryInstancesResponse> DrsService::describe_recovery_instances(
    const Info& info, const aws::drs::DescribeRecoveryInstancesRequest& request) {
  using namespace drs;
  TRY_VOID(authorize(info));
  TRY(SiteRecord* const site, open(info));
  const aws::drs::DescribeRecoveryInstancesRequestFilters filters =
      request.filters.value_or(aws::drs::DescribeRecoveryInstancesRequestFilters());
  std::vector<const RecoveryInstanceRecord*> all;
  for (const auto& [id, record] : site->instances) {
    const bool wanted =
        is_asked_for(filters.recovery_instance_ids, id) && is_asked_for(filters.source_server_ids, record.server_id);
    if (wanted) all.push_back(&record);
  }
  std::string question = "instances/" + site->key.first + "/" + site->key.second;
  for (const std::string& id : filters.recovery_instance_ids) question += "/" + id;
  for (const std::string& id : filters.source_server_ids) question += "/" + id;
  std::vector<const RecoveryInstanceRecord*> shown;
  aws::drs::DescribeRecoveryInstancesResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, question, all, shown, response.next_token,
                     [](const RecoveryInstanceRecord* one) { return one->id; }));
  for (const RecoveryInstanceRecord* one : shown) response.items.push_back(shown_instance(sites_, *site, *one));
  return response;
}

Result<aws::drs::DisconnectRecoveryInstanceResponse> DrsService::disconnect_recovery_instance(
    const Info& info, const aws::drs::DisconnectRecoveryInstanceRequest& request) {
  TRY(drs::RecoveryInstanceRecord* const record, open_instance(info, request.recovery_instance_id));
  TRY_VOID(check_idle(*sites_.find(drs::SiteKey(info.caller.account_id, info.region)), record->server_id));
  record->disconnected = true;
  return aws::drs::DisconnectRecoveryInstanceResponse();
}

Result<aws::drs::DeleteRecoveryInstanceResponse> DrsService::delete_recovery_instance(
    const Info& info, const aws::drs::DeleteRecoveryInstanceRequest& request) {
  TRY(const drs::RecoveryInstanceRecord* const record, open_instance(info, request.recovery_instance_id));
  if (!record->disconnected) {
    return fail(drs::conflict("RecoveryInstance " + record->id + " must be disconnected before it is deleted"));
  }
  drs::SiteRecord& site = *sites_.find(drs::SiteKey(info.caller.account_id, info.region));
  // The record goes; the instance in EC2 stays.
  const auto server = site.servers.find(record->server_id);
  if (server != site.servers.end() && server->second.recovery_instance == record->id) {
    server->second.recovery_instance.clear();
  }
  const std::string id = record->id;
  site.instances.erase(id);
  return aws::drs::DeleteRecoveryInstanceResponse();
}

Result<aws::drs::ReverseReplicationResponse> DrsService::reverse_replication(
    const Info& info, const aws::drs::ReverseReplicationRequest& request) {
  using namespace drs;
  TRY(RecoveryInstanceRecord* const record, open_instance(info, request.recovery_instance_id));
  SiteRecord& site = *sites_.find(SiteKey(info.caller.account_id, info.region));
  const auto server = site.servers.find(record->server_id);
  if (server == site.servers.end()) return fail(not_found("SourceServer", record->server_id));
  if (!record->reversed_arn.empty()) {
    return fail(conflict("the replication of RecoveryInstance " + record->id + " is reversed already"));
  }
  const Instance* instance = sites_.cloud().ec2().find(record->id);
  if (instance == nullptr || instance->state != InstanceState::running) {
    return fail(conflict("RecoveryInstance " + record->id + " is not running"));
  }
  const SiteKey origin(server->second.machine.account, server->second.machine.region);
  SiteRecord* back = sites_.find(origin);
  if (back == nullptr || back->readiness != DrsReadiness::initialized) {
    return fail(invalid("the account " + origin.first + " has not been initialized for Elastic Disaster Recovery in " +
                        origin.second));
  }
  Server& made = sites_.register_instance(*back, *instance, server->second.tags, sites_.now());
  made.direction = server->second.direction == aws::drs::ReplicationDirection::failover
                       ? aws::drs::ReplicationDirection::failback
                       : aws::drs::ReplicationDirection::failover;
  made.machine.name = server->second.machine.name;
  made.reversed_arn = server->second.arn;
  server->second.reversed_arn = made.arn;
  record->reversed_arn = made.arn;
  aws::drs::ReverseReplicationResponse response;
  response.reversed_direction_source_server_arn = made.arn;
  return response;
}

}  // namespace postern::sim
