// Files that a run leaves: written whole or not at all, never outside of their folder, never over another run's.

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.hpp"
#include "cli/atomic_file.hpp"
#include "cli/chosen_targets.hpp"
#include "cli/output_folder.hpp"
#include "fleet/testing/make.hpp"

namespace postern::cli {
namespace run_files_test {

/// A folder of the machine's own that is gone afterwards.
class Folder {
 public:
  Folder() : path_(std::filesystem::path(::testing::TempDir()) / ("run-files-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator()(const std::string& name) const { return (path_ / name).string(); }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }
  std::string text(const std::string& name) const {
    std::ifstream file(path_ / name);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }

 private:
  std::filesystem::path path_;
};

std::string usage_of(const Result<void>& result) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().kind(), ErrorKind::usage);
  return result.error().message();
}

flow::RunResult two_targets() {
  const auto scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  flow::RunResult run;
  run.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  for (unsigned i = 1; i <= 2; ++i) {
    run.targets.emplace_back(fleet::TargetRef(scope, fleet::testing::instance_id(i)), flow::Outcome::succeeded, "");
    run.targets.back().out = "out " + std::to_string(i);
  }
  run.targets[0].name = "../../web-01";
  run.targets[1].name = "db-01";
  run.targets[1].err = "err";
  run.targets.emplace_back(fleet::TargetRef(scope, fleet::testing::instance_id(3)), flow::Outcome::unknown, "lost");
  return run;
}

TEST(AtomicFile, IsSeenWholeOrNotAtAll) {
  const Folder folder;
  const auto files = os::make_posix_files();
  {
    auto file = AtomicFile::begin(*files, folder("a"));
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write("half"));
    EXPECT_FALSE(files->exists(folder("a")));
    EXPECT_EQ(folder.entries(), 1U);
  }
  EXPECT_EQ(folder.entries(), 0U);
  auto file = AtomicFile::begin(*files, folder("a"));
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(std::string(300'000, 'x')));
  ASSERT_TRUE(file->write("end"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(folder.text("a").size(), 300'003U);
  EXPECT_EQ(files->stat(folder("a"))->mode, 0600U);
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(AtomicFile, SaysBeforehandWhatCannotBeWritten) {
  const Folder folder;
  const auto files = os::make_posix_files();
  EXPECT_TRUE(AtomicFile::check(*files, folder("a")));
  EXPECT_EQ(folder.entries(), 0U);
  EXPECT_NE(usage_of(AtomicFile::check(*files, folder("none/a"))).find("cannot write"), std::string::npos);
  EXPECT_NE(usage_of(AtomicFile::check(*files, folder(""))).find("not the name of a file"), std::string::npos);
  EXPECT_NE(usage_of(AtomicFile::check(*files, "/dev/null")).find("is no file"), std::string::npos);
  EXPECT_NE(usage_of(AtomicFile::check(*files, "")).find("not the name"), std::string::npos);
}

TEST(OutputFolder, HasAFileOfEachStreamAndAnIndex) {
  const Folder folder;
  const auto files = os::make_posix_files();
  const flow::RunResult run = two_targets();
  report::RunFacts facts;
  ASSERT_TRUE(check_output_folder(*files, folder("out"), ""));
  OutputFolder out(*files, folder("out"));
  for (const report::TargetFiles& one : report::output_files(run, facts)) ASSERT_TRUE(out.write(one));
  ASSERT_TRUE(out.write_index(run, facts));
  const Result<Json> index = Json::parse(folder.text("out/index.json"));
  ASSERT_TRUE(index.has_value()) << index.error().message();
  EXPECT_EQ((*index)["schema"].as_string(), "postern.run.files/1");
  ASSERT_EQ((*index)["targets"].size(), 3U);
  const Json& first = (*index)["targets"].items()[0];
  EXPECT_EQ(first["name"].as_string(), "../../web-01");
  EXPECT_EQ(first["stdout"].as_string(), "444455556666/us-east-1/_.._.._web-01.i-00000000000000001.out");
  EXPECT_EQ(folder.text("out/" + first["stdout"].as_string()), "out 1");
  const Json& second = (*index)["targets"].items()[1];
  EXPECT_EQ(folder.text("out/" + second["stderr"].as_string()), "err");
  EXPECT_FALSE((*index)["targets"].items()[2].contains("stdout"));
  EXPECT_EQ(files->stat(folder("out"))->mode, 0700U);
}

TEST(OutputFolder, OfAnotherRunIsNotOverwritten) {
  const Folder folder;
  const auto files = os::make_posix_files();
  const flow::RunResult run = two_targets();
  OutputFolder out(*files, folder("out"));
  ASSERT_TRUE(files->make_dirs(folder("out")));
  ASSERT_TRUE(out.write_index(run, report::RunFacts()));
  EXPECT_TRUE(check_output_folder(*files, folder("out"), run.run_id));
  EXPECT_NE(usage_of(check_output_folder(*files, folder("out"), "")).find("run 01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            std::string::npos);
  ASSERT_TRUE(files->make_dirs(folder("other")));
  ASSERT_TRUE(files->write_atomically(folder("other/x"), "x"));
  EXPECT_NE(usage_of(check_output_folder(*files, folder("other"), "")).find("is not empty"), std::string::npos);
  EXPECT_NE(usage_of(check_output_folder(*files, folder("other/x"), "")).find("is no folder"), std::string::npos);
}

std::string kept(const std::vector<std::string>& words) {
  flow::RunResult run = two_targets();
  const Result<void> done = keep_targets(run, words);
  if (!done) return done.error().message();
  std::string out;
  for (const flow::TargetResult& target : run.targets) out += target.target.id().text().substr(18);
  return out;
}

TEST(KeepTargets, ByIdNameFoldedNamesAndSelector) {
  EXPECT_EQ(kept({}), "123");
  EXPECT_EQ(kept({"i-00000000000000003"}), "3");
  EXPECT_EQ(kept({"db-*", "i-00000000000000003"}), "23");
  EXPECT_EQ(kept({"db-[01-04]"}), "2");
  EXPECT_EQ(kept({"account:payments and not name:db-01"}), "13");
  EXPECT_EQ(kept({"region:eu-*"}), "the run has no such target");
  EXPECT_NE(kept({"tag:dr=true"}).find("does not know tag of a target"), std::string::npos);
  EXPECT_NE(kept({"@dr"}).find("does not know @dr"), std::string::npos);
  EXPECT_NE(kept({"web[01-"}), "123");
}

TEST(KeepOutcomes, AreWords) {
  flow::RunResult run = two_targets();
  ASSERT_TRUE(keep_outcomes(run, "failed, unknown"));
  ASSERT_EQ(run.targets.size(), 1U);
  EXPECT_NE(usage_of(keep_outcomes(run, "bad")).find("is not one of"), std::string::npos);
}

}  // namespace run_files_test
}  // namespace postern::cli
