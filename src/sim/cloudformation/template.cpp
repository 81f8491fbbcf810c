#include "sim/cloudformation/template.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.hpp"

namespace postern::sim::stacks {
namespace template_parts {

constexpr std::string_view kSections[] = {"AWSTemplateFormatVersion",
                                          "Description",
                                          "Metadata",
                                          "Parameters",
                                          "Rules",
                                          "Mappings",
                                          "Conditions",
                                          "Resources",
                                          "Outputs"};
constexpr std::string_view kPseudo[] = {"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue",   "AWS::Partition",
                                        "AWS::Region",    "AWS::StackId",          "AWS::StackName", "AWS::URLSuffix"};
constexpr std::string_view kTypes[] = {"String",
                                       "Number",
                                       "CommaDelimitedList",
                                       "List<String>",
                                       "List<Number>",
                                       "AWS::EC2::VPC::Id",
                                       "AWS::EC2::Subnet::Id",
                                       "AWS::EC2::SecurityGroup::Id",
                                       "List<AWS::EC2::Subnet::Id>",
                                       "List<AWS::EC2::SecurityGroup::Id>"};

Error format_error(const std::string& what) {
  return validation_error("Template format error: " + what);
}

bool is_known(std::string_view name, std::span<const std::string_view> among) {
  return std::find(among.begin(), among.end(), name) != among.end();
}

bool is_logical_id(std::string_view id) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= 255 && std::all_of(id.begin(), id.end(), letter);
}

/// A section's members; an absent one has none.
Result<Json> section(const Json& body, std::string_view name, std::size_t count_max) {
  const Json* found = body.find(name);
  if (found == nullptr || (found->is_null() && name != "Resources")) return Json::object();
  if (!found->is_object()) return fail(format_error(std::string(name) + " must be an object."));
  if (found->size() > count_max) {
    return fail(validation_error("Template may not exceed " + std::to_string(count_max) + " " +
                                 to_lower(std::string(name)) + "."));
  }
  for (const auto& [id, value] : found->members()) {
    if (!is_logical_id(id)) {
      return fail(format_error(std::string(name) + " name " + printable(id, 100) + " is non alphanumeric."));
    }
  }
  return *found;
}

std::string text_of(const Json& object, std::string_view key) {
  const Json* found = object.find(key);
  return found == nullptr ? std::string() : scalar_text(*found).value_or("");
}

std::optional<double> number_of(const Json& object, std::string_view key) {
  const Json* found = object.find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_number()) return found->as_double();
  const Result<Json> number = Json::parse(scalar_text(*found).value_or(""));
  return number && number->is_number() ? std::optional<double>(number->as_double()) : std::nullopt;
}

Result<ParameterDecl> parameter(const std::string& id, const Json& from) {
  static constexpr std::string_view kKeys[] = {
      "Type",     "Default", "AllowedValues", "AllowedPattern",       "MinLength", "MaxLength", "MinValue",
      "MaxValue", "NoEcho",  "Description",   "ConstraintDescription"};
  if (!from.is_object()) return fail(format_error("Any Parameters member must be an object."));
  for (const auto& [key, value] : from.members()) {
    if (!is_known(key, kKeys)) return fail(validation_error("Invalid template parameter property '" + key + "'"));
  }
  ParameterDecl made;
  made.id = id;
  made.type = text_of(from, "Type");
  if (made.type.empty()) return fail(format_error("Every Parameters object must contain a Type member."));
  if (!is_known(made.type, kTypes)) {
    return fail(format_error("Unrecognized parameter type: " + printable(made.type, 100)));
  }
  if (const Json* value = from.find("Default")) {
    made.default_value = scalar_text(*value);
    if (!made.default_value) {
      return fail(format_error("Every Default member must be a string."));
    }
  }
  for (const Json& value : from["AllowedValues"].items()) {
    made.allowed_values.push_back(scalar_text(value).value_or(""));
  }
  made.allowed_pattern = text_of(from, "AllowedPattern");
  made.min_length = number_of(from, "MinLength");
  made.max_length = number_of(from, "MaxLength");
  made.min_value = number_of(from, "MinValue");
  made.max_value = number_of(from, "MaxValue");
  made.no_echo = text_of(from, "NoEcho") == "true";
  made.description = text_of(from, "Description");
  made.constraint_description = text_of(from, "ConstraintDescription");
  return made;
}

Result<DeletionPolicy> policy_of(const Json& from, std::string_view key) {
  const std::string text = text_of(from, key);
  if (text.empty() || text == "Delete") return DeletionPolicy::remove;
  if (text == "Retain") return DeletionPolicy::retain;
  if (text == "RetainExceptOnCreate" && key == "DeletionPolicy") return DeletionPolicy::retain_except_on_create;
  return fail(format_error("Unrecognized " + std::string(key) + " " + printable(text, 60)));
}

