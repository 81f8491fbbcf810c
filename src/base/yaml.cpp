#include "base/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <sstream>

#include "base/text.hpp"

namespace postern::yaml {
namespace {

constexpr std::size_t kMaxTextBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxDepth = 64;

std::string place(const std::string& file, Position position) {
  return file + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

Error located(const std::string& file, Position position, std::string_view message) {
  return {ErrorKind::usage, place(file, position) + ": " + std::string(message)};
}

// Leaves the parser at the first problem of ours: it knows no other way to stop. Never crosses this file's border.
struct Stop {
  Position position;
  std::string message;
};

// yaml-cpp counts lines from 0 and columns in bytes.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  Position at(const YAML::Mark& mark) const {
    if (mark.line < 0 || mark.column < 0) return {};
    const auto line = std::min(static_cast<std::size_t>(mark.line), line_starts_.size() - 1);
    const std::size_t start = line_starts_[line];
    const std::size_t length = std::min(static_cast<std::size_t>(mark.column), text_.size() - start);
    const std::string_view before = text_.substr(start, length);
    const auto characters = std::count_if(before.begin(), before.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return {line + 1, static_cast<std::size_t>(characters) + 1};
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

// Builds nodes from the parser's events. The parser recurses once per level, but tells each level before it goes down,
// so stopping here bounds its stack too.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const Positions& positions, std::shared_ptr<const std::string> file, Aliases aliases)
      : positions_(positions), file_(std::move(file)), aliases_(aliases) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (seen_document_) throw Stop{positions_.at(mark), "a second document; only one is allowed"};
    seen_document_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(make(Kind::null, mark, std::string()), 1, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(Kind::scalar, mark, tag);
    node.style = tag == "?" ? Style::plain : Style::quoted;
    node.text = value;
    finish(std::move(node), 1, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (aliases_ == Aliases::refused) throw Stop{positions_.at(mark), "aliases are not allowed"};
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Stop{positions_.at(mark), "an alias inside the very node that it stands for"};
    // Counted before it is copied: ten lines of aliases can stand for billions of nodes.
    count(found->second.nodes, positions_.at(mark));
    if (open_.size() + found->second.depth > kMaxDepth) throw too_deep(positions_.at(mark));
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().key_pending) {
      throw Stop{positions_.at(mark), "an alias cannot be a key"};
    }
    attach(found->second.node, found->second.nodes, found->second.depth);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override {
    refuse_duplicates(open_.back().node);
    close();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    bool key_pending = false;  // the last entry has its key but no value yet
    std::size_t nodes = 1;
    std::size_t depth = 1;
  };
  struct Anchored {
    Node node;
    std::size_t nodes = 0;
    std::size_t depth = 0;
  };

  Node make(Kind kind, const YAML::Mark& mark, const std::string& tag) {
    Node node;
    node.kind = kind;
    node.position = positions_.at(mark);
    if (tag != "?" && tag != "!") node.tag = tag;
    node.file = file_;
    return node;
  }

  static Stop too_deep(Position position) {
    return Stop{position, "nested more than " + std::to_string(kMaxDepth) + " levels deep"};
  }

  void count(std::size_t nodes, Position position) {
    total_ += nodes;
    if (total_ > kMaxNodes) {
      throw Stop{position, "more than " + std::to_string(kMaxNodes) + " values (aliases count as what they stand for)"};
    }
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Open level;
    level.node = make(kind, mark, tag);
    level.anchor = anchor;
    if (open_.size() >= kMaxDepth) throw too_deep(level.node.position);
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().key_pending) {
      throw Stop{level.node.position, "a key must be a single word or text"};
    }
    count(1, level.node.position);
    open_.push_back(std::move(level));
  }

  void close() {
    Open level = std::move(open_.back());
    open_.pop_back();
    if (level.anchor != 0) {
      count(level.nodes, level.node.position);  // the copy kept for aliases
      anchors_[level.anchor] = Anchored{level.node, level.nodes, level.depth};
    }
    attach(std::move(level.node), level.nodes, level.depth);
  }

  // A scalar or null: a key when its map waits for one.
  void finish(Node node, std::size_t nodes, YAML::anchor_t anchor) {
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().key_pending) {
      if (node.is_null()) throw Stop{node.position, "a key is missing"};
      Entry entry;
      entry.key = std::move(node.text);
      entry.position = node.position;
      open_.back().node.entries.push_back(std::move(entry));
      open_.back().key_pending = true;
      return;
    }
    count(nodes, node.position);
    if (anchor != 0) anchors_[anchor] = Anchored{node, 1, 1};
    attach(std::move(node), 1, 1);
  }

  void attach(Node node, std::size_t nodes, std::size_t depth) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.nodes += nodes;
    parent.depth = std::max(parent.depth, depth + 1);
    if (parent.node.is_map()) {
      parent.node.entries.back().value = std::move(node);
      parent.key_pending = false;
    } else {
      parent.node.items.push_back(std::move(node));
    }
  }

