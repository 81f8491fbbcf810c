#include <gtest/gtest.h>

#include "ledger/files_vfs.hpp"
#include "ledger/sqlite_db.hpp"
#include "ledger/testing/workload.hpp"
#include "world/testing/seed.hpp"

namespace postern::ledger {
namespace {

using testing::check_and_go_on;
using testing::check_store;
using testing::Model;
using testing::run_workload;
using testing::SimRig;
using world::CrashMode;

/// Checkpoints often: they are where a log and a file can come apart.
SqliteOptions busy_options(SimRig& rig) {
  SqliteOptions out = rig.options();
  out.checkpoint_pages = 10;
  return out;
}

/// Opens what a crash left, and loses power once more before anything else is written.
void check_after_crash(SimRig& rig, Model& model, CrashMode mode) {
  {
    // Who only looks finds what a writer finds, or that there is no ledger yet.
    const Result<std::unique_ptr<Store>> reader = open_sqlite_store_read_only(busy_options(rig), rig.new_worker());
    if (!reader) {
      ASSERT_EQ(reader.error().kind(), ErrorKind::not_found) << reader.error().to_text();
    }
  }
  {
    const Result<std::unique_ptr<Store>> store = open_sqlite_store(busy_options(rig), rig.new_worker());
    ASSERT_TRUE(store) << store.error().to_text();
    check_store(rig, **store, model);
    rig.disk().crash(mode);
  }
  check_and_go_on(rig, busy_options(rig), model);
}

/// The machine stops at the `nth` change of the disk; false when the workload is through before.
bool crashes_at(std::uint64_t nth, std::uint64_t seed, CrashMode mode) {
  // Of one seed every crash would keep the same folders: what is drawn for them comes first.
  SimRig rig(seed * 10'000 + nth);
  Model model;
  std::unique_ptr<Store> store;
  rig.disk().crash_operation(nth, mode);
  run_workload(rig, busy_options(rig), model, store);
  store.reset();
  rig.disk().crash_operation(0);
  const bool crashed = rig.disk().is_down();
  if (crashed) {
    rig.disk().restart();
  } else {
    EXPECT_TRUE(model.errors.empty()) << model.errors.front().to_text();
  }
  check_after_crash(rig, model, mode);
  return crashed;
}

void crash_everywhere(std::uint64_t seed, CrashMode mode) {
  POSTERN_SEEDED(seed);
  std::uint64_t nth = 1;
  while (crashes_at(nth, seed, mode) && !::testing::Test::HasFailure()) ++nth;
  ASSERT_FALSE(::testing::Test::HasFailure()) << "the crash was at operation " << nth;
  EXPECT_GT(nth, 50U);
}

TEST(LedgerCrash, KeepsItsPromiseWhereverTheMachineStops) {
  for (const std::uint64_t seed : {1U, 2U}) crash_everywhere(seed, CrashMode::lose_unsynced);
}

TEST(LedgerCrash, KeepsItsPromiseWhateverATornDiskKeeps) {
  for (std::uint64_t seed = world::testing::test_seed(); seed < world::testing::test_seed() + 3; ++seed) {
    crash_everywhere(seed, CrashMode::tear);
  }
}

/// Stops the machine at `nth`, and again at the `again`th change while the ledger is opened; false when it is open
/// before.
bool crashes_while_opening(std::uint64_t nth, std::uint64_t again, CrashMode mode) {
  SimRig rig(nth * 10'000 + again);
  Model model;
  std::unique_ptr<Store> store;
  rig.disk().crash_operation(nth, mode);
  run_workload(rig, busy_options(rig), model, store);
  store.reset();
  rig.disk().restart();
  rig.disk().crash_operation(again, mode);
  Result<std::unique_ptr<Store>> opened = open_sqlite_store(busy_options(rig), rig.new_worker());
  if (opened) opened->reset();  // with its checkpoint
  const bool crashed = rig.disk().is_down();
  rig.disk().crash_operation(0);
  rig.disk().restart();
  check_after_crash(rig, model, mode);
  return crashed;
}

TEST(LedgerCrash, SurvivesACrashDuringTheRecoveryFromACrash) {
  for (std::uint64_t nth = 5; nth < 120; nth += 23) {
    std::uint64_t again = 1;
    while (crashes_while_opening(nth, again, CrashMode::tear) && !HasFailure()) ++again;
    ASSERT_FALSE(HasFailure()) << "crashes at " << nth << " and " << again;
  }
}

/// An error of the disk at the `nth` change; then the process ends, or the machine does.
bool fails_at(std::uint64_t nth, bool machine_stops, std::size_t* surfaced) {
  SimRig rig(nth);
  Model model;
  std::unique_ptr<Store> store;
  rig.disk().fail_operation(nth);
  run_workload(rig, busy_options(rig), model, store);
  const bool failed = rig.disk().operations() >= nth;
  rig.disk().fail_operation(0);
  for (const Error& error : model.errors) {
    if (error.kind() == ErrorKind::cancelled) continue;
    EXPECT_EQ(error.kind(), ErrorKind::internal) << error.to_text();
    EXPECT_NE(error.to_text().find("Input/output error"), std::string::npos) << error.to_text();
  }
  if (!model.errors.empty()) ++*surfaced;
  if (!failed) EXPECT_TRUE(model.errors.empty());
  if (machine_stops) rig.disk().crash(CrashMode::tear);
  store.reset();
  check_and_go_on(rig, busy_options(rig), model);
  return failed;
}

TEST(LedgerCrash, LosesNothingToADiskThatFailsOnce) {
  for (const bool machine_stops : {false, true}) {
    std::size_t surfaced = 0;
    std::uint64_t nth = 1;
    while (fails_at(nth, machine_stops, &surfaced) && !HasFailure()) ++nth;
    ASSERT_FALSE(HasFailure()) << "the failure was at operation " << nth;
    EXPECT_GT(surfaced, 30U);
  }
}

TEST(LedgerCrash, LosesNothingToAFullDisk) {
  bool complete = false;
  std::size_t refused = 0;
  for (std::uint64_t capacity = 0; !complete; capacity += 6000) {
    ASSERT_LT(capacity, 10U << 20U);
    SimRig rig(1);
    Model model;
    std::unique_ptr<Store> store;
    rig.disk().set_capacity(capacity);
    run_workload(rig, busy_options(rig), model, store);
    complete = model.errors.empty();
    if (!complete) {
      ++refused;
      EXPECT_EQ(model.errors.front().kind(), ErrorKind::internal);
      EXPECT_NE(model.errors.front().to_text().find("No space left on device"), std::string::npos)
          << model.errors.front().to_text();
    }
    store.reset();
    rig.disk().set_capacity(UINT64_MAX);
    check_and_go_on(rig, busy_options(rig), model);
    ASSERT_FALSE(HasFailure()) << "at " << capacity << " bytes";
  }
  EXPECT_GT(refused, 3U);
}

TEST(LedgerCrash, OpensBesideTheConnectionsOfADeadProcess) {
  SimRig rig(1);
  Model model;
  std::unique_ptr<Store> dead;
  run_workload(rig, busy_options(rig), model, dead);
  rig.disk().crash();
  check_and_go_on(rig, busy_options(rig), model);
  AcquireLease wanted;
  wanted.name = "lease/other";
  EXPECT_EQ(rig.run(dead->acquire(rig.ctx(), wanted)).error().kind(), ErrorKind::internal);
  dead.reset();
  check_and_go_on(rig, busy_options(rig), model);
}

/// A process that died in the middle of a commit holds a lock in memory that it does not have any more.
TEST(LedgerCrash, ADeadWriterKeepsNobodyOut) {
  SimRig rig(1);
  Model model;
  std::unique_ptr<Store> dead;
  run_workload(rig, busy_options(rig), model, dead);
  DbOptions options;
  options.path = rig.path();
  options.mode = DbMode::read_write;
  options.vfs = FilesVfs::of(rig.disk());
  const std::unique_ptr<Db> db = Db::open(std::move(options)).value();
  const Transaction writing = Transaction::write(*db).value();
  ASSERT_TRUE(db->execute("UPDATE stream SET summary = 'never'"));
  rig.disk().crash();
  check_and_go_on(rig, busy_options(rig), model);
}

TEST(LedgerFile, OfAWorldOpensOnAMachine) {
  SimRig rig(1);
  testing::RealRig real;
  Model model;
  std::unique_ptr<Store> store;
  run_workload(rig, rig.options(), model, store);
  store.reset();
  const std::string bytes = rig.disk().read(rig.path(), 10U << 20U).value();
  ASSERT_TRUE(real.files().make_dirs(os::parent_dir(real.path())));
  ASSERT_TRUE(real.files().write_atomically(real.path(), bytes));
  check_and_go_on(real, real.options(), model);
  rig.disk().put(rig.path(), real.files().read(real.path(), 10U << 20U).value());
  check_and_go_on(rig, rig.options(), model);
}

TEST(LedgerCrash, IsTheSameEveryTime) {
  const auto hash = [] {
    SimRig rig(7);
    Model model;
    std::unique_ptr<Store> store;
    run_workload(rig, busy_options(rig), model, store);
    store.reset();
    return rig.world().trace().hash();
  };
  EXPECT_EQ(hash(), hash());
}

}  // namespace
}  // namespace postern::ledger
