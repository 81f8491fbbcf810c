#include "ledger/files_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace postern::ledger {
namespace {

constexpr int kPathMax = 1024;
/// As SQLite's own VFS has it: what it assumes of a disk, the simulated one keeps too.
constexpr int kSectorSize = 4096;
/// Noon of 1 January 2000, as a Julian day: nothing of ours asks SQLite for the time.
constexpr double kJulianDay = 2451545.0;

class VfsFile;

/// What the connections to one database have in common: who has locked it, and the write-ahead log's shared memory.
class SharedDatabase {
 public:
  void join(VfsFile* member) { members_.push_back(member); }
  void leave(VfsFile* member);
  /// True when the machine has been started anew since a member opened its file: nobody may meet such members.
  bool is_stale() const;
  /// Keeps other processes, and other os::Files, away for as long as somebody who may write is here.
  Result<void> guard(os::Files& files, const std::string& path);

  int lock(VfsFile& self, int level) const;
  bool is_reserved() const;
  int shm_map(VfsFile& self, int region, int size, bool extend, void volatile** out);
  int shm_lock(VfsFile& self, std::uint32_t slots, int flags) const;
  void shm_unmap(VfsFile& self);

 private:
  template <class Predicate>
  bool any_other(const VfsFile* self, Predicate predicate) const;

  std::vector<VfsFile*> members_;
  std::vector<std::unique_ptr<std::byte[]>> regions_;
  std::unique_ptr<os::File> guard_;
};

/// A temporary file: nobody else can see it, so nobody can lose it.
class MemoryFile final : public os::File {
 public:
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
    if (count > 0) std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
  }
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (bytes.empty()) return {};
    if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
    return {};
  }
  Result<void> sync() override { return {}; }
  Result<std::uint64_t> size() override { return std::uint64_t{bytes_.size()}; }
  Result<void> truncate(std::uint64_t size) override {
    bytes_.resize(size);
    return {};
  }
  Result<void> try_lock(os::LockKind) override { return {}; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

struct FilesVfs::Impl {
  Impl(os::Files& f, std::string n) : files(f), name(std::move(n)) {}

  int failed(int code, const Error& error) {
    last = error;
    return code;
  }
  /// The common state of the connections to `path`.
  std::shared_ptr<SharedDatabase> database(const std::string& path) {
    std::weak_ptr<SharedDatabase>& slot = databases[path];
    std::shared_ptr<SharedDatabase> found = slot.lock();
    if (found && !found->is_stale()) return found;
    found = std::make_shared<SharedDatabase>();
    slot = found;
    return found;
  }

  os::Files& files;
  std::string name;
  sqlite3_vfs vfs{};
  std::weak_ptr<FilesVfs> self;
  std::optional<Error> last;
  std::map<std::string, std::weak_ptr<SharedDatabase>> databases;
};

namespace {

using VfsImpl = FilesVfs::Impl;

/// An open file, behind the handle that SQLite allocates.
class VfsFile {
 public:
  VfsFile(VfsImpl& v, std::unique_ptr<os::File> f, std::string p) : vfs(v), file(std::move(f)), path(std::move(p)) {}
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;
  ~VfsFile() {
    if (database) database->leave(this);
    if (!delete_on_close) return;
    file.reset();
    const Result<void> removed = vfs.files.remove(path);
    static_cast<void>(removed);  // it was for nobody else
  }

  VfsImpl& vfs;
  std::unique_ptr<os::File> file;
  std::string path;
  std::shared_ptr<SharedDatabase> database;  // of a main database, with its other connections
  bool name_unsynced = false;
  bool delete_on_close = false;
  int level = SQLITE_LOCK_NONE;
  bool mapped = false;
  std::uint32_t shared_slots = 0;
  std::uint32_t exclusive_slots = 0;
};

template <class Predicate>
bool SharedDatabase::any_other(const VfsFile* self, Predicate predicate) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const VfsFile* member) { return member != self && predicate(*member); });
}

void SharedDatabase::leave(VfsFile* member) {
  std::erase(members_, member);
}

bool SharedDatabase::is_stale() const {
  return any_other(nullptr, [](const VfsFile& member) { return !member.file->size(); });
}

