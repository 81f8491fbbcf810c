#pragma once

/// Children: child processes that are talked to while they run, on pipes or on a terminal of their own. Who only wants
/// the result of one uses processes.hpp.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "os/console.hpp"
#include "rt/task.hpp"

namespace postern::os {

struct ChildSpec {
  ChildSpec() = default;
  /// argv[0] is looked up in our PATH when it has no slash.
  std::vector<std::string> argv;
  /// The whole environment of the child.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_dir;  ///< empty: ours
  /// A terminal of that size is its input, output and errors. Absent: it has no input, and two pipes.
  std::optional<TtySize> terminal;
};

/// How a child ended.
struct ChildEnd {
  ChildEnd() = default;
  int exit_code = -1;  ///< when `signal` is 0
  int signal = 0;      ///< that killed it, or 0
};

enum class ChildSignal : std::uint8_t { interrupt, quit, terminate };

/// A child that leads a session of its own. Its destructor kills everything in that session, whatever group it is in.
/// Loop thread only; one task at a time in each of the calls that wait.
class Child {
 public:
  virtual ~Child() = default;
  /// At least one byte of its terminal or its standard output; 0: nobody has that open any more. Fails with cancelled.
  virtual rt::Task<Result<std::size_t>> read_output(std::span<std::byte> into) = 0;
  /// The same of its standard error; 0 at once on a terminal.
  virtual rt::Task<Result<std::size_t>> read_errors(std::span<std::byte> into) = 0;
  /// Types on its terminal. Fails with cancelled, usage when it has none, unavailable when it has ended.
  virtual rt::Task<Result<void>> write(std::span<const std::byte> bytes) = 0;
  /// Changes the terminal's size; its foreground gets SIGWINCH. Nothing on pipes.
  virtual void resize(TtySize size) = 0;
  /// To the process group of the child itself.
  virtual void send(ChildSignal signal) = 0;
  /// Waits for the child's own end; others may still hold its output open. Fails with cancelled.
  virtual rt::Task<Result<ChildEnd>> wait() = 0;
};

class Children {
 public:
  virtual ~Children() = default;
  /// not_found, denied, usage: it could not be started. The child inherits no descriptors but 0 to 2, default signal
  /// handling and no blocked signals.
  virtual Result<std::unique_ptr<Child>> start(const ChildSpec& spec) = 0;
};

/// Real children. Uses SIGCHLD, and ignores SIGPIPE for the whole process.
std::unique_ptr<Children> make_posix_children(rt::Executor executor);

}  // namespace postern::os
