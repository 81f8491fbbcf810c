#pragma once

/// The Store in one SQLite file (ADR 0009): write-ahead log, every append durable (synchronous=FULL), readers never
/// wait for the writer.

#include <memory>

#include "ledger/store.hpp"
#include "os/files.hpp"
#include "rt/worker.hpp"

namespace postern::ledger {

struct SqliteOptions {
  SqliteOptions() = default;
  std::string path;
  std::string world;  ///< "aws:aws", "sim:demo"; a file of another world is refused
  /// Where the file is: null for this machine's own file system, through SQLite's own VFS (several processes may have
  /// the file open); else these, through ours, for simulation (one process).
  os::Files* files = nullptr;
  Duration busy_max = std::chrono::seconds(10);  ///< how long another process's commit is waited for
  /// Pages (4 KiB) of write-ahead log after which a commit also brings it into the file: measured, many small
  /// checkpoints cost three times the writing. Tests of crashes want more of them.
  std::uint32_t checkpoint_pages = 8192;
};

/// Opens or makes the file (0600, its folder 0700), and brings its schema up to date. Blocks; the store's own calls do
/// their work on `worker`, which outlives it. A file that others may read is narrowed to 0600.
Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options, rt::Worker& worker);

/// Opens a file for looking only: nothing is made, migrated or changed. An older schema is read as it is.
Result<std::unique_ptr<Store>> open_sqlite_store_read_only(SqliteOptions options, rt::Worker& worker);

}  // namespace postern::ledger
