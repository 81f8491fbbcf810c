#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "os/children.hpp"
#include "os/errno_error.hpp"
#include "os/hardening.hpp"
#include "os/spawn_posix.hpp"

namespace postern::os {
namespace children_posix {

namespace asio = boost::asio;
using boost::system::error_code;
using Descriptor = asio::posix::basic_stream_descriptor<rt::Executor>;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<rt::Executor>());

Error cancelled() {
  return Error(ErrorKind::cancelled, "cancelled while talking to a child process");
}

winsize window(TtySize size) {
  winsize made{};
  made.ws_col = static_cast<unsigned short>(size.columns);
  made.ws_row = static_cast<unsigned short>(size.rows);
  return made;
}

/// Our end of a new terminal, and the name of the other.
struct Terminal {
  UniqueFd master;
  std::string name;
};

Result<Terminal> open_terminal(TtySize size) {
  Terminal made;
  made.master = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!made.master.is_open()) return fail(errno_error(errno, "open a terminal"));
  std::array<char, 64> name{};
  const int fd = made.master.get();
  if (::grantpt(fd) != 0 || ::unlockpt(fd) != 0 || ::ptsname_r(fd, name.data(), name.size()) != 0) {
    return fail(errno_error(errno, "open a terminal"));
  }
  made.name = name.data();
  const winsize at = window(size);
  if (::ioctl(fd, TIOCSWINSZ, &at) != 0) return fail(errno_error(errno, "set the size of a terminal"));
  return made;
}

/// The session that a process is in, from the sixth field of /proc/PID/stat; 0: unknown.
pid_t session_of(const char* pid) {
  const std::string path = std::string("/proc/") + pid + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return 0;
  std::array<char, 512> text{};
  const ssize_t count = ::read(file.get(), text.data(), text.size() - 1);
  // The name in parentheses may hold anything: what counts begins after the last one.
  const std::string_view all(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::size_t close = all.rfind(')');
  if (close == std::string_view::npos) return 0;
  std::string_view rest = all.substr(close + 1);
  for (int field = 0; field < 4; ++field) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return 0;
    rest.remove_prefix(space + 1);
  }
  pid_t session = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), session);
  return session;
}

/// A shell gives every job a process group of its own: they are found by their session.
void kill_session(pid_t leader) {
  ::kill(-leader, SIGKILL);
  DIR* const folder = ::opendir("/proc");
  if (folder == nullptr) return;
  while (const dirent* const entry = ::readdir(folder)) {
    const char first = entry->d_name[0];
    if (first < '0' || first > '9' || session_of(entry->d_name) != leader) continue;
    ::kill(static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10)), SIGKILL);
  }
  ::closedir(folder);
}

class PosixChild final : public Child {
 public:
  PosixChild(const rt::Executor& executor, bool terminal)
      : terminal_(terminal), signals_(executor), output_(executor), errors_(executor) {}
  PosixChild(const PosixChild&) = delete;
  PosixChild& operator=(const PosixChild&) = delete;
  ~PosixChild() override {
    if (pid_ <= 0) return;
    // The leader is not reaped before its session is gone: its number cannot have been given to another.
    kill_session(pid_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  Result<void> start(const ChildSpec& spec) {
    // Before the child exists, or its end could be missed.
    error_code error;
    signals_.add(SIGCHLD, error);
    if (error) return fail(errno_error(error.value(), "wait for child processes"));
    Terminal terminal;
    if (spec.terminal) {
      TRY(terminal, open_terminal(*spec.terminal));
    }
    TRY(SpawnedChild child, spawn_session(spec, terminal.name));
    pid_ = child.pid;
    adopt(output_, spec.terminal ? terminal.master : child.output);
    adopt(errors_, child.errors);
    return {};
  }

  rt::Task<Result<std::size_t>> read_output(std::span<std::byte> into) override { return read(output_, into); }
  rt::Task<Result<std::size_t>> read_errors(std::span<std::byte> into) override { return read(errors_, into); }

  rt::Task<Result<void>> write(std::span<const std::byte> bytes) override {
    if (!terminal_) co_return fail(ErrorKind::usage, "the child has no input");
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled());
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const auto [ec, count] = co_await asio::async_write(output_, buffer, kToken);
    if (!ec) co_return Result<void>();
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled());
    co_return fail(ErrorKind::unavailable, "the child's terminal is closed: " + ec.message());
  }

  void resize(TtySize size) override {
    const winsize at = window(size);
    if (terminal_ && output_.is_open()) static_cast<void>(::ioctl(output_.native_handle(), TIOCSWINSZ, &at));
  }

  void send(ChildSignal signal) override {
    static constexpr std::array<int, 3> kNumbers = {SIGINT, SIGQUIT, SIGTERM};
    ::kill(-pid_, kNumbers[static_cast<std::size_t>(signal)]);
  }

  rt::Task<Result<ChildEnd>> wait() override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    while (!has_ended()) {
      if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled());
      const auto [ec, number] = co_await signals_.async_wait(kToken);
      static_cast<void>(number);
      if (ec && state.cancelled() == asio::cancellation_type::none) {
        co_return fail(ErrorKind::internal, "cannot wait for a child process: " + ec.message());
      }
    }
    co_return end_;
  }

 private:
  static void adopt(Descriptor& descriptor, UniqueFd& fd) {
    if (!fd.is_open()) return;
    error_code error;
    descriptor.assign(fd.get(), error);
    if (!error) fd.release();
  }

  static rt::Task<Result<std::size_t>> read(Descriptor& from, std::span<std::byte> into) {
    if (!from.is_open()) co_return std::size_t{0};
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled());
    const asio::mutable_buffer buffer(into.data(), into.size());
    const auto [ec, count] = co_await from.async_read_some(buffer, kToken);
    if (!ec) co_return count;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled());
    // EIO is how a terminal says that its other end is closed.
    co_return std::size_t{0};
  }

  /// Sees the end without reaping: that is the destructor's.
  bool has_ended() {
    siginfo_t info{};
    if (ended_) return true;
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
      return false;
    }
    ended_ = true;
    if (info.si_code == CLD_EXITED) end_.exit_code = info.si_status;
    if (info.si_code != CLD_EXITED) end_.signal = info.si_status;
    return true;
  }

  bool terminal_;
  asio::basic_signal_set<rt::Executor> signals_;
  Descriptor output_;
  Descriptor errors_;
  pid_t pid_ = -1;
  bool ended_ = false;
  ChildEnd end_;
};

class PosixChildren final : public Children {
 public:
  explicit PosixChildren(rt::Executor executor) : executor_(std::move(executor)) { ignore_sigpipe(); }
  Result<std::unique_ptr<Child>> start(const ChildSpec& spec) override {
    auto child = std::make_unique<PosixChild>(executor_, spec.terminal.has_value());
    TRY_VOID(child->start(spec));
    return std::unique_ptr<Child>(std::move(child));
  }

 private:
  rt::Executor executor_;
};

}  // namespace children_posix

std::unique_ptr<Children> make_posix_children(rt::Executor executor) {
  return std::make_unique<children_posix::PosixChildren>(std::move(executor));
}

}  // namespace postern::os
