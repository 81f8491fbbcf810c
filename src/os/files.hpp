#pragma once

/// Files: everything that postern does to a file system. Paths are UTF-8 or whatever bytes the system has; relative
/// paths start at the working directory. All calls block (they are short, or are made on a worker).
///
/// Error kinds: not_found, denied (permissions, read-only file system), conflict (exists already, not empty, busy),
/// usage (a directory where a file was meant, a name too long, ...), malformed (larger than the limit), internal (I/O,
/// no space). The context has path=...

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace postern::os {

enum class FileType : std::uint8_t { regular, directory, symlink, other };

struct FileStat {
  FileStat() = default;
  FileType type = FileType::other;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< permission bits: 0600
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  bool owned_by_us = false;  ///< by the effective user
  WallTime modified;
};

enum class OpenMode : std::uint8_t {
  read,        ///< must exist
  read_write,  ///< must exist
  create,      ///< read and write; made when it does not exist
  create_new,  ///< read and write; conflict when it exists
};

enum class LockKind : std::uint8_t { none, shared, exclusive };

/// An open file with positional access. Closed by its destructor, which also gives its lock back.
class File {
 public:
  virtual ~File() = default;
  /// Reads until `into` is full or the file ends; the number of bytes read.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
  /// Writes everything; a gap before `offset` reads as zeroes.
  virtual Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  /// Makes data and size survive a crash of the machine.
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Takes, converts or (none) gives back the advisory lock of the whole file; conflict when another handle holds it.
  /// Locks belong to the handle, not to the process.
  virtual Result<void> try_lock(LockKind kind) = 0;
};

class Files {
 public:
  virtual ~Files() = default;
  /// The whole file; malformed when it is larger than `max_bytes`.
  virtual Result<std::string> read(const std::string& path, std::size_t max_bytes) = 0;
  /// Readers see the old content or the new one, never a part, also after a crash: a temporary file beside it is
  /// written, synced and renamed over it, and the directory synced. `mode` is the new file's, whatever the umask says.
  virtual Result<void> write_atomically(const std::string& path, std::string_view bytes, std::uint32_t mode = 0600) = 0;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode how, std::uint32_t mode = 0600) = 0;
  /// Follows links.
  virtual Result<FileStat> stat(const std::string& path) = 0;
  /// Names in a directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  /// Removes a file or an empty directory. A name that does not exist is not_found.
  virtual Result<void> remove(const std::string& path) = 0;
  /// Makes a directory and its parents; those that exist are left alone.
  virtual Result<void> make_dirs(const std::string& path, std::uint32_t mode = 0700) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Changes the permission bits of a file or directory. Follows links.
  virtual Result<void> set_mode(const std::string& path, std::uint32_t mode) = 0;
  /// Makes the names in a directory (made, renamed, removed) survive a crash.
  virtual Result<void> sync_dir(const std::string& path) = 0;

  /// True when stat() finds something; false for every failure.
  bool exists(const std::string& path) { return stat(path).has_value(); }
};

/// This machine's file system.
std::unique_ptr<Files> make_posix_files();

/// "a/b" -> "a", "/a" -> "/", "a" -> ".".
std::string parent_dir(std::string_view path);
/// One slash between the two; an absolute `name` stays as it is.
std::string join_path(std::string_view dir, std::string_view name);

}  // namespace postern::os
