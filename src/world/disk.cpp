#include "world/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.hpp"
#include "base/text.hpp"
#include "os/errno_error.hpp"

namespace postern::world {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kFileMax = std::uint64_t{1} << 32U;
constexpr std::size_t kNameMax = 255;
constexpr std::string_view kWorkingDir = "/home/operator";

tl::unexpected<Error> disk_error(int code, std::string_view what, const std::string& path) {
  return fail(os::errno_error(code, what, path));
}

/// The names on the way to a path, "." gone and ".." followed; the root's ".." is the root.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  const std::string whole = os::join_path(kWorkingDir, path);
  for (const std::string_view part : split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.emplace_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return parts;
}

}  // namespace

/// A file or a directory: what is there now, and enough to go back to what is on the medium.
class SimDisk::Node {
 public:
  using Names = std::map<std::string, NodePtr, std::less<>>;

  bool directory = false;
  std::uint32_t mode = 0;
  WallTime modified;
  std::string bytes;
  Names names;
  Names names_synced;
  std::map<const Handle*, os::LockKind> locks;

  void resize(std::uint64_t size) {
    for (std::uint64_t at = std::min<std::uint64_t>(size, bytes.size()); at < bytes.size(); at = next_sector(at)) {
      remember(at / kSector);
    }
    bytes.resize(size);
  }
  void write(std::uint64_t offset, std::string_view data) {
    if (data.empty()) return;
    for (std::uint64_t at = offset; at < offset + data.size(); at = next_sector(at)) remember(at / kSector);
    if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size());
    std::memcpy(bytes.data() + offset, data.data(), data.size());
  }
  void sync() {
    old_.clear();
    synced_size_ = bytes.size();
  }
  /// Goes back to the medium's state, in a torn way if `random` is given.
  void lose(rt::Random* random) {
    const auto keeps = [random] { return random != nullptr && random->below(2) == 1; };
    if (!keeps()) bytes.resize(synced_size_);
    for (const auto& [sector, old] : old_) {
      const std::uint64_t at = sector * kSector;
      if (keeps() || at >= bytes.size()) continue;
      const std::uint64_t end = std::min<std::uint64_t>(at + kSector, bytes.size());
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                '\0');
      std::memcpy(bytes.data() + at, old.data(), std::min<std::uint64_t>(old.size(), end - at));
    }
    if (keeps()) names_synced = names;
    names = names_synced;
    locks.clear();
    sync();
  }

 private:
  static std::uint64_t next_sector(std::uint64_t at) { return (at / kSector + 1) * kSector; }
  /// Keeps what the medium has of a sector that is about to change.
  void remember(std::uint64_t sector) {
    if (old_.contains(sector)) return;
    const std::uint64_t at = sector * kSector;
    old_.emplace(sector, at < bytes.size() ? bytes.substr(at, kSector) : std::string());
  }

  std::map<std::uint64_t, std::string> old_;
  std::uint64_t synced_size_ = 0;
};

struct SimDisk::Place {
  Place(NodePtr d, std::string n) : directory(std::move(d)), name(std::move(n)) {}
  NodePtr child() const {
    const auto found = directory->names.find(name);
    return found == directory->names.end() ? nullptr : found->second;
  }
  NodePtr directory;
  std::string name;
};

