#include "flow/script.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::flow {
namespace script_lines {

constexpr std::string_view kStrictSh = "set -eu; if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi";
/// The second is obeyed from PowerShell 7.4 on; before it is a variable like any other.
constexpr std::string_view kStrictPowerShell =
    "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true";
constexpr std::string_view kPowerShellExit = "if ($null -ne $LASTEXITCODE) { exit $LASTEXITCODE }";
/// RFC 2045's line length; `openssl base64 -d` takes no longer ones.
constexpr std::size_t kBase64Line = 76;
constexpr std::size_t kInterpreterMax = 255;

/// The #! line, as a kernel reads it: an interpreter and at most one argument.
struct Shebang {
  std::string line;  ///< without its line end
  std::string interpreter;
  std::string argument;
  std::string program;  ///< "bash" of "/bin/bash" and of "/usr/bin/env bash"
};

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<Shebang> shebang_of(std::string_view text) {
  if (!text.starts_with("#!")) return std::nullopt;
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  Shebang shebang;
  shebang.line = std::string(line);
  const std::string_view rest = trim(line.substr(2));
  const std::size_t blank = rest.find_first_of(" \t");
  shebang.interpreter = std::string(rest.substr(0, blank));
  if (blank != std::string_view::npos) shebang.argument = std::string(trim(rest.substr(blank)));
  if (shebang.interpreter.empty() || rest.size() > kInterpreterMax) return std::nullopt;
  shebang.program = std::string(base_name(shebang.interpreter));
  if (shebang.program == "env") {
    std::string_view words = shebang.argument;
    if (words.starts_with("-S")) words = trim(words.substr(2));
    shebang.program = std::string(base_name(words.substr(0, words.find_first_of(" \t"))));
  } else if (shebang.program == "busybox") {
    shebang.program = shebang.argument;
  }
  return shebang;
}

bool is_posix_shell(std::string_view program) {
  constexpr std::array<std::string_view, 9> kShells = {"sh",   "bash",  "dash", "ash", "ksh",
                                                       "mksh", "ksh93", "yash", "zsh"};
  return std::find(kShells.begin(), kShells.end(), program) != kShells.end();
}

bool is_powershell(std::string_view program) {
  return program == "pwsh" || program == "powershell";
}

/// The text without the CR of CRLF, when that is how all of its lines end.
std::string with_unix_line_ends(std::string_view text) {
  const auto feeds = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const auto returns = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\r'));
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && text.substr(at).starts_with("\r\n")) continue;
    out += text[at];
  }
  // Every CR stood before a LF, and every LF had one: else this is no Windows text and its bytes mean something.
  if (feeds > 0 && feeds == returns && out.size() + returns == text.size()) return out;
  return std::string(text);
}

/// Of files only: the words of a command line are what they are.
std::string line_ends_mended(const Script& script, std::string_view text) {
  return script.text.empty() ? std::string(text) : with_unix_line_ends(text);
}

void add_lines(std::vector<std::string>& lines, std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
}

void add_base64(std::vector<std::string>& lines, std::string_view bytes) {
  const std::string text = to_base64(bytes);
  for (std::size_t at = 0; at < text.size(); at += kBase64Line) lines.push_back(text.substr(at, kBase64Line));
}

std::string words_as_text(const std::vector<std::string>& words, std::string (*quote)(std::string_view)) {
  if (words.size() == 1) return words.front();
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(quote(word));
  return text;
}

/// What runs the file, as shell text.
std::string runner_of(const std::optional<Shebang>& shebang) {
  if (!shebang) return "sh";
  std::string out = quote_for_sh(shebang->interpreter);
  if (!shebang->argument.empty()) out += " " + quote_for_sh(shebang->argument);
  return out;
}

