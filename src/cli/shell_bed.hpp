#pragma once

/// For tests: a folder of its own in which scripts are really run by a shell of this machine.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "os/processes.hpp"
#include "rt/loop.hpp"

namespace postern::cli {

class ShellBed {
 public:
  /// `shell` is "dash", "bash" or "busybox"; what the machine lacks leaves the bed without a folder.
  explicit ShellBed(const std::string& shell) {
    const std::string path = found_on_path(shell);
    if (path.empty()) return;
    folder_ = ::testing::TempDir() + "postern-script-XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    for (const char* name : {"/tmp", "/bin", "/home"}) std::filesystem::create_directory(folder_ + name);
    shell_ = shell == "busybox" ? std::vector<std::string>{path, "sh"} : std::vector<std::string>{path};
  }
  ShellBed(const ShellBed&) = delete;
  ShellBed& operator=(const ShellBed&) = delete;
  ~ShellBed() {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  static std::string found_on_path(const std::string& program) {
    for (const char* folder : {"/bin/", "/usr/bin/", "/usr/local/bin/"}) {
      if (std::filesystem::exists(folder + program)) return folder + program;
    }
    return {};
  }

  bool has_shell() const { return !folder_.empty(); }
  const std::string& folder() const { return folder_; }

  void write(const std::string& name, const std::string& bytes) {
    std::ofstream file(folder_ + name, std::ios::binary);
    file << bytes;
    file.close();
    std::filesystem::permissions(folder_ + name, std::filesystem::perms::owner_all);
  }

  /// `words` behind the shell's own; a script that says itself what runs it needs none (`by_itself`).
  os::ProcessResult run(std::vector<std::string> words, std::string input = std::string(), bool by_itself = false) {
    os::ProcessSpec process;
    if (!by_itself) process.argv = shell_;
    process.argv.insert(process.argv.end(), words.begin(), words.end());
    process.working_dir = folder_;
    process.input = std::move(input);
    auto& environment = process.environment.emplace();
    environment.emplace_back("PATH", folder_ + "/bin:/usr/bin:/bin");
    environment.emplace_back("TMPDIR", folder_ + "/tmp");
    environment.emplace_back("HOME", folder_ + "/home");
    environment.emplace_back("LANG", "C.UTF-8");
    auto result = loop_.run(processes_->run(rt::CallContext(loop_.clock(), random_, explainer_), std::move(process)));
    EXPECT_TRUE(result) << result.error().to_text();
    EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/tmp")) << "something was left behind";
    return result ? *result : os::ProcessResult();
  }

 private:
  class NullExplainer final : public rt::Explainer {
   public:
    bool wants(std::string_view) const override { return false; }
    void explain(std::string_view, std::string) override {}
  };
  class FixedRandom final : public rt::Random {
   public:
    void fill(std::span<std::uint8_t> bytes) override {
      for (auto& byte : bytes) byte = 7;
    }
  };

  rt::Loop loop_;
  FixedRandom random_;
  NullExplainer explainer_;
  std::unique_ptr<os::Processes> processes_ = os::make_posix_processes(loop_.executor());
  std::vector<std::string> shell_;
  std::string folder_;
};

}  // namespace postern::cli
