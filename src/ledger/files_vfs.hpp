#pragma once

/// FilesVfs: SQLite on os::Files, so that a simulated disk decides what survives. For one process: the locks and the
/// write-ahead log's shared memory are its own. For the .cpp files of the ledger only.

#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "os/files.hpp"

namespace postern::ledger {

/// Registered with SQLite under a name of its own while anybody holds it. One per os::Files, so that all connections to
/// a file meet in its tables; the os::Files outlives it. Takes nothing from outside: no time, no chance, no waiting.
class FilesVfs {
 public:
  /// The one of `files`, made when it is not there.
  static std::shared_ptr<FilesVfs> of(os::Files& files);
  FilesVfs(const FilesVfs&) = delete;
  FilesVfs& operator=(const FilesVfs&) = delete;
  ~FilesVfs();

  const std::string& name() const noexcept;
  /// What the last call that failed was told by the os::Files; forgotten when taken.
  std::optional<Error> take_error();

  struct Impl;

 private:
  explicit FilesVfs(os::Files& files, std::string name);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::ledger
