#include "cli/help.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "term/wrap.hpp"

namespace postern::cli {
namespace {

std::string option_names(const OptionSpec& option) {
  std::string names = option.letter.empty() ? "    " : std::string(option.letter) + ", ";
  names += option.name;
  if (!option.value.empty()) names.append(" ").append(option.value);
  return names;
}

std::string option_text(const OptionSpec& option) {
  std::string text(option.help);
  if (!option.choices.empty()) text.append(" [").append(option.choices).append("]");
  return text;
}

/// "  name   text", the text wrapped beside the widest name, or below it in a narrow terminal.
std::string two_columns(std::span<const std::pair<std::string, std::string>> rows, std::size_t columns) {
  std::size_t widest = 0;
  for (const auto& [name, text] : rows) widest = std::max(widest, name.size());
  widest = std::min<std::size_t>(widest, 26);
  std::string out;
  const std::string indent(widest + 4, ' ');
  for (const auto& [name, text] : rows) {
    std::string first = "  " + name;
    if (name.size() > widest) {
      out += first + "\n";
      first = indent;
    } else {
      first.resize(indent.size(), ' ');
    }
    out += term::wrap_indented(text, columns, first, indent);
  }
  return out;
}

std::string option_rows(std::span<const OptionSpec> options, std::size_t columns) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const OptionSpec& option : options) rows.emplace_back(option_names(option), option_text(option));
  return two_columns(rows, columns);
}

