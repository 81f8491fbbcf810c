#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace postern::report::testing {

/// Compares with a file below the source folder; POSTERN_UPDATE_GOLDEN=1 writes it instead.
inline void expect_page(const std::string& path, const std::string& page) {
  if (std::getenv("POSTERN_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << page;
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.good()) << path << " is not there";
  EXPECT_EQ(page, std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>())) << path;
}

}  // namespace postern::report::testing
