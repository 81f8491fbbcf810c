#include "base/xml.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <pugixml.hpp>

#include "base/text.hpp"

namespace postern {
namespace xml_scan {

bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t block = 0;
    std::memcpy(&block, text.data() + i, 8);
    if ((block & kHigh) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) return false;
  }
  return true;
}

/// One pass over the markup before pugixml sees it: pugixml builds a tree of any depth, takes several roots and skips
/// document types; here these are refused. What is between tags is left to pugixml.
class Guard {
 public:
  Guard(std::string_view text, const XmlLimits& limits)
      : text_(text), depth_max_(limits.depth_max), items_left_(limits.items_max) {}

  /// Null when the document may be parsed.
  const char* check() {
    while (why_ == nullptr) {
      const std::size_t next = text_.find('<', pos_);
      if (depth_ == 0) check_outside(next);
      if (next == std::string_view::npos) break;
      pos_ = next;
      if (why_ == nullptr) markup();
    }
    if (why_ != nullptr) return why_;
    if (depth_ != 0) return "unexpected end of text";
    return roots_ == 0 ? "no element" : nullptr;
  }
  std::size_t position() const noexcept { return pos_; }

 private:
  void fail(const char* why) {
    if (why_ == nullptr) why_ = why;
  }
  void check_outside(std::size_t next) {
    const std::size_t stop = next == std::string_view::npos ? text_.size() : next;
    for (; pos_ < stop && why_ == nullptr; ++pos_) {
      if (!is_space(text_[pos_])) return fail("text outside of the root element");
    }
  }
  void skip_past(std::size_t from, std::string_view terminator) {
    const std::size_t found = text_.find(terminator, from);
    if (found == std::string_view::npos) return fail("unexpected end of text");
    pos_ = found + terminator.size();
  }
  void count_item() {
    if (items_left_ == 0) return fail("too many elements");
    --items_left_;
  }
  void markup() {
    const std::string_view rest = text_.substr(pos_);
    if (rest.starts_with("<!--")) return skip_past(pos_ + 4, "-->");
    if (rest.starts_with("<![CDATA[")) count_item();
    if (rest.starts_with("<![CDATA["))
      return depth_ == 0 ? fail("text outside of the root element") : skip_past(pos_ + 9, "]]>");
    if (rest.starts_with("<!")) return fail("document types are not accepted");
    if (rest.starts_with("<?")) return skip_past(pos_ + 2, "?>");
    if (rest.starts_with("</")) {
      if (depth_ == 0) return fail("an end tag without its start tag");
      --depth_;
      return skip_past(pos_ + 2, ">");
    }
    start_tag();
  }
  void start_tag() {
    if (depth_ == 0 && ++roots_ > 1) return fail("more than one root element");
    count_item();
    for (std::size_t i = pos_ + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      // Letters, digits and nearly everything else that a tag holds lie above '>'.
      if (c > '>' || (c != '>' && c != '"' && c != '\'' && c != '<')) continue;
      if (c == '>') {
        if (text_[i - 1] != '/' && ++depth_ > depth_max_) return fail("too deeply nested");
        pos_ = i + 1;
        return;
      }
      if (c == '<') return fail("'<' inside a tag");
      count_item();
      i = text_.find(c, i + 1);
      if (i == std::string_view::npos) break;
    }
    fail("unexpected end of text");
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  int depth_max_;
  std::size_t items_left_;
  int roots_ = 0;
  const char* why_ = nullptr;
};

tl::unexpected<Error> complaint(std::string_view text, std::size_t at, std::string_view why) {
  at = at < text.size() ? at : text.size();
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < at; ++i) {
    if (text[i] == '\n') {
      ++line;
      line_start = i + 1;
    }
  }
  return fail(ErrorKind::malformed, "invalid XML at " + std::to_string(line) + ":" +
                                        std::to_string(at - line_start + 1) + ": " + std::string(why));
}

pugi::xml_node as_node(void* node) noexcept {
  return pugi::xml_node(static_cast<pugi::xml_node_struct*>(node));
}

pugi::xml_node element_from(pugi::xml_node node) noexcept {
  while (node && node.type() != pugi::node_element) node = node.next_sibling();
  return node;
}

std::string_view local_name(const char* name) noexcept {
  const std::string_view full = name;
  const std::size_t colon = full.rfind(':');
  return colon == std::string_view::npos ? full : full.substr(colon + 1);
}

bool is_text(pugi::xml_node node) noexcept {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

pugi::xml_attribute find_attribute(void* raw, std::string_view name) noexcept {
  const bool qualified = name.find(':') != std::string_view::npos;
  for (const pugi::xml_attribute attribute : as_node(raw).attributes()) {
    if (qualified ? name == attribute.name() : name == local_name(attribute.name())) return attribute;
  }
  return pugi::xml_attribute();
}

}  // namespace xml_scan

struct XmlDocument::Impl {
  Impl() = default;
  std::string text;  ///< what the document points into
  pugi::xml_document document;
};