Result<ResourceDecl> resource(const std::string& id, const Json& from) {
  static constexpr std::string_view kKeys[] = {"Type",           "Properties",          "DependsOn",
                                               "Condition",      "DeletionPolicy",      "Metadata",
                                               "CreationPolicy", "UpdateReplacePolicy", "UpdatePolicy"};
  if (!from.is_object()) return fail(format_error("Resource " + id + " must be an object."));
  for (const auto& [key, value] : from.members()) {
    if (!is_known(key, kKeys)) {
      return fail(validation_error("Invalid template resource property '" + printable(key, 100) + "'"));
    }
  }
  ResourceDecl made;
  made.id = id;
  made.type = text_of(from, "Type");
  if (made.type.empty()) {
    return fail(format_error("[/Resources/" + id + "] Every Resources object must contain a Type member."));
  }
  made.properties = from.contains("Properties") ? from["Properties"] : Json::object();
  if (made.properties.is_null()) made.properties = Json::object();
  if (!made.properties.is_object()) {
    return fail(format_error("[/Resources/" + id + "/Properties] 'null' or other values are not allowed in templates"));
  }
  const Json& waits = from["DependsOn"];
  if (waits.is_string()) made.depends_on.push_back(waits.as_string());
  for (const Json& one : waits.items()) made.depends_on.push_back(scalar_text(one).value_or(""));
  made.condition = text_of(from, "Condition");
  TRY(made.deletion_policy, policy_of(from, "DeletionPolicy"));
  TRY(made.replace_policy, policy_of(from, "UpdateReplacePolicy"));
  made.metadata = from["Metadata"];
  return made;
}

Result<OutputDecl> output(const std::string& id, const Json& from) {
  static constexpr std::string_view kKeys[] = {"Value", "Description", "Condition", "Export"};
  if (!from.is_object()) return fail(format_error("Output " + id + " must be an object."));
  for (const auto& [key, value] : from.members()) {
    if (!is_known(key, kKeys)) {
      return fail(format_error("Output " + id + " is malformed. Unrecognized key " + printable(key, 60)));
    }
  }
  OutputDecl made;
  made.id = id;
  if (!from.contains("Value")) {
    return fail(format_error("Output " + id + " is malformed. Every Outputs member must contain a Value object"));
  }
  made.value = from["Value"];
  made.description = text_of(from, "Description");
  made.condition = text_of(from, "Condition");
  if (from.contains("Export")) {
    made.export_name = from["Export"]["Name"];
    if (made.export_name.is_null() || from["Export"].size() != 1) {
      return fail(format_error("Output " + id + " is malformed. The Export field must contain a Name"));
    }
  }
  return made;
}

/// 'null' is no value anywhere in a template.
bool has_null(const Json& value) {
  if (value.is_null()) return true;
  for (const Json& item : value.items()) {
    if (has_null(item)) return true;
  }
  for (const auto& member : value.members()) {
    if (has_null(member.value)) return true;
  }
  return false;
}

std::string listed(const std::set<std::string>& names) {
  return "[" + join(std::vector<std::string>(names.begin(), names.end()), ", ") + "]";
}

Result<void> check_names(const Template& made) {
  const auto known = [&](const std::string& name, bool resources) {
    if (is_known(name, kPseudo) || made.find_parameter(name) != nullptr) return true;
    return resources && made.find_resource(name) != nullptr;
  };
  std::set<std::string> missing;
  for (const ResourceDecl& one : made.resources) {
    for (const std::string& name : references(one.properties)) {
      if (!known(name, true)) missing.insert(name);
    }
    for (const std::string& name : one.depends_on) {
      if (made.find_resource(name) == nullptr) missing.insert(name);
    }
  }
  if (!missing.empty()) {
    return fail(format_error("Unresolved resource dependencies " + listed(missing) +
                             " in the Resources block of the template"));
  }
  for (const OutputDecl& one : made.outputs) {
    for (const std::string& name : references(one.value)) {
      if (!known(name, true)) missing.insert(name);
    }
    for (const std::string& name : references(one.export_name)) {
      if (!known(name, false)) missing.insert(name);
    }
  }
  if (!missing.empty()) {
    return fail(
        format_error("Unresolved resource dependencies " + listed(missing) + " in the Outputs block of the template"));
  }
  for (const std::string& name : references(made.conditions)) {
    if (!known(name, false)) missing.insert(name);
  }
  if (!missing.empty()) {
    return fail(format_error("Unresolved dependencies " + listed(missing) +
                             ". Cannot reference resources in the Conditions block of the template"));
  }
  return {};
}

Result<void> check_conditions(const Template& made) {
  const auto check = [&](const std::string& name, const std::string& where) -> Result<void> {
    if (name.empty() || made.conditions.contains(name)) return {};
    return fail(format_error("Unresolved condition dependency " + printable(name, 100) + " in the " + where +
                             " block of the template"));
  };
  for (const std::string& name : condition_references(made.conditions)) TRY_VOID(check(name, "Conditions"));
  for (const ResourceDecl& one : made.resources) {
    TRY_VOID(check(one.condition, "Resources"));
    for (const std::string& name : condition_references(one.properties)) TRY_VOID(check(name, "Resources"));
  }
  for (const OutputDecl& one : made.outputs) {
    TRY_VOID(check(one.condition, "Outputs"));
    for (const std::string& name : condition_references(one.value)) TRY_VOID(check(name, "Outputs"));
  }
  return {};
}

