#include "cli/demo_stage.hpp"

#include <algorithm>

#include "os/files.hpp"
#include "rt/clock.hpp"
#include "rt/random_hex.hpp"
#include "term/wrap.hpp"

namespace postern::cli {
namespace demo_stage {

constexpr std::size_t kColumnsMax = 110;
/// What a story leaves in its folder.
constexpr const char* kFiles[] = {"ca.pem",        "postern.yaml",  "env",       "ledger.db",
                                  "ledger.db-wal", "ledger.db-shm", "drill.html"};

}  // namespace demo_stage

StoryTeller::StoryTeller(const Command& command) : command_(command) {
  const auto choice = term::parse_color_choice(command.invocation().value("--color").value_or("auto"));
  const bool tty = command.host().console->is_tty(os::StdStream::out);
  color_ = term::decide_color(choice.value_or(term::ColorChoice::automatic), *command.host().environment,
                              tty ? term::Sink::tty : term::Sink::other);
  const auto size = command.host().console->size();
  if (size && size->columns >= 40) columns_ = std::min<std::size_t>(size->columns, demo_stage::kColumnsMax);
}

void StoryTeller::tell(std::string_view text) const {
  command_.out("\n" + term::wrap_indented(text, columns_, "# ", "# "));
}

void StoryTeller::prompt(const std::vector<std::string>& arguments) const {
  prompt("", typed_line(arguments));
}

void StoryTeller::prompt(std::string_view who, const std::string& line) const {
  command_.out("\n" + term::styled(std::string(who) + "$ " + line, term::Style::bold, color_) + "\n");
}

void StoryTeller::open(const RunningCloud& cloud) const {
  plain(term::wrap_indented("SIMULATED: a cloud inside this process (" + cloud.world_id() + " at " +
                                cloud.endpoint_url() + "); no AWS account is contacted.",
                            columns_, "", "  "));
}

bool StoryTeller::close_step(int code, const std::vector<int>& expected) const {
  const bool good = std::find(expected.begin(), expected.end(), code) != expected.end();
  plain("(exit code " + std::to_string(code) + (good ? ")\n" : ": not what this world should give)\n"));
  return good;
}

std::string typed_line(const std::vector<std::string>& arguments) {
  std::string line = "postern";
  for (const std::string& word : arguments) {
    const bool quote = word.find_first_of(" *'\"") != std::string::npos;
    line += quote ? " '" + word + "'" : " " + word;
  }
  return line;
}

std::vector<std::string> words_of(std::initializer_list<const char*> list) {
  return {list.begin(), list.end()};
}

Result<DemoFolder> DemoFolder::make(const Command& command) {
  const std::string suffix = rt::random_hex(command.ctx().random(), 8);
  const std::string base = command.host().environment->get("TMPDIR").value_or("/tmp");
  std::string dir = os::join_path(base, "postern-demo-" + suffix);
  TRY_VOID(command.host().files->make_dirs(dir, 0700));
  return DemoFolder(*command.host().files, std::move(dir));
}

std::string DemoFolder::path(std::string_view name) const {
  return os::join_path(dir_, name);
}

Result<void> DemoFolder::write_fleet(const std::string& yaml) const {
  return files_->write_atomically(path("postern.yaml"), yaml, 0600);
}

Result<Variables> DemoFolder::furnish(const RunningCloud& cloud, const std::string& fleet_yaml) const {
  TRY_VOID(files_->write_atomically(path("ca.pem"), cloud.ca_pem(), 0600));
  TRY_VOID(write_fleet(fleet_yaml));
  Variables variables = cloud.environment();
  variables.emplace_back("AWS_CA_BUNDLE", path("ca.pem"));
  variables.emplace_back("POSTERN_FLEET", path("postern.yaml"));
  variables.emplace_back("POSTERN_LEDGER", path("ledger.db"));
  std::string exports;
  for (const auto& [key, value] : variables) exports += "export " + key + "='" + value + "'\n";
  TRY_VOID(files_->write_atomically(path("env"), exports, 0600));
  return variables;
}

void DemoFolder::remove() const {
  for (const char* name : demo_stage::kFiles) (void)files_->remove(path(name));
  (void)files_->remove(dir_);
}

rt::Task<void> end_story(const Command& command, const StoryTeller& teller, const DemoFolder& folder,
                         std::string last_words) {
  teller.tell(last_words);
  if (!command.invocation().has("--keep")) co_return;
  teller.tell("The cloud stays until Ctrl-C. In another terminal: . " + folder.path("env"));
  (void)co_await rt::sleep_until(command.ctx().clock(), MonoTime::max());
}

}  // namespace postern::cli
