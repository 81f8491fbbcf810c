#include "cli/parse.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "base/text.hpp"

namespace postern::cli {
namespace {

constexpr std::string_view kExtraGlobals[] = {"--version", "--completion", "--man", "--markdown"};

std::string usage_hint(const CommandSpec* command) {
  return command == nullptr ? "; see postern --help" : "; see postern " + std::string(command->path) + " --help";
}

std::vector<std::string_view> known_options(const CommandSpec* command) {
  std::vector<std::string_view> names;
  for (const OptionSpec& option : global_options()) names.push_back(option.name);
  if (command != nullptr) {
    for (const OptionSpec& option : command->options) names.push_back(option.name);
  }
  for (const std::string_view name : kExtraGlobals) names.push_back(name);
  return names;
}

/// One table entry as a CLI11 option; the values land in `slot`.
struct Slot {
  Slot() = default;
  const OptionSpec* spec = nullptr;
  std::vector<std::string> values;
  int count = 0;
  CLI::Option* option = nullptr;
};

class Binder {
 public:
  explicit Binder(CLI::App& app) : app_(&app) {}

  void bind(std::span<const OptionSpec> options) {
    for (const OptionSpec& spec : options) bind(spec);
  }

  void collect(Invocation& invocation) const {
    for (const auto& slot : slots_) {
      if (slot->spec->arity == Arity::flag) {
        for (std::size_t i = 0; i < slot->option->count(); ++i) invocation.add(slot->spec->name, "");
      } else {
        for (const std::string& value : slot->values) invocation.add(slot->spec->name, value);
      }
    }
  }

 private:
  void bind(const OptionSpec& spec) {
    auto slot = std::make_unique<Slot>();
    slot->spec = &spec;
    std::string names(spec.name);
    if (!spec.letter.empty()) names.append(",").append(spec.letter);
    if (spec.arity == Arity::flag) {
      slot->option = app_->add_flag(names, slot->count);
    } else {
      slot->option = app_->add_option(names, slot->values)->allow_extra_args(false)->expected(1);
      slot->option->multi_option_policy(spec.arity == Arity::many ? CLI::MultiOptionPolicy::TakeAll
                                                                  : CLI::MultiOptionPolicy::Throw);
      if (spec.arity == Arity::many) slot->option->expected(-1);
    }
    slots_.push_back(std::move(slot));
  }

