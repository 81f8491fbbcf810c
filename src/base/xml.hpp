#pragma once

/// XML as AWS speaks it: a bounded parser with a cursor over elements, and a writer. No DTDs, no entities but the five
/// of XML and character references; namespaces are ignored (prefixes are stripped).

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern {

/// What a document may be at most; more is an error of kind malformed.
struct XmlLimits {
  XmlLimits() = default;
  std::size_t bytes_max = std::size_t{64} << 20;
  int depth_max = 64;
  std::size_t items_max = 1'000'000;  ///< elements, attributes and CDATA sections: a tree takes some 70 bytes for each
};

/// A cursor at an element, or at nothing (false). Cheap to copy; valid as long as its document lives.
class XmlNode {
 public:
  XmlNode() = default;
  explicit operator bool() const noexcept { return node_ != nullptr; }
  /// The element's name without its prefix.
  std::string_view name() const noexcept;
  /// The element's own character data. When it lies in several pieces (CDATA) they are joined in `scratch`.
  std::string_view text(std::string& scratch) const;
  std::string text() const;
  /// Child elements in document order.
  XmlNode first_child() const noexcept;
  XmlNode next_sibling() const noexcept;
  /// The first child element of that name, or nothing.
  XmlNode child(std::string_view name) const noexcept;
  bool has_children() const noexcept { return static_cast<bool>(first_child()); }
  /// The attribute's value; "xsi:type" finds that prefix, "type" any. Empty when there is none.
  std::string_view attribute(std::string_view name) const noexcept;
  bool has_attribute(std::string_view name) const noexcept;

 private:
  friend class XmlDocument;
  explicit XmlNode(void* node) noexcept : node_(node) {}
  void* node_ = nullptr;
};

/// Owns a parsed document.
class XmlDocument {
 public:
  /// Exactly one root element, UTF-8, well-formed. Errors: malformed, "invalid XML at LINE:COLUMN: why".
  static Result<XmlDocument> parse(std::string_view text, const XmlLimits& limits = XmlLimits());
  /// The same without a copy of the text, which the document keeps, and changes.
  static Result<XmlDocument> take(std::string text, const XmlLimits& limits = XmlLimits());
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();
  XmlNode root() const noexcept;

 private:
  struct Impl;
  explicit XmlDocument(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// Appends XML without white space between elements. Text and attribute values are escaped so that they come back
/// unchanged: besides & < > and the quote, CR, LF, U+0085 and U+2028 become character references. What XML 1.0 cannot
/// carry (other control characters, malformed UTF-8) becomes U+FFFD. Names are the caller's: they are not checked.
class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) noexcept : out_(out) {}
  XmlWriter(const XmlWriter&) = delete;
  XmlWriter& operator=(const XmlWriter&) = delete;
  void open(std::string_view name);
  /// Only directly after open().
  void attribute(std::string_view name, std::string_view value);
  void text(std::string_view text);
  /// Closes the innermost element.
  void close();
  /// <name>text</name>
  void element(std::string_view name, std::string_view text);

 private:
  void finish_tag();
  std::string& out_;
  std::vector<std::string> open_;
  bool tag_open_ = false;
};

}  // namespace postern
