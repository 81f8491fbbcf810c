#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>

#include "base/check.hpp"
#include "os/errno_error.hpp"
#include "os/hardening.hpp"
#include "os/processes.hpp"
#include "os/spawn_posix.hpp"
#include "rt/waiter.hpp"

namespace postern::os {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<rt::Executor>;

// How long output is read after the child's end while somebody else still holds it open.
constexpr Duration kLinger = std::chrono::seconds(1);

enum class StopReason : std::uint8_t { none, deadline, cancelled };

/// One run of a child: a small machine driven by callbacks. It is finished when the child was reaped and no callback is
/// outstanding; until then it must stay at its address. The zombie is kept until the very end, so that the number of
/// the process group cannot be given to somebody else while we may still signal it.
class ChildRun {
 public:
  ChildRun(rt::Executor executor, rt::Clock& clock, ProcessSpec& spec)
      : clock_(clock), spec_(spec), signals_(executor), input_(executor), output_(executor), errors_(executor) {}
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;
  ~ChildRun() {
    CHECK(pending_ == 0);
    for (const rt::Clock::TimerId timer : {linger_timer_, kill_timer_}) clock_.unschedule(timer);
  }

  Result<void> start() {
    // Before the child exists, or its end could be missed.
    boost::system::error_code error;
    signals_.add(SIGCHLD, error);
    if (error) return fail(errno_error(error.value(), "wait for child processes"));
    TRY(SpawnedChild child, spawn_child(spec_));
    pid_ = child.pid;
    adopt(input_, child.input);
    adopt(output_.descriptor, child.output);
    adopt(errors_.descriptor, child.errors);
    await_exit();
    read_more(output_, result_.output, result_.output_truncated, spec_.stdout_max_bytes);
    read_more(errors_, result_.errors, result_.errors_truncated, spec_.stderr_max_bytes);
    write_more();
    check_exit();
    return {};
  }

  void stop(StopReason reason) {
    if (finished() || reason_ != StopReason::none) return;
    if (exited_ && reason == StopReason::deadline) {
      // The child itself was in time: only the wait for the rest of its output ends.
      close_outputs();
      settle();
      return;
    }
    reason_ = reason;
    if (exited_) {
      end_group();
      return;
    }
    ::kill(-pid_, SIGTERM);
    kill_timer_ = clock_.schedule(clock_.now() + spec_.kill_grace, [this] {
      kill_timer_ = 0;
      end_group();
    });
  }

  bool finished() const noexcept { return reaped_ && pending_ == 0; }
  StopReason reason() const noexcept { return reason_; }
  rt::Waiter& waiter() noexcept { return waiter_; }
  ProcessResult take_result() { return std::move(result_); }

 private:
  struct Output {
    explicit Output(const rt::Executor& executor) : descriptor(executor) {}
    Descriptor descriptor;
    std::array<char, 16384> chunk{};
  };

  static void adopt(Descriptor& descriptor, UniqueFd& fd) {
    if (!fd.is_open()) return;
    boost::system::error_code error;
    descriptor.assign(fd.get(), error);
    if (!error) fd.release();
  }
  static void close(Descriptor& descriptor) {
    boost::system::error_code ignored;
    descriptor.close(ignored);
  }

  void await_exit() {
    ++pending_;
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      --pending_;
      if (!error && !exited_) {
        await_exit();
        check_exit();
      }
      settle();
    });
  }

  // Sees the child's end without reaping it.
  void check_exit() {
    siginfo_t info{};
    if (exited_ || ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
    if (info.si_pid == 0) return;
    exited_ = true;
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    close(input_);
    if (reason_ != StopReason::none) {
      end_group();
    } else if (output_.descriptor.is_open() || errors_.descriptor.is_open()) {
      linger_timer_ = clock_.schedule(clock_.now() + kLinger, [this] {
        linger_timer_ = 0;
        close_outputs();
        settle();
      });
    }
  }

  void end_group() {
    ::kill(-pid_, SIGKILL);
    close_outputs();
    settle();
  }

  void close_outputs() {
    close(output_.descriptor);
    close(errors_.descriptor);
  }

  void read_more(Output& from, std::string& into, bool& truncated, std::size_t max_bytes) {
    ++pending_;
    from.descriptor.async_read_some(
        asio::buffer(from.chunk),
        [this, &from, &into, &truncated, max_bytes](const boost::system::error_code& error, std::size_t n) {
          --pending_;
          const std::size_t keep = std::min(n, max_bytes - into.size());
          into.append(from.chunk.data(), keep);
          truncated = truncated || keep < n;
          if (error || !from.descriptor.is_open()) {
            close(from.descriptor);
            settle();
          } else {
            read_more(from, into, truncated, max_bytes);
          }
        });
  }

  void write_more() {
    if (!input_.is_open()) return;
    ++pending_;
    input_.async_write_some(asio::buffer(spec_.input.data() + written_, spec_.input.size() - written_),
                            [this](const boost::system::error_code& error, std::size_t n) {
                              --pending_;
                              written_ += n;
                              // A child that does not want its input is no failure.
                              if (error || written_ == spec_.input.size()) close(input_);
                              if (input_.is_open()) write_more();
                              settle();
                            });
  }

  void settle() {
    if (exited_ && !reaped_ && !output_.descriptor.is_open() && !errors_.descriptor.is_open()) reap();
    if (finished()) waiter_.wake();
  }

  void reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  }

  rt::Clock& clock_;
  ProcessSpec& spec_;
  asio::basic_signal_set<rt::Executor> signals_;
  Descriptor input_;
  Output output_;
  Output errors_;
  ProcessResult result_;
  pid_t pid_ = -1;
  std::size_t written_ = 0;
  int pending_ = 0;
  bool exited_ = false;
  bool reaped_ = false;
  StopReason reason_ = StopReason::none;
  rt::Clock::TimerId linger_timer_ = 0;
  rt::Clock::TimerId kill_timer_ = 0;
  rt::Waiter waiter_;
};

class PosixProcesses final : public Processes {
 public:
  explicit PosixProcesses(rt::Executor executor) : executor_(std::move(executor)) { ignore_sigpipe(); }

  rt::Task<Result<ProcessResult>> run(rt::CallContext ctx, ProcessSpec spec) override {
    const std::string program = spec.argv.empty() ? std::string() : spec.argv[0];
    if (co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "cancelled before starting " + program);
    ChildRun run(executor_, ctx.clock(), spec);
    CO_TRY_VOID(run.start());
    rt::Clock::TimerId deadline = 0;
    if (!ctx.deadline().is_never()) {
      ChildRun* pointer = &run;
      deadline = ctx.clock().schedule(ctx.deadline().at(), [pointer] { pointer->stop(StopReason::deadline); });
    }
    while (!run.finished()) {
      if (run.reason() == StopReason::cancelled) {
        co_await run.waiter().wait_always();
      } else if (co_await run.waiter().wait() == rt::Wake::cancelled) {
        run.stop(StopReason::cancelled);
        while (!run.finished()) co_await run.waiter().wait_always();
      }
    }
    ctx.clock().unschedule(deadline);
    if (run.reason() == StopReason::deadline)
      co_return fail(ErrorKind::timeout, program + " was stopped at its deadline");
    if (run.reason() == StopReason::cancelled) co_return fail(ErrorKind::cancelled, program + " was stopped");
    co_return run.take_result();
  }

 private:
  rt::Executor executor_;
};

}  // namespace

std::unique_ptr<Processes> make_posix_processes(rt::Executor executor) {
  return std::make_unique<PosixProcesses>(std::move(executor));
}

}  // namespace postern::os