  CLI::App* app_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

/// Finds the command that the leading non-option words name, and where they stand.
struct Located {
  Located() = default;
  const CommandSpec* command = nullptr;
  std::vector<std::size_t> word_positions;
  std::string first_word;
};

bool takes_value(std::string_view argument, const CommandSpec* command) {
  const auto matches = [&](const OptionSpec& option) {
    return option.arity != Arity::flag && (option.name == argument || option.letter == argument);
  };
  for (const OptionSpec& option : global_options()) {
    if (matches(option)) return true;
  }
  if (command == nullptr) return argument == "--completion";
  for (const OptionSpec& option : command->options) {
    if (matches(option)) return true;
  }
  return false;
}

const CommandSpec* find_command(std::string_view path) {
  for (const CommandSpec& command : commands()) {
    if (command.path == path) return &command;
  }
  return nullptr;
}

Located locate(std::span<const std::string> arguments) {
  Located found;
  std::string path;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") break;
    if (argument.size() > 1 && argument[0] == '-') {
      if (takes_value(argument, found.command)) ++i;
      continue;
    }
    if (found.first_word.empty()) found.first_word = argument;
    const std::string longer = path.empty() ? argument : path + " " + argument;
    bool prefix = false;
    for (const CommandSpec& command : commands()) {
      prefix = prefix || command.path == longer || command.path.starts_with(longer + " ");
    }
    if (!prefix) break;
    path = longer;
    found.word_positions.push_back(i);
    if (const CommandSpec* command = find_command(path)) found.command = command;
  }
  if (found.command == nullptr) {
    for (const GroupSpec& group : groups()) {
      if (group.word == path) found.command = find_command(group.default_path);
    }
  }
  return found;
}

Error unknown_command(const std::string& word) {
  std::vector<std::string_view> names;
  for (const CommandSpec& command : commands()) names.push_back(command.path.substr(0, command.path.find(' ')));
  const std::string_view near = nearest(word, names);
  std::string message = "there is no command '" + printable(word, 60) + "'";
  if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
  return Error(ErrorKind::usage, message + usage_hint(nullptr));
}

Error unknown_option(const std::string& argument, const CommandSpec* command) {
  const std::string name = argument.substr(0, argument.find('='));
  const std::string_view near = nearest(name, known_options(command));
  std::string message = "unknown option '" + printable(name, 60) + "'";
  if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
  return Error(ErrorKind::usage, message + usage_hint(command));
}

Result<void> check_choices(const Invocation& invocation) {
  const auto check = [&](const OptionSpec& option) -> Result<void> {
    if (option.choices.empty()) return Result<void>();
    for (const std::string& value : invocation.values(option.name)) {
      bool allowed = false;
      for (const std::string_view choice : split(option.choices, '|')) allowed = allowed || choice == value;
      if (!allowed) {
        std::string choices(option.choices);
        for (std::size_t at = choices.find('|'); at != std::string::npos; at = choices.find('|', at + 2)) {
          choices.replace(at, 1, ", ");
        }
        return fail(ErrorKind::usage,
                    std::string(option.name) + " '" + printable(value, 60) + "' is not one of " + choices);
      }
    }
    return Result<void>();
  };
  for (const OptionSpec& option : global_options()) TRY_VOID(check(option));
  if (invocation.command == nullptr) return Result<void>();
  for (const OptionSpec& option : invocation.command->options) TRY_VOID(check(option));
  return Result<void>();
}

/// The words before "--" without the command's own, in the reversed order that CLI11 wants.
std::vector<std::string> words_for_parser(std::span<const std::string> arguments, const Located& located,
                                          std::vector<std::string>& after_dashes) {
  std::vector<std::string> words;
  std::size_t skip = 0;
  std::size_t i = 0;
  for (; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (skip < located.word_positions.size() && located.word_positions[skip] == i) {
      ++skip;
      continue;
    }
    words.push_back(arguments[i]);
  }
  if (i < arguments.size())
    after_dashes.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
  return {words.rbegin(), words.rend()};
}

constexpr OptionSpec kVersionOption = {"--version", "-V", Arity::flag, "", "", ""};
constexpr OptionSpec kMan = {"--man", "", Arity::flag, "", "", ""};
constexpr OptionSpec kMarkdown = {"--markdown", "", Arity::flag, "", "", ""};
constexpr OptionSpec kCompletion = {"--completion", "", Arity::one, "SHELL", "", "bash|zsh|fish"};

/// "chek" after "accounts": the group's commands are what the user had in mind.
std::string group_hint(const Invocation& invocation, const std::string& word) {
  std::vector<std::string_view> names;
  const std::string prefix = invocation.topic + " ";
  for (const CommandSpec& command : commands()) {
    if (command.path.starts_with(prefix)) names.push_back(command.path.substr(prefix.size()));
  }
  if (names.empty()) return std::string();
  const std::string_view near = nearest(word, names);
  std::string hint = ": " + invocation.topic + " has";
  for (const std::string_view name : names) hint += (name == names.front() ? " " : ", ") + std::string(name);
  return near.empty() ? hint : hint + "; did you mean '" + prefix + std::string(near) + "'?";
}

Result<void> check_words(const Invocation& invocation, std::size_t before_dashes, const std::string& first_extra) {
  const CommandSpec* command = invocation.command;
  if (command == nullptr || command->positionals != Positionals::none || invocation.words.empty()) {
    return Result<void>();
  }
  const std::string& extra = before_dashes > 0 ? first_extra : invocation.words[0];
  return fail(ErrorKind::usage, "'" + printable(extra, 60) + "' is one word too many" + group_hint(invocation, extra) +
                                    usage_hint(command));
}

/// Everything but what is for the targets alone: the command after --, and the values of its variables.
Result<void> check_encoding(std::span<const std::string> arguments) {
  bool variable = false;
  for (const std::string& argument : arguments) {
    if (argument == "--" && !variable) return {};
    const bool for_targets = variable || argument.starts_with("--env=");
    variable = !variable && argument == "--env";
    if (!for_targets && !is_utf8(argument)) {
      return fail(ErrorKind::usage, "'" + printable(argument, 60) + "' is not valid UTF-8");
    }
  }
  return {};
}

}  // namespace

int Invocation::count(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? 0 : static_cast<int>(found->second.size());
}

std::optional<std::string> Invocation::value(std::string_view option) const {
  const auto found = options_.find(option);
  if (found == options_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Invocation::values(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>() : found->second;
}

void Invocation::add(std::string_view option, std::string value) {
  options_[std::string(option)].push_back(std::move(value));
}

Result<Invocation> parse_command_line(std::span<const std::string> arguments) {
  TRY_VOID(check_encoding(arguments));
  const Located located = locate(arguments);
  Invocation invocation;
  invocation.command = located.command;
  if (located.command == nullptr && !located.first_word.empty()) return fail(unknown_command(located.first_word));
  if (!located.word_positions.empty()) invocation.topic = arguments[located.word_positions[0]];

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  Binder binder(app);
  binder.bind(global_options());
  if (located.command != nullptr) binder.bind(located.command->options);
  if (located.command == nullptr) {
    for (const OptionSpec* spec : {&kVersionOption, &kMan, &kMarkdown, &kCompletion}) binder.bind(std::span(spec, 1));
  }
  std::vector<std::string> after_dashes;
  std::vector<std::string> words = words_for_parser(arguments, located, after_dashes);
  try {
    app.parse(words);
  } catch (const CLI::ParseError& e) {  // CLI11 reports by exceptions; this is where they end
    return fail(ErrorKind::usage, std::string(e.what()) + usage_hint(located.command));
  }
  binder.collect(invocation);
  invocation.words = app.remaining();
  const std::size_t before_dashes = invocation.words.size();
  const std::string first_extra = before_dashes > 0 ? invocation.words[0] : std::string();
  for (const std::string& word : invocation.words) {
    if (word.size() > 1 && word[0] == '-') return fail(unknown_option(word, located.command));
  }
  invocation.words.insert(invocation.words.end(), after_dashes.begin(), after_dashes.end());
  TRY_VOID(check_words(invocation, before_dashes, first_extra));
  TRY_VOID(check_choices(invocation));
  return invocation;
}

Result<std::chrono::seconds> parse_duration(std::string_view text, std::string_view what) {
  const auto bad = [&] {
    return fail(ErrorKind::usage,
                std::string(what) + ": '" + printable(text, 40) + "' is not a duration such as 90s, 15m or 2h");
  };
  std::int64_t total = 0;
  std::string_view rest = text;
  if (rest.empty()) return bad();
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0 || number > 100'000'000) return bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const char unit = rest.empty() ? 's' : rest[0];
    if (!rest.empty()) rest.remove_prefix(1);
    if (unit == 'd') {
      number *= 86'400;
    } else if (unit == 'h') {
      number *= 3'600;
    } else if (unit == 'm') {
      number *= 60;
    } else if (unit != 's') {
      return bad();
    }
    total += number;
  }
  return std::chrono::seconds(total);
}

Result<std::pair<std::string, std::string>> parse_pair(std::string_view text, std::string_view what,
                                                       std::string_view key) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return fail(ErrorKind::usage,
                std::string(what) + " '" + printable(text, 60) + "' is not " + std::string(key) + "=VALUE");
  }
  return std::pair<std::string, std::string>(text.substr(0, equals), text.substr(equals + 1));
}

Result<int> parse_count(std::string_view text, std::string_view what, int min, int max) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return fail(ErrorKind::usage, std::string(what) + ": '" + printable(text, 40) + "' is not a whole number from " +
                                      std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

}  // namespace postern::cli
