#pragma once

/// Words and variables as text that a remote shell reads back as they were. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::flow {

/// Systems Manager puts values in place of {{ name }} and {{ssm:name}} in the parameters of a document: text with these
/// braces never travels as it is.
bool may_be_interpolated(std::string_view text) noexcept;

/// One word of a POSIX shell; any bytes but NUL.
std::string quote_for_sh(std::string_view word);
/// A literal of PowerShell.
std::string quote_for_powershell(std::string_view word);

/// An environment variable of the remote script.
struct EnvVariable {
  EnvVariable() = default;
  EnvVariable(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
  std::string name;
  std::string value;
  friend bool operator==(const EnvVariable&, const EnvVariable&) = default;
};

/// `K=V`: V is everything after the first '=', any bytes but NUL. Fails with usage on a name that is not
/// [A-Za-z_][A-Za-z0-9_]*, on one of our own (postern_*), and on names that a shell keeps for itself (UID, PPID...).
Result<EnvVariable> parse_env_variable(std::string_view text);
/// All of them; of a name that is given twice the last counts, at its first place.
Result<std::vector<EnvVariable>> parse_env_variables(std::span<const std::string> texts);

/// One line of plain ASCII or UTF-8 text, without braces to interpolate, that sets and exports the variable. What is
/// not plain goes as octal escapes of printf, which every POSIX shell has built in.
std::string export_for_sh(const EnvVariable& variable);
/// The same for PowerShell; bytes that are not UTF-8 become U+FFFD, for Windows keeps its environment in UTF-16. An
/// empty value removes the variable there: Windows has no empty ones.
std::string export_for_powershell(const EnvVariable& variable);

/// Text that may travel as it is: valid UTF-8, no control characters but tab (and the line feeds between lines), no
/// braces to interpolate.
bool is_plain_text(std::string_view text) noexcept;

}  // namespace postern::flow
