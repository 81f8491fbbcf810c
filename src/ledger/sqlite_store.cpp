#include "ledger/sqlite_store.hpp"

#include <functional>
#include <string_view>

#include "base/check.hpp"
#include "ledger/files_vfs.hpp"
#include "ledger/sqlite_leases.hpp"
#include "ledger/sqlite_schema.hpp"
#include "ledger/sqlite_streams.hpp"

namespace postern::ledger {
namespace {

constexpr std::uint32_t kFileMode = 0600;
constexpr std::uint32_t kFolderMode = 0700;
/// Beside the file SQLite keeps its write-ahead log and, on a real machine, what its processes share.
constexpr std::string_view kCompanions[] = {"", "-wal", "-shm"};
/// KiB of pages that are kept in memory: the end of a large ledger, where the work is.
constexpr int kCacheKib = 16 * 1024;
/// Each attempt but the last ends with another process done.
constexpr int kSwitchMax = 20;

/// Calls do not ask whether their caller is cancelled: they are short, and giving a lease back or writing an outcome
/// must work in a task that is.
class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Db> db, rt::Worker& worker, DbMode mode)
      : db_(std::move(db)), worker_(worker), mode_(mode) {}

  rt::Task<Result<void>> append(rt::CallContext, Append append) override {
    const std::function<Result<void>()> call = [this, &append] { return append_to_stream(*db_, append); };
    co_return co_await change<void>(call);
  }
  rt::Task<Result<std::vector<Record>>> read(rt::CallContext, std::string stream, std::uint64_t from_seq,
                                             std::size_t limit) override {
    const std::function<Result<std::vector<Record>>()> call = [&] {
      return read_records(*db_, stream, from_seq, limit);
    };
    co_return co_await look<std::vector<Record>>(call);
  }
  rt::Task<Result<std::optional<StreamInfo>>> find(rt::CallContext, std::string stream) override {
    const std::function<Result<std::optional<StreamInfo>>()> call = [&] { return find_stream(*db_, stream); };
    co_return co_await look<std::optional<StreamInfo>>(call);
  }
  rt::Task<Result<std::vector<StreamInfo>>> list(rt::CallContext, std::string prefix, std::string before,
                                                 std::size_t limit) override {
    const std::function<Result<std::vector<StreamInfo>>()> call = [&] {
      return list_streams(*db_, prefix, before, limit);
    };
    co_return co_await look<std::vector<StreamInfo>>(call);
  }
  rt::Task<Result<std::string>> blob(rt::CallContext, Digest digest) override {
    const std::function<Result<std::string>()> call = [&] { return read_blob(*db_, digest); };
    co_return co_await look<std::string>(call);
  }
  rt::Task<Result<Lease>> acquire(rt::CallContext, AcquireLease wanted) override {
    const std::function<Result<Lease>()> call = [&] { return acquire_lease(*db_, wanted); };
    co_return co_await change<Lease>(call);
  }
  rt::Task<Result<void>> renew(rt::CallContext, Fence fence, WallTime until) override {
    const std::function<Result<void>()> call = [&] { return renew_lease(*db_, fence, until); };
    co_return co_await change<void>(call);
  }
  rt::Task<Result<void>> release(rt::CallContext, Fence fence) override {
    const std::function<Result<void>()> call = [&] { return release_lease(*db_, fence); };
    co_return co_await change<void>(call);
  }
  rt::Task<Result<std::optional<Lease>>> lease(rt::CallContext, std::string name) override {
    const std::function<Result<std::optional<Lease>>()> call = [&] { return find_lease(*db_, name); };
    co_return co_await look<std::optional<Lease>>(call);
  }
  rt::Task<Result<void>> prune(rt::CallContext, std::string stream, std::uint64_t expected_version,
                               std::string summary) override {
    const std::function<Result<void>()> call = [&] { return prune_stream(*db_, stream, expected_version, summary); };
    co_return co_await change<void>(call);
  }

 private:
  /// `call` belongs to the caller's frame, which waits for this.
  template <class T>
  rt::Task<Result<T>> look(const std::function<Result<T>()>& call) {
    std::optional<Result<T>> result;
    const std::function<void()> job = [&result, &call] { result.emplace(call()); };
    co_await worker_.run(job);
    co_return std::move(*result);
  }
  template <class T>
  rt::Task<Result<T>> change(const std::function<Result<T>()>& call) {
    if (mode_ == DbMode::read_only) co_return fail(ErrorKind::refused, "the ledger is open for reading only");
    co_return co_await look<T>(call);
  }

  std::unique_ptr<Db> db_;
  rt::Worker& worker_;
  DbMode mode_;
};

/// Makes a folder; its name, and those above it, survive a crash from now on.
Result<void> make_folder(os::Files& files, const std::string& folder) {
  TRY_VOID(files.make_dirs(folder, kFolderMode));
  std::string at = folder;
  for (std::string above = os::parent_dir(at); above != at; above = os::parent_dir(at)) {
    const Result<void> synced = files.sync_dir(above);
    // Folders that we may only pass through were not made by us; some file systems sync no folders (EINVAL).
    const bool spared =
        !synced && (synced.error().kind() == ErrorKind::denied || synced.error().kind() == ErrorKind::usage);
    if (!synced && !spared) return fail(synced.error());
    at = above;
  }
  return {};
}

