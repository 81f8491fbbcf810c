#include <algorithm>
#include <array>
#include <charconv>

#include "aws/core/server.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {
namespace template_text {

/// Tags that stand for functions "Fn::<name>".
constexpr std::array<std::string_view, 16> kFunctions = {
    "And",         "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If",
    "ImportValue", "Join",   "Not",  "Or",     "Select",    "Split",  "Sub",    "Transform"};

Error not_well_formed(std::string_view kind, std::size_t line, std::size_t column) {
  return validation_error("Template format error: " + std::string(kind) + " not well-formed. (line " +
                          std::to_string(line) + ", column " + std::to_string(column) + ")");
}

/// The "LINE:COLUMN" after `mark` in a message of a parser.
Error with_position(std::string_view kind, std::string_view message, std::string_view mark) {
  std::size_t line = 0;
  std::size_t column = 0;
  if (const std::size_t at = message.find(mark); at != std::string_view::npos) {
    const char* const end = message.data() + message.size();
    const auto first = std::from_chars(message.data() + at + mark.size(), end, line);
    if (first.ec == std::errc() && first.ptr != end) std::from_chars(first.ptr + 1, end, column);
  }
  return not_well_formed(kind, line, column);
}

/// Decimal digits as a person writes a number: no leading zeros, which account ids and dates may have.
bool is_plain_integer(const std::string& text) {
  const std::size_t digits = text.starts_with('-') ? 1 : 0;
  if (text.size() == digits || text.size() > digits + 15) return false;
  if (text[digits] == '0' && text.size() > digits + 1) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(digits), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

Json scalar(const yaml::Node& node) {
  if (const auto truth = node.to_bool()) return Json(*truth);
  if (node.style == yaml::Style::plain && node.tag.empty() && is_plain_integer(node.text)) return Json(*node.to_int());
  return Json(node.text);
}

Result<Json> convert(const yaml::Node& node);

Result<Json> untagged(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::null:
      return Json();
    case yaml::Kind::scalar:
      return scalar(node);
    case yaml::Kind::sequence: {
      Json out = Json::array();
      for (const yaml::Node& item : node.items) {
        TRY(Json value, convert(item));
        out.push_back(std::move(value));
      }
      return out;
    }
    case yaml::Kind::map: {
      Json out = Json::object();
      for (const yaml::Entry& entry : node.entries) {
        TRY(Json value, convert(entry.value));
        out.set(entry.key, std::move(value));
      }
      return out;
    }
  }
  return Json();
}

/// "!GetAtt Role.Arn" is the list of both.
Json split_attribute(Json value) {
  if (!value.is_string()) return value;
  const std::string& text = value.as_string();
  const std::size_t dot = text.find('.');
  Json parts = Json::array();
  parts.push_back(text.substr(0, dot));
  if (dot != std::string::npos) parts.push_back(text.substr(dot + 1));
  return parts;
}

Result<Json> convert(const yaml::Node& node) {
  const std::string& tag = node.tag;
  TRY(Json value, untagged(node));
  if (tag.empty() || tag.starts_with("tag:yaml.org,2002:")) return value;
  const std::string_view name = std::string_view(tag).substr(tag.starts_with('!') ? 1 : 0);
  if (name == "Ref" || name == "Condition") return Json::object().set(name, std::move(value));
  if (std::find(kFunctions.begin(), kFunctions.end(), name) == kFunctions.end()) {
    return fail(not_well_formed("YAML", node.position.line, node.position.column));
  }
  if (name == "GetAtt") value = split_attribute(std::move(value));
  return Json::object().set("Fn::" + std::string(name), std::move(value));
}

/// The long form's "Role.Arn" too.
Json with_split_attributes(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push_back(with_split_attributes(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, item] : value.members()) {
    Json inner = with_split_attributes(item);
    const bool is_function = key == "Fn::GetAtt" && value.size() == 1;
    out.set(key, is_function ? split_attribute(std::move(inner)) : std::move(inner));
  }
  return out;
}

}  // namespace template_text

Error validation_error(std::string message) {
  return aws::server::fault(ErrorKind::usage, "ValidationError", std::move(message));
}

Result<Json> read_template_text(std::string_view text) {
  if (text.size() > kTemplateBytesMax) {
    return fail(validation_error(
        "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length "
        "less than or equal to 51200"));
  }
  Json out;
  if (trim(text).starts_with('{')) {
    Result<Json> json = Json::parse(text);
    if (json) return template_text::with_split_attributes(*json);
    // YAML's flow style looks the same from outside.
    if (text.find(": ") == std::string_view::npos || text.find('"') != std::string_view::npos) {
      return fail(template_text::with_position("JSON", json.error().message(), "invalid JSON at "));
    }
  }
  const Result<yaml::Node> root = yaml::parse(text, "template", yaml::Aliases::refused);
  if (!root) {
    if (root.error().message().ends_with("aliases are not allowed")) {
      return fail(validation_error("Template error: YAML aliases are not allowed in CloudFormation templates"));
    }
    return fail(template_text::with_position("YAML", root.error().message(), "template:"));
  }
  TRY(Json body, template_text::convert(*root));
  return template_text::with_split_attributes(body);
}

std::vector<SubPart> sub_parts(std::string_view text) {
  std::vector<SubPart> parts;
  const auto add = [&](std::string_view piece, bool is_name) {
    if (piece.empty() && !is_name) return;
    SubPart& part = parts.emplace_back();
    part.text = piece;
    part.is_name = is_name;
  };
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    add(text.substr(0, open), false);
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (name.starts_with('!')) {
      add("${" + std::string(name.substr(1)) + "}", false);
    } else {
      add(trim(name), true);
    }
    text.remove_prefix(close + 1);
  }
  add(text, false);
  return parts;
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

namespace template_text {

void find_references(const Json& value, std::set<std::string>& out) {
  for (const Json& item : value.items()) find_references(item, out);
  if (value.size() == 1 && value.is_object()) {
    const auto& [key, item] = value.members().front();
    if (key == "Ref" && item.is_string()) out.insert(item.as_string());
    if (key == "Fn::GetAtt" && !item.items().empty() && item.items().front().is_string()) {
      out.insert(item.items().front().as_string());
      return;
    }
    if (key == "Fn::Sub") {
      const Json& text = item.is_array() && !item.items().empty() ? item.items().front() : item;
      const Json own = item.items().size() > 1 ? item.items()[1] : Json();
      for (const SubPart& part : text.is_string() ? sub_parts(text.as_string()) : std::vector<SubPart>()) {
        if (part.is_name && !own.contains(part.text)) out.insert(part.text.substr(0, part.text.find('.')));
      }
    }
  }
  for (const auto& member : value.members()) find_references(member.value, out);
}

void find_conditions(const Json& value, std::set<std::string>& out) {
  for (const Json& item : value.items()) find_conditions(item, out);
  for (const auto& [key, item] : value.members()) {
    const bool alone = value.size() == 1;
    if (alone && key == "Condition" && item.is_string()) out.insert(item.as_string());
    if (alone && key == "Fn::If" && !item.items().empty() && item.items().front().is_string()) {
      out.insert(item.items().front().as_string());
    }
    find_conditions(item, out);
  }
}

}  // namespace template_text

std::set<std::string> references(const Json& value) {
  std::set<std::string> out;
  template_text::find_references(value, out);
  return out;
}

std::set<std::string> condition_references(const Json& value) {
  std::set<std::string> out;
  template_text::find_conditions(value, out);
  return out;
}

}  // namespace postern::sim::stacks
