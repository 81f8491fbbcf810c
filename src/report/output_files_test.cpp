#include "report/output_files.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/text.hpp"
#include "report/testing/sample.hpp"

namespace postern::report {
namespace output_files_test {

TEST(OutputFiles, AreOnesOfEveryTargetThatRan) {
  flow::RunResult run = testing::sample_run();
  run.targets[2].err = "bad\n";
  std::string listing;
  for (const TargetFiles& file : output_files(run, testing::sample_facts())) {
    listing += file.out_path() + "=" + file.target->out.bytes() + ";";
    if (!file.err_path().empty()) listing += file.err_path() + "=" + file.target->err.bytes() + ";";
  }
  EXPECT_EQ(
      listing,
      "444455556666/us-east-1/web-01.i-00000000000000001.out=ok\n;"
      "444455556666/us-east-1/i-00000000000000002.out=ok;"
      "444455556666/us-east-1/i-00000000000000003.out=no\n;444455556666/us-east-1/i-00000000000000003.err=bad\n;");
}

TEST(OutputFiles, NamesNeverLeaveTheFolderOrMeet) {
  const auto scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  const std::vector<std::string> names = {"../../etc/passwd",
                                          "..",
                                          ".",
                                          "-rf",
                                          "a/b",
                                          "a\\b",
                                          "a:b",
                                          "CON",
                                          "nul.txt",
                                          "x.",
                                          std::string("a\0b", 3),
                                          "\xff\xfe",
                                          testing::hostile(),
                                          std::string(5'000, 'x'),
                                          "Web",
                                          "web",
                                          "web.i-00000000000000001"};
  flow::RunResult run;
  RunFacts facts;
  for (unsigned i = 0; i < names.size(); ++i) {
    run.targets.push_back(testing::ran(scope, i, 0, "x"));
    facts.names[run.targets.back().target.label()] = names[i];
  }
  run.targets.push_back(run.targets.front());  // the same target by another way in
  std::set<std::string> paths;
  for (const TargetFiles& file : output_files(run, facts)) {
    EXPECT_TRUE(paths.insert(to_lower(file.stem)).second) << file.stem;
    EXPECT_TRUE(file.stem.starts_with("444455556666/us-east-1/"));
    const std::string part = file.stem.substr(23);
    EXPECT_LT(part.size(), 128U);
    EXPECT_NE(part.front(), '.');
    EXPECT_NE(part.front(), '-');
    EXPECT_EQ(part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
              std::string::npos)
        << part;
  }
  EXPECT_EQ(paths.size(), names.size() + 1);
}

TEST(SafePathPart, KnowsDevicesOfWindows) {
  EXPECT_EQ(safe_path_part("CON.web"), "_CON.web");
  EXPECT_EQ(safe_path_part("com1"), "_com1");
  EXPECT_EQ(safe_path_part("console"), "console");
  EXPECT_EQ(safe_path_part(""), "_");
}

}  // namespace output_files_test
}  // namespace postern::report