class SimDisk::Handle final : public os::File {
 public:
  Handle(SimDisk& disk, NodePtr node, std::string path, os::OpenMode how)
      : disk_(disk),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(how != os::OpenMode::read),
        boot_(disk.boot_) {}
  ~Handle() override { node_->locks.erase(this); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    TRY_VOID(check("read"));
    if (offset >= node_->bytes.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), node_->bytes.size() - offset);
    if (count > 0) std::memcpy(into.data(), node_->bytes.data() + offset, count);
    return count;
  }
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    TRY_VOID(begin("write"));
    return disk_.write_to(*node_, offset, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                          path_);
  }
  Result<void> sync() override {
    TRY_VOID(check("sync"));
    TRY_VOID(disk_.begin("sync", path_));
    node_->sync();
    return {};
  }
  Result<std::uint64_t> size() override {
    TRY_VOID(check("stat"));
    return std::uint64_t{node_->bytes.size()};
  }
  Result<void> truncate(std::uint64_t size) override {
    TRY_VOID(begin("truncate"));
    if (size > kFileMax) return disk_error(EFBIG, "truncate", path_);
    node_->resize(size);
    node_->modified = disk_.clock_.wall_now();
    return {};
  }
  Result<void> try_lock(os::LockKind kind) override {
    TRY_VOID(check("lock"));
    node_->locks.erase(this);
    if (kind == os::LockKind::none) return {};
    for (const auto& [holder, held] : node_->locks) {
      if (kind == os::LockKind::exclusive || held == os::LockKind::exclusive) return disk_error(EAGAIN, "lock", path_);
    }
    node_->locks.emplace(this, kind);
    return {};
  }

 private:
  Result<void> check(std::string_view what) const {
    TRY_VOID(disk_.check_up(what, path_));
    if (boot_ != disk_.boot_) return disk_error(EIO, what, path_);
    return {};
  }
  Result<void> begin(std::string_view what) {
    TRY_VOID(check(what));
    if (!writable_) return disk_error(EBADF, what, path_);
    return disk_.begin(what, path_);
  }

  SimDisk& disk_;
  NodePtr node_;
  std::string path_;
  bool writable_;
  std::uint64_t boot_;
};

SimDisk::SimDisk(rt::Clock& clock, rt::Random& random, Trace& trace)
    : clock_(clock), random_(random), trace_(trace), root_(make_node(true, 0755)) {
  for (const char* path : {"/home/operator", "/tmp"}) {
    const Result<void> made = make_dirs(path, 0755);
    CHECK(made.has_value());
    for (std::string at = path; at != "/"; at = os::parent_dir(at)) {
      const Result<void> synced = sync_dir(os::parent_dir(at));
      CHECK(synced.has_value());
    }
  }
  operations_ = 0;
}

SimDisk::~SimDisk() = default;

SimDisk::NodePtr SimDisk::make_node(bool directory, std::uint32_t mode) const {
  auto node = std::make_shared<Node>();
  node->directory = directory;
  node->mode = mode;
  node->modified = clock_.wall_now();
  return node;
}

Result<void> SimDisk::check_up(std::string_view what, const std::string& path) const {
  if (down_) return disk_error(EIO, what, path);
  return {};
}

Result<void> SimDisk::begin(std::string_view what, const std::string& path) {
  TRY_VOID(check_up(what, path));
  ++operations_;
  trace_.append("disk", std::string(what) + " " + path);
  if (operations_ == crash_at_) {
    crash(crash_mode_);
    down_ = true;
    return disk_error(EIO, what, path);
  }
  if (operations_ == fail_at_) return disk_error(EIO, what, path);
  return {};
}

Result<SimDisk::NodePtr> SimDisk::find(std::string_view what, const std::string& path) const {
  TRY_VOID(check_up(what, path));
  if (path.empty()) return disk_error(ENOENT, what, path);
  NodePtr node = root_;
  for (const std::string& part : parts_of(path)) {
    if (!node->directory) return disk_error(ENOTDIR, what, path);
    const auto found = node->names.find(part);
    if (found == node->names.end()) return disk_error(ENOENT, what, path);
    node = found->second;
  }
  return node;
}

Result<SimDisk::Place> SimDisk::place(std::string_view what, const std::string& path) const {
  const std::vector<std::string> parts = parts_of(path);
  if (path.empty()) return disk_error(ENOENT, what, path);
  if (parts.empty()) return disk_error(EBUSY, what, path);
  if (parts.back().size() > kNameMax) return disk_error(ENAMETOOLONG, what, path);
  std::string parent = "/";
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) parent = os::join_path(parent, parts[i]);
  Result<NodePtr> directory = find(what, parent);
  if (!directory) return fail(std::move(directory).error().with("path", path));
  if (!(*directory)->directory) return disk_error(ENOTDIR, what, path);
  return Place(*directory, parts.back());
}

