#pragma once

/// Jobs under way: what becomes of each server, stage by stage, in virtual time. Durations are assumed: five minutes
/// of conversion for Linux, twenty for Windows (docs/assumptions.tsv).

#include <map>
#include <string>

#include "sim/drs/launch_rights.hpp"
#include "sim/drs/sites.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim::drs {

/// Hears of what became of a job's servers.
class LaunchWatcher {
 public:
  virtual ~LaunchWatcher() = default;
  virtual void server_ended(const Job& job, const Server& server, LaunchState state) = 0;
};

/// Loop thread only. Sites and EC2 outlive it. One timer of the clock, whatever is under way.
class JobRunner {
 public:
  JobRunner(Sites& sites, Ec2Service& ec2) : sites_(sites), ec2_(ec2) {}
  ~JobRunner();
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  /// Keeps the job in its site and begins it. Its servers are in no other job.
  Job& begin(SiteRecord& site, Job job);
  /// Null: nobody does. Outlives it.
  void watched_by(LaunchWatcher* watcher) noexcept { watcher_ = watcher; }
  /// The launch template in EC2 that a server owns; made when it is not there.
  aws::ec2::LaunchTemplate& template_of(Server& server);

 private:
  enum class Stage : std::uint8_t {
    start,
    cleanup_begin,
    cleanup_end,
    snapshot_begin,
    snapshot_end,
    conversion_begin,
    conversion_end,
    launch_begin,
    launch_end,
    terminate_begin,
    terminate_end,
    end,
  };
  struct Due {
    Due(SiteKey s, std::string j, std::size_t n, Stage g)
        : site(std::move(s)), job(std::move(j)), server(n), stage(g) {}
    SiteKey site;
    std::string job;
    std::size_t server;
    Stage stage;
  };
  /// One server of a running job.
  struct Turn {
    Turn(SiteRecord& where, Job& of, std::size_t n, Server& which)
        : site(where), job(of), index(n), server(which), part(of.servers[n]) {}
    SiteRecord& site;
    Job& job;
    std::size_t index;
    Server& server;
    JobServer& part;
  };

  void later(Duration after, Due due);
  void next(const Turn& turn, Duration after, Stage stage);
  void arm();
  void fire();
  void run(const Due& due);
  void run_stage(const Turn& turn, Stage stage);

  void start(SiteRecord& site, Job& job);
  void cleanup_begin(const Turn& turn);
  void cleanup_end(const Turn& turn);
  void snapshot_begin(const Turn& turn);
  void snapshot_end(const Turn& turn);
  void conversion_begin(const Turn& turn);
  void conversion_end(const Turn& turn);
  void launch_end(const Turn& turn);
  void terminate_end(const Turn& turn);
  void finish(const Turn& turn, LaunchState state);
  void end(Job& job);
  void begin_staging_job(SiteRecord& site, Job& job);

  LogItem& log(const Turn& turn, aws::drs::JobLogEvent::Value event, std::string raw_error = std::string());
  /// The log of what happens in the staging account, for an extension; else the job's own.
  LogItem& staging_log(const Turn& turn, aws::drs::JobLogEvent::Value event, std::string raw_error = std::string());
  /// Why the stage fails: an injected fault, or a permission that is missing; empty: it does not.
  std::string obstacle(const Turn& turn, std::string_view phase, Duty duty);
  std::string remove(const Turn& turn, const std::string& instance_id);
  Result<std::string> launch(const Turn& turn);
  void dress(const Turn& turn, Instance& instance);

  Sites& sites_;
  Ec2Service& ec2_;
  std::multimap<MonoTime, Due> agenda_;
  rt::Clock::TimerId timer_ = 0;
  LaunchWatcher* watcher_ = nullptr;
  std::map<std::pair<std::string, Duty>, std::string> denials_;  ///< by job: asked once
};

}  // namespace postern::sim::drs
