#include "aws/core/xml_value.hpp"

#include <vector>

#include "aws/core/member_index.hpp"
#include "aws/core/scalar.hpp"

namespace postern::aws {
namespace xml_value {

class Encoder {
 public:
  Encoder(XmlWriter& out, EmptyContainers empties, MessageSide side) : out_(out), empties_(empties), side_(side) {}

  void members(const Shape& shape, const void* v) {
    for (const Member& member : shape.members) {
      if (!member.xml_attribute) continue;
      if (const void* field = member_value(v, member))
        out_.attribute(member.wire_name, scalar(*member.shape, field, member.time_format));
    }
    for (const Member& member : shape.members) {
      if (member.xml_attribute || !is_in_body(member, side_)) continue;
      if (const void* field = member_value(v, member))
        this->member(member, field);
      else if (empties_ == EmptyContainers::write && member.ops->empty_is_unset && !shape.is_union &&
               !is_flattened(member))
        out_.element(member.wire_name, std::string_view());
    }
  }

 private:
  void member(const Member& member, const void* field) {
    const Shape& shape = *member.shape;
    const std::string_view name = element_name(member);
    if (shape.kind == Kind::list && is_flattened(member)) return entries(shape, name, field);
    if (shape.kind == Kind::map && is_flattened(member)) return pairs(shape, name, field, member.xml_namespace);
    value(shape, name, field, member.time_format, member.xml_namespace);
  }
  void value(const Shape& shape, std::string_view name, const void* v, TimeFormat member_format,
             const XmlNamespace* own) {
    out_.open(name);
    declare_xml_namespace(out_, own, shape);
    switch (shape.kind) {
      case Kind::structure:
        members(shape, v);
        break;
      case Kind::list:
        entries(shape, shape.element_name, v);
        break;
      case Kind::map:
        pairs(shape, "entry", v, nullptr);
        break;
      default:
        out_.text(scalar(shape, v, member_format));
        break;
    }
    out_.close();
  }
  void entries(const Shape& shape, std::string_view name, const void* v) {
    const ListOps& ops = *shape.ops->list;
    for (std::size_t i = 0; i < ops.size(v); ++i) {
      const void* const element = ops.at(v, i, *shape.element);
      if (element == nullptr) continue;
      value(*shape.element, name, element, TimeFormat::unset, shape.element_namespace);
    }
  }
  void pairs(const Shape& shape, std::string_view name, const void* v, const XmlNamespace* own) {
    shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
      if (element == nullptr) return;
      out_.open(name);
      if (own != nullptr) declare_xml_namespace(out_, own, shape);
      out_.open(shape.key_name);
      if (shape.key_namespace != nullptr) declare_xml_namespace(out_, shape.key_namespace, shape);
      out_.text(key);
      out_.close();
      value(*shape.element, shape.element_name, element, TimeFormat::unset, shape.element_namespace);
      out_.close();
    });
  }
  std::string_view scalar(const Shape& shape, const void* v, TimeFormat member_format) {
    if (shape.kind == Kind::string) return shape.ops->text->get(v);
    scratch_.clear();
    append_scalar(scratch_, shape, v, time_format_of(shape, member_format, TimeFormat::iso8601));
    return scratch_;
  }

  XmlWriter& out_;
  EmptyContainers empties_;
  MessageSide side_;
  std::string scratch_;
};

class Decoder {
 public:
  explicit Decoder(MessageSide side) : side_(side) {}

  bool members(XmlNode node, const Shape& shape, void* v) {
    for (const Member& member : shape.members) {
      if (!member.xml_attribute || !node.has_attribute(member.wire_name)) continue;
      if (!scalar(*member.shape, node.attribute(member.wire_name), member_emplace(v, member)))
        return at(std::string(member.name));
    }
    MemberFinder finder(shape);
    for (XmlNode child = node.first_child(); child; child = child.next_sibling()) {
      const std::string_view name = child.name();
      const Member* member = finder.by_wire_name(name);
      if (member == nullptr) {
        member =
            finder.find([name](const Member& other) { return other.shape->flattened && element_name(other) == name; });
      }
      if (member == nullptr || member->xml_attribute || !is_in_body(*member, side_)) continue;
      if (!this->member(child, *member, v)) return at(std::string(member->name));
    }
    return true;
  }

