// What a caller gives for a document's parameters: the checks, and {{ name }} put in.

#include <algorithm>
#include <charconv>
#include <regex>

#include "aws/core/server.hpp"
#include "base/text.hpp"
#include "sim/ssm/document.hpp"

namespace postern::sim {
namespace document_values {

using Type = DocumentParameter::Type;

constexpr std::size_t kMatchedBytesMax = 4'096;

Error invalid_parameters(std::string message) {
  return aws::server::fault(ErrorKind::usage, "InvalidParameters", std::move(message), 400);
}

bool is_whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// Linear-time matching: the pattern comes from a caller.
bool matches_pattern(const std::string& pattern, const std::string& value) {
  if (value.size() > kMatchedBytesMax) return false;
  try {
    const std::regex compiled(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
    return std::regex_match(value, compiled);
  } catch (const std::regex_error&) {
    return false;
  }
}

Error mismatch(const DocumentParameter& known, std::string_view value, std::string_view what) {
  return invalid_parameters("Parameter \"" + known.name + "\" with value \"" + printable(value, 40) + "\" " +
                            std::string(what));
}

Result<void> check_form(const DocumentParameter& known, const std::string& value) {
  switch (known.type) {
    case Type::boolean:
      if (value != "true" && value != "false" && value != "True" && value != "False") {
        return fail(mismatch(known, value, "is not a Boolean"));
      }
      return {};
    case Type::integer:
      if (!is_whole_number(value)) return fail(mismatch(known, value, "is not an Integer"));
      return {};
    case Type::string_map:
    case Type::map_list: {
      const Result<Json> json = Json::parse(value);
      if (!json || !json->is_object()) return fail(mismatch(known, value, "is not a JSON object"));
      return {};
    }
    default:
      return {};
  }
}

Result<void> check_value(const DocumentParameter& known, const std::string& value) {
  TRY_VOID(check_form(known, value));
  const auto& allowed = known.allowed_values;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    return fail(mismatch(known, value, "is not one of the allowed values: [" + join(allowed, ", ") + "]"));
  }
  const auto length = static_cast<std::int64_t>(value.size());
  if (known.chars_min && length < *known.chars_min) return fail(mismatch(known, value, "is too short"));
  if (known.chars_max && length > *known.chars_max) return fail(mismatch(known, value, "is too long"));
  if (!known.allowed_pattern.empty() && !matches_pattern(known.allowed_pattern, value)) {
    return fail(mismatch(known, value, "does not match the allowed pattern: " + known.allowed_pattern));
  }
  return {};
}

Result<void> check_values(const DocumentParameter& known, const std::vector<std::string>& values) {
  const bool list = known.type == Type::string_list || known.type == Type::map_list;
  if (!list && values.size() != 1) {
    return fail(invalid_parameters("Parameter " + known.name + " is a " + std::string(to_string(known.type)) +
                                   ": exactly one value is expected"));
  }
  if (values.empty() && known.required()) return fail(invalid_parameters("Parameter " + known.name + " is empty"));
  const auto count = static_cast<std::int64_t>(values.size());
  if (list && ((known.items_min && count < *known.items_min) || (known.items_max && count > *known.items_max))) {
    return fail(invalid_parameters("Parameter " + known.name + " has " + std::to_string(count) +
                                   " items, which is not within its limits"));
  }
  for (const std::string& value : values) TRY_VOID(check_value(known, value));
  return {};
}

Json bound_value(const DocumentParameter& known, const std::vector<std::string>& values) {
  if (known.type == Type::string_list) {
    Json list = Json::array();
    for (const std::string& value : values) list.push_back(value);
    return list;
  }
  const std::string& text = values.front();
  if (known.type == Type::map_list) {
    Json list = Json::array();
    for (const std::string& value : values) list.push_back(Json::parse(value).value_or(Json()));
    return list;
  }
  if (known.type == Type::string_map) return Json::parse(text).value_or(Json());
  return Json(text);
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.as_string();
  return value.dump();
}

/// The name in "{{ name }}" that begins at `at`, and where the braces end; empty: no placeholder.
std::string_view placeholder(std::string_view text, std::size_t at, std::size_t& end) {
  const std::size_t close = text.find("}}", at + 2);
  if (close == std::string_view::npos) return {};
  end = close + 2;
  const std::string_view name = trim(text.substr(at + 2, close - at - 2));
  const bool word = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return word ? name : std::string_view();
}

Json interpolate_text(const std::string& text, const std::map<std::string, Json>& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find("{{", at);
    if (open == std::string::npos) {
      out.append(text, at);
      break;
    }
    out.append(text, at, open - at);
    std::size_t end = open;
    const std::string_view name = placeholder(text, open, end);
    const auto found = name.empty() ? values.end() : values.find(std::string(name));
    if (found == values.end()) {
      out.append("{{");
      at = open + 2;
      continue;
    }
    if (open == 0 && end == text.size()) return found->second;
    out.append(text_of(found->second));
    at = end;
  }
  return Json(std::move(out));
}

}  // namespace document_values

Result<void> check_parameters(const Document& document, const DocumentValues& values) {
  using document_values::invalid_parameters;
  for (const auto& [name, given] : values) {
    const DocumentParameter* known = document.find_parameter(name);
    if (known == nullptr) {
      return fail(invalid_parameters("Document " + document.name + " has no parameter " + printable(name, 100)));
    }
    TRY_VOID(document_values::check_values(*known, given));
  }
  for (const DocumentParameter& known : document.parameters) {
    if (known.required() && !values.contains(known.name)) {
      return fail(invalid_parameters("Parameter " + known.name + " of document " + document.name + " is required"));
    }
  }
  return {};
}

std::map<std::string, Json> bound_values(const Document& document, const DocumentValues& values) {
  std::map<std::string, Json> bound;
  for (const DocumentParameter& known : document.parameters) {
    const auto given = values.find(known.name);
    const bool has = given != values.end() && !given->second.empty();
    if (has) {
      bound.emplace(known.name, document_values::bound_value(known, given->second));
    } else if (known.default_value) {
      bound.emplace(known.name, *known.default_value);
    }
  }
  return bound;
}

Json interpolate(const Json& json, const std::map<std::string, Json>& values) {
  if (json.is_string()) return document_values::interpolate_text(json.as_string(), values);
  if (json.is_array()) {
    Json list = Json::array();
    for (const Json& item : json.items()) {
      Json made = interpolate(item, values);
      if (item.is_string() && made.is_array()) {
        for (const Json& one : made.items()) list.push_back(one);
      } else {
        list.push_back(std::move(made));
      }
    }
    return list;
  }
  if (!json.is_object()) return json;
  Json object = Json::object();
  for (const Json::Member& member : json.members()) object.set(member.key, interpolate(member.value, values));
  return object;
}

}  // namespace postern::sim
