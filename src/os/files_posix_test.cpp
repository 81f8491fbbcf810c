#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "os/files.hpp"

namespace postern::os {
namespace {

class PosixFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "postern-files-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { remove_tree(dir_); }

  void remove_tree(const std::string& path) {
    if (const auto names = files_->list(path)) {
      for (const std::string& name : *names) remove_tree(join_path(path, name));
    }
    (void)files_->remove(path);
  }
  std::string at(std::string_view name) const { return join_path(dir_, name); }

  static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

  std::unique_ptr<Files> files_ = make_posix_files();
  std::string dir_;
};

TEST_F(PosixFilesTest, WriteAtomicallyReplacesWithModeAndLeavesNothingBehind) {
  ASSERT_TRUE(files_->write_atomically(at("config"), "old"));
  ASSERT_TRUE(files_->write_atomically(at("config"), "new", 0644));
  EXPECT_EQ(files_->read(at("config"), 100).value(), "new");
  const FileStat stat = files_->stat(at("config")).value();
  EXPECT_EQ(stat.type, FileType::regular);
  EXPECT_EQ(stat.mode, 0644U);
  EXPECT_EQ(stat.size, 3U);
  EXPECT_TRUE(stat.owned_by_us);
  EXPECT_EQ(files_->list(dir_).value(), std::vector<std::string>{"config"});
}

TEST_F(PosixFilesTest, WriteAtomicallyKeepsTheOldFileWhenItFails) {
  ASSERT_TRUE(files_->make_dirs(at("taken")));
  const auto written = files_->write_atomically(at("taken"), "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().context("path"), at("taken"));
  EXPECT_EQ(files_->list(dir_).value(), std::vector<std::string>{"taken"});
}

TEST_F(PosixFilesTest, ReadHasALimit) {
  ASSERT_TRUE(files_->write_atomically(at("f"), "12345"));
  EXPECT_EQ(files_->read(at("f"), 5).value(), "12345");
  EXPECT_EQ(files_->read(at("f"), 4).error().kind(), ErrorKind::malformed);
}

TEST_F(PosixFilesTest, ReadingAFifoDoesNotHang) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(files_->read(at("fifo"), 10).value(), "");
}

TEST_F(PosixFilesTest, ErrorsSayWhatToDo) {
  EXPECT_EQ(files_->read(at("none"), 10).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(files_->read(at("none"), 10).error().to_text(),
            "cannot open: No such file or directory (path=" + at("none") + ")");
  EXPECT_EQ(files_->read(dir_, 10).error().kind(), ErrorKind::usage);
  EXPECT_EQ(files_->remove(at("none")).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(files_->open(at("none"), OpenMode::read).error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(files_->write_atomically(at("f"), ""));
  EXPECT_EQ(files_->open(at("f"), OpenMode::create_new).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(files_->make_dirs(at("f/sub")).error().kind(), ErrorKind::usage);
  EXPECT_FALSE(files_->exists(at("none")));
  EXPECT_TRUE(files_->exists(at("f")));
}

TEST_F(PosixFilesTest, MakesDirectoriesAndLists) {
  ASSERT_TRUE(files_->make_dirs(at("a/b/c")));
  ASSERT_TRUE(files_->make_dirs(at("a/b/c")));
  ASSERT_TRUE(files_->write_atomically(at("a/z"), ""));
  ASSERT_TRUE(files_->write_atomically(at("a/y"), ""));
  EXPECT_EQ(files_->list(at("a")).value(), (std::vector<std::string>{"b", "y", "z"}));
  EXPECT_EQ(files_->remove(at("a")).error().kind(), ErrorKind::conflict);
  ASSERT_TRUE(files_->rename(at("a/z"), at("a/b/z")));
  EXPECT_TRUE(files_->exists(at("a/b/z")));
}

TEST_F(PosixFilesTest, PositionalAccess) {
  const auto file = files_->open(at("db"), OpenMode::create).value();
  ASSERT_TRUE(file->write_at(4, bytes("data")));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(file->size().value(), 8U);
  std::string into(10, 'x');
  EXPECT_EQ(file->read_at(2, std::as_writable_bytes(std::span(into))).value(), 6U);
  EXPECT_EQ(into.substr(0, 6), std::string("\0\0data", 6));
  ASSERT_TRUE(file->truncate(5));
  EXPECT_EQ(file->size().value(), 5U);
  EXPECT_EQ(file->read_at(5, std::as_writable_bytes(std::span(into))).value(), 0U);
}

TEST_F(PosixFilesTest, LocksBelongToTheHandle) {
  const auto one = files_->open(at("db"), OpenMode::create).value();
  auto two = files_->open(at("db"), OpenMode::read_write).value();
  ASSERT_TRUE(one->try_lock(LockKind::shared));
  ASSERT_TRUE(two->try_lock(LockKind::shared));
  EXPECT_EQ(one->try_lock(LockKind::exclusive).error().kind(), ErrorKind::conflict);
  two.reset();
  EXPECT_TRUE(one->try_lock(LockKind::exclusive));
  EXPECT_TRUE(one->try_lock(LockKind::none));
}

}  // namespace
}  // namespace postern::os
