#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "os/errno_error.hpp"
#include "os/files.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {
namespace {

// Calls again while a signal interrupts.
template <class Call>
auto retry_eintr(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

tl::unexpected<Error> errno_fail(std::string_view what, const std::string& path) {
  return fail(errno_error(errno, what, path));
}

Result<UniqueFd> open_fd(const std::string& path, int flags, std::uint32_t mode) {
  const int fd =
      retry_eintr([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, static_cast<mode_t>(mode)); });
  if (fd < 0) return errno_fail("open", path);
  return UniqueFd(fd);
}

Result<void> write_fd(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = retry_eintr([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (n < 0) return errno_fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> sync_fd(int fd, const std::string& path) {
  if (retry_eintr([&] { return ::fsync(fd); }) != 0) return errno_fail("sync", path);
  return {};
}

class PosixFile final : public File {
 public:
  PosixFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto at = static_cast<off_t>(offset + done);
      const ssize_t n = retry_eintr([&] { return ::pread(fd_.get(), into.data() + done, into.size() - done, at); });
      if (n < 0) return errno_fail("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto at = static_cast<off_t>(offset + done);
      const ssize_t n = retry_eintr([&] { return ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done, at); });
      if (n < 0) return errno_fail("write", path_);
      done += static_cast<std::size_t>(n);
    }
    return {};
  }
  Result<void> sync() override { return sync_fd(fd_.get(), path_); }
  Result<std::uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return errno_fail("stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }
  Result<void> truncate(std::uint64_t size) override {
    if (retry_eintr([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return errno_fail("truncate", path_);
    }
    return {};
  }
  Result<void> try_lock(LockKind kind) override {
    struct flock lock{};
    lock.l_type = static_cast<short>(kind == LockKind::none ? F_UNLCK : kind == LockKind::shared ? F_RDLCK : F_WRLCK);
    lock.l_whence = SEEK_SET;
    // Open file description locks: unlike POSIX record locks they are not lost when another handle of the process
    // closes.
    if (retry_eintr([&] { return ::fcntl(fd_.get(), F_OFD_SETLK, &lock); }) != 0) return errno_fail("lock", path_);
    return {};
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regular;
  if (S_ISDIR(mode)) return FileType::directory;
  if (S_ISLNK(mode)) return FileType::symlink;
  return FileType::other;
}

class PosixFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path, std::size_t max_bytes) override {
    // Without O_NONBLOCK a FIFO put in a configuration file's place would hang us.
    TRY(const UniqueFd fd, open_fd(path, O_RDONLY | O_NONBLOCK, 0));
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return errno_fail("stat", path);
    if (S_ISDIR(info.st_mode)) return fail(errno_error(EISDIR, "read", path));
    std::string out;
    std::array<char, 65536> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    while (true) {
      const ssize_t n = retry_eintr([&] { return ::read(fd.get(), chunk.data(), chunk.size()); });
      if (n < 0) return errno_fail("read", path);
      if (n == 0) return out;
      if (static_cast<std::size_t>(n) > max_bytes - out.size()) {
        return fail(Error(ErrorKind::malformed, "the file is larger than " + std::to_string(max_bytes) + " bytes")
                        .with("path", path));
      }
      out.append(chunk.data(), static_cast<std::size_t>(n));
    }
  }

  Result<void> write_atomically(const std::string& path, std::string_view bytes, std::uint32_t mode) override {
    std::string temporary = join_path(parent_dir(path), ".postern-XXXXXX");
    UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd.is_open()) return errno_fail("write", path);
    Result<void> done = fill(fd.get(), temporary, bytes, mode);
    fd.reset();
    if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = errno_fail("replace", path);
    if (!done) {
      ::unlink(temporary.c_str());
      return done;
    }
    return sync_dir(parent_dir(path));
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode how, std::uint32_t mode) override {
    int flags = O_RDWR;
    if (how == OpenMode::read) flags = O_RDONLY;
    if (how == OpenMode::create) flags |= O_CREAT;
    if (how == OpenMode::create_new) flags |= O_CREAT | O_EXCL;
    TRY(UniqueFd fd, open_fd(path, flags, mode));
    return std::make_unique<PosixFile>(std::move(fd), path);
  }

  Result<FileStat> stat(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return errno_fail("stat", path);
    FileStat out;
    out.type = type_of(info.st_mode);
    out.size = static_cast<std::uint64_t>(info.st_size);
    out.mode = info.st_mode & 07777U;
    out.owner = info.st_uid;
    out.group = info.st_gid;
    out.owned_by_us = info.st_uid == ::geteuid();
    out.modified = WallTime(std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec));
    return out;
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return errno_fail("list", path);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int code = errno;
    ::closedir(dir);
    if (code != 0) return fail(errno_error(code, "list", path));
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> remove(const std::string& path) override {
    if (std::remove(path.c_str()) != 0) return errno_fail("remove", path);
    return {};
  }

  Result<void> make_dirs(const std::string& path, std::uint32_t mode) override {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), static_cast<mode_t>(mode)) != 0) {
        if (errno != EEXIST) return errno_fail("make directory", part);
        struct stat info{};
        if (::stat(part.c_str(), &info) != 0) return errno_fail("make directory", part);
        if (!S_ISDIR(info.st_mode)) return fail(errno_error(ENOTDIR, "make directory", part));
      }
      if (end == std::string::npos) return {};
    }
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail(errno_error(errno, "rename", from).with("to", to));
    return {};
  }

  Result<void> set_mode(const std::string& path, std::uint32_t mode) override {
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return errno_fail("set the mode of", path);
    return {};
  }

  Result<void> sync_dir(const std::string& path) override {
    TRY(const UniqueFd fd, open_fd(path, O_RDONLY | O_DIRECTORY, 0));
    return sync_fd(fd.get(), path);
  }

 private:
  static Result<void> fill(int fd, const std::string& path, std::string_view bytes, std::uint32_t mode) {
    if (::fchmod(fd, static_cast<mode_t>(mode)) != 0) return errno_fail("set the mode of", path);
    TRY_VOID(write_fd(fd, bytes, path));
    return sync_fd(fd, path);
  }
};

}  // namespace

std::unique_ptr<Files> make_posix_files() {
  return std::make_unique<PosixFiles>();
}

}  // namespace postern::os