  static void refuse_duplicates(const Node& map) {
    std::vector<std::size_t> order(map.entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&map](std::size_t a, std::size_t b) {
      const int by_key = map.entries[a].key.compare(map.entries[b].key);
      return by_key != 0 ? by_key < 0 : a < b;
    });
    const auto same_key = [&map](std::size_t a, std::size_t b) { return map.entries[a].key == map.entries[b].key; };
    const auto found = std::adjacent_find(order.begin(), order.end(), same_key);
    if (found == order.end()) return;
    const Entry& first = map.entries[*found];
    const Entry& second = map.entries[*(found + 1)];
    throw Stop{second.position, "the key \"" + printable(second.key, 60) + "\" is here a second time; first at " +
                                    std::to_string(first.position.line) + ":" + std::to_string(first.position.column)};
  }

  const Positions& positions_;
  std::shared_ptr<const std::string> file_;
  Aliases aliases_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  Node root_;
  std::size_t total_ = 0;
  bool seen_document_ = false;
};

// Where the text stops being what a YAML file may hold; nothing when all is well. Control characters are not allowed in
// YAML, and yaml-cpp takes some of them for marks of its own.
std::optional<std::size_t> first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return i;
  }
  return std::nullopt;
}

Position position_of_byte(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  YAML::Mark mark;
  mark.line = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  mark.column = static_cast<int>(at - line_start);
  return Positions(text).at(mark);
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::scalar:
      return "text";
    case Kind::sequence:
      return "list";
    case Kind::map:
      return "map";
  }
  return "null";
}

const Entry* Node::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(), [key](const Entry& e) { return e.key == key; });
  return found != entries.end() ? &*found : nullptr;
}

std::optional<bool> Node::to_bool() const noexcept {
  if (!is_scalar() || style != Style::plain) return std::nullopt;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::int64_t> Node::to_int() const noexcept {
  if (!is_scalar() || style != Style::plain || text.empty()) return std::nullopt;
  const char* begin = text.data() + (text.size() > 1 && text[0] == '+' && text[1] != '-' ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t value = 0;
  const auto result = std::from_chars(begin, end, value);
  return result.ec == std::errc() && result.ptr == end ? std::optional<std::int64_t>(value) : std::nullopt;
}

std::string Node::where() const {
  return place(file ? *file : "-", position);
}

Error Node::error(std::string_view message) const {
  return located(file ? *file : "-", position, message);
}

Error Entry::error(std::string_view message) const {
  return located(value.file ? *value.file : "-", position, message);
}

Result<Node> parse(std::string_view text, std::string file_name, Aliases aliases) {
  const auto file = std::make_shared<const std::string>(std::move(file_name));
  if (text.size() > kMaxTextBytes) return fail(located(*file, {}, "the file is larger than 4 MiB"));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto bad = first_bad_byte(text)) {
    return fail(located(*file, position_of_byte(text, *bad), "a control character"));
  }
  if (const std::size_t valid = utf8_prefix(text); valid < text.size()) {
    return fail(located(*file, position_of_byte(text, valid), "this is not valid UTF-8"));
  }
  const Positions positions(text);
  Builder builder(positions, file, aliases);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    Node root = builder.take();
    root.file = file;
    return root;
  } catch (const Stop& stop) {
    return fail(located(*file, stop.position, stop.message));
  } catch (const YAML::Exception& e) {
    return fail(located(*file, positions.at(e.mark), e.msg));
  }
}

}  // namespace postern::yaml
