#include "rt/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace postern::rt {
namespace {

// Cancellation is an error value that leaves return, never an exception thrown at the next co_await.
Task<void> run_child(Task<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

[[noreturn]] void die_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "postern: a task ended by an exception: %s\n", e.what());
  } catch (...) {  // anything else has no text to print
    std::fprintf(stderr, "postern: a task ended by an unknown exception\n");
  }
  std::abort();
}

}  // namespace

class TaskGroup::Done {
 public:
  Done(TaskGroup* group, std::list<Child>::iterator child) : group_(group), child_(child) {}
  void operator()(std::exception_ptr failure) { group_->finished(child_, std::move(failure)); }

 private:
  TaskGroup* group_;
  std::list<Child>::iterator child_;
};

TaskGroup::~TaskGroup() {
  CHECK(children_.empty());
}

void TaskGroup::spawn(Task<void> task) {
  children_.emplace_back();
  auto child = std::prev(children_.end());
  asio::co_spawn(executor_, run_child(std::move(task)),
                 asio::bind_cancellation_slot(child->signal.slot(), Done(this, child)));
  if (cancelled_) child->signal.emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel() {
  cancelled_ = true;
  // children_ cannot change under this loop: finished() is called from posted completions, never from inside emit().
  for (auto& child : children_) child.signal.emit(asio::cancellation_type::terminal);
}

Task<void> TaskGroup::join() {
  if (children_.empty()) co_return;
  const Wake how = co_await joiner_.wait();
  if (how == Wake::cancelled) {
    cancel();
    while (!children_.empty()) co_await joiner_.wait_always();
  }
}

void TaskGroup::finished(std::list<Child>::iterator child, std::exception_ptr failure) {
  if (failure) die_of(failure);
  children_.erase(child);
  if (children_.empty()) joiner_.wake();
}

}  // namespace postern::rt