Result<std::string> SimDisk::read(const std::string& path, std::size_t max_bytes) {
  TRY(const NodePtr node, find("open", path));
  if (node->directory) return disk_error(EISDIR, "read", path);
  if (node->bytes.size() > max_bytes) {
    return fail(Error(ErrorKind::malformed, "the file is larger than " + std::to_string(max_bytes) + " bytes")
                    .with("path", path));
  }
  return node->bytes;
}

Result<void> SimDisk::write_atomically(const std::string& path, std::string_view bytes, std::uint32_t mode) {
  const std::string directory = os::parent_dir(path);
  const std::string temporary = os::join_path(directory, ".postern-" + std::to_string(next_temporary_++));
  const auto fill = [&]() -> Result<void> {
    TRY(const auto file, open(temporary, os::OpenMode::create_new, mode));
    TRY_VOID(file->write_at(0, std::as_bytes(std::span<const char>(bytes.data(), bytes.size()))));
    TRY_VOID(file->sync());
    return rename(temporary, path);
  };
  const Result<void> filled = fill();
  if (!filled) {
    const Result<void> removed = remove(temporary);
    static_cast<void>(removed);  // the first failure is the one to tell
    return fail(Error(filled.error()).with("path", path));
  }
  return sync_dir(directory);
}

Result<std::unique_ptr<os::File>> SimDisk::open(const std::string& path, os::OpenMode how, std::uint32_t mode) {
  if (parts_of(path).empty()) return disk_error(EISDIR, "open", path);
  TRY(const Place at, place("open", path));
  NodePtr node = at.child();
  if (node && how == os::OpenMode::create_new) return disk_error(EEXIST, "open", path);
  if (node && node->directory) return disk_error(EISDIR, "open", path);
  if (!node) {
    if (how == os::OpenMode::read || how == os::OpenMode::read_write) return disk_error(ENOENT, "open", path);
    TRY_VOID(begin("create", path));
    node = make_node(false, mode);
    at.directory->names.emplace(at.name, node);
  }
  return std::unique_ptr<os::File>(std::make_unique<Handle>(*this, std::move(node), path, how));
}

Result<os::FileStat> SimDisk::stat(const std::string& path) {
  TRY(const NodePtr node, find("stat", path));
  os::FileStat out;
  out.type = node->directory ? os::FileType::directory : os::FileType::regular;
  out.size = node->bytes.size();
  out.mode = node->mode;
  out.owner = 1000;
  out.group = 1000;
  out.owned_by_us = true;
  out.modified = node->modified;
  return out;
}

Result<std::vector<std::string>> SimDisk::list(const std::string& path) {
  TRY(const NodePtr node, find("list", path));
  if (!node->directory) return disk_error(ENOTDIR, "list", path);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->names) names.push_back(name);
  return names;
}

Result<void> SimDisk::remove(const std::string& path) {
  TRY(const Place at, place("remove", path));
  const NodePtr node = at.child();
  if (!node) return disk_error(ENOENT, "remove", path);
  if (!node->names.empty()) return disk_error(ENOTEMPTY, "remove", path);
  TRY_VOID(begin("remove", path));
  at.directory->names.erase(at.name);
  return {};
}

