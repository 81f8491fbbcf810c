#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "os/hardening.hpp"

namespace postern::os {
namespace {

// In a child: the test program itself should keep its core dumps.
TEST(Hardening, ForbidsCoreDumpsAndSurvivesBrokenPipes) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(STDIN_FILENO);
    if (!harden_process()) ::_exit(1);
    rlimit limit{1, 1};
    if (::getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0) ::_exit(2);
    if (::prctl(PR_GET_DUMPABLE) != 0) ::_exit(3);
    int ends[2];
    if (::pipe(ends) != 0 || ends[0] == STDIN_FILENO) ::_exit(4);
    ::close(ends[0]);
    if (::write(ends[1], "x", 1) != -1) ::_exit(5);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace postern::os
