#pragma once

/// What the stories of `postern demo` are told on: an environment without the user's AWS settings, a folder of their
/// own, the prompt and the telling.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "term/color.hpp"

namespace postern::cli {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// The user's environment with the demo's on top and everything of AWS's taken out: nothing real can be reached by
/// mistake.
class DemoEnvironment final : public os::Environment {
 public:
  DemoEnvironment(const os::Environment& base, std::vector<std::pair<std::string, std::string>> extra, std::string home)
      : base_(base), extra_(std::move(extra)), home_(std::move(home)) {}
  std::optional<std::string> get(std::string_view name) const override {
    for (const auto& [key, value] : extra_) {
      if (key == name) return value;
    }
    return hidden(name) ? std::nullopt : base_.get(name);
  }
  std::vector<std::pair<std::string, std::string>> all() const override {
    std::vector<std::pair<std::string, std::string>> variables;
    for (auto& variable : base_.all()) {
      if (!hidden(variable.first)) variables.push_back(std::move(variable));
    }
    variables.insert(variables.end(), extra_.begin(), extra_.end());
    return variables;
  }
  std::string home_dir() const override { return home_; }
  std::string user_name() const override { return base_.user_name(); }
  std::string host_name() const override { return base_.host_name(); }

 private:
  static bool hidden(std::string_view name) {
    return name.starts_with("AWS_") || name.starts_with("POSTERN_") || name == "HTTPS_PROXY" || name == "HTTP_PROXY" ||
           name == "https_proxy" || name == "http_proxy" || name == "SSL_CERT_FILE";
  }
  const os::Environment& base_;
  std::vector<std::pair<std::string, std::string>> extra_;
  std::string home_;
};

/// Tells a story on stdout, as wide as the terminal is.
class StoryTeller {
 public:
  explicit StoryTeller(const Command& command);
  /// A comment above a step.
  void tell(std::string_view text) const;
  /// The line that a user would type: "postern" and the arguments.
  void prompt(const std::vector<std::string>& arguments) const;
  void prompt(std::string_view who, const std::string& line) const;
  void plain(std::string_view text) const { command_.out(text); }
  /// That it is simulated, and what.
  void open(const RunningCloud& cloud) const;
  /// "(exit code 1)", and whether it was expected.
  bool close_step(int code, const std::vector<int>& expected) const;
  std::size_t columns() const noexcept { return columns_; }

 private:
  const Command& command_;
  term::Color color_ = term::Color::off;
  std::size_t columns_ = 80;
};

/// "postern run -s '@dr x'": quoted where a shell asks for it.
std::string typed_line(const std::vector<std::string>& arguments);
std::vector<std::string> words_of(std::initializer_list<const char*> list);

/// The folder of one demo, for the CA file, the fleet file and the ledger; everything in it is removed at the end.
class DemoFolder {
 public:
  static Result<DemoFolder> make(const Command& command);
  /// The cloud's variables and the files that they name, and the file `env` with all of them for another shell.
  Result<Variables> furnish(const RunningCloud& cloud, const std::string& fleet_yaml) const;
  Result<void> write_fleet(const std::string& yaml) const;
  std::string path(std::string_view name) const;
  const std::string& dir() const noexcept { return dir_; }
  void remove() const;

 private:
  DemoFolder(os::Files& files, std::string dir) : files_(&files), dir_(std::move(dir)) {}
  os::Files* files_;
  std::string dir_;
};

/// The end of a story: what to do next, and waiting for Ctrl-C when --keep asks for it.
rt::Task<void> end_story(const Command& command, const StoryTeller& teller, const DemoFolder& folder,
                         std::string last_words);

/// The instance of the DR story's world on which postern runs.
inline constexpr const char* kDrHubHost = "orchestrator";

/// The two stories; each gives its exit code.
rt::Task<Result<int>> play_fleet_story(const Command& command, RunningCloud& cloud, const DemoFolder& folder);
rt::Task<Result<int>> play_dr_story(const Command& command, Host host, RunningCloud& cloud, const DemoFolder& folder);

}  // namespace postern::cli