/// Makes the file with its mode before SQLite can make it with the umask's. It is only ever opened here when it is new:
/// closing any handle of a file drops the locks that this process's other connections hold on it (POSIX).
Result<void> prepare_file(os::Files& files, const std::string& path) {
  if (!files.exists(path)) {
    TRY_VOID(make_folder(files, os::parent_dir(path)));
    const Result<std::unique_ptr<os::File>> made = files.open(path, os::OpenMode::create_new, kFileMode);
    if (!made && made.error().kind() != ErrorKind::conflict) return fail(made.error());
    TRY_VOID(files.sync_dir(os::parent_dir(path)));
  }
  for (const std::string_view companion : kCompanions) {
    const std::string name = path + std::string(companion);
    const Result<os::FileStat> info = files.stat(name);
    if (!info && info.error().kind() == ErrorKind::not_found) continue;
    if (!info) return fail(info.error());
    if ((info->mode & 07777U & ~kFileMode) != 0) TRY_VOID(files.set_mode(name, kFileMode));
  }
  return {};
}

/// Turns the write-ahead log on; a file keeps it. Processes that make one file at once stand in each other's way here,
/// and SQLite tells them so instead of letting them wait.
Result<void> switch_to_log(Db& db, const SqliteOptions& options) {
  for (int attempt = 1;; ++attempt) {
    const Result<std::string> journal = db.text("PRAGMA journal_mode = WAL");
    if (journal && *journal == "wal") return {};
    if (journal) {
      return fail(Error(ErrorKind::unsupported, "the file system cannot hold a ledger: it has no shared memory")
                      .with("path", options.path));
    }
    if (journal.error().kind() != ErrorKind::unavailable || attempt == kSwitchMax) return fail(journal.error());
    // A transaction does wait for its turn; when this one has begun, the other process is through.
    TRY_VOID(Transaction::write(db));
  }
}

/// Write-ahead log, and what is durable when: settings of a connection, except for the first.
Result<void> configure_writer(Db& db, const SqliteOptions& options) {
  TRY(const std::string journal, db.text("PRAGMA journal_mode"));
  if (journal != "wal") TRY_VOID(switch_to_log(db, options));
  // NORMAL would not sync at commit in WAL mode.
  return db.execute(
      "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = " + std::to_string(options.checkpoint_pages) +
      "; PRAGMA journal_size_limit = " + std::to_string(std::uint64_t{8192} * options.checkpoint_pages) +
      "; PRAGMA cache_size = -" + std::to_string(kCacheKib));
}

Result<std::unique_ptr<Db>> connect(const SqliteOptions& options, DbMode mode) {
  DbOptions out;
  out.path = options.path;
  out.mode = mode;
  out.busy_max = options.busy_max;
  if (options.files != nullptr) out.vfs = FilesVfs::of(*options.files);
  return Db::open(std::move(out));
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options, rt::Worker& worker) {
  CHECK(!options.world.empty());
  const std::unique_ptr<os::Files> real = options.files == nullptr ? os::make_posix_files() : nullptr;
  TRY_VOID(prepare_file(real ? *real : *options.files, options.path));
  TRY(std::unique_ptr<Db> db, connect(options, DbMode::read_write));
  // Looked at before anything is changed: it may be another program's file.
  TRY(const SchemaState state, look_at_schema(*db, options.world));
  TRY_VOID(configure_writer(*db, options));
  if (state != SchemaState::current) TRY_VOID(migrate(*db, options.world));
  return std::make_unique<SqliteStore>(std::move(db), worker, DbMode::read_write);
}

Result<std::unique_ptr<Store>> open_sqlite_store_read_only(SqliteOptions options, rt::Worker& worker) {
  CHECK(!options.world.empty());
  const std::unique_ptr<os::Files> real = options.files == nullptr ? os::make_posix_files() : nullptr;
  TRY_VOID((real ? *real : *options.files).stat(options.path));
  TRY(std::unique_ptr<Db> db, connect(options, DbMode::read_only));
  Result<SchemaState> state = look_at_schema(*db, options.world);
  if (!state && state.error().kind() == ErrorKind::denied) {
    // Whoever made it died in the middle: only somebody who may write can take back what is half there.
    Result<std::unique_ptr<Db>> writer = connect(options, DbMode::read_write);
    if (!writer) return fail(std::move(state).error());
    TRY_VOID(look_at_schema(**writer, options.world));
    writer->reset();
    TRY(db, connect(options, DbMode::read_only));
    state = look_at_schema(*db, options.world);
  }
  if (!state) return fail(std::move(state).error());
  if (*state == SchemaState::empty) {
    return fail(Error(ErrorKind::not_found, "the ledger is empty").with("path", options.path));
  }
  return std::make_unique<SqliteStore>(std::move(db), worker, DbMode::read_only);
}

}  // namespace postern::ledger
