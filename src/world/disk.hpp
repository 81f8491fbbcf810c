#pragma once

/// The World's file system: in memory, and able to forget what was not synced.

#include <map>
#include <memory>
#include <string>

#include "os/files.hpp"
#include "rt/random.hpp"
#include "world/trace.hpp"

namespace postern::world {

/// What a crash leaves of what was not synced.
enum class CrashMode : std::uint8_t {
  lose_unsynced,  ///< nothing
  tear,           ///< of every file any of the 512-byte sectors, of every directory all of its names or none
};

/// As strict as POSIX allows: a file's bytes are safe after File::sync(), its name after sync_dir() of its directory,
/// and the directory's own name after sync_dir() of its parent. "/home/operator" is the working directory; it and
/// "/tmp" exist. Permissions are kept and not enforced. Errors and their texts are those of the real file system. Open
/// files do not outlive it.
class SimDisk final : public os::Files {
 public:
  SimDisk(rt::Clock& clock, rt::Random& random, Trace& trace);
  ~SimDisk() override;

  Result<std::string> read(const std::string& path, std::size_t max_bytes) override;
  Result<void> write_atomically(const std::string& path, std::string_view bytes, std::uint32_t mode = 0600) override;
  Result<std::unique_ptr<os::File>> open(const std::string& path, os::OpenMode how, std::uint32_t mode = 0600) override;
  Result<os::FileStat> stat(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_dirs(const std::string& path, std::uint32_t mode = 0700) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> set_mode(const std::string& path, std::uint32_t mode) override;
  Result<void> sync_dir(const std::string& path) override;

  /// A test's file: with its directories, and safe at once. CHECKs that it can be made.
  void put(const std::string& path, std::string_view bytes, std::uint32_t mode = 0600);

  /// The machine stops and is started again: what was not synced is gone, every open file fails from now on, locks are
  /// free.
  void crash(CrashMode mode = CrashMode::lose_unsynced);
  /// Counts everything that changes or syncs the disk, in pieces as the real calls do it: write_atomically is five.
  std::uint64_t operations() const noexcept { return operations_; }
  /// The `nth` of these from now on (1 is the next one) fails with an I/O error and has no effect. 0: none.
  void fail_operation(std::uint64_t nth) { fail_at_ = nth == 0 ? 0 : operations_ + nth; }
  /// At the `nth` from now on the machine stops before it is done; until restart() every call fails. 0: none.
  void crash_operation(std::uint64_t nth, CrashMode mode = CrashMode::lose_unsynced);
  bool is_down() const noexcept { return down_; }
  void restart() noexcept { down_ = false; }
  /// No file grows once all of them together hold so many bytes ("No space left on device").
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }

 private:
  class Node;
  class Handle;
  struct Place;
  using NodePtr = std::shared_ptr<Node>;  // owned by the directories that name it, now or on the medium, and by handles

  /// Counts; fails when the disk is down or the fault asked for strikes.
  Result<void> begin(std::string_view what, const std::string& path);
  Result<void> check_up(std::string_view what, const std::string& path) const;
  Result<NodePtr> find(std::string_view what, const std::string& path) const;
  /// The directory in which the last part of a path is looked up, and that part.
  Result<Place> place(std::string_view what, const std::string& path) const;
  NodePtr make_node(bool directory, std::uint32_t mode) const;
  Result<void> write_to(Node& node, std::uint64_t offset, std::string_view bytes, const std::string& path);
  std::uint64_t used() const;

  rt::Clock& clock_;
  rt::Random& random_;
  Trace& trace_;
  NodePtr root_;
  std::uint64_t operations_ = 0;
  std::uint64_t fail_at_ = 0;
  std::uint64_t crash_at_ = 0;
  CrashMode crash_mode_ = CrashMode::lose_unsynced;
  bool down_ = false;
  std::uint64_t boot_ = 1;  ///< handles of earlier boots are dead
  std::uint64_t next_temporary_ = 1;
  std::uint64_t capacity_ = UINT64_MAX;
};

}  // namespace postern::world
