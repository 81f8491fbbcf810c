#pragma once

/// A CloudFormation template as a value: what both emitters write from. Everything keeps the order in which it was
/// added.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cfn/value.hpp"

namespace postern::cfn {

/// What CloudFormation takes as TemplateBody.
inline constexpr std::size_t kTemplateBodyMax = 51'200;

enum class ParameterType : std::uint8_t { text, text_list };

struct Parameter {
  Parameter() = default;
  std::string name;  ///< PascalCase: a logical id
  ParameterType type = ParameterType::text;
  std::string description;
  std::optional<std::string> default_value;  ///< of a list: joined with commas
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;  ///< a regular expression that the whole value matches
  std::string constraint;       ///< what to say when it does not
  std::optional<std::size_t> length_min;
  std::optional<std::size_t> length_max;
};

struct Condition {
  Condition() = default;
  Condition(std::string n, Value v) : name(std::move(n)), value(std::move(v)) {}
  std::string name;
  Value value;  ///< of equals() and negation()
};

enum class Retention : std::uint8_t { unset, destroy, retain };

struct Resource {
  Resource() = default;
  std::string id;
  std::string type;       ///< "AWS::IAM::Role"
  std::string comment;    ///< lines without #, above the resource
  std::string condition;  ///< empty: always
  std::vector<std::string> depends_on;
  Retention deletion = Retention::unset;
  Retention replacement = Retention::unset;
  Value properties = Value::map();
};

struct Output {
  Output() = default;
  std::string name;
  std::string description;
  std::string condition;
  Value value;
  std::optional<Value> export_name;
};

struct Template {
  Template() = default;
  std::string description;
  std::string comment;  ///< above everything, lines without #
  std::vector<Parameter> parameters;
  std::vector<Condition> conditions;
  std::vector<Resource> resources;
  std::vector<Output> outputs;

  const Parameter* find_parameter(std::string_view name) const;
  const Condition* find_condition(std::string_view name) const;
  const Resource* find_resource(std::string_view id) const;
};

/// Names are logical ids and unique; whatever is referred to exists. Errors of kind malformed, with the path of the
/// first mistake.
Result<void> check(const Template& source);

/// Splits a comment or description into its lines; an empty text has none.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace postern::cfn
