#pragma once

/// The INI dialect of ~/.aws/config and ~/.aws/credentials, as botocore reads it (Python's RawConfigParser in strict
/// mode, with one level of nested values): what the AWS CLI accepts is accepted here, and means the same.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::aws::auth {

/// Larger files are refused: nobody writes them by hand.
inline constexpr std::size_t kConfigFileBytesMax = 4U << 20U;

/// A value. Any of them may be a secret key, so all are wiped when they go.
class IniValue {
 public:
  IniValue() = default;
  IniValue(std::string text, int line) : text_(std::move(text)), line_(line) {}
  const std::string& text() const noexcept { return text_.reveal(); }
  int line() const noexcept { return line_; }
  /// The value of a nested key ("endpoint_url" of "ssm =\n  endpoint_url = ..."), or null.
  const std::string* nested(std::string_view key) const noexcept;
  bool is_nested() const noexcept { return is_nested_; }

 private:
  friend class IniParser;
  Secret<> text_;
  int line_ = 0;
  bool is_nested_ = false;
  std::vector<std::pair<std::string, Secret<>>> nested_;
};

struct IniSection {
  IniSection() = default;
  std::string name;  ///< what stands between the brackets
  int line = 0;
  std::vector<std::pair<std::string, IniValue>> values;  ///< keys in lower case, in the file's order
  const IniValue* find(std::string_view key) const noexcept;
};

struct IniFile {
  IniFile() = default;
  std::string path;
  std::vector<IniSection> sections;
  const IniSection* find(std::string_view name) const noexcept;
};

/// Comments are whole lines that begin with '#' or ';'; a line indented deeper than its key goes on with the value; '='
/// and ':' separate. Errors: usage, "path:line: what is wrong"; values are never quoted, they may be secrets.
Result<IniFile> parse_ini(std::string_view text, std::string path);

/// "profile \"my team\"" -> {"profile", "my team"}: words with shell quotes. Empty when a quote is left open.
std::vector<std::string> split_words(std::string_view text);

}  // namespace postern::aws::auth
