#pragma once

/// `exec` inside a session that has one stream of bytes and no exit code: what is run on the node sends standard
/// output, standard error and the exit code as lines of base64 with a mark in front, and takes its input the same way.
/// Pure text; docs/guide/sessions.md has the why.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::cli {

/// Eight letters and digits that begin the lines of one command: what it prints itself cannot be taken for them.
struct ExecMark {
  explicit ExecMark(std::string t) : text(std::move(t)) {}
  std::string text;
};

enum class ExecInput : std::uint8_t {
  none,   ///< the command reads /dev/null
  framed  ///< what exec_input_line() makes, up to exec_input_end()
};

/// The parameter `command` of a session document: words that a shell and the agent's own splitting read alike, without
/// braces. `script` is text for sh. Fails with usage when the parameter would be longer than Systems Manager takes.
Result<std::string> exec_parameter(std::string_view script, const ExecMark& mark, ExecInput input);

/// Up to this many bytes of input are one line.
inline constexpr std::size_t kExecInputBytes = 720;
std::string exec_input_line(std::string_view bytes);
std::string exec_input_end();

struct ExecFrame {
  enum class Kind : std::uint8_t {
    ready,       ///< the node reads input from now on, when it reads any: `takes_input`
    output,      ///< bytes
    errors,      ///< bytes
    output_end,  ///< nothing more comes there
    errors_end,
    exit_code,
    noise,  ///< a line of somebody else: bytes
  };
  ExecFrame() = default;
  ExecFrame(Kind k, std::string b) : kind(k), bytes(std::move(b)) {}
  Kind kind = Kind::noise;
  std::string bytes;
  bool takes_input = false;
  int exit_code = 0;
};

/// Takes what a session prints apart; cut anywhere.
class ExecReader {
 public:
  explicit ExecReader(ExecMark mark) : mark_(std::move(mark)) {}
  void feed(std::string_view bytes) { buffer_ += bytes; }
  std::optional<ExecFrame> next();
  /// The rest without a line end, when the session has ended.
  std::optional<ExecFrame> rest();

 private:
  ExecFrame read_line(std::string_view line) const;

  ExecMark mark_;
  std::string buffer_;
};

}  // namespace postern::cli