Result<void> SharedDatabase::guard(os::Files& files, const std::string& path) {
  if (guard_) return {};
  TRY(std::unique_ptr<os::File> file, files.open(path, os::OpenMode::read_write));
  TRY_VOID(file->try_lock(os::LockKind::exclusive));
  guard_ = std::move(file);
  return {};
}

// The levels of https://www.sqlite.org/lockingv3.html
int SharedDatabase::lock(VfsFile& self, int level) const {
  if (level <= self.level) return SQLITE_OK;
  const auto others_at = [&](int least) {
    return any_other(&self, [least](const VfsFile& other) { return other.level >= least; });
  };
  if (level == SQLITE_LOCK_SHARED) {
    if (others_at(SQLITE_LOCK_PENDING)) return SQLITE_BUSY;
  } else if (others_at(SQLITE_LOCK_RESERVED)) {
    return SQLITE_BUSY;
  } else if (level == SQLITE_LOCK_EXCLUSIVE && others_at(SQLITE_LOCK_SHARED)) {
    // No new readers from now on, until those that are there have gone.
    self.level = SQLITE_LOCK_PENDING;
    return SQLITE_BUSY;
  }
  self.level = level;
  return SQLITE_OK;
}

bool SharedDatabase::is_reserved() const {
  return any_other(nullptr, [](const VfsFile& member) { return member.level >= SQLITE_LOCK_RESERVED; });
}

int SharedDatabase::shm_map(VfsFile& self, int region, int size, bool extend, void volatile** out) {
  self.mapped = true;
  const auto index = static_cast<std::size_t>(region);
  *out = nullptr;
  if (index >= regions_.size() && !extend) return SQLITE_OK;
  while (index >= regions_.size()) regions_.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(size)));
  *out = regions_[index].get();
  return SQLITE_OK;
}

int SharedDatabase::shm_lock(VfsFile& self, std::uint32_t slots, int flags) const {
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    self.shared_slots &= ~slots;
    self.exclusive_slots &= ~slots;
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  const bool taken = any_other(&self, [&](const VfsFile& other) {
    return ((other.exclusive_slots | (exclusive ? other.shared_slots : 0U)) & slots) != 0;
  });
  if (taken) return SQLITE_BUSY;
  (exclusive ? self.exclusive_slots : self.shared_slots) |= slots;
  return SQLITE_OK;
}

void SharedDatabase::shm_unmap(VfsFile& self) {
  self.mapped = false;
  self.shared_slots = 0;
  self.exclusive_slots = 0;
  // What the next one finds is made from the log, as after a start of the machine.
  if (!any_other(nullptr, [](const VfsFile& member) { return member.mapped; })) regions_.clear();
}

// ---- what SQLite calls ----------------------------------------------------------------------------------------------

struct FileHandle {
  sqlite3_file base;
  VfsFile* file;  // owned, from xOpen to xClose
};

VfsFile& self_of(sqlite3_file* handle) {
  return *reinterpret_cast<FileHandle*>(handle)->file;
}

VfsImpl& self_of(sqlite3_vfs* vfs) {
  return *static_cast<VfsImpl*>(vfs->pAppData);
}

int file_close(sqlite3_file* handle) {
  delete reinterpret_cast<FileHandle*>(handle)->file;
  handle->pMethods = nullptr;
  return SQLITE_OK;
}

int file_read(sqlite3_file* handle, void* into, int count, sqlite3_int64 offset) {
  VfsFile& self = self_of(handle);
  const std::span<std::byte> space(static_cast<std::byte*>(into), static_cast<std::size_t>(count));
  const Result<std::size_t> got = self.file->read_at(static_cast<std::uint64_t>(offset), space);
  if (!got) return self.vfs.failed(SQLITE_IOERR_READ, got.error());
  if (*got == space.size()) return SQLITE_OK;
  std::fill(space.begin() + static_cast<std::ptrdiff_t>(*got), space.end(), std::byte{0});
  return SQLITE_IOERR_SHORT_READ;
}

int file_write(sqlite3_file* handle, const void* from, int count, sqlite3_int64 offset) {
  VfsFile& self = self_of(handle);
  const std::span<const std::byte> bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
  const Result<void> done = self.file->write_at(static_cast<std::uint64_t>(offset), bytes);
  return done ? SQLITE_OK : self.vfs.failed(SQLITE_IOERR_WRITE, done.error());
}