XmlDocument::XmlDocument(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

Result<XmlDocument> XmlDocument::parse(std::string_view text, const XmlLimits& limits) {
  if (text.size() > limits.bytes_max) return xml_scan::complaint(text, 0, "the document is too large");
  return take(std::string(text), limits);
}

Result<XmlDocument> XmlDocument::take(std::string given, const XmlLimits& limits) {
  auto impl = std::make_unique<Impl>();
  impl->text = std::move(given);
  std::string_view text = impl->text;
  if (text.size() > limits.bytes_max) return xml_scan::complaint(text, 0, "the document is too large");
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return xml_scan::complaint(text, nul, "NUL byte");
  if (!xml_scan::is_ascii(text) && !is_utf8(text)) return xml_scan::complaint(text, 0, "invalid UTF-8");
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  xml_scan::Guard guard(text, limits);
  if (const char* why = guard.check()) return xml_scan::complaint(text, guard.position(), why);
  // White space alone is text when it is all that an element holds: <Value> </Value>.
  // Text that comes first stays in its element: half the nodes, half the memory.
  constexpr unsigned kFlags = pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_embed_pcdata;
  char* const begin = impl->text.data() + (impl->text.size() - text.size());
  const pugi::xml_parse_result result =
      impl->document.load_buffer_inplace(begin, text.size(), kFlags, pugi::encoding_utf8);
  if (!result) return xml_scan::complaint(text, static_cast<std::size_t>(result.offset), result.description());
  return XmlDocument(std::move(impl));
}

XmlNode XmlDocument::root() const noexcept {
  return XmlNode(impl_->document.document_element().internal_object());
}

std::string_view XmlNode::name() const noexcept {
  return xml_scan::local_name(xml_scan::as_node(node_).name());
}

std::string_view XmlNode::text(std::string& scratch) const {
  // The first piece lies in the element itself (parse_embed_pcdata), the rest among its children.
  const pugi::xml_node element = xml_scan::as_node(node_);
  const std::string_view first = element.value();
  pugi::xml_node piece = element.first_child();
  while (piece && !xml_scan::is_text(piece)) piece = piece.next_sibling();
  if (!piece) return first;
  scratch = first;
  for (; piece; piece = piece.next_sibling()) {
    if (xml_scan::is_text(piece)) scratch += piece.value();
  }
  return scratch;
}

std::string XmlNode::text() const {
  std::string scratch;
  return std::string(text(scratch));
}

XmlNode XmlNode::first_child() const noexcept {
  return XmlNode(xml_scan::element_from(xml_scan::as_node(node_).first_child()).internal_object());
}

XmlNode XmlNode::next_sibling() const noexcept {
  return XmlNode(xml_scan::element_from(xml_scan::as_node(node_).next_sibling()).internal_object());
}

XmlNode XmlNode::child(std::string_view name) const noexcept {
  XmlNode found = first_child();
  while (found && found.name() != name) found = found.next_sibling();
  return found;
}

std::string_view XmlNode::attribute(std::string_view name) const noexcept {
  return xml_scan::find_attribute(node_, name).value();
}

bool XmlNode::has_attribute(std::string_view name) const noexcept {
  return static_cast<bool>(xml_scan::find_attribute(node_, name));
}

namespace xml_write {

/// The replacement of the character at text[i], or empty when it stands for itself. `length` is its length in bytes.
std::string_view replacement(std::string_view text, std::size_t i, std::size_t& length) noexcept {
  constexpr std::string_view kUnknown = "\xEF\xBF\xBD";
  length = 1;
  switch (text[i]) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\r':
      return "&#xD;";
    case '\n':
      return "&#xA;";
    case '\t':
      return {};
    default:
      break;
  }
  const std::string_view rest = text.substr(i);
  if (static_cast<unsigned char>(text[i]) < 0x20) return kUnknown;
  if (rest.starts_with("\xC2\x85")) {
    length = 2;
    return "&#x85;";
  }
  if (rest.starts_with("\xE2\x80\xA8")) {
    length = 3;
    return "&#x2028;";
  }
  if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
    length = 3;
    return kUnknown;
  }
  return {};
}

void append_valid(std::string& out, std::string_view text) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool plain = c >= 0x20 && c < 0x80 && c != '&' && c != '<' && c != '>' && c != '"';
    std::size_t length = 1;
    const std::string_view instead = plain ? std::string_view() : replacement(text, i, length);
    if (!instead.empty()) {
      out.append(text, run, i - run);
      out += instead;
      run = i + length;
    }
    i += length;
  }
  out.append(text, run);
}

void append_escaped(std::string& out, std::string_view text) {
  if (xml_scan::is_ascii(text) || is_utf8(text))
    append_valid(out, text);
  else
    append_valid(out, scrub_utf8(text));
}

}  // namespace xml_write

void XmlWriter::finish_tag() {
  if (tag_open_) out_.push_back('>');
  tag_open_ = false;
}

void XmlWriter::open(std::string_view name) {
  finish_tag();
  out_.push_back('<');
  out_ += name;
  open_.emplace_back(name);
  tag_open_ = true;
}

void XmlWriter::attribute(std::string_view name, std::string_view value) {
  out_.push_back(' ');
  out_ += name;
  out_ += "=\"";
  // A parser turns a raw tab in an attribute into a space (XML 1.0, 3.3.3).
  for (std::size_t tab = value.find('\t'); tab != std::string_view::npos; tab = value.find('\t')) {
    xml_write::append_escaped(out_, value.substr(0, tab));
    out_ += "&#x9;";
    value.remove_prefix(tab + 1);
  }
  xml_write::append_escaped(out_, value);
  out_.push_back('"');
}

void XmlWriter::text(std::string_view text) {
  if (text.empty()) return;
  finish_tag();
  xml_write::append_escaped(out_, text);
}

void XmlWriter::close() {
  if (tag_open_) {
    out_ += "/>";
    tag_open_ = false;
  } else {
    out_ += "</";
    out_ += open_.back();
    out_.push_back('>');
  }
  open_.pop_back();
}

void XmlWriter::element(std::string_view name, std::string_view value) {
  open(name);
  text(value);
  close();
}

}  // namespace postern
