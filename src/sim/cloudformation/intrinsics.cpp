#include "sim/cloudformation/intrinsics.hpp"

#include <algorithm>
#include <charconv>
#include <regex>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::sim::stacks {
namespace intrinsics {

Error template_error(const std::string& what) {
  return validation_error("Template error: " + what);
}

bool is_function(const Json& json) {
  if (!json.is_object() || json.size() != 1) return false;
  const Json::Member& only = json.members().front();
  return only.key == "Ref" || only.key.starts_with("Fn::") || (only.key == "Condition" && only.value.is_string());
}

/// libstdc++'s matcher goes one level deeper per character: bounded, and without back-references polynomial.
bool fits(const std::string& pattern, const std::string& value) {
  constexpr std::size_t kMatchedMax = 4'096;
  if (value.size() > kMatchedMax) return false;
  try {
    return std::regex_match(value, std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial));
  } catch (const std::regex_error&) {
    return false;
  }
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

Error unfit(const ParameterDecl& decl, const std::string& rule) {
  if (!decl.constraint_description.empty()) {
    return validation_error("Parameter " + decl.id + " failed to satisfy constraint: " + decl.constraint_description);
  }
  return validation_error(rule);
}

Result<void> check_value(const ParameterDecl& decl, const std::string& value) {
  if (!decl.allowed_values.empty() &&
      std::find(decl.allowed_values.begin(), decl.allowed_values.end(), value) == decl.allowed_values.end()) {
    return fail(unfit(decl, "Parameter '" + decl.id + "' must be one of AllowedValues"));
  }
  if (!decl.allowed_pattern.empty() && !fits(decl.allowed_pattern, value)) {
    return fail(unfit(decl, "Parameter '" + decl.id + "' must match pattern " + decl.allowed_pattern));
  }
  const auto size = static_cast<double>(value.size());
  if (decl.min_length && size < *decl.min_length) {
    return fail(unfit(
        decl, "Parameter '" + decl.id + "' must contain at least " + Json(*decl.min_length).dump() + " characters"));
  }
  if (decl.max_length && size > *decl.max_length) {
    return fail(unfit(
        decl, "Parameter '" + decl.id + "' must contain at most " + Json(*decl.max_length).dump() + " characters"));
  }
  if (decl.type != "Number" && decl.type != "List<Number>") return {};
  const std::optional<double> parsed = number(value);
  if (!parsed) return fail(unfit(decl, "Parameter '" + decl.id + "' must be a number."));
  if (decl.min_value && *parsed < *decl.min_value) {
    return fail(
        unfit(decl, "Parameter '" + decl.id + "' must be a number not less than " + Json(*decl.min_value).dump()));
  }
  if (decl.max_value && *parsed > *decl.max_value) {
    return fail(
        unfit(decl, "Parameter '" + decl.id + "' must be a number not greater than " + Json(*decl.max_value).dump()));
  }
  return {};
}

Result<Json> value_of(const ParameterDecl& decl, const std::string& text) {
  if (!decl.is_list()) {
    TRY_VOID(check_value(decl, text));
    return Json(text);
  }
  Json out = Json::array();
  if (text.empty()) return out;
  for (const std::string_view part : split(text, ',')) {
    TRY_VOID(check_value(decl, std::string(trim(part))));
    out.push_back(trim(part));
  }
  return out;
}

}  // namespace intrinsics

Result<std::map<std::string, Json>> parameter_values(const Template& from,
                                                     const std::map<std::string, std::string>& given) {
  std::vector<std::string> unknown;
  for (const auto& [id, value] : given) {
    if (from.find_parameter(id) == nullptr) unknown.push_back(printable(id, 255));
  }
  if (!unknown.empty()) {
    return fail(validation_error("Parameters: [" + join(unknown, ", ") + "] do not exist in the template"));
  }
  std::vector<std::string> missing;
  std::map<std::string, Json> out;
  for (const ParameterDecl& decl : from.parameters) {
    const auto found = given.find(decl.id);
    if (found == given.end() && !decl.default_value) {
      missing.push_back(decl.id);
      continue;
    }
    TRY(out[decl.id], intrinsics::value_of(decl, found == given.end() ? *decl.default_value : found->second));
  }
  if (missing.empty()) return out;
  return fail(validation_error("Parameters: [" + join(missing, ", ") + "] must have values"));
}

Result<std::optional<Json>> Evaluator::value(const Json& json) {
  if (intrinsics::is_function(json)) return function(json.members().front().key, json.members().front().value);
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json.items()) {
      TRY(std::optional<Json> one, value(item));
      if (one) out.push_back(std::move(*one));
    }
    return std::optional<Json>(std::move(out));
  }
  if (json.is_object()) {
    Json out = Json::object();
    for (const auto& [key, item] : json.members()) {
      TRY(std::optional<Json> one, value(item));
      if (one) out.set(key, std::move(*one));
    }
    return std::optional<Json>(std::move(out));
  }
  return std::optional<Json>(json);
}

