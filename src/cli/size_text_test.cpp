#include "cli/size_text.hpp"

#include <gtest/gtest.h>

namespace postern::cli {

TEST(SizeText, TellsWhatPeopleCompare) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(9'999), "9999 B");
  EXPECT_EQ(size_text(10'240), "10.0 KiB");
  EXPECT_EQ(size_text(999 * 1024), "999.0 KiB");
  EXPECT_EQ(size_text(1000 * 1024), "0.9 MiB");
  EXPECT_EQ(size_text(1536 * 1024), "1.5 MiB");
  EXPECT_EQ(size_text(200ULL << 20U), "200.0 MiB");
  EXPECT_EQ(size_text(3ULL << 40U), "3.0 TiB");
  EXPECT_EQ(size_text(5000ULL << 40U), "5000.0 TiB");
}

}  // namespace postern::cli
