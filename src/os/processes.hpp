#pragma once

/// Child processes.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::os {

struct ProcessSpec {
  ProcessSpec() = default;
  explicit ProcessSpec(std::vector<std::string> a) : argv(std::move(a)) {}
  /// argv[0] is looked up in our PATH when it has no slash.
  std::vector<std::string> argv;
  /// The whole environment of the child; ours when absent.
  std::optional<std::vector<std::pair<std::string, std::string>>> environment;
  /// Empty: ours.
  std::string working_dir;
  /// What the child reads; then the end. Empty: /dev/null.
  std::string input;
  /// What is kept of its output; the rest is read and dropped, so that the child goes on.
  std::size_t stdout_max_bytes = 1U << 20U;
  std::size_t stderr_max_bytes = 1U << 20U;
  /// Between SIGTERM and SIGKILL when it has to be stopped.
  Duration kill_grace = std::chrono::seconds(2);
};

struct ProcessResult {
  ProcessResult() = default;
  int exit_code = -1;  ///< when `signal` is 0
  int signal = 0;      ///< the signal that killed it, or 0
  std::string output;
  std::string errors;
  bool output_truncated = false;
  bool errors_truncated = false;

  bool succeeded() const noexcept { return signal == 0 && exit_code == 0; }
};

class Processes {
 public:
  virtual ~Processes() = default;
  /// Runs a child in a process group of its own and waits for its end and for the end of its output. A child that
  /// leaves processes behind which hold its output open is waited for one second longer; they live on.
  ///
  /// At ctx's deadline (timeout) and on cancellation (cancelled) the whole group gets SIGTERM, after the grace SIGKILL,
  /// and is reaped before this returns. not_found, denied, usage: it could not be started. The child inherits no
  /// descriptors but 0 to 2, default signal handling and no blocked signals.
  virtual rt::Task<Result<ProcessResult>> run(rt::CallContext ctx, ProcessSpec spec) = 0;
};

/// Real children. Uses SIGCHLD, and ignores SIGPIPE for the whole process.
std::unique_ptr<Processes> make_posix_processes(rt::Executor executor);

}  // namespace postern::os
