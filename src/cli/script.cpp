#include "cli/script.hpp"

#include "base/text.hpp"

namespace postern::cli {
namespace {

bool is_plain(std::string_view word) {
  if (word.empty()) return false;
  for (const char c : word) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alnum && std::string_view("_-./:=,@%+").find(c) == std::string_view::npos) return false;
  }
  return true;
}

void add_prologue(flow::CommandSpec& spec, Strictness strictness) {
  if (strictness == Strictness::lax) return;
  // AWS-RunShellScript runs `sh`, which need not know pipefail.
  spec.sh_lines.emplace_back("set -eu; if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi");
  spec.powershell_lines.emplace_back("$ErrorActionPreference = 'Stop'");
}

}  // namespace

std::string quote_for_sh(std::string_view word) {
  if (is_plain(word)) return std::string(word);
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
  for (const char c : word) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

flow::CommandSpec command_of_words(const std::vector<std::string>& words, Strictness strictness) {
  flow::CommandSpec spec;
  add_prologue(spec, strictness);
  if (words.size() == 1) {
    spec.sh_lines.push_back(words[0]);
    spec.powershell_lines.push_back(words[0]);
    return spec;
  }
  std::string sh;
  std::string powershell = "&";
  for (const std::string& word : words) {
    sh.append(sh.empty() ? "" : " ").append(quote_for_sh(word));
    powershell.append(" ").append(quote_for_powershell(word));
  }
  spec.sh_lines.push_back(std::move(sh));
  spec.powershell_lines.push_back(std::move(powershell));
  return spec;
}

flow::CommandSpec command_of_script(std::string_view text, Strictness strictness) {
  flow::CommandSpec spec;
  add_prologue(spec, strictness);
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    spec.sh_lines.emplace_back(line);
    spec.powershell_lines.emplace_back(line);
  }
  return spec;
}

}  // namespace postern::cli
