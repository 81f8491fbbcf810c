#include "rt/worker.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "base/check.hpp"
#include "rt/waiter.hpp"

namespace postern::rt {
namespace {

// One call of run(). It lives in the caller's frame, which waits for it whatever happens: the thread may hold a
// pointer.
struct WorkerCall {
  WorkerCall(std::function<void()> j, Executor e) : job(std::move(j)), executor(std::move(e)) {}
  std::function<void()> job;
  Executor executor;
  Waiter waiter;
  bool done = false;  // loop thread only
};

// What the thread posts to the loop: everything but the job itself happens there.
class WorkerDone {
 public:
  explicit WorkerDone(WorkerCall* call) : call_(call) {}
  void operator()() const {
    call_->done = true;
    call_->waiter.wake();
  }

 private:
  WorkerCall* call_;
};

class ThreadWorker final : public Worker {
 public:
  ThreadWorker() {
    // The new thread inherits the mask: signals are the loop thread's, never this one's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ThreadWorker(const ThreadWorker&) = delete;
  ThreadWorker& operator=(const ThreadWorker&) = delete;
  ~ThreadWorker() override {
    CHECK(under_way_ == 0);
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    ready_.notify_one();
    thread_.join();
  }

  Task<void> run(std::function<void()> job) override {
    const Executor executor = co_await asio::this_coro::executor;
    WorkerCall call(std::move(job), executor);
    // While the job is on the thread the loop has nothing to run, and must not think that it is finished.
    const auto guard = asio::make_work_guard(executor);
    ++under_way_;
    push(&call);
    while (!call.done) co_await call.waiter.wait_always();
    --under_way_;
  }

 private:
  void push(WorkerCall* call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(call);
    }
    ready_.notify_one();
  }
  // The next call, or null when the worker is being destroyed.
  WorkerCall* pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return stop_ || !calls_.empty(); });
    if (calls_.empty()) return nullptr;
    WorkerCall* call = calls_.front();
    calls_.pop_front();
    return call;
  }
  void work() {
    while (WorkerCall* call = pop()) {
      call->job();
      // Copied first: once it is posted the loop may end the call at any moment.
      const Executor executor = call->executor;
      asio::post(executor, WorkerDone(call));
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<WorkerCall*> calls_;  // under mutex_
  bool stop_ = false;              // under mutex_
  std::size_t under_way_ = 0;      // loop thread only
  std::thread thread_;
};

class InlineWorker final : public Worker {
 public:
  Task<void> run(std::function<void()> job) override {
    job();
    co_return;
  }
};

}  // namespace

std::unique_ptr<Worker> make_thread_worker() {
  return std::make_unique<ThreadWorker>();
}

std::unique_ptr<Worker> make_inline_worker() {
  return std::make_unique<InlineWorker>();
}

}  // namespace postern::rt
