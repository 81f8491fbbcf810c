#pragma once

/// What the rest of the cloud hears of Elastic Disaster Recovery: events of replication that stalls and of launches,
/// and metrics (aws.md 4.13).

#include <map>
#include <string>

#include "sim/drs/job_runner.hpp"
#include "sim/drs/sites.hpp"
#include "sim/signals/events_service.hpp"
#include "sim/signals/metrics_service.hpp"

namespace postern::sim {

/// Replication follows from the time, so somebody has to look: every minute (by the site's pace), in the sites where an
/// account has a rule or an alarm, and nowhere else. Metrics are LagDuration and Backlog of each server, and the counts
/// of the site's servers, every five minutes; whoever begins to listen finds those of the last quarter of an hour.
/// Loop thread only. What it is given outlives it.
class ReplicationSignals final : public drs::LaunchWatcher {
 public:
  ReplicationSignals(drs::Sites& sites, EventsService& events, MetricsService& metrics)
      : sites_(sites), events_(events), metrics_(metrics) {}
  ~ReplicationSignals() override;
  ReplicationSignals(const ReplicationSignals&) = delete;
  ReplicationSignals& operator=(const ReplicationSignals&) = delete;

  /// A rule or an alarm was made there, or a server came.
  void listen(const drs::SiteKey& key);
  void server_ended(const drs::Job& job, const drs::Server& server, drs::LaunchState state) override;

 private:
  /// A site that somebody listens to.
  struct Ear {
    Ear() = default;
    std::map<std::string, bool> stalled;  ///< by server, as it was last seen
    unsigned looks = 0;
  };

  bool has_listeners(const drs::SiteKey& key) const;
  void arm(Duration after);
  void look();
  void look_at(const drs::SiteKey& key, drs::SiteRecord& site, Ear& ear);
  void tell_stall(const drs::SiteKey& key, const drs::Server& server, bool stalled);
  void measure(const drs::SiteKey& key, drs::SiteRecord& site, WallTime at);

  drs::Sites& sites_;
  EventsService& events_;
  MetricsService& metrics_;
  std::map<drs::SiteKey, Ear> ears_;
  rt::Clock::TimerId timer_ = 0;
};

}  // namespace postern::sim
