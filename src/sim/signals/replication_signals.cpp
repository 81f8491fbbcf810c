#include "sim/signals/replication_signals.hpp"

#include <algorithm>

namespace postern::sim {
namespace replication_signals {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kSpace = "AWS/DRS";
constexpr std::string_view kSource = "aws.drs";
constexpr minutes kEvery{1};
constexpr unsigned kLooksPerMeasure = 5;
constexpr minutes kHistory{15};
constexpr minutes kHistoryStep{5};
constexpr seconds kFirst{1};  // what was just made is answered first
constexpr Duration kLeast = std::chrono::milliseconds(250);

bool replicates_here(const drs::Server& server) {
  return server.replicating == drs::Replicating::running && server.staging_arn.empty();
}

double seconds_of(Duration span) {
  return static_cast<double>(std::chrono::duration_cast<seconds>(span).count());
}

}  // namespace replication_signals

ReplicationSignals::~ReplicationSignals() {
  if (timer_ != 0) sites_.ctx().clock().unschedule(timer_);
}

bool ReplicationSignals::has_listeners(const drs::SiteKey& key) const {
  return events_.has_rules(key.first, key.second) || metrics_.has_alarms(key, replication_signals::kSpace);
}

void ReplicationSignals::listen(const drs::SiteKey& key) {
  if (!has_listeners(key)) return;
  const auto [at, made] = ears_.try_emplace(key);
  drs::SiteRecord* site = sites_.find(key);
  if (site == nullptr || site->servers.empty()) return;
  if (made) {
    // What was so before is no change, and CloudWatch had the metrics all along.
    for (auto& [id, server] : site->servers) {
      at->second.stalled[id] = sites_.progress(server).phase == drs::Phase::stalled;
    }
    for (WallTime then = sites_.now() - replication_signals::kHistory; then < sites_.now();
         then += replication_signals::kHistoryStep) {
      measure(key, *site, then);
    }
  }
  at->second.looks = 0;  // a new alarm sees what there is
  arm(replication_signals::kFirst);
}

void ReplicationSignals::arm(Duration after) {
  rt::Clock& clock = sites_.ctx().clock();
  if (timer_ != 0) clock.unschedule(timer_);
  timer_ = clock.schedule(clock.now() + after, [this] {
    timer_ = 0;
    look();
  });
}

void ReplicationSignals::look() {
  using namespace replication_signals;
  std::erase_if(ears_, [this](const auto& entry) { return !has_listeners(entry.first); });
  unsigned pace = 0;
  for (auto& [key, ear] : ears_) {
    drs::SiteRecord* site = sites_.find(key);
    if (site == nullptr || site->servers.empty()) continue;
    pace = std::max(pace, site->pace);
    look_at(key, *site, ear);
  }
  if (pace > 0) arm(std::max(Duration(kEvery) / pace, kLeast));
}

void ReplicationSignals::look_at(const drs::SiteKey& key, drs::SiteRecord& site, Ear& ear) {
  using namespace replication_signals;
  for (auto& [id, server] : site.servers) {
    if (!replicates_here(server)) continue;
    const bool stalled = sites_.progress(server).phase == drs::Phase::stalled;
    const auto [known, fresh] = ear.stalled.try_emplace(id, false);
    if (known->second != stalled) tell_stall(key, server, stalled);
    known->second = stalled;
  }
  std::erase_if(ear.stalled, [&site](const auto& entry) { return !site.servers.contains(entry.first); });
  if (ear.looks++ % kLooksPerMeasure == 0) {
    measure(key, site, sites_.now());
    metrics_.evaluate_all(key, kSpace);
  }
}

void ReplicationSignals::tell_stall(const drs::SiteKey& key, const drs::Server& server, bool stalled) {
  if (!events_.has_rules(key.first, key.second)) return;
  EventsService::ServiceEvent event;
  event.source = replication_signals::kSource;
  event.detail_type = "DRS Source Server Data Replication Stalled Change";
  event.resources.push_back(server.arn);
  event.detail = Json::object().set("state", stalled ? "STALLED" : "NOT_STALLED");
  events_.emit(key.first, key.second, std::move(event));
}

void ReplicationSignals::measure(const drs::SiteKey& key, drs::SiteRecord& site, WallTime at) {
  using namespace replication_signals;
  std::size_t all = 0;
  std::size_t active = 0;
  for (const auto& [id, server] : site.servers) {
    if (server.staging_arn.empty() && server.added <= at) ++all;
    if (!replicates_here(server) || server.course.begin > at) continue;
    ++active;
    const drs::Progress progress = drs::progress_of(server.course, at);
    const MetricsService::Dimensions dimensions = {{"SourceServerID", id}};
    if (progress.lag) metrics_.put(key, kSpace, "LagDuration", dimensions, seconds_of(*progress.lag), "Seconds", at);
    metrics_.put(key, kSpace, "Backlog", dimensions, static_cast<double>(progress.backlog), "Bytes", at);
  }
  metrics_.put(key, kSpace, "TotalSourceServerCount", {}, static_cast<double>(all), "Count", at);
  metrics_.put(key, kSpace, "ActiveSourceServerCount", {}, static_cast<double>(active), "Count", at);
}

void ReplicationSignals::server_ended(const drs::Job& job, const drs::Server& server, drs::LaunchState state) {
  if (job.kind != drs::JobKind::launch || !events_.has_rules(job.site.first, job.site.second)) return;
  EventsService::ServiceEvent event;
  event.source = replication_signals::kSource;
  event.detail_type = "DRS Source Server Launch Result";
  event.resources.push_back(server.arn);
  const bool well = state == drs::LaunchState::launched;
  event.detail = Json::object()
                     .set("state", well ? "RECOVERY_LAUNCH_SUCCEEDED" : "RECOVERY_LAUNCH_FAILED")
                     .set("job-id", job.id)
                     .set("is-drill", job.is_drill() ? "TRUE" : "FALSE");
  events_.emit(job.site.first, job.site.second, std::move(event));
}

}  // namespace postern::sim