Result<Json> Evaluator::needed(const Json& json, std::string_view function) {
  TRY(std::optional<Json> found, value(json));
  if (found) return std::move(*found);
  return fail(intrinsics::template_error("every " + std::string(function) + " object requires a value"));
}

Evaluator::Value Evaluator::function(std::string_view name, const Json& argument) {
  if (name == "Ref") {
    if (!argument.is_string()) return fail(intrinsics::template_error("all Ref references must be of type string"));
    return reference(argument.as_string());
  }
  if (name == "Fn::GetAtt") return attribute(argument);
  if (name == "Fn::Sub") return substitute(argument);
  if (name == "Fn::Join") return joined(argument);
  if (name == "Fn::Select") return selected(argument);
  if (name == "Fn::Split") return parts(argument);
  if (name == "Fn::FindInMap") return mapped(argument);
  if (name == "Fn::If") return chosen(argument);
  if (name == "Fn::Base64") {
    TRY(const Json text, needed(argument, name));
    return std::optional<Json>(Json(to_base64(scalar_text(text).value_or(""))));
  }
  if (name == "Fn::ImportValue") {
    TRY(const Json text, needed(argument, name));
    TRY(Json found, meaning_.imported(scalar_text(text).value_or("")));
    return std::optional<Json>(std::move(found));
  }
  if (name == "Fn::GetAZs") {
    TRY(const Json asked, needed(argument, name));
    std::string region = scalar_text(asked).value_or("");
    if (region.empty()) region = meaning_.pseudo.at("AWS::Region").as_string();
    return std::optional<Json>(Json::array().push_back(region + "a").push_back(region + "b").push_back(region + "c"));
  }
  if (name == "Condition" || name == "Fn::Equals" || name == "Fn::Not" || name == "Fn::And" || name == "Fn::Or") {
    TRY(const bool holds, truth(Json::object().set(name, argument)));
    return std::optional<Json>(Json(holds));
  }
  return fail(intrinsics::template_error("function " + std::string(name) + " is not offered by this simulator"));
}

Evaluator::Value Evaluator::reference(const std::string& name) {
  if (name == "AWS::NoValue") return std::optional<Json>();
  if (const auto found = meaning_.pseudo.find(name); found != meaning_.pseudo.end()) {
    return std::optional<Json>(found->second);
  }
  if (const auto found = meaning_.parameters.find(name); found != meaning_.parameters.end()) {
    return std::optional<Json>(found->second);
  }
  TRY(Json found, meaning_.resource(name));
  return std::optional<Json>(std::move(found));
}

