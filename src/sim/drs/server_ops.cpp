// Source servers: described, disconnected, deleted; their replication and their points in time.

#include <algorithm>

#include "sim/drs/service.hpp"

namespace postern::sim {
namespace drs_servers {

using namespace drs;

/// Whether the filters let a server through. hardwareId is an instance's id or a MAC address.
bool matches(const aws::drs::DescribeSourceServersRequestFilters& filters, const Server& server,
             const std::string& staging_account) {
  if (!is_asked_for(filters.source_server_ids, server.id)) return false;
  if (!is_asked_for(filters.staging_account_ids, staging_account)) return false;
  return !filters.hardware_id || *filters.hardware_id == server.machine.instance_id ||
         *filters.hardware_id == server.machine.mac;
}

}  // namespace drs_servers

Result<aws::drs::DescribeSourceServersResponse> DrsService::describe_source_servers(
    const Info& info, const aws::drs::DescribeSourceServersRequest& request) {
  using namespace drs_servers;
  TRY_VOID(authorize(info));
  TRY(SiteRecord* const site, open(info));
  const aws::drs::DescribeSourceServersRequestFilters filters =
      request.filters.value_or(aws::drs::DescribeSourceServersRequestFilters());
  std::vector<Server*> all;
  for (auto& [id, server] : site->servers) {
    const Server* source = sites_.replicating(server);
    if (matches(filters, server, source == nullptr ? site->key.first : source->site.first)) all.push_back(&server);
  }
  std::string question = "servers/" + site->key.first + "/" + site->key.second + "/" + filters.hardware_id.value_or("");
  for (const std::string& id : filters.source_server_ids) question += "/" + id;
  for (const std::string& id : filters.staging_account_ids) question += "/" + id;
  std::vector<Server*> shown;
  aws::drs::DescribeSourceServersResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, question, all, shown, response.next_token,
                     [](const Server* one) { return one->id; }));
  for (Server* server : shown) response.items.push_back(show(*server));
  return response;
}

Result<aws::drs::SourceServer> DrsService::disconnect_source_server(
    const Info& info, const aws::drs::DisconnectSourceServerRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  if (server->replicating == drs::Replicating::disconnected) return show(*server);
  if (!server->recovery_instance.empty()) {
    return fail(drs::conflict("SourceServer " + server->id + " has the recovery instance " + server->recovery_instance +
                              " and cannot be disconnected"));
  }
  TRY_VOID(check_idle(*sites_.find(server->site), server->id));
  server->replicating = drs::Replicating::disconnected;
  server->changed = sites_.now();
  server->on_demand.clear();
  return show(*server);
}

Result<aws::drs::DeleteSourceServerResponse> DrsService::delete_source_server(
    const Info& info, const aws::drs::DeleteSourceServerRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  const bool extension = !server->staging_arn.empty();
  if (server->replicating != drs::Replicating::disconnected && !extension) {
    return fail(drs::conflict("SourceServer " + server->id + " must be disconnected before it is deleted"));
  }
  // Of an extension, which nobody disconnects.
  if (!server->recovery_instance.empty()) {
    return fail(
        drs::conflict("SourceServer " + server->id + " has the recovery instance " + server->recovery_instance));
  }
  drs::SiteRecord& site = *sites_.find(server->site);
  TRY_VOID(check_idle(site, server->id));
  const std::string id = server->id;
  site.servers.erase(id);
  return aws::drs::DeleteSourceServerResponse();
}

Result<aws::drs::StartReplicationResponse> DrsService::start_replication(
    const Info& info, const aws::drs::StartReplicationRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  if (server->replicating != drs::Replicating::stopped) {
    return fail(drs::conflict("the replication of SourceServer " + server->id + " is not stopped"));
  }
  sites_.restart(*server);
  aws::drs::StartReplicationResponse response;
  response.source_server = show(*server);
  return response;
}

Result<aws::drs::StopReplicationResponse> DrsService::stop_replication(
    const Info& info, const aws::drs::StopReplicationRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  if (server->replicating != drs::Replicating::running || !server->staging_arn.empty()) {
    return fail(drs::conflict("SourceServer " + server->id + " does not replicate here"));
  }
  TRY_VOID(check_idle(*sites_.find(server->site), server->id));
  server->replicating = drs::Replicating::stopped;
  server->changed = sites_.now();
  server->on_demand.clear();
  aws::drs::StopReplicationResponse response;
  response.source_server = show(*server);
  return response;
}

Result<aws::drs::SourceServer> DrsService::retry_data_replication(
    const Info& info, const aws::drs::RetryDataReplicationRequest& request) {
  TRY(drs::Server* const server, open_server(info, request.source_server_id));
  const drs::Phase phase = sites_.progress(*server).phase;
  const bool halted = phase == drs::Phase::stalled || phase == drs::Phase::disconnected;
  if (server->replicating == drs::Replicating::running && !halted) {
    return fail(drs::invalid("SourceServer " + server->id + " is neither stalled nor disconnected nor stopped"));
  }
  if (server->staging_arn.empty()) sites_.restart(*server);
  return show(*server);
}

Result<aws::drs::DescribeRecoverySnapshotsResponse> DrsService::describe_recovery_snapshots(
    const Info& info, const aws::drs::DescribeRecoverySnapshotsRequest& request) {
  using namespace drs_servers;
  TRY(Server* const server, open_server(info, request.source_server_id));
  const aws::drs::DescribeRecoverySnapshotsRequestFilters filters =
      request.filters.value_or(aws::drs::DescribeRecoverySnapshotsRequestFilters());
  TRY(const std::optional<WallTime> from, time_of(filters.from_date_time, "fromDateTime"));
  TRY(const std::optional<WallTime> to, time_of(filters.to_date_time, "toDateTime"));
  std::vector<WallTime> points = sites_.points(*server);
  std::erase_if(points, [&](WallTime at) { return (from && at < *from) || (to && at > *to); });
  const bool descending = request.order && *request.order == aws::drs::RecoverySnapshotsOrder::desc;
  if (descending) std::reverse(points.begin(), points.end());
  std::vector<aws::drs::RecoverySnapshot> all;
  for (const WallTime at : points) {
    aws::drs::RecoverySnapshot& shown = all.emplace_back();
    shown.snapshot_id = sites_.point_id(*server, at);
    shown.source_server_id = server->id;
    shown.expected_timestamp = iso_time(at);
    shown.timestamp = iso_time(at);
    shown.ebs_snapshots.push_back("snap-" + derived_hex(server->course.seed, *shown.snapshot_id, 17));
  }
  const std::string question = "points/" + server->arn + (descending ? "/desc" : "/asc") +
                               filters.from_date_time.value_or("") + "/" + filters.to_date_time.value_or("");
  aws::drs::DescribeRecoverySnapshotsResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, question, all, response.items, response.next_token,
                     [](const aws::drs::RecoverySnapshot& one) { return *one.snapshot_id; }));
  return response;
}

}  // namespace postern::sim
