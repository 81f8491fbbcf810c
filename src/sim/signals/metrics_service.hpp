#pragma once

/// CloudWatch: metrics and alarms.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/cloudwatch/server.hpp"
#include "rt/context.hpp"
#include "sim/access.hpp"
#include "sim/signals/metric_query.hpp"

namespace postern::sim {

class SnsService;

/// Metrics are kept by the minute, as count, sum, least and largest value. An alarm is evaluated when its metric gets
/// data, and its actions are topics; it may stand on a query of Metrics Insights. Not offered: percentiles, other
/// expressions, composite alarms, anomaly detection, what
/// resolves less than a minute. What it is given outlives it.
class MetricsService final : public aws::cloudwatch::Handler {
 public:
  using Info = aws::server::CallInfo;
  using SiteKey = std::pair<std::string, std::string>;
  static constexpr std::size_t kMetricsMax = 10'000;     ///< in the cloud; AWS has no limit
  static constexpr std::size_t kMinutesMax = 1'000'000;  ///< of all metrics together
  static constexpr std::size_t kAlarmsMax = 5'000;       ///< per account and Region

  MetricsService(Cloud& cloud, SnsService& topics, rt::CallContext ctx) : cloud_(cloud), topics_(topics), ctx_(ctx) {}

  Result<aws::cloudwatch::PutMetricDataResponse> put_metric_data(
      const Info& info, const aws::cloudwatch::PutMetricDataRequest& request) override;
  Result<aws::cloudwatch::ListMetricsResponse> list_metrics(
      const Info& info, const aws::cloudwatch::ListMetricsRequest& request) override;
  Result<aws::cloudwatch::GetMetricStatisticsResponse> get_metric_statistics(
      const Info& info, const aws::cloudwatch::GetMetricStatisticsRequest& request) override;
  Result<aws::cloudwatch::GetMetricDataResponse> get_metric_data(
      const Info& info, const aws::cloudwatch::GetMetricDataRequest& request) override;
  Result<aws::cloudwatch::PutMetricAlarmResponse> put_metric_alarm(
      const Info& info, const aws::cloudwatch::PutMetricAlarmRequest& request) override;
  Result<aws::cloudwatch::DescribeAlarmsResponse> describe_alarms(
      const Info& info, const aws::cloudwatch::DescribeAlarmsRequest& request) override;
  Result<aws::cloudwatch::SetAlarmStateResponse> set_alarm_state(
      const Info& info, const aws::cloudwatch::SetAlarmStateRequest& request) override;
  Result<aws::cloudwatch::DeleteAlarmsResponse> delete_alarms(
      const Info& info, const aws::cloudwatch::DeleteAlarmsRequest& request) override;

  /// A service counts something, now: "AWS/SSM-RunCommand", "CommandsSucceeded".
  void count(const SiteKey& site, std::string_view space, std::string_view metric);
  using Dimensions = std::map<std::string, std::string>;
  /// A service measures something, now or before; evaluate_all() afterwards, once for all that it measured.
  void put(const SiteKey& site, std::string_view space, std::string_view metric, Dimensions dimensions, double value,
           const std::string& unit, WallTime at);
  /// The alarms that stand on metrics of the namespace.
  void evaluate_all(const SiteKey& site, std::string_view space);
  /// Whether an alarm stands on a metric of the namespace.
  bool has_alarms(const SiteKey& site, std::string_view space) const;
  /// Told of every site in which an alarm is made.
  void when_watched(std::function<void(const SiteKey&)> told) { watched_ = std::move(told); }
  /// "OK", "ALARM", "INSUFFICIENT_DATA"; absent: there is no such alarm.
  std::optional<std::string> alarm_state(const SiteKey& site, std::string_view name) const;
  /// Told of every alarm that goes to ALARM or is deleted.
  void when_alarm(std::function<void(const SiteKey&, const std::string&)> told) { alarmed_ = std::move(told); }

 private:
  struct MetricKey {
    MetricKey() = default;
    std::string space;
    std::string name;
    Dimensions dimensions;
    friend auto operator<=>(const MetricKey&, const MetricKey&) = default;
  };
  struct Stats {
    Stats() = default;
    double count = 0;
    double sum = 0;
    double least = 0;
    double most = 0;
    void add(const Stats& other);
  };
  struct Metric {
    Metric() = default;
    std::string unit = "None";
    std::map<std::int64_t, Stats> minutes;  ///< by minutes since the epoch
  };
  struct Alarm {
    Alarm() = default;
    aws::cloudwatch::MetricAlarm shown;  ///< as DescribeAlarms has it; what is required is set
    MetricKey metric;
    std::optional<signals::MetricQuery> query;  ///< of an alarm on several metrics; `metric` is empty then
    std::int64_t period = 0;                    ///< seconds
    std::string statistic;
    Tags tags;
  };
  struct Site {
    Site() = default;
    std::map<MetricKey, Metric> metrics;
    std::map<std::string, Alarm, std::less<>> alarms;
  };

  WallTime now() const;
  static MetricKey key_of(std::string_view space, std::string_view name,
                          const std::vector<aws::cloudwatch::Dimension>& dimensions);
  static Result<Stats> stats_of(const aws::cloudwatch::MetricDatum& from);
  Result<void> record(const SiteKey& site, const MetricKey& key, std::int64_t minute, const Stats& stats,
                      const std::string& unit);
  /// Statistics by the start of their period, in minutes.
  static std::map<std::int64_t, Stats> periods(const Metric* metric, std::int64_t from, std::int64_t to,
                                               std::int64_t period);
  const Metric* find_metric(const SiteKey& site, const MetricKey& key) const;
  void evaluate(const SiteKey& site, const MetricKey& key);
  void evaluate(const SiteKey& site, Alarm& alarm, const Metric& metric);
  /// All metrics that the query is about, as one.
  static Metric merged(const Site& site, const signals::MetricQuery& query);
  void set_state(const SiteKey& site, Alarm& alarm, std::string_view state, std::string reason,
                 std::optional<std::string> data);
  void act(const SiteKey& site, const Alarm& alarm, const std::string& before);

  Cloud& cloud_;
  SnsService& topics_;
  rt::CallContext ctx_;
  std::map<SiteKey, Site> sites_;
  std::size_t metrics_ = 0;
  std::size_t minutes_ = 0;
  std::function<void(const SiteKey&, const std::string&)> alarmed_;
  std::function<void(const SiteKey&)> watched_;
};

}  // namespace postern::sim
