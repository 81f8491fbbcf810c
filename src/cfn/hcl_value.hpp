#pragma once

/// Values as Terraform expressions.

#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cfn/hcl_text.hpp"
#include "cfn/template.hpp"

namespace postern::cfn {

/// The Terraform type of a CloudFormation type ("aws_iam_role"); empty when there is none.
std::string_view terraform_type(std::string_view type);

/// Writes values of one template; remembers which data sources they need.
class HclValues {
 public:
  /// The template outlives this.
  explicit HclValues(const Template& source) : source_(source) {}

  /// The value on one line.
  Result<std::string> inline_text(const Value& value);
  /// NAME = VALUE over as many lines as it needs. `head` and `tail` stand around the value: "jsonencode(" and ")".
  Result<void> attribute(HclLines& out, const std::string& name, const Value& value, const std::string& head = {},
                         const std::string& tail = {});
  /// "aws_iam_role.operator.name": an attribute of a resource as other resources name it.
  Result<std::string> attribute_of(const Resource& resource, std::string_view attribute);

  /// "data.aws_partition.current" was used, ...
  const std::set<std::string, std::less<>>& data_sources() const noexcept { return data_sources_; }

 private:
  Result<std::string> named(std::string_view name);
  Result<std::string> conditional(const Value& value);
  Result<void> lines(HclLines& out, const std::string& lead, const Value& value, const std::string& tail);
  Result<void> entries(HclLines& out, const Value& value, bool only_certain);
  Result<void> merged(HclLines& out, const std::string& lead, const Value& value, const std::string& tail);

  const Template& source_;
  std::set<std::string, std::less<>> data_sources_;
};

}  // namespace postern::cfn
