#include "os/spawn_posix.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

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
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
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

bool has_nul(const ProcessSpec& spec) {
  for (const std::string& arg : spec.argv) {
    if (arg.find('\0') != std::string::npos) return true;
  }
  if (!spec.environment) return false;
  for (const auto& [name, value] : *spec.environment) {
    if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Result<SpawnedChild> spawn_child(const ProcessSpec& spec) {
  if (spec.argv.empty() || spec.argv[0].empty()) return fail(ErrorKind::usage, "no program to start");
  if (has_nul(spec)) return fail(ErrorKind::usage, "an argument or variable holds a NUL byte");
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
  // Ours are all close-on-exec; this is for what libraries and our own parent left open.
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  if (!spec.working_dir.empty()) ::posix_spawn_file_actions_addchdir_np(actions.get(), spec.working_dir.c_str());
  SpawnAttributes attributes;

  std::vector<std::string> arguments = spec.argv;
  std::vector<std::string> variables;
  if (spec.environment) {
    for (const auto& [name, value] : *spec.environment) variables.push_back(name + "=" + value);
  }
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> env = pointers(variables);
  const int code = ::posix_spawnp(&child.pid, spec.argv[0].c_str(), actions.get(), attributes.get(), argv.data(),
                                  spec.environment ? env.data() : environ);
  if (code != 0) return fail(errno_error(code, "start " + spec.argv[0]));
  child.input = std::move(input.writer);
  child.output = std::move(output.reader);
  child.errors = std::move(errors.reader);
  return child;
}

}  // namespace postern::os