/// Takes away, again and again, what waits for nothing; what is left waits for itself.
std::set<std::string> circle_of(std::map<std::string, std::set<std::string>> waits) {
  for (bool changed = true; changed;) {
    changed = false;
    for (auto at = waits.begin(); at != waits.end();) {
      if (!at->second.empty()) {
        ++at;
        continue;
      }
      const std::string done = at->first;
      at = waits.erase(at);
      for (auto& [id, names] : waits) names.erase(done);
      changed = true;
    }
  }
  std::set<std::string> left;
  for (const auto& [id, names] : waits) left.insert(id);
  return left;
}

Result<void> check_circles(const Template& made) {
  std::map<std::string, std::set<std::string>> waits;
  for (const ResourceDecl& one : made.resources) {
    std::set<std::string>& names = waits[one.id];
    for (const std::string& name : references(one.properties)) {
      if (made.find_resource(name) != nullptr) names.insert(name);
    }
    names.insert(one.depends_on.begin(), one.depends_on.end());
  }
  const std::set<std::string> resources = circle_of(std::move(waits));
  if (!resources.empty()) return fail(validation_error("Circular dependency between resources: " + listed(resources)));
  std::map<std::string, std::set<std::string>> conditions;
  for (const auto& [id, value] : made.conditions.members()) conditions[id] = condition_references(value);
  const std::set<std::string> circle = circle_of(std::move(conditions));
  if (!circle.empty()) {
    return fail(format_error("Found circular condition dependency between " + listed(circle)));
  }
  return {};
}

Result<void> fill_header(const Json& body, Template& made) {
  if (!body.is_object()) return fail(format_error("unsupported structure."));
  std::vector<std::string> unknown;
  for (const auto& [key, value] : body.members()) {
    if (!is_known(key, kSections)) unknown.push_back(printable(key, 60));
  }
  if (!unknown.empty()) {
    if (body.contains("Transform")) {
      return fail(validation_error("Template error: transforms are not offered by this simulator"));
    }
    return fail(validation_error("Invalid template property or properties [" + join(unknown, ", ") + "]"));
  }
  made.version = text_of(body, "AWSTemplateFormatVersion");
  if (!made.version.empty() && made.version != "2010-09-09") {
    return fail(format_error("unsupported value for AWSTemplateFormatVersion."));
  }
  made.description = text_of(body, "Description");
  if (made.description.size() > kDescriptionMax) {
    return fail(format_error("'Description' length is greater than 1024."));
  }
  made.metadata = body["Metadata"];
  return {};
}

}  // namespace template_parts

const ParameterDecl* Template::find_parameter(std::string_view id) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const auto& one) { return one.id == id; });
  return found == parameters.end() ? nullptr : &*found;
}

const ResourceDecl* Template::find_resource(std::string_view id) const {
  const auto found = std::find_if(resources.begin(), resources.end(), [&](const auto& one) { return one.id == id; });
  return found == resources.end() ? nullptr : &*found;
}

std::vector<std::string> Template::types() const {
  std::vector<std::string> all;
  for (const ResourceDecl& one : resources) {
    if (std::find(all.begin(), all.end(), one.type) == all.end()) all.push_back(one.type);
  }
  return all;
}

Result<Template> parse_template(std::string text) {
  using namespace template_parts;
  TRY(const Json body, read_template_text(text));
  Template made;
  TRY_VOID(fill_header(body, made));
  made.text = std::move(text);
  TRY(const Json parameters, section(body, "Parameters", kParametersMax));
  for (const auto& [id, value] : parameters.members()) {
    TRY(ParameterDecl one, parameter(id, value));
    made.parameters.push_back(std::move(one));
  }
  TRY(made.mappings, section(body, "Mappings", kMappingsMax));
  TRY(made.conditions, section(body, "Conditions", kResourcesMax));
  TRY(const Json resources, section(body, "Resources", kResourcesMax));
  if (resources.empty()) return fail(format_error("At least one Resources member must be defined."));
  for (const auto& [id, value] : resources.members()) {
    TRY(ResourceDecl one, resource(id, value));
    if (has_null(one.properties)) {
      return fail(format_error("[/Resources/" + id + "/Properties] 'null' values are not allowed in templates"));
    }
    made.resources.push_back(std::move(one));
  }
  TRY(const Json outputs, section(body, "Outputs", kOutputsMax));
  for (const auto& [id, value] : outputs.members()) {
    TRY(OutputDecl one, output(id, value));
    made.outputs.push_back(std::move(one));
  }
  TRY_VOID(check_names(made));
  TRY_VOID(check_conditions(made));
  TRY_VOID(check_circles(made));
  return made;
}

}  // namespace postern::sim::stacks
