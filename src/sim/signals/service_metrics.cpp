// What services of the cloud measure themselves.

#include <algorithm>

#include "sim/signals/metrics_service.hpp"

namespace postern::sim {

void MetricsService::put(const SiteKey& site, std::string_view space, std::string_view metric, Dimensions dimensions,
                         double value, const std::string& unit, WallTime at) {
  MetricKey key;
  key.space = space;
  key.name = metric;
  key.dimensions = std::move(dimensions);
  Stats one;
  one.count = 1;
  one.sum = one.least = one.most = value;
  // What does not fit any more is not there, as of a metric that nobody sends.
  const Result<void> kept =
      record(site, key, std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count(), one, unit);
  if (!kept) ctx_.explainer().explain("sim.cloudwatch", kept.error().message());
}

void MetricsService::evaluate_all(const SiteKey& site, std::string_view space) {
  Site& there = sites_[site];
  for (auto& [name, alarm] : there.alarms) {
    if (alarm.query && alarm.query->space == space) {
      evaluate(site, alarm, merged(there, *alarm.query));
    } else if (!alarm.query && alarm.metric.space == space) {
      const auto metric = there.metrics.find(alarm.metric);
      if (metric != there.metrics.end()) evaluate(site, alarm, metric->second);
    }
  }
}

bool MetricsService::has_alarms(const SiteKey& site, std::string_view space) const {
  const auto there = sites_.find(site);
  if (there == sites_.end()) return false;
  return std::any_of(there->second.alarms.begin(), there->second.alarms.end(), [space](const auto& entry) {
    const Alarm& alarm = entry.second;
    return (alarm.query ? alarm.query->space : alarm.metric.space) == space;
  });
}

}  // namespace postern::sim
