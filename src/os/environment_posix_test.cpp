#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "os/environment.hpp"
#include "os/random.hpp"

namespace postern::os {
namespace {

TEST(PosixEnvironment, IsASnapshotAndSorted) {
  ASSERT_EQ(::setenv("POSTERN_TEST_VARIABLE", "a=b", 1), 0);
  ASSERT_EQ(::setenv("POSTERN_TEST_EMPTY", "", 1), 0);
  const auto environment = make_posix_environment();
  ASSERT_EQ(::setenv("POSTERN_TEST_VARIABLE", "later", 1), 0);
  EXPECT_EQ(environment->get("POSTERN_TEST_VARIABLE"), "a=b");
  EXPECT_EQ(environment->get("POSTERN_TEST_EMPTY"), "");
  EXPECT_FALSE(environment->get("POSTERN_TEST_ABSENT").has_value());
  const auto all = environment->all();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
}

TEST(PosixEnvironment, KnowsWhoAndWhere) {
  const auto environment = make_posix_environment();
  EXPECT_FALSE(environment->user_name().empty());
  EXPECT_FALSE(environment->host_name().empty());
}

TEST(PosixEnvironment, FindsTheHomeFolderWithoutTheVariable) {
  ASSERT_EQ(::setenv("HOME", "/somewhere/", 1), 0);
  EXPECT_EQ(make_posix_environment()->home_dir(), "/somewhere");
  ASSERT_EQ(::unsetenv("HOME"), 0);
  EXPECT_TRUE(make_posix_environment()->home_dir().starts_with("/"));
}

TEST(KernelRandom, FillsAndDiffers) {
  KernelRandom random;
  EXPECT_NE(random.next_u64(), random.next_u64());
}

}  // namespace
}  // namespace postern::os