  std::string problem() const {
    std::string path;
    for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
      if (!path.empty() && !part->starts_with('[')) path += '.';
      path += *part;
    }
    return std::string(why_ == nullptr ? "not what was expected" : why_) + (path.empty() ? "" : " (" + path + ")");
  }

 private:
  bool member(XmlNode node, const Member& member, void* v) {
    const Shape& shape = *member.shape;
    if (is_flattened(member)) {
      void* const field = member_emplace(v, member);
      if (shape.kind == Kind::list) return entry(node, shape, field);
      if (shape.kind == Kind::map) return pair(node, shape, field);
    }
    // An element that comes twice replaces what came before.
    if (shape.kind <= Kind::map && member_value(v, member) != nullptr) member_clear(v, member);
    return value(node, shape, member_emplace(v, member));
  }
  bool value(XmlNode node, const Shape& shape, void* v) {
    switch (shape.kind) {
      case Kind::structure:
        return members(node, shape, v);
      case Kind::list:
        for (XmlNode child = node.first_child(); child; child = child.next_sibling()) {
          if (!entry(child, shape, v)) return false;
        }
        return true;
      case Kind::map:
        for (XmlNode child = node.first_child(); child; child = child.next_sibling()) {
          if (!pair(child, shape, v)) return false;
        }
        return true;
      default:
        return scalar(shape, node.text(scratch_), v);
    }
  }
  bool entry(XmlNode node, const Shape& shape, void* v) {
    const ListOps& ops = *shape.ops->list;
    if (value(node, *shape.element, ops.append(v, *shape.element))) return true;
    return at("[" + std::to_string(ops.size(v) - 1) + "]");
  }
  bool pair(XmlNode node, const Shape& shape, void* v) {
    const XmlNode key = node.child(shape.key_name);
    const XmlNode element = node.child(shape.element_name);
    if (!key || !element) return complain("a map entry without key or value");
    std::string key_text = key.text();
    if (value(element, *shape.element, shape.ops->map->emplace(v, key_text, *shape.element))) return true;
    return at("[" + key_text.substr(0, 60) + "]");
  }
  bool scalar(const Shape& shape, std::string_view text, void* v) {
    const char* why = parse_scalar(shape, text, v);
    return why == nullptr || complain(why);
  }
  bool complain(const char* why) {
    why_ = why;
    return false;
  }
  bool at(std::string part) {
    path_.push_back(std::move(part));
    return false;
  }

  MessageSide side_;
  const char* why_ = nullptr;
  std::vector<std::string> path_;
  std::string scratch_;
};

}  // namespace xml_value

bool is_flattened(const Member& member) noexcept {
  return (member.shape->kind == Kind::list || member.shape->kind == Kind::map) &&
         (member.flattened || member.shape->flattened);
}

std::string_view element_name(const Member& member) noexcept {
  const Shape& shape = *member.shape;
  const bool by_element = shape.kind == Kind::list && shape.flattened && !member.flattened;
  return by_element && shape.element_name != "member" ? shape.element_name : member.wire_name;
}

void declare_xml_namespace(XmlWriter& out, const XmlNamespace* own, const Shape& shape) {
  const std::string_view uri = own != nullptr ? own->uri : shape.xml_namespace;
  const std::string_view prefix = own != nullptr ? own->prefix : shape.xml_namespace_prefix;
  if (uri.empty()) return;
  if (prefix.empty())
    out.attribute("xmlns", uri);
  else
    out.attribute("xmlns:" + std::string(prefix), uri);
}

void encode_xml_members(XmlWriter& out, const Shape& shape, const void* value, EmptyContainers empties,
                        MessageSide side) {
  xml_value::Encoder(out, empties, side).members(shape, value);
}

Result<void> decode_xml_members(XmlNode node, const Shape& shape, void* value, MessageSide side) {
  xml_value::Decoder decoder(side);
  if (decoder.members(node, shape, value)) return {};
  return fail(ErrorKind::malformed, decoder.problem());
}

}  // namespace postern::aws