Evaluator::Value Evaluator::attribute(const Json& argument) {
  if (argument.items().size() != 2 || !argument.items()[0].is_string()) {
    return fail(intrinsics::template_error(
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"));
  }
  TRY(const Json name, needed(argument.items()[1], "Fn::GetAtt"));
  TRY(Json found, meaning_.attribute(argument.items()[0].as_string(), scalar_text(name).value_or("")));
  return std::optional<Json>(std::move(found));
}

Evaluator::Value Evaluator::substitute(const Json& argument) {
  const bool listed = argument.items().size() == 2 && argument.items()[1].is_object();
  const Json& text = listed ? argument.items()[0] : argument;
  if (!text.is_string()) {
    return fail(intrinsics::template_error(
        "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first "
        "argument, and an optional second argument to specify a mapping of values to replace in the string"));
  }
  const Json own = listed ? argument.items()[1] : Json::object();
  std::string out;
  for (const SubPart& part : sub_parts(text.as_string())) {
    if (!part.is_name) {
      out += part.text;
      continue;
    }
    Value found = std::optional<Json>();
    const std::size_t dot = part.text.find('.');
    if (const Json* given = own.find(part.text)) {
      found = value(*given);
    } else if (dot != std::string::npos) {
      found = attribute(Json::array().push_back(part.text.substr(0, dot)).push_back(part.text.substr(dot + 1)));
    } else {
      found = reference(part.text);
    }
    if (!found) return fail(std::move(found).error());
    const std::optional<std::string> said = *found ? scalar_text(**found) : std::nullopt;
    if (!said) {
      return fail(intrinsics::template_error("variable " + printable(part.text, 100) +
                                             " in Fn::Sub expression does not resolve to a string"));
    }
    out += *said;
  }
  return std::optional<Json>(Json(std::move(out)));
}

Evaluator::Value Evaluator::joined(const Json& argument) {
  const Error wrong = intrinsics::template_error(
      "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or "
      "a function that returns a list of strings (such as Fn::GetAZs) to be joined.");
  if (argument.items().size() != 2 || !argument.items()[0].is_string()) return fail(wrong);
  TRY(const Json list, needed(argument.items()[1], "Fn::Join"));
  if (!list.is_array()) return fail(wrong);
  std::vector<std::string> all;
  for (const Json& item : list.items()) {
    const std::optional<std::string> text = scalar_text(item);
    if (!text) return fail(wrong);
    all.push_back(*text);
  }
  return std::optional<Json>(Json(join(all, argument.items()[0].as_string())));
}

Evaluator::Value Evaluator::selected(const Json& argument) {
  if (argument.items().size() != 2) {
    return fail(intrinsics::template_error("every Fn::Select object requires two parameters, the index and the list"));
  }
  TRY(const Json index, needed(argument.items()[0], "Fn::Select"));
  TRY(const Json list, needed(argument.items()[1], "Fn::Select"));
  const std::optional<double> at = intrinsics::number(scalar_text(index).value_or(""));
  if (!at || *at < 0 || *at >= static_cast<double>(list.items().size())) {
    return fail(intrinsics::template_error("Fn::Select cannot select nonexistent value at index " +
                                           scalar_text(index).value_or("")));
  }
  return std::optional<Json>(list.items()[static_cast<std::size_t>(*at)]);
}

Evaluator::Value Evaluator::parts(const Json& argument) {
  const Error wrong = intrinsics::template_error(
      "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
      "function that returns a string to be split.");
  if (argument.items().size() != 2 || !argument.items()[0].is_string()) return fail(wrong);
  const std::string& by = argument.items()[0].as_string();
  TRY(const Json source, needed(argument.items()[1], "Fn::Split"));
  if (!source.is_string() || by.empty()) return fail(wrong);
  Json out = Json::array();
  std::string_view rest = source.as_string();
  for (std::size_t at = rest.find(by); at != std::string_view::npos; at = rest.find(by)) {
    out.push_back(rest.substr(0, at));
    rest.remove_prefix(at + by.size());
  }
  out.push_back(rest);
  return std::optional<Json>(std::move(out));
}

Evaluator::Value Evaluator::mapped(const Json& argument) {
  if (argument.items().size() != 3) {
    return fail(intrinsics::template_error(
        "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return "
        "value"));
  }
  const Json* found = &meaning_.from->mappings;
  std::vector<std::string> path;
  for (const Json& item : argument.items()) {
    TRY(const Json key, needed(item, "Fn::FindInMap"));
    path.push_back(scalar_text(key).value_or(""));
    found = found == nullptr ? nullptr : found->find(path.back());
  }
  if (found != nullptr) return std::optional<Json>(*found);
  return fail(intrinsics::template_error("Unable to get mapping for " + printable(join(path, "::"), 200)));
}

Evaluator::Value Evaluator::chosen(const Json& argument) {
  if (argument.items().size() != 3 || !argument.items()[0].is_string()) {
    return fail(intrinsics::template_error("Fn::If requires a list argument with three elements"));
  }
  TRY(const bool yes, holds(argument.items()[0].as_string()));
  return value(argument.items()[yes ? 1 : 2]);
}

Result<bool> Evaluator::holds(const std::string& condition) {
  if (condition.empty()) return true;
  if (const auto found = known_.find(condition); found != known_.end()) return found->second;
  const Json* json = meaning_.from->conditions.find(condition);
  if (json == nullptr) {
    return fail(intrinsics::template_error("Unresolved condition dependency " + printable(condition, 100)));
  }
  TRY(const bool yes, truth(*json));
  known_[condition] = yes;
  return yes;
}

Result<bool> Evaluator::truth(const Json& json) {
  const Error wrong = intrinsics::template_error("Every Conditions member must contain a condition function.");
  if (!json.is_object() || json.size() != 1) return fail(wrong);
  const auto& [name, argument] = json.members().front();
  if (name == "Condition") return argument.is_string() ? holds(argument.as_string()) : Result<bool>(fail(wrong));
  const std::size_t count = argument.items().size();
  if (name == "Fn::Equals" && count == 2) {
    TRY(const Json a, needed(argument.items()[0], name));
    TRY(const Json b, needed(argument.items()[1], name));
    const std::optional<std::string> left = scalar_text(a);
    const std::optional<std::string> right = scalar_text(b);
    return left && right ? *left == *right : a == b;
  }
  if (name == "Fn::Not" && count == 1) {
    TRY(const bool inner, truth(argument.items()[0]));
    return !inner;
  }
  const bool all = name == "Fn::And";
  if ((!all && name != "Fn::Or") || count < 2 || count > 10) return fail(wrong);
  bool out = all;
  for (const Json& item : argument.items()) {
    TRY(const bool one, truth(item));
    out = all ? (out && one) : (out || one);
  }
  return out;
}

}  // namespace postern::sim::stacks
