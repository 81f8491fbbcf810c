#include "sim/drs/service.hpp"

#include <algorithm>

#include "sim/drs/shown.hpp"

namespace postern::sim {

using drs::JobServer;

Result<drs::SiteRecord*> DrsService::open(const Info& info) {
  drs::SiteRecord* site = sites_.find(drs::SiteKey(info.caller.account_id, info.region));
  if (site == nullptr || site->readiness != DrsReadiness::initialized) return fail(drs::uninitialized());
  return site;
}

Result<drs::Server*> DrsService::open_server(const Info& info, const std::optional<std::string>& id) {
  const drs::SiteKey key(info.caller.account_id, info.region);
  drs::SiteRecord* site = sites_.find(key);
  const auto found = site == nullptr ? std::map<std::string, drs::Server>::iterator() : site->servers.find(*id);
  const bool there = site != nullptr && found != site->servers.end();
  const std::string arn = drs::Sites::arn_of(key, "source-server/" + *id);
  TRY_VOID(authorize(info, Access().on(arn, there ? found->second.tags : Tags())));
  TRY(site, open(info));
  if (!there) return fail(drs::not_found("SourceServer", *id));
  fill_settings(*site, found->second);
  return &found->second;
}

Result<drs::RecoveryInstanceRecord*> DrsService::open_instance(const Info& info, const std::optional<std::string>& id) {
  const drs::SiteKey key(info.caller.account_id, info.region);
  drs::SiteRecord* site = sites_.find(key);
  const bool there = site != nullptr && site->instances.contains(*id);
  const std::string arn = drs::Sites::arn_of(key, "recovery-instance/" + *id);
  TRY_VOID(authorize(info, Access().on(arn, there ? site->instances.at(*id).tags : Tags())));
  TRY(site, open(info));
  if (!there) return fail(drs::not_found("RecoveryInstance", *id));
  return &site->instances.at(*id);
}

Result<drs::Job*> DrsService::open_job(const Info& info, const std::optional<std::string>& id) {
  const drs::SiteKey key(info.caller.account_id, info.region);
  drs::SiteRecord* site = sites_.find(key);
  const auto found = site == nullptr ? std::map<std::string, drs::Job>::iterator() : site->jobs.find(*id);
  const bool there = site != nullptr && found != site->jobs.end();
  // AWS describes the log by the job's resource, and lists jobs on "*".
  TRY_VOID(authorize(info, Access().on(drs::Sites::arn_of(key, "job/" + *id), there ? found->second.tags : Tags())));
  TRY_VOID(open(info));
  if (!there) return fail(drs::not_found("Job", *id));
  return &found->second;
}

Result<void> DrsService::check_idle(const drs::SiteRecord& site, const std::string& server_id) {
  for (auto id = site.job_order.rbegin(); id != site.job_order.rend(); ++id) {
    const drs::Job& job = site.jobs.at(*id);
    if (!job.is_active()) continue;
    for (const JobServer& part : job.servers) {
      if (part.server_id == server_id) {
        return fail(drs::conflict("SourceServer " + server_id + " is already part of the active job " + job.id));
      }
    }
  }
  return {};
}

Result<void> DrsService::check_room(const drs::SiteRecord& site, std::size_t servers) {
  std::size_t jobs = 0;
  std::size_t busy = 0;
  for (const auto& [id, job] : site.jobs) {
    if (!job.is_active() || job.kind == drs::JobKind::converted_snapshot) continue;
    ++jobs;
    busy += job.servers.size();
  }
  if (jobs >= kJobsMax) return fail(drs::quota_exceeded("L-D88FAC3A: at most 20 jobs can be under way"));
  if (busy + servers > kServersInJobsMax) {
    return fail(drs::quota_exceeded("L-05AFA8C6: at most 500 source servers can be in active jobs, and " +
                                    std::to_string(busy) + " are"));
  }
  return {};
}

void DrsService::fill_settings(drs::SiteRecord& site, drs::Server& server) {
  if (server.replication.source_server_id) return;
  const auto usual = site.replication_templates.begin();
  drs::default_replication(server, usual == site.replication_templates.end() ? nullptr : &usual->second);
  const auto launch = site.launch_templates.begin();
  drs::default_launch(server, launch == site.launch_templates.end() ? nullptr : &launch->second);
}

aws::drs::SourceServer DrsService::show(drs::Server& server) {
  return drs::shown_server(sites_, server);
}

}  // namespace postern::sim