std::string usage_line(const CommandSpec& command) {
  std::string line = "postern " + std::string(command.path);
  if (!command.options.empty()) line += " [OPTION...]";
  if (!command.synopsis.empty()) line.append(" ").append(command.synopsis);
  return line;
}

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if (c == '.' && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string roff_options(std::span<const OptionSpec> options) {
  std::string out;
  for (const OptionSpec& option : options) {
    out += ".TP\n.B " + roff(trim(option_names(option))) + "\n" + roff(option_text(option)) + "\n";
  }
  return out;
}

std::string markdown_options(std::span<const OptionSpec> options) {
  std::string out = "| option | meaning |\n| --- | --- |\n";
  for (const OptionSpec& option : options) {
    std::string text = option_text(option);
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
      text.replace(at, 1, "\\|");
    std::string names(trim(option_names(option)));
    for (std::size_t at = names.find('|'); at != std::string::npos; at = names.find('|', at + 2))
      names.replace(at, 1, "\\|");
    out += "| `" + names + "` | " + text + " |\n";
  }
  return out;
}

std::string option_words(std::span<const OptionSpec> options) {
  std::string words;
  for (const OptionSpec& option : options) words.append(words.empty() ? "" : " ").append(option.name);
  return words;
}

std::string quote_single(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string general_help(std::size_t columns) {
  std::string out = "postern " + std::string(kVersion) + ": fleets behind Systems Manager, over many AWS accounts\n\n";
  out += "Usage: postern [OPTION...] COMMAND [...]\n\nCommands:\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const CommandSpec& command : commands())
    rows.emplace_back(std::string(command.path), std::string(command.summary));
  out += two_columns(rows, columns);
  out += "\nOptions of every command:\n" + option_rows(global_options(), columns);
  out += "\nOther:\n";
  rows = {{"--version", "print the version"},
          {"--completion SHELL", "print a completion script for bash, zsh or fish"},
          {"--man", "print the man page"},
          {"--markdown", "print this reference as Markdown"}};
  out += two_columns(rows, columns);
  out += "\nExit codes:\n";
  rows.clear();
  for (const ExitCodeSpec& code : exit_codes()) rows.emplace_back(std::to_string(code.code), std::string(code.meaning));
  out += two_columns(rows, columns);
  out += "\nStart with: postern demo\n";
  return out;
}

std::string command_help(const CommandSpec& command, std::size_t columns) {
  std::string out = "Usage: " + usage_line(command) + "\n\n";
  out += term::wrap_indented(command.description, columns, "", "");
  if (!command.options.empty()) out += "\nOptions:\n" + option_rows(command.options, columns);
  out += "\nOptions of every command:\n" + option_rows(global_options(), columns);
  if (!command.examples.empty()) out += "\nExamples:\n";
  for (const std::string_view example : command.examples) out.append("  ").append(example).append("\n");
  return out;
}

std::string group_help(std::string_view word, std::size_t columns) {
  std::string out = "Usage: postern " + std::string(word) + " COMMAND [OPTION...]\n\nCommands:\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const CommandSpec& command : commands()) {
    if (command.path.starts_with(std::string(word) + " "))
      rows.emplace_back(std::string(command.path), std::string(command.summary));
  }
  return out + two_columns(rows, columns) + "\nSee postern COMMAND --help.\n";
}

std::string man_page() {
  std::string out = ".TH POSTERN 1 \"\" \"postern " + std::string(kVersion) +
                    "\"\n.SH NAME\npostern \\- fleets behind Systems Manager, over many AWS accounts\n";
  out += ".SH SYNOPSIS\n.B postern\n[\\fIOPTION\\fR...] \\fICOMMAND\\fR [...]\n.SH COMMANDS\n";
  for (const CommandSpec& command : commands()) {
    out += ".SS " + roff(usage_line(command)) + "\n" + roff(command.description) + "\n" + roff_options(command.options);
    for (const std::string_view example : command.examples) out += ".PP\n.nf\n" + roff(example) + "\n.fi\n";
  }
  out += ".SH OPTIONS\n" + roff_options(global_options()) + ".SH EXIT STATUS\n";
  for (const ExitCodeSpec& code : exit_codes()) {
    out += ".TP\n.B " + std::to_string(code.code) + "\n" + roff(code.meaning) + "\n";
  }
  return out;
}

std::string markdown_reference() {
  std::string out = "# Commands\n\nMade by `postern --markdown` from the table in the code; a test compares the two.\n";
  for (const CommandSpec& command : commands()) {
    out += "\n## " + std::string(command.path) + "\n\n`" + usage_line(command) + "`\n\n" +
           std::string(command.description) + "\n";
    if (!command.options.empty()) out += "\n" + markdown_options(command.options);
    if (!command.examples.empty()) out += "\n```sh\n";
    for (const std::string_view example : command.examples) out.append(example).append("\n");
    if (!command.examples.empty()) out += "```\n";
  }
  out += "\n## Options of every command\n\n" + markdown_options(global_options()) +
         "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n";
  for (const ExitCodeSpec& code : exit_codes()) {
    out += "| " + std::to_string(code.code) + " | " + std::string(code.meaning) + " |\n";
  }
  return out;
}

std::string completion_script(std::string_view shell) {
  const std::string global = option_words(global_options());
  std::string first_words;
  for (const CommandSpec& command : commands()) {
    const std::string word(command.path.substr(0, command.path.find(' ')));
    if ((" " + first_words + " ").find(" " + word + " ") == std::string::npos)
      first_words.append(first_words.empty() ? "" : " ").append(word);
  }
  std::string cases;
  if (shell == "fish") {
    std::string out = "complete -c postern -f\n";
    for (const CommandSpec& command : commands()) {
      const std::string_view word = command.path.substr(0, command.path.find(' '));
      out += "complete -c postern -n __fish_use_subcommand -a " + std::string(word) + " -d '" +
             quote_single(command.summary) + "'\n";
      for (const OptionSpec& option : command.options) {
        out += "complete -c postern -n '__fish_seen_subcommand_from " + std::string(word) + "' -l " +
               std::string(option.name.substr(2)) + (option.arity == Arity::flag ? "" : " -r") + " -d '" +
               quote_single(option.help) + "'\n";
      }
    }
    for (const OptionSpec& option : global_options()) {
      out += "complete -c postern -l " + std::string(option.name.substr(2)) +
             (option.arity == Arity::flag ? "" : " -r") + " -d '" + quote_single(option.help) + "'\n";
    }
    return out;
  }
  for (const CommandSpec& command : commands()) {
    const std::size_t space = command.path.find(' ');
    std::string pattern(command.path.substr(0, space));
    std::string extra = space == std::string_view::npos ? "" : std::string(command.path.substr(space + 1)) + " ";
    cases += "    " + pattern + ") words=\"$words " + extra + option_words(command.options) + "\" ;;\n";
  }
  // `;;&` lets every matching line of a group add its words.
  for (std::size_t at = cases.find(";;\n"); at != std::string::npos; at = cases.find(";;\n", at + 4))
    cases.replace(at, 2, ";;&");
  std::string out;
  if (shell == "zsh") out += "#compdef postern\nautoload -U +X bashcompinit && bashcompinit\n";
  out += "_postern() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" words=\"" + global + "\"\n";
  out += "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"" + first_words + " $words\"; fi\n";
  out +=
      "  case \"${COMP_WORDS[1]}\" in\n" + cases + "  esac\n  COMPREPLY=( $(compgen -W \"$words\" -- \"$cur\") )\n}\n";
  if (shell == "zsh") {
    // zsh has ;| where bash has ;;&
    for (std::size_t at = out.find(";;&"); at != std::string::npos; at = out.find(";;&", at + 2))
      out.replace(at, 3, ";|");
  }
  return out + "complete -o default -F _postern postern\n";
}

}  // namespace postern::cli