Result<void> SimDisk::make_dirs(const std::string& path, std::uint32_t mode) {
  NodePtr node = root_;
  std::string done = "/";
  for (const std::string& part : parts_of(path)) {
    done = os::join_path(done, part);
    if (part.size() > kNameMax) return disk_error(ENAMETOOLONG, "make directory", done);
    const auto found = node->names.find(part);
    if (found == node->names.end()) {
      TRY_VOID(begin("make directory", done));
      node = node->names.emplace(part, make_node(true, mode)).first->second;
      continue;
    }
    node = found->second;
    if (!node->directory) return disk_error(ENOTDIR, "make directory", done);
  }
  return {};
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  TRY(const Place source, place("rename", from));
  TRY(const Place target, place("rename", to));
  const NodePtr node = source.child();
  const NodePtr old = target.child();
  int code = 0;
  const std::vector<std::string> inner = parts_of(to);
  const std::vector<std::string> outer = parts_of(from);
  if (!node) {
    code = ENOENT;
  } else if (node->directory && inner.size() > outer.size() && std::equal(outer.begin(), outer.end(), inner.begin())) {
    code = EINVAL;
  } else if (old && old->directory && !node->directory) {
    code = EISDIR;
  } else if (old && !old->directory && node->directory) {
    code = ENOTDIR;
  } else if (old && old != node && !old->names.empty()) {
    code = ENOTEMPTY;
  }
  if (code != 0) return fail(os::errno_error(code, "rename", from).with("to", to));
  TRY_VOID(begin("rename", from));
  source.directory->names.erase(source.name);
  target.directory->names.insert_or_assign(target.name, node);
  return {};
}

Result<void> SimDisk::set_mode(const std::string& path, std::uint32_t mode) {
  TRY(const NodePtr node, find("set the mode of", path));
  TRY_VOID(begin("set the mode of", path));
  node->mode = mode;
  return {};
}

Result<void> SimDisk::sync_dir(const std::string& path) {
  TRY(const NodePtr node, find("open", path));
  if (!node->directory) return disk_error(ENOTDIR, "open", path);
  TRY_VOID(begin("sync directory", path));
  node->names_synced = node->names;
  return {};
}

Result<void> SimDisk::write_to(Node& node, std::uint64_t offset, std::string_view bytes, const std::string& path) {
  if (offset > kFileMax || bytes.size() > kFileMax - offset) return disk_error(EFBIG, "write", path);
  const std::uint64_t end = offset + bytes.size();
  if (capacity_ != UINT64_MAX && end > node.bytes.size() && used() + (end - node.bytes.size()) > capacity_) {
    return disk_error(ENOSPC, "write", path);
  }
  node.write(offset, bytes);
  node.modified = clock_.wall_now();
  return {};
}

std::uint64_t SimDisk::used() const {
  std::uint64_t total = 0;
  std::vector<const Node*> unvisited{root_.get()};
  while (!unvisited.empty()) {
    const Node* node = unvisited.back();
    unvisited.pop_back();
    total += node->bytes.size();
    for (const auto& [name, child] : node->names) unvisited.push_back(child.get());
  }
  return total;
}

void SimDisk::put(const std::string& path, std::string_view bytes, std::uint32_t mode) {
  const std::uint64_t counted = operations_;
  const Result<void> made = make_dirs(os::parent_dir(path));
  CHECK(made.has_value());
  const Result<void> written = write_atomically(path, bytes, mode);
  CHECK(written.has_value());
  for (std::string at = os::join_path(kWorkingDir, path); at != "/"; at = os::parent_dir(at)) {
    const Result<void> synced = sync_dir(os::parent_dir(at));
    CHECK(synced.has_value());
  }
  operations_ = counted;
}

void SimDisk::crash_operation(std::uint64_t nth, CrashMode mode) {
  crash_at_ = nth == 0 ? 0 : operations_ + nth;
  crash_mode_ = mode;
}

void SimDisk::crash(CrashMode mode) {
  trace_.append("disk", mode == CrashMode::tear ? "crash, torn" : "crash");
  ++boot_;
  rt::Random* random = mode == CrashMode::tear ? &random_ : nullptr;
  // From the top, with the names as they are after the crash: in one order, whatever was open. A file that two names
  // on the medium mean (an unsynced rename between directories) is lost once; the second time finds nothing unsynced.
  std::vector<Node*> unvisited{root_.get()};
  while (!unvisited.empty()) {
    Node* node = unvisited.back();
    unvisited.pop_back();
    node->lose(random);
    for (const auto& [name, child] : node->names) unvisited.push_back(child.get());
  }
}

}  // namespace postern::world