int file_truncate(sqlite3_file* handle, sqlite3_int64 size) {
  VfsFile& self = self_of(handle);
  const Result<void> done = self.file->truncate(static_cast<std::uint64_t>(size));
  return done ? SQLITE_OK : self.vfs.failed(SQLITE_IOERR_TRUNCATE, done.error());
}

int file_sync(sqlite3_file* handle, int) {
  VfsFile& self = self_of(handle);
  const Result<void> done = self.file->sync();
  if (!done) return self.vfs.failed(SQLITE_IOERR_FSYNC, done.error());
  if (!self.name_unsynced) return SQLITE_OK;
  // A journal whose name is lost is lost, however well its bytes were synced.
  const Result<void> named = self.vfs.files.sync_dir(os::parent_dir(self.path));
  if (!named) return self.vfs.failed(SQLITE_IOERR_DIR_FSYNC, named.error());
  self.name_unsynced = false;
  return SQLITE_OK;
}

int file_size(sqlite3_file* handle, sqlite3_int64* out) {
  VfsFile& self = self_of(handle);
  const Result<std::uint64_t> size = self.file->size();
  if (!size) return self.vfs.failed(SQLITE_IOERR_FSTAT, size.error());
  *out = static_cast<sqlite3_int64>(*size);
  return SQLITE_OK;
}

int file_lock(sqlite3_file* handle, int level) {
  VfsFile& self = self_of(handle);
  return self.database ? self.database->lock(self, level) : SQLITE_OK;
}

int file_unlock(sqlite3_file* handle, int level) {
  VfsFile& self = self_of(handle);
  self.level = std::min(self.level, level);
  return SQLITE_OK;
}

int file_check_reserved(sqlite3_file* handle, int* out) {
  VfsFile& self = self_of(handle);
  *out = self.database && self.database->is_reserved() ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int file_sector_size(sqlite3_file*) {
  return kSectorSize;
}

int file_characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int file_shm_map(sqlite3_file* handle, int region, int size, int extend, void volatile** out) {
  VfsFile& self = self_of(handle);
  if (!self.database) return SQLITE_IOERR_SHMMAP;
  return self.database->shm_map(self, region, size, extend != 0, out);
}

int file_shm_lock(sqlite3_file* handle, int offset, int count, int flags) {
  VfsFile& self = self_of(handle);
  if (!self.database) return SQLITE_IOERR_SHMLOCK;
  const std::uint32_t slots = ((1U << static_cast<unsigned>(count)) - 1U) << static_cast<unsigned>(offset);
  return self.database->shm_lock(self, slots, flags);
}

void file_shm_barrier(sqlite3_file*) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int file_shm_unmap(sqlite3_file* handle, int) {
  VfsFile& self = self_of(handle);
  if (self.database) self.database->shm_unmap(self);
  return SQLITE_OK;
}

const sqlite3_io_methods* file_methods() {
  // Version 2: with shared memory, without memory-mapped reads.
  static constexpr sqlite3_io_methods kMethods = {
      2,
      file_close,
      file_read,
      file_write,
      file_truncate,
      file_sync,
      file_size,
      file_lock,
      file_unlock,
      file_check_reserved,
      file_control,
      file_sector_size,
      file_characteristics,
      file_shm_map,
      file_shm_lock,
      file_shm_barrier,
      file_shm_unmap,
      nullptr,
      nullptr,
  };
  return &kMethods;
}

Result<std::unique_ptr<os::File>> open_file(VfsImpl& self, const std::string& path, int* flags) {
  os::OpenMode mode = os::OpenMode::read;
  if ((*flags & SQLITE_OPEN_READWRITE) != 0) mode = os::OpenMode::read_write;
  if ((*flags & SQLITE_OPEN_CREATE) != 0) mode = os::OpenMode::create;
  if ((*flags & SQLITE_OPEN_EXCLUSIVE) != 0) mode = os::OpenMode::create_new;
  Result<std::unique_ptr<os::File>> file = self.files.open(path, mode);
  if (file || file.error().kind() != ErrorKind::denied || mode == os::OpenMode::read) return file;
  *flags = (*flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  return self.files.open(path, os::OpenMode::read);
}

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out_flags) {
  VfsImpl& self = self_of(vfs);
  handle->pMethods = nullptr;
  std::unique_ptr<VfsFile> opened;
  if (name == nullptr) {
    opened = std::make_unique<VfsFile>(self, std::make_unique<MemoryFile>(), std::string());
  } else {
    Result<std::unique_ptr<os::File>> file = open_file(self, name, &flags);
    if (!file) return self.failed(SQLITE_CANTOPEN, file.error());
    opened = std::make_unique<VfsFile>(self, std::move(*file), name);
    opened->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    opened->name_unsynced = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & journals) != 0;
  }
  if (name != nullptr && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
    const std::shared_ptr<SharedDatabase> database = self.database(name);
    if ((flags & SQLITE_OPEN_READWRITE) != 0) {
      const Result<void> guarded = database->guard(self.files, name);
      if (!guarded) {
        const bool held = guarded.error().kind() == ErrorKind::conflict;
        return self.failed(held ? SQLITE_BUSY : SQLITE_CANTOPEN, guarded.error());
      }
    }
    database->join(opened.get());
    opened->database = database;
  }
  reinterpret_cast<FileHandle*>(handle)->file = opened.release();
  handle->pMethods = file_methods();
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync_dir) {
  VfsImpl& self = self_of(vfs);
  const Result<void> removed = self.files.remove(name);
  if (!removed) {
    const bool absent = removed.error().kind() == ErrorKind::not_found;
    return self.failed(absent ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE, removed.error());
  }
  if (sync_dir == 0) return SQLITE_OK;
  const Result<void> synced = self.files.sync_dir(os::parent_dir(name));
  return synced ? SQLITE_OK : self.failed(SQLITE_IOERR_DIR_FSYNC, synced.error());
}

