#pragma once

/// World: everything outside a program, for tests and for the simulated cloud (DESIGN.md section 7). It knows no AWS.
///
///     World world(seed);
///     auto result = world.run(fetch(world.ctx(), world.network().dialer("laptop")));
///
/// Time stands still while anything can run; then it jumps to the next timer. No timer left while the main task waits
/// is a deadlock, reported with what is pending. A seed replays a run bit by bit: compare trace().hash().

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rt/context.hpp"
#include "rt/task_group.hpp"
#include "world/clock.hpp"
#include "world/disk.hpp"
#include "world/environment.hpp"
#include "world/network.hpp"
#include "world/pending.hpp"
#include "world/processes.hpp"
#include "world/random.hpp"
#include "world/terminal.hpp"
#include "world/trace.hpp"

namespace postern::world {

struct WhyLine {
  WhyLine(std::string t, std::string x) : topic(std::move(t)), text(std::move(x)) {}
  std::string topic;
  std::string text;
};

/// Keeps every explanation, and traces it.
class RecordingExplainer final : public rt::Explainer {
 public:
  explicit RecordingExplainer(Trace& trace) : trace_(trace) {}
  bool wants(std::string_view) const override { return true; }
  void explain(std::string_view topic, std::string text) override;
  /// The newest, at most 10,000.
  const std::deque<WhyLine>& lines() const noexcept { return lines_; }
  /// Whether any line of `topic` contains `part`.
  bool said(std::string_view topic, std::string_view part) const;

 private:
  Trace& trace_;
  std::deque<WhyLine> lines_;
};

namespace detail {

template <class T>
struct Unwrapped {
  using Value = T;
};
template <class T>
struct Unwrapped<Result<T>> {
  using Value = T;
};

}  // namespace detail

/// Whatever was made from it (streams, listeners, open files, tasks) is destroyed before it. One thread.
class World {
 public:
  /// A run() that takes more virtual time than this waits for ever while something else ticks on.
  static constexpr Duration kRunMax = std::chrono::hours(24 * 366);

  explicit World(std::uint64_t seed);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  /// Cancels what was spawned and runs until it has ended.
  ~World();

  std::uint64_t seed() const noexcept { return seed_; }
  rt::Executor executor() { return io_.get_executor(); }
  VirtualClock& clock() noexcept { return clock_; }
  Network& network() noexcept { return network_; }
  SimDisk& disk() noexcept { return disk_; }
  Terminal& terminal() noexcept { return terminal_; }
  MapEnvironment& environment() noexcept { return environment_; }
  ScriptedProcesses& processes() noexcept { return processes_; }
  RecordingExplainer& explainer() noexcept { return explainer_; }
  Trace& trace() noexcept { return trace_; }
  PendingTable& pending() noexcept { return pending_; }
  /// The stream of a label, made when first asked for.
  SeededRandom& random(std::string_view label);
  /// A context of this World's effects without deadline; its random stream is "ctx".
  rt::CallContext ctx() { return rt::CallContext(clock_, random("ctx"), explainer_); }

  /// Runs `task` to its end, jumping over waiting times, and gives its result; for a task that is no Result it is
  /// wrapped in one. A deadlock, and a wait longer than kRunMax, is an error of kind internal whose text says what was
  /// pending; the task is cancelled and joined then. A task that ignores its cancellation ends the process.
  template <class T>
  Result<typename detail::Unwrapped<T>::Value> run(rt::Task<T> task) {
    using Value = typename detail::Unwrapped<T>::Value;
    Kept<T> kept;
    rt::TaskGroup group(executor());
    group.spawn(keep<T>(std::move(task), &kept));
    const Result<void> ended = drive(group);
    if (!ended) return fail(ended.error());
    if constexpr (!std::is_same_v<T, Value>) {
      return std::move(*kept);
    } else if constexpr (std::is_void_v<T>) {
      return Result<void>();
    } else {
      return Result<Value>(std::move(*kept));
    }
  }

  /// Starts something that runs beside (a server, an agent). It ends by itself or with the World.
  void spawn(rt::Task<void> task) { background_.spawn(std::move(task)); }
  /// Cancels what was spawned and waits for it; from now on spawn() starts tasks that are cancelled already.
  void stop_spawned();
  /// Calls `action` at a point of virtual time.
  void at(MonoTime when, std::function<void()> action) { clock_.schedule(when, std::move(action)); }

  /// Runs what can run now; time does not move.
  void poll();
  /// Moves time on, running everything on the way.
  void advance(Duration by);
  /// Runs until `done()`, looking after every turn. An error when time would pass now + `within`, or nothing is left to
  /// happen.
  Result<void> run_until(const std::function<bool()>& done, Duration within = std::chrono::hours(24));
  /// An error that says what is left: armed timers, waits, open connections, spawned tasks.
  Result<void> expect_idle();
  /// What is pending, as the deadlock report has it.
  std::string pending_report() const;

 private:
  template <class T>
  using Kept = std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>>;

  template <class T>
  static rt::Task<void> keep(rt::Task<T> task, Kept<T>* into) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
      into->emplace();
    } else {
      into->emplace(co_await std::move(task));
    }
  }
  Result<void> drive(rt::TaskGroup& group);
  Result<void> turn();
  bool jump(MonoTime limit);
  void unwind(rt::TaskGroup& group);
  Error stuck(std::string_view what) const;

  std::uint64_t seed_;
  rt::asio::io_context io_;
  VirtualClock clock_;
  Trace trace_;
  PendingTable pending_;
  std::map<std::string, std::unique_ptr<SeededRandom>, std::less<>> randoms_;
  RecordingExplainer explainer_;
  MapEnvironment environment_;
  Terminal terminal_;
  SimDisk disk_;
  ScriptedProcesses processes_;
  Network network_;
  rt::TaskGroup background_;  // last: its tasks use the rest
};

}  // namespace postern::world
