#pragma once

/// What is run on a node, as the lines of AWS-RunShellScript and AWS-RunPowerShellScript: words, or a script of any
/// bytes, with an environment. Pure: what is made here is what a node's shell reads.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "flow/plan.hpp"
#include "flow/script_quote.hpp"

namespace postern::flow {

/// A strict script stops at its first failing command (set -eu -o pipefail; $ErrorActionPreference = 'Stop'): Run
/// Command itself reports only the last one's exit code. PowerShell before 7.4 goes on after a failing *program*; there
/// a strict script ends with the last program's exit code.
enum class Strictness : std::uint8_t { strict, lax };

struct Script {
  Script() = default;
  /// A program and its arguments, which arrive as they are; a single word is shell text. Used when `text` is empty.
  std::vector<std::string> words;
  /// A script of any bytes. Its first line may name an interpreter: "#!/usr/bin/env python3".
  std::string text;
  std::vector<EnvVariable> environment;
  Strictness strictness = Strictness::strict;
};

/// What commands and parameters may take, as JSON. SSM refuses a document with its parameters beyond 64 KB
/// (MaxDocumentSizeExceeded); the rest is for the document itself.
inline constexpr std::size_t kScriptBytesMax = 60U << 10U;

/// The lines for both shells, in a CommandSpec that is otherwise at its defaults.
///
/// A text for a shell (no #! line, or one that names sh, bash, ksh, zsh or the like) goes as its own lines, after its
/// #! line, the strict prologue and the environment. Everything else - another interpreter, bytes that are not plain
/// text, braces that SSM would interpolate - goes as base64 into a private temporary file on the node, runs by the
/// interpreter that it names (so that a file system without execution is no obstacle), and is removed at the end.
/// A script whose every line ends in CRLF is taken for a text from Windows and loses the CR; bytes are otherwise kept.
///
/// Fails with usage, naming the size, when the lines take more than kScriptBytesMax; on a NUL in words; on no command.
Result<CommandSpec> encode_script(const Script& script);

/// Why this shell's platform cannot run the script, or empty: a script of python has no place on Windows. Its lines
/// there say the same and exit with 1.
std::string why_unfit(const Script& script, Shell shell);

/// How many bytes the lines take as a JSON list.
std::size_t encoded_size(const std::vector<std::string>& lines);

}  // namespace postern::flow
