// Jobs: begun, described, deleted.

#include <algorithm>
#include <set>

#include "sim/drs/service.hpp"
#include "sim/drs/shown.hpp"

namespace postern::sim {
namespace drs_jobs {

using namespace drs;

/// What the caller may tag a job with, asked before there is one.
Result<void> may_tag_job(const aws::server::CallInfo& info, const Tags& tags) {
  if (tags.empty()) return {};
  TRY_VOID(check_tags(tags));
  Access access("drs:TagResource");
  access.on(Sites::arn_of(SiteKey(info.caller.account_id, info.region), "job/*"))
      .tagging(tags)
      .with("drs:CreateAction", std::string(info.operation->name));
  return authorize(info, access);
}

/// Fails with ValidationException when a list names something twice.
template <class Items, class Key>
Result<void> check_distinct(const Items& items, const Key& key) {
  std::set<std::string> seen;
  for (const auto& item : items) {
    if (!seen.insert(key(item)).second) return fail(invalid(key(item) + " is named twice"));
  }
  return {};
}

Result<void> check_count(std::size_t count) {
  if (count == 0) return fail(invalid("no resource is named"));
  if (count <= DrsService::kJobServersMax) return {};
  return fail(invalid("a job takes at most 100 source servers, not " + std::to_string(count)));
}

}  // namespace drs_jobs

drs::Job DrsService::new_job(const Info& info, drs::SiteRecord& site, drs::JobKind kind) {
  drs::Job job(info);
  job.id = sites_.new_id(site, "drsjob");
  job.arn = drs::Sites::arn_of(site.key, "job/" + job.id);
  job.site = site.key;
  job.kind = kind;
  job.created = sites_.now();
  forget_old(site);
  return job;
}

void DrsService::forget_old(drs::SiteRecord& site) {
  while (site.job_order.size() >= kJobsKept && !site.jobs.at(site.job_order.front()).is_active()) {
    site.jobs.erase(site.job_order.front());
    site.job_order.pop_front();
  }
}

Result<drs::JobServer> DrsService::checked(drs::SiteRecord& site,
                                           const aws::drs::StartRecoveryRequestSourceServer& asked) {
  using namespace drs_jobs;
  const auto found = site.servers.find(*asked.source_server_id);
  if (found == site.servers.end()) return fail(not_found("SourceServer", *asked.source_server_id));
  Server& server = found->second;
  if (server.replicating == Replicating::disconnected) {
    return fail(conflict("SourceServer " + server.id + " is disconnected"));
  }
  TRY_VOID(check_idle(site, server.id));
  fill_settings(site, server);
  JobServer part;
  part.server_id = server.id;
  if (!asked.recovery_snapshot_id) return part;
  for (const WallTime at : sites_.points(server)) {
    if (sites_.point_id(server, at) == *asked.recovery_snapshot_id) part.point = at;
  }
  if (!part.point) return fail(not_found("RecoverySnapshot", *asked.recovery_snapshot_id));
  return part;
}

Result<aws::drs::StartRecoveryResponse> DrsService::start_recovery(const Info& info,
                                                                   const aws::drs::StartRecoveryRequest& request) {
  using namespace drs_jobs;
  const SiteKey key(info.caller.account_id, info.region);
  SiteRecord* site = sites_.find(key);
  Access access;
  Access making("drs:CreateRecoveryInstanceForDrs");
  for (const auto& asked : request.source_servers) {
    const std::string arn = Sites::arn_of(key, "source-server/" + *asked.source_server_id);
    const bool there = site != nullptr && site->servers.contains(*asked.source_server_id);
    const Tags own = there ? site->servers.at(*asked.source_server_id).tags : Tags();
    access.on(arn, own);
    making.on(arn, own);
  }
  const Tags tags = plain_tags(request.tags);
  TRY_VOID(authorize(info, access.tagging(tags)));
  TRY_VOID(authorize(info, making));
  TRY_VOID(may_tag_job(info, tags));
  TRY(site, open(info));
  TRY_VOID(check_count(request.source_servers.size()));
  TRY_VOID(check_distinct(request.source_servers, [](const auto& one) { return *one.source_server_id; }));
  std::vector<JobServer> servers;
  // One that cannot be refuses the whole call.
  for (const auto& asked : request.source_servers) {
    TRY(JobServer part, checked(*site, asked));
    servers.push_back(std::move(part));
  }
  TRY_VOID(check_room(*site, servers.size()));
  const bool drill = request.is_drill.value_or(false);
  Job job = new_job(info, *site, JobKind::launch);
  job.initiated_by = drill ? aws::drs::InitiatedBy::start_drill : aws::drs::InitiatedBy::start_recovery;
  job.tags = tags;
  job.servers = std::move(servers);
  for (const JobServer& part : job.servers) {
    Server& server = site->servers.at(part.server_id);
    aws::drs::LifeCycleLastLaunch& last = server.last_launch.emplace();
    aws::drs::LifeCycleLastLaunchInitiated& initiated = last.initiated.emplace();
    initiated.api_call_date_time = iso_time(job.created);
    initiated.job_id = job.id;
    initiated.type.emplace(drill ? aws::drs::LastLaunchType::drill : aws::drs::LastLaunchType::recovery);
    last.status.emplace(aws::drs::LaunchStatus::pending);
    server.last_result = aws::drs::LastLaunchResult::pending;
  }
  aws::drs::StartRecoveryResponse response;
  response.job = shown_job(runner_.begin(*site, std::move(job)));
  return response;
}

Result<aws::drs::TerminateRecoveryInstancesResponse> DrsService::terminate_recovery_instances(
    const Info& info, const aws::drs::TerminateRecoveryInstancesRequest& request) {
  using namespace drs_jobs;
  const SiteKey key(info.caller.account_id, info.region);
  SiteRecord* site = sites_.find(key);
  Access access;
  for (const std::string& id : request.recovery_instance_ids) {
    const bool there = site != nullptr && site->instances.contains(id);
    access.on(Sites::arn_of(key, "recovery-instance/" + id), there ? site->instances.at(id).tags : Tags());
  }
  TRY_VOID(authorize(info, access));
  TRY(site, open(info));
  TRY_VOID(check_count(request.recovery_instance_ids.size()));
  TRY_VOID(check_distinct(request.recovery_instance_ids, [](const std::string& one) { return one; }));
  std::vector<JobServer> servers;
  for (const std::string& id : request.recovery_instance_ids) {
    const auto found = site->instances.find(id);
    if (found == site->instances.end()) return fail(not_found("RecoveryInstance", id));
    JobServer& part = servers.emplace_back();
    part.server_id = found->second.server_id;
    part.instance_id = id;
    TRY_VOID(check_idle(*site, part.server_id));
  }
  TRY_VOID(check_room(*site, servers.size()));
  Job job = new_job(info, *site, JobKind::terminate);
  job.initiated_by = aws::drs::InitiatedBy::terminate_recovery_instances;
  job.servers = std::move(servers);
  aws::drs::TerminateRecoveryInstancesResponse response;
  response.job = shown_job(runner_.begin(*site, std::move(job)));
  return response;
}

Result<aws::drs::DescribeJobsResponse> DrsService::describe_jobs(const Info& info,
                                                                 const aws::drs::DescribeJobsRequest& request) {
  using namespace drs_jobs;
  TRY_VOID(authorize(info));
  TRY(const SiteRecord* const site, open(info));
  const aws::drs::DescribeJobsRequestFilters filters = request.filters.value_or(aws::drs::DescribeJobsRequestFilters());
  TRY(const std::optional<WallTime> from, time_of(filters.from_date, "fromDate"));
  TRY(const std::optional<WallTime> to, time_of(filters.to_date, "toDate"));
  std::string question = "jobs/" + site->key.first + "/" + site->key.second + "/" + filters.from_date.value_or("") +
                         "/" + filters.to_date.value_or("");
  for (const std::string& id : filters.job_ids) question += "/" + id;
  std::vector<const Job*> all;
  const auto& ids = filters.job_ids;
  for (auto id = site->job_order.rbegin(); id != site->job_order.rend(); ++id) {
    const Job& job = site->jobs.at(*id);
    const WallTime created = std::chrono::floor<std::chrono::seconds>(job.created);
    const bool asked = ids.empty() || std::find(ids.begin(), ids.end(), *id) != ids.end();
    if (asked && (!from || created >= *from) && (!to || created <= *to)) all.push_back(&job);
  }
  std::vector<const Job*> shown;
  aws::drs::DescribeJobsResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, question, all, shown, response.next_token,
                     [](const Job* one) { return one->id; }));
  for (const Job* job : shown) response.items.push_back(shown_job(*job));
  return response;
}

