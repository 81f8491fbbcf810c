#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"

namespace postern {
namespace {
namespace json_text {

constexpr std::size_t kMaxDepth = 256;

// Of a number that a double cannot hold: whether it is too large rather than too small.
bool is_huge(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  const std::size_t e = number.find_first_of("eE");
  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    const bool negative = number[e + 1] == '-';
    const std::size_t digits = e + (negative || number[e + 1] == '+' ? 2 : 1);
    const auto result = std::from_chars(number.data() + digits, number.data() + number.size(), exponent);
    if (result.ec != std::errc()) return !negative;
    if (negative) exponent = -exponent;
  }
  const std::string_view mantissa = number.substr(0, e);
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  const auto first = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
  // The power of ten of the first digit, whose sign is all that matters so far from 1.
  const std::int64_t power = point > first ? point - first - 1 : point - first;
  return exponent > -power;
}

// Receives the events of Boost's parser. Finished values wait on one stack until their array or object ends.
struct Handler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  using error_code = boost::json::error_code;
  using string_view = boost::json::string_view;

  std::vector<Json> values;
  std::vector<std::string> keys;
  std::string text;

  static void append(std::string& to, string_view part) { to.append(part.data(), part.size()); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    Json::Array items(std::make_move_iterator(values.end() - static_cast<std::ptrdiff_t>(count)),
                      std::make_move_iterator(values.end()));
    values.resize(values.size() - count);
    values.push_back(Json::array(std::move(items)));
    return true;
  }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t count, error_code&) {
    Json::Members members;
    members.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      members.emplace_back(std::move(keys[keys.size() - count + i]), std::move(values[values.size() - count + i]));
    }
    keys.resize(keys.size() - count);
    values.resize(values.size() - count);
    values.push_back(Json::object(std::move(members)));
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    append(text, part);
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    append(text, part);
    values.emplace_back(std::exchange(text, std::string()));
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    append(text, part);
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code&) {
    append(text, part);
    keys.push_back(std::exchange(text, std::string()));
    return true;
  }
  bool on_number_part(string_view part, error_code&) {
    append(text, part);
    return true;
  }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    text.clear();
    values.emplace_back(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    text.clear();
    values.emplace_back(value);
    return true;
  }
  // Boost 1.81 rounds doubles carelessly in the last digit, so the text is converted again.
  bool on_double(double, string_view part, error_code& ec) {
    append(text, part);
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
      // Too small is as good as zero; too large has no value at all.
      value = text.front() == '-' ? -0.0 : 0.0;
      if (is_huge(text)) ec = boost::json::error::exponent_overflow;
    }
    text.clear();
    values.emplace_back(value);
    return !ec;
  }
  bool on_bool(bool value, error_code&) {
    values.emplace_back(value);
    return true;
  }
  bool on_null(error_code&) {
    values.emplace_back();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

std::string describe(std::string_view text, std::size_t at, std::string_view why) {
  const std::string_view before = text.substr(0, at);
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : before) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  std::string message = "invalid JSON at ";
  message.append(std::to_string(line)).append(":").append(std::to_string(column)).append(": ").append(why);
  return message;
}

void write_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) continue;
    out.append(text, done, i - done);
    done = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[c >> 4U];
        out += kHex[c & 0xFU];
    }
  }
  out.append(text, done);
  out += '"';
}

template <class Number>
void write_number(std::string& out, Number value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, result.ptr);
}

enum class Layout : unsigned char { compact, pretty };

class Writer {
 public:
  Writer(std::string& out, Layout layout) : out_(out), layout_(layout) {}

  void write(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::null:
        out_ += "null";
        break;
      case Json::Kind::boolean:
        out_ += json.as_bool() ? "true" : "false";
        break;
      case Json::Kind::integer:
        write_number(out_, json.as_int());
        break;
      case Json::Kind::number:
        write_double(json.as_double());
        break;
      case Json::Kind::string:
        write_text(json.as_string());
        break;
      case Json::Kind::array:
        write_array(json.items());
        break;
      case Json::Kind::object:
        write_object(json.members());
        break;
    }
  }

 private:
  void write_text(const std::string& text) {
    if (is_utf8(text))
      write_string(out_, text);
    else
      write_string(out_, scrub_utf8(text));
  }

  void write_double(double value) {
    if (!std::isfinite(value))
      out_ += "null";
    else if (value == 0 && std::signbit(value))
      out_ += "-0.0";  // "-0" would read back as an integer, without its sign
    else
      write_number(out_, value);
  }

  void new_line() {
    if (layout_ == Layout::compact) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  void write_array(const Json::Array& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    char before = '[';
    ++depth_;
    for (const Json& item : items) {
      out_ += std::exchange(before, ',');
      new_line();
      write(item);
    }
    --depth_;
    new_line();
    out_ += ']';
  }

  void write_object(const Json::Members& members) {
    if (members.empty()) {
      out_ += "{}";
      return;
    }
    char before = '{';
    ++depth_;
    for (const Json::Member& member : members) {
      out_ += std::exchange(before, ',');
      new_line();
      write_text(member.key);
      out_ += layout_ == Layout::compact ? ":" : ": ";
      write(member.value);
    }
    --depth_;
    new_line();
    out_ += '}';
  }

  std::string& out_;
  Layout layout_;
  std::size_t depth_ = 0;
};

}  // namespace json_text
}  // namespace

Result<Json> Json::parse(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = json_text::kMaxDepth;
  boost::json::basic_parser<json_text::Handler> parser(options);
  boost::json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (ec == boost::json::error::incomplete) {
    return fail(ErrorKind::malformed, json_text::describe(text, text.size(), "the document ends too early"));
  }
  if (ec) return fail(ErrorKind::malformed, json_text::describe(text, read, ec.message()));
  if (read < text.size()) {
    return fail(ErrorKind::malformed, json_text::describe(text, read, "something follows the end of the document"));
  }
  return std::move(parser.handler().values.back());
}

void Json::dump_to(std::string& out) const {
  json_text::Writer(out, json_text::Layout::compact).write(*this);
}

std::string Json::dump() const {
  std::string out;
  dump_to(out);
  return out;
}

std::string Json::dump_pretty() const {
  std::string out;
  json_text::Writer(out, json_text::Layout::pretty).write(*this);
  return out;
}

}  // namespace postern
