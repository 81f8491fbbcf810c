#include "sim/ssm/document.hpp"

#include <algorithm>
#include <set>

#include "aws/core/server.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "sim/sessions/session_plan.hpp"

namespace postern::sim {
namespace document_parser {

using aws::server::fault;
using Type = DocumentParameter::Type;

constexpr std::size_t kParametersMax = 200;
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

Error invalid_content(std::string message) {
  return fault(ErrorKind::usage, "InvalidDocumentContent", std::move(message), 400);
}

Json from_yaml(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::null:
      return Json();
    case yaml::Kind::sequence: {
      Json list = Json::array();
      for (const yaml::Node& item : node.items) list.push_back(from_yaml(item));
      return list;
    }
    case yaml::Kind::map: {
      Json map = Json::object();
      for (const yaml::Entry& entry : node.entries) map.set(entry.key, from_yaml(entry.value));
      return map;
    }
    case yaml::Kind::scalar:
      break;
  }
  if (const auto flag = node.to_bool()) return Json(*flag);
  if (const auto number = node.to_int()) return Json(*number);
  return Json(node.text);
}

Result<Json> read(std::string_view content, DocumentFormat format) {
  if (content.size() > kDocumentBytesMax) {
    return fail(fault(ErrorKind::usage, "MaxDocumentSizeExceeded",
                      "The size limit of a document is 64 KB; this one is larger.", 400));
  }
  if (format == DocumentFormat::json) {
    Result<Json> json = Json::parse(content);
    if (!json) return fail(invalid_content("The content is not valid JSON: " + json.error().message()));
    if (!json->is_object()) return fail(invalid_content("The content is not a JSON object"));
    return std::move(*json);
  }
  const Result<yaml::Node> node = yaml::parse(content, "document");
  if (!node) return fail(invalid_content("The content is not valid YAML: " + node.error().message()));
  if (!node->is_map()) return fail(invalid_content("The content is not a YAML mapping"));
  return from_yaml(*node);
}

std::string scalar_text(const Json& json) {
  if (json.is_string()) return json.as_string();
  return json.is_null() ? std::string() : json.dump();
}

Result<Type> type_of(const std::string& name, std::string_view text) {
  for (const Type type :
       {Type::string, Type::string_list, Type::boolean, Type::integer, Type::string_map, Type::map_list}) {
    if (to_string(type) == text) return type;
  }
  return fail(invalid_content("Parameter " + name + " has the type " + printable(text, 40) +
                              ", which is none of String, StringList, Boolean, Integer, StringMap, MapList"));
}

Result<DocumentParameter> read_parameter(const std::string& name, const Json& from) {
  if (name.empty() || name.find_first_not_of(kNameCharacters) != std::string::npos) {
    return fail(invalid_content("The parameter name " + printable(name, 60) + " is not valid"));
  }
  if (!from.is_object()) return fail(invalid_content("Parameter " + name + " is not an object"));
  DocumentParameter made;
  made.name = name;
  for (const Json::Member& member : from.members()) {
    const std::string& key = member.key;
    if (key == "type") {
      TRY(made.type, type_of(name, scalar_text(member.value)));
    } else if (key == "description") {
      made.description = scalar_text(member.value);
    } else if (key == "default") {
      made.default_value = member.value;
    } else if (key == "allowedValues") {
      for (const Json& value : member.value.items()) made.allowed_values.push_back(scalar_text(value));
    } else if (key == "allowedPattern") {
      made.allowed_pattern = scalar_text(member.value);
    } else if (key == "minItems") {
      made.items_min = member.value.to_int();
    } else if (key == "maxItems") {
      made.items_max = member.value.to_int();
    } else if (key == "minChars") {
      made.chars_min = member.value.to_int();
    } else if (key == "maxChars") {
      made.chars_max = member.value.to_int();
    } else if (key != "displayType" && key != "interpolationType") {
      return fail(invalid_content("Parameter " + name + " has the unknown key " + printable(key, 60)));
    }
  }
  if (!from.contains("type")) return fail(invalid_content("Parameter " + name + " has no type"));
  return made;
}

/// Where a plugin runs; empty: the simulated agents know none of that name.
std::vector<Platform> platforms_of(std::string_view action) {
  if (action == "aws:runShellScript") return {Platform::linux};
  if (action == "aws:psModule" || action == "aws:applications" || action == "aws:cloudWatch") {
    return {Platform::windows};
  }
  static constexpr std::string_view kBoth[] = {
      "aws:runPowerShellScript", "aws:configurePackage",  "aws:updateSsmAgent",     "aws:downloadContent",
      "aws:runDocument",         "aws:softwareInventory", "aws:refreshAssociation", "aws:domainJoin"};
  const bool both = std::find(std::begin(kBoth), std::end(kBoth), action) != std::end(kBoth);
  return both ? std::vector<Platform>{Platform::windows, Platform::linux} : std::vector<Platform>();
}

/// What a precondition leaves of the platforms.
bool precondition_allows(const DocumentStep& step, Platform platform) {
  const auto& operands = step.string_equals;
  if (operands.size() != 2 || (operands[0] != "platformType" && operands[1] != "platformType")) return true;
  const std::string& other = operands[0] == "platformType" ? operands[1] : operands[0];
  return equals_ignore_case(other, platform == Platform::windows ? "Windows" : "Linux");
}

Result<DocumentStep> read_step(const Json& from, std::string_view schema) {
  if (!from.is_object()) return fail(invalid_content("A step of mainSteps is not an object"));
  DocumentStep step;
  for (const Json::Member& member : from.members()) {
    if (member.key == "action") {
      step.action = scalar_text(member.value);
    } else if (member.key == "name") {
      step.name = scalar_text(member.value);
    } else if (member.key == "inputs") {
      step.inputs = member.value;
    } else if (member.key == "precondition" && schema == "2.2") {
      const Json* equals = member.value.find("StringEquals");
      if (equals == nullptr || member.value.size() != 1 || equals->size() != 2 || !equals->is_array()) {
        return fail(invalid_content("A precondition is StringEquals with two operands"));
      }
      for (const Json& operand : equals->items()) step.string_equals.push_back(scalar_text(operand));
    } else if (member.key != "maxAttempts" && member.key != "timeoutSeconds" && member.key != "onFailure" &&
               member.key != "isEnd" && member.key != "description") {
      return fail(invalid_content("A step has the unknown key " + printable(member.key, 60)));
    }
  }
  if (step.name.size() < 3 || step.name.find_first_not_of(kNameCharacters) != std::string::npos) {
    return fail(invalid_content("The step name " + printable(step.name, 60) + " is not valid"));
  }
  return step;
}

Result<void> read_steps(const Json& json, Document& document) {
  std::set<std::string> names;
  if (document.schema_version == "1.2") {
    for (const Json::Member& member : json["runtimeConfig"].members()) {
      DocumentStep& step = document.steps.emplace_back();
      step.name = member.key;
      step.action = member.key;
      const Json& properties = member.value["properties"];
      if (properties.is_array()) {
        if (properties.size() != 1) {
          return fail(invalid_content("This simulator takes exactly one entry in properties of " + member.key));
        }
        step.inputs = properties.items().front();
      } else {
        step.inputs = properties;
      }
    }
  } else {
    for (const Json& item : json["mainSteps"].items()) {
      TRY(DocumentStep step, read_step(item, document.schema_version));
      if (!names.insert(step.name).second) return fail(invalid_content("Two steps are named " + step.name));
      document.steps.push_back(std::move(step));
    }
  }
  if (document.steps.empty()) return fail(invalid_content("The document has no steps"));
  for (const DocumentStep& step : document.steps) {
    const std::vector<Platform> runs_on = platforms_of(step.action);
    if (runs_on.empty()) {
      return fail(invalid_content("The action " + printable(step.action, 60) + " is not offered by this simulator"));
    }
    for (const Platform platform : runs_on) {
      if (precondition_allows(step, platform) && !document.supports(platform)) document.platforms.push_back(platform);
    }
  }
  return {};
}

Result<void> check_schema(std::string_view schema, std::string_view type) {
  const bool command = type == "Command" && (schema == "1.2" || schema == "2.0" || schema == "2.2");
  if (command || (type == "Session" && schema == "1.0")) return {};
  return fail(fault(ErrorKind::usage, "InvalidDocumentSchemaVersion",
                    "The version of the document schema is not supported: " + printable(schema, 20), 400));
}

void write_yaml(const Json& json, std::size_t depth, std::string& out) {
  const std::string indent(2 * depth, ' ');
  if (json.is_object() && !json.empty()) {
    for (const Json::Member& member : json.members()) {
      out.append("\n").append(indent).append(Json(member.key).dump()).append(":");
      write_yaml(member.value, depth + 1, out);
    }
  } else if (json.is_array() && !json.empty()) {
    for (const Json& item : json.items()) {
      out.append("\n").append(indent).append("-");
      write_yaml(item, depth + 1, out);
    }
  } else {
    out.append(" ").append(json.dump());  // JSON's scalars are YAML's
  }
}

}  // namespace document_parser

