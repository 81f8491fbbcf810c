#pragma once

/// A DurableBed for tests of what one process does: its run cannot fail as a whole.

#include <cstdio>

#include "flow/testing/durable_bed.hpp"

namespace postern::flow::testing {

class RunBed : public DurableBed {
 public:
  using DurableBed::DurableBed;
  RunResult run() { return run(loop.context()); }
  RunResult run(rt::CallContext ctx) { return taken(loop.run(start_task(this, ctx))); }
  RunResult run_and_cancel_at(Duration when) { return taken(start_and_cancel_at(when)); }

 private:
  static RunResult taken(Result<RunResult> result) {
    if (!result) std::fprintf(stderr, "%s\n", result.error().to_text().c_str());
    CHECK(result.has_value());
    return std::move(*result);
  }
};

}  // namespace postern::flow::testing
