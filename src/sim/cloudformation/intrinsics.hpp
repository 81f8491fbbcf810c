#pragma once

/// The functions of CloudFormation's templates, worked out.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {

/// What the names of a template mean in a stack. Borrows the template.
struct Meaning {
  explicit Meaning(const Template& source) : from(&source) {}
  const Template* from;
  std::map<std::string, Json> parameters;  ///< text, or a list of texts
  std::map<std::string, Json> pseudo;      ///< "AWS::Region"
  /// Ref of a resource, and its attribute. Errors: ValidationError.
  std::function<Result<Json>(std::string_view id)> resource;
  std::function<Result<Json>(std::string_view id, std::string_view attribute)> attribute;
  /// The value of an export.
  std::function<Result<Json>(std::string_view name)> imported;
};

class Evaluator {
 public:
  explicit Evaluator(const Meaning& meaning) : meaning_(meaning) {}
  /// Absent: AWS::NoValue. Errors: ValidationError, "Template error: ...".
  Result<std::optional<Json>> value(const Json& json);
  /// The condition exists: parse_template() has checked it. An empty name always holds.
  Result<bool> holds(const std::string& condition);

 private:
  using Value = Result<std::optional<Json>>;
  Value function(std::string_view name, const Json& argument);
  Value reference(const std::string& name);
  Value attribute(const Json& argument);
  Value substitute(const Json& argument);
  Value joined(const Json& argument);
  Value selected(const Json& argument);
  Value parts(const Json& argument);
  Value mapped(const Json& argument);
  Value chosen(const Json& argument);
  Result<bool> truth(const Json& json);
  Result<Json> needed(const Json& json, std::string_view function);

  const Meaning& meaning_;
  std::map<std::string, bool> known_;
};

/// The values of the template's parameters from what was given by name, defaults otherwise. Errors: ValidationError,
/// "Parameters: [A, B] must have values", "Parameter 'X' must be one of AllowedValues".
Result<std::map<std::string, Json>> parameter_values(const Template& from,
                                                     const std::map<std::string, std::string>& given);

}  // namespace postern::sim::stacks
