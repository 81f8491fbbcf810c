#include "adapters/drs_jobs.hpp"

#include <algorithm>

#include "adapters/drs_text.hpp"
#include "aws/core/pager.hpp"
#include "aws/drs/ops.hpp"

namespace postern::adapters {
namespace drs_jobs {

namespace drs = aws::drs;

constexpr std::int32_t kPage = 200;
constexpr std::size_t kServersMax = 200;  // of one filter

using drs_text::text_of;
using drs_text::time_of;

recovery::Job job_of(const fleet::ScopePtr& site, const drs::Job& wire) {
  recovery::Job out;
  out.site = site;
  out.id = text_of(wire.job_id);
  out.type = text_of(wire.type);
  out.initiated_by = text_of(wire.initiated_by);
  out.status = text_of(wire.status);
  out.created = time_of(wire.creation_date_time);
  out.ended = time_of(wire.end_date_time);
  out.tags.insert(wire.tags.begin(), wire.tags.end());
  for (const drs::ParticipatingServer& server : wire.participating_servers) {
    recovery::JobServer& one = out.servers.emplace_back();
    one.server_id = text_of(server.source_server_id);
    one.instance_id = text_of(server.recovery_instance_id);
    one.status_text = text_of(server.launch_status);
    one.status = recovery::parse_launch_status(one.status_text);
  }
  return out;
}

recovery::JobEvent event_of(const drs::JobLog& wire) {
  recovery::JobEvent out;
  out.at = time_of(wire.log_date_time);
  out.event = text_of(wire.event);
  if (!wire.event_data) return out;
  out.server_id = text_of(wire.event_data->source_server_id);
  out.instance_id = text_of(wire.event_data->target_instance_id);
  out.raw_error = text_of(wire.event_data->raw_error);
  out.attempt = wire.event_data->attempt_count;
  out.attempts_max = wire.event_data->max_attempts_count;
  return out;
}

recovery::RecoveryInstance instance_of(const drs::RecoveryInstance& wire) {
  recovery::RecoveryInstance out;
  out.id = text_of(wire.recovery_instance_id);
  if (out.id.empty()) out.id = text_of(wire.ec2_instance_id);
  out.server_id = text_of(wire.source_server_id);
  out.job_id = text_of(wire.job_id);
  out.ec2_state = text_of(wire.ec2_instance_state);
  out.is_drill = wire.is_drill;
  out.point = time_of(wire.point_in_time_snapshot_date_time);
  return out;
}

/// The kinds that a caller acts on.
Error told(Error error) {
  const AwsFault* fault = error.aws();
  if (fault == nullptr) return error;
  if (fault->code == "ConflictException") return std::move(error).as(ErrorKind::conflict);
  if (fault->code == "ServiceQuotaExceededException") return std::move(error).as(ErrorKind::throttled);
  return error;
}

template <class Response>
Result<recovery::Job> job_in(const fleet::ScopePtr& site, Result<Response> response) {
  if (!response) return fail(told(std::move(response).error()));
  if (response->job) return job_of(site, *response->job);
  return fail(Error(ErrorKind::malformed, "the answer has no job").delivered(Delivery::answered));
}

}  // namespace drs_jobs

rt::Task<Result<recovery::Job>> DrsJobs::start(rt::CallContext ctx, fleet::ScopePtr site, recovery::LaunchOrder order) {
  namespace drs = aws::drs;
  Result<aws::CallScope> call = session_.call_scope(*site);
  if (!call) co_return fail(std::move(call).error().delivered(Delivery::not_sent));
  drs::StartRecoveryRequest request;
  request.is_drill = order.drill;
  for (const auto& [key, value] : order.tags) request.tags[key] = value;
  for (const recovery::LaunchServer& server : order.servers) {
    drs::StartRecoveryRequestSourceServer& one = request.source_servers.emplace_back();
    one.source_server_id = server.id;
    if (!server.snapshot.empty()) one.recovery_snapshot_id = server.snapshot;
  }
  Result<drs::StartRecoveryResponse> response =
      co_await aws::call<drs::StartRecovery>(ctx, session_.invoker(), std::move(*call), std::move(request));
  co_return drs_jobs::job_in(site, std::move(response));
}

rt::Task<Result<recovery::Job>> DrsJobs::terminate(rt::CallContext ctx, fleet::ScopePtr site,
                                                   std::vector<std::string> instance_ids) {
  namespace drs = aws::drs;
  Result<aws::CallScope> call = session_.call_scope(*site);
  if (!call) co_return fail(std::move(call).error().delivered(Delivery::not_sent));
  drs::TerminateRecoveryInstancesRequest request;
  request.recovery_instance_ids = std::move(instance_ids);
  Result<drs::TerminateRecoveryInstancesResponse> response = co_await aws::call<drs::TerminateRecoveryInstances>(
      ctx, session_.invoker(), std::move(*call), std::move(request));
  co_return drs_jobs::job_in(site, std::move(response));
}

rt::Task<Result<std::vector<recovery::Job>>> DrsJobs::jobs(rt::CallContext ctx, fleet::ScopePtr site,
                                                           recovery::JobQuery query) {
  namespace drs = aws::drs;
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  drs::DescribeJobsRequest request;
  request.max_results = drs_jobs::kPage;
  if (query.from || !query.ids.empty()) {
    drs::DescribeJobsRequestFilters& filters = request.filters.emplace();
    if (query.from) filters.from_date = format_rfc3339(std::chrono::floor<std::chrono::seconds>(*query.from));
    filters.job_ids = std::move(query.ids);
  }
  aws::Pager<drs::DescribeJobs> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  std::vector<recovery::Job> out;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return out;
    for (const drs::Job& job : page->items) out.push_back(drs_jobs::job_of(site, job));
  }
}

