#include "sim/drs/replication.hpp"

#include <algorithm>
#include <set>

namespace postern::sim::drs {

const std::array<std::string_view, kSteps> kStepNames = {"WAIT",
                                                         "CREATE_SECURITY_GROUP",
                                                         "LAUNCH_REPLICATION_SERVER",
                                                         "BOOT_REPLICATION_SERVER",
                                                         "AUTHENTICATE_WITH_SERVICE",
                                                         "DOWNLOAD_REPLICATION_SOFTWARE",
                                                         "CREATE_STAGING_DISKS",
                                                         "ATTACH_STAGING_DISKS",
                                                         "PAIR_REPLICATION_SERVER_WITH_AGENT",
                                                         "CONNECT_AGENT_TO_REPLICATION_SERVER",
                                                         "START_DATA_TRANSFER"};

const std::array<std::string_view, 14> kErrorNames = {"AGENT_NOT_SEEN",
                                                      "SNAPSHOTS_FAILURE",
                                                      "NOT_CONVERGING",
                                                      "UNSTABLE_NETWORK",
                                                      "FAILED_TO_CREATE_SECURITY_GROUP",
                                                      "FAILED_TO_LAUNCH_REPLICATION_SERVER",
                                                      "FAILED_TO_BOOT_REPLICATION_SERVER",
                                                      "FAILED_TO_AUTHENTICATE_WITH_SERVICE",
                                                      "FAILED_TO_DOWNLOAD_REPLICATION_SOFTWARE",
                                                      "FAILED_TO_CREATE_STAGING_DISKS",
                                                      "FAILED_TO_ATTACH_STAGING_DISKS",
                                                      "FAILED_TO_PAIR_REPLICATION_SERVER_WITH_AGENT",
                                                      "FAILED_TO_CONNECT_AGENT_TO_REPLICATION_SERVER",
                                                      "FAILED_TO_START_DATA_TRANSFER"};

namespace replication {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, kSteps> kStepTimes = {seconds(30), seconds(10), seconds(60), seconds(120),
                                                    seconds(30), seconds(60), seconds(20), seconds(20),
                                                    seconds(20), seconds(20), seconds(10)};
constexpr minutes kRetryAfter{10};
constexpr seconds kFirstSnapshot{90};
constexpr std::int64_t kBytesPerSecond = 100'000'000;
constexpr std::int64_t kWrittenPerSecond = 2'000'000;  // by a source server
constexpr int kCatchUp = 3;                            // seconds of lag made good in a second
constexpr minutes kBacklogFrom{1};                     // a smaller lag is called CONTINUOUS

bool halts(const Disturbance& one) {
  return one.kind != Disturbing::lag;
}

/// How much of from..to passed undisturbed.
Duration undisturbed(const Course& course, WallTime from, WallTime to) {
  Duration active = to - from;
  for (const Disturbance& one : course.disturbances) {
    if (!halts(one)) continue;
    const WallTime begin = std::max(one.from, from);
    const WallTime end = std::min(one.to, to);
    if (end > begin) active -= end - begin;
  }
  return active;
}

/// When so much undisturbed time has passed since the course began; max when a disturbance never ends before.
WallTime moment_after(const Course& course, Duration active) {
  WallTime at = course.begin;
  for (const Disturbance& one : course.disturbances) {
    if (!halts(one) || one.to <= at) continue;
    const WallTime from = std::max(one.from, at);
    if (from - at >= active) break;
    active -= from - at;
    if (one.to == WallTime::max()) return WallTime::max();
    at = one.to;
  }
  return at + active;
}

Duration step_time(const Course& course, std::size_t step) {
  return varied(kStepTimes[step], course.seed, kStepNames[step], course.pace);
}

/// In undisturbed time since the course began.
struct Milestones {
  Duration good_attempt{};  ///< when the attempt begins that does not fail; max: never
  Duration cycle{};         ///< from a failing attempt to the next
  Duration until_failure{};
  Duration initiated{};
  Duration synced{};
  Duration continuous{};
};

Milestones milestones_of(const Course& course) {
  Milestones all;
  Duration attempt{};
  for (std::size_t step = 0; step < kSteps; ++step) {
    attempt += step_time(course, step);
    if (step == course.failing_step) all.until_failure = attempt;
  }
  if (course.failing_step < kSteps) {
    all.cycle = all.until_failure + Duration(kRetryAfter) / course.pace;
    all.good_attempt = course.failures == 0 ? Duration::max() / 4 : all.cycle * course.failures;
  }
  const auto rate = kBytesPerSecond * static_cast<std::int64_t>(80 + pick(course.seed, "rate", 41)) / 100;
  all.initiated = all.good_attempt + attempt;
  all.synced = all.initiated + Duration(seconds(1 + course.bytes / rate)) / course.pace;
  all.continuous = all.synced + varied(kFirstSnapshot, course.seed, "snapshot", course.pace);
  return all;
}

void take_steps(const Course& course, Duration elapsed, std::size_t last, Progress& progress) {
  for (std::size_t step = 0; step < last; ++step) {
    const Duration takes = step_time(course, step);
    progress.steps[step] = elapsed >= takes ? StepStatus::succeeded : StepStatus::in_progress;
    if (elapsed < takes) return;
    elapsed -= takes;
  }
}

void initiate(const Course& course, const Milestones& miles, Duration active, Progress& progress) {
  const bool good = active >= miles.good_attempt;
  const Duration began = good ? miles.good_attempt : active - active % miles.cycle;
  const Duration elapsed = active - began;
  progress.attempt = moment_after(course, began);
  if (good || elapsed < miles.until_failure) return take_steps(course, elapsed, kSteps, progress);
  take_steps(course, elapsed, course.failing_step, progress);
  progress.steps[course.failing_step] = StepStatus::failed;
  progress.phase = Phase::stalled;
  progress.next_attempt = moment_after(course, began + miles.cycle);
  // WAIT has no error of its own.
  progress.error = course.failing_step == 0 ? "" : "FAILED_TO_" + std::string(kStepNames[course.failing_step]);
  progress.raw_error = course.step_error;
}

/// Lag grows a second a second while nothing is replicated, and shrinks faster afterwards.
Duration lag_at(const Course& course, WallTime continuous, WallTime now) {
  Duration lag{};
  WallTime at = continuous;
  for (const Disturbance& one : course.disturbances) {
    const WallTime from = std::max(one.from, at);
    if (from >= now || one.to <= at) continue;
    const WallTime to = std::min(one.to, now);
    lag = std::max(Duration::zero(), lag - (from - at) * kCatchUp);
    const Duration grown = lag + (to - from);
    lag = halts(one) ? grown : std::min(std::max(lag, one.lag), grown);
    at = to;
  }
  return std::max(Duration::zero(), lag - (now - at) * kCatchUp);
}

const Disturbance* disturbance_at(const Course& course, WallTime now) {
  const Disturbance* found = nullptr;
  for (const Disturbance& one : course.disturbances) {
    if (!halts(one) || one.from > now || one.to <= now) continue;
    if (found == nullptr || one.kind == Disturbing::disconnect) found = &one;
  }
  return found;
}

void disturb(const Disturbance& one, Progress& progress) {
  const bool gone = one.kind == Disturbing::disconnect;
  progress.phase = gone ? Phase::disconnected : Phase::stalled;
  progress.error = gone ? "" : one.error;
  progress.raw_error = gone ? "" : one.raw_error;
  progress.eta.reset();
  if (gone) progress.lag.reset();
  if (gone || one.error == "AGENT_NOT_SEEN") progress.last_seen = one.from;
}

std::optional<WallTime> first_point(const Course& course, WallTime now) {
  const Milestones miles = milestones_of(course);
  if (undisturbed(course, course.begin, now) < miles.continuous) return {};
  return moment_after(course, miles.continuous);
}

}  // namespace replication

Progress progress_of(const Course& course, WallTime now) {
  using namespace replication;
  const Milestones miles = milestones_of(course);
  const Duration active = undisturbed(course, course.begin, now);
  Progress progress;
  progress.attempt = course.begin;
  progress.last_seen = now;
  if (active < miles.initiated) {
    initiate(course, miles, active, progress);
  } else {
    progress.steps.fill(StepStatus::succeeded);
    progress.attempt = moment_after(course, miles.good_attempt);
    progress.first_byte = moment_after(course, miles.initiated);
    progress.replicated = course.bytes;
    if (active < miles.synced) {
      progress.phase = Phase::initial_sync;
      const double share = static_cast<double>((active - miles.initiated).count()) /
                           static_cast<double>((miles.synced - miles.initiated).count());
      progress.replicated = static_cast<std::int64_t>(share * static_cast<double>(course.bytes));
      progress.backlog = course.bytes - progress.replicated;
      progress.eta = moment_after(course, miles.continuous);
    } else if (active < miles.continuous) {
      progress.phase = Phase::creating_snapshot;
      progress.eta = moment_after(course, miles.continuous);
    } else {
      const Duration lag = lag_at(course, moment_after(course, miles.continuous), now);
      progress.lag = lag;
      progress.phase = lag >= kBacklogFrom ? Phase::backlog : Phase::continuous;
      progress.backlog = std::chrono::duration_cast<seconds>(lag).count() * kWrittenPerSecond;
      if (progress.phase == Phase::backlog) progress.eta = now + lag / kCatchUp;
    }
  }
  if (progress.eta == WallTime::max()) progress.eta.reset();
  if (progress.next_attempt == WallTime::max()) progress.next_attempt.reset();
  if (const Disturbance* one = disturbance_at(course, now)) disturb(*one, progress);
  return progress;
}

std::vector<WallTime> points_of(const Course& course, const std::vector<PointRule>& rules, WallTime now) {
  using namespace replication;
  const std::optional<WallTime> first = first_point(course, now);
  if (!first) return {};
  const auto sound = [&](WallTime at) { return at >= *first && disturbance_at(course, at) == nullptr; };
  std::set<WallTime> kept;
  for (const PointRule& rule : rules) {
    const WallTime oldest = std::max(*first, now - rule.kept);
    const Duration since = oldest.time_since_epoch();
    for (WallTime at(since + (rule.every - since % rule.every) % rule.every); at <= now; at += rule.every) {
      if (sound(at)) kept.insert(at);
    }
  }
  // The first snapshot, until another one is there.
  WallTime newest = kept.empty() ? *first : *kept.rbegin();
  for (const Disturbance& one : course.disturbances) {
    // Where replication came to a halt the last point before it stays.
    if (halts(one) && one.from > *first && one.from <= now && kept.empty()) {
      const Duration since = one.from.time_since_epoch();
      newest = std::max(newest, WallTime(since - since % Duration(minutes(10))));
    }
  }
  kept.insert(newest);
  return {kept.begin(), kept.end()};
}

std::string iso_duration(Duration duration) {
  const auto total = std::chrono::duration_cast<std::chrono::seconds>(std::max(duration, Duration::zero())).count();
  const auto hours = total / 3600;
  const auto minutes = total / 60 % 60;
  const auto seconds = total % 60;
  std::string text = "PT";
  if (hours > 0) text += std::to_string(hours) + "H";
  if (minutes > 0) text += std::to_string(minutes) + "M";
  if (seconds > 0 || total == 0) text += std::to_string(seconds) + "S";
  return text;
}

std::uint64_t pick(std::uint64_t seed, std::string_view label, std::uint64_t bound) {
  // FNV-1a, then SplitMix64's finaliser.
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ (seed * 0x9E3779B97F4A7C15ULL);
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBULL;
  return (hash ^ (hash >> 31U)) % bound;
}

Duration varied(Duration usual, std::uint64_t seed, std::string_view label, unsigned pace) {
  return usual * static_cast<std::int64_t>(80 + pick(seed, label, 41)) / 100 / static_cast<std::int64_t>(pace);
}

}  // namespace postern::sim::drs
