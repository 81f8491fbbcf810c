#include "audit/sweep.hpp"

#include "rt/combine.hpp"

namespace postern::audit {
namespace {

class Sweeper {
 public:
  Sweeper(rt::CallContext ctx, EventSource& source, const std::vector<SweepJob>& jobs, const SweepOptions& options,
          std::vector<SweepResult>& results, SweepProgress& progress)
      : ctx_(ctx), source_(&source), jobs_(&jobs), options_(&options), results_(&results), progress_(&progress) {}

  rt::Task<void> operator()(std::size_t index) const {
    SweepResult& result = (*results_)[index];
    const Result<void> done = co_await follow((*jobs_)[index], &result);
    if (!done) result.failure = done.error();
    ++progress_->done;
    tell();
  }

 private:
  rt::Task<Result<void>> follow(const SweepJob& job, SweepResult* result) const {
    std::string token;
    for (;;) {
      CO_TRY(EventPage page, co_await source_->page(ctx_, job.scope, job.lookup, token));
      ++result->pages;
      take(page, *result);
      tell();
      if (page.next.empty()) co_return Result<void>();
      if (options_->enough != 0 && result->events.size() >= options_->enough) co_return Result<void>();
      // The same token again would go on for ever.
      if (page.next == token) co_return fail(ErrorKind::malformed, "CloudTrail gave the same page token twice");
      if (result->pages >= options_->pages_max) {
        result->cut_at = page.events.empty() ? job.lookup.to : page.events.back().time;
        co_return Result<void>();
      }
      token = std::move(page.next);
    }
  }

  void take(EventPage& page, SweepResult& result) const {
    result.seen += page.events.size() + page.unreadable;
    result.unreadable += page.unreadable;
    progress_->seen += page.events.size() + page.unreadable;
    for (const TrailEvent& event : page.events) {
      if (options_->wanted && !options_->wanted(event)) continue;
      result.events.push_back(event);
      ++progress_->found;
    }
  }

  void tell() const {
    if (options_->on_progress) options_->on_progress(*progress_);
  }

  rt::CallContext ctx_;
  EventSource* source_;
  const std::vector<SweepJob>* jobs_;
  const SweepOptions* options_;
  std::vector<SweepResult>* results_;
  SweepProgress* progress_;
};

}  // namespace

rt::Task<Result<std::vector<SweepResult>>> sweep(rt::CallContext ctx, EventSource& source, std::vector<SweepJob> jobs,
                                                 SweepOptions options) {
  std::vector<SweepResult> results(jobs.size());
  SweepProgress progress;
  progress.jobs = jobs.size();
  const Sweeper ask(ctx, source, jobs, options, results, progress);
  co_await rt::for_each_bounded(jobs.size(), options.concurrency, ask);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return results;
}

}  // namespace postern::audit
