#include "aws/core/form_value.hpp"

#include <charconv>
#include <map>
#include <vector>

#include "aws/core/codec.hpp"
#include "aws/core/scalar.hpp"
#include "aws/core/xml_value.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace form_value {

std::string_view name_of(const Member& member, FormDialect dialect) noexcept {
  return dialect == FormDialect::ec2 ? member.query_name : element_name(member);
}

bool is_flat(const Member& member, FormDialect dialect) noexcept {
  return is_flattened(member) || (dialect == FormDialect::ec2 && member.shape->kind == Kind::list);
}

class Encoder {
 public:
  Encoder(std::string& out, FormDialect dialect) : out_(out), dialect_(dialect) {}

  void members(const Shape& shape, const void* v) {
    for (const Member& member : shape.members) {
      const void* field = member_value(v, member);
      if (field == nullptr) continue;
      const std::size_t mark = push(name_of(member, dialect_));
      if (member.shape->kind == Kind::list)
        list(*member.shape, field, is_flat(member, dialect_));
      else if (member.shape->kind == Kind::map)
        map(*member.shape, field, is_flat(member, dialect_));
      else
        value(*member.shape, field, member.time_format);
      prefix_.resize(mark);
    }
  }

 private:
  /// Extends the key by one part; the caller cuts it back to the size that is returned.
  std::size_t push(std::string_view part) {
    const std::size_t mark = prefix_.size();
    if (mark != 0) prefix_ += '.';
    prefix_ += part;
    return mark;
  }
  void value(const Shape& shape, const void* v, TimeFormat member_format) {
    switch (shape.kind) {
      case Kind::structure:
        return members(shape, v);
      case Kind::list:
        return list(shape, v, shape.flattened || dialect_ == FormDialect::ec2);
      case Kind::map:
        return map(shape, v, shape.flattened);
      default:
        break;
    }
    scratch_.clear();
    append_scalar(scratch_, shape, v, time_format_of(shape, member_format, TimeFormat::iso8601));
    pair(scratch_);
  }
  void list(const Shape& shape, const void* v, bool flat) {
    const ListOps& ops = *shape.ops->list;
    const std::size_t size = ops.size(v);
    // Query says "empty" explicitly (Smithy's awsQuery, "list serialization"); ec2 has no way to.
    if (size == 0 && dialect_ == FormDialect::query) return pair(std::string_view());
    const std::size_t mark = prefix_.size();
    if (!flat) push(shape.element_name);
    for (std::size_t i = 0; i < size; ++i) {
      const void* element = ops.at(v, i, *shape.element);
      if (element == nullptr) continue;
      const std::size_t inner = push(std::to_string(i + 1));
      value(*shape.element, element, TimeFormat::unset);
      prefix_.resize(inner);
    }
    prefix_.resize(mark);
  }
  void map(const Shape& shape, const void* v, bool flat) {
    const std::size_t mark = prefix_.size();
    if (!flat) push("entry");
    int index = 0;
    shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
      if (element == nullptr) return;
      const std::size_t entry = push(std::to_string(++index));
      const std::size_t inner = push(shape.key_name);
      pair(key);
      prefix_.resize(inner);
      push(shape.element_name);
      value(*shape.element, element, TimeFormat::unset);
      prefix_.resize(entry);
    });
    prefix_.resize(mark);
  }
  void pair(std::string_view text) {
    out_ += '&';
    percent_encode_to(out_, prefix_);
    out_ += '=';
    percent_encode_to(out_, text);
  }

  std::string& out_;
  FormDialect dialect_;
  std::string prefix_;
  std::string scratch_;
};

/// The keys of a form as the tree that their dots spell. Nodes live in one vector and know each other by index.
class Tree {
 public:
  using Index = std::size_t;
  static constexpr Index kNone = static_cast<Index>(-1);
  static constexpr std::size_t kNodesMax = 100'000;

  struct Node {
    Node() = default;
    std::map<std::string, Index, std::less<>> children;
    std::string text;
    bool has_text = false;
  };

  Tree() { nodes_.emplace_back(); }
  const Node& node(Index index) const { return nodes_[index]; }
  Index child(Index parent, std::string_view name) const {
    const auto found = nodes_[parent].children.find(name);
    return found == nodes_[parent].children.end() ? kNone : found->second;
  }
  /// False when the key has too many parts, or all keys together have.
  bool add(std::string_view key, std::string value) {
    const auto parts = split(key, '.');
    if (parts.size() > 2 * kMaxNesting) return false;
    Index at = 0;
    for (const std::string_view part : parts) {
      Index next = child(at, part);
      if (next == kNone) {
        if (nodes_.size() == kNodesMax) return false;
        next = nodes_.size();
        nodes_.emplace_back();
        nodes_[at].children.emplace(std::string(part), next);
      }
      at = next;
    }
    nodes_[at].text = std::move(value);
    nodes_[at].has_text = true;
    return true;
  }
  /// The children whose names are numbers, in their numeric order.
  std::vector<Index> numbered(Index parent) const {
    std::map<unsigned, Index> sorted;
    for (const auto& [name, index] : nodes_[parent].children) {
      unsigned number = 0;
      const auto result = std::from_chars(name.data(), name.data() + name.size(), number);
      if (result.ec == std::errc() && result.ptr == name.data() + name.size()) sorted.emplace(number, index);
    }
    std::vector<Index> out;
    out.reserve(sorted.size());
    for (const auto& [number, index] : sorted) out.push_back(index);
    return out;
  }

