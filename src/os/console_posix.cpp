#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <vector>

#include "os/console.hpp"
#include "os/errno_error.hpp"
#include "os/unique_fd.hpp"
#include "rt/waiter.hpp"

namespace postern::os {
namespace {

namespace asio = boost::asio;

int fd_of(StdStream stream) {
  if (stream == StdStream::in) return STDIN_FILENO;
  return stream == StdStream::out ? STDOUT_FILENO : STDERR_FILENO;
}

class PosixRawMode {
 public:
  PosixRawMode(UniqueFd tty, const termios& before) : tty_(std::move(tty)), before_(before) {}
  ~PosixRawMode() { restore(); }
  PosixRawMode(const PosixRawMode&) = delete;
  PosixRawMode& operator=(const PosixRawMode&) = delete;
  void restore() noexcept { ::tcsetattr(tty_.get(), TCSAFLUSH, &before_); }

 private:
  UniqueFd tty_;
  termios before_;
};

/// The modes that are on, innermost last. Shared with them: a mode may outlive its console.
using ActiveModes = std::vector<PosixRawMode*>;

class ActiveMode final : public RawMode {
 public:
  ActiveMode(std::unique_ptr<PosixRawMode> mode, std::shared_ptr<ActiveModes> active)
      : mode_(std::move(mode)), active_(std::move(active)) {
    active_->push_back(mode_.get());
  }
  ~ActiveMode() override { std::erase(*active_, mode_.get()); }

 private:
  std::unique_ptr<PosixRawMode> mode_;
  std::shared_ptr<ActiveModes> active_;
};

void without_echo(termios* mode) {
  mode->c_lflag &= ~static_cast<tcflag_t>(ECHO);
  mode->c_lflag |= ECHONL;
}

// Reads standard input without making the description that we share with the shell non-blocking.
class Input {
 public:
  explicit Input(rt::Executor executor) : stream_(std::move(executor)) {}
  ~Input() {
    if (restore_flags_ >= 0) ::fcntl(STDIN_FILENO, F_SETFL, restore_flags_);
  }

  Result<void> open() {
    if (stream_.is_open()) return {};
    UniqueFd fd(::open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd.is_open()) {
      // Sockets, and systems without /proc: share the description and give its flags back in the end.
      fd = UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
      if (!fd.is_open()) return fail(errno_error(errno, "read standard input"));
      restore_flags_ = ::fcntl(STDIN_FILENO, F_GETFL);
    }
    boost::system::error_code error;
    stream_.assign(fd.get(), error);
    if (error) return fail(errno_error(error.value(), "read standard input"));
    fd.release();
    return {};
  }

  rt::Task<Result<std::size_t>> read(std::span<std::byte> into) {
    CO_TRY_VOID(open());
    const bool stopped = co_await rt::is_cancelled();  // the read itself sees only what comes later
    if (stopped) co_return fail(ErrorKind::cancelled, "cancelled before reading input");
    asio::mutable_buffer buffer(into.data(), into.size());
    boost::system::error_code error;
    const std::size_t n =
        co_await stream_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable_t<rt::Executor>(), error));
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error == asio::error::operation_aborted) co_return fail(ErrorKind::cancelled, "cancelled while reading input");
    if (error) co_return fail(errno_error(error.value(), "read standard input"));
    co_return n;
  }

 private:
  asio::posix::basic_stream_descriptor<rt::Executor> stream_;
  int restore_flags_ = -1;
};

class PosixConsole final : public Console {
 public:
  explicit PosixConsole(rt::Executor executor) : input_(std::move(executor)) {}

  Result<void> write(StdStream stream, std::string_view text) override {
    const int fd = fd_of(stream);
    while (!text.empty()) {
      const ssize_t n = ::write(fd, text.data(), text.size());
      if (n >= 0) {
        text.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        // Somebody we share the description with made it non-blocking.
        pollfd waiting{fd, POLLOUT, 0};
        ::poll(&waiting, 1, -1);
      } else if (errno != EINTR) {
        return fail(
            errno_error(errno, stream == StdStream::out ? "write to standard output" : "write to standard error"));
      }
    }
    return {};
  }

  bool is_tty(StdStream stream) const override { return ::isatty(fd_of(stream)) == 1; }

  std::optional<TtySize> size() const override {
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO}) {
      winsize window{};
      if (::ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) return TtySize(window.ws_col, window.ws_row);
    }
    return std::nullopt;
  }

  Result<std::unique_ptr<RawMode>> enter_raw_mode() override { return change(&::cfmakeraw); }
  Result<std::unique_ptr<RawMode>> hide_input() override { return change(&without_echo); }
  void restore() noexcept override {
    for (auto mode = active_->rbegin(); mode != active_->rend(); ++mode) (*mode)->restore();
  }

  rt::Task<Result<std::size_t>> read_input(std::span<std::byte> into) override { return input_.read(into); }

 private:
  Result<std::unique_ptr<RawMode>> change(void (*edit)(termios*)) {
    termios before{};
    if (::tcgetattr(STDIN_FILENO, &before) != 0) {
      return fail(ErrorKind::unsupported, "standard input is not a terminal");
    }
    // A handle of our own: the mode is restored even when somebody closes standard input first.
    UniqueFd tty(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!tty.is_open()) return fail(errno_error(errno, "use the terminal"));
    termios changed = before;
    edit(&changed);
    if (::tcsetattr(tty.get(), TCSAFLUSH, &changed) != 0) return fail(errno_error(errno, "set the terminal's mode"));
    auto mode = std::make_unique<PosixRawMode>(std::move(tty), before);
    return std::make_unique<ActiveMode>(std::move(mode), active_);
  }

  Input input_;
  std::shared_ptr<ActiveModes> active_ = std::make_shared<ActiveModes>();
};

}  // namespace

std::unique_ptr<Console> make_posix_console(rt::Executor executor) {
  return std::make_unique<PosixConsole>(std::move(executor));
}

}  // namespace postern::os