/// The wrapper that makes `bytes` a file and runs it. No line of it has {{ in it, whatever the bytes are.
std::vector<std::string> by_file(std::string_view bytes, const std::string& runner,
                                 const std::vector<EnvVariable>& environment) {
  std::vector<std::string> lines = {
      R"(postern_dir=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/postern.XXXXXXXXXX") || exit 1)",
      R"(trap 'rm -rf -- "$postern_dir"' EXIT)", "trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM",
      // Not every base64 takes -d (older ones of macOS do not); openssl is where base64 is not.
      "postern_decode() {",
      "  if [ \"$(printf 'cA==\\n' | base64 -d 2>/dev/null)\" = p ]; then base64 -d; else openssl base64 -d; fi", "}",
      R"((umask 077; postern_decode >"$postern_dir/script") <<'POSTERN_END')"};
  add_base64(lines, bytes);
  lines.emplace_back("POSTERN_END");
  lines.push_back(R"sh(if [ "$(wc -c <"$postern_dir/script")" -ne )sh" + std::to_string(bytes.size()) + " ]; then");
  lines.emplace_back(
      "  echo 'postern: the script did not arrive whole: neither base64 nor openssl can decode here' >&2");
  lines.emplace_back("  exit 1");
  lines.emplace_back("fi");
  // A subshell: what the environment changes, PATH say, is the script's and not that of our clearing up.
  lines.emplace_back("(");
  for (const EnvVariable& variable : environment) lines.push_back(export_for_sh(variable));
  lines.push_back("exec " + runner + R"( "$postern_dir/script")");
  lines.emplace_back(")");
  lines.emplace_back("exit $?");
  return lines;
}

std::vector<std::string> sh_lines(const Script& script, std::string_view given) {
  const std::optional<Shebang> shebang = shebang_of(given);
  const bool shell = !shebang || is_posix_shell(shebang->program);
  if (!shell) return by_file(given, runner_of(shebang), script.environment);
  const std::string text = line_ends_mended(script, given);
  std::string_view body = text;
  std::string head;
  if (shebang) {
    head = shebang->line + "\n";
    const std::size_t feed = text.find('\n');
    body = feed == std::string::npos ? std::string_view() : body.substr(feed + 1);
  }
  if (script.strictness == Strictness::strict) head.append(kStrictSh).append("\n");
  if (!is_plain_text(text)) return by_file(head + std::string(body), runner_of(shebang), script.environment);
  std::vector<std::string> lines;
  if (!head.empty()) add_lines(lines, head);
  for (const EnvVariable& variable : script.environment) lines.push_back(export_for_sh(variable));
  if (!body.empty()) add_lines(lines, body);
  return lines;
}

/// Statements that PowerShell takes only at the beginning of a script.
bool wants_to_be_first(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view word = trim(line);
    if (word.empty() || word.starts_with('#')) {
      if (starts_with_ignore_case(word, "#requires")) return true;
      continue;
    }
    return starts_with_ignore_case(word, "param") || starts_with_ignore_case(word, "using ") || word.starts_with('[') ||
           word.starts_with("<#");
  }
  return false;
}

std::vector<std::string> powershell_by_file(std::string_view text) {
  // Windows PowerShell takes a file without a byte order mark for ANSI text.
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool mark = !ascii && is_utf8(text) && !text.starts_with("\xef\xbb\xbf");
  std::vector<std::string> lines = {
      "$posternDir = Join-Path ([IO.Path]::GetTempPath()) ('postern.' + [Guid]::NewGuid().ToString('N'))",
      "$posternUser = [Security.Principal.WindowsIdentity]::GetCurrent().User",
      "$posternAcl = New-Object Security.AccessControl.DirectorySecurity",
      "$posternAcl.SetAccessRuleProtection($true, $false)",
      "$posternRule = New-Object Security.AccessControl.FileSystemAccessRule($posternUser, 'FullControl', "
      "'ContainerInherit,ObjectInherit', 'None', 'Allow')",
      "$posternAcl.AddAccessRule($posternRule)",
      "[void](New-Item -ItemType Directory -Path $posternDir -ErrorAction Stop)",
      "try {",
      "Set-Acl -LiteralPath $posternDir -AclObject $posternAcl -ErrorAction Stop",
      "$posternFile = Join-Path $posternDir 'script.ps1'",
      "[IO.File]::WriteAllBytes($posternFile, [Convert]::FromBase64String(@'"};
  add_base64(lines, (mark ? "\xef\xbb\xbf" : "") + std::string(text));
  for (const char* line : {"'@))", "& $posternFile", "} finally {",
                           "Remove-Item -LiteralPath $posternDir -Recurse -Force -ErrorAction SilentlyContinue", "}"}) {
    lines.emplace_back(line);
  }
  return lines;
}

