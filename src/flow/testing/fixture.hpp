#pragma once

/// A plan, a port and a loop for tests of runs.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "fleet/testing/make.hpp"
#include "flow/run.hpp"
#include "flow/testing/fake_port.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::flow::testing {

class CountingObserver final : public RunObserver {
 public:
  std::size_t sent = 0;
  std::size_t most_running = 0;
  std::size_t last_running = 0;
  Totals last;
  std::vector<std::string> notes;

  void on_sent(const fleet::Batch&, const std::string&) override { ++sent; }
  void on_progress(const Totals& done, std::size_t running) override {
    last = done;
    last_running = running;
    most_running = std::max(most_running, running);
  }
  void on_note(std::string_view text) override { notes.emplace_back(text); }
};

/// Targets 0..count-1 spread over the scopes in turn.
class RunBed {
 public:
  RunBed(unsigned count, unsigned scopes) {
    for (unsigned i = 0; i < scopes; ++i) {
      scopes_.push_back(fleet::testing::scope(std::to_string(111122220000ULL + i), "us-east-1"));
    }
    std::vector<fleet::Instance> instances;
    for (unsigned i = 0; i < count; ++i) {
      instances.push_back(fleet::testing::instance(target(i).scope_ptr(), target(i).id()));
    }
    plan = plan_run(instances);
    spec.sh_lines.emplace_back("uptime");
  }

  fleet::TargetRef target(unsigned number) const {
    return fleet::TargetRef(scopes_[number % scopes_.size()], fleet::testing::instance_id(number));
  }
  std::string id(unsigned number) const { return target(number).id().text(); }

  RunResult run() { return run(loop.context()); }
  RunResult run(rt::CallContext ctx) { return loop.run(run_plain(ctx, port, plan, spec, options, observer)); }
  RunResult run_and_cancel_at(Duration when) {
    std::optional<RunResult> result;
    rt::TaskGroup group(loop.executor());
    group.spawn(keep(run_plain(loop.context(), port, plan, spec, options, observer), &result));
    loop.advance(when);
    group.cancel();
    for (loop.poll(); group.size() > 0; loop.poll()) CHECK(loop.clock().jump());
    return std::move(*result);
  }

  rt::testing::ManualLoop loop;
  FakePort port;
  RunPlan plan;
  CommandSpec spec;
  RunOptions options;
  CountingObserver observer;

 private:
  static rt::Task<void> keep(rt::Task<RunResult> task, std::optional<RunResult>* into) {
    into->emplace(co_await std::move(task));
  }
  std::vector<fleet::ScopePtr> scopes_;
};

}  // namespace postern::flow::testing
