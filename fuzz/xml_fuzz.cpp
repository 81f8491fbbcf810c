// Whatever parses is bounded in depth, can be walked, and comes out the same when it is written and parsed again.

#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "base/xml.hpp"

namespace {

bool plain_name(std::string_view name) {
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) return false;
  }
  return !name.empty();
}

/// False when a name is not one that XmlWriter may be given. Depth is bounded by the parser.
bool write(postern::XmlWriter& out, postern::XmlNode node, int depth) {
  CHECK(depth <= postern::XmlLimits().depth_max);
  if (!plain_name(node.name())) return false;
  out.open(node.name());
  if (node.has_attribute("k")) out.attribute("k", node.attribute("k"));
  if (!node.has_children()) out.text(node.text());
  for (postern::XmlNode child = node.first_child(); child; child = child.next_sibling()) {
    if (!write(out, child, depth + 1)) return false;
  }
  out.close();
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = postern::XmlDocument::parse(text);
  if (!document) {
    CHECK(document.error().message().starts_with("invalid XML at "));
    return 0;
  }
  std::string first;
  postern::XmlWriter out(first);
  if (!write(out, document->root(), 1)) return 0;
  const auto again = postern::XmlDocument::parse(first);
  CHECK(again.has_value());
  std::string second;
  postern::XmlWriter out_again(second);
  CHECK(write(out_again, again->root(), 1));
  CHECK(first == second);
  return 0;
}
