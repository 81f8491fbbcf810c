#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/errno_error.hpp"
#include "os/hardening.hpp"

namespace postern::os {

void ignore_sigpipe() noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

Result<void> harden_process() {
  ignore_sigpipe();
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // open() takes the lowest free number, which is the one that we just found closed.
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", O_RDWR) != fd) {
      return fail(errno_error(errno, "open /dev/null"));
    }
  }
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return fail(errno_error(errno, "forbid core dumps"));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail(errno_error(errno, "forbid core dumps"));
  return {};
}

}  // namespace postern::os
