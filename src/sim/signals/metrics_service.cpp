#include "sim/signals/metrics_service.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/signals/shared.hpp"
#include "sim/signals/sns_service.hpp"

namespace postern::sim {
namespace metrics_detail {

using signals::refusal;
namespace api = aws::cloudwatch;

constexpr std::size_t kDatumsMax = 1'000;
constexpr std::size_t kValuesMax = 150;
constexpr std::size_t kDimensionsMax = 30;
constexpr std::size_t kListPage = 500;
constexpr std::size_t kAlarmPage = 50;
constexpr std::size_t kDataPage = 100'800;
constexpr std::size_t kQueriesMax = 500;
constexpr std::size_t kActionsMax = 5;
constexpr std::size_t kTagsMax = 50;
constexpr std::int64_t kPointsMax = 1'440;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kPastMax = 14 * 24 * 60;  // minutes before now that a datum may be of
constexpr std::int64_t kFutureMax = 2 * 60;
constexpr std::size_t kTextMax = 255;

Error invalid_value(std::string message) {
  return refusal(ErrorKind::usage, "InvalidParameterValue", std::move(message));
}

Error invalid_combination(std::string message) {
  return refusal(ErrorKind::usage, "InvalidParameterCombination", std::move(message));
}

Error missing(std::string_view member) {
  return refusal(ErrorKind::usage, "MissingParameter", "The parameter " + std::string(member) + " is required.");
}

Error validation(std::string message) {
  return refusal(ErrorKind::usage, "ValidationError", std::move(message), 400);
}

Error limit_exceeded(std::string message) {
  return refusal(ErrorKind::conflict, "LimitExceeded", std::move(message));
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::int64_t minute_of(WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

WallTime time_of(std::int64_t minute) {
  return WallTime(std::chrono::minutes(minute));
}

Result<void> check_dimensions(const std::vector<api::Dimension>& dimensions) {
  if (dimensions.size() > kDimensionsMax) {
    return fail(invalid_value("The collection MetricData.member.1.Dimensions must not have a size greater than 30."));
  }
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    for (std::size_t other = 0; other < i; ++other) {
      if (*dimensions[i].name != *dimensions[other].name) continue;
      return fail(invalid_value("No Dimension name may be included more than once: " +
                                printable(*dimensions[i].name, kTextMax)));
    }
  }
  return {};
}

Result<void> check_number(double value, std::string_view member) {
  // CloudWatch takes what fits in base 2 between 2^-360 and 2^360.
  if (std::isfinite(value) && std::fabs(value) <= std::ldexp(1.0, 360)) return {};
  return fail(invalid_value("The value " + std::to_string(value) + " for parameter MetricData.member.1." +
                            std::string(member) + " is invalid."));
}

Result<void> check_space(const std::string& space) {
  if (space.starts_with(':') || !signals::is_made_of(space, "._-/#: ")) {
    return fail(invalid_value("The value " + printable(space, kTextMax) +
                              " for parameter Namespace has an invalid value. Valid values match: [^:].*"));
  }
  if (!space.starts_with("AWS/")) return {};
  return fail(invalid_value("The value AWS/ for parameter Namespace is invalid."));
}

/// Seconds; whole minutes, and what high resolution has.
Result<void> check_period(std::int64_t period) {
  if (period > 0 && period % kMinute == 0) return {};
  if (period == 1 || period == 5 || period == 10 || period == 20 || period == 30) {
    return fail(validation("Periods below a minute are not offered by this simulator"));
  }
  return fail(
      invalid_value("The parameter Period must be a value in the set [ 1, 5, 10, 20, 30 ], or any multiple of "
                    "60."));
}

Result<void> check_range(WallTime from, WallTime to) {
  if (from < to) return {};
  return fail(invalid_combination("The parameter StartTime must be less than the parameter EndTime."));
}

double statistic(std::string_view name, double count, double sum, double least, double most) {
  if (name == "Sum") return sum;
  if (name == "SampleCount") return count;
  if (name == "Minimum") return least;
  return name == "Maximum" ? most : sum / count;
}

bool is_statistic(std::string_view name) {
  return name == "Sum" || name == "SampleCount" || name == "Minimum" || name == "Maximum" || name == "Average";
}

struct Comparison {
  Comparison(std::string_view n, std::string_view w, bool (*h)(double, double)) : name(n), words(w), holds(h) {}
  std::string_view name;
  std::string_view words;
  bool (*holds)(double value, double threshold);
};

const Comparison* find_comparison(std::string_view name) {
  static const Comparison kAll[] = {
      Comparison("GreaterThanThreshold", "greater than", [](double v, double t) { return v > t; }),
      Comparison("GreaterThanOrEqualToThreshold", "greater than or equal to",
                 [](double v, double t) { return v >= t; }),
      Comparison("LessThanThreshold", "less than", [](double v, double t) { return v < t; }),
      Comparison("LessThanOrEqualToThreshold", "less than or equal to", [](double v, double t) { return v <= t; })};
  for (const Comparison& one : kAll) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

Result<void> check_actions(const std::vector<std::string>& actions) {
  if (actions.size() > kActionsMax) return fail(validation("At most 5 actions are allowed per state"));
  for (const std::string& one : actions) {
    const auto arn = iam::split_arn(one);
    if (!arn) return fail(validation("Invalid arn syntax: " + printable(one, kTextMax)));
    if (arn->service() != "sns") {
      return fail(validation("Actions of " + printable(arn->service(), 40) + " are not offered by this simulator"));
    }
  }
  return {};
}

/// Of an alarm on a query, which stands alone among its metrics.
Result<signals::MetricQuery> check_query(const api::PutMetricAlarmRequest& request) {
  const api::MetricDataQuery& only = request.metrics.front();
  if (request.metrics.size() > 1 || request.threshold_metric_id || !only.expression || !only.period ||
      !only.return_data.value_or(true)) {
    return fail(validation("Alarms on expressions other than one query are not offered by this simulator"));
  }
  if (request.metric_name || request.namespace_ || request.statistic || request.period) {
    return fail(validation("Metrics list and MetricName, Namespace, Statistic or Period cannot be given together"));
  }
  if (!request.threshold) return fail(missing("Threshold"));
  const auto query = signals::parse_metric_query(*only.expression);
  if (!query) return fail(validation(query.error().message()));
  TRY_VOID(check_period(*only.period));
  return *query;
}

/// Of an alarm on one metric.
Result<void> check_metric(const api::PutMetricAlarmRequest& request) {
  if (request.extended_statistic || request.evaluate_low_sample_count_percentile) {
    return fail(validation("Percentiles are not offered by this simulator"));
  }
  for (const auto& [set, name] :
       {std::pair(request.metric_name.has_value(), "MetricName"),
        std::pair(request.namespace_.has_value(), "Namespace"), std::pair(request.statistic.has_value(), "Statistic"),
        std::pair(request.period.has_value(), "Period"), std::pair(request.threshold.has_value(), "Threshold")}) {
    if (!set) return fail(missing(name));
  }
  TRY_VOID(check_period(*request.period));
  return check_dimensions(request.dimensions);
}

/// What every alarm must have.
Result<void> check_alarm(const api::PutMetricAlarmRequest& request, std::int64_t period) {
  const std::int64_t periods = *request.evaluation_periods;
  if (periods * period > kDaySeconds) {
    return fail(
        validation("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= "
                   "86400)."));
  }
  if (request.datapoints_to_alarm && *request.datapoints_to_alarm > periods) {
    return fail(validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods."));
  }
  const std::string missing_data = request.treat_missing_data.value_or("missing");
  if (missing_data != "missing" && missing_data != "ignore" && missing_data != "breaching" &&
      missing_data != "notBreaching") {
    return fail(validation("Invalid value for TreatMissingData: " + printable(missing_data, 60)));
  }
  if (find_comparison(request.comparison_operator->text()) == nullptr) {
    return fail(validation("Alarms on anomaly detection are not offered by this simulator"));
  }
  for (const auto* actions : {&request.ok_actions, &request.alarm_actions, &request.insufficient_data_actions}) {
    TRY_VOID(check_actions(*actions));
  }
  if (request.tags.size() > kTagsMax) return fail(limit_exceeded("Tag limit exceeded"));
  return {};
}

std::string number_text(double value) {
  return Json(value).dump();
}

struct Point {
  std::size_t query;
  std::size_t number;
  WallTime time;
  double value;
};

}  // namespace metrics_detail

void MetricsService::Stats::add(const Stats& other) {
  if (other.count <= 0) return;
  least = count > 0 ? std::min(least, other.least) : other.least;
  most = count > 0 ? std::max(most, other.most) : other.most;
  count += other.count;
  sum += other.sum;
}

WallTime MetricsService::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(cloud_.now(ctx_.clock()));
}

MetricsService::MetricKey MetricsService::key_of(std::string_view space, std::string_view name,
                                                 const std::vector<aws::cloudwatch::Dimension>& dimensions) {
  MetricKey key;
  key.space = space;
  key.name = name;
  for (const aws::cloudwatch::Dimension& one : dimensions) key.dimensions[*one.name] = *one.value;
  return key;
}

const MetricsService::Metric* MetricsService::find_metric(const SiteKey& site, const MetricKey& key) const {
  const auto there = sites_.find(site);
  if (there == sites_.end()) return nullptr;
  const auto found = there->second.metrics.find(key);
  return found == there->second.metrics.end() ? nullptr : &found->second;
}

Result<void> MetricsService::record(const SiteKey& site, const MetricKey& key, std::int64_t minute, const Stats& stats,
                                    const std::string& unit) {
  auto& metrics = sites_[site].metrics;
  auto found = metrics.find(key);
  const bool made = found == metrics.end();
  const bool full = made ? metrics_ >= kMetricsMax : minutes_ >= kMinutesMax;
  if (full) return fail(metrics_detail::limit_exceeded("The simulated cloud keeps no more metrics"));
  if (made) {
    found = metrics.emplace(key, Metric()).first;
    ++metrics_;
  }
  Metric& metric = found->second;
  metric.unit = unit;
  const std::size_t before = metric.minutes.size();
  metric.minutes[minute].add(stats);
  minutes_ += metric.minutes.size() - before;
  return {};
}

void MetricsService::count(const SiteKey& site, std::string_view space, std::string_view metric) {
  const MetricKey key = key_of(space, metric, {});
  Stats one;
  one.count = one.sum = one.least = one.most = 1;
  const Result<void> done = record(site, key, metrics_detail::minute_of(now()), one, "Count");
  if (done) evaluate(site, key);
}

Result<MetricsService::Stats> MetricsService::stats_of(const aws::cloudwatch::MetricDatum& from) {
  using namespace metrics_detail;
  Stats stats;
  const int ways = (from.value ? 1 : 0) + (from.statistic_values ? 1 : 0) + (from.values.empty() ? 0 : 1);
  if (ways > 1) {
    return fail(
        invalid_combination("The parameters MetricData.member.1.Value, StatisticValues and Values are "
                            "mutually exclusive and you have specified more than one."));
  }
  if (ways == 0) return fail(missing("MetricData.member.1.Value"));
  if (from.value) {
    TRY_VOID(check_number(*from.value, "Value"));
    stats.count = 1;
    stats.sum = stats.least = stats.most = *from.value;
  } else if (from.statistic_values) {
    const api::StatisticSet& set = *from.statistic_values;
    for (const double value : {*set.sample_count, *set.sum, *set.minimum, *set.maximum}) {
      TRY_VOID(check_number(value, "StatisticValues"));
    }
    if (*set.minimum > *set.maximum || *set.sample_count < 0) {
      return fail(
          invalid_value("MetricData.member.1.StatisticValues.Maximum must be greater than or equal to "
                        "Minimum, and SampleCount must not be negative."));
    }
    stats.count = *set.sample_count;
    stats.sum = *set.sum;
    stats.least = *set.minimum;
    stats.most = *set.maximum;
  } else {
    const bool counted = from.counts.empty() || from.counts.size() == from.values.size();
    if (!counted || from.values.size() > kValuesMax) {
      return fail(invalid_value("The parameters Values and Counts must have the same size, at most 150."));
    }
    for (std::size_t i = 0; i < from.values.size(); ++i) {
      TRY_VOID(check_number(from.values[i], "Values"));
      Stats one;
      one.count = from.counts.empty() ? 1 : from.counts[i];
      one.sum = from.values[i] * one.count;
      one.least = one.most = from.values[i];
      stats.add(one);
    }
  }
  return stats;
}

Result<aws::cloudwatch::PutMetricDataResponse> MetricsService::put_metric_data(
    const Info& info, const aws::cloudwatch::PutMetricDataRequest& request) {
  using namespace metrics_detail;
  TRY_VOID(authorize(info, Access().on("*").with("cloudwatch:namespace", *request.namespace_)));
  TRY_VOID(check_space(*request.namespace_));
  if (request.metric_data.size() > kDatumsMax) {
    return fail(invalid_value("The collection MetricData must not have a size greater than 1000."));
  }
  struct Datum {
    Datum() = default;
    MetricKey key;
    std::int64_t minute = 0;
    Stats stats;
    std::string unit;
  };
  std::vector<Datum> all;
  const std::int64_t today = minute_of(now());
  for (const api::MetricDatum& from : request.metric_data) {
    TRY_VOID(check_dimensions(from.dimensions));
    Datum& to = all.emplace_back();
    to.key = key_of(*request.namespace_, *from.metric_name, from.dimensions);
    to.minute = from.timestamp ? minute_of(*from.timestamp) : today;
    if (to.minute < today - kPastMax || to.minute > today + kFutureMax) {
      return fail(
          invalid_value("The parameter MetricData.member.1.Timestamp must specify a time within the past two "
                        "weeks and no more than two hours into the future."));
    }
    to.unit = from.unit ? from.unit->text() : "None";
    TRY(to.stats, stats_of(from));
  }
  const SiteKey site = signals::site_of(info);
  for (const Datum& one : all) TRY_VOID(record(site, one.key, one.minute, one.stats, one.unit));
  for (const Datum& one : all) evaluate(site, one.key);
  return api::PutMetricDataResponse();
}

Result<aws::cloudwatch::ListMetricsResponse> MetricsService::list_metrics(
    const Info& info, const aws::cloudwatch::ListMetricsRequest& request) {
  using namespace metrics_detail;
  TRY_VOID(authorize(info));
  if (request.include_linked_accounts.value_or(false) || request.owning_account) {
    return fail(invalid_value("Linked accounts are not offered by this simulator"));
  }
  const SiteKey site = signals::site_of(info);
  constexpr std::int64_t kRecent = 3 * 60;
  const std::int64_t since = minute_of(now()) - kRecent;
  std::vector<api::Metric> all;
  std::string question = "metrics/" + site.first + "/" + site.second + "/" + request.namespace_.value_or("") + "/" +
                         request.metric_name.value_or("");
  for (const api::DimensionFilter& one : request.dimensions) question += "," + *one.name + "=" + one.value.value_or("");
  for (const auto& [key, metric] : sites_[site].metrics) {
    if (request.namespace_ && *request.namespace_ != key.space) continue;
    if (request.metric_name && *request.metric_name != key.name) continue;
    if (request.recently_active && (metric.minutes.empty() || metric.minutes.rbegin()->first < since)) continue;
    const auto has = [&dimensions = key.dimensions](const api::DimensionFilter& wanted) {
      const auto found = dimensions.find(*wanted.name);
      return found != dimensions.end() && (!wanted.value || *wanted.value == found->second);
    };
    if (!std::all_of(request.dimensions.begin(), request.dimensions.end(), has)) continue;
    api::Metric& to = all.emplace_back();
    to.namespace_ = key.space;
    to.metric_name = key.name;
    for (const auto& [name, value] : key.dimensions) {
      api::Dimension& dimension = to.dimensions.emplace_back();
      dimension.name = name;
      dimension.value = value;
    }
  }
  api::ListMetricsResponse response;
  TRY_VOID(signals::take_page(request.next_token, question, kListPage, all, response.metrics, response.next_token,
                              invalid_value("The value for parameter NextToken is invalid."),
                              [](const api::Metric& one) {
                                std::string key = *one.namespace_ + "\n" + *one.metric_name;
                                for (const auto& dimension : one.dimensions) {
                                  key += "\n" + *dimension.name + "\n" + *dimension.value;
                                }
                                return key;
                              }));
  return response;
}

std::map<std::int64_t, MetricsService::Stats> MetricsService::periods(const Metric* metric, std::int64_t from,
                                                                      std::int64_t to, std::int64_t period) {
  std::map<std::int64_t, Stats> found;
  if (metric == nullptr) return found;
  for (auto at = metric->minutes.lower_bound(from); at != metric->minutes.end() && at->first < to; ++at) {
    found[at->first - at->first % period].add(at->second);
  }
  return found;
}

Result<aws::cloudwatch::GetMetricStatisticsResponse> MetricsService::get_metric_statistics(
    const Info& info, const aws::cloudwatch::GetMetricStatisticsRequest& request) {
  using namespace metrics_detail;
  TRY_VOID(authorize(info));
  TRY_VOID(check_period(*request.period));
  TRY_VOID(check_range(*request.start_time, *request.end_time));
  TRY_VOID(check_dimensions(request.dimensions));
  if (!request.extended_statistics.empty()) return fail(validation("Percentiles are not offered by this simulator"));
  if (request.statistics.empty()) {
    return fail(missing("Statistics"));
  }
  const std::int64_t points = (seconds_of(*request.end_time) - seconds_of(*request.start_time)) / *request.period;
  if (points > kPointsMax) {
    return fail(invalid_combination("You have requested up to " + std::to_string(points) +
                                    " datapoints, which exceeds the limit of 1,440. You may reduce the datapoints "
                                    "requested by increasing Period, or decreasing the time range."));
  }
  const MetricKey key = key_of(*request.namespace_, *request.metric_name, request.dimensions);
  const Metric* const metric = find_metric(signals::site_of(info), key);
  api::GetMetricStatisticsResponse response;
  response.label = *request.metric_name;
  if (metric != nullptr && request.unit && request.unit->text() != metric->unit) return response;
  for (const auto& [minute, stats] :
       periods(metric, minute_of(*request.start_time), minute_of(*request.end_time), *request.period / kMinute)) {
    api::Datapoint& to = response.datapoints.emplace_back();
    to.timestamp = time_of(minute);
    to.unit.emplace(metric->unit);
    for (const auto& wanted : request.statistics) {
      const std::string& name = wanted.text();
      const double value = statistic(name, stats.count, stats.sum, stats.least, stats.most);
      (name == "Sum"           ? to.sum
       : name == "SampleCount" ? to.sample_count
       : name == "Minimum"     ? to.minimum
       : name == "Maximum"     ? to.maximum
                               : to.average) = value;
    }
  }
  return response;
}

Result<aws::cloudwatch::GetMetricDataResponse> MetricsService::get_metric_data(
    const Info& info, const aws::cloudwatch::GetMetricDataRequest& request) {
  using namespace metrics_detail;
  TRY_VOID(authorize(info));
  TRY_VOID(check_range(*request.start_time, *request.end_time));
  const auto& queries = request.metric_data_queries;
  if (queries.size() > kQueriesMax) return fail(validation("At most 500 queries are allowed"));
  const SiteKey site = signals::site_of(info);
  std::vector<Point> all;
  std::string question = "data/" + site.first + "/" + site.second;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const api::MetricDataQuery& query = queries[i];
    const std::string& id = *query.id;
    const bool named = !id.empty() && id[0] >= 'a' && id[0] <= 'z' && signals::is_made_of(id, "_");
    if (!named) {
      return fail(
          validation("The value '" + printable(id, 60) + "' for Id is not valid: it must match ^[a-z][a-zA-Z0-9_]*$."));
    }
    if (!query.metric_stat || query.expression)
      return fail(validation("Expressions are not offered by this simulator"));
    const api::MetricStat& asked = *query.metric_stat;
    TRY_VOID(check_period(*asked.period));
    if (!is_statistic(*asked.stat)) {
      return fail(validation("The statistic " + printable(*asked.stat, 60) + " is not offered by this simulator"));
    }
    if (!asked.metric->namespace_ || !asked.metric->metric_name) return fail(missing("MetricStat.Metric"));
    question += "/" + id;
    if (!query.return_data.value_or(true)) continue;
    const MetricKey key = key_of(*asked.metric->namespace_, *asked.metric->metric_name, asked.metric->dimensions);
    const std::size_t begin = all.size();
    for (const auto& [minute, stats] : periods(find_metric(site, key), minute_of(*request.start_time),
                                               minute_of(*request.end_time), *asked.period / kMinute)) {
      const double value = statistic(*asked.stat, stats.count, stats.sum, stats.least, stats.most);
      all.push_back(Point{i, static_cast<std::size_t>(minute), time_of(minute), value});
    }
    const bool up = request.scan_by && request.scan_by->text() == "TimestampAscending";
    if (!up) std::reverse(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
  }
  std::vector<std::size_t> left(queries.size(), 0);
  for (const Point& one : all) ++left[one.query];
  std::vector<Point> shown;
  api::GetMetricDataResponse response;
  const std::size_t size = request.max_datapoints ? static_cast<std::size_t>(*request.max_datapoints) : kDataPage;
  TRY_VOID(signals::take_page(
      request.next_token, question, std::max<std::size_t>(1, size), all, shown, response.next_token,
      refusal(ErrorKind::usage, "InvalidNextToken", "The next token specified is invalid."),
      [](const Point& one) { return std::to_string(one.query) + "/" + std::to_string(one.number); }));
  // What comes on the next pages.
  std::vector<std::size_t> later(queries.size(), 0);
  for (auto one = all.rbegin(); one != all.rend() && response.next_token; ++one) {
    if (one->query == shown.back().query && one->number == shown.back().number) break;
    ++later[one->query];
  }
  for (std::size_t i = 0; i < queries.size(); ++i) {
    api::MetricDataResult result;
    for (const Point& one : shown) {
      if (one.query != i) continue;
      result.timestamps.push_back(one.time);
      result.values.push_back(one.value);
    }
    const bool empty = left[i] == 0 && !request.next_token && queries[i].return_data.value_or(true);
    if (result.values.empty() && !empty) continue;
    result.id = *queries[i].id;
    result.label = queries[i].label ? *queries[i].label : *queries[i].metric_stat->metric->metric_name;
    result.status_code.emplace(later[i] == 0 ? "Complete" : "PartialData");
    response.metric_data_results.push_back(std::move(result));
  }
  return response;
}

// ---- alarms ----

Result<aws::cloudwatch::PutMetricAlarmResponse> MetricsService::put_metric_alarm(
    const Info& info, const aws::cloudwatch::PutMetricAlarmRequest& request) {
  using namespace metrics_detail;
  const SiteKey site = signals::site_of(info);
  auto& alarms = sites_[site].alarms;
  const auto there = alarms.find(*request.alarm_name);
  const std::string arn = signals::arn_of("cloudwatch", site, "alarm:" + *request.alarm_name);
  Tags tags;
  for (const api::Tag& tag : request.tags) tags[*tag.key] = *tag.value;
  const Tags& now_there = there == alarms.end() ? tags : there->second.tags;
  TRY_VOID(authorize(info, Access().on(arn, now_there).tagging(tags)));
  Alarm made;
  if (request.metrics.empty()) {
    TRY_VOID(check_metric(request));
    made.period = *request.period;
    made.statistic = request.statistic->text();
  } else {
    TRY(made.query, check_query(request));
    made.period = *request.metrics.front().period;
    made.statistic = made.query->statistic;
  }
  TRY_VOID(check_alarm(request, made.period));
  if (there == alarms.end() && alarms.size() >= kAlarmsMax) return fail(limit_exceeded("Alarm limit exceeded"));
  api::MetricAlarm& to = made.shown;
  if (there != alarms.end()) {
    // The state stays; tags of an alarm that is there are not changed.
    to = there->second.shown;
    made.tags = there->second.tags;
  } else {
    made.tags = std::move(tags);
    to.state_value.emplace("INSUFFICIENT_DATA");
    to.state_reason = "Unchecked: Initial alarm creation";
    to.state_updated_timestamp = now();
  }
  if (!made.query) made.metric = key_of(*request.namespace_, *request.metric_name, request.dimensions);
  to.alarm_name = *request.alarm_name;
  to.alarm_arn = arn;
  to.alarm_description = request.alarm_description;
  to.alarm_configuration_updated_timestamp = now();
  to.actions_enabled = request.actions_enabled.value_or(true);
  to.ok_actions = request.ok_actions;
  to.alarm_actions = request.alarm_actions;
  to.insufficient_data_actions = request.insufficient_data_actions;
  to.metrics = request.metrics;
  to.metric_name = request.metric_name;
  to.namespace_ = request.namespace_;
  to.statistic = request.statistic;
  to.dimensions = request.dimensions;
  to.period = request.period;
  to.unit = request.unit;
  to.evaluation_periods = request.evaluation_periods;
  to.datapoints_to_alarm = request.datapoints_to_alarm;
  to.threshold = request.threshold;
  to.comparison_operator.emplace(request.comparison_operator->text());
  to.treat_missing_data = request.treat_missing_data;
  alarms.insert_or_assign(*request.alarm_name, std::move(made));
  if (watched_) watched_(site);
  return api::PutMetricAlarmResponse();
}

Result<aws::cloudwatch::DescribeAlarmsResponse> MetricsService::describe_alarms(
    const Info& info, const aws::cloudwatch::DescribeAlarmsRequest& request) {
  using namespace metrics_detail;
  const SiteKey site = signals::site_of(info);
  TRY_VOID(authorize(info, signals::arn_of("cloudwatch", site, "alarm:*")));
  if (!request.alarm_names.empty() && request.alarm_name_prefix) {
    return fail(validation("AlarmNames and AlarmNamePrefix are mutually exclusive"));
  }
  api::DescribeAlarmsResponse response;
  const auto& types = request.alarm_types;
  const bool metric_alarms =
      types.empty() || std::any_of(types.begin(), types.end(), [](const auto& t) { return t.text() == "MetricAlarm"; });
  if (!metric_alarms || request.children_of_alarm_name || request.parents_of_alarm_name) return response;
  std::vector<api::MetricAlarm> all;
  const auto& names = request.alarm_names;
  const std::string prefix = request.alarm_name_prefix.value_or("");
  const std::string action = request.action_prefix.value_or("");
  for (const auto& [name, alarm] : sites_[site].alarms) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    if (!name.starts_with(prefix)) continue;
    if (request.state_value && !(*request.state_value == *alarm.shown.state_value)) continue;
    const auto& actions = alarm.shown.alarm_actions;
    const bool acts = action.empty() || std::any_of(actions.begin(), actions.end(),
                                                    [&](const std::string& one) { return one.starts_with(action); });
    if (acts) all.push_back(alarm.shown);
  }
  const std::string question = "alarms/" + site.first + "/" + site.second + "/" + join(names, ",") + "/" + prefix +
                               "/" + action + "/" + (request.state_value ? request.state_value->text() : "");
  const std::size_t size = request.max_records ? static_cast<std::size_t>(*request.max_records) : kAlarmPage;
  TRY_VOID(signals::take_page(request.next_token, question, size, all, response.metric_alarms, response.next_token,
                              refusal(ErrorKind::usage, "InvalidNextToken", "The next token specified is invalid."),
                              [](const api::MetricAlarm& one) { return *one.alarm_name; }));
  return response;
}

Result<aws::cloudwatch::SetAlarmStateResponse> MetricsService::set_alarm_state(
    const Info& info, const aws::cloudwatch::SetAlarmStateRequest& request) {
  using namespace metrics_detail;
  const SiteKey site = signals::site_of(info);
  auto& alarms = sites_[site].alarms;
  const auto found = alarms.find(*request.alarm_name);
  const std::string arn = signals::arn_of("cloudwatch", site, "alarm:" + *request.alarm_name);
  TRY_VOID(authorize(info, Access().on(arn, found == alarms.end() ? Tags() : found->second.tags)));
  if (found == alarms.end()) {
    return fail(refusal(ErrorKind::not_found, "ResourceNotFound", "The specified alarm does not exist", 404));
  }
  if (request.state_reason_data && !Json::parse(*request.state_reason_data)) {
    return fail(refusal(ErrorKind::usage, "InvalidFormat", "StateReasonData is not valid JSON"));
  }
  set_state(site, found->second, request.state_value->text(), *request.state_reason, request.state_reason_data);
  return api::SetAlarmStateResponse();
}

Result<aws::cloudwatch::DeleteAlarmsResponse> MetricsService::delete_alarms(
    const Info& info, const aws::cloudwatch::DeleteAlarmsRequest& request) {
  using namespace metrics_detail;
  const SiteKey site = signals::site_of(info);
  auto& alarms = sites_[site].alarms;
  for (const std::string& name : request.alarm_names) {
    const auto found = alarms.find(name);
    TRY_VOID(authorize(info, Access().on(signals::arn_of("cloudwatch", site, "alarm:" + name),
                                         found == alarms.end() ? Tags() : found->second.tags)));
  }
  for (const std::string& name : request.alarm_names) {
    if (alarms.contains(name)) continue;
    return fail(refusal(ErrorKind::not_found, "ResourceNotFound",
                        "The specified alarm does not exist: " + printable(name, kTextMax), 404));
  }
  for (const std::string& name : request.alarm_names) {
    // One that is named twice is gone the second time.
    if (const auto found = alarms.find(name); found != alarms.end()) alarms.erase(found);
    if (alarmed_) alarmed_(site, name);
  }
  return api::DeleteAlarmsResponse();
}

std::optional<std::string> MetricsService::alarm_state(const SiteKey& site, std::string_view name) const {
  const auto there = sites_.find(site);
  if (there == sites_.end()) return std::nullopt;
  const auto found = there->second.alarms.find(name);
  if (found == there->second.alarms.end()) return std::nullopt;
  return found->second.shown.state_value->text();
}

void MetricsService::evaluate(const SiteKey& site, const MetricKey& key) {
  Site& there = sites_[site];
  const Metric& metric = there.metrics.find(key)->second;
  for (auto& [name, alarm] : there.alarms) {
    if (alarm.query && alarm.query->matches(key.space, key.name, key.dimensions)) {
      evaluate(site, alarm, merged(there, *alarm.query));
    } else if (!alarm.query && alarm.metric == key) {
      evaluate(site, alarm, metric);
    }
  }
}

MetricsService::Metric MetricsService::merged(const Site& site, const signals::MetricQuery& query) {
  Metric all;
  for (const auto& [key, metric] : site.metrics) {
    if (!query.matches(key.space, key.name, key.dimensions)) continue;
    for (const auto& [minute, stats] : metric.minutes) {
      const auto [found, made] = all.minutes.try_emplace(minute, stats);
      if (!made) found->second.add(stats);
    }
  }
  return all;
}

void MetricsService::evaluate(const SiteKey& site, Alarm& alarm, const Metric& metric) {
  using namespace metrics_detail;
  const api::MetricAlarm& shown = alarm.shown;
  const std::int64_t period = alarm.period / kMinute;
  const std::int64_t minute = minute_of(now());
  const std::int64_t newest = minute - minute % period;
  const std::int64_t oldest = newest - (*shown.evaluation_periods - 1) * period;
  const Comparison& comparison = *find_comparison(shown.comparison_operator->text());
  const bool missing_breaches = shown.treat_missing_data.value_or("") == "breaching";
  const auto found = periods(&metric, oldest, newest + period, period);
  if (found.empty()) return;
  std::int64_t breaching = missing_breaches ? *shown.evaluation_periods - static_cast<std::int64_t>(found.size()) : 0;
  std::string values;
  for (const auto& [at, stats] : found) {
    const double value = statistic(alarm.statistic, stats.count, stats.sum, stats.least, stats.most);
    if (comparison.holds(value, *shown.threshold)) ++breaching;
    values += (values.empty() ? "" : ", ") + number_text(value) + " (" + format_rfc3339(time_of(at)) + ")";
  }
  const bool raised = breaching >= shown.datapoints_to_alarm.value_or(*shown.evaluation_periods);
  const std::string_view state = raised ? "ALARM" : "OK";
  if (shown.state_value->text() == state) return;
  set_state(site, alarm, state,
            "Threshold Crossed: " + std::to_string(found.size()) +
                (found.size() == 1 ? " datapoint [" : " datapoints [") + values + "] " +
                (raised ? "was " : "was not ") + std::string(comparison.words) + " the threshold (" +
                number_text(*shown.threshold) + ").",
            std::nullopt);
}

void MetricsService::set_state(const SiteKey& site, Alarm& alarm, std::string_view state, std::string reason,
                               std::optional<std::string> data) {
  const std::string before = alarm.shown.state_value->text();
  alarm.shown.state_value.emplace(state);
  alarm.shown.state_reason = std::move(reason);
  alarm.shown.state_reason_data = std::move(data);
  alarm.shown.state_updated_timestamp = now();
  if (before == state) return;
  if (*alarm.shown.actions_enabled) act(site, alarm, before);
  if (state == "ALARM" && alarmed_) alarmed_(site, *alarm.shown.alarm_name);
}

void MetricsService::act(const SiteKey& site, const Alarm& alarm, const std::string& before) {
  const aws::cloudwatch::MetricAlarm& shown = alarm.shown;
  const std::string& state = shown.state_value->text();
  const auto& actions = state == "ALARM" ? shown.alarm_actions
                        : state == "OK"  ? shown.ok_actions
                                         : shown.insufficient_data_actions;
  if (actions.empty()) return;
  Json trigger = Json::object()
                     .set("MetricName", alarm.query ? alarm.query->name : *shown.metric_name)
                     .set("Namespace", alarm.query ? alarm.query->space : *shown.namespace_)
                     .set("Statistic", to_upper(alarm.statistic))
                     .set("Period", alarm.period)
                     .set("EvaluationPeriods", *shown.evaluation_periods)
                     .set("ComparisonOperator", shown.comparison_operator->text())
                     .set("Threshold", *shown.threshold);
  const Json message = Json::object()
                           .set("AlarmName", *shown.alarm_name)
                           .set("AlarmDescription", shown.alarm_description.value_or(""))
                           .set("AWSAccountId", site.first)
                           .set("NewStateValue", state)
                           .set("NewStateReason", *shown.state_reason)
                           .set("StateChangeTime", format_rfc3339(*shown.state_updated_timestamp))
                           .set("Region", site.second)
                           .set("AlarmArn", *shown.alarm_arn)
                           .set("OldStateValue", before)
                           .set("Trigger", std::move(trigger));
  for (const std::string& topic : actions) {
    SnsService::ServicePublish what;
    what.service = "cloudwatch.amazonaws.com";
    what.source_arn = *shown.alarm_arn;
    what.account = site.first;
    what.without_policy = SnsService::Default::own_account;
    what.topic_arn = topic;
    what.subject = state + ": \"" + *shown.alarm_name + "\" in " + site.second;
    what.message = message.dump();
    const Result<void> done = topics_.publish_as(std::move(what));
    // An alarm's action that fails is in the alarm's history only, which nobody can read here.
    if (!done) ctx_.explainer().explain("sim.cloudwatch", *shown.alarm_arn + ": " + done.error().message());
  }
}

}  // namespace postern::sim
