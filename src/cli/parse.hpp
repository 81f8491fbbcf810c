#pragma once

/// The command line as data.

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "cli/command_table.hpp"

namespace postern::cli {

/// What the user asked for. Options are keyed by their long name.
class Invocation {
 public:
  Invocation() = default;
  const CommandSpec* command = nullptr;  ///< null: --version, --help or --completion alone
  std::string topic;                     ///< with --help and a group word: "accounts"
  std::vector<std::string> words;        ///< positionals, and everything after "--"

  bool has(std::string_view option) const { return count(option) > 0; }
  int count(std::string_view option) const;
  /// The last value given, or absent.
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  void add(std::string_view option, std::string value);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
};

/// Parses the words after the program's name. Options may stand before or after the command; after "--" nothing is an
/// option. Errors are of kind usage: what is wrong, what may have been meant, and which help to read.
Result<Invocation> parse_command_line(std::span<const std::string> arguments);

/// "90s", "15m", "2h", "1h30m", plain seconds "45". Fails with usage naming `what`.
Result<std::chrono::seconds> parse_duration(std::string_view text, std::string_view what);
/// "NAME=VALUE" at its first '='; the value may be empty. Fails with usage naming `what`; `key` is what the first half
/// is called there.
Result<std::pair<std::string, std::string>> parse_pair(std::string_view text, std::string_view what,
                                                       std::string_view key);
/// A whole number in [min, max]; fails with usage naming `what`.
Result<int> parse_count(std::string_view text, std::string_view what, int min, int max);

}  // namespace postern::cli
