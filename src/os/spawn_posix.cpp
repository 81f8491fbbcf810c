#include "os/spawn_posix.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "os/errno_error.hpp"

extern char** environ;

namespace postern::os {
namespace {

struct PipeEnds {
  UniqueFd reader;
  UniqueFd writer;
};

// Above 2, so that moving the ends to 0, 1 and 2 in the child cannot overwrite one that is still needed.
Result<UniqueFd> above_standard(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.is_open()) return fail(errno_error(errno, "make a pipe"));
  return moved;
}

Result<PipeEnds> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail(errno_error(errno, "make a pipe"));
  PipeEnds ends;
  UniqueFd reader(fds[0]);
  UniqueFd writer(fds[1]);
  TRY(ends.reader, above_standard(std::move(reader)));
  TRY(ends.writer, above_standard(std::move(writer)));
  return ends;
}

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
 public:
  /// `lead` makes the child lead a process group, or a session.
  explicit SpawnAttributes(short lead = POSIX_SPAWN_SETPGROUP) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | lead));
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

using Variables = std::vector<std::pair<std::string, std::string>>;

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

/// What a child is started as; an absent environment is ours.
Result<void> check_command(const std::vector<std::string>& argv, const Variables* environment) {
  if (argv.empty() || argv[0].empty()) return fail(ErrorKind::usage, "no program to start");
  bool broken = std::any_of(argv.begin(), argv.end(), has_nul);
  if (environment != nullptr) {
    for (const auto& [name, value] : *environment) broken = broken || has_nul(name) || has_nul(value);
  }
  if (broken) return fail(ErrorKind::usage, "an argument or variable holds a NUL byte");
  return {};
}

Result<pid_t> launch(const std::vector<std::string>& command, const Variables* environment, SpawnActions& actions,
                     SpawnAttributes& attributes) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables;
  if (environment != nullptr) {
    for (const auto& [name, value] : *environment) variables.push_back(name + "=" + value);
  }
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> env = pointers(variables);
  pid_t pid = -1;
  const int code = ::posix_spawnp(&pid, command[0].c_str(), actions.get(), attributes.get(), argv.data(),
                                  environment != nullptr ? env.data() : environ);
  if (code != 0) return fail(errno_error(code, "start " + command[0]));
  return pid;
}

/// Ours are all close-on-exec; this is for what libraries and our own parent left open.
void close_others(SpawnActions& actions, const std::string& working_dir) {
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  if (!working_dir.empty()) ::posix_spawn_file_actions_addchdir_np(actions.get(), working_dir.c_str());
}

}  // namespace

Result<SpawnedChild> spawn_child(const ProcessSpec& spec) {
  const Variables* environment = spec.environment ? &*spec.environment : nullptr;
  TRY_VOID(check_command(spec.argv, environment));
  SpawnedChild child;
  PipeEnds input;
  TRY(PipeEnds output, make_pipe());
  TRY(PipeEnds errors, make_pipe());
  SpawnActions actions;
  if (spec.input.empty()) {
    ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  } else {
    TRY(input, make_pipe());
    ::posix_spawn_file_actions_adddup2(actions.get(), input.reader.get(), STDIN_FILENO);
  }
  ::posix_spawn_file_actions_adddup2(actions.get(), output.writer.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), errors.writer.get(), STDERR_FILENO);
  close_others(actions, spec.working_dir);
  SpawnAttributes attributes;
  TRY(child.pid, launch(spec.argv, environment, actions, attributes));
  child.input = std::move(input.writer);
  child.output = std::move(output.reader);
  child.errors = std::move(errors.reader);
  return child;
}

Result<SpawnedChild> spawn_session(const ChildSpec& spec, const std::string& terminal) {
  TRY_VOID(check_command(spec.argv, &spec.environment));
  SpawnedChild child;
  PipeEnds output;
  PipeEnds errors;
  SpawnActions actions;
  // The first terminal that the leader of a new session opens becomes the session's.
  const std::string input = terminal.empty() ? std::string("/dev/null") : terminal;
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, input.c_str(), terminal.empty() ? O_RDONLY : O_RDWR,
                                     0);
  if (terminal.empty()) {
    TRY(output, make_pipe());
    TRY(errors, make_pipe());
    ::posix_spawn_file_actions_adddup2(actions.get(), output.writer.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(actions.get(), errors.writer.get(), STDERR_FILENO);
  } else {
    ::posix_spawn_file_actions_adddup2(actions.get(), STDIN_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(actions.get(), STDIN_FILENO, STDERR_FILENO);
  }
  close_others(actions, spec.working_dir);
  SpawnAttributes attributes(POSIX_SPAWN_SETSID);
  TRY(child.pid, launch(spec.argv, &spec.environment, actions, attributes));
  child.output = std::move(output.reader);
  child.errors = std::move(errors.reader);
  return child;
}

}  // namespace postern::os
