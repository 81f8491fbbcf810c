#include "world/disk.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "world/testing/seed.hpp"
#include "world/world.hpp"

namespace postern::world {
namespace {

std::span<const std::byte> disk_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// One contract for both: what a program can see without a crash is what the real file system shows.
void keeps_the_contract(os::Files& files, const std::string& dir) {
  const auto at = [&dir](std::string_view name) { return os::join_path(dir, name); };
  ASSERT_TRUE(files.write_atomically(at("f"), "old"));
  ASSERT_TRUE(files.write_atomically(at("f"), "12345", 0640));
  EXPECT_EQ(files.read(at("f"), 5).value(), "12345");
  EXPECT_EQ(files.read(at("f"), 4).error().kind(), ErrorKind::malformed);
  EXPECT_EQ(files.stat(at("f"))->mode, 0640U);
  ASSERT_TRUE(files.set_mode(at("f"), 0600));
  EXPECT_EQ(files.stat(at("f"))->mode, 0600U);
  EXPECT_EQ(files.set_mode(at("none"), 0600).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(files.list(dir).value(), std::vector<std::string>{"f"});
  EXPECT_EQ(files.read(at("none"), 9).error().to_text(),
            "cannot open: No such file or directory (path=" + at("none") + ")");
  EXPECT_EQ(files.read(dir, 9).error().kind(), ErrorKind::usage);
  EXPECT_EQ(files.open(at("f"), os::OpenMode::create_new).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(files.open(at("none"), os::OpenMode::read_write).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(files.make_dirs(at("f/sub")).error().kind(), ErrorKind::usage);
  EXPECT_EQ(files.read(at("f/sub"), 9).error().kind(), ErrorKind::usage);
  ASSERT_TRUE(files.make_dirs(at("a/b/c")));
  ASSERT_TRUE(files.make_dirs(at("a/b/c")));
  EXPECT_EQ(files.remove(at("a")).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(files.write_atomically(at("a"), "x").error().kind(), ErrorKind::usage);
  EXPECT_EQ(files.rename(at("none"), at("x")).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(files.rename(at("a"), at("a/b/x")).error().kind(), ErrorKind::usage);
  EXPECT_EQ(files.rename(at("a"), at("f")).error().kind(), ErrorKind::usage);
  ASSERT_TRUE(files.rename(at("f"), at("a/b/f")));
  EXPECT_EQ(files.read(at("./a/../a/b/f"), 9).value(), "12345");
  EXPECT_EQ(files.list(dir).value(), std::vector<std::string>{"a"});
  EXPECT_EQ(files.remove(at("f")).error().kind(), ErrorKind::not_found);
}

/// Handles: positions, sizes, locks.
void keeps_the_file_contract(os::Files& files, const std::string& path) {
  const auto one = files.open(path, os::OpenMode::create).value();
  ASSERT_TRUE(one->write_at(4, disk_bytes("data")));
  std::string into(10, 'x');
  const auto space = std::as_writable_bytes(std::span(into));
  EXPECT_EQ(one->read_at(2, space).value(), 6U);
  EXPECT_EQ(into.substr(0, 6), std::string("\0\0data", 6));
  ASSERT_TRUE(one->truncate(5));
  ASSERT_TRUE(one->truncate(7));
  EXPECT_EQ(one->size().value(), 7U);
  EXPECT_EQ(one->read_at(4, space).value(), 3U);
  EXPECT_EQ(into.substr(0, 3), std::string("d\0\0", 3));
  EXPECT_EQ(one->read_at(70, space).value(), 0U);
  auto two = files.open(path, os::OpenMode::read_write).value();
  ASSERT_TRUE(one->try_lock(os::LockKind::shared));
  ASSERT_TRUE(two->try_lock(os::LockKind::shared));
  EXPECT_EQ(one->try_lock(os::LockKind::exclusive).error().kind(), ErrorKind::conflict);
  two.reset();
  EXPECT_TRUE(one->try_lock(os::LockKind::exclusive));
  const auto reader = files.open(path, os::OpenMode::read).value();
  EXPECT_FALSE(reader->write_at(0, disk_bytes("x")));
  EXPECT_TRUE(files.remove(path));
  EXPECT_EQ(reader->size().value(), 7U);
}

TEST(SimDisk, DoesWhatTheRealFileSystemDoes) {
  World world(1);
  ASSERT_TRUE(world.disk().make_dirs("/tmp/x"));
  keeps_the_contract(world.disk(), "/tmp/x");
  keeps_the_file_contract(world.disk(), "/tmp/file");
  std::string real = ::testing::TempDir() + "postern-disk-XXXXXX";
  ASSERT_NE(::mkdtemp(real.data()), nullptr);
  const auto files = os::make_posix_files();
  keeps_the_contract(*files, real);
  keeps_the_file_contract(*files, real + "/file");
  for (const char* left : {"/a/b/f", "/a/b/c", "/a/b", "/a", ""}) EXPECT_TRUE(files->remove(real + left)) << left;
}

TEST(SimDisk, ACrashKeepsOnlyWhatWasSynced) {
  World world(1);
  SimDisk& disk = world.disk();
  const auto file = disk.open("db", os::OpenMode::create).value();
  ASSERT_TRUE(file->write_at(0, disk_bytes("synced")));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(disk.sync_dir("/home/operator"));
  ASSERT_TRUE(file->write_at(0, disk_bytes("LOST, and longer")));
  ASSERT_TRUE(disk.write_atomically("config", "safe"));
  const auto nameless = disk.open("forgotten", os::OpenMode::create).value();
  ASSERT_TRUE(nameless->sync());
  disk.crash();
  EXPECT_EQ(disk.read("db", 99).value(), "synced");
  EXPECT_EQ(disk.read("config", 99).value(), "safe");
  EXPECT_FALSE(disk.exists("forgotten"));  // its bytes were synced, its name was not
  EXPECT_FALSE(file->sync());              // a handle of the machine as it was before
  EXPECT_EQ(disk.list(".").value(), (std::vector<std::string>{"config", "db"}));
}

TEST(SimDisk, ATruncatedFileComesBackWhole) {
  World world(1);
  SimDisk& disk = world.disk();
  const std::string content(5000, 'a');
  disk.put("/var/lib/f", content);
  {
    const auto file = disk.open("/var/lib/f", os::OpenMode::read_write).value();
    ASSERT_TRUE(file->truncate(700));
    ASSERT_TRUE(file->truncate(900));
    ASSERT_TRUE(file->write_at(4000, disk_bytes("new")));
  }
  disk.crash();
  EXPECT_EQ(disk.read("/var/lib/f", 9999).value(), content);
}

TEST(SimDisk, UnsyncedRenamesAreUndone) {
  World world(1);
  SimDisk& disk = world.disk();
  disk.put("a", "1");
  ASSERT_TRUE(disk.rename("a", "b"));
  disk.crash();
  EXPECT_EQ(disk.read("a", 9).value(), "1");
  EXPECT_FALSE(disk.exists("b"));
  ASSERT_TRUE(disk.rename("a", "b"));
  ASSERT_TRUE(disk.sync_dir("."));
  disk.crash();
  EXPECT_EQ(disk.read("b", 9).value(), "1");
}

TEST(SimDisk, ATornWriteIsMadeOfOldAndNewSectors) {
  bool mixed = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    POSTERN_SEEDED(seed);
    World world(seed);
    world.disk().put("f", std::string(2048, 'o'));
    const auto file = world.disk().open("f", os::OpenMode::read_write).value();
    ASSERT_TRUE(file->write_at(0, disk_bytes(std::string(2048, 'n'))));
    world.disk().crash(CrashMode::tear);
    const std::string now = world.disk().read("f", 9999).value();
    ASSERT_EQ(now.size(), 2048U);
    for (std::size_t sector = 0; sector < 4; ++sector) {
      const std::string part = now.substr(sector * 512, 512);
      EXPECT_TRUE(part == std::string(512, 'o') || part == std::string(512, 'n'));
    }
    mixed = mixed || (now.find('o') != std::string::npos && now.find('n') != std::string::npos);
  }
  EXPECT_TRUE(mixed);
}

/// At whatever step the machine stops, and however the disk tears: old or new, never anything else.
TEST(SimDisk, WriteAtomicallyIsAtomicForACrashAtEveryStep) {
  for (const CrashMode mode : {CrashMode::lose_unsynced, CrashMode::tear}) {
    for (std::uint64_t step = 1;; ++step) {
      World world(step);
      SimDisk& disk = world.disk();
      disk.put("f", "old");
      disk.crash_operation(step, mode);
      const Result<void> written = disk.write_atomically("f", "new");
      if (written) {
        EXPECT_EQ(step, 6U);  // create, write, sync, rename, sync directory
        break;
      }
      EXPECT_TRUE(disk.is_down());
      EXPECT_FALSE(disk.exists("f"));
      disk.restart();
      const std::string now = disk.read("f", 99).value();
      EXPECT_TRUE(now == "old" || now == "new") << now;
    }
  }
}

TEST(SimDisk, WriteAtomicallyLeavesNothingWhenAStepFails) {
  for (std::uint64_t step = 1; step <= 4; ++step) {
    World world(1);
    world.disk().put("f", "old");
    world.disk().fail_operation(step);
    const Result<void> written = world.disk().write_atomically("f", "new");
    ASSERT_FALSE(written) << step;
    EXPECT_EQ(written.error().kind(), ErrorKind::internal);
    EXPECT_EQ(world.disk().read("f", 99).value(), "old");
    EXPECT_EQ(world.disk().list(".").value(), std::vector<std::string>{"f"});
  }
}

TEST(SimDisk, AFullDiskSaysSo) {
  World world(1);
  world.disk().put("f", "12345");
  world.disk().set_capacity(8);
  EXPECT_TRUE(world.disk().write_atomically("g", "123"));
  const Result<void> written = world.disk().write_atomically("g", "1234");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().to_text().find("No space left on device"), std::string::npos);
  EXPECT_EQ(world.disk().read("g", 9).value(), "123");
}

}  // namespace
}  // namespace postern::world
