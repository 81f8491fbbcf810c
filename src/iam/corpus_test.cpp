// Policies that AWS published: none may be refused, and what it calls a pass or fail reads without complaint.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "iam/document.hpp"

namespace postern::iam {
namespace {

namespace fs = std::filesystem;

fs::path corpus_folder() {
  const char* data = std::getenv("POSTERN_TEST_DATA");
  return fs::path(data != nullptr ? data : "../shared/data") / "policy-checks";
}

std::vector<std::string> policies_in(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  const std::string all = text.str();
  std::vector<std::string> out;
  constexpr std::string_view kFence = "```json";
  for (std::size_t at = all.find(kFence); at != std::string::npos; at = all.find(kFence, at)) {
    at += kFence.size();
    std::string block = all.substr(at, all.find("```", at) - at);
    if (block.find("\"Statement\"") != std::string::npos) out.push_back(std::move(block));
  }
  return out;
}

TEST(PublishedPolicies, AreRead) {
  const fs::path folder = corpus_folder();
  if (!fs::exists(folder))
    GTEST_SKIP() << "NOT RUN: " << folder << " is absent; set POSTERN_TEST_DATA or provide ../shared/data";
  std::size_t read = 0;
  std::vector<std::string> refused;
  for (const char* part : {"identity-policies", "resource-policies"}) {
    const DocumentKind kind = part[0] == 'i' ? DocumentKind::identity : DocumentKind::resource;
    for (const auto& entry : fs::recursive_directory_iterator(folder / part)) {
      if (entry.path().extension() != ".md") continue;
      for (const std::string& policy : policies_in(entry.path())) {
        const auto parsed = parse_document(kind, policy);
        if (parsed)
          ++read;
        else
          refused.push_back(entry.path().filename().string() + ": " + parsed.error().to_text() + "\n" + policy);
      }
    }
  }
  for (const std::string& one : refused) ADD_FAILURE() << one;
  EXPECT_GE(read, 200U);
}

}  // namespace
}  // namespace postern::iam