Result<aws::drs::DescribeJobLogItemsResponse> DrsService::describe_job_log_items(
    const Info& info, const aws::drs::DescribeJobLogItemsRequest& request) {
  using namespace drs_jobs;
  TRY(const Job* const job, open_job(info, request.job_id));
  // The log only grows: a place in it is a key.
  std::vector<std::size_t> all(job->log.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<std::size_t> shown;
  aws::drs::DescribeJobLogItemsResponse response;
  TRY_VOID(take_page(request.next_token, request.max_results, "log/" + job->arn, all, shown, response.next_token,
                     [](std::size_t one) { return std::to_string(one); }));
  for (const std::size_t one : shown) response.items.push_back(shown_item(job->log[one]));
  return response;
}

Result<aws::drs::DeleteJobResponse> DrsService::delete_job(const Info& info,
                                                           const aws::drs::DeleteJobRequest& request) {
  TRY(const drs::Job* const job, open_job(info, request.job_id));
  if (job->is_active()) return fail(drs::conflict("Job " + job->id + " has not ended"));
  drs::SiteRecord& site = *sites_.find(job->site);
  const std::string id = job->id;
  std::erase(site.job_order, id);
  site.jobs.erase(id);
  return aws::drs::DeleteJobResponse();
}

}  // namespace postern::sim
