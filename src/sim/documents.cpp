#include "sim/documents.hpp"

#include <algorithm>
#include <charconv>

#include "aws/core/server.hpp"
#include "aws/core/sigv4.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace documents_detail {

constexpr int kExecutionMin = 1;
constexpr int kExecutionMax = 172'800;

DocumentParameter parameter(std::string name, DocumentParameter::Type type, std::string description) {
  DocumentParameter made;
  made.name = std::move(name);
  made.type = type;
  made.description = std::move(description);
  return made;
}

std::vector<DocumentParameter> script_parameters(const std::string& language) {
  using Type = DocumentParameter::Type;
  std::vector<DocumentParameter> all;
  all.push_back(parameter("commands", Type::string_list,
                          "(Required) Specify " + language + " to run, or the commands of a script."));
  all.back().required = true;
  all.push_back(
      parameter("workingDirectory", Type::string, "(Optional) The path to the working directory on your instance."));
  all.push_back(parameter("executionTimeout", Type::string,
                          "(Optional) The time in seconds for a command to complete before it is considered to have "
                          "failed. Default is 3600 (1 hour). Maximum is 172800 (48 hours)."));
  all.back().default_value = "3600";
  all.back().range_min = kExecutionMin;
  all.back().range_max = kExecutionMax;
  return all;
}

Json content_of(const Document& document) {
  Json parameters = Json::object();
  for (const DocumentParameter& one : document.parameters) {
    Json described = Json::object();
    const bool list = one.type == DocumentParameter::Type::string_list;
    described.set("type", list ? "StringList" : "String").set("description", one.description);
    if (!one.required) described.set("default", one.default_value);
    if (one.range_max > 0) {
      described.set("allowedPattern",
                    "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)");
    }
    if (list) described.set("minItems", 1).set("displayType", "textarea");
    parameters.set(one.name, std::move(described));
  }
  Json step = Json::object();
  step.set("id", "0." + document.plugin)
      .set("runCommand", "{{ commands }}")
      .set("workingDirectory", "{{ workingDirectory }}")
      .set("timeoutSeconds", "{{ executionTimeout }}");
  Json plugin = Json::object();
  plugin.set("properties", Json::array().push_back(std::move(step)));
  return Json::object()
      .set("schemaVersion", document.schema_version)
      .set("description", document.description)
      .set("parameters", std::move(parameters))
      .set("runtimeConfig", Json::object().set(document.plugin, std::move(plugin)));
}

Document script_document(std::string name, std::string plugin, const std::string& language,
                         std::vector<Platform> platforms) {
  Document document;
  document.name = std::move(name);
  document.description = "Run " + language + " or specify the commands to run.";
  document.schema_version = "1.2";
  document.platforms = std::move(platforms);
  document.plugin = std::move(plugin);
  document.parameters = script_parameters(language);
  document.content = content_of(document).dump_pretty();
  return document;
}

Error invalid_parameters(std::string message) {
  return aws::server::fault(ErrorKind::usage, "InvalidParameters", std::move(message), 400);
}

Result<void> check_value(const DocumentParameter& known, const std::vector<std::string>& values) {
  if (known.type == DocumentParameter::Type::string_list) {
    if (values.empty() && known.required) return fail(invalid_parameters("Parameter " + known.name + " is empty"));
    return {};
  }
  if (values.size() != 1) {
    return fail(invalid_parameters("Parameter " + known.name + " is a String: exactly one value is expected"));
  }
  if (known.range_max == 0) return {};
  int number = 0;
  const std::string& text = values[0];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && number >= known.range_min && number <= known.range_max) return {};
  return fail(invalid_parameters("Parameter \"" + known.name + "\" with value \"" + printable(text, 40) +
                                 "\" does not match the allowed pattern"));
}

}  // namespace documents_detail

bool Document::supports(Platform platform) const {
  return std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
}

Documents::Documents() {
  using documents_detail::script_document;
  documents_.push_back(
      script_document("AWS-RunShellScript", "aws:runShellScript", "a shell script", {Platform::linux}));
  documents_.push_back(script_document("AWS-RunPowerShellScript", "aws:runPowerShellScript", "a PowerShell script",
                                       {Platform::windows, Platform::linux}));
  aws::Signer hasher(1);
  for (Document& document : documents_) document.hash = hasher.sha256_hex(document.content);
}

const Document* Documents::find(std::string_view name) const {
  if (name.starts_with("arn:")) {
    const std::size_t slash = name.find(":document/");
    if (slash == std::string_view::npos) return nullptr;
    name = name.substr(slash + std::string_view(":document/").size());
  }
  const auto found =
      std::find_if(documents_.begin(), documents_.end(), [&](const Document& one) { return one.name == name; });
  return found == documents_.end() ? nullptr : &*found;
}

Result<void> check_parameters(const Document& document, const DocumentValues& values) {
  using documents_detail::invalid_parameters;
  for (const auto& [name, value] : values) {
    const auto known = std::find_if(document.parameters.begin(), document.parameters.end(),
                                    [&](const DocumentParameter& one) { return one.name == name; });
    if (known == document.parameters.end()) {
      return fail(invalid_parameters("Document " + document.name + " has no parameter " + printable(name, 100)));
    }
    TRY_VOID(documents_detail::check_value(*known, value));
  }
  for (const DocumentParameter& known : document.parameters) {
    const auto given = values.find(known.name);
    if (known.required && (given == values.end() || given->second.empty())) {
      return fail(invalid_parameters("Parameter " + known.name + " of document " + document.name + " is required"));
    }
  }
  return {};
}

}  // namespace postern::sim
