#pragma once

/// Console: standard output, error and input, and the terminal behind them when there is one.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "rt/task.hpp"

namespace postern::os {

enum class StdStream : std::uint8_t { in, out, err };

struct TtySize {
  TtySize() = default;
  TtySize(std::size_t c, std::size_t r) : columns(c), rows(r) {}
  std::size_t columns = 0;
  std::size_t rows = 0;
  friend bool operator==(const TtySize&, const TtySize&) = default;
};

/// Puts the terminal back as it was when it is destroyed.
class RawMode {
 public:
  virtual ~RawMode() = default;
};

class Console {
 public:
  virtual ~Console() = default;
  /// Writes all of it to out or err, blocking. unavailable when the reader has gone (broken pipe): the caller stops
  /// writing and exits quietly.
  virtual Result<void> write(StdStream stream, std::string_view text) = 0;
  virtual bool is_tty(StdStream stream) const = 0;
  /// The terminal's size now; absent when neither out, err nor in is one.
  virtual std::optional<TtySize> size() const = 0;
  /// No echo, no line editing, no signals from keys. unsupported when the input is no terminal.
  virtual Result<std::unique_ptr<RawMode>> enter_raw_mode() = 0;
  /// No echo; lines, their editing and the keys' signals stay: for a code or a password. unsupported as above.
  virtual Result<std::unique_ptr<RawMode>> hide_input() = 0;
  /// Puts the terminal back as it was, whoever changed it: before the process ends without destructors.
  virtual void restore() noexcept {}
  /// At least one byte from the input; 0 is its end. Fails with cancelled. One reader at a time.
  virtual rt::Task<Result<std::size_t>> read_input(std::span<std::byte> into) = 0;
};

/// The process's own streams. Broken pipes are told as errors only when SIGPIPE is ignored: see harden_process().
std::unique_ptr<Console> make_posix_console(rt::Executor executor);

}  // namespace postern::os
