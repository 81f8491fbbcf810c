#pragma once

/// For tests only: XML in a form that compares. Attributes (namespaces among them) and sibling elements are sorted,
/// white space between elements is dropped. Takes what this project's writer and the protocol cases hold: no CDATA, no
/// comments.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace postern::aws::testing_xml {

/// Sorts `name="value"` parts of a start tag.
inline std::string canonical_tag(std::string_view tag) {
  std::vector<std::string> parts;
  std::string part;
  bool quoted = false;
  for (const char c : tag) {
    if (c == '"') quoted = !quoted;
    if (c == ' ' && !quoted) {
      if (!part.empty()) parts.push_back(part);
      part.clear();
    } else {
      part += c;
    }
  }
  if (!part.empty()) parts.push_back(part);
  if (parts.size() > 1) std::sort(parts.begin() + 1, parts.end());
  return join(parts, " ");
}

/// Reads what stands between two tags, up to the end tag of the parent.
inline std::string canonical_content(std::string_view& rest) {
  std::string text;
  std::vector<std::string> children;
  while (!rest.empty() && !rest.starts_with("</")) {
    if (rest.front() != '<') {
      const std::string_view run = rest.substr(0, rest.find('<'));
      text += run;
      rest.remove_prefix(run.size());
      continue;
    }
    const std::size_t end = std::min(rest.find('>'), rest.size() - 1);
    std::string_view tag = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (tag.starts_with('?')) continue;
    const bool closed = tag.ends_with('/');
    if (closed) tag.remove_suffix(1);
    std::string inner = closed ? std::string() : canonical_content(rest);
    if (!closed) rest.remove_prefix(std::min(rest.find('>'), rest.size() - 1) + 1);
    children.push_back("<" + canonical_tag(tag) + ">" + inner + "</>");
  }
  std::sort(children.begin(), children.end());
  return children.empty() ? text : join(children, "");
}

inline std::string canonical(std::string_view xml) {
  xml = trim(xml);
  return canonical_content(xml);
}

}  // namespace postern::aws::testing_xml
