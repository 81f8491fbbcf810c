#include "aws/core/rest_header.hpp"

#include <algorithm>
#include <vector>

#include "aws/core/scalar.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace rest_header {

/// A string of a list that would be read as something else without quotes.
bool needs_quotes(std::string_view text) noexcept {
  return text.empty() || text.find_first_of(",\"\\") != std::string_view::npos || trim(text).size() != text.size();
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_element(std::string& out, const Shape& shape, const void* value, TimeFormat format) {
  if (shape.kind != Kind::string) return append_scalar(out, shape, value, format);
  const std::string_view text = shape.ops->text->get(value);
  if (needs_quotes(text))
    append_quoted(out, text);
  else
    out += text;
}

void append_list(std::string& out, const Shape& shape, const void* value, TimeFormat member_format) {
  const ListOps& ops = *shape.ops->list;
  const Shape& element = *shape.element;
  const TimeFormat format = time_format_of(element, member_format, TimeFormat::http_date);
  bool first = true;
  for (std::size_t i = 0; i < ops.size(value); ++i) {
    const void* const item = ops.at(value, i, element);
    if (item == nullptr) continue;
    if (!first) out += ", ";
    first = false;
    append_element(out, element, item, format);
  }
}

/// Splits at commas outside quotes and takes the quotes away; `dates` keeps the comma behind a weekday.
class ListReader {
 public:
  ListReader(std::string_view text, bool dates) : rest_(trim(text)), dates_(dates) {}

  bool next(std::string& item) {
    item.clear();
    if (done_ || (first_ && rest_.empty())) return false;
    first_ = false;
    rest_ = trim(rest_);
    if (rest_.starts_with('"')) return quoted(item);
    std::size_t comma = rest_.find(',');
    // "Mon, 16 Dec 2019 23:48:18 GMT": no digit stands before the first comma.
    if (dates_ && rest_.substr(0, comma).find_first_of("0123456789") == std::string_view::npos &&
        comma != std::string_view::npos)
      comma = rest_.find(',', comma + 1);
    item = trim(rest_.substr(0, comma));
    advance(comma);
    return true;
  }
  bool ok() const noexcept { return ok_; }

 private:
  bool quoted(std::string& item) {
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (rest_[at] == '\\' && at + 1 < rest_.size()) ++at;
      item += rest_[at];
    }
    const std::string_view behind = at < rest_.size() ? trim(rest_.substr(at + 1)) : std::string_view("?");
    if (!behind.empty() && behind.front() != ',') {
      ok_ = false;
      return false;
    }
    rest_ = behind;
    advance(behind.empty() ? std::string_view::npos : 0);
    return true;
  }
  void advance(std::size_t comma) {
    done_ = comma == std::string_view::npos;
    if (!done_) rest_.remove_prefix(comma + 1);
  }

  std::string_view rest_;
  bool dates_;
  bool first_ = true;
  bool done_ = false;
  bool ok_ = true;
};

const char* parse_list(const Member& member, std::string_view text, void* value) {
  const Shape& element = *member.shape->element;
  const TimeFormat format = time_format_of(element, member.time_format, TimeFormat::http_date);
  ListReader reader(text, element.kind == Kind::timestamp && format == TimeFormat::http_date);
  std::string item;
  while (reader.next(item)) {
    void* const slot = member.shape->ops->list->append(value, element);
    if (const char* why = parse_scalar(element, item, slot)) return why;
  }
  return reader.ok() ? nullptr : "a quoted string has no end";
}

}  // namespace rest_header

const char* append_header(std::string& out, const Member& member, const void* value) {
  const Shape& shape = *member.shape;
  const std::size_t start = out.size();
  if (member.json_value && shape.kind == Kind::string) {
    out += to_base64(shape.ops->text->get(value));
  } else if (shape.kind == Kind::list && shape.element->kind > Kind::map) {
    rest_header::append_list(out, shape, value, member.time_format);
  } else if (shape.kind > Kind::map) {
    append_scalar(out, shape, value, time_format_of(shape, member.time_format, TimeFormat::http_date));
  } else {
    return "cannot be sent as a header";
  }
  return is_header_text(std::string_view(out).substr(start)) ? nullptr
                                                             : "must not hold line breaks: it is sent as a header";
}

const char* parse_header(const Member& member, std::string_view text, void* value) {
  const Shape& shape = *member.shape;
  if (member.json_value && shape.kind == Kind::string) {
    const auto json = from_base64(trim(text));
    if (!json || !is_utf8(*json)) return "not base64";
    shape.ops->text->set(value, *json);
    return nullptr;
  }
  if (shape.kind == Kind::list && shape.element->kind > Kind::map) return rest_header::parse_list(member, text, value);
  return parse_scalar(shape, text, value);
}

bool is_header_name(std::string_view name) noexcept {
  const auto is_token = [](char c) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token);
}

bool is_header_text(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace postern::aws
