#include "fleet/fleet_edit.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "fleet/fleet_yaml.hpp"

namespace postern::fleet {
namespace fleet_edit {

Error by_hand(const std::string& name) {
  return Error(ErrorKind::usage, name + " is written so that only a person can change it: please do");
}

/// Where a position is in the text, in bytes; columns count characters.
std::size_t offset_of(std::string_view text, yaml::Position at) {
  std::size_t offset = 0;
  for (std::size_t line = 1; line < at.line; ++line) {
    const std::size_t end = text.find('\n', offset);
    if (end == std::string_view::npos) return text.size();
    offset = end + 1;
  }
  for (std::size_t column = 1; column < at.column && offset < text.size(); ++column) {
    ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U) ++offset;
  }
  return offset;
}

std::size_t line_start(std::string_view text, std::size_t offset) {
  const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

/// After the line's end.
std::size_t next_line(std::string_view text, std::size_t offset) {
  const std::size_t end = text.find('\n', offset);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// After the quoted text that begins at `offset`.
std::size_t after_quoted(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t i = offset + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'';
      if (!doubled) return i + 1;
      ++i;
    }
  }
  return text.size();
}

/// After the scalar that begins at `offset`, in a flow map or on a line of its own.
std::size_t after_scalar(std::string_view text, std::size_t offset, bool in_flow) {
  if (offset < text.size() && (text[offset] == '"' || text[offset] == '\'')) return after_quoted(text, offset);
  std::size_t end = offset;
  while (end < text.size() && text[end] != '\n') {
    if (in_flow && (text[end] == ',' || text[end] == '}')) break;
    if (text[end] == '#' && end > 0 && text[end - 1] == ' ') break;
    ++end;
  }
  while (end > offset && (text[end - 1] == ' ' || text[end - 1] == '\r')) --end;
  return end;
}

/// After the flow map or list that begins at `offset`.
std::size_t after_flow(std::string_view text, std::size_t offset) {
  int depth = 0;
  for (std::size_t i = offset; i < text.size(); ++i) {
    const char c = text[i];
    const bool opens_quote =
        (c == '"' || c == '\'') && i > 0 && std::string_view(" ,:[{\n").find(text[i - 1]) != std::string_view::npos;
    if (opens_quote) {
      i = after_quoted(text, i) - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t last_line_of(const yaml::Node& node) {
  std::size_t line = node.position.line;
  for (const yaml::Node& item : node.items) line = std::max(line, last_line_of(item));
  for (const yaml::Entry& entry : node.entries) line = std::max(line, last_line_of(entry.value));
  return line;
}

class Editor {
 public:
  Editor(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Result<void> read() {
    TRY(before_, parse_fleet_file(text_, name_));
    TRY(root_, yaml::parse(text_, name_));
    const yaml::Entry* accounts = root_.find("accounts");
    if (accounts != nullptr) accounts_ = &accounts->value;
    return {};
  }
  const FleetFile& before() const { return before_; }

  const yaml::Node* item(const AccountId& account) const {
    if (accounts_ == nullptr) return nullptr;
    for (const yaml::Node& each : accounts_->items) {
      const yaml::Entry* id = each.find("id");
      if (id != nullptr && id->value.text == account.text()) return &each;
    }
    return nullptr;
  }

  Result<std::string> set_external_id(const yaml::Node& item, std::string_view value) const {
    const bool flow = is_flow(item);
    const std::string quoted = "\"" + std::string(value) + "\"";
    if (const yaml::Entry* old = item.find("external_id")) {
      const std::size_t begin = offset_of(text_, old->value.position);
      if (begin < text_.size() && std::string_view("*&!|>").find(text_[begin]) != std::string_view::npos) {
        return fail(by_hand(name_));
      }
      return replaced(begin, after_scalar(text_, begin, flow), quoted);
    }
    const yaml::Entry* id = item.find("id");
    const std::size_t end = after_scalar(text_, offset_of(text_, id->value.position), flow);
    if (flow) return replaced(end, end, ", external_id: " + quoted);
    const std::size_t next = next_line(text_, end);
    const std::string indent(item.position.column - 1, ' ');
    const std::string broken = next > 0 && text_[next - 1] != '\n' ? "\n" : "";
    return replaced(next, next, broken + indent + "external_id: " + quoted + "\n");
  }

  Result<std::string> add(const Account& account) const {
    std::string lines = account_yaml(account);
    if (!lines.ends_with('\n')) lines += '\n';
    if (accounts_ == nullptr) return std::string(text_) + (text_.ends_with('\n') ? "" : "\n") + "accounts:\n" + lines;
    if (accounts_->items.empty()) {
      const std::size_t begin = offset_of(text_, accounts_->position);
      const bool brackets = begin < text_.size() && text_[begin] == '[';
      if (brackets) return replaced(begin, after_flow(text_, begin), "\n" + lines.substr(0, lines.size() - 1));
      const std::size_t next = next_line(text_, offset_of(text_, root_.find("accounts")->value.position));
      return replaced(next, next, lines);
    }
    if (text_[offset_of(text_, accounts_->position)] == '[') return fail(by_hand(name_));
    const std::size_t end = end_of(accounts_->items.back());
    const std::string broken = end > 0 && text_[end - 1] != '\n' ? "\n" : "";
    return replaced(end, end, broken + indented_as(accounts_->items.back(), lines));
  }

  Result<std::string> remove(const yaml::Node& item) const {
    const std::size_t begin = line_start(text_, offset_of(text_, item.position));
    const bool own_line = trim(text_.substr(begin, offset_of(text_, item.position) - begin)) == "-";
    if (!own_line) return fail(by_hand(name_));
    return replaced(begin, end_of(item), "");
  }

 private:
  bool is_flow(const yaml::Node& item) const {
    const std::size_t begin = offset_of(text_, item.position);
    return begin < text_.size() && text_[begin] == '{';
  }
  /// After the last line of an entry of `accounts`.
  std::size_t end_of(const yaml::Node& item) const {
    if (is_flow(item)) return next_line(text_, after_flow(text_, offset_of(text_, item.position)) - 1);
    return next_line(text_, offset_of(text_, yaml::Position(last_line_of(item), 1)));
  }
  /// account_yaml() indents by two; the file may do otherwise.
  std::string indented_as(const yaml::Node& item, const std::string& lines) const {
    const std::size_t at = offset_of(text_, item.position);
    const std::size_t begin = line_start(text_, at);
    const std::size_t dash = text_.find('-', begin);
    const std::size_t want = dash == std::string_view::npos || dash > at ? 2 : dash - begin;
    std::string out;
    for (const std::string_view line : split(std::string_view(lines).substr(0, lines.size() - 1), '\n')) {
      out += std::string(want, ' ') + std::string(line.substr(std::min<std::size_t>(2, line.size()))) + "\n";
    }
    return out;
  }
  std::string replaced(std::size_t begin, std::size_t end, std::string_view by) const {
    std::string out(text_.substr(0, begin));
    out.append(by).append(text_.substr(end));
    return out;
  }

  std::string_view text_;
  const std::string& name_;
  FleetFile before_;
  yaml::Node root_;
  const yaml::Node* accounts_ = nullptr;
};

std::string ids_of(const FleetFile& file) {
  std::string ids;
  for (const Account& account : file.accounts) ids += account.id.text() + " ";
  return ids;
}

}  // namespace fleet_edit

Result<std::string> with_external_id(std::string_view text, const std::string& name, const AccountId& account,
                                     std::string_view external_id) {
  using namespace fleet_edit;
  Editor editor(text, name);
  TRY_VOID(editor.read());
  const yaml::Node* item = editor.item(account);
  if (item == nullptr) return fail(ErrorKind::not_found, "account " + account.text() + " is not in " + name);
  TRY(std::string out, editor.set_external_id(*item, external_id));
  const Result<FleetFile> after = parse_fleet_file(out, name);
  const Account* changed = after ? after->find_account(account.text()) : nullptr;
  const bool right = changed != nullptr && changed->external_id &&
                     changed->external_id->kind == SecretRef::Kind::literal &&
                     changed->external_id->text == external_id && ids_of(*after) == ids_of(editor.before());
  if (!right) return fail(by_hand(name));
  return out;
}

Result<std::string> with_account(std::string_view text, const std::string& name, const Account& account) {
  using namespace fleet_edit;
  Editor editor(text, name);
  TRY_VOID(editor.read());
  for (const std::string& taken : {account.id.text(), account.name}) {
    if (editor.before().find_account(taken) != nullptr) {
      return fail(ErrorKind::conflict, "account " + taken + " is in " + name + " already");
    }
  }
  TRY(std::string out, editor.add(account));
  const Result<FleetFile> after = parse_fleet_file(out, name);
  if (!after || ids_of(*after) != ids_of(editor.before()) + account.id.text() + " ") return fail(by_hand(name));
  return out;
}

Result<std::string> without_account(std::string_view text, const std::string& name, const AccountId& account) {
  using namespace fleet_edit;
  Editor editor(text, name);
  TRY_VOID(editor.read());
  const yaml::Node* item = editor.item(account);
  if (item == nullptr) return fail(ErrorKind::not_found, "account " + account.text() + " is not in " + name);
  TRY(std::string out, editor.remove(*item));
  const Result<FleetFile> after = parse_fleet_file(out, name);
  std::string expected;
  for (const Account& each : editor.before().accounts) {
    if (each.id != account) expected += each.id.text() + " ";
  }
  if (!after || ids_of(*after) != expected) return fail(by_hand(name));
  return out;
}

}  // namespace postern::fleet