int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  VfsImpl& self = self_of(vfs);
  const Result<os::FileStat> info = self.files.stat(name);
  *out = 0;
  if (!info) {
    const bool absent = info.error().kind() == ErrorKind::not_found;
    return absent ? SQLITE_OK : self.failed(SQLITE_IOERR_ACCESS, info.error());
  }
  // An empty journal counts as none.
  *out = flags != SQLITE_ACCESS_EXISTS || info->type != os::FileType::regular || info->size > 0 ? 1 : 0;
  return SQLITE_OK;
}

int vfs_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  // os::Files knows what a relative path is relative to.
  const std::string_view text(name);
  if (text.size() + 1 > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, text.size() + 1);
  return SQLITE_OK;
}

int vfs_randomness(sqlite3_vfs*, int size, char* out) {
  std::memset(out, 0, static_cast<std::size_t>(size));
  return size;
}

int vfs_sleep(sqlite3_vfs*, int microseconds) {
  return microseconds;
}

int vfs_current_time(sqlite3_vfs*, double* out) {
  *out = kJulianDay;
  return SQLITE_OK;
}

int vfs_last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

std::string name_of(const os::Files& files) {
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "postern-%p", static_cast<const void*>(&files));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

FilesVfs::FilesVfs(os::Files& files, std::string name) : impl_(std::make_unique<Impl>(files, std::move(name))) {
  sqlite3_vfs& vfs = impl_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(FileHandle);
  vfs.mxPathname = kPathMax;
  vfs.zName = impl_->name.c_str();
  vfs.pAppData = impl_.get();
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  vfs.xFullPathname = vfs_full_path;
  vfs.xRandomness = vfs_randomness;
  vfs.xSleep = vfs_sleep;
  vfs.xCurrentTime = vfs_current_time;
  vfs.xGetLastError = vfs_last_error;
  CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

std::shared_ptr<FilesVfs> FilesVfs::of(os::Files& files) {
  const std::string name = name_of(files);
  // SQLite's registry is the table of those that there are.
  if (sqlite3_vfs* found = sqlite3_vfs_find(name.c_str())) {
    std::shared_ptr<FilesVfs> there = self_of(found).self.lock();
    CHECK(there != nullptr);
    return there;
  }
  std::shared_ptr<FilesVfs> made(new FilesVfs(files, name));
  made->impl_->self = made;
  return made;
}

FilesVfs::~FilesVfs() {
  sqlite3_vfs_unregister(&impl_->vfs);
}

const std::string& FilesVfs::name() const noexcept {
  return impl_->name;
}

std::optional<Error> FilesVfs::take_error() {
  return std::exchange(impl_->last, std::nullopt);
}

}  // namespace postern::ledger
