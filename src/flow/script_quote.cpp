#include "flow/script_quote.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::flow {
namespace script_quote {

constexpr std::size_t kNameMax = 128;
/// Read-only in bash or zsh: an assignment would end the script before its first command.
constexpr std::array<std::string_view, 7> kShellOwn = {"UID",     "EUID",      "PPID",         "BASHOPTS",
                                                       "BASHPID", "SHELLOPTS", "BASH_VERSINFO"};

bool is_plain_word(std::string_view word) {
  if (word.empty()) return false;
  return std::all_of(word.begin(), word.end(), [](char c) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || std::string_view("_-./:=,@%+").find(c) != std::string_view::npos;
  });
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// C1 controls in UTF-8 (U+0080 to U+009F), which JSON carries and consoles obey.
bool has_c1(std::string_view text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    if (text[at] == '\xc2' && static_cast<unsigned char>(text[at + 1]) < 0xa0) return true;
  }
  return false;
}

bool is_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || name.size() > kNameMax || !letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// A format for printf that prints exactly these bytes.
std::string printf_format(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool option = out.empty() && c == '-';
    if (option || byte < 0x20 || byte >= 0x7f || c == '\'' || c == '\\' || c == '{' || c == '%') {
      out += '\\';
      out += static_cast<char>('0' + (byte >> 6U));
      out += static_cast<char>('0' + ((byte >> 3U) & 7U));
      out += static_cast<char>('0' + (byte & 7U));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace script_quote

bool may_be_interpolated(std::string_view text) noexcept {
  return text.find("{{") != std::string_view::npos;
}

bool is_plain_text(std::string_view text) noexcept {
  const bool control = std::any_of(text.begin(), text.end(),
                                   [](char c) { return script_quote::is_control(c) && c != '\t' && c != '\n'; });
  return !control && !script_quote::has_c1(text) && !may_be_interpolated(text) && is_utf8(text);
}

std::string quote_for_sh(std::string_view word) {
  if (script_quote::is_plain_word(word)) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string quote_for_powershell(std::string_view word) {
  std::string out = "'";
  for (std::size_t at = 0; at < word.size(); ++at) {
    // PowerShell also takes the typographic single quotes U+2018 to U+201B for quotes; doubled, each stands for itself.
    const std::string_view three = word.substr(at, 3);
    if (three.size() == 3 && three.starts_with("\xe2\x80") && three[2] >= '\x98' && three[2] <= '\x9b') {
      out.append(three).append(three);
      at += 2;
      continue;
    }
    if (word[at] == '\'') out += '\'';
    out += word[at];
  }
  return out + "'";
}

Result<EnvVariable> parse_env_variable(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos) {
    return fail(ErrorKind::usage,
                "an environment variable is NAME=VALUE, and \"" + printable(text, 60) + "\" has no =");
  }
  if (!script_quote::is_name(name)) {
    return fail(ErrorKind::usage, "\"" + printable(name, 60) +
                                      "\" is no name of an environment variable: letters, digits and _ only, no digit "
                                      "first");
  }
  const auto& own = script_quote::kShellOwn;
  if (name.starts_with("postern_") || std::find(own.begin(), own.end(), name) != own.end()) {
    return fail(ErrorKind::usage, "the environment variable " + std::string(name) + " cannot be set in a script");
  }
  if (text.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::usage, "the value of " + std::string(name) + " has a NUL byte, which no environment holds");
  }
  return EnvVariable(std::string(name), std::string(text.substr(equals + 1)));
}

Result<std::vector<EnvVariable>> parse_env_variables(std::span<const std::string> texts) {
  std::vector<EnvVariable> variables;
  for (const std::string& text : texts) {
    TRY(EnvVariable variable, parse_env_variable(text));
    const auto same = std::find_if(variables.begin(), variables.end(),
                                   [&](const EnvVariable& other) { return other.name == variable.name; });
    if (same == variables.end()) {
      variables.push_back(std::move(variable));
    } else {
      same->value = std::move(variable.value);
    }
  }
  return variables;
}

std::string export_for_sh(const EnvVariable& variable) {
  const bool plain = is_plain_text(variable.value) && variable.value.find('\n') == std::string::npos;
  if (plain) return variable.name + "=" + quote_for_sh(variable.value) + "; export " + variable.name;
  // A command substitution drops line feeds at the end: the x guards them.
  return variable.name + "=$(printf '" + script_quote::printf_format(variable.value) + "x'); " + variable.name + "=${" +
         variable.name + "%x}; export " + variable.name;
}

std::string export_for_powershell(const EnvVariable& variable) {
  const bool plain = is_plain_text(variable.value) && variable.value.find('\n') == std::string::npos;
  const std::string name = "$env:" + variable.name + " = ";
  if (plain) return name + quote_for_powershell(variable.value);
  return name + "[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('" +
         to_base64(scrub_utf8(variable.value)) + "'))";
}

}  // namespace postern::flow