 private:
  std::vector<Node> nodes_;
};

class Decoder {
 public:
  Decoder(const Tree& tree, FormDialect dialect) : tree_(tree), dialect_(dialect) {}

  bool members(Tree::Index at, const Shape& shape, void* v) {
    for (const Member& member : shape.members) {
      const std::string_view name = name_of(member, dialect_);
      const Tree::Index child = tree_.child(at, name);
      if (child == Tree::kNone) continue;
      if (!value(child, *member.shape, member_emplace(v, member))) return fail_at(name);
    }
    return true;
  }
  std::string problem() const {
    std::string path;
    for (auto part = path_.rbegin(); part != path_.rend(); ++part) path += (path.empty() ? "" : ".") + *part;
    return path + ": " + why_;
  }

 private:
  bool value(Tree::Index at, const Shape& shape, void* v) {
    switch (shape.kind) {
      case Kind::structure:
        return members(at, shape, v);
      case Kind::list:
        return list(at, shape, v);
      case Kind::map:
        return map(at, shape, v);
      default:
        break;
    }
    const Tree::Node& node = tree_.node(at);
    if (!node.has_text) return complain("a single value was expected");
    const char* why = parse_scalar(shape, node.text, v);
    return why == nullptr || complain(why);
  }
  /// The node that holds the numbers: below the element name, or the node itself when the list is flattened.
  Tree::Index numbers_below(Tree::Index at, std::string_view wrapper) const {
    const Tree::Index inner = tree_.child(at, wrapper);
    return inner == Tree::kNone ? at : inner;
  }
  bool list(Tree::Index at, const Shape& shape, void* v) {
    const ListOps& ops = *shape.ops->list;
    for (const Tree::Index element : tree_.numbered(numbers_below(at, shape.element_name))) {
      if (!value(element, *shape.element, ops.append(v, *shape.element))) return fail_at(std::to_string(ops.size(v)));
    }
    return true;
  }
  bool map(Tree::Index at, const Shape& shape, void* v) {
    for (const Tree::Index entry : tree_.numbered(numbers_below(at, "entry"))) {
      const Tree::Index key = tree_.child(entry, shape.key_name);
      const Tree::Index element = tree_.child(entry, shape.element_name);
      if (key == Tree::kNone || element == Tree::kNone) return complain("a map entry without key or value");
      const std::string& text = tree_.node(key).text;
      if (!value(element, *shape.element, shape.ops->map->emplace(v, text, *shape.element))) return fail_at("entry");
    }
    return true;
  }
  bool complain(const char* why) {
    why_ = why;
    return false;
  }
  bool fail_at(std::string_view part) {
    path_.emplace_back(part);
    return false;
  }

  const Tree& tree_;
  FormDialect dialect_;
  const char* why_ = "not what was expected";
  std::vector<std::string> path_;
};

}  // namespace form_value

void encode_form(std::string& out, FormDialect dialect, const Shape& shape, const void* value) {
  form_value::Encoder(out, dialect).members(shape, value);
}

Result<void> decode_form(std::string_view body, FormDialect dialect, const Shape& shape, void* value) {
  auto pairs = parse_form(body);
  if (!pairs) return fail(ErrorKind::malformed, "the body is no form");
  if (pairs->size() > kFormPairsMax) return fail(ErrorKind::malformed, "too many parameters");
  form_value::Tree tree;
  for (auto& [key, text] : *pairs) {
    if (!is_utf8(key) || !is_utf8(text)) return fail(ErrorKind::malformed, "invalid UTF-8");
    if (!tree.add(key, std::move(text))) return fail(ErrorKind::malformed, "too many or too deeply nested keys");
  }
  form_value::Decoder decoder(tree, dialect);
  if (decoder.members(0, shape, value)) return {};
  return fail(ErrorKind::malformed, decoder.problem());
}

std::string form_field(std::string_view body, std::string_view key) {
  for (const std::string_view part : split(body, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != key) continue;
    const auto pairs = parse_form(part);
    return pairs && !pairs->empty() ? pairs->front().second : std::string();
  }
  return {};
}

}  // namespace postern::aws
