#include "aws/core/rest_uri.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::aws {
namespace rest_uri {

UriTemplate::Segment segment_of(std::string_view text) {
  if (!text.starts_with('{') || !text.ends_with('}')) return {UriTemplate::Part::literal, text};
  text = text.substr(1, text.size() - 2);
  if (!text.ends_with('+')) return {UriTemplate::Part::label, text};
  return {UriTemplate::Part::greedy, text.substr(0, text.size() - 1)};
}

/// Whether one segment of a path fits; a label's text is kept.
bool fits(const UriTemplate::Segment& segment, std::string_view text, std::vector<std::string_view>& labels) {
  if (segment.part == UriTemplate::Part::literal) return segment.text == text;
  if (text.empty()) return false;
  labels.push_back(text);
  return true;
}

/// Cuts the first segment off, and the slash behind it; false when nothing is left to cut.
bool take_front(std::string_view& rest, bool& ended, std::string_view& segment) {
  if (ended) return false;
  const std::size_t slash = rest.find('/');
  segment = rest.substr(0, slash);
  ended = slash == std::string_view::npos;
  rest = ended ? std::string_view() : rest.substr(slash + 1);
  return true;
}

}  // namespace rest_uri

UriTemplate::UriTemplate(std::string_view request_uri) {
  const std::size_t mark = request_uri.find('?');
  std::string_view path = request_uri.substr(0, mark);
  if (path.starts_with('/')) path.remove_prefix(1);
  for (const std::string_view text : split(path, '/')) segments_.push_back(rest_uri::segment_of(text));
  if (mark == std::string_view::npos) return;
  query_text_ = request_uri.substr(mark + 1);
  for (const std::string_view pair : split(query_text_, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    query_.emplace_back(pair.substr(0, equals),
                        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
  }
}

bool UriTemplate::match_exactly(std::string_view path, std::vector<std::string_view>& labels) const {
  if (!path.starts_with('/')) return false;
  std::string_view rest = path.substr(1);
  bool ended = false;
  std::size_t at = 0;
  std::string_view text;
  for (; at < segments_.size() && segments_[at].part != Part::greedy; ++at) {
    if (!rest_uri::take_front(rest, ended, text) || !rest_uri::fits(segments_[at], text, labels)) return false;
  }
  if (at == segments_.size()) return ended;
  if (ended) return false;
  // What follows the greedy label is matched from the end.
  std::vector<std::string_view> behind;
  for (std::size_t last = segments_.size() - 1; last > at; --last) {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos || !rest_uri::fits(segments_[last], rest.substr(slash + 1), behind))
      return false;
    rest = rest.substr(0, slash);
  }
  if (rest.empty()) return false;
  labels.push_back(rest);
  labels.insert(labels.end(), behind.rbegin(), behind.rend());
  return true;
}

std::optional<std::vector<std::string_view>> UriTemplate::match(std::string_view path) const {
  std::vector<std::string_view> labels;
  if (match_exactly(path, labels)) return labels;
  if (!path.ends_with('/') || path.size() == 1) return std::nullopt;
  labels.clear();
  if (match_exactly(path.substr(0, path.size() - 1), labels)) return labels;
  return std::nullopt;
}

}  // namespace postern::aws
