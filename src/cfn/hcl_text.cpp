#include "cfn/hcl_text.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "cfn/template.hpp"

namespace postern::cfn {
namespace {

constexpr std::size_t kHclStep = 2;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

std::string hcl_escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '"':
      case '\\':
        out.push_back('\\');
        out.push_back(c);
        break;
      case '$':
      case '%':
        out.push_back(c);
        if (i + 1 < text.size() && text[i + 1] == '{') out.push_back(c);
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string hcl_string(std::string_view text) {
  return '"' + hcl_escaped(text) + '"';
}

std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool separator = c == '-' || c == '.' || c == '/' || c == ' ' || c == ':';
    // A word begins at a capital after a small letter, and at the last capital of a row of them.
    const bool begins = is_upper(c) && i > 0 &&
                        (!is_upper(name[i - 1]) || (i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z'));
    if ((begins || separator) && !out.empty() && out.back() != '_') out.push_back('_');
    if (!separator) out.push_back(is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

void HclLines::blank() {
  if (lines_.empty() || lines_.back().depth >= depth_) lines_.emplace_back(depth_, std::string(), std::string());
}
void HclLines::comment(std::string_view text) {
  for (const std::string_view each : lines_of(text)) line(each.empty() ? "#" : "# " + std::string(each));
}
void HclLines::open(std::string text) {
  line(std::move(text));
  ++depth_;
}
void HclLines::close(std::string text) {
  CHECK(depth_ > 0);
  --depth_;
  line(std::move(text));
}
void HclLines::line(std::string text) {
  lines_.emplace_back(depth_, std::move(text), std::string());
}
void HclLines::attribute(std::string name, std::string value) {
  lines_.emplace_back(depth_, std::move(name), std::move(value));
}
void HclLines::append(const HclLines& other) {
  CHECK(depth_ == 0 && other.depth_ == 0);
  lines_.insert(lines_.end(), other.lines_.begin(), other.lines_.end());
}

std::string HclLines::text() const {
  std::string out;
  for (std::size_t i = 0; i < lines_.size();) {
    std::size_t end = i;
    std::size_t column = 0;
    for (; end < lines_.size() && !lines_[end].assigned.empty(); ++end) {
      column = std::max(column, lines_[end].lead.size());
    }
    for (; i < end; ++i) {
      const Line& each = lines_[i];
      out.append(each.depth * kHclStep, ' ');
      out += each.lead;
      out.append(column - each.lead.size(), ' ');
      out += " = " + each.assigned + "\n";
    }
    if (i == lines_.size()) break;
    if (!lines_[i].lead.empty()) {
      out.append(lines_[i].depth * kHclStep, ' ');
      out += lines_[i].lead;
    }
    out.push_back('\n');
    ++i;
  }
  return out;
}

}  // namespace postern::cfn
