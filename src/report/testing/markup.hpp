#pragma once

#include <set>
#include <string>
#include <vector>

namespace postern::report::testing {

/// Where a page has an element that we do not write, or one that is not closed in its order; empty when it is sound.
inline std::string first_bad_markup(const std::string& page) {
  const std::set<std::string> empty = {"meta", "br"};
  const std::set<std::string> known = {
      "html", "head", "title",   "style",   "body",  "main",  "p",     "h1",     "h2",   "h3", "span", "dl",
      "dt",   "dd",   "table",   "caption", "thead", "tbody", "tfoot", "tr",     "th",   "td", "div",  "details",
      "ul",   "ol",   "summary", "strong",  "li",    "pre",   "code",  "footer", "meta", "br"};
  std::vector<std::string> open;
  for (std::size_t at = page.find('<', 1); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    std::string name = page.substr(at + 1, page.find_first_of(" >", at) - at - 1);
    const bool closing = name.starts_with('/');
    if (closing) name.erase(0, 1);
    if (end == std::string::npos || !known.contains(name)) return page.substr(at, 60);
    if (empty.contains(name)) continue;
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "closing " + page.substr(at, 60);
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "open " + open.back();
}

}  // namespace postern::report::testing
