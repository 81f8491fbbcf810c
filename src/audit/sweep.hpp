#pragma once

/// Many look-ups at once: each account and Region is asked for itself, page by page, newest first.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/event.hpp"
#include "fleet/types.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::audit {

/// CloudTrail keeps so much; older events are in the bucket of a trail, if there is one.
inline constexpr Duration kHistory = std::chrono::hours(24 * 90);
/// An event may be so late.
inline constexpr Duration kDeliveryDelay = std::chrono::minutes(15);

enum class LookupKey : std::uint8_t { event_name, access_key, user_name };

/// What is asked: CloudTrail takes one attribute, which must be equal.
struct Lookup {
  Lookup() = default;
  Lookup(LookupKey k, std::string v) : key(k), value(std::move(v)) {}
  LookupKey key = LookupKey::event_name;
  std::string value;
  WallTime from;
  WallTime to;
};

struct EventPage {
  EventPage() = default;
  std::vector<TrailEvent> events;  ///< newest first
  std::size_t unreadable = 0;
  std::string next;  ///< empty: the last page
};

class EventSource {
 public:
  virtual ~EventSource() = default;
  /// At most two requests a second for an account and Region is the implementation's to keep.
  virtual rt::Task<Result<EventPage>> page(rt::CallContext ctx, fleet::ScopePtr scope, Lookup lookup,
                                           std::string token) = 0;
};

struct SweepJob {
  SweepJob() = default;
  SweepJob(fleet::ScopePtr s, Lookup l) : scope(std::move(s)), lookup(std::move(l)) {}
  fleet::ScopePtr scope;
  Lookup lookup;
};

/// What became of one job. What was found before a failure is kept.
struct SweepResult {
  SweepResult() = default;
  std::vector<TrailEvent> events;  ///< wanted ones, newest first
  std::size_t seen = 0;            ///< events, wanted or not
  std::size_t pages = 0;
  std::size_t unreadable = 0;
  std::optional<Error> failure;
  /// It was given up here although there is more: events before this are not known.
  std::optional<WallTime> cut_at;
};

struct SweepProgress {
  SweepProgress() = default;
  std::size_t jobs = 0;
  std::size_t done = 0;
  std::size_t seen = 0;
  std::size_t found = 0;
};

struct SweepOptions {
  SweepOptions() = default;
  std::size_t concurrency = 16;
  /// Of one job: 100,000 events, which take a quarter of an hour.
  std::size_t pages_max = 2'000;
  /// A job is over with so many wanted events: newer ones than those of later pages. 0: all.
  std::size_t enough = 0;
  std::function<bool(const TrailEvent&)> wanted;          ///< empty: all are
  std::function<void(const SweepProgress&)> on_progress;  ///< after each page; may be empty
};

/// A result for each job, in their order. Fails with cancelled only.
rt::Task<Result<std::vector<SweepResult>>> sweep(rt::CallContext ctx, EventSource& source, std::vector<SweepJob> jobs,
                                                 SweepOptions options);

}  // namespace postern::audit
