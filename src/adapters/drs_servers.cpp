#include "adapters/drs_servers.hpp"

#include <algorithm>

#include "adapters/drs_text.hpp"
#include "aws/core/pager.hpp"
#include "aws/drs/ops.hpp"

namespace postern::adapters {
namespace {

namespace drs = aws::drs;

// The model has no upper limit for a page of servers; 200 is what a filter by ids takes.
constexpr std::int32_t kServersPage = 200;
constexpr std::size_t kIdsMax = 200;

using drs_text::text_of;
using drs_text::time_of;

void take_replication(const drs::DataReplicationInfo& info, recovery::SourceServer& out) {
  out.state_text = text_of(info.data_replication_state);
  out.state = recovery::parse_replication_state(out.state_text);
  if (info.lag_duration) out.lag = recovery::parse_iso_duration(*info.lag_duration);
  out.eta = time_of(info.eta_date_time);
  if (info.data_replication_error) {
    out.error = text_of(info.data_replication_error->error);
    out.raw_error = text_of(info.data_replication_error->raw_error);
  }
  for (const drs::DataReplicationInfoReplicatedDisk& disk : info.replicated_disks) {
    out.disks.total += disk.total_storage_bytes.value_or(0);
    out.disks.replicated += disk.replicated_storage_bytes.value_or(0);
    out.disks.rescanned += disk.rescanned_storage_bytes.value_or(0);
    out.disks.backlog += disk.backlogged_storage_bytes.value_or(0);
    ++out.disks.disks;
  }
  if (!info.data_replication_initiation) return;
  out.next_attempt = time_of(info.data_replication_initiation->next_attempt_date_time);
  for (const drs::DataReplicationInitiationStep& step : info.data_replication_initiation->steps) {
    out.steps.emplace_back();
    out.steps.back().name = text_of(step.name);
    out.steps.back().status = text_of(step.status);
  }
}

void take_life(const drs::LifeCycle& life, recovery::SourceServer& out) {
  out.last_seen = time_of(life.last_seen_by_service_date_time);
  out.added = time_of(life.added_to_service_date_time);
  if (!life.last_launch) return;
  out.last_launch.emplace();
  out.last_launch->status = text_of(life.last_launch->status);
  if (!life.last_launch->initiated) return;
  out.last_launch->at = time_of(life.last_launch->initiated->api_call_date_time);
  out.last_launch->job_id = text_of(life.last_launch->initiated->job_id);
  out.last_launch->type = text_of(life.last_launch->initiated->type);
}

void take_origin(const drs::SourceServer& wire, recovery::SourceServer& out) {
  if (wire.source_properties) {
    if (const auto& hints = wire.source_properties->identification_hints) {
      out.instance_id = text_of(hints->aws_instance_id);
      out.hostname = hints->hostname.value_or(text_of(hints->fqdn));
    }
    if (wire.source_properties->os) out.os = text_of(wire.source_properties->os->full_string);
  }
  if (wire.source_cloud_properties) {
    out.origin_account = text_of(wire.source_cloud_properties->origin_account_id);
    out.origin_region = text_of(wire.source_cloud_properties->origin_region);
  }
  if (wire.staging_area) {
    out.staging_status = text_of(wire.staging_area->status);
    out.staging_account = text_of(wire.staging_area->staging_account_id);
    out.staging_server_arn = text_of(wire.staging_area->staging_source_server_arn);
    out.staging_error = text_of(wire.staging_area->error_message);
  }
}

recovery::SourceServer server_of(const fleet::ScopePtr& site, const drs::SourceServer& wire) {
  recovery::SourceServer out;
  out.site = site;
  out.id = text_of(wire.source_server_id);
  out.arn = text_of(wire.arn);
  out.tags.insert(wire.tags.begin(), wire.tags.end());
  out.recovery_instance_id = text_of(wire.recovery_instance_id);
  out.last_launch_result = text_of(wire.last_launch_result);
  out.failback = text_of(wire.replication_direction) == "FAILBACK";
  out.agent_version = text_of(wire.agent_version);
  if (wire.data_replication_info) take_replication(*wire.data_replication_info, out);
  if (wire.life_cycle) take_life(*wire.life_cycle, out);
  take_origin(wire, out);
  return out;
}

/// All pages of one question.
rt::Task<Result<void>> list_into(rt::CallContext ctx, AwsSession& session, fleet::ScopePtr site,
                                 std::vector<std::string> ids, std::vector<recovery::SourceServer>& out) {
  CO_TRY(aws::CallScope call, session.call_scope(*site));
  drs::DescribeSourceServersRequest request;
  request.max_results = kServersPage;
  if (!ids.empty()) {
    request.filters.emplace();
    request.filters->source_server_ids = std::move(ids);
  }
  aws::Pager<drs::DescribeSourceServers> pager(ctx, session.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return Result<void>();
    for (const drs::SourceServer& server : page->items) out.push_back(server_of(site, server));
  }
}

}  // namespace

rt::Task<Result<std::vector<recovery::SourceServer>>> DrsServers::list_servers(rt::CallContext ctx,
                                                                               fleet::ScopePtr site,
                                                                               std::vector<std::string> ids) {
  std::vector<recovery::SourceServer> out;
  std::size_t done = 0;
  do {
    const std::size_t end = std::min(ids.size(), done + kIdsMax);
    std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(done),
                                  ids.begin() + static_cast<std::ptrdiff_t>(end));
    CO_TRY_VOID(co_await list_into(ctx, session_, site, std::move(some), out));
    done = end;
  } while (done < ids.size());
  co_return out;
}

rt::Task<Result<std::optional<recovery::RecoveryPoint>>> DrsServers::newest_point(rt::CallContext ctx,
                                                                                  fleet::ScopePtr site,
                                                                                  std::string server_id) {
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  drs::DescribeRecoverySnapshotsRequest request;
  request.source_server_id = std::move(server_id);
  request.order.emplace("DESC");
  request.max_results = 1;
  aws::Pager<drs::DescribeRecoverySnapshots> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return std::optional<recovery::RecoveryPoint>();
    if (page->items.empty()) continue;  // an empty page with a token is just a page
    std::optional<recovery::RecoveryPoint> point(std::in_place);
    point->id = text_of(page->items.front().snapshot_id);
    point->at = time_of(page->items.front().timestamp);
    co_return point;
  }
}

}  // namespace postern::adapters