rt::Task<Result<std::vector<recovery::JobEvent>>> DrsJobs::log(rt::CallContext ctx, fleet::ScopePtr site,
                                                               std::string job_id) {
  namespace drs = aws::drs;
  CO_TRY(aws::CallScope call, session_.call_scope(*site));
  drs::DescribeJobLogItemsRequest request;
  request.job_id = std::move(job_id);
  request.max_results = drs_jobs::kPage;
  aws::Pager<drs::DescribeJobLogItems> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  std::vector<recovery::JobEvent> out;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) break;
    for (const drs::JobLog& item : page->items) out.push_back(drs_jobs::event_of(item));
  }
  // In the order in which it happened, whatever the order of the pages: those of one second stay as they came.
  std::vector<std::size_t> order(out.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&out](std::size_t a, std::size_t b) {
    const WallTime first = out[a].at.value_or(WallTime());
    const WallTime second = out[b].at.value_or(WallTime());
    return first == second ? a < b : first < second;
  });
  std::vector<recovery::JobEvent> sorted;
  sorted.reserve(out.size());
  for (const std::size_t one : order) sorted.push_back(std::move(out[one]));
  co_return sorted;
}

rt::Task<Result<std::vector<recovery::RecoveryInstance>>> DrsJobs::instances(rt::CallContext ctx, fleet::ScopePtr site,
                                                                             std::vector<std::string> server_ids) {
  namespace drs = aws::drs;
  std::vector<recovery::RecoveryInstance> out;
  std::size_t done = 0;
  do {
    const std::size_t end = std::min(server_ids.size(), done + drs_jobs::kServersMax);
    CO_TRY(aws::CallScope call, session_.call_scope(*site));
    drs::DescribeRecoveryInstancesRequest request;
    request.max_results = drs_jobs::kPage;
    if (done < end) {
      request.filters.emplace().source_server_ids.assign(server_ids.begin() + static_cast<std::ptrdiff_t>(done),
                                                         server_ids.begin() + static_cast<std::ptrdiff_t>(end));
    }
    aws::Pager<drs::DescribeRecoveryInstances> pager(ctx, session_.invoker(), std::move(call), std::move(request));
    for (;;) {
      CO_TRY(const auto page, co_await pager.next());
      if (!page) break;
      for (const drs::RecoveryInstance& one : page->items) out.push_back(drs_jobs::instance_of(one));
    }
    done = end;
  } while (done < server_ids.size());
  co_return out;
}

}  // namespace postern::adapters
