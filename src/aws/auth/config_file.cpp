#include "aws/auth/config_file.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace postern::aws::auth {

const std::string* IniValue::nested(std::string_view key) const noexcept {
  for (const auto& [name, value] : nested_) {
    if (name == key) return &value.reveal();
  }
  return nullptr;
}

const IniValue* IniSection::find(std::string_view key) const noexcept {
  for (const auto& [known, value] : values) {
    if (known == key) return &value;
  }
  return nullptr;
}

const IniSection* IniFile::find(std::string_view name) const noexcept {
  for (const IniSection& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

/// Line by line; the text of the value that is being read is kept apart until it is complete.
class IniParser {
 public:
  explicit IniParser(std::string path) { file_.path = std::move(path); }

  Result<IniFile> parse(std::string_view text) {
    if (text.size() > kConfigFileBytesMax) return at(0, "the file is larger than 4 MiB");
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (!is_utf8(text)) return at(0, "the file is not UTF-8");
    for (const std::string_view line : split(text, '\n')) {
      ++line_;
      TRY_VOID(take_line(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line));
    }
    TRY_VOID(end_value());
    return std::move(file_);
  }

 private:
  tl::unexpected<Error> at(int line, const std::string& what) const {
    const std::string where = line > 0 ? file_.path + ":" + std::to_string(line) : file_.path;
    return fail(ErrorKind::usage, where + ": " + what);
  }

  Result<void> take_line(std::string_view line) {
    const std::string_view content = trim(line);
    const bool comment = content.starts_with('#') || content.starts_with(';');
    if (content.empty() || comment) {
      // An empty line inside a value is part of it; a value's end drops those that trail.
      if (!comment && open_) value_ += '\n';
      return {};
    }
    const auto indent = static_cast<std::size_t>(content.data() - line.data());
    if (open_ && indent > indent_) {
      value_ += '\n';
      value_ += content;
      return {};
    }
    TRY_VOID(end_value());
    indent_ = indent;
    if (content.front() == '[') return begin_section(content);
    return begin_value(content);
  }

  Result<void> begin_section(std::string_view content) {
    const std::size_t end = content.rfind(']');
    if (end == std::string_view::npos || end < 2) return at(line_, "a section looks like [name]");
    const std::string_view name = content.substr(1, end - 1);
    if (const IniSection* twin = file_.find(name)) {
      return at(line_,
                "section [" + printable(name, 80) + "] was opened before, in line " + std::to_string(twin->line));
    }
    IniSection section;
    section.name = name;
    section.line = line_;
    file_.sections.push_back(std::move(section));
    return {};
  }

  Result<void> begin_value(std::string_view content) {
    if (file_.sections.empty()) return at(line_, "expected a section such as [default] before the first key");
    const std::size_t separator = content.find_first_of("=:");
    if (separator == std::string_view::npos) return at(line_, "expected 'key = value'");
    const std::string key = to_lower(trim(content.substr(0, separator)));
    if (key.empty()) return at(line_, "the key before '" + std::string(1, content[separator]) + "' is missing");
    IniSection& section = file_.sections.back();
    if (const IniValue* twin = section.find(key)) {
      return at(line_, "'" + printable(key, 80) + "' is set twice in [" + printable(section.name, 80) +
                           "]; first in line " + std::to_string(twin->line()));
    }
    key_ = key;
    key_line_ = line_;
    value_ = trim(content.substr(separator + 1));
    open_ = true;
    return {};
  }

  Result<void> end_value() {
    if (!open_) return {};
    open_ = false;
    while (value_.ends_with('\n')) value_.pop_back();
    IniValue value(value_, key_line_);
    if (value_.starts_with('\n')) {
      value.is_nested_ = true;
      for (const std::string_view line : split(value_, '\n')) {
        const std::string_view content = trim(line);
        if (content.empty()) continue;
        const std::size_t equals = content.find('=');
        if (equals == std::string_view::npos) {
          return at(key_line_, "the lines below '" + printable(key_, 80) + "' must look like 'key = value'");
        }
        value.nested_.emplace_back(std::string(trim(content.substr(0, equals))),
                                   Secret<>(std::string(trim(content.substr(equals + 1)))));
      }
    }
    wipe(value_);
    file_.sections.back().values.emplace_back(key_, std::move(value));
    return {};
  }

  IniFile file_;
  int line_ = 0;
  bool open_ = false;  // a value is being read
  std::size_t indent_ = 0;
  std::string key_;
  int key_line_ = 0;
  std::string value_;
};

Result<IniFile> parse_ini(std::string_view text, std::string path) {
  return IniParser(std::move(path)).parse(text);
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) {
        *word += text[++i];
      } else {
        *word += c;
      }
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (word) words.push_back(std::move(*word));
      word.reset();
    } else {
      if (!word) word.emplace();
      if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '\\' && i + 1 < text.size()) {
        *word += text[++i];
      } else {
        *word += c;
      }
    }
  }
  if (quote != 0) return {};
  if (word) words.push_back(std::move(*word));
  return words;
}

}  // namespace postern::aws::auth
