#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace postern::cfn::testing {

/// Compares with a file below the source folder; POSTERN_UPDATE_GOLDEN=1 writes it instead.
inline void expect_golden(const std::string& path, const std::string& text) {
  if (std::getenv("POSTERN_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.good()) << path << " is not there";
  std::ostringstream wanted;
  wanted << file.rdbuf();
  EXPECT_EQ(text, wanted.str()) << path;
}

}  // namespace postern::cfn::testing
