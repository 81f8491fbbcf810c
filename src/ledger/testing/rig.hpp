#pragma once

/// Where the ledger's tests run: on this machine's file system, or on a World's disk. Everything is the same but what
/// is below the Store.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/chain.hpp"
#include "ledger/sqlite_store.hpp"
#include "rt/loop.hpp"
#include "rt/testing/manual_loop.hpp"
#include "world/world.hpp"

namespace postern::ledger::testing {

inline constexpr const char* kWorld = "sim:test";

class Rig {
 public:
  virtual ~Rig() = default;
  virtual rt::CallContext ctx() = 0;
  virtual os::Files& files() = 0;
  virtual std::string path() const = 0;
  virtual SqliteOptions options() = 0;
  virtual rt::Worker& new_worker() = 0;

  Result<std::unique_ptr<Store>> open() { return open_sqlite_store(options(), new_worker()); }
  Result<std::unique_ptr<Store>> open_read_only() { return open_sqlite_store_read_only(options(), new_worker()); }

  /// Runs a task to its end.
  template <class T>
  T run(rt::Task<T> task) {
    std::optional<T> out;
    drive(keep<T>(std::move(task), &out));
    return std::move(*out);
  }

 protected:
  virtual void drive(rt::Task<void> task) = 0;

 private:
  template <class T>
  static rt::Task<void> keep(rt::Task<T> task, std::optional<T>* into) {
    into->emplace(co_await std::move(task));
  }
};

class RealRig final : public Rig {
 public:
  RealRig() {
    std::string pattern = ::testing::TempDir() + "postern-ledger-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    dir_ = pattern;
  }
  ~RealRig() override { remove_tree(dir_); }

  rt::CallContext ctx() override { return rt::CallContext(clock_, random_, explainer_); }
  os::Files& files() override { return *files_; }
  std::string path() const override { return dir_ + "/state/ledger.db"; }
  SqliteOptions options() override {
    SqliteOptions out;
    out.path = path();
    out.world = kWorld;
    return out;
  }
  rt::Worker& new_worker() override {
    workers_.push_back(rt::make_thread_worker());
    return *workers_.back();
  }

 protected:
  void drive(rt::Task<void> task) override { loop_.run(done(std::move(task))); }

 private:
  static rt::Task<bool> done(rt::Task<void> task) {
    co_await std::move(task);
    co_return true;
  }
  void remove_tree(const std::string& path) {
    if (const auto names = files_->list(path)) {
      for (const std::string& name : *names) remove_tree(os::join_path(path, name));
    }
    (void)files_->remove(path);
  }

  std::unique_ptr<os::Files> files_ = os::make_posix_files();
  std::string dir_;
  rt::Loop loop_;
  rt::testing::ManualClock clock_;
  rt::testing::CountingRandom random_;
  rt::testing::SilentExplainer explainer_;
  std::vector<std::unique_ptr<rt::Worker>> workers_;
};

class SimRig final : public Rig {
 public:
  explicit SimRig(std::uint64_t seed = 1) : world_(seed), worker_(rt::make_inline_worker()) {}

  world::World& world() { return world_; }
  world::SimDisk& disk() { return world_.disk(); }
  rt::CallContext ctx() override { return world_.ctx(); }
  os::Files& files() override { return world_.disk(); }
  std::string path() const override { return "state/ledger.db"; }
  SqliteOptions options() override {
    SqliteOptions out;
    out.path = path();
    out.world = kWorld;
    out.files = &world_.disk();
    return out;
  }
  rt::Worker& new_worker() override { return *worker_; }

 protected:
  void drive(rt::Task<void> task) override {
    const Result<void> ended = world_.run(std::move(task));
    CHECK(ended.has_value());
  }

 private:
  world::World world_;
  std::unique_ptr<rt::Worker> worker_;
};

/// `count` records that follow `version` records of which the last has the hash `head`; numbered bodies.
inline std::vector<Record> records_after(std::uint64_t version, const Digest& head, std::size_t count,
                                         std::size_t body_size = 0) {
  std::vector<Record> out;
  Digest before = head;
  for (std::size_t i = 0; i < count; ++i) {
    Record record;
    record.seq = version + i + 1;
    record.at = WallTime(std::chrono::seconds(1'700'000'000) + Duration(record.seq));
    record.type = "test";
    record.body = "body " + std::to_string(record.seq);
    if (record.body.size() < body_size) record.body.resize(body_size, '.');
    record.hash = before = chain_next(before, record);
    out.push_back(std::move(record));
  }
  return out;
}

/// An append of numbered records to what the store says that the stream is.
inline Append numbered_append(Rig& rig, Store& store, const std::string& stream, std::size_t count,
                              std::size_t body_size = 0) {
  const std::optional<StreamInfo> info = rig.run(store.find(rig.ctx(), stream)).value();
  Append append;
  append.stream = stream;
  append.expected_version = info ? info->version : 0;
  append.records =
      records_after(append.expected_version, info ? info->head : chain_start(kWorld, stream), count, body_size);
  return append;
}

/// All records of a stream, read in pages.
inline Result<std::vector<Record>> read_all(Rig& rig, Store& store, const std::string& stream,
                                            std::size_t page = kPageMax) {
  std::vector<Record> out;
  for (;;) {
    TRY(std::vector<Record> more, rig.run(store.read(rig.ctx(), stream, out.size() + 1, page)));
    if (more.empty()) return out;
    for (Record& record : more) out.push_back(std::move(record));
  }
}

}  // namespace postern::ledger::testing
