#include "cli/exec_frames.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::cli {
namespace exec_frames {

/// The most that a parameter of StartSession may have.
constexpr std::size_t kParameterMax = 65'535;
/// A line that is longer is no frame: what sends no line ends must not fill our memory.
constexpr std::size_t kLineMax = 64U << 10U;

// What comes in goes out as lines, as soon as it comes. A line is shorter than 4,096 bytes (PIPE_BUF), so that the two
// streams, which share a pipe, never get into one another.
constexpr std::string_view kEncode =
    "e(){ while b=$(dd bs=2880 count=1 2>/dev/null|base64|tr -d '\\r\\n');[ -n \"$b\" ];do "
    "printf '%s%s%s\\n' $m $1 \"$b\";done;printf '%s%s\\n' $m $2;}\n";
// The other way, until a line with nothing but a dot.
constexpr std::string_view kDecode =
    "i(){ while IFS= read -r l;do [ \"$l\" = . ]&&break;printf %s \"$l\"|base64 -d;done;}\n";
// On a terminal: bytes as they are, both ways, but for the key that interrupts. It is for the command alone.
constexpr std::string_view kBegin =
    "trap '' INT\n"
    "t=0;[ -t 0 ]&&stty -echo -icanon -opost -ixon min 1 time 0 2>/dev/null&&t=1\n";
constexpr std::string_view kRun = "{ (trap - INT;exec sh -c \"$c\" 3>&- 4>&-);printf '%sX%s\\n' $m $? >&3;}";

std::string program(std::string_view script, const ExecMark& mark, ExecInput input) {
  std::string text = "m=" + mark.text + "\nc=$(echo ";
  text.append(to_base64(script)).append("|base64 -d)\n");
  text.append(kEncode).append(kDecode).append(kBegin);
  // 3 is where all lines go, 4 the command's standard error.
  text += "{ exec 3>&1;printf '%sR%s\\n' $m $t;{ ";
  if (input == ExecInput::framed) {
    text.append("if [ $t = 1 ];then { i 2>/dev/null 3>&- 4>&-|").append(kRun).append(";} 2>&4;else ");
    text.append(kRun).append(" 2>&4 </dev/null;fi");
  } else {
    text.append(kRun).append(" 2>&4 </dev/null");
  }
  return text + "|e O o >&3 4>&-;} 4>&1|e E f >&3;}|cat\n";
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace exec_frames

Result<std::string> exec_parameter(std::string_view script, const ExecMark& mark, ExecInput input) {
  const std::string text = to_base64(exec_frames::program(script, mark, input));
  std::string parameter = "sh -c 'eval \"$(echo " + text + "|base64 -d)\"'";
  if (parameter.size() <= exec_frames::kParameterMax) return parameter;
  return fail(ErrorKind::usage, "the command has " + std::to_string(script.size()) +
                                    " bytes; a session takes about 35,000: put it into a script and use `postern run "
                                    "--script`, or send it on standard input to `sh`");
}

std::string exec_input_line(std::string_view bytes) {
  return to_base64(bytes) + "\n";
}

std::string exec_input_end() {
  return ".\n";
}

std::optional<ExecFrame> ExecReader::next() {
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos) {
    if (buffer_.size() < exec_frames::kLineMax) return std::nullopt;
    return rest();
  }
  std::string_view line(buffer_.data(), end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  ExecFrame frame = read_line(line);
  if (frame.kind == ExecFrame::Kind::noise) frame.bytes += '\n';
  buffer_.erase(0, end + 1);
  return frame;
}

std::optional<ExecFrame> ExecReader::rest() {
  if (buffer_.empty()) return std::nullopt;
  ExecFrame frame = read_line(buffer_);
  buffer_.clear();
  return frame;
}

ExecFrame ExecReader::read_line(std::string_view line) const {
  using Kind = ExecFrame::Kind;
  ExecFrame noise(Kind::noise, std::string(line));
  // Something may stand before the mark when the command wrote to the terminal itself, past its streams.
  if (!line.starts_with(mark_.text) || line.size() == mark_.text.size()) return noise;
  const char kind = line[mark_.text.size()];
  const std::string_view value = line.substr(mark_.text.size() + 1);
  if (kind == 'o' && value.empty()) return {Kind::output_end, ""};
  if (kind == 'f' && value.empty()) return {Kind::errors_end, ""};
  if (kind == 'O' || kind == 'E') {
    std::optional<std::string> bytes = from_base64(value);
    if (!bytes) return noise;
    return {kind == 'O' ? Kind::output : Kind::errors, std::move(*bytes)};
  }
  const std::optional<int> told = exec_frames::number(value);
  if (!told || (kind != 'R' && kind != 'X')) return noise;
  ExecFrame frame(kind == 'R' ? Kind::ready : Kind::exit_code, "");
  frame.takes_input = kind == 'R' && *told == 1;
  if (kind == 'X') frame.exit_code = *told;
  return frame;
}

}  // namespace postern::cli
