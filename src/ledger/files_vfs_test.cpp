#include "ledger/files_vfs.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "ledger/sqlite_db.hpp"
#include "world/world.hpp"

namespace postern::ledger {
namespace {

using world::World;

/// Databases in SQLite's other journal mode, in which the levels of locks are all that keeps connections apart.
class FilesVfsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Db> connect(os::Files& files, DbMode mode = DbMode::read_write) {
    DbOptions options;
    options.path = "db";
    options.mode = mode;
    options.vfs = FilesVfs::of(files);
    return Db::open(std::move(options)).value();
  }
  void SetUp() override { world_.disk().put("db", ""); }

  World world_{1};
};

TEST_F(FilesVfsTest, IsOnePerFilesAndGoneWithItsLastUser) {
  World other(1);
  std::shared_ptr<FilesVfs> first = FilesVfs::of(world_.disk());
  const std::shared_ptr<FilesVfs> second = FilesVfs::of(other.disk());
  EXPECT_EQ(FilesVfs::of(world_.disk()), first);
  EXPECT_NE(first->name(), second->name());
  const std::string name = first->name();
  const std::unique_ptr<Db> db = connect(world_.disk());
  first.reset();
  EXPECT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
  EXPECT_NE(std::string(sqlite3_vfs_find(nullptr)->zName), name);  // never the default
  connect(world_.disk());
  EXPECT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
}

TEST_F(FilesVfsTest, IsUnregisteredWithTheLastConnection) {
  std::unique_ptr<Db> db = connect(world_.disk());
  const std::string name = FilesVfs::of(world_.disk())->name();
  ASSERT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
  db.reset();
  EXPECT_EQ(sqlite3_vfs_find(name.c_str()), nullptr);
}

TEST_F(FilesVfsTest, LetsOneConnectionWriteAndNobodyReadHalfOfIt) {
  const std::unique_ptr<Db> one = connect(world_.disk());
  const std::unique_ptr<Db> two = connect(world_.disk());
  ASSERT_TRUE(one->execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)"));
  EXPECT_EQ(two->number("SELECT count(*) FROM t").value(), 1);
  {
    const Transaction reading = Transaction::read(*two).value();  // SHARED
    EXPECT_EQ(two->number("SELECT count(*) FROM t").value(), 1);
    Transaction writing = Transaction::write(*one).value();  // RESERVED
    EXPECT_EQ(two->execute("INSERT INTO t VALUES (9)").error().kind(), ErrorKind::unavailable);
    ASSERT_TRUE(one->execute("INSERT INTO t VALUES (2)"));
    // PENDING: the commit waits for the reader to go, and lets no new one in.
    EXPECT_EQ(writing.commit().error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(two->number("SELECT count(*) FROM t").value(), 1);
    const std::unique_ptr<Db> three = connect(world_.disk());
    EXPECT_EQ(three->number("SELECT count(*) FROM t").error().kind(), ErrorKind::unavailable);
  }
  EXPECT_EQ(two->number("SELECT count(*) FROM t").value(), 1);
  ASSERT_TRUE(one->execute("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(two->number("SELECT count(*) FROM t").value(), 2);
  ASSERT_TRUE(one->execute("BEGIN EXCLUSIVE"));
  EXPECT_EQ(two->number("SELECT count(*) FROM t").error().kind(), ErrorKind::unavailable);
  ASSERT_TRUE(one->execute("COMMIT"));
  EXPECT_EQ(two->number("SELECT count(*) FROM t").value(), 2);
}

TEST_F(FilesVfsTest, ARollbackJournalIsPlayedBackAfterACrash) {
  {
    const std::unique_ptr<Db> db = connect(world_.disk());
    ASSERT_TRUE(
        db->execute("CREATE TABLE t (x); INSERT INTO t VALUES (1); PRAGMA cache_size = 1; PRAGMA cache_spill = 1"));
    ASSERT_TRUE(world_.disk().sync_dir("."));
    ASSERT_TRUE(db->execute("BEGIN; INSERT INTO t SELECT randomblob(100000) FROM t; UPDATE t SET x = 7"));
    EXPECT_TRUE(world_.disk().exists("db-journal"));
    world_.disk().crash();
  }
  const std::unique_ptr<Db> db = connect(world_.disk());
  EXPECT_EQ(db->number("SELECT sum(x) FROM t").value(), 1);
  EXPECT_EQ(db->text("PRAGMA integrity_check").value(), "ok");
}

TEST_F(FilesVfsTest, IsForOneProcess) {
  const std::unique_ptr<Db> db = connect(world_.disk());
  const auto other = world_.disk().open("db", os::OpenMode::read_write).value();
  EXPECT_EQ(other->try_lock(os::LockKind::exclusive).error().kind(), ErrorKind::conflict);
}

TEST_F(FilesVfsTest, KeepsAwayFromAFileThatAnotherProcessHas) {
  const auto other = world_.disk().open("db", os::OpenMode::read_write).value();
  ASSERT_TRUE(other->try_lock(os::LockKind::exclusive));
  DbOptions options;
  options.path = "db";
  options.mode = DbMode::read_write;
  options.vfs = FilesVfs::of(world_.disk());
  EXPECT_EQ(Db::open(options).error().kind(), ErrorKind::unavailable);
  ASSERT_TRUE(other->try_lock(os::LockKind::none));
  EXPECT_TRUE(Db::open(options));
}

TEST_F(FilesVfsTest, ManyConnectionsShareAWriteAheadLog) {
  const std::unique_ptr<Db> writer = connect(world_.disk());
  EXPECT_EQ(writer->text("PRAGMA journal_mode = WAL").value(), "wal");
  ASSERT_TRUE(writer->execute("CREATE TABLE t (x); PRAGMA wal_autocheckpoint = 3"));
  std::vector<std::unique_ptr<Db>> readers;
  for (int i = 1; i <= 8; ++i) {
    readers.push_back(connect(world_.disk(), DbMode::read_only));
    const Transaction old = Transaction::read(*readers.back()).value();
    EXPECT_EQ(readers.back()->number("SELECT count(*) FROM t").value(), 20 * (i - 1));
    for (int row = 0; row < 20; ++row) ASSERT_TRUE(writer->execute("INSERT INTO t VALUES (randomblob(3000))"));
    // What it began to look at stays, whatever is brought into the file beside it.
    EXPECT_EQ(readers.back()->number("SELECT count(*) FROM t").value(), 20 * (i - 1));
  }
  for (const auto& reader : readers) EXPECT_EQ(reader->number("SELECT count(*) FROM t").value(), 160);
  EXPECT_EQ(writer->text("PRAGMA integrity_check").value(), "ok");
}

TEST_F(FilesVfsTest, TellsWhatTheDiskSaid) {
  const std::unique_ptr<Db> db = connect(world_.disk());
  world_.disk().set_capacity(100);
  const Result<void> made = db->execute("CREATE TABLE t (x)");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind(), ErrorKind::internal);
  ASSERT_NE(made.error().cause(), nullptr);
  EXPECT_NE(made.error().to_text().find("No space left on device"), std::string::npos) << made.error().to_text();
}

}  // namespace
}  // namespace postern::ledger