std::vector<std::string> powershell_lines(const Script& script, std::string_view text) {
  if (const std::string why = why_unfit(script, Shell::powershell); !why.empty()) {
    return {"[Console]::Error.WriteLine(" + quote_for_powershell("postern: " + why) + ")", "exit 1"};
  }
  std::vector<std::string> lines;
  const bool strict = script.strictness == Strictness::strict;
  if (strict) lines.emplace_back(kStrictPowerShell);
  for (const EnvVariable& variable : script.environment) lines.push_back(export_for_powershell(variable));
  const std::string unix_text = line_ends_mended(script, text);
  const bool by_lines = is_plain_text(unix_text) && !wants_to_be_first(unix_text);
  if (by_lines) {
    add_lines(lines, unix_text);
  } else {
    for (std::string& line : powershell_by_file(text)) lines.push_back(std::move(line));
  }
  if (strict || !by_lines) lines.emplace_back(kPowerShellExit);
  return lines;
}

Result<void> check_size(const std::vector<std::string>& lines, std::size_t raw, std::string_view what) {
  const std::size_t size = encoded_size(lines);
  if (size <= kScriptBytesMax) return {};
  return fail(Error(ErrorKind::usage, "the " + std::string(what) + " takes " + std::to_string(size) +
                                          " bytes on its way (" + std::to_string(raw) +
                                          " as it is); Systems Manager takes " + std::to_string(kScriptBytesMax) +
                                          ": put it where the targets can fetch it and run that")
                  .with("size", std::to_string(size)));
}

}  // namespace script_lines

std::size_t encoded_size(const std::vector<std::string>& lines) {
  std::size_t size = 2;
  for (const std::string& line : lines) {
    size += 3;  // quotes and comma
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\' || c == '\t' || c == '\n' || c == '\r') {
        size += 2;
      } else {
        size += byte < 0x20 ? 6 : 1;
      }
    }
  }
  return size;
}

std::string why_unfit(const Script& script, Shell shell) {
  if (shell != Shell::powershell || script.text.empty()) return {};
  const auto shebang = script_lines::shebang_of(script.text);
  if (!shebang || script_lines::is_powershell(shebang->program)) return {};
  return "this script is for " + printable(shebang->program, 60) + " (its first line says so), which Windows has not";
}

Result<CommandSpec> encode_script(const Script& script) {
  if (script.text.empty() && script.words.empty()) return fail(ErrorKind::usage, "no command");
  for (const std::string& word : script.words) {
    if (word.find('\0') != std::string::npos) return fail(ErrorKind::usage, "a word of the command has a NUL byte");
  }
  const bool words = script.text.empty();
  std::string sh = script.text;
  std::string powershell = script.text;
  if (words) {
    sh = script_lines::words_as_text(script.words, quote_for_sh);
    powershell = script_lines::words_as_text(script.words, quote_for_powershell);
    if (script.words.size() > 1) powershell.insert(0, "& ");
    if (sh.empty()) return fail(ErrorKind::usage, "the command is empty");
  }
  CommandSpec spec;
  spec.sh_lines = script_lines::sh_lines(script, sh);
  spec.powershell_lines = script_lines::powershell_lines(script, powershell);
  const std::string_view what = words ? "command" : "script";
  TRY_VOID(script_lines::check_size(spec.sh_lines, sh.size(), what));
  TRY_VOID(script_lines::check_size(spec.powershell_lines, powershell.size(), what));
  spec.no_windows = why_unfit(script, Shell::powershell);
  return spec;
}

}  // namespace postern::flow
