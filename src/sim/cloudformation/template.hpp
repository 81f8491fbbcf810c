#pragma once

/// A CloudFormation template as it was submitted: read, checked as far as it can be without values, and kept.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::sim::stacks {

/// Limits of CloudFormation's user guide, "CloudFormation quotas".
inline constexpr std::size_t kTemplateBytesMax = 51'200;  ///< of TemplateBody
inline constexpr std::size_t kParametersMax = 200;
inline constexpr std::size_t kMappingsMax = 200;
inline constexpr std::size_t kResourcesMax = 500;
inline constexpr std::size_t kOutputsMax = 200;
inline constexpr std::size_t kDescriptionMax = 1'024;  ///< bytes

struct ParameterDecl {
  ParameterDecl() = default;
  std::string id;
  std::string type;  ///< "String", "Number", "CommaDelimitedList"
  std::optional<std::string> default_value;
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;
  std::optional<double> min_length, max_length, min_value, max_value;
  bool no_echo = false;
  std::string description;
  std::string constraint_description;

  bool is_list() const noexcept { return type == "CommaDelimitedList" || type.starts_with("List<"); }
};

enum class DeletionPolicy : std::uint8_t { remove, retain, retain_except_on_create };

struct ResourceDecl {
  ResourceDecl() = default;
  std::string id;
  std::string type;
  Json properties;  ///< an object; intrinsics in their long forms
  std::vector<std::string> depends_on;
  std::string condition;  ///< empty: always
  DeletionPolicy deletion_policy = DeletionPolicy::remove;
  DeletionPolicy replace_policy = DeletionPolicy::remove;
  Json metadata;
};

struct OutputDecl {
  OutputDecl() = default;
  std::string id;
  Json value;
  std::string description;
  std::string condition;
  Json export_name;  ///< null: not exported
};

/// In the order of the text.
struct Template {
  Template() = default;
  std::string text;
  std::string version;
  std::string description;
  Json metadata;
  std::vector<ParameterDecl> parameters;
  Json mappings;
  Json conditions;
  std::vector<ResourceDecl> resources;
  std::vector<OutputDecl> outputs;

  const ParameterDecl* find_parameter(std::string_view id) const;
  const ResourceDecl* find_resource(std::string_view id) const;
  /// "AWS::IAM::Role", each once, in the order of the text.
  std::vector<std::string> types() const;
};

/// JSON or YAML as one Json value: "!Sub x" becomes {"Fn::Sub": "x"}. Errors: ValidationError (400) in CloudFormation's
/// words, "Template format error: YAML not well-formed. (line 3, column 5)". Aliases are refused.
Result<Json> read_template_text(std::string_view text);

/// Reads and checks a template: sections, types of parameters, names that conditions, resources and outputs refer to,
/// and that no resource waits for itself. Errors: ValidationError (400).
Result<Template> parse_template(std::string text);

/// The error that CloudFormation answers with to what it does not accept.
Error validation_error(std::string message);

/// Names that a value refers to by Ref, Fn::GetAtt and Fn::Sub, pseudo parameters included.
std::set<std::string> references(const Json& value);
/// Names of conditions that a value mentions by Fn::If and Condition.
std::set<std::string> condition_references(const Json& value);

/// One part of the text of Fn::Sub: as it stands, or a name between "${" and "}".
struct SubPart {
  SubPart() = default;
  std::string text;
  bool is_name = false;
};
std::vector<SubPart> sub_parts(std::string_view text);

/// A scalar as CloudFormation turns it into text; absent for lists and maps.
std::optional<std::string> scalar_text(const Json& value);

}  // namespace postern::sim::stacks
