#include "net/unix_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "net/testing.hpp"

namespace postern::net {
namespace {

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string socket_path() {
  return "/tmp/postern-unix-" + std::to_string(::getpid()) + ".sock";
}

TEST(UnixSocket, CarriesBytesAndGoesWithItsListener) {
  testing::Bench bench;
  bench.loop.run([](testing::Bench* b) -> rt::Task<int> {
    const std::string path = socket_path();
    auto listener = listen_unix(b->loop.executor(), path);
    EXPECT_TRUE(listener.has_value()) << listener.error().to_text();
    if (!listener) co_return 1;
    struct stat found{};
    EXPECT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    EXPECT_EQ(listen_unix(b->loop.executor(), path).error().kind(), ErrorKind::conflict);
    const int fd = connect_to(path);
    EXPECT_GE(fd, 0);
    auto stream = co_await (*listener)->accept();
    EXPECT_TRUE(stream.has_value());
    co_await testing::write_text(**stream, "truth");
    char got[5] = {};
    EXPECT_EQ(::read(fd, got, sizeof(got)), 5);
    EXPECT_EQ(std::string_view(got, 5), "truth");
    ::close(fd);
    EXPECT_EQ(co_await testing::read_to_end(**stream), "");
    (*listener)->close();
    EXPECT_NE(::stat(path.c_str(), &found), 0);
    co_return 0;
  }(&bench));
}

TEST(UnixSocket, RefusesWhatIsNoPath) {
  testing::Bench bench;
  EXPECT_EQ(listen_unix(bench.loop.executor(), "").error().kind(), ErrorKind::usage);
  EXPECT_EQ(listen_unix(bench.loop.executor(), std::string(108, 'x')).error().kind(), ErrorKind::usage);
  EXPECT_EQ(listen_unix(bench.loop.executor(), "/nonexistent/x").error().kind(), ErrorKind::unavailable);
}

}  // namespace
}  // namespace postern::net