std::string_view to_string(DocumentParameter::Type type) noexcept {
  switch (type) {
    case DocumentParameter::Type::string:
      return "String";
    case DocumentParameter::Type::string_list:
      return "StringList";
    case DocumentParameter::Type::boolean:
      return "Boolean";
    case DocumentParameter::Type::integer:
      return "Integer";
    case DocumentParameter::Type::string_map:
      return "StringMap";
    case DocumentParameter::Type::map_list:
      return "MapList";
  }
  return "String";
}

bool Document::supports(Platform platform) const {
  return std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
}

const DocumentParameter* Document::find_parameter(std::string_view parameter) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const DocumentParameter& one) { return one.name == parameter; });
  return found == parameters.end() ? nullptr : &*found;
}

Result<Document> parse_document(std::string_view content, DocumentFormat format, std::string_view type) {
  using namespace document_parser;
  TRY(const Json json, read(content, format));
  Document document;
  document.format = format;
  document.type = type;
  document.content = content;
  document.schema_version = scalar_text(json["schemaVersion"]);
  TRY_VOID(check_schema(document.schema_version, type));
  document.description = scalar_text(json["description"]);
  if (json["parameters"].size() > kParametersMax) return fail(invalid_content("The document has too many parameters"));
  for (const Json::Member& member : json["parameters"].members()) {
    TRY(DocumentParameter parameter, read_parameter(member.key, member.value));
    document.parameters.push_back(std::move(parameter));
  }
  if (type == "Session") {
    TRY_VOID(check_session_content(json));
    document.platforms = {Platform::windows, Platform::linux};
    return document;
  }
  TRY_VOID(read_steps(json, document));
  return document;
}

Result<std::string> document_as(const Document& document, DocumentFormat format) {
  using namespace document_parser;
  if (document.format == format) return document.content;
  TRY(const Json json, read(document.content, document.format));
  if (format == DocumentFormat::json) return json.dump_pretty();
  std::string text;
  write_yaml(json, 0, text);
  return "---" + text + "\n";
}

}  // namespace postern::sim
